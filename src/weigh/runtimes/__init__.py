"""The only room that executes a model, in a sandboxed worker."""
