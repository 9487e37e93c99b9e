"""Remove: take a model out of models.toml and models.lock."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.project.edges import same_artifact
from weigh.project.lock import FILE_NAME as LOCK_NAME, Lock, format_lock, read_lock
from weigh.project.locking import changing
from weigh.project.manifest import FILE_NAME
from weigh.project.manifest_document import decode_document
from weigh.project.manifest_edit import read_text, without_model, write_text
from weigh.system.atomic import write_bytes


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out.

    Attributes:
        name: of the model.
        files: how many files of it the lock held.
        needed_by: sections that name it as their base or as code they need.
    """

    name: str
    files: int
    needed_by: tuple[str, ...]


def remove(folder: Path, name: str) -> Removed:
    """Take a model out of models.toml and of models.lock. Needs no network; the store keeps its bytes.

    Raises:
        NotFoundError: there is no models.toml, or it declares no such model.
        UsageError: models.toml is written in a way that cannot be edited safely.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no models.toml in {folder}", hint="run this where models.toml lies")
    with changing(folder):
        before = read_text(path)
        name = _called(path, before, name)
        text = without_model(path, before, name)
        old = read_lock(folder / LOCK_NAME)
        section = f"models.{name}"
        gone = old.models.get(section)
        # The lock first: were this to end in between, `weigh lock` would say that one is missing there.
        if gone is not None or old.section(section):
            new = _without(old, section)
            write_bytes(folder / LOCK_NAME, format_lock(new).encode("utf-8"))
        write_text(path, text)
    return Removed(name, len(old.section(section)), tuple(_needing(old, section)))


def _called(path: Path, text: str, asked: str) -> str:
    """The name that is meant: other commands print `models.NAME`, and so people write it."""
    models = decode_document(text.encode("utf-8"), path.name).models
    kind, _, name = asked.partition(".")
    return name if kind == "models" and asked not in models and name in models else asked


def _without(old: Lock, section: str) -> Lock:
    return Lock.of(
        (f for f in old.files.values() if f.section != section),
        (m for m in old.models.values() if m.section != section),
        old.unresolved,
    )


def _needing(lock: Lock, section: str) -> list[str]:
    gone = lock.models.get(section)
    if gone is None:
        return []
    return sorted(
        other.section
        for other in lock.models.values()
        if other is not gone
        and any(same_artifact(edge.ref, ref) for edge in other.base for ref in gone.requested)
    )
