"""Bundle: what a project has locked, in one file for a machine without network."""

from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.workbench import Workbench
from weigh.project.bundle import Bundled, restricted, write_bundle
from weigh.project.lock import FILE_NAME, Lock, read_lock
from weigh.project.materialise.fetch import bring


def bundle(bench: Workbench, project: Path, out: Path, names: tuple[str, ...]) -> Bundled:
    """Write a bundle of locked models; what the store lacks is fetched and verified first.

    Args:
        bench: where to work.
        project: folder of models.lock.
        out: the file to write.
        names: models by name, data as `data.NAME`; all models when empty.

    Raises:
        NotFoundError: there is no lock.
        UsageError: a name is not locked, or `out` is there and no file.
    """
    if out.exists() and not out.is_file():
        raise UsageError(
            f"{out} is not a file", why="a bundle is written whole or not at all", hint="name a file to write"
        )
    lock = restricted(locked_in(project), sections(locked_in(project), names))
    fetch(bench, project, lock)
    return write_bundle(out.resolve(), lock, bench.blobs)


def locked_in(project: Path) -> Lock:
    """The lock of a project.

    Raises:
        NotFoundError: there is none.
    """
    path = project / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no {FILE_NAME} in {project}", hint="weigh lock writes one")
    return read_lock(path)


def sections(lock: Lock, names: tuple[str, ...]) -> tuple[str, ...]:
    """Sections by name: `NAME` is a model, `data.NAME` a data set; every model when there are no names.

    Raises:
        UsageError: nothing is locked.
    """
    known = {key[0] for key in lock.files} | set(lock.models)
    if not names:
        found = tuple(sorted(section for section in known if section.startswith("models.")))
        if not found:
            raise UsageError("no model is locked", hint="declare one in models.toml, then weigh lock")
        return found
    return tuple(n if n in known or n.startswith("data.") else f"models.{n}" for n in names)


def fetch(bench: Workbench, project: Path, lock: Lock) -> int:
    """Bring every locked file into the store; returns the bytes that came over the network.

    Raises:
        IntegrityError: a source gives other bytes than were locked.
        OfflineError: the network is needed and not there.
    """
    digests = {file.sha256 for file in lock.files.values()}
    return bring(lock, digests, project, bench.source_of, bench.blobs, bench.events)
