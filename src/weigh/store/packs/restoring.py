"""A file out of packs: byte for byte what it was, or an error."""

import hashlib
from collections.abc import Callable, Iterator

from weigh.core.errors import IntegrityError, MalformedError
from weigh.store.codecs.zstd_frames import decompressed
from weigh.store.packs.manifest import MOST_MANIFEST, FileManifest, Piece, load_manifest
from weigh.store.packs.memory import keep_memory
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.record import Kind
from weigh.store.packs.spans import Span


def manifest_of(objects: Objects, name: bytes) -> FileManifest:
    """The manifest of a stored file, its own hash checked.

    A file that is one payload from its first byte to its last has that payload's id, and no manifest of its
    own: its sha256 may then be unknown, "".

    Raises:
        NotFoundError: the file is not in the store.
        MalformedError: it is damaged.
    """
    record = objects.record(name)
    if record.kind in {Kind.CHUNK, Kind.LIST}:
        sha256 = record.params[4 * len(record.refs) :].hex() if record.kind is Kind.LIST else ""
        return FileManifest(record.size, sha256, (Piece(Span(0, record.size), name),))
    if record.kind is not Kind.FILE or record.size > MOST_MANIFEST:
        raise MalformedError(f"the object {name.hex()[:16]} is no file")
    data = decompressed(memoryview(record.body), record.size)
    if content_id(data) != record.params:
        raise MalformedError(f"the manifest of {name.hex()[:16]} is damaged", hint="weigh fsck")
    return load_manifest(data)


def file_bytes(objects: Objects, name: bytes) -> Iterator[memoryview]:
    """The content of a stored file, in order. The last step compares it with its id.

    What was yielded is not to be relied on before the iterator has ended.

    Raises:
        NotFoundError: the file or a part of it is not in the store.
        IntegrityError: a part is damaged, or the whole is not what its id says.
    """
    from blake3 import blake3

    keep_memory()
    state = blake3()
    for piece in manifest_of(objects, name).pieces:
        for part in objects.pieces(piece.id):
            state.update(part)
            yield part
    if state.digest() != name:
        raise IntegrityError(
            f"the file {name.hex()[:16]} is damaged", why="its parts make up other bytes", hint="weigh fsck"
        )


def restore(
    objects: Objects, name: bytes, write: Callable[[memoryview], object], *, sha256: str = ""
) -> None:
    """Write a stored file.

    Args:
        objects: the store.
        name: its id.
        write: called with the parts in order; what it wrote is void when this raises.
        sha256: compared too, where it is given.

    Raises:
        IntegrityError: it is not what its id or `sha256` says.
    """
    state = hashlib.sha256() if sha256 else None
    for part in file_bytes(objects, name):
        if state is not None:
            state.update(part)
        write(part)
    if state is not None and state.hexdigest() != sha256:
        raise IntegrityError(
            f"the file {name.hex()[:16]} is not the one wanted", why="its sha256 is another one"
        )
