"""Rules of json files (docs/formats/json.md)."""

from weigh.checks.security.rule import REFETCH, Rule
from weigh.core.finding import Confidence, Severity

RULES = {
    "WGH-J001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is not UTF-8 JSON, or a number has more digits than are read",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-J002": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a key stands twice (readers disagree which one counts)",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-J003": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is nested deeper than 64",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-J005": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is larger than 64 MiB",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
}
