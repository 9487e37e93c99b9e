"""Packs of git objects, read within bounds. Each object's name is computed here, so none can be another.

Source of the format: https://git-scm.com/docs/gitformat-pack; of trees and names:
https://git-scm.com/book/en/v2/Git-Internals-Git-Objects. Packs are untrusted.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import MalformedError, RefusedError
from weigh.core.snapshot import is_safe_path

MAX_PACK = 256 * 1024 * 1024
"""Bytes of a pack that is held in memory: directories and small files."""
MAX_UNPACKED = 1024 * 1024 * 1024
"""Bytes of all its objects together."""
MAX_OBJECTS = 1_000_000
MAX_FILES = 200_000
"""A repository with more is surely not a model."""
_MAX_DEPTH = 128
_COMMIT, _TREE, _BLOB, _TAG, _OFS, _REF = 1, 2, 3, 4, 6, 7
_KINDS = {_COMMIT: b"commit", _TREE: b"tree", _BLOB: b"blob", _TAG: b"tag"}
_LINK, _MODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object out of a pack: `commit`, `tree`, `blob` or `tag`, and its content."""

    kind: bytes
    data: bytes

    @property
    def name(self) -> str:
        """Its name: sha1 of its content behind its kind and size."""
        return object_name(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class GitFile:
    """One file of a commit.

    Attributes:
        path: in the repository.
        oid: name of its blob.
        link: it is a symbolic link.
    """

    path: str
    oid: str
    link: bool = False


def object_name(kind: bytes, data: bytes) -> str:
    """The name that git gives an object."""
    return hashlib.sha1(b"%b %d\0" % (kind, len(data)) + data, usedforsecurity=False).hexdigest()


def read_pack(pack: bytes) -> dict[str, GitObject]:
    """The objects of a pack, by name.

    Raises:
        MalformedError: it breaks git's rules, or unpacks to more than `MAX_UNPACKED` bytes.
    """
    if len(pack) < 32 or pack[:4] != b"PACK" or int.from_bytes(pack[4:8]) not in {2, 3}:
        raise _malformed("it is no pack")
    count = int.from_bytes(pack[8:12])
    if count > MAX_OBJECTS:
        raise _malformed(f"it claims {count:,} objects")
    end = len(pack) - 20
    if hashlib.sha1(pack[:end], usedforsecurity=False).digest() != pack[end:]:
        raise _malformed("it is not what its checksum says")
    reader = _Reader(pack, end)
    for _ in range(count):
        reader.one()
    if reader.at != end:
        raise _malformed("more follows its last object")
    return reader.named


class _Reader:
    def __init__(self, pack: bytes, end: int) -> None:
        self._pack = pack
        self._end = end
        self._left = MAX_UNPACKED
        self._placed: dict[int, GitObject] = {}
        self.at = 12
        self.named: dict[str, GitObject] = {}

    def one(self) -> None:
        start = self.at
        kind, size = self._head()
        base: GitObject | None = None
        if kind == _OFS:
            base = self._placed.get(start - self._offset())
        elif kind == _REF:
            base = self.named.get(self._take(20).hex())
        elif kind not in _KINDS:
            raise _malformed(f"it holds an object of the kind {kind}")
        data = self._inflate(size)
        if kind in _KINDS:
            made = GitObject(_KINDS[kind], data)
        elif base is None:
            raise _malformed("an object is a change of one that is not there")
        else:
            made = GitObject(base.kind, self._changed(base.data, data))
        self._placed[start] = made
        self.named[made.name] = made

    def _head(self) -> tuple[int, int]:
        byte = self._take(1)[0]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 128:
            byte = self._take(1)[0]
            size |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise _malformed("an object claims an impossible size")
        return kind, size

    def _offset(self) -> int:
        byte = self._take(1)[0]
        value = byte & 127
        while byte & 128:
            byte = self._take(1)[0]
            value = value + 1 << 7 | byte & 127
            if value > self._end:
                raise _malformed("an object is a change of one before the pack")
        return value

    def _take(self, count: int) -> bytes:
        piece = self._pack[self.at : min(self.at + count, self._end)]
        if len(piece) != count:
            raise _malformed("it ends in the middle of an object")
        self.at += count
        return piece

    def _inflate(self, size: int) -> bytes:
        self._spend(size)
        stream = zlib.decompressobj()
        try:
            data = stream.decompress(memoryview(self._pack)[self.at : self._end], size + 1)
            # The checksum behind the data may still be unread when all of the data is there.
            while not stream.eof and stream.unconsumed_tail and len(data) <= size:
                data += stream.decompress(stream.unconsumed_tail, size + 1 - len(data))
        except zlib.error as error:
            raise _malformed(str(error)) from error
        if len(data) != size or not stream.eof:
            raise _malformed("an object is not as long as it claims")
        self.at = self._end - len(stream.unused_data)
        return data

    def _changed(self, base: bytes, delta: bytes) -> bytes:
        before, at = _varint(delta, 0)
        after, at = _varint(delta, at)
        if before != len(base):
            raise _malformed("a change is not of the object it names")
        self._spend(after)
        made = bytearray()
        while at < len(delta):
            code = delta[at]
            at += 1
            if code & 128:
                begin, length, at = _copy(delta, at, code)
                piece = base[begin : begin + length]
                whole = len(piece) == length
            else:
                piece = delta[at : at + code]
                at += code
                whole = bool(code) and len(piece) == code
            made += piece
            if not whole or len(made) > after:
                raise _malformed("a change reaches beyond its object")
        if len(made) != after:
            raise _malformed("a change gives another size than it claims")
        return bytes(made)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _malformed(f"it unpacks to more than {MAX_UNPACKED:,} bytes")


def _copy(delta: bytes, at: int, code: int) -> tuple[int, int, int]:
    """(begin, length, position behind it) of an instruction that copies out of the base."""
    values = [0] * 7
    for bit in range(7):
        if code >> bit & 1:
            if at >= len(delta):
                raise _malformed("a change ends too early")
            values[bit] = delta[at]
            at += 1
    begin = int.from_bytes(bytes(values[:4]), "little")
    return begin, int.from_bytes(bytes(values[4:]), "little") or 0x10000, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise _malformed("a change ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return value, at


def files_of(commit: str, objects: dict[str, GitObject]) -> tuple[tuple[GitFile, ...], tuple[str, ...]]:
    """The files of a commit in path order, and the paths of its submodules, whose files are not among them.

    Raises:
        MalformedError: a part of the commit is not in the pack.
        RefusedError: a file has a name that leaves the folder, or there are too many.
    """
    found = objects.get(commit)
    if found is None or found.kind != b"commit" or not found.data.startswith(b"tree "):
        raise _malformed(f"the commit {commit} is not in it")
    files: dict[str, GitFile] = {}
    modules: list[str] = []
    waiting = [("", found.data[5:45].decode("ascii", errors="replace"), 0)]
    seen = 0
    while waiting:
        prefix, name, depth = waiting.pop()
        seen += 1
        if depth > _MAX_DEPTH or max(len(files), seen) > MAX_FILES:
            raise RefusedError("will not read a repository", why="it holds more than a model does")
        for mode, path, oid in _tree(prefix, name, objects):
            if mode.lstrip("0") == "40000":
                waiting.append((path + "/", oid, depth + 1))
            elif mode == _MODULE:
                modules.append(path)
            elif path in files:
                raise _malformed(f"it lists {path!r} twice")
            else:
                files[path] = GitFile(path, oid, link=mode == _LINK)
    return tuple(files[path] for path in sorted(files)), tuple(sorted(modules))


def _tree(prefix: str, name: str, objects: dict[str, GitObject]) -> Iterator[tuple[str, str, str]]:
    found = objects.get(name)
    if found is None or found.kind != b"tree":
        raise _malformed(f"the folder {prefix or '/'} is not in it")
    data, at = found.data, 0
    while at < len(data):
        end = data.find(b"\0", at, at + 4200)
        mode, space, word = data[at:end].partition(b" ")
        if end < 0 or not space or len(data) < end + 21:
            raise _malformed(f"the folder {prefix or '/'} ends too early")
        try:
            path = prefix + word.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedError("will not read a repository", why="a name in it is no text") from error
        if b"/" in word or not is_safe_path(path) or "!/" in path:
            raise RefusedError("will not read a repository", why=f"it has a file called {path[:200]!r}")
        yield mode.decode("ascii", errors="replace"), path, data[end + 1 : end + 21].hex()
        at = end + 21


class BlobStream:
    """One whole blob out of a pack that holds nothing else, in pieces.

    Args:
        chunks: of the pack.
        limit: bytes of the blob that are accepted.

    Attributes:
        size: bytes that the blob claims, -1 before its head was read.
    """

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self.size = -1

    def __iter__(self) -> Iterator[bytes]:
        held = self._head()
        stream = zlib.decompressobj()
        done = 0
        while not stream.eof:
            try:
                piece = stream.decompress(held, 1024 * 1024)
            except zlib.error as error:
                raise _malformed(str(error)) from error
            done += len(piece)
            if done > self.size:
                raise _malformed("an object is longer than it claims")
            if piece:
                yield piece
            held = stream.unconsumed_tail
            if not held and not piece and not stream.eof:
                held = next(self._chunks, b"")
                if not held:
                    raise _malformed("it ends in the middle of an object")
        if done != self.size:
            raise _malformed("an object is shorter than it claims")

    def _head(self) -> bytes:
        held = b""
        while len(held) < 32:
            more = next(self._chunks, b"")
            if not more:
                break
            held += more
        if len(held) < 14 or held[:4] != b"PACK" or struct.unpack(">I", held[8:12]) != (1,):
            raise _malformed("it is no pack of one object")
        byte, at = held[12], 13
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 128 and at < len(held) and shift < 63:
            byte = held[at]
            at += 1
            size |= (byte & 127) << shift
            shift += 7
        if kind != _BLOB or byte & 128 or size > self._limit:
            raise _malformed("its object is no file, or larger than is accepted")
        self.size = size
        return held[at:]


def _malformed(why: str) -> MalformedError:
    return MalformedError("a pack of git objects is malformed", why=why, rule="git-pack")
