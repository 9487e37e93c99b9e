"""Whether a tensor is a weighted sum of others: the weights from a sample, then every last bit of it.

People write short decimals, so what least squares finds is snapped to one, and counts only when the sum then
hits the sample. The order and the precision of the operations are tried in the ways that common code takes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from weigh.store.recipes.cast import FLOAT_BYTES, FUSED, doubles
from weigh.store.recipes.linear import Form, Linear
from weigh.store.recipes.samples import mismatches, predicted

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPSILON = {"F16": 2.0**-11, "BF16": 2.0**-8, "F32": 2.0**-24, "F64": 2.0**-53}
_TOLD = 0.02
"""Doubt of a factor from which a sample tells nothing."""
MOST_MISSED = 0.02
"""Share of a sample's values that a sum may miss by their last bits, which the residual then holds."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a sample says of a sum.

    Attributes:
        rule: the sum that was found, None when there is none.
        missed: share of the values of the sample that it does not hit.
        told: the sources differ enough for the sample to tell.
        close: some sum comes near enough for its last bits to be in question.
    """

    rule: Linear | None
    missed: float
    told: bool
    close: bool


def fit(data: memoryview, dtype: str, sources: Sequence[tuple[memoryview, str]]) -> Fitted:
    """The best sum of two or three sources, if one of them hits.

    Args:
        data: a sample of the tensor.
        dtype: its type.
        sources: samples of the sources at the same places, and their types.
    """
    wanted = doubles(data, dtype)
    parts = [doubles(sample, kind) for sample, kind in sources]
    solved = _solved(wanted, parts, dtype)
    if solved is None:
        return Fitted(None, 1.0, told=True, close=False)
    factors, doubt = solved
    told = max(doubt[1:]) < _TOLD
    best = Fitted(None, 1.0, told, close=True)
    types = tuple(kind for _, kind in sources)
    samples = [sample for sample, _ in sources]
    for snapped in _snapped(factors, doubt):
        if 0.0 in snapped:
            # Fewer sources would do; that is tried, or was.
            continue
        for rule in forms(snapped, types, dtype):
            missed = mismatches(data, predicted(rule, samples, len(data)), FLOAT_BYTES[dtype])
            if missed <= MOST_MISSED and missed < best.missed:
                best = Fitted(rule, missed, told, close=True)
            if missed == 0.0:
                return best
    return best


def _solved(
    wanted: "NDArray[np.float64]", parts: "list[NDArray[np.float64]]", dtype: str
) -> "tuple[list[float], list[float]] | None":
    """Least squares in the differences from the first source: (factors, how far each may be off)."""
    usable = np.isfinite(wanted) & (np.abs(wanted) > 0)
    for part in parts:
        usable &= np.isfinite(part)
    if usable.sum() < 16 * len(parts):
        return None
    # Rounding errors grow with the largest term, so each line is weighed by its size.
    largest = np.max(np.abs(np.stack([wanted[usable], *(part[usable] for part in parts)])), axis=0)
    weight = 1.0 / np.maximum(largest, 1e-30)
    with np.errstate(all="ignore"):
        matrix = np.stack([part[usable] * weight for part in parts], axis=1)
        scale = np.sqrt((matrix**2).mean(axis=0))
    if not np.isfinite(matrix).all() or not (scale > 0).all():
        return None
    base = matrix[:, :1]
    turned = np.concatenate([base, matrix[:, 1:] - base], axis=1)
    found, _, rank, _ = np.linalg.lstsq(turned, wanted[usable] * weight, rcond=None)
    rest = float(np.sqrt(((turned @ found - wanted[usable] * weight) ** 2).mean()))
    if rank < len(parts) or rest > 4 * _EPSILON[dtype]:
        return None
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(turned.T @ turned)), 0.0)) * max(
        rest, _EPSILON[dtype] / 4
    )
    others = [float(v) for v in found[1:]]
    return [float(found[0]) - sum(others), *others], [float(6 * s) for s in spread]


def _snapped(factors: list[float], doubt: list[float]) -> Iterator[tuple[float, ...]]:
    """Short decimals and small fractions near the factors, the shortest first.

    The sum of the factors and all but the first of them are what was measured, so those are snapped.
    """
    total = sum(factors)
    for sums in _short(total, doubt[0]):
        for rest in _products([tuple(_short(f, d)) for f, d in zip(factors[1:], doubt[1:], strict=True)]):
            first = _fraction(sums - sum(rest))
            yield (first, *rest)


def _short(value: float, doubt: float) -> Iterator[float]:
    reach = max(doubt, 1e-7)
    seen: set[float] = set()
    third = (round(value * d) / d for d in (1, 2, 3, 4, 5, 6, 7, 8, 9))
    for guess in chain(third, (round(value, n) for n in range(1, 6))):
        if abs(guess - value) <= reach and guess not in seen:
            seen.add(guess)
            yield guess
            if len(seen) == 4:
                return


def _fraction(value: float) -> float:
    """The nearest number with a small denominator or 12 decimals: what is left of a sum lost some bits."""
    near = (round(value * d) / d for d in (1, 2, 3, 4, 5, 6, 7, 8, 9))
    return next((n for n in near if abs(n - value) < 1e-12), round(value, 12))


def _products(lists: list[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    if not lists:
        yield ()
        return
    for first in lists[0]:
        for rest in _products(lists[1:]):
            yield (first, *rest)


def forms(factors: tuple[float, ...], dtypes: tuple[str, ...], target: str) -> Iterator[Linear]:
    """The usual ways of computing a sum with these factors, most usual first."""
    steps: tuple[str, ...]
    if target in {"F32", "F64"}:
        steps = ("F32", FUSED, "F64")
    elif "F32" in dtypes:
        steps = ("F32", FUSED, "F64", target)
    else:
        steps = (target, "F32", "F64")
    whole = abs(sum(factors) - 1.0) < 1e-9
    equal = max(factors) - min(factors) < 1e-12 and whole
    for working in steps:
        if equal and len(factors) > 2:
            yield Linear(Form.SUM, working, (1.0,) * len(factors), dtypes, target, float(len(factors)))
        yield Linear(Form.SUM, working, factors, dtypes, target)
        if whole:
            yield Linear(Form.SHIFT, working, (1.0, *factors[1:]), dtypes, target)
            if len(factors) > 2:
                yield Linear(Form.CHAIN, working, (1.0, *factors[1:]), dtypes, target)
            if len(factors) == 2:
                yield Linear(Form.LERP, working, (0.0, factors[1]), dtypes, target)
