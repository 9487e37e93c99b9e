"""Rules of NeMo and other YAML configurations (docs/formats/nemo.md)."""

from weigh.checks.security.rule import ASK, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_CODE = "code chosen by whoever made the file would run with your rights"
_READ = "loading would read or write files that the file's maker chose"
_MEMORY = "a reader that trusts this number would exhaust memory, hang or read past the file"
_OTHERS = "it works only with code that does not come with the file, and that code would run"

RULES = {
    "WGH-NM001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a tag of YAML calls or imports what runs, loads or fetches",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502",),
    ),
    "WGH-NM002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a target names what runs, loads or fetches",
        _CODE,
        SAFE_FORMAT,
        ("CWE-94", "CVE-2025-23304"),
    ),
    "WGH-NM003": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a tag of YAML builds a Python object",
        "only an unsafe loader can read it, and such a loader runs code",
        "ask for a file of plain values",
        ("CWE-502",),
    ),
    "WGH-NM004": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a target of a NeMo model names code that is no part of the common libraries, or is put together",
        _OTHERS,
        "read that code",
        ("CWE-829",),
    ),
    "WGH-NM005": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "a target names code that is no part of the common libraries",
        _OTHERS,
        "read that code",
        ("CWE-829",),
    ),
    "WGH-NM006": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "aliases stand for more than 1,000,000 nodes",
        _MEMORY,
        ASK,
        ("CWE-776",),
    ),
    "WGH-NM007": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an artifact leaves the archive",
        _READ,
        ASK,
        ("CWE-22",),
    ),
    "WGH-NM008": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a tag builds an object of another language by the name of its class",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502",),
    ),
}
