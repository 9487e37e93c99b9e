"""Large files of git repositories: pointers, and the addresses that an LFS server gives for them.

Sources: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md (pointers) and docs/api/batch.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, UnknownAnswerError
from weigh.sources.host_http import HostHttp

MAX_POINTER = 1024
"""A pointer is shorter (specification, "The Pointer")."""
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize (\d{1,18})\n"
)
_KIND = "application/vnd.git-lfs+json"
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "range", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a repository holds in place of a large file: its sha256 and its bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a large file lies, and what its host wants to be told; not to be shown."""

    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return "Place(…)"


class _Action(msgspec.Struct):
    href: str
    header: dict[str, str] = {}


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Object(msgspec.Struct):
    oid: str
    size: int = -1
    actions: dict[str, _Action] = {}
    error: _Error | None = None


class _Batch(msgspec.Struct):
    objects: list[_Object]
    transfer: str = "basic"


def read_pointer(data: bytes) -> Pointer | None:
    """The pointer that a small file is, None when it is a file of its own."""
    match = _POINTER.fullmatch(data) if len(data) < MAX_POINTER else None
    return Pointer(match[1].decode(), int(match[2])) if match else None


def place_of(http: HostHttp, url: str, pointer: Pointer) -> Place:
    """Where the LFS server of a repository has a file. What `.lfsconfig` says is not asked.

    Raises:
        NotFoundError: the server does not have it.
        IntegrityError: it speaks of another file than it was asked for.
    """
    home = url if url.endswith(".git") else url + ".git"
    wanted = {"oid": pointer.sha256, "size": pointer.size}
    body = {"operation": "download", "transfers": ["basic"], "objects": [wanted], "hash_algo": "sha256"}
    answer = http.post(
        f"{home}/info/lfs/objects/batch",
        json.dumps(body).encode(),
        {"accept": _KIND, "content-type": _KIND},
        max_bytes=1024 * 1024,
    )
    try:
        found = msgspec.json.decode(answer.body, type=_Batch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedError("an answer of an LFS server is malformed", why=str(error), rule="lfs") from error
    if len(found.objects) != 1 or found.transfer != "basic":
        raise MalformedError("an answer of an LFS server is malformed", why="not one object", rule="lfs")
    return _place(found.objects[0], pointer)


def _place(found: _Object, pointer: Pointer) -> Place:
    if found.error is not None:
        said = "".join(c if c.isprintable() else " " for c in found.error.message)[:300]
        if found.error.code in {404, 410}:
            raise NotFoundError(f"the LFS server has no {pointer.sha256[:12]}…", why=said)
        raise UnknownAnswerError(f"the LFS server does not give out {pointer.sha256[:12]}…", why=said)
    if found.oid != pointer.sha256 or found.size not in {-1, pointer.size}:
        raise IntegrityError(
            "the LFS server speaks of another file than it was asked for",
            why=f"asked for {pointer.sha256[:12]}… of {pointer.size:,} bytes, it has {found.size:,}",
        )
    action = found.actions.get("download")
    if action is None or not action.href.startswith(("https://", "http://")):
        raise MalformedError(
            "an answer of an LFS server is malformed", why="it names no address of the file", rule="lfs"
        )
    headers = {name.lower(): value for name, value in action.header.items()}
    if not all(n.isascii() and v.isascii() and (n + v).isprintable() for n, v in headers.items()):
        raise MalformedError("an answer of an LFS server is malformed", why="a header of it", rule="lfs")
    return Place(action.href, {n: v for n, v in headers.items() if n not in _OURS})
