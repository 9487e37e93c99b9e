"""What the security check knows of each rule: how bad, how sure, why, and what to do.

The formats' readers report anomalies by rule id; nothing here reads bytes. A rule that is not in
this table would be a reader's mistake and is shown as such, never dropped.
"""

from dataclasses import dataclass

from weigh.core.finding import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the table.

    Attributes:
        severity: how bad a hit is.
        confidence: how sure a hit is.
        why: why it matters.
        action: what to do.
        references: CWE ids and the like.
    """

    severity: Severity
    confidence: Confidence
    why: str
    action: str
    references: tuple[str, ...] = ()


_REFETCH = "fetch the file again from its source; if it stays like this, do not use it"
_ASK = "ask the publisher for a file that keeps to the format, and do not load this one"

_HEADER = Rule(
    Severity.HIGH,
    Confidence.HIGH,
    "readers disagree about such a header, so what is checked and what is loaded can differ",
    _REFETCH,
    ("CWE-20",),
)
_ALLOCATION = Rule(
    Severity.HIGH,
    Confidence.HIGH,
    "a reader that trusts this size would exhaust memory or read past the file",
    _ASK,
    ("CWE-789", "CWE-125"),
)
_SMUGGLED = Rule(
    Severity.HIGH,
    Confidence.HIGH,
    "bytes that no tensor owns, or that two tensors share, can carry something else",
    _ASK,
    ("CWE-1286",),
)
_PATH = Rule(
    Severity.CRITICAL,
    Confidence.HIGH,
    "loading would read a file outside the model's folder, chosen by whoever made the model",
    _ASK,
    ("CWE-22",),
)
_OPERATOR = Rule(
    Severity.HIGH,
    Confidence.MEDIUM,
    "a custom operator needs native code from elsewhere, which runs with your rights",
    "find out which library provides the operator, or ask for a model in standard operators",
    ("CWE-829",),
)

UNLISTED = Rule(
    Severity.HIGH,
    Confidence.LOW,
    "the reader reported a rule this table does not know",
    "report this as a defect of weigh",
)

_RANGE = Rule(
    Severity.HIGH,
    Confidence.HIGH,
    "the weights it needs are not where it says, so another file could be read in their place",
    _REFETCH,
    ("CWE-125",),
)
_KEY = Rule(
    Severity.MEDIUM,
    Confidence.MEDIUM,
    "some libraries set any attribute a file names, which changes how the model is loaded",
    _ASK,
    ("CWE-915",),
)
_VOCABULARY = Rule(
    Severity.LOW,
    Confidence.MEDIUM,
    "two tokens that a model cannot tell apart change what it reads",
    "hold the tokenizer against the publisher's original",
)


def _table(*groups: tuple[Rule, tuple[str, ...]]) -> dict[str, Rule]:
    return {f"WGH-{name}": rule for rule, names in groups for name in names}


RULES = _table(
    (
        _HEADER,
        (
            "S001",
            "S003",
            "S004",
            "S005",
            "S006",
            "S007",
            "S015",
            "J001",
            "J002",
            "J003",
            "J005",
            "T001",
            "O008",
        ),
    ),
    (_ALLOCATION, ("S002", "S008", "S009", "S010", "S011", "O003", "O006", "O007")),
    (_SMUGGLED, ("S012", "S013", "S014", "O005", "O009")),
    (_PATH, ("O001",)),
    (_RANGE, ("O002",)),
    (_OPERATOR, ("O004",)),
    (_KEY, ("O010",)),
    (_VOCABULARY, ("T002", "T003")),
)
"""By id; what each looks for stands on its format's docs page."""
