"""Hub-compatible server and pages."""
