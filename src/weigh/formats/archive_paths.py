"""Whether names and links inside an archive stay where they are unpacked. Used by zip, tar and 7z.

Windows' rules count as well as Unix': an archive is judged before anybody knows where it will be unpacked.
"""

import re
from collections.abc import Iterator

from weigh.formats.anomalies import quoted

LEAVES = "WGH-AR006"
AMBIGUOUS = "WGH-AR007"
LINK_LEAVES = "WGH-AR008"
LINK_INSIDE = "WGH-AR009"
ODD = "WGH-AR026"

_SUSPECT = re.compile(r"\.\.|^[/\\~]|^.:|\\|[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What no plain name has; every other name is passed by one search."""
_DRIVE = re.compile(r"[A-Za-z]:")
_INVISIBLE = re.compile(r"[\x01-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MAX_LINK = 4096
"""Bytes of a link's target; Linux' PATH_MAX."""


def name_faults(name: str) -> Iterator[tuple[str, str]]:
    """The rules that a member's name breaks, each with what was seen."""
    if not _SUSPECT.search(name):
        return
    if "\0" in name:
        yield AMBIGUOUS, f"the name {quoted(name)} holds a NUL: some readers end it there"
    if escapes(name):
        yield LEAVES, f"the name {quoted(name)} leaves the folder it is unpacked to"
        return
    if ".." in re.split(r"[/\\]", name):
        yield ODD, f"the name {quoted(name)} goes up and down again"
    if "\\" in name:
        yield ODD, f"the name {quoted(name)} has a backslash, which is a separator on Windows only"
    if _INVISIBLE.search(name):
        yield ODD, f"the name {quoted(name)} has characters that are not shown"


def escapes(path: str) -> bool:
    """Whether a path leaves the folder it is taken from, under Unix' rules or Windows'."""
    path = path.partition("\0")[0]
    if path[:1] in {"/", "\\"} or _DRIVE.match(path):
        return True
    depth = 0
    for part in re.split(r"[/\\]", path):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part.strip(" ") not in {"", "."}:
            depth += 1
    return False


def link_fault(name: str, target: str, *, hard: bool = False) -> tuple[str, str]:
    """The rule that a link breaks (LINK_INSIDE where it stays inside), and what was seen.

    Args:
        name: of the link inside the archive.
        target: as written; of a hard link it counts from the archive's root, else from the link's folder.
        hard: whether it is a hard link.
    """
    kind = "hard link" if hard else "link"
    what = f"the {kind} {quoted(name)} points to {quoted(target)}"
    folder = "" if hard else name.replace("\\", "/").rstrip("/").rpartition("/")[0]
    if target[:1] in {"/", "\\"} or _DRIVE.match(target) or escapes(f"{folder}/{target}".lstrip("/")):
        return LINK_LEAVES, f"{what}, outside the folder it is unpacked to"
    return LINK_INSIDE, f"{what} inside the archive"


def plain_path(name: str) -> str:
    """A name as most file systems would take it: `/` between its parts, no empty or `.` parts."""
    if "\\" not in name and "//" not in name and "./" not in name and name[-1:] not in {"/", "."}:
        return name
    return "/".join(part for part in re.split(r"[/\\]", name) if part not in {"", "."})


class LinkedFolders:
    """Remembers links, and tells which later members would be written through one.

    A link that stays inside may still be turned into one that leaves once a second link lies behind it.
    """

    __slots__ = ("_links",)

    def __init__(self) -> None:
        self._links: set[str] = set()

    def add(self, name: str) -> None:
        """A link of that name lies in the archive."""
        self._links.add(plain_path(name))

    def behind(self, name: str) -> bool:
        """Whether a part of the path before the last one is a link."""
        if not self._links:
            return False
        path = plain_path(name)
        at = path.find("/")
        while at >= 0:
            if path[:at] in self._links:
                return True
            at = path.find("/", at + 1)
        return False
