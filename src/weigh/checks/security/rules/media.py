"""Rules of pictures, sounds, films, fonts and PDF (docs/formats/media.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

_CARRIES = "a file can be one thing to whoever looks at it and another to the program that loads it"
_LOOK = "look at what follows, or fetch the picture from where it came from first"

RULES: dict[str, Rule] = {
    "WGH-MD001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an archive, a program or a pickle follows the end of a picture, sound, film or document",
        _CARRIES,
        ASK,
        ("CWE-434", "CWE-646"),
    ),
    "WGH-MD002": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "bytes follow the end of a medium; cameras and phones write such",
        _CARRIES,
        "nothing, if the publisher is known",
        ("CWE-646",),
    ),
    "WGH-MD003": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "bytes follow the end of a PNG or GIF",
        _CARRIES,
        _LOOK,
        ("CWE-646",),
    ),
    "WGH-MD004": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a medium is cut off or breaks its own structure",
        "it was damaged or cut off on its way, or it is something else under the mark of a picture",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-MD005": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "a PDF has actions that run a script or start a program",
        "opening it can run what its author wrote",
        "do not open it; ask the publisher for a plain document",
        ("CWE-94",),
    ),
    "WGH-MD006": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "a PDF has files inside",
        "attachments are not looked at",
        "nothing, if the publisher is known",
        ("CWE-646",),
    ),
}
