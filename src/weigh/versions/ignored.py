"""Which files of a folder are left out of its history: `.weighignore`, a subset of git's own rules.

One pattern a line; `#` begins a comment, `!` takes files in again, a `/` at the end means folders only, a `/`
elsewhere ties the pattern to the top, `*`, `?`, `[…]` stay inside a name, `**` crosses folders. The last
pattern that fits decides (gitignore(5)). Only the file at the top of the folder is read.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.system.atomic import storing

FILE_NAME = ".weighignore"
NEVER = frozenset({".git", ".hg", ".svn", ".weigh"})
"""Folders that are never part of a version, wherever they stand and however they are written."""
NEVER_AT_TOP = frozenset({"weigh-report"})
_MOST_BYTES = 1024 * 1024
_MOST_STARS = 16
"""Stars in one pattern; more of them could make matching a name take for ever."""


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    takes_in: bool
    folders_only: bool


class Ignored:
    """Says whether a path is left out.

    Args:
        text: content of a `.weighignore`.

    Raises:
        UsageError: a pattern cannot be read.
    """

    def __init__(self, text: str = "") -> None:
        lines = (line.rstrip() for line in text.splitlines())
        self._rules = [_rule(line) for line in lines if line and not line.startswith("#")]

    def __call__(self, path: str, *, folder: bool) -> bool:
        """Whether this relative POSIX path is left out; the caller has asked about the folders above it."""
        parts = path.split("/")
        if is_never(path) or (len(parts) == 1 and path in NEVER_AT_TOP):
            return True
        verdict = False
        for rule in self._rules:
            if (folder or not rule.folders_only) and rule.pattern.match(path):
                verdict = not rule.takes_in
        return verdict


def is_never(path: str) -> bool:
    """Whether a path leads into a folder that no version may touch."""
    return any(part.casefold().rstrip(". ") in NEVER for part in path.split("/"))


def read_ignored(folder: Path) -> Ignored:
    """The rules of a working folder.

    Raises:
        UsageError: they cannot be read.
    """
    path = folder / FILE_NAME
    with storing(path):
        if not path.is_file():
            return Ignored()
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than {_MOST_BYTES} bytes")
    return Ignored(data.decode("utf-8", "replace"))


def _rule(line: str) -> _Rule:
    takes_in = line.startswith("!")
    body = line[1:] if takes_in else line
    body = body.removeprefix("\\")
    folders_only = body.endswith("/")
    body = body.rstrip("/")
    anchored = "/" in body
    if not body or body.count("*") > _MOST_STARS:
        raise UsageError(f"cannot read the line {line!r} of {FILE_NAME}")
    start = "" if anchored else "(?:.*/)?"
    try:
        return _Rule(re.compile(start + _regex(body.lstrip("/")) + r"\Z"), takes_in, folders_only)
    except re.error as error:
        raise UsageError(f"cannot read the line {line!r} of {FILE_NAME}", why=str(error)) from error


def _regex(body: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(body):
        if body.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif body.startswith("**", at):
            out.append(".*")
            at += 2
        elif body[at] in "*?":
            out.append("[^/]*" if body[at] == "*" else "[^/]")
            at += 1
        elif body[at] == "[" and "]" in body[at + 2 :]:
            end = body.index("]", at + 2)
            inside = body[at + 1 : end].replace("\\", "\\\\")
            negated = inside[0] in "!^"
            out.append(f"[{'^/' if negated else ''}{inside[1:] if negated else inside}]")
            at = end + 1
        else:
            out.append(re.escape(body[at]))
            at += 1
    return "".join(out)
