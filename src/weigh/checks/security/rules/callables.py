"""Rules of what loading would import, call or change (docs/checks/security.md)."""

from weigh.checks.security.rule import SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_RUNS = "code chosen by whoever made the file would run with your rights"
_LEAVE = "do not load this file; " + SAFE_FORMAT


def _attack(means: str, why: str = _RUNS, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, _LEAVE, ("CWE-502", *references))


def _question(means: str, why: str, action: str) -> Rule:
    return Rule(Severity.HIGH, Confidence.MEDIUM, means, why, action, ("CWE-502",))


RULES: dict[str, Rule] = {
    "WGH-C001": _question(
        "it imports or calls something that is not known to be harmless",
        "what that does when it is called is not known here; it runs with your rights",
        "read that class or function, then `weigh approve` it for this very file; or " + SAFE_FORMAT,
    ),
    "WGH-PK101": _attack("it reaches into Python's own modules beyond plain values"),
    "WGH-PK102": _attack("it calls a function of a library that runs code or programs, or loads other files"),
    "WGH-PK103": _attack("it calls a harmless function with arguments that make it do harm"),
    "WGH-PK104": _question(
        "it uses a harmless callable in another way than honest files do",
        "what the callable does with such arguments is not vouched for",
        "ask the publisher how the file was written, or " + SAFE_FORMAT,
    ),
    "WGH-PK105": _attack("it calls an unknown function with a command, code, an address or a path"),
    "WGH-PK106": _attack("it reaches through a module or a class to what lies behind", _RUNS, "CWE-470"),
    "WGH-PK107": _attack(
        "it changes something that it did not make",
        "classes and modules of the program that loads it would behave otherwise from then on",
        "CWE-915",
    ),
    "WGH-PK108": _attack("it calls what another call gave back", _RUNS, "CWE-470"),
    "WGH-PK109": _attack("it makes functions out of code that it carries", _RUNS, "CWE-94"),
    "WGH-PK110": _question(
        "it names something by a number of the copyreg registry",
        "what the number stands for is decided by the program that loads the file",
        "ask the publisher for a file without extension codes, or " + SAFE_FORMAT,
    ),
}
