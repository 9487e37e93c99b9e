"""Rules of TensorFlow SavedModels and TF.js models (docs/formats/saved-model.md)."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_CODE = "code chosen by whoever made the file would run with your rights"
_READ = "loading would read or write files that the file's maker chose"
_DISAGREE = "readers disagree about such a file, so what is checked and what is loaded can differ"
_MEMORY = "a reader that trusts this number would exhaust memory, hang or read past the file"

RULES = {
    "WGH-SM001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an operator reads or writes any file, calls Python or another machine",
        _CODE,
        SAFE_FORMAT,
        ("CWE-94", "CWE-73"),
    ),
    "WGH-SM002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an operator opens a file whose name is fixed in the graph",
        _READ,
        ASK,
        ("CWE-73",),
    ),
    "WGH-SM003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an operator writes what passes through it to a file or an address",
        "the data you feed to the model would leave",
        ASK,
        ("CWE-200",),
    ),
    "WGH-SM004": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "an operator reads a data set from a file, or a leftover initialiser restores a checkpoint",
        "what it reads is not known",
        "ask for a graph that only computes",
        ("CWE-73",),
    ),
    "WGH-SM005": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "an operator needs a library of its own",
        "native code that does not come with the file would run",
        "look at that library",
        ("CWE-829",),
    ),
    "WGH-SM006": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an asset leaves the model's folder",
        _READ,
        ASK,
        ("CWE-22",),
    ),
    "WGH-SM007": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the protobuf encoding is broken",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-SM008": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a limit of this reader is exceeded",
        "the rest was not looked at",
        "ask for a smaller graph",
        ("CWE-400",),
    ),
    "WGH-SM009": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the index of the variables is broken",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-SM010": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "variables share bytes, or their places are absurd",
        _MEMORY,
        ASK,
        ("CWE-190", "CWE-1286"),
    ),
    "WGH-SM011": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "weights of a TF.js model lie outside its folder, or at an address",
        _READ,
        ASK,
        ("CWE-73", "CWE-918"),
    ),
    "WGH-SM012": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the manifest of a TF.js model is broken",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-SM013": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a weight of a TF.js model has more elements than can be counted",
        _MEMORY,
        ASK,
        ("CWE-190",),
    ),
}
