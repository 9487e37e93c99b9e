"""Rules of torch."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
