"""Strategies that are a weighted sum."""

import math

from weigh.store.codecs.codec import CHUNK
from weigh.store.recipes.cast import FLOAT_BYTES, doubles
from weigh.store.recipes.linear import Form, Linear
from weigh.store.recipes.sources import Sources

_PARALLEL = 0.9995
"""Cosine above which an arc is as good as a line (as in mergekit); the line is numerically safe there."""
_NOTHING = 1e-8
"""Length below which a tensor has no direction (as in mergekit)."""
_DIGITS = 12
"""Decimals of a factor: sums over whole tensors differ beyond them between machines."""


def working(*dtypes: str) -> str:
    """The precision that tensors of these types are computed in."""
    return "F64" if "F64" in dtypes else "F32"


def average(dtypes: tuple[str, ...], target: str, weight: float) -> Linear:
    """`(1 - weight) * ours + weight * theirs`; the sources are ours, theirs."""
    return Linear(Form.SUM, working(*dtypes), (1.0 - weight, weight), dtypes, target)


def task_arithmetic(dtypes: tuple[str, ...], target: str, weights: tuple[float, float]) -> Linear:
    """`base + w0 * (ours - base) + w1 * (theirs - base)`; the sources are base, ours, theirs.

    Ilharco et al., Editing Models with Task Arithmetic, ICLR 2023, section 3.
    """
    return Linear(Form.SHIFT, working(*dtypes), (1.0, *weights), dtypes, target)


def slerp(sources: Sources, dtypes: tuple[str, ...], target: str, weight: float) -> Linear:
    """Spherical interpolation (Shoemake, SIGGRAPH 1985); the sources are ours, theirs.

    The angle needs both tensors whole and is measured first, a chunk at a time; what remains is a weighted
    sum. Tensors that are nearly parallel, or have no direction, are interpolated along the line.
    """
    cosine = _cosine(sources, dtypes)
    if not abs(cosine) <= _PARALLEL:
        return average(dtypes, target, weight)
    angle = math.acos(cosine)
    first, second = (math.sin(share * angle) / math.sin(angle) for share in (1.0 - weight, weight))
    factors = round(first, _DIGITS), round(second, _DIGITS)
    return Linear(Form.SUM, working(*dtypes), factors, dtypes, target)


def _cosine(sources: Sources, dtypes: tuple[str, ...]) -> float:
    dot = mine = other = 0.0
    count = sources.size(0) // FLOAT_BYTES[dtypes[0]]
    step = CHUNK // 8
    for at in range(0, count, step):
        stop = min(count, at + step)
        a, b = (
            doubles(sources.read(place, at * FLOAT_BYTES[t], stop * FLOAT_BYTES[t]), t)
            for place, t in enumerate(dtypes)
        )
        dot += float(a @ b)
        mine += float(a @ a)
        other += float(b @ b)
    lengths = (math.sqrt(mine), math.sqrt(other))
    return dot / math.prod(length if length > _NOTHING else 1.0 for length in lengths)
