"""Git's own protocol, version 2, over https: which refs there are, and the objects of one commit.

No git program is run, so no hook, no configuration and no credential helper of this machine has a part in
it. Source: https://git-scm.com/docs/protocol-v2 and https://git-scm.com/docs/gitprotocol-http.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError, UnknownAnswerError
from weigh.sources.git_pack import MAX_PACK
from weigh.sources.host_http import HostHttp
from weigh.system.urls import without_credentials

MAX_REFS = 32 * 1024 * 1024
"""Bytes of a list of refs; only those that could be meant are asked for."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
_V2 = {"git-protocol": "version=2"}
_FLUSH, _DELIM, _END = b"0000", b"0001", b"0002"


@dataclass(frozen=True, slots=True)
class GitRef:
    """Where a name points: the commit, and whether the name is a tag."""

    commit: str
    tag: bool


class GitWire:
    """One repository.

    Args:
        http: the way to its host.
        url: as `git clone` takes it.
    """

    def __init__(self, http: HostHttp, url: str) -> None:
        self._http = http
        self.url = url.rstrip("/")
        self._capabilities: dict[str, str] | None = None

    def find(self, revision: str) -> GitRef:
        """The commit that a branch or a tag, or without a name the default branch, is at.

        Raises:
            NotFoundError: the repository has none of that name.
        """
        wanted = [f"refs/heads/{revision}", f"refs/tags/{revision}"] if revision else ["HEAD"]
        lines = ["peel", *(f"ref-prefix {name}" for name in wanted)]
        found: dict[str, str] = {}
        for line in _lines(self._ask("ls-refs", lines, MAX_REFS)):
            oid, name, *more = line.decode("utf-8", errors="replace").rstrip("\n").split(" ")
            peeled = next((m.removeprefix("peeled:") for m in more if m.startswith("peeled:")), oid)
            if name in wanted and _COMMIT.fullmatch(peeled):
                found[name] = peeled
        if len(set(found.values())) > 1:
            raise NotFoundError(
                f"{revision!r} is a branch and a tag of {self.shown}",
                why="they are at different commits",
                hint="name the commit itself",
            )
        for name in wanted:
            if name in found:
                return GitRef(found[name], tag=name.startswith("refs/tags/"))
        raise NotFoundError(f"there is no branch or tag {revision!r} in {self.shown}")

    def pack(self, commit: str, *, largest: int) -> bytes:
        """The pack of one commit: its folders and, where the server filters, its files below `largest` bytes.

        Raises:
            RefusedError: the server sends files of every size, and together they are too large.
        """
        lines = [f"want {commit}", "deepen 1", "no-progress", "ofs-delta"]
        if "filter" in self._features("fetch"):
            lines.append(f"filter blob:limit={largest}")
        pack = bytearray()
        for piece in self._packed(self._stream("fetch", [*lines, "done"])):
            pack += piece
            if len(pack) > MAX_PACK:
                raise RefusedError(
                    f"will not hold {self.shown} in memory",
                    why=f"its server sends large files unasked, more than {MAX_PACK:,} bytes",
                    hint="clone it yourself and name the folder as file:PATH",
                )
        return bytes(pack)

    def blob(self, oid: str) -> Iterator[bytes]:
        """The pack of one file, in pieces."""
        return self._packed(self._stream("fetch", [f"want {oid}", "no-progress", "done"]))

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return without_credentials(self.url)

    def _features(self, command: str) -> list[str]:
        return self._advertised().get(command, "").split(" ")

    def _advertised(self) -> dict[str, str]:
        if self._capabilities is None:
            asked = f"{self.url}/info/refs?service=git-upload-pack"
            page = self._http.page(asked, _V2, max_bytes=MAX_REFS)
            if page.url != asked:
                there = without_credentials(page.url).removesuffix("/info/refs")
                raise RefusedError(
                    f"the repository {self.shown} has moved",
                    why=f"its host says it is now at {there}; its old name may come to be of somebody else",
                    hint="look at the new place and, if it is the one you mean, write its address instead",
                )
            lines = [line.rstrip(b"\n").decode("utf-8", errors="replace") for line in _lines(page.body)]
            if "version 2" not in lines:
                raise UnknownAnswerError(
                    f"cannot read {self.shown}", why="its host does not speak version 2 of git's protocol"
                )
            words = (line.partition("=") for line in lines)
            self._capabilities = {name: value for name, _, value in words}
            if self._capabilities.get("object-format", "sha1") != "sha1":
                raise UnknownAnswerError(f"cannot read {self.shown}", why="its objects are not named by sha1")
        return self._capabilities

    def _ask(self, command: str, lines: list[str], limit: int) -> bytes:
        answer = bytearray()
        for chunk in self._stream(command, lines):
            answer += chunk
            if len(answer) > limit:
                raise IntegrityError(f"cannot read {self.shown}", why=f"it answers more than {limit:,} bytes")
        return bytes(answer)

    def _stream(self, command: str, lines: list[str]) -> Iterator[bytes]:
        self._advertised()
        words = b"".join(_packet(line) for line in lines)
        body = _packet(f"command={command}") + _packet("object-format=sha1") + _DELIM + words + _FLUSH
        headers = {
            **_V2,
            "content-type": "application/x-git-upload-pack-request",
            "accept": "application/x-git-upload-pack-result",
        }
        chunks, _ = self._http.post_stream(f"{self.url}/git-upload-pack", body, headers)
        return iter(chunks)

    def _packed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The bytes of the pack out of an answer to `fetch`."""
        inside = False
        for line in _packets(chunks):
            if not inside:
                if line.startswith(b"ERR "):
                    raise self._told(line[4:])
                inside = line.rstrip(b"\n") == b"packfile"
            elif line[:1] == b"\1":
                yield line[1:]
            elif line[:1] == b"\3":
                raise self._told(line[1:])
        if not inside:
            raise _malformed("it sends no pack")

    def _told(self, said: bytes) -> UnknownAnswerError:
        text = "".join(c if c.isprintable() else " " for c in said.decode("utf-8", errors="replace"))
        return UnknownAnswerError(f"cannot read {self.shown}", why=f"its host says: {text.strip()[:300]}")


def _packet(line: str) -> bytes:
    data = line.encode() + b"\n"
    return b"%04x" % (len(data) + 4) + data


def _lines(data: bytes) -> Iterator[bytes]:
    for line in _packets(iter((data,))):
        if line.startswith(b"ERR "):
            raise NotFoundError("a git host refuses", why=line[4:200].decode("utf-8", errors="replace"))
        yield line


def _packets(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of an answer; those that only divide it are left out."""
    held = _Held(chunks)
    while held.fill(4):
        head = held.take(4)
        if head in {_FLUSH, _DELIM, _END}:
            continue
        if not re.fullmatch(rb"[0-9a-fA-F]{4}", head) or int(head, 16) < 4:
            raise _malformed("a line of it has no length")
        size = int(head, 16) - 4
        if not held.fill(size):
            raise _malformed("it ends in the middle of a line")
        yield held.take(size)


class _Held:
    """What came and was not read yet; what was read is dropped only when more comes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._data = bytearray()
        self._at = 0

    def fill(self, size: int) -> bool:
        """Whether so many bytes are there; no at the end of the answer."""
        while len(self._data) - self._at < size:
            more = next(self._chunks, b"")
            if not more and len(self._data) > self._at:
                raise _malformed("it ends in the middle of a line")
            if not more:
                return False
            del self._data[: self._at]
            self._at = 0
            self._data += more
        return True

    def take(self, size: int) -> bytes:
        """The next bytes, which are there."""
        self._at += size
        return bytes(self._data[self._at - size : self._at])


def _malformed(why: str) -> MalformedError:
    return MalformedError("an answer of a git host is malformed", why=why, rule="git-answer")
