"""Init: make a folder a project whose models are declared and locked."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.project.locking import changing
from weigh.project.manifest import FILE_NAME
from weigh.project.manifest_edit import new_manifest, write_text
from weigh.project.materialise.place import FOLDER
from weigh.system.atomic import storing, write_bytes

MAX_IGNORED = 1024 * 1024
"""Bytes of a .gitignore that is added to."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What was made.

    Attributes:
        path: the models.toml.
        name: of the project.
        ignored: whether .gitignore was made or added to.
    """

    path: Path
    name: str
    ignored: bool


def init(folder: Path, *, name: str = "") -> Begun:
    """Make a models.toml, and have git pass over what weigh can make again.

    Args:
        folder: an existing one.
        name: of the project; by default that of the folder.

    Raises:
        UsageError: there is a models.toml, or no such folder.
        StorageError: the folder cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="make it first")
    path = folder / FILE_NAME
    chosen = name or folder.resolve().name
    with changing(folder):
        if path.exists() or path.is_symlink():
            raise UsageError(
                f"{folder} has a {FILE_NAME} already", hint="weigh add REF declares a model in it"
            )
        # Last the file that says a folder was begun: what fails before it can be tried again.
        ignored = _ignore(folder / ".gitignore")
        write_text(path, new_manifest(chosen))
    return Begun(path, chosen, ignored)


def _ignore(path: Path) -> bool:
    """Whether a line for weigh's folder had to be added."""
    line = f"/{FOLDER}/"
    before = b""
    if path.exists():
        with storing(path), path.open("rb") as file:
            before = file.read(MAX_IGNORED + 1)
    said = {entry.strip().strip(b"/") for entry in before.splitlines()}
    if FOLDER.encode() in said or len(before) > MAX_IGNORED:
        return False
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    write_bytes(path.resolve(), before + gap + line.encode() + b"\n")
    return True
