"""Values only: the nouns of weigh. Stdlib only, no input or output."""
