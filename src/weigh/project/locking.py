"""One process at a time changes models.toml and models.lock of a project."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weigh.project.materialise.place import place_of
from weigh.system.atomic import make_folder, write_bytes
from weigh.system.locks import locked

PATIENCE = 3600.0
"""Seconds to wait for another process: as long as a large download takes."""


@contextmanager
def changing(project: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold models.toml and models.lock of a project for the length of the block.

    Raises:
        StorageError: another process held them all that time, or the folder cannot be written.
    """
    place = place_of(project)
    make_folder(place)
    ignored = place / ".gitignore"
    if not ignored.is_file():
        write_bytes(ignored, b"*\n")
    with locked(place / "locking.lock", timeout=patience, what="locking this project"):
        yield
