"""Spans: a file cut into the payloads of its tensors and the bytes between them; nothing is left out."""

from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.tensor import TensorInfo


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file.

    Attributes:
        begin: its first byte.
        end: the byte behind its last.
        name: of the tensor (hostile text), "" for bytes between tensors.
        dtype: of the tensor, "" for bytes between tensors.
        shape: of the tensor.
        encoding: how its payload is laid out, "" when plain.
    """

    begin: int
    end: int
    name: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    encoding: str = ""


def spans_of(path: str, size: int, tensors: Iterable[TensorInfo]) -> tuple[Span, ...]:
    """The spans of one file.

    Only where a tensor lies is taken from what was read of the file, and is held against its size: were it
    wrong, the file would be cut in odd places and restored all the same.

    Args:
        path: of the file; tensors that lie in others are passed over.
        size: bytes of the file.
        tensors: of this and other files.
    """
    here = sorted(
        (t for t in tensors if t.file == path and t.offset >= 0 and 0 < t.nbytes <= size - t.offset),
        key=lambda t: (t.offset, -t.nbytes, t.name),
    )
    found: list[Span] = []
    at = 0
    for tensor in here:
        if tensor.offset < at:
            continue
        if tensor.offset > at:
            found.append(Span(at, tensor.offset))
        at = tensor.offset + tensor.nbytes
        found.append(Span(tensor.offset, at, tensor.name, tensor.dtype, tensor.shape, tensor.encoding))
    if at < size:
        found.append(Span(at, size))
    return tuple(found)
