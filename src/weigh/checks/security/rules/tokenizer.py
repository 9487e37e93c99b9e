"""Rules of tokenizer files (docs/formats/tokenizer.md)."""

from weigh.checks.security.rule import REFETCH, Rule
from weigh.core.finding import Confidence, Severity

RULES = {
    "WGH-T001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "there is no object 'model' (malformed)",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-T002": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "two entries of the vocabulary share an id",
        "two tokens that a model cannot tell apart change what it reads",
        "hold the tokenizer against the publisher's original",
        (),
    ),
    "WGH-T003": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "an entry has no id, or one that is no number from 0",
        "two tokens that a model cannot tell apart change what it reads",
        "hold the tokenizer against the publisher's original",
        (),
    ),
}
