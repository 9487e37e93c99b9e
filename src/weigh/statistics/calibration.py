"""Calibration errors over bins of equal mass, with the bias of binning taken off, intervals and a test.

A predictor is calibrated when of the answers given with confidence c a share c is right. Everything here is a
function of a table of counts by bin, and takes whole stacks of tables [..., bins], so that a bootstrap of all
of them is one matrix product.

The plug-in error is never zero, not even for a perfectly calibrated predictor: it adds up absolute values of
noise. So three things are told apart: an estimate with that bias reduced, an
interval that reaches 0 wherever the test does not exclude 0, and the test, which draws labels from the stated
confidences.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.arguments import (
    FloatArray,
    IntArray,
    require_codes,
    require_level,
    require_replicates,
    require_values,
)
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import CHUNK_ELEMENTS, generator

MOST_BINS = 15
# Fewer rows make the share of a bin, and the estimate of its variance, too coarse.
FEWEST_A_BIN = 20
# Above this many units random blocks of units are drawn; a bin's share is then a mean over blocks.
MOST_UNITS = 1 << 12
# Above this many rows the number of hits in a bin is drawn as normal: its mean and variance are exact.
MOST_DRAWN_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class BinTable:
    """Sums over the rows of each bin; leading axes are resamples.

    Attributes:
        rows: [..., bins] number of rows.
        confidence: [..., bins] sum of stated confidences.
        hits: [..., bins] number of right answers.
    """

    rows: FloatArray
    confidence: FloatArray
    hits: FloatArray

    @property
    def mass(self) -> FloatArray:
        """Share of the rows in each bin, [..., bins]."""
        found: FloatArray = self.rows / self.rows.sum(axis=-1, keepdims=True)
        return found

    @property
    def gap(self) -> FloatArray:
        """Mean confidence less share of hits, [..., bins]; 0 in an empty bin."""
        found: FloatArray = (self.confidence - self.hits) / np.maximum(self.rows, 1.0)
        return found

    @property
    def share(self) -> FloatArray:
        """Share of hits, [..., bins]; 0 in an empty bin."""
        found: FloatArray = self.hits / np.maximum(self.rows, 1.0)
        return found

    @property
    def variance(self) -> FloatArray:
        """Unbiased estimate of the variance of each share, [..., bins]; 0 where one row or none is."""
        share = self.share
        found: FloatArray = np.where(
            self.rows > 1.0, share * (1.0 - share) / np.maximum(self.rows - 1.0, 1.0), 0.0
        )
        return found


@dataclass(frozen=True, slots=True)
class BrierParts:
    """The Brier score of "is the answer right", taken apart: reliability - resolution + uncertainty + within.

    Attributes:
        reliability: mass-weighted mean of squared gaps; 0 when calibrated. The estimate is free of bias, so
            it may lie a little below 0.
        resolution: how much the bins' shares of hits differ.
        uncertainty: variance of a hit.
        within: what the binning leaves over.
    """

    reliability: Interval
    resolution: Interval
    uncertainty: Interval
    within: float


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """How far stated confidence and share of hits lie apart.

    Attributes:
        ece: expected calibration error, bias reduced, in 0 .. 1.
        plugin: the same without the reduction.
        rms: root of the mean squared gap, from the unbiased estimate of the square.
        noise: mean and central 95 % of the plug-in error of a calibrated predictor with these confidences.
        p_value: that a calibrated predictor shows a plug-in error this large.
        brier: parts of the Brier score.
    """

    ece: Interval
    plugin: float
    rms: Interval
    noise: Interval
    p_value: float
    brier: BrierParts


def equal_mass_bins(confidence: ArrayLike, *, most: int = MOST_BINS, fewest: int = FEWEST_A_BIN) -> IntArray:
    """Return the bin of each row, [n]: bins of about equal size in the order of confidence.

    Rows of equal confidence share a bin whatever their order, so there can be fewer bins than asked for.

    Args:
        confidence: [n], finite.
        most: largest number of bins.
        fewest: rows a bin has at least, but for data of fewer rows.

    Raises:
        UsageError: when an argument does not fit.
        UnknownAnswerError: when there are no rows.
    """
    values = require_values(confidence, name="confidences")
    if most < 1 or fewest < 1:
        raise UsageError("bins need a number and a size of at least 1", why=f"got {most} and {fewest}")
    count = min(most, max(1, values.size // fewest))
    _, distinct, sizes = np.unique(values, return_inverse=True, return_counts=True)
    # The middle rank of a run of equal values decides for the whole run.
    middle = np.cumsum(sizes) - sizes + (sizes - 1) / 2.0
    wanted = np.minimum((middle * count / values.size).astype(np.int64), count - 1)
    filled = np.zeros(count, dtype=np.int64)
    np.add.at(filled, wanted, sizes)
    return _joined(filled, fewest)[wanted][distinct]


def _joined(filled: IntArray, fewest: int) -> IntArray:
    """Return the final bin of each first one, [count]: too small ones join their lower neighbour."""
    final = np.zeros(filled.size, dtype=np.int64)
    last, size = 0, 0
    for place, rows in enumerate(filled.tolist()):
        if size >= fewest and int(filled[place:].sum()) >= fewest:
            last, size = last + 1, 0
        final[place] = last
        size += rows
    return final


def tally(confidence: FloatArray, hits: FloatArray, bins: IntArray) -> BinTable:
    """Return the table of these rows, [bins]."""
    count = int(bins.max()) + 1
    return BinTable(
        np.bincount(bins, minlength=count).astype(np.float64),
        np.bincount(bins, weights=confidence, minlength=count).astype(np.float64),
        np.bincount(bins, weights=hits, minlength=count).astype(np.float64),
    )


def plugin_ece(table: BinTable) -> FloatArray:
    """Return the expected calibration error as it is usually computed, [...]; biased upward.

    sum of mass |confidence - share| over the bins (C. Guo et al., ICML 2017; bins of equal mass).
    """
    found: FloatArray = (table.mass * np.abs(table.gap)).sum(axis=-1)
    return found


def debiased_ece(table: BinTable) -> FloatArray:
    """Return the expected calibration error less its estimated bias, [...], at least 0.

    The bias is what adding each bin's sampling noise once more, as normal, would add (A. Kumar, P. Liang and
    T. Ma, "Verified uncertainty calibration", NeurIPS 2019); here in closed form, the mean of a folded
    normal. It removes most of the bias, not all.
    """
    distance, spread = np.abs(table.gap), np.sqrt(table.variance)
    scaled = distance / np.maximum(spread, 1e-300)
    folded = spread * np.sqrt(2.0 / np.pi) * np.exp(-0.5 * np.minimum(scaled, 1e3) ** 2)
    folded = folded + distance * (1.0 - 2.0 * ndtr(-scaled))
    found: FloatArray = np.maximum((table.mass * (2.0 * distance - folded)).sum(axis=-1), 0.0)
    return found


def rms_calibration_error(table: BinTable) -> FloatArray:
    """Return the root of the unbiased estimate of the mean squared gap, [...]; 0 where that is negative.

    sum of mass ((confidence - share)^2 - share (1 - share) / (rows - 1)) (Kumar et al., 2019).
    """
    return np.sqrt(np.maximum(_reliability(table), 0.0))


def calibration_error(
    confidence: ArrayLike,
    hits: ArrayLike,
    *,
    seed: int,
    groups: ArrayLike | None = None,
    level: float = 0.95,
    replicates: int = 1000,
    null_replicates: int = 1999,
) -> CalibrationError:
    """Return how far stated confidences lie from shares of hits, with intervals and a test.

    Intervals shift the bootstrap distribution so that its mean is the estimate: a resample carries the noise
    of the data twice, and its error is larger for that alone. Those of `ece` and `rms` reach down to 0 unless
    the test excludes calibration at half of 1 - level. Simulated coverage of `ece` is in
    tests/statistics/test_calibration.py.

    Args:
        confidence: [n] probability stated for the answer given, in 0 .. 1.
        hits: [n] 1 where the answer is right, else 0.
        seed: of the random stream.
        groups: [n] integer codes; rows with one code are dependent and drawn together.
        level: confidence level.
        replicates: number of resamples.
        null_replicates: number of sets of labels drawn from the confidences.

    Raises:
        UsageError: when an argument does not fit.
        UnknownAnswerError: when there are no rows, or fewer than two groups.
    """
    stated, right = _require_rows(confidence, hits)
    require_replicates(replicates, level)
    bins = equal_mass_bins(stated)
    table = tally(stated, right, bins)
    drawn = resampled_tables([(stated, right, bins)], seed=seed, groups=groups, replicates=replicates)[0]
    plugin = float(plugin_ece(table))
    null = null_errors(stated, bins, seed=seed, groups=groups, replicates=null_replicates)
    p_value = (1.0 + float(np.count_nonzero(null >= plugin - 1e-12))) / (null.size + 1.0)
    n, tail = stated.size, (1.0 - level) / 2
    open_below = p_value > tail
    low, high = np.quantile(null, [tail, 1.0 - tail])
    middle = float(null.mean())
    return CalibrationError(
        ece=_positive(debiased_ece(table), debiased_ece(drawn), level=level, n=n, open_below=open_below),
        plugin=plugin,
        rms=_positive(
            rms_calibration_error(table),
            rms_calibration_error(drawn),
            level=level,
            n=n,
            open_below=open_below,
        ),
        # The ends enclose the mean: of equal values it may differ from them in the last digit.
        noise=Interval(
            middle, min(float(low), middle), max(float(high), middle), level, n, "parametric-bootstrap"
        ),
        p_value=p_value,
        brier=_brier(table, drawn, float(np.mean((stated - right) ** 2)), level=level, n=n),
    )


def resampled_tables(
    views: list[tuple[FloatArray, FloatArray, IntArray]],
    *,
    seed: int,
    groups: ArrayLike | None = None,
    replicates: int = 1000,
) -> list[BinTable]:
    """Return for each view of the same rows the tables of the same resamples, [replicates, bins].

    Bins stay as they are. More than 4,096 units are put together at random into that many blocks.

    Args:
        views: (confidence, hits, bins) of the same n rows.
        seed: of the random stream.
        groups: [n] integer codes; rows with one code are drawn together.
        replicates: number of resamples.

    Raises:
        UnknownAnswerError: when there are fewer than two units.
    """
    rng = generator(seed)
    unit, units = _units(views[0][0].size, groups, rng)
    sums = np.concatenate([_unit_sums(unit, units, *view) for view in views], axis=1)
    totals = np.empty((replicates, sums.shape[1]))
    chunk = max(1, CHUNK_ELEMENTS // units)
    for first in range(0, replicates, chunk):
        many = min(chunk, replicates - first)
        weights = rng.multinomial(units, np.full(units, 1.0 / units), size=many).astype(np.float64)
        totals[first : first + many] = weights @ sums
    tables, start = [], 0
    for _, _, bins in views:
        count = int(bins.max()) + 1
        part = totals[:, start : start + 3 * count].reshape(replicates, 3, count)
        tables.append(BinTable(part[:, 0], part[:, 1], part[:, 2]))
        start += 3 * count
    return tables


def null_errors(
    confidence: FloatArray,
    bins: IntArray,
    *,
    seed: int,
    groups: ArrayLike | None = None,
    replicates: int = 1999,
) -> FloatArray:
    """Return plug-in errors of a calibrated predictor with these confidences, [replicates].

    Each answer is right with its stated probability. Within a group one uniform number decides on all rows:
    they are as dependent as they can be, which makes the test of grouped rows cautious.
    """
    rng = generator(seed)
    order = np.argsort(bins, kind="stable")
    stated, starts = confidence[order], np.flatnonzero(np.diff(bins[order], prepend=-1))
    total = np.add.reduceat(stated, starts)
    unit = None if groups is None else np.unique(np.asarray(groups)[order], return_inverse=True)[1]
    if unit is None and stated.size > MOST_DRAWN_ROWS:
        spread = np.sqrt(np.add.reduceat(stated * (1.0 - stated), starts))
        hits = total + spread * rng.standard_normal((replicates, starts.size))
        drawn: FloatArray = np.abs(total - hits).sum(axis=1) / stated.size
        return drawn
    errors = np.empty(replicates)
    chunk = max(1, CHUNK_ELEMENTS // stated.size)
    for first in range(0, replicates, chunk):
        many = min(chunk, replicates - first)
        width = stated.size if unit is None else int(unit.max()) + 1
        uniform = rng.random((many, width))
        hit = (uniform if unit is None else uniform[:, unit]) < stated
        counts = np.add.reduceat(hit.astype(np.float64), starts, axis=1)
        errors[first : first + many] = np.abs(total - counts).sum(axis=1) / stated.size
    return errors


def recentred(
    value: float, replicates: FloatArray, *, level: float, n: int, limits: tuple[float, float]
) -> Interval:
    """Return the interval of an estimate from replicates that are shifted as a whole by their own noise.

    The replicates' quantiles, moved so that their mean is the estimate, cut to `limits`.
    """
    tail = (1.0 - require_level(level)) / 2
    low, high = np.quantile(replicates, [tail, 1.0 - tail]) - replicates.mean() + value
    return Interval(
        value,
        min(value, max(limits[0], float(low))),
        max(value, min(limits[1], float(high))),
        level,
        n,
        "recentred-bootstrap",
    )


def _positive(
    value: FloatArray, replicates: FloatArray, *, level: float, n: int, open_below: bool
) -> Interval:
    found = recentred(float(value), replicates, level=level, n=n, limits=(0.0, 1.0))
    low = 0.0 if open_below else found.low
    return Interval(found.value, low, found.high, level, n, found.method)


def _brier(table: BinTable, drawn: BinTable, score: float, *, level: float, n: int) -> BrierParts:
    """Return the parts with intervals, and what they leave of the score."""
    parts, many = _parts(table), _parts(drawn)
    left = score - (parts[0] - parts[1] + parts[2])
    ends = [
        recentred(float(one), each, level=level, n=n, limits=(-1.0, 1.0))
        for one, each in zip(parts, many, strict=True)
    ]
    return BrierParts(ends[0], ends[1], ends[2], float(left))


def _parts(table: BinTable) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return reliability, resolution and uncertainty, each [...], free of the bias of binning.

    A. H. Murphy, Journal of Applied Meteorology 12 (1973); corrected as C. A. T. Ferro and T. E. Fricker,
    Quarterly Journal of the Royal Meteorological Society 138 (2012), which leaves their sum as it was.
    """
    rows = table.rows.sum(axis=-1)
    mean = table.hits.sum(axis=-1) / rows
    of_bins = (table.mass * table.variance).sum(axis=-1)
    of_all = mean * (1.0 - mean) / np.maximum(rows - 1.0, 1.0)
    resolution = (table.mass * (table.share - mean[..., None]) ** 2).sum(axis=-1)
    return _reliability(table), resolution - of_bins + of_all, mean * (1.0 - mean) + of_all


def _reliability(table: BinTable) -> FloatArray:
    found: FloatArray = (table.mass * (table.gap**2 - table.variance)).sum(axis=-1)
    return found


def _units(rows: int, groups: ArrayLike | None, rng: np.random.Generator) -> tuple[IntArray, int]:
    """Return the unit of each row and the number of units."""
    if groups is None:
        unit, units = np.arange(rows), rows
    else:
        codes = require_codes(groups, name="groups", length=rows)
        distinct, unit = np.unique(codes, return_inverse=True)
        units = int(distinct.size)
    if units < 2:
        raise UnknownAnswerError(
            "one independent observation has no measurable uncertainty",
            why=f"{rows} rows in {units} group",
            hint="give rows of at least two groups",
        )
    if units > MOST_UNITS:
        return (rng.permutation(units) % MOST_UNITS)[unit], MOST_UNITS
    return unit, units


def _unit_sums(
    unit: IntArray, units: int, confidence: FloatArray, hits: FloatArray, bins: IntArray
) -> FloatArray:
    """Return rows, confidence and hits of each unit in each bin, [units, 3 bins]."""
    count = int(bins.max()) + 1
    cell, cells = unit * count + bins, units * count
    parts = [np.bincount(cell, weights=w, minlength=cells) for w in (np.ones(bins.size), confidence, hits)]
    return np.concatenate([part.reshape(units, count) for part in parts], axis=1)


def _require_rows(confidence: ArrayLike, hits: ArrayLike) -> tuple[FloatArray, FloatArray]:
    stated = require_values(confidence, name="confidences")
    right = require_values(hits, name="hits")
    if stated.shape != right.shape:
        raise UsageError("each confidence needs a hit", why=f"{stated.size} and {right.size} rows")
    if ((stated < 0) | (stated > 1 + 1e-3)).any() or not np.isin(right, (0.0, 1.0)).all():
        raise UsageError("confidences lie in 0 .. 1 and hits are 0 or 1")
    return np.minimum(stated, 1.0), right
