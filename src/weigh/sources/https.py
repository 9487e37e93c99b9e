"""`https:` refs: one file behind an address, or members of an archive behind it.

The address is all there is: no version, no owner, no list. So what was fetched first is measured and
locked, a file name that carries the beginning of a sha256 as torch's do (`resnet50-0676ba61.pth`) is held
to it, and whatever the server says of size and entity tag must agree with what it sends.
"""

from collections.abc import Mapping
from dataclasses import replace

from weigh.core.errors import UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef
from weigh.sources.members import copy_member, naming, selected
from weigh.sources.remote_files import RemoteFile, RemoteFiles, named_hash
from weigh.sources.source import Entry, FetchCost, Fetched, FetchMethod, Locked, Origin, StoredFiles
from weigh.system.archives import nested_members
from weigh.system.http import Http
from weigh.system.urls import split, without_credentials


class HttpsSource:
    """Answers for `https:` refs.

    Args:
        http: the client.
        events: told about progress.
        sink: keeps whole files, so that listing an archive and fetching out of it read it once.
    """

    def __init__(self, *, http: Http, events: EventSink, sink: StoredFiles) -> None:
        self._files = RemoteFiles(http, events)
        self._sink = sink
        self._measured: dict[str, Fetched] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The file itself, or the members at or below the ref's path inside it.

        The server is asked for the size; an archive is fetched whole, for only then can it be listed.
        """
        file = remote_file(ref)
        whole = replace(ref, members=())
        if not ref.members:
            return (Entry(file.name, whole, self._files.describe(file).size, file.sha256),)
        path = self._sink.path(self._fetch_whole(file, self._sink).sha256)
        outer = ref.members[:-1]
        found = nested_members(path, outer)
        return selected(found, ref.members[-1], lambda name: whole.member(*outer, name))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: nothing says which package a bare address belongs to."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the file, or the one member of it that `entry_ref` names, into `sink`."""
        file = remote_file(entry_ref)
        if not entry_ref.members:
            with naming(entry_ref):
                return self._files.fetch(file, sink, locked=locked)
        if locked is not None and sink.has(locked.sha256):
            around = locked.file_sha256
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, around)
        if locked is not None and locked.file_sha256 and sink.has(locked.file_sha256):
            around, transferred, promised = locked.file_sha256, 0, True
        else:
            # The member's own digest is what is locked; the archive around it may have been packed anew.
            whole = self._fetch_whole(file, sink)
            around, transferred, promised = whole.sha256, whole.transferred, locked is not None
        with naming(entry_ref):
            sha256, size = copy_member(sink.path(around), entry_ref.members, sink, entry_ref, locked)
        method: FetchMethod = "whole" if transferred else "local"
        return Fetched(sha256, size, transferred, method, file.name, around, promised)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The whole file, unless it, or what was locked out of it, is in the store."""
        lines = [promise for r, promise in locked_refs.items() if _within(r, ref)]
        if lines and all(self._sink.has(line.sha256) for line in lines):
            return FetchCost(0, sum(line.size for line in lines), "present")
        if not ref.members and lines:
            return FetchCost(lines[0].size, lines[0].size, "whole")
        size = self._files.describe(remote_file(ref)).size
        return FetchCost(size, size, "whole")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The address itself: it can mean something else tomorrow, whatever its path looks like."""
        remote_file(ref)
        return Origin(ref, moving=True, owner=split(ref.name).hostname or "")

    def _fetch_whole(self, file: RemoteFile, sink: StoredFiles) -> Fetched:
        earlier = self._measured.get(file.url)
        if earlier is not None and sink.has(earlier.sha256):
            # What listing transferred is reported once, by the first fetch out of it.
            self._measured[file.url] = replace(earlier, transferred=0)
            return earlier
        fetched = self._files.fetch(file, sink)
        self._measured[file.url] = fetched
        return fetched


def remote_file(ref: ArtifactRef) -> RemoteFile:
    """The file that an `https:` ref names.

    Raises:
        UsageError: the address carries a password, or does not end in the name of a file.
    """
    parts = split(ref.name)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"will not use a password inside an address: {without_credentials(ref.name)}",
            why="it would stand in models.toml and models.lock for everybody to read",
            hint="leave it out of the address",
        )
    file = RemoteFile(ref.name)
    return replace(file, prefix=named_hash(file.name), promise="the name of the file")


def _within(file: ArtifactRef, ref: ArtifactRef) -> bool:
    """Whether `file` is one of the files that `ref` names."""
    if (file.kind, file.name) != (ref.kind, ref.name):
        return False
    wanted, own = "!/".join(ref.members), "!/".join(file.members)
    return not wanted or own == wanted or own.startswith(wanted.rstrip("/") + "/")
