"""Rules of Python code, compiled Python, path files and scripts (docs/formats/python.md)."""

from weigh.checks.security.rule import REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_RUNS = "loading the model with remote code allowed, or importing the package, runs this with your rights"
_KEEP_OUT = "do not import this package and do not allow remote code for it; report it to its source"
_LOOK = "read the place named; load the weights without remote code where that is possible"


def _attack(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, _KEEP_OUT, references)


def _look(severity: Severity, means: str, why: str, *references: str) -> Rule:
    return Rule(severity, Confidence.MEDIUM, means, why, _LOOK, references)


RULES = {
    "WGH-PY001": Rule(
        Severity.MEDIUM,
        Confidence.HIGH,
        "it cannot be parsed as Python",
        "what cannot be parsed cannot be followed; it was looked at by its words alone",
        "read it, or ask the publisher for a version this reader parses",
        ("CWE-20",),
    ),
    "WGH-PY002": _attack(
        "it runs text that it decodes, decompresses or decrypts", _RUNS, "CWE-506", "CWE-95"
    ),
    "WGH-PY003": _attack(
        "it runs a command that only attackers write, or runs one as "
        "soon as it is imported or its model is made",
        _RUNS,
        "CWE-78",
        "CWE-506",
    ),
    "WGH-PY004": _attack("it runs what it downloads", _RUNS, "CWE-494", "CWE-829"),
    "WGH-PY005": _attack(
        "it sends the environment, keys, or who and where the user is to an address",
        "tokens and passwords leave the machine",
        "CWE-200",
        "CWE-506",
    ),
    "WGH-PY006": _attack(
        "it connects a shell to the network", "somebody else types commands on this machine", "CWE-506"
    ),
    "WGH-PY007": _attack(
        "it writes a file that a shell, an interpreter or the system runs when it starts",
        "the code stays after the model is gone",
        "CWE-506",
        "CWE-73",
    ),
    "WGH-PY008": _attack(
        "it reaches a dangerous function by a detour (a name put together, a namespace, a class tree)",
        "honest code has no reason to hide what it calls",
        "CWE-506",
        "CWE-913",
    ),
    "WGH-PY009": _attack("it turns bytes into running machine code", _RUNS, "CWE-94", "CWE-506"),
    "WGH-PY010": _attack("it deletes a home, root or system folder", _RUNS, "CWE-506"),
    "WGH-PY011": _attack(
        "a class tells unpickling to call a dangerous function",
        "a pickle of such an object runs the function when it is loaded",
        "CWE-502",
    ),
    "WGH-PY012": _attack(
        "it declares an encoding under which the bytes are not the code that runs",
        "what a person reads differs from what Python runs",
        "CWE-506",
        "CWE-838",
    ),
    "WGH-PY020": _look(Severity.MEDIUM, "it starts other programs", _RUNS, "CWE-78"),
    "WGH-PY021": _look(Severity.MEDIUM, "it evaluates text that is not fixed", _RUNS, "CWE-95"),
    "WGH-PY022": _look(
        Severity.MEDIUM, "it uses the network", "a model that answers needs no network", "CWE-829"
    ),
    "WGH-PY023": _look(
        Severity.MEDIUM, "it loads objects from files in a way that can run code", _RUNS, "CWE-502"
    ),
    "WGH-PY024": _look(
        Severity.LOW,
        "it imports a module by a name that is not fixed",
        "which code runs depends on data",
        "CWE-470",
    ),
    "WGH-PY025": _look(
        Severity.MEDIUM, "it loads native code", "native code cannot be followed by this reader", "CWE-829"
    ),
    "WGH-PY026": _look(
        Severity.MEDIUM, "it deletes folders, or changes files as soon as it is imported", _RUNS, "CWE-73"
    ),
    "WGH-PY027": _look(Severity.HIGH, "it reads a file that holds keys or passwords", _RUNS, "CWE-522"),
    "WGH-PY028": _look(
        Severity.MEDIUM,
        "it replaces parts of the interpreter or of security-relevant modules",
        "other code then runs something else than it says",
        "CWE-913",
    ),
    "WGH-PY029": _look(
        Severity.MEDIUM,
        "it loads another model with remote code allowed",
        "the code of a second repository runs, which nobody looked at here",
        "CWE-829",
    ),
    "WGH-PY030": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "compiled Python breaks its own format",
        "what was compiled cannot be told",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-PY031": _attack(
        "compiled Python states a size or a reference that no writer states",
        "readers that trust the number crash or read foreign memory",
        "CWE-125",
        "CWE-789",
    ),
    "WGH-PY032": Rule(
        Severity.INFO,
        Confidence.HIGH,
        "compiled Python lies where its source is not looked for",
        "it may differ from the source that is published",
        "delete it; Python makes it again from the source",
    ),
    "WGH-PY040": _look(
        Severity.HIGH,
        "a line of a path file runs code each time Python starts",
        "no import is needed: having it in the environment is enough",
        "CWE-829",
    ),
    "WGH-PY041": Rule(
        Severity.LOW,
        Confidence.HIGH,
        "a line of a path file is the start-up hook of a well-known tool",
        "it runs each time Python starts",
        "nothing, when you installed that tool",
    ),
    "WGH-PY042": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "a path file adds a folder outside its own to the import path",
        "modules from there would be found by their names",
        "look at the folder it names",
        ("CWE-427",),
    ),
    "WGH-PY050": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a script holds a command that only attackers write",
        "whoever runs it hands the machine over",
        "do not run it; report it to its source",
        ("CWE-506", "CWE-78"),
    ),
    "WGH-PY051": Rule(
        Severity.LOW,
        Confidence.HIGH,
        "a script lies beside the weights",
        "loaders do not run it; a person might",
        SAFE_FORMAT,
    ),
    "WGH-PY052": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a script downloads or runs something when it is run",
        "loaders do not run it; a person might",
        "read it before you run it",
        ("CWE-494",),
    ),
    "WGH-PY060": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a notebook breaks its own format",
        "its cells cannot be told apart",
        REFETCH,
        ("CWE-20",),
    ),
}
