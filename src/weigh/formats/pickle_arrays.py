"""The numpy arrays that a pickle holds: type, shape and where their bytes lie.

Source: numpy, `ndarray.__reduce__` (state of version 1: shape, dtype, whether column-major, bytes),
`ndarray.__reduce_ex__` for protocol 5 (`_frombuffer`), and `dtype.__reduce__`.
"""

import math
import re
from collections.abc import Iterable, Iterator

from weigh.core.facts import CallableUse
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import quoted
from weigh.formats.pickle_values import Blob, Call, Global, Literal, Value, walk

RECONSTRUCT = frozenset(
    {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct")}
)
FROM_BUFFER = frozenset({("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")})
_MAKERS = RECONSTRUCT | FROM_BUFFER
ENCODE = ("_codecs", "encode")
MOST_DIMENSIONS = 64
"""numpy's own bound (NPY_MAXDIMS)."""
SIZE_RULE = "WGH-PK025"

_KINDS = {
    "b1": "BOOL", "?": "BOOL", "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64", "u1": "U8", "u2": "U16",
    "u4": "U32", "u8": "U64", "f2": "F16", "f4": "F32", "f8": "F64", "c8": "C64", "c16": "C128",
}  # fmt: skip
_SIZED = re.compile(r"[<>=|]?([biufcSUVmMO])([0-9]{1,9})")

Element = tuple[str, int, bool]
"""Key of DTYPE_BITS, bytes an element takes (0: not known), whether the bytes are big-endian."""


def arrays_of(
    root: Value, path: str, uses: Iterable[CallableUse]
) -> tuple[list[TensorInfo], list[tuple[str, int]]]:
    """The arrays under `root`, and what is wrong with them as (detail, offset).

    Args:
        root: what a stream makes.
        path: of the file whose offsets the nodes carry.
        uses: what the stream calls; where nothing of it makes arrays, nothing is looked for.
    """
    tensors: list[TensorInfo] = []
    wrong: list[tuple[str, int]] = []
    if not any((use.module, use.name) in _MAKERS for use in uses):
        return tensors, wrong
    for name, node in walk(root):
        if type(node) is Call:
            tensors += _array(name, node, path, wrong)
    return tensors, wrong


def _array(name: str, call: Call, path: str, wrong: list[tuple[str, int]]) -> Iterator[TensorInfo]:
    if call.called in RECONSTRUCT:
        state = call.state
        if type(state) is not tuple or len(state) not in {4, 5}:
            return
        shape, dtype, column_major, values = state[-4:]
    elif call.called in FROM_BUFFER and type(call.arguments) is tuple and len(call.arguments) == 4:
        values, dtype, shape, order = call.arguments
        column_major = order == "F" if type(order) is str else False
    else:
        return
    element = _element(dtype)
    if element is None or not _is_shape(shape):
        return
    kind, size, big = element
    offset, length, encoding = _place(values)
    expected = math.prod(shape) * size
    if size and length >= 0 and length != expected:
        wrong.append((f"array {quoted(name)} needs {expected} bytes and has {length}", call.offset))
    words = [encoding] if encoding else []
    words += ["big-endian"] if big else []
    words += ["column-major"] if column_major is True and len(shape) > 1 else []
    nbytes = length if length >= 0 else expected
    yield TensorInfo(name or "array", kind, tuple(shape), path, offset, nbytes, ", ".join(words))


def _is_shape(shape: Value) -> bool:
    return (
        type(shape) is tuple
        and len(shape) <= MOST_DIMENSIONS
        and all(type(size) is int and 0 <= size < 2**63 for size in shape)
    )


def _element(dtype: Value) -> Element | None:
    """What an element is; None for objects, whose values are no numbers."""
    big = False
    if type(dtype) is Call and dtype.called == ("numpy", "dtype") and type(dtype.arguments) is tuple:
        state = dtype.state
        if type(state) is tuple and len(state) > 1 and state[1] == ">" and type(state[1]) is str:
            big = True
        dtype = dtype.arguments[0] if dtype.arguments else None
    if type(dtype) is Global and dtype.module == "numpy":
        return ("UNKNOWN", 0, big)
    match = _SIZED.fullmatch(dtype) if type(dtype) is str else None
    if match is None:
        return ("UNKNOWN", 0, big)
    if match[1] == "O":
        return None
    size = int(match[2]) * (4 if match[1] == "U" else 1)
    if match[1] in "SU":
        return ("STRING", size, big and match[1] == "U")
    return (_KINDS.get(match[1] + match[2], "UNKNOWN"), size, (big or dtype[:1] == ">") and size > 1)


def _place(values: Value) -> tuple[int, int, str]:
    """Offset and bytes of the payload, -1 where it is not plain; and how it is encoded."""
    if type(values) is Blob:
        plain = values.literal in {Literal.BYTES, Literal.BYTEARRAY, Literal.STRING} and values.plain
        return (values.offset, values.length, "") if plain else (-1, -1, "escaped text")
    if type(values) is Call and values.called == ENCODE:
        return -1, -1, "latin-1 as text"
    if type(values) is str:
        return -1, len(values), "text"
    return -1, -1, "outside the stream"
