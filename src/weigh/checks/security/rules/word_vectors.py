"""Rules of fastText and word2vec files (docs/formats/word-vectors.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

RULES = {
    "WGH-WV001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it ends early",
        "what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-WV002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a count or size is one that no file can hold",
        "a reader that trusts this size would exhaust memory or write past what it has",
        ASK,
        ("CWE-789", "CWE-190"),
    ),
    "WGH-WV003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "bytes follow the last row or matrix",
        "bytes that belong to nothing can carry something else",
        ASK,
        ("CWE-1286",),
    ),
    "WGH-WV004": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an argument is impossible, or the dictionary's counts disagree",
        "a reader that trusts this size would exhaust memory or write past what it has",
        ASK,
        ("CWE-1284", "CWE-190"),
    ),
    "WGH-WV005": Rule(
        Severity.INFO,
        Confidence.HIGH,
        "a word is empty or of no known kind",
        "such words cannot be looked up; nothing else follows",
        "nothing has to be done",
        ("CWE-20",),
    ),
    "WGH-WV006": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a matrix or quantiser does not fit the dictionary or its own codes",
        "the library follows this index without looking, and would read memory that is not the model's",
        ASK,
        ("CWE-125", "CWE-1284"),
    ),
    "WGH-WV007": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a kept bucket leads outside the rows that were kept",
        "the library follows this index without looking, and would read memory that is not the model's",
        ASK,
        ("CWE-125", "CWE-129"),
    ),
    "WGH-WV008": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "its version is not known",
        "a version this one does not know may lay its bytes out differently",
        "ask for a file in a known version, or for a newer weigh",
        ("CWE-20",),
    ),
    "WGH-WV009": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "text with fewer or more rows or values than promised",
        "what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
}
