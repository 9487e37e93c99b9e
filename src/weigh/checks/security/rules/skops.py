"""Rules of skops files (docs/formats/skops.md)."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_CODE = "code chosen by whoever made the file would run with your rights"
_READ = "loading would read or write files that the file's maker chose"
_DISAGREE = "readers disagree about such a file, so what is checked and what is loaded can differ"
_OTHERS = "it works only with code that does not come with the file, and that code would run"

RULES = {
    "WGH-SK001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a node imports or calls what runs, loads or fetches",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502",),
    ),
    "WGH-SK002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a node builds or calls something else than it says",
        _CODE,
        SAFE_FORMAT,
        ("CWE-351", "CWE-502"),
    ),
    "WGH-SK003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a node reads a file outside the archive",
        _READ,
        ASK,
        ("CWE-22",),
    ),
    "WGH-SK004": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a file that a node reads is not in the archive",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-SK005": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it needs a type that is no part of the common libraries",
        _OTHERS,
        "read that code, or ask for a model of the common libraries",
        ("CWE-829",),
    ),
    "WGH-SK006": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a node has a loader that skops does not have",
        _OTHERS,
        ASK,
        ("CWE-20",),
    ),
    "WGH-SK007": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the schema is missing, or is no JSON object",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-SK008": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a key of the schema stands twice",
        _DISAGREE,
        ASK,
        ("CWE-436",),
    ),
    "WGH-SK009": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "a member is in the archive that nothing refers to",
        "it is not needed to load the model",
        "ask what it is for",
        ("CWE-1164",),
    ),
}
