"""Rules of pickle streams (docs/formats/pickle.md). Which callables are harmless stands in `callables`."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_STOPS = "unpicklers stop here, after doing everything that stands before"
_DIFFER = (
    "unpicklers and scanners disagree about such a stream, so what is checked and what is loaded can differ"
)
_HIDES = "no pickler writes this; it hides what loading does"


def _attack(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, SAFE_FORMAT, references)


def _damage(means: str, why: str = _STOPS, *references: str) -> Rule:
    return Rule(Severity.HIGH, Confidence.HIGH, means, why, REFETCH, references or ("CWE-20",))


def _suspicion(means: str, why: str = _DIFFER, *references: str) -> Rule:
    return Rule(Severity.HIGH, Confidence.MEDIUM, means, why, ASK, references)


RULES: dict[str, Rule] = {
    "WGH-PK001": _damage("the file ends before the stream's STOP"),
    "WGH-PK002": _damage("a byte that should be an opcode is none"),
    "WGH-PK003": _damage("an opcode finds too little, or the wrong thing, on the stack"),
    "WGH-PK004": _damage("it asks for a memo entry that was never made"),
    "WGH-PK005": _attack(
        "a literal or frame claims 2^48 bytes or more",
        "a reader that trusts this size exhausts memory",
        "CWE-789",
    ),
    "WGH-PK006": _damage("a literal claims more bytes than the file has left"),
    "WGH-PK007": _damage("a text is not UTF-8"),
    "WGH-PK008": _suspicion(
        "a memo number is far larger than the stream",
        "unpicklers make room for all numbers below it",
        "CWE-789",
    ),
    "WGH-PK009": _damage("a number or text written as a line is not one"),
    "WGH-PK010": _suspicion("a name to import is no name of Python", _DIFFER, "CWE-436"),
    "WGH-PK011": _damage("it states a protocol above 5"),
    "WGH-PK012": _attack(
        "a call is given source code that acts",
        "code chosen by whoever made the file would run",
        "CWE-94",
        "CWE-502",
    ),
    "WGH-PK013": _attack(
        "the state of an instance replaces what Python itself looks up", "it turns data into calls", "CWE-915"
    ),
    "WGH-PK014": _attack(
        "it changes an imported class, function or module itself",
        "everything loaded later, and every check by name, meets something else than it expects",
        "CWE-915",
        "CWE-502",
    ),
    "WGH-PK015": _attack("it uses an extension code", f"{_HIDES}: a number stands for a name", "CWE-502"),
    "WGH-PK016": _attack(
        "a few containers share parts so that they stand for more than 10^13 values",
        "comparing, printing or hashing them never ends",
        "CWE-409",
    ),
    "WGH-PK017": _suspicion(
        "an integer is written with more than 4,300 digits",
        "turning it into a number takes very long",
        "CWE-400",
    ),
    "WGH-PK018": _suspicion("a frame leaves the file, or begins inside another", _DIFFER, "CWE-436"),
    "WGH-PK019": _suspicion(
        "containers share parts so that they stand for more than 10^9 values",
        "going through them takes very long",
        "CWE-409",
    ),
    "WGH-PK020": _suspicion("a dotted name stands in a protocol below 4", _DIFFER, "CWE-436"),
    "WGH-PK021": _suspicion("PROTO stands inside the stream", _DIFFER, "CWE-436"),
    "WGH-PK022": _attack("a name to import is computed by a call, or is no text", _HIDES, "CWE-470"),
    "WGH-PK023": _suspicion(
        "a persistent id is no storage of torch", "what stands for it is chosen by the program that loads"
    ),
    "WGH-PK024": _suspicion("it takes buffers from outside the file", "what they hold cannot be seen here"),
    "WGH-PK025": _suspicion(
        "an array has other bytes than its shape and type need", "readers may leave the buffer", "CWE-131"
    ),
    "WGH-PK026": _suspicion(
        "bytes follow the pickle that are none", "they are no part of what a loader makes"
    ),
    "WGH-PK027": _suspicion("a literal is compiled Python code", "a call may run it later", "CWE-502"),
    "WGH-PK028": _attack("an encoded literal holds source code that acts", _HIDES, "CWE-506"),
}
