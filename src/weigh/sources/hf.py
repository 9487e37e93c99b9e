"""`hf:` refs: files of repositories on the Hugging Face hub, or on a server that speaks its protocol.

A branch or tag is resolved to a commit first, and the file's own ref names that commit, so that a lock
never moves. Every file is verified before it is visible: by the sha256 that a lock or Git LFS promises,
else by the name of its git object (sha1 of its content); the sha256 measured here goes into the lock.
Nothing is cached outside the store, and no library of the hub is used. Not for use by several threads.
"""

from collections.abc import Mapping
from dataclasses import replace

from weigh.core.errors import IntegrityError, NotFoundError, UsageError
from weigh.core.events import EventSink, Progress
from weigh.core.ports import BlobWriter
from weigh.core.ref import ArtifactRef
from weigh.sources.hf_http import HubHttp
from weigh.sources.hf_hub import Hub
from weigh.sources.hf_tree import BlobName, HubFile, blob_name, is_commit, repo_of
from weigh.sources.members import naming
from weigh.sources.source import STEP, Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.http import Response


class HfSource:
    """Answers for `hf:` refs.

    Args:
        http: the way to the hub.
        events: told about progress in bytes.
        sink: what is in it is not counted as a cost.
    """

    def __init__(self, *, http: HubHttp, events: EventSink, sink: StoredFiles) -> None:
        self._hub = Hub(http)
        self._events = events
        self._sink = sink

    @property
    def hub(self) -> Hub:
        """The hub it asks."""
        return self._hub

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """Every file of the repository, those of a folder in it, or one file; each names its commit."""
        exact, files = self._files(ref)
        wanted = _path(ref)
        if not wanted:
            return tuple(_entry(exact, f, f.path) for f in files)
        folder = wanted.rstrip("/") + "/"
        single = [f for f in files if f.path == wanted]
        below = single or [f for f in files if f.path.startswith(folder)]
        if not below:
            near = sorted({f.path.split("/")[0] for f in files})[:8]
            raise NotFoundError(
                f"there is no {wanted!r} in {exact.name}",
                why=f"at its top lie: {', '.join(near) or 'nothing'}",
            )
        if single:
            return (_entry(exact, single[0], wanted.rpartition("/")[2]),)
        return tuple(_entry(exact, f, f.path.removeprefix(folder)) for f in below)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: the card and the licence of a repository are among its files."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file that `entry_ref` names into `sink`, verified by every digest there is."""
        path = _path(entry_ref)
        if not path:
            raise UsageError(f"{entry_ref} is a repository, not a file", hint="name a file of it behind #")
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        repo = repo_of(entry_ref)
        commit = _exact(entry_ref) or self._hub.commit(repo, entry_ref.revision)
        # A lock knows all that is needed: the hub's list is not asked for, and could add no promise.
        promised = HubFile(path, locked.size, "", locked.sha256) if locked is not None else None
        file = promised or self._hub.file(repo, commit, path)
        if file is None:
            raise NotFoundError(f"there is no {path!r} in {repo.name} at {commit}")
        with naming(entry_ref):
            if file.sha256 and sink.has(file.sha256):
                return Fetched(file.sha256, file.size, 0, "present", "", "")
            transferred = self._download(file, self._hub.address(repo, commit, path), commit, sink)
        return Fetched(sink.last_sha256(), file.size, transferred, "whole", "", "")

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store."""
        lines = [promise for r, promise in locked_refs.items() if _within(r, ref)]
        if lines:
            sizes = [(line.sha256, line.size) for line in lines]
        else:
            sizes = [(entry.sha256, entry.size) for entry in self.entries(ref)]
        needed = sum(size for sha256, size in sizes if not (sha256 and self._sink.has(sha256)))
        return FetchCost(needed, sum(size for _, size in sizes), "whole" if needed else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref at the commit its revision means now; the owner is the hub's number of the repository."""
        _path(ref)
        repo = repo_of(ref)
        pinned = _exact(ref)
        found = self._hub.revision(repo, pinned or ref.revision)
        exact = replace(ref, file="" if found.commit == ref.revision else found.commit)
        tag = bool(ref.revision) and not pinned and self._hub.is_tag(repo, ref.revision)
        return Origin(exact, moving=not pinned, owner=found.owner, declared_version=ref.revision, tag=tag)

    def _files(self, ref: ArtifactRef) -> tuple[ArtifactRef, tuple[HubFile, ...]]:
        repo = repo_of(ref)
        commit = _exact(ref) or self._hub.commit(repo, ref.revision)
        exact = replace(ref, file="" if commit == ref.revision else commit, members=())
        return exact, self._hub.files(repo, commit)

    def _download(self, file: HubFile, url: str, commit: str, sink: StoredFiles) -> int:
        """The bytes that crossed the network for a file that is now in the sink."""
        # Without a sha256, bytes left from another day cannot be told from those of today.
        key = f"hf/{file.sha256}" if file.sha256 else ""
        with sink.writer(sha256=file.sha256, size=file.size, resume_key=key) as writer:
            begin = writer.size
            if begin == file.size and begin:
                return 0
            if not begin:
                return self._receive(file, url, commit, writer)
            with self._hub.http.stream(url, range_start=begin) as response:
                self._hub.check(file, commit)
                part = response.content_range
                if part is not None and (part.start, part.end, part.total) == (begin, file.size, file.size):
                    return self._pour(file, response, writer, None)
            writer.restart()
            return self._receive(file, url, commit, writer)

    def _receive(self, file: HubFile, url: str, commit: str, writer: BlobWriter) -> int:
        with self._hub.http.stream(url) as response:
            self._hub.check(file, commit)
            if response.status != 200 or (response.total >= 0 and response.total != file.size):
                raise IntegrityError(
                    f"{file.path!r} does not come as the hub lists it",
                    why=f"listed are {file.size:,} bytes, it answered {response.status}, {response.total:,}",
                    hint="do not use this file; ask whoever runs the hub",
                )
            # Git names an object that LFS keeps by its pointer; then the sha256 is what is promised.
            named = None if file.sha256 else blob_name(file.size)
            return self._pour(file, response, writer, named)

    def _pour(self, file: HubFile, response: Response, writer: BlobWriter, named: BlobName | None) -> int:
        received = 0
        for chunk in response.iter_bytes():
            writer.write(chunk)
            received += len(chunk)
            if named is not None:
                named.update(chunk)
            self._events.emit(Progress(STEP, writer.size, file.size, "bytes"))
        if named is not None and named.hexdigest() != file.oid:
            # Raised inside the writer's block, so that nothing becomes visible.
            raise IntegrityError(
                f"{file.path!r} has another content than its commit names",
                why=f"its git object is {named.hexdigest()}, the commit names {file.oid}",
            )
        return received


def _entry(exact: ArtifactRef, file: HubFile, path: str) -> Entry:
    return Entry(path, exact.member(file.path), file.size, file.sha256)


def _exact(ref: ArtifactRef) -> str:
    """The commit that a ref names by itself, "" when it names something that moves."""
    return ref.file or (ref.revision if is_commit(ref.revision) else "")


def _path(ref: ArtifactRef) -> str:
    """Path of the file or folder in the repository, "" for all of it.

    Raises:
        UsageError: it goes on into an archive.
    """
    if len(ref.members) > 1:
        raise UsageError(
            f"cannot look inside {ref.members[0]!r} of {ref.name}",
            why="files inside archives of a hub repository are not taken out",
            hint=f"name the archive itself: {ref.member(ref.members[0])}",
        )
    return ref.members[0] if ref.members else ""


def _within(file: ArtifactRef, ref: ArtifactRef) -> bool:
    """Whether `file` is one of the files that `ref` names."""
    if (file.kind, file.name, file.revision) != (ref.kind, ref.name, ref.revision):
        return False
    if ref.file and file.file != ref.file:
        return False
    wanted = ref.members[0].rstrip("/") if ref.members else ""
    own = file.members[0] if file.members else ""
    return not wanted or own == wanted or own.startswith(wanted + "/")
