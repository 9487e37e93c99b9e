"""Arms: ways of using a model."""
