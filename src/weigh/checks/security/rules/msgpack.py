"""Rules of MessagePack files (docs/formats/msgpack.md)."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

RULES = {
    "WGH-MP001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is not sound MessagePack, or it ends early",
        "what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-MP002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a count or shape is one that no file can hold",
        "a reader that trusts this size would exhaust memory",
        ASK,
        ("CWE-789", "CWE-190"),
    ),
    "WGH-MP003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it is nested deeper than 64",
        "a reader that calls itself for each level would crash",
        ASK,
        ("CWE-674",),
    ),
    "WGH-MP004": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an array of objects, which msgpack-numpy unpickles",
        "unpickling runs code chosen by whoever made the file, with your rights",
        SAFE_FORMAT,
        ("CWE-502",),
    ),
    "WGH-MP005": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "an array does not have the bytes its shape and type need",
        "what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-1284",),
    ),
    "WGH-MP006": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "several objects follow one another",
        "most readers take the first object only; the others can carry something else",
        "ask the publisher what the further objects are",
        ("CWE-1286",),
    ),
    "WGH-MP007": Rule(
        Severity.INFO,
        Confidence.HIGH,
        "an extension type that this version does not know",
        "without a hook a reader keeps such values as bytes",
        "nothing has to be done; a payload that is a known format is read",
        ("CWE-20",),
    ),
    "WGH-MP008": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a key stands twice (readers disagree which one counts)",
        "readers disagree about such a file, so what is checked and what is loaded can differ",
        ASK,
        ("CWE-20", "CWE-436"),
    ),
    "WGH-MP009": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "the type or shape of an array is not understood",
        "what is not understood is not known to be harmless",
        "look at the array by hand",
        ("CWE-20",),
    ),
}
