"""Rules of HDF5 files (docs/formats/hdf5.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

_READ = "loading would read or write files that the file's maker chose"
_DISAGREE = "readers disagree about such a file, so what is checked and what is loaded can differ"
_MEMORY = "a reader that trusts this number would exhaust memory, hang or read past the file"

RULES = {
    "WGH-HD001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a structure is broken",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-HD002": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "something lies beyond the end of the file",
        _MEMORY,
        REFETCH,
        ("CWE-125",),
    ),
    "WGH-HD003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "values of a dataset lie in another file: external storage, or a virtual one out of the folder",
        _READ,
        ASK,
        ("CWE-73", "CVE-2026-1669"),
    ),
    "WGH-HD004": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an external link leads out of the folder, or to what is no HDF5 file",
        _READ,
        ASK,
        ("CWE-73", "CVE-2026-1669"),
    ),
    "WGH-HD005": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a structure comes back to itself, or has more parts than any model",
        _MEMORY,
        ASK,
        ("CWE-835", "CWE-674"),
    ),
    "WGH-HD006": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a shape or an address is absurd: beyond 2^48, or more than 63 bits can count",
        _MEMORY,
        ASK,
        ("CWE-190", "CWE-789"),
    ),
    "WGH-HD007": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a dataset claims more than 1,100 times the bytes it has, and more than 256 MiB",
        _MEMORY,
        ASK,
        ("CWE-770", "CVE-2026-0897", "GHSA-xfhx-r7ww-5995"),
    ),
    "WGH-HD008": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "two datasets share bytes",
        _DISAGREE,
        ASK,
        ("CWE-1286",),
    ),
    "WGH-HD009": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "an external link leads to an HDF5 file beside it",
        "what that file holds is not looked at here",
        "look at that file as well",
        ("CWE-829",),
    ),
    "WGH-HD010": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "an object lies where only another file or program knows",
        "what it stands for is not known",
        "ask for one file that holds everything",
        ("CWE-829",),
    ),
    "WGH-HD011": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a dataset is packed by a filter that is not registered with the common libraries",
        "HDF5 would load a plug-in of native code to unpack it",
        "ask for a file with the common filters",
        ("CWE-829",),
    ),
}
