"""What a library's own catalogue says of one of its models, and where the library lies on this machine."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from weigh.core.errors import RefusedError

MAX_SOURCE = 8 * 1024 * 1024
"""Bytes of one source file of a package."""
MAX_FILES = 20_000
"""Source files of one package; torch has 3,000."""
_NOT_FOLLOWED = frozenset({"__pycache__", "tests", "test"})


@dataclass(frozen=True, slots=True)
class CataloguedFile:
    """One file that the library would download for a model.

    Attributes:
        place: its address, or an `hf:` ref of a whole repository.
        path: name the library keeps it under, "" for a repository.
        sha256, prefix, md5: what the library promises of it: the digest, the beginning of its sha256, or
            an md5; "" where it promises nothing.
    """

    place: str
    path: str = ""
    sha256: str = ""
    prefix: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class CataloguedModel:
    """One model of a catalogue.

    Attributes:
        name: as the library calls it.
        weights: by their own names, what belongs to them.
        aliases: other names of weights → their own names.
        default: weights that are meant when none are named, "" when a person has to choose.
        licence: as the catalogue declares it, by weights; missing where it does not.
    """

    name: str
    weights: Mapping[str, tuple[CataloguedFile, ...]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    licence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package, read as files; nothing of it is imported.

    Attributes:
        name: by which it is imported.
        folder: where its modules lie.
        version: of the distribution, "" when it does not say.
    """

    name: str
    folder: Path
    version: str = ""

    def text_files(self, *below: str) -> dict[str, Callable[[], bytes]]:
        """Its Python files by path, read when asked for; with `below` only those in these folders.

        Raises:
            RefusedError: there are more than a package has.
        """
        found: dict[str, Callable[[], bytes]] = {}
        for start in [self.folder / b for b in below] or [self.folder]:
            for path in sorted(start.rglob("*.py")):
                inside = path.relative_to(self.folder)
                if _NOT_FOLLOWED.isdisjoint(inside.parts):
                    found[inside.as_posix()] = _Bounded(path)
                if len(found) > MAX_FILES:
                    raise RefusedError(
                        f"will not read the package {self.name}", why=f"it has more than {MAX_FILES:,} files"
                    )
        return found


class Catalogue(Protocol):
    """How to read one library's catalogue."""

    @property
    def library(self) -> str:
        """Its name in a ref."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """Names its package is imported by, best first."""
        ...

    @property
    def distributions(self) -> tuple[str, ...]:
        """What to install to have it."""
        ...

    def names(self, package: Package) -> tuple[str, ...]:
        """Every model of it, sorted."""
        ...

    def model(self, package: Package, name: str) -> CataloguedModel | None:
        """One of them, None when it has none of that name."""
        ...


@dataclass(frozen=True, slots=True)
class _Bounded:
    """Reads a source file, up to a bound: a longer one is cut and then does not parse."""

    path: Path

    def __call__(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(MAX_SOURCE)
        except OSError:
            # Gone or unreadable: it then has no names to give.
            return b""


def package_folders(environ: Mapping[str, str], project: Path) -> tuple[Path, ...]:
    """The folders packages of the project are installed in, best first.

    The project's own `.venv`, then the environment that is active (VIRTUAL_ENV, CONDA_PREFIX).
    """
    active = (environ.get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX"))
    roots = [project / ".venv", *(Path(root) for root in active if root)]
    found: list[Path] = []
    for root in roots:
        places = [*sorted(root.glob("lib/python3*/site-packages"), reverse=True), root / "Lib/site-packages"]
        found += [p for p in places if p.is_dir() and p not in found]
    return tuple(found)


def find_package(folders: tuple[Path, ...], names: tuple[str, ...]) -> Package | None:
    """The first package of one of these names, None when none is installed."""
    for folder in folders:
        for name in names:
            if (folder / name / "__init__.py").is_file():
                return Package(name, folder / name, _version(folder, name))
    return None


def _version(folder: Path, name: str) -> str:
    """The version of the distribution a package came in, told by the file list of its metadata."""
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        try:
            with record.open("rb") as file:
                head = file.read(MAX_SOURCE).decode("utf-8", "replace")
        except OSError:
            continue
        if f"\n{name}/__init__.py," in f"\n{head}":
            found = re.fullmatch(r".+-([^-]+)\.dist-info", record.parent.name)
            return found[1] if found else ""
    return ""
