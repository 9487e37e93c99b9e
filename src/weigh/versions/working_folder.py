"""Working folders: which history a folder belongs to, and what it had when it was last looked at.

```
FOLDER/.weigh/history              TOML: name = "…"
HOME/versions/<name>/folders/<key>/
    path                           where the folder lies; <key> is made of it
    HEAD                           what is checked out there (see refs)
    checked-out                    the version its files came from, and how they looked to the file system
    under-way                      a checkout that has begun and has not ended
```

The folder only says a name. Whatever is believed lies in the user's own HOME, and a history takes versions
only from folders that it knows: a project that somebody else made cannot write into a history by naming it.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from weigh.core.errors import MalformedError, NotFoundError, RefusedError, UsageError
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Record
from weigh.system.atomic import make_folder, storing, write_bytes
from weigh.system.locks import locked
from weigh.system.places import Places
from weigh.versions.extra import require_extra
from weigh.versions.history import History

FOLDER = ".weigh"
"""Folder of a project for what weigh keeps there."""
NAMED_IN = "history"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\Z")
_MOST_BYTES = 4096
_PATIENCE = 3600.0


class HasPlaces(Protocol):
    """What is needed of a workbench."""

    @property
    def places(self) -> Places:
        """Folders of this user."""
        ...


def check_history_name(name: str) -> str:
    """The name of a history, as it was given.

    Raises:
        UsageError: it could be taken for a path, or holds other signs than letters, digits and `. _ -`.
    """
    if not _NAME.match(name) or ".." in name or name.endswith((".lock", ".tmp")):
        raise UsageError(f"{name!r} cannot be the name of a history", hint="use letters, digits and . _ -")
    return name


def history_name_for(folder: Path) -> str:
    """The name that a folder's history gets when nobody names it."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip(".-")
    return name if _NAME.match(name) and ".." not in name else "models"


def open_objects(bench: HasPlaces) -> Objects:
    """The objects of every history of this user. Recipes are followed.

    Raises:
        MissingExtraError: the libraries for it are not installed.
    """
    require_extra()
    return Objects(bench.places.store, predict=_follow)


def _follow(objects: Objects, record: Record) -> memoryview:
    from weigh.store.recipes.table import predict

    return predict(objects, record)


def working_folder_of(start: Path) -> Path | None:
    """The nearest folder at or above `start` that belongs to a history; None when there is none."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FOLDER / NAMED_IN).is_file():
            return folder
    return None


def named_in(folder: Path) -> str:
    """The name of the history that a folder says it belongs to, "" when it says none.

    Raises:
        MalformedError: what it says cannot be read.
    """
    path = folder / FOLDER / NAMED_IN
    with storing(path):
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ""
    try:
        name = tomllib.loads(data.decode("utf-8")).get("name")
        return check_history_name(name if isinstance(name, str) else "")
    except (ValueError, RecursionError, UsageError) as error:
        raise MalformedError(
            f"{path} is damaged", why="it holds no `name` of a history", hint="delete it, or mend the line"
        ) from error


def root_of(bench: HasPlaces, name: str) -> Path:
    """The folder of a history of this user, whether or not there is one yet."""
    return bench.places.home / "versions" / check_history_name(name)


def place_of(root: Path, folder: Path) -> Path:
    """What a history knows of a working folder."""
    key = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return root / "folders" / key


def exists(root: Path) -> bool:
    """Whether there is a history with a version in it."""
    return any((root / "refs").rglob("*"))


def open_history(bench: HasPlaces, folder: Path) -> History:
    """The history that a working folder, or the nearest one above it, belongs to.

    Raises:
        NotFoundError: it belongs to none.
        MalformedError: what it says of itself is damaged.
        MissingExtraError: the libraries for it are not installed.
    """
    found = working_folder_of(folder)
    if found is None:
        raise NotFoundError(
            f"{folder} belongs to no history",
            why="nothing was committed here",
            hint='weigh commit -m "first"',
        )
    return history_at(bench, named_in(found), found)


def open_own(bench: HasPlaces, folder: Path) -> History:
    """The same, to change its names: only folders that it knows may.

    Raises:
        RefusedError: the history does not know the folder: it was moved, copied, or made by somebody else.
    """
    history = open_history(bench, folder)
    require_known(history)
    return history


def history_at(bench: HasPlaces, name: str, folder: Path) -> History:
    """A history as it is seen from a working folder, whether or not it knows the folder."""
    root = root_of(bench, name)
    place = place_of(root, folder)
    return History(root, open_objects(bench), folder=folder, place=place if place.is_dir() else None)


def open_named(bench: HasPlaces, name: str) -> History:
    """A history by its name, without a working folder.

    Raises:
        NotFoundError: there is none of that name.
    """
    root = root_of(bench, name)
    if not exists(root):
        known = ", ".join(sorted(p.name for p in root.parent.glob("*") if exists(p))[:8])
        raise NotFoundError(f"there is no history {name!r}", why=f"there are: {known or 'none'}")
    return History(root, open_objects(bench))


def attach(bench: HasPlaces, folder: Path, name: str) -> History:
    """Make `folder` a working folder of the history `name`; only a person who names it may ask for this.

    Raises:
        RefusedError: the folder belongs to another history.
        StorageError: the folder cannot be written.
    """
    before = named_in(folder)
    if before and before != name and not exists(root_of(bench, before)):
        before = ""
    if before not in {"", name}:
        raise RefusedError(
            f"{folder} belongs to the history {before}",
            why=f"it cannot belong to {name}, too",
            hint=f"delete {folder / FOLDER / NAMED_IN} to take it out of {before}; nothing else is lost",
        )
    inside = folder / FOLDER
    if inside.is_symlink():
        raise RefusedError(f"{inside} is a link", why="what is put there would land somewhere else")
    root = root_of(bench, name)
    place = place_of(root, folder)
    make_folder(place)
    write_bytes(place / "path", str(folder.resolve()).encode("utf-8", "surrogateescape"))
    if not (inside / ".gitignore").is_file():
        write_bytes(inside / ".gitignore", b"*\n")
    if not before:
        write_bytes(inside / NAMED_IN, f'name = "{name}"\n'.encode())
    return History(root, open_objects(bench), folder=folder, place=place)


@contextmanager
def holding(place: Path) -> Iterator[None]:
    """Keep other recordings and checkouts of the same folder away for the length of the block.

    Raises:
        StorageError: another one goes on for an hour.
    """
    with locked(place / "folder.lock", timeout=_PATIENCE, what="changing this working folder"):
        yield


def require_known(history: History) -> tuple[Path, Path]:
    """The working folder of a history and what the history knows of it.

    Raises:
        UsageError: the history was opened without a folder.
        RefusedError: the history does not know the folder: it was moved, copied, or made by somebody else.
    """
    if history.folder is None:
        raise UsageError("this needs a working folder")
    if history.place is None:
        raise RefusedError(
            f"{history.folder} says it belongs to the history {history.name}, which does not know it",
            why="it was moved or copied, or somebody else made it",
            hint=f"if it is right: weigh checkout --history {history.name} --attach",
        )
    return history.folder, history.place
