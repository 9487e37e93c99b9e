"""New rows held against a profile, part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import UsageError
from weigh.core.profile import Bins, Categories, Profile, Scores, Text
from weigh.datasets.table import FeatureColumns
from weigh.statistics import drift
from weigh.statistics.exact import fisher
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import proportion
from weigh.statistics.two_samples import difference
from weigh.watch import bins, categories, cloud, scores, words
from weigh.watch.alarm import SMALLEST, SMALLEST_DROP, SMALLEST_SHARE, Family, Part

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FEWEST_VALUES = 50
"""Values a column needs on both sides to be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """New rows, and what the model made of them.

    Attributes:
        n: rows.
        texts: one a row; None for a table.
        features: columns of the profile's names and types; None for text.
        embeddings: float32 [n, d]; None when the model was not asked.
        proba: float64 [n, classes] answers; None when the predictor was not asked.
        labels: int64 [n] true classes, -1 for a class the profile does not know; None without labels.
        not_looked: (family, why) of what could not be compared.
        came: rows before copies were left out and a sample was drawn; 0 when nobody counted.
        copies: rows of these that were left out because another row says the same.
        commonest: rows as they came that say the same as the commonest one.
    """

    n: int
    texts: Sequence[str] | None = None
    features: FeatureColumns | None = None
    embeddings: NDArray[np.float32] | None = None
    proba: FloatArray | None = None
    labels: IntArray | None = None
    not_looked: tuple[tuple[Family, str], ...] = ()
    came: int = 0
    copies: int = 0
    commonest: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """All comparisons.

    Attributes:
        parts: in the order of the profile.
        stability: (column, population stability index) of columns and scores.
        too_few: columns with too few values on one side.
    """

    parts: tuple[Part, ...]
    stability: tuple[tuple[str, Interval], ...]
    too_few: tuple[str, ...]


def compare(profile: Profile, batch: Batch, *, seed: int, smallest: float = SMALLEST) -> Compared:
    """Compare everything that is there on both sides.

    Args:
        profile: the reference.
        batch: new rows.
        seed: of permutations and resamples.
        smallest: effect that matters.

    Raises:
        UsageError: the batch lacks a column, or has it as another type.
    """
    work = _Work(seed, smallest)
    if profile.words is not None and batch.texts is not None:
        work.text(profile.words, batch.texts, profile.salt)
    if batch.features is not None:
        work.table(profile, batch.features)
    if profile.embeddings is not None and batch.embeddings is not None:
        found = cloud.compare(profile.embeddings, batch.embeddings, seed=seed)
        if found is not None:
            work.parts.append(
                Part(
                    Family.EMBEDDINGS,
                    "embeddings",
                    "mmd",
                    found.gap.interval,
                    found.gap.p_value,
                    smallest,
                    rows=found.rows,
                    directions=found.directions,
                    block=profile.embeddings.rows_a_block,
                )
            )
    if profile.scores is not None and batch.proba is not None:
        work.scores(profile.scores, profile.classes, batch.proba)
        if batch.labels is not None:
            work.parts.append(_accuracy(profile.scores, batch.proba, batch.labels))
    return Compared(tuple(work.parts), tuple(work.stability), tuple(work.too_few))


class _Work:
    """The comparisons so far."""

    def __init__(self, seed: int, smallest: float) -> None:
        self._seed, self._smallest = seed, smallest
        self.parts: list[Part] = []
        self.stability: list[tuple[str, Interval]] = []
        self.too_few: list[str] = []

    def text(self, reference: Text, texts: Sequence[str], salt: str) -> None:
        """Traits of the texts and their script."""
        found = words.traits_of(reference, texts, salt=salt)
        for trait in reference.traits:
            if trait.name in found:
                self._numbers(Family.COLUMNS, trait, found[trait.name])
        names = (*words.SCRIPTS, words.NO_LETTERS)
        counts = categories.fill(reference.script, words.scripts(texts), names, salt=salt)
        self._shares(Family.COLUMNS, reference.script.name, categories.counts_of(reference.script), counts)

    def table(self, profile: Profile, features: FeatureColumns) -> None:
        """Columns of a table."""
        for column in profile.numeric:
            place = _place(column.name, features.numeric_names, what="numbers")
            self._numbers(Family.COLUMNS, column, features.numeric[:, place])
        for kept in profile.categorical:
            place = _place(kept.name, features.categorical_names, what="categories")
            codes = features.categorical[:, place]
            counts = categories.fill(kept, codes, features.categories[place], salt=profile.salt)
            self._missing(kept, int((codes < 0).sum()), len(codes))
            self._shares(Family.COLUMNS, kept.name, categories.counts_of(kept), counts)

    def scores(self, reference: Scores, classes: tuple[str, ...], proba: FloatArray) -> None:
        """Confidence, class probabilities and answers."""
        found = scores.columns_of(proba, classes)
        for column in reference.columns:
            if column.name in found:
                self._numbers(Family.SCORES, column, found[column.name])
        answers = np.bincount(proba.argmax(axis=1), minlength=len(classes))
        self._shares(Family.SCORES, "answers", np.array(reference.answers), answers)

    def _numbers(self, family: Family, reference: Bins, values: FloatArray) -> None:
        kept, counts = np.array(reference.counts), bins.fill(reference, values)
        if family is Family.COLUMNS:
            self._missing(reference, len(values) - int(counts.sum()), len(values))
        n, m = int(kept.sum()), int(counts.sum())
        if self._few(reference.name, n, m):
            return
        gap = drift.ks_statistic(kept, counts)
        interval, p_value = drift.ks_interval(gap, n, m), drift.ks_p_value(gap, n, m)
        self._add(family, reference.name, "ks", interval, p_value, rows=(n, m))
        tenths = _tenths(kept)
        self.stability.append(
            (
                reference.name,
                drift.stability_interval(
                    np.bincount(tenths, weights=kept).astype(np.int64),
                    np.bincount(tenths, weights=counts).astype(np.int64),
                    seed=self._seed,
                ),
            )
        )

    def _shares(self, family: Family, name: str, kept: IntArray, counts: IntArray) -> None:
        n, m = int(kept.sum()), int(counts.sum())
        if self._few(name, n, m):
            return
        interval = drift.total_variation_interval(kept, counts, seed=self._seed)
        p_value = drift.homogeneity(kept, counts)
        cells = max(2, int(((kept + counts) > 0).sum()))
        self._add(family, name, "total_variation", interval, p_value, rows=(n, m), cells=cells)
        self.stability.append((name, drift.stability_interval(kept, counts, seed=self._seed)))

    def _missing(self, reference: Bins | Categories, missing: int, rows: int) -> None:
        if reference.missing == 0 and missing == 0:
            return
        before, now = (reference.missing, reference.rows), (missing, rows)
        interval, p_value = change(before, now)
        both = (reference.rows, rows)
        self._add(
            Family.COLUMNS,
            reference.name,
            "missing",
            interval,
            p_value,
            rows=both,
            cells=2,
            smallest=SMALLEST_SHARE,
        )

    def _few(self, name: str, n: int, m: int) -> bool:
        """Whether a column has too few values; one that is empty on both sides has nothing to compare."""
        if min(n, m) >= FEWEST_VALUES:
            return False
        if n or m:
            self.too_few.append(name)
        return True

    def _add(
        self,
        family: Family,
        name: str,
        statistic: str,
        effect: Interval,
        p_value: float,
        *,
        rows: tuple[int, int],
        cells: int = 0,
        smallest: float | None = None,
    ) -> None:
        least = self._smallest if smallest is None else smallest
        self.parts.append(Part(family, name, statistic, effect, p_value, least, rows=rows, cells=cells))


def change(before: tuple[int, int], now: tuple[int, int]) -> tuple[Interval, float]:
    """How much a share changed, either way, and the p-value that it did not.

    Args:
        before: (rows with it, rows) of the reference.
        now: the same of the new rows.

    Returns:
        The absolute change with the interval of the difference folded at 0, and Fisher's exact p-value.
    """
    signed = difference(proportion(*now), proportion(*before))
    low, high = signed.low, signed.high
    folded = (0.0, max(-low, high)) if low <= 0 <= high else tuple(sorted((abs(low), abs(high))))
    value = abs(signed.value)
    interval = Interval(
        value, min(folded[0], value), min(1.0, max(folded[1], value)), signed.level, now[1], signed.method
    )
    table = [[before[0], before[1] - before[0]], [now[0], now[1] - now[0]]]
    return interval, fisher(table)


def _accuracy(reference: Scores, proba: FloatArray, labels: IntArray) -> Part:
    """The loss of measured accuracy; a gain is no loss, so its effect is 0."""
    right = int((proba.argmax(axis=1) == labels).sum())
    before, now = (reference.correct, reference.rows), (right, len(labels))
    drop = difference(proportion(*before), proportion(*now))
    low, value, high = (min(1.0, max(0.0, end)) for end in (drop.low, drop.value, drop.high))
    interval = Interval(value, low, high, drop.level, len(labels), drop.method)
    p_value = change(before, now)[1] if drop.value > 0 else 1.0
    rows = (reference.rows, len(labels))
    return Part(Family.ACCURACY, "accuracy", "drop", interval, p_value, SMALLEST_DROP, rows=rows, cells=2)


def _tenths(counts: IntArray) -> IntArray:
    """Which tenth of the reference each bin belongs to, by the middle of its rows; int64 [bins]."""
    middle = np.cumsum(counts) - counts / 2
    tenths: IntArray = np.minimum((10 * middle / counts.sum()).astype(np.int64), 9)
    _, numbered = np.unique(tenths, return_inverse=True)
    return numbered.astype(np.int64)


def _place(name: str, names: tuple[str, ...], *, what: str) -> int:
    if name not in names:
        raise UsageError(
            f"the new data has no column of {what} called {name!r}",
            why="the profile was made with it",
            hint="give the new data the columns that the model was judged on",
        )
    return names.index(name)


def families_due(profile: Profile) -> Iterator[Family]:
    """What the profile can compare, beside measured accuracy."""
    if profile.numeric or profile.categorical or profile.words is not None:
        yield Family.COLUMNS
    if profile.embeddings is not None:
        yield Family.EMBEDDINGS
    if profile.scores is not None:
        yield Family.SCORES
