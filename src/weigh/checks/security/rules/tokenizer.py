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
    "WGH-T004": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an id does not fit 32 bits",
        "a loader that makes room for the largest id exhausts memory; others cut the number",
        "do not load this tokenizer; report it to its source",
        ("CWE-190", "CWE-789"),
    ),
    "WGH-T005": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "an added token takes the id of another token",
        "two texts come out as one token, so a filter and the model can read different things",
        "hold the tokenizer against the publisher's original",
        ("CWE-436",),
    ),
    "WGH-T006": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "a pattern repeats something that repeats",
        "some texts would take exponential time to split",
        "limit the time that tokenizing may take",
        ("CWE-1333",),
    ),
}
