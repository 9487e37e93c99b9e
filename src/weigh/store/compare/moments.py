"""Running sums over pairs of values: how far two payloads are apart, in one pass and bounded memory.

Differences and their norms are computed in float32 where the type fits and summed in float64 block by block;
a block in which that could overflow, underflow or meet a NaN is computed again in float64. The count of
changed values and the steps between them come from the integers of the bytes and are exact.
"""

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from weigh.core.model_diff import Distance
from weigh.store.compare.values import Layout, native, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 16 * 1024
"""Values worked on at a time, so that what lies between stays in the processor's cache."""
_RUN = 8 * 1024
_LEAST, _MOST = 1e-30, 1e34
"""Sums of squares outside of these are not trusted to float32."""


@dataclass(slots=True)
class Sums:
    """What is summed over pairs. `add` of two disjoint parts gives that of both.

    Attributes:
        count: pairs.
        changed: pairs whose bits differ.
        old: squares of the old values; `new` of the new ones; `apart` of the differences.
        product: of old and new.
        absolute: of the differences, absolute.
        largest: difference, absolute.
        steps: between the values of a pair, at most; -1 where that means nothing.
        nans: (old, new); `infinities` likewise.
        finite: pairs of finite values.
        as_rounded: pairs in which new is old rounded; -1 where nothing is rounded.
    """

    count: int = 0
    changed: int = 0
    old: float = 0.0
    new: float = 0.0
    apart: float = 0.0
    product: float = 0.0
    absolute: float = 0.0
    largest: float = 0.0
    steps: int = 0
    nans: list[int] = field(default_factory=lambda: [0, 0])
    infinities: list[int] = field(default_factory=lambda: [0, 0])
    finite: int = 0
    as_rounded: int = 0

    def add(self, other: "Sums") -> None:
        """Take in the sums of other pairs."""
        if not self.count:
            self.steps, self.as_rounded = other.steps, other.as_rounded
        for name in ("count", "changed", "old", "new", "apart", "product", "absolute", "finite"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.largest = max(self.largest, other.largest)
        self.steps = -1 if min(self.steps, other.steps) < 0 else max(self.steps, other.steps)
        rounds = self.as_rounded >= 0 and other.as_rounded >= 0
        self.as_rounded = self.as_rounded + other.as_rounded if rounds else -1
        for place in (0, 1):
            self.nans[place] += other.nans[place]
            self.infinities[place] += other.infinities[place]

    def distance(self) -> Distance:
        """The sums as a distance."""
        both = math.sqrt(self.old) * math.sqrt(self.new)
        relative = math.sqrt(self.apart) / math.sqrt(self.old) if self.old else math.nan
        cosine = min(1.0, max(-1.0, self.product / both)) if both else math.nan
        return Distance(
            self.count,
            self.changed / self.count if self.count else 0.0,
            _told(0.0 if not self.apart else relative),
            _told(cosine),
            min(self.absolute / self.finite, sys.float_info.max) if self.finite else 0.0,
            min(self.largest, sys.float_info.max),
            self.steps if self.steps >= 0 else None,
            self.nans[0],
            self.nans[1],
            self.infinities[0],
            self.infinities[1],
            self.as_rounded / self.count if self.as_rounded >= 0 and self.count else None,
        )


def _told(value: float) -> float | None:
    """The value, None where it is beyond float64 or has no meaning."""
    return value if math.isfinite(value) else None


class Comparer:
    """Adds up pairs of one tensor. Not for two threads at once.

    Args:
        old: how the old payload lies.
        new: how the new one does.
    """

    def __init__(self, old: Layout, new: Layout) -> None:
        self._old, self._new = old, new
        self._alike = old.dtype == new.dtype and bool(old.bits)
        self._wide = old.wide or new.wide
        self.rounds = not self._alike and new.dtype in {"F16", "BF16", "F32"} and not new.swapped
        self.sums = Sums(steps=0 if self._alike else -1, as_rounded=0 if self.rounds else -1)

    def differences(self, old: "NDArray[np.uint8]", new: "NDArray[np.uint8]") -> None:
        """Take in the bytes of as many values of both."""
        one, other = self._old, self._new
        # Blocks hold several values a unit; the step is a multiple of every unit there is.
        for begin in range(0, len(old) // one.size * one.values, BLOCK):
            left = old[begin // one.values * one.size : (begin + BLOCK) // one.values * one.size]
            right = new[begin // other.values * other.size : (begin + BLOCK) // other.values * other.size]
            self._block(left, right)

    def _block(self, left: "NDArray[np.uint8]", right: "NDArray[np.uint8]") -> None:
        sums = self.sums
        if self._alike:
            if self._old.swapped:
                left, right = native(left, self._old.size), native(right, self._old.size)
            differing, steps = _steps(left, right, self._old)
            sums.changed += differing
            sums.steps = max(sums.steps, steps)
            a, b = self._numbers(left, self._old), self._numbers(right, self._new)
        else:
            a, b = self._old.numbers(left), self._new.numbers(right)
            if self.rounds:
                sums.as_rounded += _as_rounded(a, right, self._new)
            if self._wide:
                a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
        sums.count += len(a)
        with np.errstate(all="ignore"):
            self._norms(a, b)

    @staticmethod
    def _numbers(raw: "NDArray[np.uint8]", layout: Layout) -> "NDArray[Any]":
        if not layout.swapped:
            return layout.numbers(raw)
        # The bytes were turned already; turning them twice gives what `numbers` expects.
        return layout.numbers(native(raw, layout.size))

    def _norms(self, a: "NDArray[Any]", b: "NDArray[Any]") -> None:
        sums = self.sums
        d = b - a
        aa, dd = _dot(a, a), _dot(d, d)
        if not self._alike:
            sums.changed += int(np.count_nonzero((a != b) & ~(np.isnan(a) & np.isnan(b))))
        if not (_trusted(aa, a) and _trusted(dd, d) and _trusted(bb := _dot(b, b), b)):
            self._careful(a, b)
            return
        ab = _dot(a, b)
        sums.old += aa
        sums.new += bb
        sums.apart += dd
        sums.product += ab
        np.abs(d, out=d)
        sums.absolute += float(d.sum())
        sums.largest = max(sums.largest, float(d.max()))
        sums.finite += len(a)

    def _careful(self, a: "NDArray[Any]", b: "NDArray[Any]") -> None:
        """The same in float64, over the pairs of finite values."""
        sums = self.sums
        for place, values in enumerate((a, b)):
            sums.nans[place] += int(np.count_nonzero(np.isnan(values)))
            sums.infinities[place] += int(np.count_nonzero(np.isinf(values)))
        both = np.isfinite(a) & np.isfinite(b)
        x, y = a[both].astype(np.float64), b[both].astype(np.float64)
        d = y - x
        sums.old += float(x @ x)
        sums.new += float(y @ y)
        sums.apart += float(d @ d)
        sums.product += float(x @ y)
        np.abs(d, out=d)
        sums.absolute += float(d.sum())
        sums.largest = max(sums.largest, float(d.max(initial=0.0)))
        sums.finite += len(d)


def _dot(x: "NDArray[Any]", y: "NDArray[Any]") -> float:
    """Sum of products; in runs so short that no BLAS starts threads of its own for them."""
    whole = len(x) // _RUN * _RUN
    total = float(x[whole:] @ y[whole:])
    if whole:
        parts = np.vecdot(x[:whole].reshape(-1, _RUN), y[:whole].reshape(-1, _RUN))
        total += float(parts.sum(dtype=np.float64))
    return total


def _trusted(total: float, values: "NDArray[Any]") -> bool:
    """Whether a sum of squares is right as float32 has it; the squares of small values are all 0 there."""
    return _LEAST < total < _MOST or (total == 0.0 and not values.any())


def _steps(left: "NDArray[np.uint8]", right: "NDArray[np.uint8]", layout: Layout) -> tuple[int, int]:
    """How many pairs differ, and the largest number of steps between the values of one."""
    a, b = left.view(layout.bits), right.view(layout.bits)
    other = np.bitwise_xor(a, b)
    changed = int(np.count_nonzero(other))
    if not changed:
        return 0, 0
    turned = other.view(layout.bits.replace("u", "i"))
    places, most = None, 0
    if int(turned.min()) < 0:
        # Of pairs with another sign the plain difference would wrap; they are few in nearby models.
        places = np.flatnonzero(turned < 0)
        most = _across(a[places], b[places], layout)
    apart = np.subtract(a, b, out=other)
    if places is not None:
        apart[places] = 0
    if layout.bits[0] == "u":
        # Both below or both above the middle: the wrapped difference is the signed one.
        apart = apart.view(layout.bits.replace("u", "i"))
    return changed, max(most, int(apart.max()), -int(apart.min()))


def _across(a: "NDArray[Any]", b: "NDArray[Any]", layout: Layout) -> int:
    """The most steps between values of which one has the highest bit set and the other has not."""
    unsigned = f"u{layout.size}"
    x, y = a.view(unsigned).astype(np.uint64), b.view(unsigned).astype(np.uint64)
    if layout.bits[0] == "u":
        return int((np.maximum(x, y) - np.minimum(x, y)).max())
    if layout.signed_magnitude:
        low = np.uint64((1 << (8 * layout.size - 1)) - 1)
        return int(((x & low) + (y & low)).max())
    over, under = np.where(a < 0, y, x), np.where(a < 0, x, y)
    modulus = np.uint64((1 << (8 * layout.size)) - 1)
    return int(((over - under) & modulus).max())


def _as_rounded(a: "NDArray[Any]", right: "NDArray[np.uint8]", layout: Layout) -> int:
    made = rounded(a, layout.dtype)
    if made is None:
        return 0
    return int(np.count_nonzero(made == right.view(f"<u{layout.size}")))
