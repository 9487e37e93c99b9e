"""The child's side: what runs inside the sandbox."""
