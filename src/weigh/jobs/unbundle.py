"""Unbundle: take the files of a bundle into the store, if the project here means the same files."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import RefusedError, UsageError
from weigh.project.bundle import Bundled, read_bundle, unpack_bundle
from weigh.project.lock import FILE_NAME, Lock, format_lock, read_lock
from weigh.store.blobs import Blobs
from weigh.system.atomic import write_bytes


@dataclass(frozen=True, slots=True)
class Unbundled:
    """What came in.

    Attributes:
        bundled: the lock inside, and how much came with it.
        agreed: a lock here names the same files.
        wrote: there was none, and the bundle's was written.
    """

    bundled: Bundled
    agreed: bool
    wrote: bool


def unbundle(blobs: Blobs, path: Path, project: Path, *, write_lock: bool = False) -> Unbundled:
    """Verify a bundle and put its files into the store.

    Args:
        blobs: the store.
        path: the bundle.
        project: folder whose models.lock, when there is one, must name the same files.
        write_lock: write the bundle's lock where the project has none.

    Raises:
        MalformedError: it is no bundle, was cut or added to.
        IntegrityError: a file in it is not the one the lock names.
        RefusedError: the lock here says otherwise.
        UsageError: there is no folder of that name.
    """
    if not project.is_dir():
        raise UsageError(f"there is no folder {project}", hint="--project names the folder of models.lock")
    inside, _ = read_bundle(path)
    own = project / FILE_NAME
    agreed = own.is_file()
    if agreed:
        _require_agreement(inside, read_lock(own))
    done = unpack_bundle(path, blobs)
    wrote = write_lock and not agreed
    if wrote:
        write_bytes(own, format_lock(done.lock).encode("utf-8"))
    return Unbundled(done, agreed, wrote)


def _require_agreement(inside: Lock, own: Lock) -> None:
    for section in sorted({key[0] for key in inside.files}):
        theirs = {(f.path, f.size, f.sha256) for f in inside.section(section)}
        ours = {(f.path, f.size, f.sha256) for f in own.section(section)}
        if theirs != ours:
            differing = sorted(path for path, _, _ in theirs ^ ours)
            raise RefusedError(
                f"the bundle and {FILE_NAME} here disagree on {section}",
                why=f"{differing[0]} is another file, or stands in only one of them",
                hint="make the bundle from the same commit of the project",
            )
