"""Exact duplicates: rows that give a model the same thing to look at.

Two texts are the same when they differ in white space only; two rows of features when every value is
the same. Copies on both sides of a split would be graded from memory, and copies with different labels
cannot be answered at all.

Tables of few, coarse features (age and sex, say) repeat without being copied. When more than
`COPIED_AT_MOST` of the rows of a feature table share their content, the repeats are taken for separate
observations and all rows are kept: dropping them would change the frequencies that are to be learned.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.datasets.table import IntArray, Table
from weigh.datasets.wording import count

COPIED_AT_MOST = 0.05
"""Fraction of a feature table's rows that may be copies; a convention, stated in the notes when it acts."""


@dataclass(frozen=True, slots=True, eq=False)
class Deduplicated:
    """A table without copies.

    Attributes:
        table: the rows kept, in their order.
        copies: rows left out because the same content with the same label is kept.
        conflicting: rows left out because the same content has different labels.
        repeats: rows kept although another row has their content (coarse features only).
        notes: what happened, one sentence each.
    """

    table: Table
    copies: int
    conflicting: int
    repeats: int
    notes: tuple[str, ...]


def remove(table: Table) -> Deduplicated:
    """Keep one row of each content; drop every row whose content has more than one label.

    Of equal rows the one with the smallest digest stays, the first of those with the same: which rows
    stay does not depend on their order, unless they cannot be told apart by what they say.
    """
    _, content, sizes = np.unique(table.contents, return_inverse=True, return_counts=True)
    shared = int((sizes[content] > 1).sum())
    if is_coarse(table):
        note = f"{count(shared, 'row')} have the same features as another row; features this coarse repeat"
        return Deduplicated(table, 0, 0, shared, (f"{note}, so all rows are kept",))
    conflicting = _has_conflict(content, table.labels)[content]
    order = np.lexsort((np.arange(len(table)), table.row_digests, content))
    first = np.ones(len(table), dtype=np.bool_)
    first[order[1:]] = content[order[1:]] != content[order[:-1]]
    kept = first & ~conflicting
    dropped, copies = int(conflicting.sum()), int((~first & ~conflicting).sum())
    notes = []
    if copies:
        notes.append(f"{count(copies, 'exact copy', 'exact copies')} of other rows left out")
    if dropped:
        notes.append(f"{count(dropped, 'row')} left out whose content stands there with another label too")
    left = table.take(np.flatnonzero(kept).astype(np.int64)) if copies or dropped else table
    return Deduplicated(left, copies, dropped, 0, tuple(notes))


def is_coarse(table: Table) -> bool:
    """Whether repeats in this table are separate observations and not copies."""
    if table.features is None or not len(table):
        return False
    _, content, sizes = np.unique(table.contents, return_inverse=True, return_counts=True)
    return bool((sizes[content] > 1).mean() > COPIED_AT_MOST)


def _has_conflict(content: IntArray, labels: IntArray) -> NDArray[np.bool_]:
    """For each content whether its rows disagree on the label."""
    size = int(content.max(initial=-1)) + 1
    low = np.full(size, np.iinfo(np.int64).max)
    high = np.full(size, -1, dtype=np.int64)
    np.minimum.at(low, content, labels)
    np.maximum.at(high, content, labels)
    disagree: NDArray[np.bool_] = low != high
    return disagree
