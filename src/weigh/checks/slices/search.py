"""Search for weak slices that does not believe what it finds: found on one half, confirmed on the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from weigh.checks.slices.partition import Partition, partition
from weigh.checks.slices.rates import FloatArray, IntArray, tail
from weigh.statistics.disclosure import independent_rows
from weigh.statistics.multiplicity import benjamini_hochberg
from weigh.statistics.resampling import dependent

# A slice needs this many rows in all, half of them in each half.
FEWEST_ROWS = 30
# Candidates that go on to the second half: more of them cost power, through the correction.
MOST_CANDIDATES = 20
# One-sided normal score a candidate needs on the first half; 1.645 is p = 0.05.
CANDIDATE_SCORE = 1.645
# False discovery rate among confirmed slices.
RATE = 0.1
MOST_COLUMNS = 30
# A slice whose rows are mostly those of a stronger one says the same thing twice.
OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice confirmed on rows that did not choose it.

    Attributes:
        name: its predicates, e.g. `country=IN & age <= 37`.
        columns: columns it looks at.
        rows: [m] row numbers of the confirming half that lie in it.
        accuracy: share of these rows that are right.
        rest: share right among the other rows of the confirming half.
        p_value: Benjamini-Hochberg adjusted over all candidates.
    """

    name: str
    columns: tuple[str, ...]
    rows: IntArray
    accuracy: float
    rest: float
    p_value: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    parts: tuple[tuple[int, int], ...]
    score: float


def search(
    columns: Mapping[str, NDArray[np.str_]], correct: NDArray[np.bool_], groups: IntArray | None, *, seed: int
) -> tuple[tuple[Slice, ...], int]:
    """Return the confirmed slices, most certain first, and how many candidates were put to the test.

    Slices of one and of two columns. Chance of any false alarm where errors are independent of every
    column: at most the rate of the correction, 10 %.

    Args:
        columns: values of each column, [n] strings.
        correct: [n] whether the answer is right.
        groups: [n] codes of rows that are not independent: they stay in one half. None for none.
        seed: of the halving.
    """
    wrong = ~np.asarray(correct, dtype=np.bool_)
    first, second = halves(wrong.size, groups, seed=seed)
    names = sorted(columns)[:MOST_COLUMNS]
    parts = [partition(name, columns[name], first, dependent(groups)) for name in names]
    candidates = _candidates([_at(part, first) for part in parts], wrong[first])
    if not candidates:
        return (), 0
    members = [_members(candidate, parts)[second] for candidate in candidates]
    clusters = _of(dependent(groups), second)
    enough = [i for i, member in enumerate(members) if _units(member, clusters) >= FEWEST_ROWS // 2]
    tails = [tail(members[i], wrong[second], _of(groups, second), seed=seed) for i in enough]
    adjusted = benjamini_hochberg(tails)
    confirmed = sorted((float(p), index) for p, index in zip(adjusted, enough, strict=True) if p <= RATE)
    found = [_slice(candidates[i], parts, members[i], wrong, second, p) for p, i in confirmed]
    return _distinct(found), len(enough)


def halves(rows: int, groups: IntArray | None, *, seed: int) -> tuple[IntArray, IntArray]:
    """Return the row numbers of two halves; no group lies in both."""
    codes = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    count = int(codes.max()) + 1 if rows else 0
    order = np.random.Generator(np.random.PCG64(seed)).permutation(count)
    sizes = np.bincount(codes, minlength=count)[order]
    # Groups in a seeded order, cut where the rows are nearest to half.
    in_first = np.zeros(count, dtype=np.bool_)
    in_first[order[np.cumsum(sizes) <= (rows + 1) // 2]] = True
    side = in_first[codes]
    return np.flatnonzero(side), np.flatnonzero(~side)


def excess_score(errors: FloatArray, sizes: FloatArray, errors_all: int, rows_all: int) -> FloatArray:
    """Normal score of the hypergeometric count of errors in each slice; -inf where it cannot vary."""
    rate = errors_all / rows_all
    spread = sizes * rate * (1 - rate) * (rows_all - sizes) / max(rows_all - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = (errors - sizes * rate) / np.sqrt(spread)
    return np.where(spread > 0, scores, -np.inf)


def _candidates(parts: list[Partition], wrong: NDArray[np.bool_]) -> list[_Candidate]:
    """Slices that stand out on the first half; a pair only where it stands out more than both its columns."""
    singles = [_scores(part.codes, len(part.names), wrong) for part in parts]
    found = [
        _Candidate(((column, code),), float(scores[code]))
        for column, scores in enumerate(singles)
        for code in np.flatnonzero(scores >= CANDIDATE_SCORE).tolist()
    ]
    for left, right in combinations(range(len(parts)), 2):
        width = len(parts[right].names)
        neither = (parts[left].codes < 0) | (parts[right].codes < 0)
        joint = np.where(neither, -1, parts[left].codes * width + parts[right].codes)
        scores = _scores(joint, len(parts[left].names) * width, wrong)
        for code in np.flatnonzero(scores >= CANDIDATE_SCORE).tolist():
            one, other = divmod(code, width)
            if scores[code] > max(singles[left][one], singles[right][other]):
                found.append(_Candidate(((left, one), (right, other)), float(scores[code])))
    return sorted(found, key=lambda one: (-one.score, one.parts))[:MOST_CANDIDATES]


def _scores(codes: IntArray, count: int, wrong: NDArray[np.bool_]) -> FloatArray:
    known = codes >= 0
    sizes = np.bincount(codes[known], minlength=count).astype(np.float64)
    errors = np.bincount(codes[known], weights=wrong[known], minlength=count).astype(np.float64)
    scores = excess_score(errors, sizes, int(wrong.sum()), wrong.size)
    return np.where(sizes >= FEWEST_ROWS // 2, scores, -np.inf)


def _members(candidate: _Candidate, parts: list[Partition]) -> NDArray[np.bool_]:
    inside = [parts[column].codes == code for column, code in candidate.parts]
    return np.asarray(np.logical_and.reduce(inside), dtype=np.bool_)


def _slice(
    candidate: _Candidate,
    parts: list[Partition],
    member: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
    second: IntArray,
    p_value: float,
) -> Slice:
    errors = wrong[second]
    return Slice(
        name=" & ".join(parts[column].names[code] for column, code in candidate.parts),
        columns=tuple(parts[column].column for column, _ in candidate.parts),
        rows=second[member],
        accuracy=1.0 - float(errors[member].mean()),
        rest=1.0 - float(errors[~member].mean()),
        p_value=p_value,
    )


def _distinct(found: list[Slice]) -> tuple[Slice, ...]:
    kept: list[Slice] = []
    for one in found:
        rows = set(one.rows.tolist())
        if all(len(rows & set(other.rows.tolist())) <= OVERLAP * len(rows) for other in kept):
            kept.append(one)
    return tuple(kept)


def _at(part: Partition, rows: IntArray) -> Partition:
    return Partition(part.column, part.codes[rows], part.names)


def _units(member: NDArray[np.bool_], clusters: IntArray | None) -> int:
    """Rows of a slice that are independent of each other."""
    return int(independent_rows(member.astype(np.int64), clusters, 2)[1])


def _of(groups: IntArray | None, rows: IntArray) -> IntArray | None:
    return None if groups is None else groups[rows]
