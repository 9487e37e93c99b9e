"""Perturbation: one seeded way of disturbing rows, and what an answer should do about it.

A disturbed text depends on the text, the perturbation and the seed alone, never on the rows beside it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from weigh.datasets.table import FeatureColumns

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]

TextChange: TypeAlias = Callable[[str, Generator], str]
FeatureChange: TypeAlias = Callable[[FeatureColumns, FloatArray, Generator], FeatureColumns]


class Expectation(StrEnum):
    """What a good answer does when its row is disturbed."""

    KEEPS = "keeps"
    """A person reads the same in it: the answer stays."""

    HIDES = "hides"
    """A person reads the same in it, and nobody writes so by accident: only who wants another answer does."""

    LOSES = "loses"
    """Part of what the row said is gone: some answers must change, and how many is worth knowing."""

    CHANGES = "changes"
    """The row now says something else: an answer that rests on it changes."""


@dataclass(frozen=True, slots=True)
class TextPerturbation:
    """A way of disturbing texts.

    Attributes:
        id: stable name, lower-case words joined by `-`.
        what: what happens to the text, in plain words.
        expectation: what a good answer does.
        change: disturbs one valid text; returns it as it is where the kind does not apply.
    """

    id: str
    what: str
    expectation: Expectation
    change: TextChange

    def apply(self, texts: Sequence[str], *, seed: int) -> list[str]:
        """Disturb each text by itself; the empty text stays empty, and no lone surrogate comes out."""
        return [self._one(valid(text), seed) for text in texts]

    def _one(self, text: str, seed: int) -> str:
        if not text:
            return text
        drawn = hashlib.sha256(f"{self.id}:{seed}:{text}".encode()).digest()
        return self.change(text, Generator(PCG64(int.from_bytes(drawn[:16], "big"))))


@dataclass(frozen=True, slots=True)
class FeaturePerturbation:
    """A way of disturbing feature rows.

    Attributes:
        id: stable name, lower-case words joined by `-`.
        what: what happens to the rows, in plain words.
        expectation: what a good answer does.
        change: takes rows, the spread of each numeric column, and the random stream.
    """

    id: str
    what: str
    expectation: Expectation
    change: FeatureChange

    def apply(self, features: FeatureColumns, *, spread: FloatArray, seed: int) -> FeatureColumns:
        """Disturb rows.

        Args:
            features: the rows.
            spread: [numeric] standard deviation of each numeric column, see `spread_of`.
            seed: another seed disturbs other cells.
        """
        drawn = hashlib.sha256(f"{self.id}:{seed}".encode()).digest()
        return self.change(features, spread, Generator(PCG64(int.from_bytes(drawn[:16], "big"))))


def valid(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def some(places: Sequence[int], rate: float, drawn: Generator) -> list[int]:
    """`rate` of the places, at least one where there are any, in rising order."""
    if not places:
        return []
    count = min(len(places), max(1, round(rate * len(places))))
    return sorted(places[i] for i in drawn.choice(len(places), size=count, replace=False).tolist())


def spread_of(features: FeatureColumns) -> FloatArray:
    """Standard deviation of each numeric column, [numeric]; 0 where fewer than two rows have a value."""
    spread = np.zeros(features.numeric.shape[1])
    for column in range(spread.size):
        values = features.numeric[:, column]
        known = values[np.isfinite(values)]
        if known.size > 1:
            with np.errstate(over="ignore", invalid="ignore"):
                found = float(known.std())
            # Numbers near the largest a float can hold have no finite spread.
            spread[column] = found if np.isfinite(found) else 0.0
    return spread


def changed(before: FeatureColumns, after: FeatureColumns) -> BoolArray:
    """Which rows differ in any cell, bool [n]; two missing cells are equal."""
    numeric = (before.numeric != after.numeric) & ~(np.isnan(before.numeric) & np.isnan(after.numeric))
    differs: BoolArray = numeric.any(axis=1)
    for column, (old, new) in enumerate(zip(before.categories, after.categories, strict=True)):
        places = {name: code for code, name in enumerate(new)}
        # One more entry at the end, so that the code -1 (missing) stays -1.
        translate = np.array([places.get(name, -2) for name in old] + [-1], dtype=np.int64)
        differs |= translate[before.categorical[:, column]] != after.categorical[:, column]
    return differs
