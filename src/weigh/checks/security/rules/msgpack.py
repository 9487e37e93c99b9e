"""Rules of msgpack."""

from weigh.checks.security.rule import Rule

RULES: dict[str, Rule] = {}
