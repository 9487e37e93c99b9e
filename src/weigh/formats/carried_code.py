"""Code in text that is meant for people or settings: the metadata of a weight file.

Nothing loads it as code, which is why nobody looks there; a second stage that does then finds its payload.
Honest descriptions speak of code (`model.eval()`), so only what calls the system or evaluates text counts.
"""

import base64
import binascii
import re
from collections.abc import Iterable

MAX_TEXT = 256 * 1024
"""Characters of one value that are looked at; training tools write some ten thousand."""

_SCRIPT = re.compile(r"<\s*script\b|javascript\s*:|\bon(?:error|load)\s*=\s*[\"']", re.IGNORECASE)
_CALLS = re.compile(
    r"\bos\s*\.\s*(?:system|popen|exec[lv]p?e?|spawn\w*)\s*\(\s*[\"'fbr]"
    r"|\bsubprocess\s*\.\s*(?:run|call|Popen|check_call|check_output|getoutput)\s*\(\s*[\"'fbr\[]"
    r"|\b__import__\s*\(|\b(?:pickle|marshal|dill)\s*\.\s*loads?\s*\("
    r"|(?<![\w.])(?:exec|eval|compile)\s*\(\s*(?:[\"'fbr]|base64|bytes|codecs|zlib|__|open|requests|urllib)"
)
_DUNDER = re.compile(r"__(?:globals|subclasses|builtins|bases|mro|code|reduce(?:_ex)?)__")
_SHELL = re.compile(
    r"\brm\s+-\w*[rf]\w*\s+[~/*$.\w]|\b(?:curl|wget)\b[^\n|;&]{0,300}[|;&]\s*(?:ba|z|da)?sh\b"
    r"|(?:&&|;|\|)\s*(?:curl|wget)\s+\S|\bchmod\s+(?:777|\+x)\s|/dev/tcp/|\bnc\s+-\w*e\b|powershell\s+-\w*e"
)
_BLOCK = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_MARKS = (
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PK\x03\x04",
    b"\x7fELF",
    b"MZ\x90\0",
    b"cos\n",
)
MOST_BLOCKS = 200


def carried_code(texts: Iterable[str]) -> str:
    """What code the texts carry, in words; "" where they carry none."""
    for text in texts:
        found = _in_one(text[:MAX_TEXT])
        if found:
            return found
    return ""


def _in_one(text: str) -> str:
    for pattern, words in (
        (_SCRIPT, "a script for a browser"),
        (_CALLS, "Python that calls the system or evaluates text"),
        (_DUNDER, "a way through Python's inner attributes"),
        (_SHELL, "shell commands"),
    ):
        if pattern.search(text):
            return words
    for place, block in enumerate(_BLOCK.finditer(text)):
        if place >= MOST_BLOCKS:
            break
        if _unpacked(block[0]).startswith(_MARKS):
            return "a program or pickle in base64"
    return ""


def _unpacked(block: str) -> bytes:
    """The first bytes a base64 block stands for; empty when it is none."""
    head = block[: len(block[:64]) // 4 * 4]
    try:
        return base64.b64decode(head, validate=True)
    except (binascii.Error, ValueError):
        return b""
