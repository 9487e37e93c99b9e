"""One file a verb: the use cases."""
