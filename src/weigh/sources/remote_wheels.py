"""Members of a remote wheel, read by HTTP Range. Only for members whose sha256 is locked."""

from collections.abc import Iterator

from weigh.core.errors import IntegrityError, NotFoundError
from weigh.core.events import EventSink, Progress
from weigh.core.ref import ArtifactRef
from weigh.sources.members import naming, pour
from weigh.sources.pages import Distribution
from weigh.sources.ranges import RangeUnusableError, RemoteRanges
from weigh.sources.source import STEP, Fetched, Locked, StoredFiles
from weigh.system.archives import MAX_UNPACKED, Member, open_nested_in, plain_name, zip_members
from weigh.system.http import Http
from weigh.system.zip_directory import ZipEntry, read_directory, read_entry

SUFFIXES = (".whl", ".zip")
"""Distribution files whose members can be read one by one; a packed tar has to be read in full."""


class RemoteWheels:
    """Reads directories and members; each wheel's directory is read once.

    Args:
        http: the client.
        events: told about progress in bytes.
    """

    def __init__(self, http: Http, events: EventSink) -> None:
        self._http = http
        self._events = events
        self._known: dict[str, tuple[RemoteRanges, tuple[ZipEntry, ...]]] = {}
        self._counted: dict[str, int] = {}

    def members(self, file: Distribution) -> tuple[Member, ...]:
        """What the wheel's directory lists; unverified.

        Raises:
            RangeUnusableError: the server does not give out parts.
        """
        return zip_members(self._directory(file)[0])

    def cost(self, file: Distribution, names: frozenset[str]) -> tuple[int, int]:
        """Packed bytes of the named members, and bytes of the whole file."""
        remote, listed = self._directory(file)
        return sum(e.compressed for e in listed if plain_name(e.name) in names), remote.size

    def fetch(self, file: Distribution, ref: ArtifactRef, sink: StoredFiles, locked: Locked) -> Fetched:
        """Put one locked member into the sink, verified by its locked digest.

        Raises:
            RangeUnusableError: the server does not give out parts, or not those asked for.
            IntegrityError: the member is not what the lock promises.
            NotFoundError: the wheel has no such member.
        """
        try:
            return self._fetch(file, ref, sink, locked)
        except RangeUnusableError:
            # What was read so far belongs to a server that cannot be relied on.
            self._known.pop(file.url, None)
            raise

    def _fetch(self, file: Distribution, ref: ArtifactRef, sink: StoredFiles, locked: Locked) -> Fetched:
        remote, listed = self._directory(file)
        entry = next((e for e in listed if plain_name(e.name) == ref.members[0]), None)
        if entry is None:
            raise NotFoundError(f"there is no {ref.members[0]!r} in {file.filename}")
        nested = ref.members[1:]
        if not nested and entry.size != locked.size:
            raise IntegrityError(
                f"{ref} is not what was promised",
                why=f"the lock says {locked.size:,} bytes, the wheel {entry.size:,}",
                hint="do not use these bytes; find out who changed them, then lock again",
            )
        remote.announce(entry.offset, entry.offset + entry.reach)
        try:
            packed = self._told(read_entry(remote, entry, max_size=MAX_UNPACKED), entry.size)
            with naming(ref):
                if nested:
                    with open_nested_in(packed, nested, locked.size) as chunks:
                        sha256, size = pour(chunks, sink, sha256=locked.sha256, size=locked.size)
                else:
                    sha256, size = pour(packed, sink, sha256=locked.sha256, size=locked.size)
        finally:
            remote.close()
        transferred = remote.received - self._counted.get(file.url, 0)
        self._counted[file.url] = remote.received
        return Fetched(sha256, size, transferred, "range", file.filename, locked.file_sha256)

    def _told(self, chunks: Iterator[bytes], total: int) -> Iterator[bytes]:
        done = 0
        for chunk in chunks:
            done += len(chunk)
            yield chunk
            self._events.emit(Progress(STEP, done, total, "bytes"))

    def _directory(self, file: Distribution) -> tuple[RemoteRanges, tuple[ZipEntry, ...]]:
        if file.url not in self._known:
            remote = RemoteRanges(self._http, file.url, stated_size=file.size)
            self._counted[file.url] = 0
            self._known[file.url] = (remote, read_directory(remote))
        return self._known[file.url]
