"""`git+lfs:` refs: the files of a git repository at one commit, large ones out of its LFS server.

A branch or tag is resolved to a commit first. Every folder and small file is held against its name in that
commit (sha1), every large file against the sha256 of its pointer. Not for use by several threads.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError, UsageError
from weigh.core.events import EventSink, Warned
from weigh.core.ref import ArtifactRef
from weigh.sources.downloads import Wanted, download, receive
from weigh.sources.git_objects import MAX_POINTER, Pointer, place_of, read_pointer
from weigh.sources.git_pack import BlobStream, GitFile, GitObject, files_of, read_pack
from weigh.sources.git_wire import GitRef, GitWire
from weigh.sources.host_http import HostHttp
from weigh.sources.members import naming
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.urls import port_of, split

MAX_BLOB = 16 * 1024**3
"""Bytes of a file that git itself keeps; hosts refuse far smaller ones."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
_EXACT = re.compile(r"(.*?)/?([0-9a-f]{40})")
_BRANCH = re.compile(r"[^\s~^:?*\[\\\x00-\x20\x7f]{1,200}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ref taken apart: the address, the branch or tag asked for, and the commit where it is known."""

    url: str
    revision: str
    commit: str


@dataclass(frozen=True, slots=True)
class _Tree:
    files: Mapping[str, GitFile]
    objects: Mapping[str, GitObject]


class GitLfsSource:
    """Answers for `git+lfs:` refs.

    Args:
        http: the way to git hosts, with the user's logins.
        events: told about progress in bytes.
        sink: what is in it is not counted as a cost.
    """

    def __init__(self, *, http: HostHttp, events: EventSink, sink: StoredFiles) -> None:
        self._http = http
        self._events = events
        self._sink = sink
        self._wires: dict[str, GitWire] = {}
        self._refs: dict[tuple[str, str], GitRef] = {}
        self._trees: dict[tuple[str, str], _Tree] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """Every file of the commit, those of a folder in it, or one file. Links are left out, and told."""
        asked = _asked(ref)
        commit = self._commit(asked).commit
        tree = self._tree(asked.url, commit)
        exact = _at(ref, asked, commit)
        wanted = _path(ref).rstrip("/")
        if wanted in tree.files:
            return (self._entry(exact, tree, tree.files[wanted], wanted.rpartition("/")[2]),)
        folder = wanted + "/" if wanted else ""
        below = [f for path, f in tree.files.items() if path.startswith(folder)]
        if not below:
            near = ", ".join(sorted({path.split("/")[0] for path in tree.files})[:8])
            raise NotFoundError(
                f"there is no {wanted!r} in {asked.url}", why=f"at its top lie: {near or 'nothing'}"
            )
        linked = [f.path for f in below if f.link]
        if linked:
            self._events.emit(Warned(f"{asked.url}: links are left out: {', '.join(linked[:5])}"))
        return tuple(self._entry(exact, tree, f, f.path.removeprefix(folder)) for f in below if not f.link)

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
        asked = _asked(entry_ref)
        commit = self._commit(asked).commit
        tree = self._tree(asked.url, commit)
        file = tree.files.get(path)
        if file is None:
            raise NotFoundError(f"there is no {path!r} in {asked.url} at {commit}")
        if file.link:
            raise RefusedError(f"will not read {path!r}", why="it is a link")
        with naming(entry_ref):
            return self._fetch(asked.url, tree, file, sink, locked)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store; -1 where git does not say them beforehand."""
        lines = [p for r, p in locked_refs.items() if (r.name, r.revision) == (ref.name, ref.revision)]
        sizes = [(p.sha256, p.size) for p in lines] or [(e.sha256, e.size) for e in self.entries(ref)]
        missing = [size for sha256, size in sizes if not (sha256 and self._sink.has(sha256))]
        needed = -1 if -1 in missing else sum(missing)
        whole = -1 if any(size < 0 for _, size in sizes) else sum(size for _, size in sizes)
        return FetchCost(needed, whole, "whole" if missing else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref at the commit its branch or tag is at. Git does not say who owns an address."""
        asked = _asked(ref)
        found = self._commit(asked)
        exact = _at(ref, asked, found.commit)
        return Origin(exact, moving=not asked.commit, declared_version=asked.revision, tag=found.tag)

    def _commit(self, asked: _Asked) -> GitRef:
        if asked.commit:
            return GitRef(asked.commit, tag=False)
        key = (asked.url, asked.revision)
        if key not in self._refs:
            self._refs[key] = self._wire(asked.url).find(asked.revision)
        return self._refs[key]

    def _wire(self, url: str) -> GitWire:
        return self._wires.setdefault(url, GitWire(self._http, url))

    def _tree(self, url: str, commit: str) -> _Tree:
        if (url, commit) not in self._trees:
            objects = read_pack(self._wire(url).pack(commit, largest=MAX_POINTER))
            files, modules = files_of(commit, objects)
            if modules:
                self._events.emit(Warned(f"{url}: submodules are left out: {', '.join(modules[:5])}"))
            kept = {name: found for name, found in objects.items() if found.kind == b"blob"}
            self._trees[url, commit] = _Tree({f.path: f for f in files}, kept)
        return self._trees[url, commit]

    def _entry(self, exact: ArtifactRef, tree: _Tree, file: GitFile, path: str) -> Entry:
        if file.link:
            raise RefusedError(f"will not read {file.path!r}", why="it is a link")
        blob = tree.objects.get(file.oid)
        pointer = read_pointer(blob.data) if blob else None
        if pointer is not None:
            return Entry(path, exact.member(file.path), pointer.size, pointer.sha256)
        return Entry(path, exact.member(file.path), len(blob.data) if blob else -1)

    def _fetch(
        self, url: str, tree: _Tree, file: GitFile, sink: StoredFiles, locked: Locked | None
    ) -> Fetched:
        blob = tree.objects.get(file.oid)
        pointer = read_pointer(blob.data) if blob else None
        if pointer is not None:
            return self._large(url, file, pointer, sink, locked)
        promised, size = (locked.sha256, locked.size) if locked else ("", -1)
        wanted = Wanted(file.path, url, promised, size, limit=MAX_BLOB)
        with sink.writer(sha256=promised, size=size) as writer:
            if blob is not None:
                transferred = receive(wanted, iter((blob.data,)), writer, self._events)
            else:
                stream = BlobStream(self._wire(url).blob(file.oid), MAX_BLOB)
                transferred = receive(wanted, _named(stream, file), writer, self._events)
            written = writer.size
        return Fetched(sink.last_sha256(), written, transferred, "whole", "", "")

    def _large(
        self, url: str, file: GitFile, pointer: Pointer, sink: StoredFiles, locked: Locked | None
    ) -> Fetched:
        if locked is not None and (locked.sha256, locked.size) != (pointer.sha256, pointer.size):
            raise IntegrityError(
                f"{file.path!r} is not what was locked",
                why=f"the commit names {pointer.sha256[:12]}…, the lock {locked.sha256[:12]}…",
            )
        if sink.has(pointer.sha256):
            return Fetched(pointer.sha256, pointer.size, 0, "present", "", "")
        place = place_of(self._http, url, pointer)
        wanted = Wanted(file.path, place.url, pointer.sha256, pointer.size)
        with self._http.bound(place.url, place.headers):
            got = download(self._http, wanted, sink, self._events)
        return Fetched(got.sha256, got.size, got.transferred, "whole", "", "")


def _named(stream: BlobStream, file: GitFile) -> Iterator[bytes]:
    """The bytes of a blob, whose name is checked when they are through, inside the writer's block."""
    named = None
    for piece in stream:
        named = named or hashlib.sha1(b"blob %d\0" % stream.size, usedforsecurity=False)
        named.update(piece)
        yield piece
    made = named.hexdigest() if named else hashlib.sha1(b"blob 0\0", usedforsecurity=False).hexdigest()
    if made != file.oid:
        raise IntegrityError(
            f"{file.path!r} has another content than its commit names",
            why=f"its git object is {made}, the commit names {file.oid}",
        )


def _asked(ref: ArtifactRef) -> _Asked:
    name, revision, commit = ref.name.removesuffix("/"), ref.revision, ref.file
    if not commit and (exact := _EXACT.fullmatch(revision)):
        revision, commit = exact[1], exact[2]
    elif not commit and not revision and "/" in name and _COMMIT.fullmatch(name.rpartition("/")[2]):
        name, _, commit = name.rpartition("/")
    # Looked for in the whole text: the ref's own grammar divides it at the last such sign.
    if re.match(r"git\+lfs:\w+://[^/#]*@", str(ref)):
        raise _unreadable(
            ref, "an address of a project carries no user; logins stand in your credentials.toml"
        )
    parts = split(name)
    if parts.scheme not in {"http", "https"} or not parts.path.strip("/") or parts.query:
        raise _unreadable(ref, "a repository is named git+lfs:https://HOST/PATH[@REVISION][#FILE]")
    port_of(parts)
    bad = revision and (
        not _BRANCH.fullmatch(revision) or ".." in revision or revision.endswith(("/", ".lock"))
    )
    if bad or (commit and not _COMMIT.fullmatch(commit)):
        raise _unreadable(ref, "git has no branches or tags of such a name")
    return _Asked(name, revision, commit)


def _unreadable(ref: ArtifactRef, why: str) -> UsageError:
    shown = re.sub(r"//[^/]*@", "//…@", str(ref))
    return UsageError(
        f"cannot read {shown!r}", why=why, hint="git+lfs:https://github.com/acme/tiny@v1.0#model.onnx"
    )


def _at(ref: ArtifactRef, asked: _Asked, commit: str) -> ArtifactRef:
    if not asked.revision and asked.commit and ref.revision:
        return replace(ref, name=asked.url, revision=commit, file="")
    return replace(ref, name=asked.url, revision=asked.revision, file=commit)


def _path(ref: ArtifactRef) -> str:
    if len(ref.members) > 1:
        raise UsageError(
            f"cannot look inside {ref.members[0]!r}",
            why="files inside archives of a repository are not taken out",
            hint=f"name the archive itself: {ref.member(ref.members[0])}",
        )
    return ref.members[0] if ref.members else ""
