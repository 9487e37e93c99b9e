"""Rules of telling what a file is, and of what could not be read."""

from weigh.checks.security.rule import Rule
from weigh.core.finding import Confidence, Severity

RULES: dict[str, Rule] = {
    "WGH-U001": Rule(
        Severity.MEDIUM,
        Confidence.HIGH,
        "it was not read completely",
        "what was not read cannot be called clean",
        "leave the file out of the model, or accept the risk with --accept-review",
    ),
    "WGH-TY001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is a sound file of two formats at once",
        "programs disagree about what it is, so what is checked and what is loaded can differ",
        "ask the publisher for a file that is one thing; both readings are listed",
        ("CWE-436",),
    ),
    "WGH-TY002": Rule(
        Severity.MEDIUM,
        Confidence.HIGH,
        "its content is of another format than its name says",
        "a program that goes by the name opens it in another way than one that goes by the content",
        "rename it, and find out why it was named so",
        ("CWE-646",),
    ),
}
