"""New rows, read in the way their labelled predecessors were read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weigh.core.data import DataSpec, Roles
from weigh.core.events import EventSink
from weigh.datasets.duplicates import is_coarse, remove
from weigh.datasets.read import read_table
from weigh.datasets.table import FeatureColumns, Table

NO_LABEL = "'unlabelled'"
"""The label of every row: an expression of the closed grammar that needs no column."""


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """New rows without copies, and how many there were.

    Attributes:
        table: the rows kept.
        came: rows before copies were left out.
        copies: rows left out because another row says the same.
        commonest: rows as they came that say the same as the commonest one; 0 when all rows were kept.
    """

    table: Table
    came: int
    copies: int
    commonest: int


def read_new_rows(
    spec: DataSpec,
    open_path: Callable[[str], Path],
    *,
    text: str = "",
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    label: str = "",
    events: EventSink,
) -> NewRows:
    """Read new rows for a predictor; copies are left out as they were from the labelled rows, and counted.

    Args:
        spec: files and how they are written.
        open_path: where the file with this path in the data set lies on disk.
        text: the text column, "" for a table.
        numeric: feature columns that hold numbers.
        categorical: feature columns that hold categories.
        label: column or expression of the label, "" when there is none; all rows then have one class.
        events: is told of progress.

    Raises:
        UsageError: a file, row or column that cannot be used; it names file and line.
        MissingExtraError: duckdb is not installed.
    """
    roles = Roles(label=label or NO_LABEL, text=text, features=(*numeric, *categorical))
    like = _like(tuple(numeric), tuple(categorical))
    every = read_table(spec, roles, open_path, events=events, like=like)
    commonest = 0
    if not is_coarse(every):
        _, sizes = np.unique(every.contents, return_counts=True)
        commonest = int(sizes.max(initial=0))
    kept = remove(every).table
    return NewRows(kept, len(every), len(every) - len(kept), commonest)


def _like(numeric: tuple[str, ...], categorical: tuple[str, ...]) -> Table:
    """A table that says which column has which type; its one row stands for none and is never read.

    A table without rows would count as no table where types are looked up.
    """
    one = np.zeros(1, dtype=np.int64)
    features = FeatureColumns(
        np.full((1, len(numeric)), np.nan),
        numeric,
        np.full((1, len(categorical)), -1, dtype=np.int64),
        categorical,
        ((),) * len(categorical),
    )
    digests = np.zeros(1, dtype="S32")
    return Table(
        ids=("",),
        classes=("",),
        labels=one,
        texts=None,
        features=features,
        columns={},
        groups=one,
        grouped=False,
        row_digests=digests,
        contents=digests,
        group_digests=digests,
        rows_read=0,
    )
