"""The same values in another order: parts of tensors side by side, and exchanged dimensions.

Query, key and value in one matrix or in three, shards and their whole, rows of several matrices interleaved,
matrices turned over for another framework. Only bytes move; nothing is computed.
"""

import math
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from weigh.core.errors import MalformedError
from weigh.store.recipes.cast import check_count, check_within
from weigh.store.recipes.sources import MOST_WHOLE

if TYPE_CHECKING:
    from weigh.store.recipes.sources import Sources

_Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]
_Place = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What one source gives to each row.

    Attributes:
        source: its place among the sources.
        offset: its first byte in the first row.
        stride: bytes from there to the same place in the next row.
        length: bytes a row.
    """

    source: Annotated[int, msgspec.Meta(ge=0, le=255)]
    offset: _Place
    stride: _Place
    length: _Count


class Gather(msgspec.Struct, frozen=True, tag="gather", array_like=True, forbid_unknown_fields=True):
    """Rows that are each put together from parts of the sources.

    Attributes:
        rows: how many.
        parts: of every row, in order.
    """

    rows: _Count
    parts: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=256)]

    @property
    def _row(self) -> int:
        return sum(p.length for p in self.parts)

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be put together up to byte `end` of the result."""
        check_count(sources, 1 + max(p.source for p in self.parts))
        check_within(end, self.rows * self._row)
        for part in self.parts:
            check_within(part.offset + (self.rows - 1) * part.stride + part.length, sources.size(part.source))
            if self.rows > 1 and part.stride < part.length:
                raise MalformedError("a stored recipe is damaged", why="the rows of a source overlap")

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        row = self._row
        if self.rows == 1:
            return self._one_row(sources, begin, end)
        top, bottom = begin // row, -(-end // row)
        out = np.empty((bottom - top, row), np.uint8)
        at = 0
        for part in self.parts:
            first = part.offset + top * part.stride
            last = part.offset + (bottom - 1) * part.stride + part.length
            data = np.frombuffer(sources.read(part.source, first, last), np.uint8)
            rows = np.lib.stride_tricks.as_strided(
                data, (bottom - top, part.length), (part.stride, 1), writeable=False
            )
            out[:, at : at + part.length] = rows
            at += part.length
        return out.reshape(-1)[begin - top * row : end - top * row].data

    def _one_row(self, sources: "Sources", begin: int, end: int) -> memoryview:
        found = []
        at = 0
        for part in self.parts:
            first, last = max(begin - at, 0), min(end - at, part.length)
            if first < last:
                found.append(sources.read(part.source, part.offset + first, part.offset + last))
            at += part.length
        return found[0] if len(found) == 1 else memoryview(b"".join(found))


class Permute(msgspec.Struct, frozen=True, tag="permute", array_like=True, forbid_unknown_fields=True):
    """The one source with its dimensions in another order.

    Attributes:
        shape: of the source.
        axes: dimension i of the result is dimension `axes[i]` of the source.
        item: bytes that stay together.
    """

    shape: Annotated[tuple[_Count, ...], msgspec.Meta(min_length=1, max_length=8)]
    axes: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=8)]
    item: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]

    @property
    def size(self) -> int:
        """Bytes of the source and of the result."""
        return math.prod(self.shape) * self.item

    def check(self, sources: "Sources", end: int) -> None:
        """Refuse what cannot be put together up to byte `end` of the result."""
        check_count(sources, 1)
        size = self.size
        check_within(end, size)
        check_within(size, min(sources.size(0), MOST_WHOLE))
        if sorted(self.axes) != list(range(len(self.shape))):
            raise MalformedError("a stored recipe is damaged", why=f"{self.axes} are no dimensions")

    def range(self, sources: "Sources", begin: int, end: int) -> memoryview:
        """The bytes from `begin` to before `end` of the result."""
        size = self.size
        items = np.frombuffer(sources.read(0, 0, size), np.dtype((np.void, self.item)))
        turned = items.reshape(self.shape).transpose(self.axes)
        row = size // turned.shape[0]
        top, bottom = begin // row, -(-end // row)
        made = np.ascontiguousarray(turned[top:bottom]).view(np.uint8).reshape(-1)
        return made[begin - top * row : end - top * row].data
