"""Which models a code base uses, found by reading it: nothing is run, nothing is asked over a network."""
