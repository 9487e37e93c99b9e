"""Values to terminal, JSON and HTML."""
