"""A part of a stored file: one tensor, or some bytes, without reading the rest of it."""

from collections.abc import Iterator

from weigh.core.errors import NotFoundError, UsageError
from weigh.store.packs.manifest import Piece
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import manifest_of


def find_tensor(objects: Objects, file: bytes, tensor: str) -> Piece:
    """Where a tensor of a stored file is, with its type and shape.

    Raises:
        NotFoundError: the file is not in the store, or holds no such tensor.
        MalformedError: the file's manifest is damaged.
    """
    found = manifest_of(objects, file).tensors()
    if tensor not in found:
        some = ", ".join(repr(name) for name in sorted(found)[:5])
        raise NotFoundError(
            f"the file {file.hex()[:16]} holds no tensor {tensor!r}",
            why=f"it holds {len(found)}: {some}" if found else "it was read as bytes without tensors",
        )
    return found[tensor]


def tensor_bytes(objects: Objects, piece: Piece) -> Iterator[memoryview]:
    """The payload of a tensor, in order. Each part is verified by itself before it is given.

    Raises:
        IntegrityError: a part is damaged.
        NotFoundError: a part is missing.
    """
    return objects.pieces(piece.id)


def range_bytes(objects: Objects, file: bytes, begin: int, end: int) -> Iterator[memoryview]:
    """The bytes from `begin` to before `end` of a stored file, in order and verified.

    Raises:
        UsageError: the file does not reach so far.
        IntegrityError: a part is damaged.
        NotFoundError: the file or a part of it is missing.
    """
    manifest = manifest_of(objects, file)
    if not 0 <= begin <= end <= manifest.size:
        raise UsageError(f"bytes {begin} to {end} are not all in the file", why=f"it has {manifest.size}")
    for piece in manifest.pieces:
        span = piece.span
        if span.begin < end and span.end > begin:
            yield from objects.pieces(piece.id, max(begin - span.begin, 0), min(end, span.end) - span.begin)
