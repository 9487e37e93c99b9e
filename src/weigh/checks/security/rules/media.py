"""Rules of media."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
