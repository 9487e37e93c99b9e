"""Taking out of a version what is wanted of it: one file, or one tensor as `.npy` or `.safetensors`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import NotFoundError, UsageError
from weigh.store.packs.manifest import Piece
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import file_bytes, manifest_of
from weigh.store.packs.spans import Span
from weigh.versions.tree import TreeFile

_NPY = {
    "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "C128": "<c16",
}  # fmt: skip
"""Element types that NumPy has (numpy.lib.format, version 1.0)."""
_MOST_NAMED = 6


class Form(StrEnum):
    """How a tensor is written."""

    NPY = ".npy"
    SAFETENSORS = ".safetensors"


@dataclass(frozen=True, slots=True)
class TensorOut:
    """A tensor that was found.

    Attributes:
        span: its name, type and shape; hostile text.
        id: of its payload.
    """

    span: Span
    id: bytes


def find_tensor(objects: Objects, file: TreeFile, name: str) -> TensorOut:
    """A tensor of a stored file by its name.

    Raises:
        NotFoundError: the file has no such tensor.
    """
    tensors = manifest_of(objects, bytes.fromhex(file.id)).tensors()
    piece = tensors.get(name)
    if piece is not None:
        return TensorOut(piece.span, piece.id)
    near = [known for known in tensors if name and name in known] or list(tensors)
    listed = ", ".join(near[:_MOST_NAMED]) + (" …" if len(near) > _MOST_NAMED else "")
    raise NotFoundError(
        f"{file.path} has no tensor {name!r}",
        why=f"it has {len(tensors)}: {listed}" if tensors else "no tensors were found in it",
    )


def tensor_parts(objects: Objects, tensor: TensorOut, form: Form) -> Iterator["bytes | memoryview"]:
    """The file that a tensor becomes, part by part; each part was hashed on its way.

    Raises:
        UsageError: the form has no such type, or the payload is laid out in a way of its own.
        IntegrityError: a part of it is damaged.
    """
    span = tensor.span
    if span.encoding:
        raise UsageError(
            f"the tensor {span.name!r} is laid out as {span.encoding}",
            why="only plain values in row-major order can be written by themselves",
            hint="restore the whole file",
        )
    yield _npy_head(span) if form is Form.NPY else _safetensors_head(span)
    yield from objects.pieces(tensor.id)


def _npy_head(span: Span) -> bytes:
    if span.dtype not in _NPY:
        raise UsageError(
            f"NumPy has no type for {span.dtype}", hint=f"name an output that ends in {Form.SAFETENSORS}"
        )
    shape = f"({', '.join(str(d) for d in span.shape)}{',' if len(span.shape) == 1 else ''})"
    text = f"{{'descr': '{_NPY[span.dtype]}', 'fortran_order': False, 'shape': {shape}, }}"
    pad = -(10 + len(text) + 1) % 64
    body = f"{text}{' ' * pad}\n".encode("ascii")
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


def _safetensors_head(span: Span) -> bytes:
    line = {"dtype": span.dtype, "shape": list(span.shape), "data_offsets": [0, span.end - span.begin]}
    # A name that JSON readers take for the metadata would make the file unreadable.
    name = span.name if span.name != "__metadata__" else "tensor"
    text = json.dumps({name: line}, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def file_parts(objects: Objects, file: TreeFile) -> Iterator[memoryview]:
    """The bytes of a stored file; they are to be relied on once the iterator has ended.

    Raises:
        IntegrityError: they are not what the version says.
    """
    yield from file_bytes(objects, bytes.fromhex(file.id))


def tensors_of_file(objects: Objects, file: TreeFile) -> tuple[Piece, ...]:
    """The tensors of a stored file, in the order they lie in."""
    found = manifest_of(objects, bytes.fromhex(file.id))
    return tuple(piece for piece in found.pieces if piece.span.dtype)
