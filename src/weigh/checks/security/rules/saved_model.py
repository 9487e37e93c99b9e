"""Rules of saved model."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
