"""Rules of hdf5."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
