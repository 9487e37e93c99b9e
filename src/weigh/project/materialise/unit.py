"""What a cache is made of: units, each one folder or one file, and the claims of locked models on them."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.digest import sha256_hex
from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, parse_ref
from weigh.core.snapshot import is_safe_path
from weigh.project.lock import LockedFile, LockedModel

CACHE = "cache"
"""Folder of the caches below a project's `.weigh`."""

MODELS = "models"
"""Folder of plain models below a project's `.weigh`."""


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """One file of a unit.

    Attributes:
        path: below the unit; "" when the unit is this one file.
        size: bytes.
        sha256: of the content.
        data: the content when weigh itself makes the file, None when it comes out of the store.
    """

    path: str
    size: int
    sha256: str
    data: bytes | None = None

    @classmethod
    def made(cls, path: str, data: bytes) -> "Placed":
        """A small file that weigh makes."""
        return cls(path, len(data), sha256_hex(data), data)

    @classmethod
    def of(cls, path: str, file: LockedFile) -> "Placed":
        """A locked file."""
        return cls(path, file.size, file.sha256)


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder or a file that appears and goes as one.

    Attributes:
        root: relative POSIX path below `.weigh`.
        files: by path; exactly one with the path "" when the unit is a file.
        sections: of the lock, whose models it holds.
    """

    root: str
    files: tuple[Placed, ...]
    sections: tuple[str, ...]

    @property
    def is_file(self) -> bool:
        """Whether it is one file."""
        return len(self.files) == 1 and not self.files[0].path

    def place(self, file: Placed) -> str:
        """Path of a file of it below `.weigh`."""
        return posixpath.join(self.root, file.path) if file.path else self.root


@dataclass(frozen=True, slots=True)
class Claim:
    """One materialisation of one locked model.

    Attributes:
        model: its table of the lock.
        files: its lines of the lock.
        key: the name in the cache.
    """

    model: LockedModel
    files: tuple[LockedFile, ...]
    key: str

    @property
    def section(self) -> str:
        """Of the lock."""
        return self.model.section

    def refs(self, texts: Iterable[str]) -> tuple[ArtifactRef, ...]:
        """Parsed refs of the model's table."""
        return tuple(parse_ref(text) for text in texts)

    def named(self, name: str) -> LockedFile:
        """The one file that a key of a file family means.

        Raises:
            UsageError: the model has several files and none, or more than one, has this name.
        """
        base = posixpath.basename(name)
        own = [f for f in self.files if posixpath.basename(f.path) == base]
        chosen = own or [f for f in self.files if not f.path.startswith("papers/")]
        if len(chosen) == 1:
            return chosen[0]
        raise UsageError(
            f"{self.section} does not say which of its files is {base!r} in the cache",
            why=f"{len(chosen)} files could be it",
            hint="name one file in models.toml, or give it the name that the code expects with `to`",
        )


def folder_unit(root: str, files: Iterable[Placed], sections: Iterable[str]) -> Unit:
    """A unit that is a folder.

    Raises:
        UsageError: it would hold two files of one name, or a path that leaves it.
    """
    placed: dict[str, Placed] = {}
    for file in files:
        if not is_safe_path(file.path):
            raise UsageError(f"{file.path!r} cannot be placed in {root}", why="it leads out of its folder")
        other = placed.setdefault(file.path, file)
        if other.sha256 != file.sha256:
            raise UsageError(
                f"two locked files would both be {file.path!r} in {root}",
                why=f"sha256 {other.sha256[:12]} and {file.sha256[:12]}",
                hint="give the model of one of them another place with `as` in models.toml",
            )
    folders = {parent for path in placed for parent in _parents(path)}
    for path in sorted(folders & set(placed)):
        raise UsageError(f"{path!r} in {root} would be a file and a folder")
    return Unit(root, tuple(placed[p] for p in sorted(placed)), tuple(sorted(set(sections))))


def file_unit(root: str, file: Placed, sections: Iterable[str]) -> Unit:
    """A unit that is one file; its own path is dropped."""
    return Unit(root, (Placed("", file.size, file.sha256, file.data),), tuple(sorted(set(sections))))


def _parents(path: str) -> Iterable[str]:
    while path := posixpath.dirname(path):
        yield path
