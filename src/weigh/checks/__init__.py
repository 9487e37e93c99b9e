"""One family a folder, one check a file."""
