"""Operations that make each value from the values at the same place in their sources, block by block."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.recipes.cast import (
    BLOCK,
    FLOAT_BYTES,
    check_count,
    check_floats,
    check_within,
    doubles,
    singles,
    stored,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weigh.store.recipes.sources import Sources

Make = Callable[["list[NDArray[Any]]", int], "NDArray[Any]"]
"""Makes values from those of the sources, which are in the working precision; told where the first stands."""


def check_alike(
    sources: "Sources", working: str, dtypes: tuple[str, ...], target: str, end: int, *numbers: int
) -> None:
    """Refuse what cannot be computed up to byte `end` of the result.

    Args:
        sources: what is read.
        working: precision of each step, F32 or F64.
        dtypes: types of the sources, that of the base first.
        target: type that is made.
        end: byte of the result.
        numbers: how many numbers the operation has of each kind; one for each source but the base.
    """
    check_floats(working, target, *dtypes)
    check_count(sources, len(dtypes))
    if working not in {"F32", "F64"} or any(n != len(dtypes) - 1 for n in numbers):
        raise MalformedError("a stored recipe is damaged", why="its numbers do not fit its sources")
    for place, dtype in enumerate(dtypes):
        check_within(end // FLOAT_BYTES[target] * FLOAT_BYTES[dtype], sources.size(place))


def elementwise(
    sources: "Sources",
    types: tuple[str, tuple[str, ...], str],
    begin: int,
    end: int,
    make: Make,
) -> memoryview:
    """The bytes from `begin` to before `end` of the result.

    Args:
        sources: what is read.
        types: the working precision, the types of the sources, the type that is made.
        begin: first byte, where a value begins.
        end: the byte behind the last.
        make: makes the values.

    Raises:
        MalformedError: one of the two is inside a value.
    """
    working, dtypes, target = types
    width = FLOAT_BYTES[target]
    if begin % width or end % width:
        raise MalformedError("a stored recipe is damaged", why="it begins or ends inside a value")
    first, last = begin // width, end // width
    data = [
        sources.read(place, first * FLOAT_BYTES[dtype], last * FLOAT_BYTES[dtype])
        for place, dtype in enumerate(dtypes)
    ]
    out = np.empty(end - begin, np.uint8)
    for at in range(0, last - first, BLOCK):
        stop = min(at + BLOCK, last - first)
        parts: list[NDArray[Any]] = []
        for view, dtype in zip(data, dtypes, strict=True):
            part = view[at * FLOAT_BYTES[dtype] : stop * FLOAT_BYTES[dtype]]
            parts.append(doubles(part, dtype) if working == "F64" else singles(part, dtype))
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            made = make(parts, first + at)
        out[at * width : stop * width] = np.frombuffer(stored(made, target), np.uint8)
    return out.data
