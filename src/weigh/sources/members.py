"""Files inside archives, as sources hand them out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError
from weigh.core.ports import BlobSink
from weigh.core.ref import ArtifactRef
from weigh.sources.source import Entry, Locked
from weigh.system.archives import MAX_UNPACKED, Member, MemberKind, open_nested


def selected(
    members: Iterable[Member], wanted: str, ref_of: Callable[[str], ArtifactRef]
) -> tuple[Entry, ...]:
    """The members that `wanted` names: one file, or every file below a folder.

    Args:
        members: of one archive, sorted.
        wanted: path of a file or folder in it.
        ref_of: the ref of the file at a path.

    Raises:
        NotFoundError: nothing is there; the message names what lies nearby.
        RefusedError: a link lies there: what it points to is not part of what was named.
    """
    listed = tuple(members)
    folder = wanted.rstrip("/") + "/"
    chosen = [m for m in listed if m.path == wanted] or [m for m in listed if m.path.startswith(folder)]
    if not chosen:
        near = sorted({m.path.split("/")[0] for m in listed})[:5]
        raise NotFoundError(
            f"there is no {wanted!r} in the archive", why=f"at its top lie: {', '.join(near) or 'nothing'}"
        )
    for member in chosen:
        if member.kind is not MemberKind.FILE:
            raise RefusedError(f"will not read {member.path!r}", why="it is a link or special file")
    if len(chosen) == 1 and chosen[0].path == wanted:
        return (Entry(wanted.rpartition("/")[2], ref_of(wanted), chosen[0].size),)
    return tuple(Entry(m.path.removeprefix(folder), ref_of(m.path), m.size) for m in chosen)


def copy_member(
    archive: Path, names: tuple[str, ...], sink: BlobSink, ref: ArtifactRef, locked: Locked | None
) -> tuple[str, int]:
    """Unpack one file of an archive on disk into the sink; returns its sha256 and size in bytes."""
    limit = locked.size if locked else MAX_UNPACKED
    with naming(ref), open_nested(archive, names, limit) as chunks:
        return pour(chunks, sink, sha256=locked.sha256 if locked else "", size=locked.size if locked else -1)


def pour(
    chunks: Iterable[bytes],
    sink: BlobSink,
    *,
    sha256: str = "",
    size: int = -1,
) -> tuple[str, int]:
    """Write a stream into the sink; returns the published file's sha256 and size in bytes."""
    done = 0
    with sink.writer(sha256=sha256, size=size) as writer:
        for chunk in chunks:
            writer.write(chunk)
            done += len(chunk)
    return sink.last_sha256(), done


@contextmanager
def naming(ref: ArtifactRef) -> Iterator[None]:
    """Say which ref it was whose bytes did not keep their promise."""
    try:
        yield
    except IntegrityError as error:
        raise IntegrityError(
            f"{ref} is not what was promised",
            why=" · ".join(part for part in (error.what, error.why) if part),
            hint=error.hint or "do not use these bytes; find out who changed them, then lock again",
        ) from error
