"""Judging what came: an object enters the store when its content has the hash that is its name, never before.

A chunk is decoded and hashed; a payload and a file are hashed as a whole, in one pass over their chunks; a
tree and a commit are read. What something is decoded from enters before it.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace

from weigh.core.errors import IntegrityError, MalformedError
from weigh.store.codecs.codec import CHUNK, DELTAS, Codec
from weigh.store.codecs.ladder import encode
from weigh.store.codecs.zstd_frames import decompressed
from weigh.store.packs.manifest import FileManifest, load_manifest
from weigh.store.packs.objects import MOST_DEPTH, Objects, content_id
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.writer import Writer
from weigh.versions.commit import Commit, load_commit
from weigh.versions.incoming import Incoming
from weigh.versions.tree import Tree, load_tree

_MOST_NESTED = 4 * MOST_DEPTH
_MOST_REFS = 4096
"""Objects that one chunk may be decoded from."""
_MOST_DESCRIPTION = 256 * 1024 * 1024


def read_tree(record: Record) -> Tree:
    """The tree that a record from elsewhere is.

    Raises:
        MalformedError: it is none, or not the one it is named after.
    """
    tree = load_tree(_described(record, Kind.TREE))
    if record.refs != tuple(bytes.fromhex(file.id) for file in tree.files):
        raise MalformedError("a tree leads elsewhere than its text says")
    return tree


def read_commit(record: Record) -> Commit:
    """The commit that a record from elsewhere is.

    Raises:
        MalformedError: it is none, or not the one it is named after.
    """
    commit = load_commit(_described(record, Kind.COMMIT))
    if record.refs != tuple(bytes.fromhex(name) for name in (commit.tree, *commit.parents)):
        raise MalformedError("a commit leads elsewhere than its text says")
    return commit


def _described(record: Record, kind: Kind) -> bytes:
    if record.kind is not kind or record.codec != Codec.ZSTD or record.params:
        raise MalformedError(f"a {kind.name.lower()} is kept in a way that no {kind.name.lower()} is")
    data = _unpressed(record)
    if content_id(data) != record.id:
        raise MalformedError(f"a {kind.name.lower()} has another hash than its name")
    return data


def _unpressed(record: Record) -> bytes:
    if record.size > _MOST_DESCRIPTION:
        raise MalformedError("a description is too long", why=f"it claims {record.size:,} bytes")
    return decompressed(memoryview(record.body), record.size)


class Receiver:
    """Takes records in.

    Args:
        objects: the store.
        writer: its one writer.
        arrived: where they lie.
    """

    def __init__(self, objects: Objects, writer: Writer, arrived: Incoming) -> None:
        self._objects = objects
        self._writer = writer
        self._arrived = arrived
        self._depths: dict[bytes, int] = {}

    def description(self, name: bytes) -> None:
        """Take in a tree or a commit that was read before."""
        if not self._objects.has(name):
            self._writer.add(self._arrived_record(name))

    def file(self, name: bytes) -> None:
        """Take in a file and all it is made of.

        Raises:
            IntegrityError: something of it did not come.
            MalformedError: something of it is not what it is named after.
        """
        from blake3 import blake3

        if self._objects.has(name):
            return
        record = self._arrived_record(name)
        if record.kind is not Kind.FILE:
            # All of the file is one payload.
            self.payload(name)
            return
        manifest = _manifest(record)
        state, sha256 = blake3(), hashlib.sha256()
        for piece in manifest.pieces:
            for part in self._pieces(piece.id):
                state.update(part)
                sha256.update(part)
        if state.digest() != name or sha256.hexdigest() != manifest.sha256:
            raise MalformedError(
                "a file has another hash than its name", why=f"it is called {name.hex()[:16]}"
            )
        self._writer.add(record)

    def part(self, name: bytes) -> None:
        """Take in a payload or chunk that did not come in with its file."""
        if not self._objects.has(name):
            self.payload(name)

    def payload(self, name: bytes, nested: int = 0) -> int:
        """Take in a payload or chunk; returns how many chunks must be decoded for it, one after the other."""
        if name not in self._depths:
            for _ in self._pieces(name, nested):
                pass
            chunks = self._objects.chunks_of(name)
            self._depths[name] = max(self._objects.depth(chunk) for chunk, _ in chunks)
        return self._depths[name]

    def _pieces(self, name: bytes, nested: int = 0) -> Iterator[memoryview]:
        """The content of a payload in order; once it is exhausted the payload is in the store."""
        from blake3 import blake3

        here = self._objects.has(name)
        record = self._objects.record(name) if here else self._arrived_record(name)
        if record.kind is not Kind.LIST:
            yield self._chunk(name, nested)
            return
        state, sha256 = blake3(), hashlib.sha256()
        stated = record.params[4 * len(record.refs) :]
        for chunk, size in _chunks(record):
            content = self._chunk(chunk, nested + 1)
            if len(content) != size:
                raise MalformedError("a list of chunks states another size than a chunk has")
            if not here:
                state.update(content)
                if stated:
                    sha256.update(content)
            yield content
        if not here:
            if state.digest() != name or (stated and sha256.digest() != stated):
                raise MalformedError("a payload has another hash than its name")
            self._writer.add(record)

    def _chunk(self, name: bytes, nested: int) -> memoryview:
        if self._objects.has(name):
            return self._objects.content(name)
        record = self._arrived_record(name)
        made_from_others = record.codec in DELTAS or record.codec == Codec.RECIPE
        if record.kind is not Kind.CHUNK or record.size > CHUNK or bool(record.refs) is not made_from_others:
            raise MalformedError("a chunk is kept in a way that no chunk is")
        if nested > _MOST_NESTED or len(record.refs) > _MOST_REFS:
            raise MalformedError("a chunk is made from itself, or from too many others")
        depth = max((self.payload(ref, nested + 1) + 1 for ref in record.refs), default=0)
        content = self._objects.decoded(record)
        if len(content) != record.size or content_id(content) != name:
            raise MalformedError(
                "a chunk has another hash than its name", why=f"it is called {name.hex()[:16]}"
            )
        self._writer.add(_at_depth(record, depth, content))
        self._objects.remember(name, content)
        return content

    def _arrived_record(self, name: bytes) -> Record:
        record = self._arrived.record(name)
        if record is None:
            raise IntegrityError(
                f"the object {name.hex()[:16]} did not come", why="the remote's index leaves it out"
            )
        return record


def _at_depth(record: Record, depth: int, content: memoryview) -> Record:
    """The record as it is to be kept: what it is made from may be kept in another way here than there."""
    if depth <= MOST_DEPTH:
        return replace(record, depth=depth)
    kept = encode(content, f"U{8 * record.width}")
    return Record(
        record.id,
        Kind.CHUNK,
        kept.codec,
        kept.width,
        kept.signed_magnitude,
        record.size,
        0,
        (),
        b"",
        kept.body,
    )


def _manifest(record: Record) -> FileManifest:
    if record.codec != Codec.ZSTD or record.refs:
        raise MalformedError("a file is kept in a way that no file is")
    data = _unpressed(record)
    if content_id(data) != record.params:
        raise MalformedError("the manifest of a file has another hash than it says")
    return load_manifest(data)


def _chunks(record: Record) -> Iterator[tuple[bytes, int]]:
    count = len(record.refs)
    if len(record.params) not in {4 * count, 4 * count + 32} or record.body:
        raise MalformedError("a list of chunks is kept in a way that no list is")
    sizes = struct.unpack_from(f"<{count}I", record.params)
    if sum(sizes) != record.size or 0 in sizes:
        raise MalformedError("a list of chunks is damaged", why="its sizes do not belong to it")
    yield from zip(record.refs, sizes, strict=True)
