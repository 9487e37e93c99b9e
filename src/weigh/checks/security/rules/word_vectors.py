"""Rules of word vectors."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
