"""`torchhub:` refs: a repository with a `hubconf.py` at a commit, and the checkpoints its code downloads.

A branch or tag is resolved to a commit first; the files are those of that commit, below `repo/`. The
checkpoints are found by following the code without running it, and lie below `checkpoints/`; a download
whose address cannot be found out is told by `unresolved`, never left out in silence. An archive of GitHub
is packed anew now and then, so its files are locked, not the archive.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError, UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef, RefKind
from weigh.sources.github_refs import MAX_ANSWER, Advertised, read_advertisement
from weigh.sources.https import remote_file
from weigh.sources.hubconf import Checkpoint, Hubconf, UnresolvedCheckpoint, read_hubconf
from weigh.sources.inner_ref import CHECKPOINTS, inner_ref, with_inner
from weigh.sources.members import copy_member, naming
from weigh.sources.remote_files import RemoteFile, RemoteFiles
from weigh.sources.source import Entry, FetchCost, Fetched, FetchMethod, Locked, Origin, StoredFiles
from weigh.system.archives import Member, MemberKind, members, open_member
from weigh.system.http import Http
from weigh.system.urls import host_and_port

REPO = "repo"
"""Folder of the repository's own files in the snapshot."""
MAX_CODE = 4 * 1024 * 1024
"""Bytes of one source file that is followed."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WITH_COMMIT = re.compile(r"(.+)/([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """How this user reaches GitHub.

    Attributes:
        web: where git asks for refs.
        archives: where a commit's files come from.
        token: the user's, "" for none. It goes to these two hosts and to no other.
    """

    web: str = "https://github.com"
    archives: str = "https://codeload.github.com"
    token: str = field(default="", repr=False)

    def login(self, url: str) -> str:
        """The Authorization header for an address, "" for none."""
        place = host_and_port(url)
        if self.token and place == host_and_port(self.web) and url.startswith(self.web):
            pair = base64.b64encode(f"x-access-token:{self.token}".encode()).decode("ascii")
            return f"Basic {pair}"
        if self.token and place == host_and_port(self.archives) and url.startswith(self.archives):
            return f"Bearer {self.token}"
        return ""


def read_github_settings(environ: Mapping[str, str]) -> GitHubSettings:
    """The settings that the user's own environment makes (GITHUB_TOKEN, else GH_TOKEN).

    Raises:
        UsageError: the token holds characters that no header may carry.
    """
    token = (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError(
            "cannot use the token for GitHub",
            why="it holds spaces or characters that no token has",
            hint="look at GITHUB_TOKEN",
        )
    return GitHubSettings(token=token)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A `torchhub:` ref taken apart: the revision asked for, the commit that is known, entry and file."""

    ref: ArtifactRef
    commit: str
    entry: str
    path: str


class TorchHubSource:
    """Answers for `torchhub:` refs.

    Args:
        http: the way to GitHub, which gives it the user's token.
        plain: the client for checkpoints: their addresses stand in the code of a stranger.
        settings: where GitHub is.
        events: told about progress.
        sink: keeps the archive, so that listing and fetching read it once.
    """

    def __init__(
        self, *, http: Http, plain: Http, settings: GitHubSettings, events: EventSink, sink: StoredFiles
    ) -> None:
        self._http = http
        self._archives = RemoteFiles(http, events)
        self._files = RemoteFiles(plain, events)
        self._settings = settings
        self._sink = sink
        self._refs: dict[str, Advertised] = {}
        self._stored: dict[tuple[str, str], Fetched] = {}
        self._listed: dict[tuple[str, str], tuple[str, dict[str, Member]]] = {}
        self._read: dict[tuple[str, str, str], Hubconf] = {}
        self._promises: dict[str, Checkpoint] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The repository's files below `repo/` and the checkpoints below `checkpoints/`.

        Raises:
            NotFoundError: no such repository, revision or entry point.
            UsageError: the repository has no `hubconf.py`.
        """
        wanted = self._exact(ref)
        if wanted.path:
            return (self._one(wanted),)
        head = _head(wanted)
        found = [
            Entry(f"{REPO}/{path}", _below(head, f"{REPO}/{path}"), member.size)
            for path, member in self._members(wanted).items()
        ]
        taken: set[str] = set()
        for checkpoint in self._hubconf(wanted).checkpoints:
            self._promises[checkpoint.url] = checkpoint
            if checkpoint.name in taken:
                raise RefusedError(
                    f"will not read {ref}",
                    why=f"two addresses end in {checkpoint.name!r}, and torch keeps only one of them",
                    hint="name one entry point behind #",
                )
            taken.add(checkpoint.name)
            size = self._files.describe(RemoteFile(checkpoint.url)).size
            inner = with_inner(head, ArtifactRef(RefKind.HTTPS, checkpoint.url))
            found.append(Entry(f"{CHECKPOINTS}/{checkpoint.name}", inner, size))
        return tuple(sorted(found, key=lambda e: e.path))

    def unresolved(self, ref: ArtifactRef) -> tuple[UnresolvedCheckpoint, ...]:
        """Downloads of the code whose address could not be found out by reading it."""
        return self._hubconf(self._exact(ref)).unresolved

    def hubconf(self, ref: ArtifactRef) -> Hubconf:
        """What reading the repository's entry points gave."""
        return self._hubconf(self._exact(ref))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: the licence of a repository is among its files."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put one file of the repository, or one checkpoint, into `sink`."""
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        inner = inner_ref(entry_ref)
        if inner is not None:
            with naming(entry_ref):
                return self._files.fetch(self._promise(inner), sink, locked=locked)
        wanted = self._exact(entry_ref)
        if not wanted.path:
            raise UsageError(f"{entry_ref} is a repository, not a file", hint=f"name a file: #{REPO}/PATH")
        archive = self._archive(wanted, sink)
        path = sink.path(archive.sha256)
        inside = self._listing(path, wanted)[0] + wanted.path.removeprefix(f"{REPO}/")
        sha256, size = copy_member(path, (inside,), sink, entry_ref, locked)
        method: FetchMethod = "whole" if archive.transferred else "local"
        # The archive is not locked: GitHub may pack the same commit otherwise tomorrow.
        return Fetched(sha256, size, archive.transferred, method, "", "", promised=locked is not None)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store; a repository's archive is not measured first."""
        lines = [promise for r, promise in locked_refs.items() if _within(r, ref)]
        if lines:
            missing = [line.size for line in lines if not self._sink.has(line.sha256)]
            whole = sum(line.size for line in lines)
            return FetchCost(sum(missing), whole, "whole" if missing else "present")
        sizes = [entry.size for entry in self.entries(ref) if entry.path.startswith(f"{CHECKPOINTS}/")]
        known = all(size >= 0 for size in sizes)
        whole = sum(sizes) if known else -1
        return FetchCost(whole, whole, "whole")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The commit it is at; a branch or tag moves, and so does a ref that names neither."""
        wanted = self._exact(ref)
        asked = _apart(ref).ref.revision
        version = asked if f"refs/tags/{asked}" in self._advertised(ref.name).refs and asked else ""
        exact = replace(wanted.ref, revision=wanted.commit, file="", members=_entry_members(wanted))
        owner = wanted.ref.name.partition("/")[0]
        return Origin(exact, asked != wanted.commit, owner, version, tag=bool(version))

    def _promise(self, inner: ArtifactRef) -> RemoteFile:
        found = self._promises.get(inner.name)
        file = replace(remote_file(inner), prefix=found.prefix if found else "")
        return replace(file, promise="the repository's code")

    def _exact(self, ref: ArtifactRef) -> _Wanted:
        wanted = _apart(ref)
        if wanted.commit:
            return wanted
        return replace(wanted, commit=self._commit(wanted.ref))

    def _commit(self, ref: ArtifactRef) -> str:
        refs = self._advertised(ref.name)
        if not ref.revision:
            # As torch.hub does: main, else master; the default branch only when neither exists.
            for name in ("main", "master", refs.default):
                if name and f"refs/heads/{name}" in refs.refs:
                    return refs.refs[f"refs/heads/{name}"]
            raise NotFoundError(f"{ref.name} has no branch main or master")
        branch = refs.refs.get(f"refs/heads/{ref.revision}", "")
        tag = refs.refs.get(f"refs/tags/{ref.revision}", "")
        if branch and tag and branch != tag:
            raise UsageError(
                f"{ref.revision!r} is a branch and a tag of {ref.name}",
                why=f"the branch is at {branch[:12]}, the tag at {tag[:12]}",
                hint="name the commit with its 40 digits",
            )
        if not branch and not tag:
            near = sorted(n.partition("/")[2].partition("/")[2] for n in refs.refs)[:12]
            raise NotFoundError(
                f"{ref.name} has no branch or tag {ref.revision!r}",
                why=f"it has {', '.join(near) or 'none'}",
                hint="a commit is named with its 40 digits",
            )
        return branch or tag

    def _advertised(self, name: str) -> Advertised:
        if name not in self._refs:
            url = f"{self._settings.web}/{name}.git/info/refs?service=git-upload-pack"
            page = self._http.page(url, max_bytes=MAX_ANSWER)
            if not page.url.startswith(f"{self._settings.web}/{name}.git/"):
                raise RefusedError(
                    f"the repository {name} has moved",
                    why="its old name is redirected, and may come to belong to somebody else",
                    hint="look where it is now and, if it is the one you mean, write that name instead",
                )
            self._refs[name] = read_advertisement(page.body)
        return self._refs[name]

    def _archive(self, wanted: _Wanted, sink: StoredFiles) -> Fetched:
        key = (wanted.ref.name, wanted.commit)
        earlier = self._stored.get(key)
        if earlier is not None and sink.has(earlier.sha256):
            self._stored[key] = replace(earlier, transferred=0)
            return earlier
        url = f"{self._settings.archives}/{wanted.ref.name}/zip/{wanted.commit}"
        fetched = self._archives.fetch(RemoteFile(url), sink)
        _check_comment(sink.path(fetched.sha256), wanted)
        self._stored[key] = fetched
        return fetched

    def _members(self, wanted: _Wanted) -> dict[str, Member]:
        """Files of the commit by path; links are left out, for what they lead to is another file here."""
        return self._listing(self._sink.path(self._archive_once(wanted)), wanted)[1]

    def _listing(self, path: Path, wanted: _Wanted) -> tuple[str, dict[str, Member]]:
        key = (wanted.ref.name, wanted.commit)
        if key not in self._listed:
            listed = members(path)
            top = _top_folder(listed, wanted)
            files = {m.path.removeprefix(top): m for m in listed if m.kind is MemberKind.FILE}
            self._listed[key] = (top, files)
        return self._listed[key]

    def _archive_once(self, wanted: _Wanted) -> str:
        key = (wanted.ref.name, wanted.commit)
        if key not in self._stored:
            self._archive(wanted, self._sink)
        return self._stored[key].sha256

    def _hubconf(self, wanted: _Wanted) -> Hubconf:
        key = (wanted.ref.name, wanted.commit, wanted.entry)
        if key not in self._read:
            listed = self._members(wanted)
            path = self._sink.path(self._archive_once(wanted))
            code = {
                name: _reading(path, member.path)
                for name, member in listed.items()
                if name.endswith(".py") and member.size <= MAX_CODE
            }
            self._read[key] = read_hubconf(code, wanted.entry)
        return self._read[key]

    def _one(self, wanted: _Wanted) -> Entry:
        path = wanted.path.removeprefix(f"{REPO}/")
        member = self._members(wanted).get(path)
        if member is None:
            raise NotFoundError(f"there is no {path!r} in {wanted.ref.name} at {wanted.commit}")
        return Entry(path.rpartition("/")[2], _below(_head(wanted), wanted.path), member.size)


def _apart(ref: ArtifactRef) -> _Wanted:
    """The parts of a ref; a commit behind the last slash is what a lock writes.

    Raises:
        UsageError: GitHub has no repositories of such a name.
    """
    name, revision, commit = ref.name, ref.revision, ref.file
    if found := _WITH_COMMIT.fullmatch(revision):
        revision, commit = found[1], found[2]
    elif found := _WITH_COMMIT.fullmatch(name):
        name, commit = found[1], found[2]
    if not _NAME.fullmatch(name) or ".." in revision or revision.startswith("/"):
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why="a repository of torch.hub is named OWNER/REPOSITORY[:BRANCH-OR-TAG][#ENTRY]",
            hint="torchhub:pytorch/vision:v0.20.0#resnet18",
        )
    rest = list(ref.members)
    path = rest.pop() if rest and rest[-1].startswith(f"{REPO}/") else ""
    if rest and inner_ref(ref) is not None:
        rest.pop()
    own = replace(ref, name=name, revision=revision, file="", members=())
    known = commit or (revision if _COMMIT.fullmatch(revision) else "")
    return _Wanted(own, known, rest[0] if rest else "", path)


def _entry_members(wanted: _Wanted) -> tuple[str, ...]:
    return (wanted.entry,) if wanted.entry else ()


def _head(wanted: _Wanted) -> ArtifactRef:
    commit = "" if wanted.commit == wanted.ref.revision else wanted.commit
    return replace(wanted.ref, file=commit, members=_entry_members(wanted))


def _below(head: ArtifactRef, path: str) -> ArtifactRef:
    return replace(head, members=(*head.members, path))


def _top_folder(listed: tuple[Member, ...], wanted: _Wanted) -> str:
    tops = {m.path.partition("/")[0] for m in listed}
    if len(tops) != 1:
        raise IntegrityError(
            f"the archive of {wanted.ref.name} is not one of a commit",
            why=f"at its top lie {', '.join(sorted(tops)[:5]) or 'nothing'}",
        )
    top = tops.pop()
    stated = top.rpartition("-")[2]
    if _COMMIT.fullmatch(stated) and stated != wanted.commit:
        raise _other_commit(wanted, stated)
    return f"{top}/"


def _check_comment(path: Path, wanted: _Wanted) -> None:
    """`git archive` writes the commit into the comment at the end of a zip."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 42))
        tail = file.read(42)
    stated = tail[2:].decode("latin-1")
    if tail[:2] == b"\x28\x00" and _COMMIT.fullmatch(stated) and stated != wanted.commit:
        raise _other_commit(wanted, stated)


def _other_commit(wanted: _Wanted, stated: str) -> IntegrityError:
    return IntegrityError(
        f"the archive of {wanted.ref.name} is of another commit",
        why=f"asked for {wanted.commit}, it says {stated}",
        hint="do not use it; ask whoever runs the server",
    )


def _reading(path: Path, member: str) -> Callable[[], bytes]:
    def read() -> bytes:
        with open_member(path, member, MAX_CODE) as chunks:
            return b"".join(chunks)

    return read


def _within(file: ArtifactRef, ref: ArtifactRef) -> bool:
    """Whether `file` is one of the files that `ref` names."""
    one, other = _apart(file), _apart(ref)
    if (one.ref.name, one.ref.revision, one.entry) != (other.ref.name, other.ref.revision, other.entry):
        return False
    return not other.path or one.path == other.path
