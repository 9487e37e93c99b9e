"""Columns of text → feature columns: numbers where every value is one, else categories."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import UsageError
from weigh.core.events import EventSink, Warned
from weigh.datasets.sql import NO_NUMBER, NUMBER_PATTERN
from weigh.datasets.table import FeatureColumns, IntArray
from weigh.datasets.wording import listed, shown

_NUMBER = re.compile(NUMBER_PATTERN)


def as_number(value: str) -> float | None:
    """The number that a value is, NaN for a word that stands for a missing one, None for anything else."""
    if _NUMBER.fullmatch(value):
        number = float(value)
        return number if np.isfinite(number) else None
    return float("nan") if value.lower() in NO_NUMBER else None


def build(
    values: Mapping[str, Sequence[str | None]],
    ids: Sequence[str],
    *,
    events: EventSink,
    like: FeatureColumns | None = None,
) -> FeatureColumns:
    """Find out the type of each column and convert it.

    Args:
        values: text values of each feature, None where missing.
        ids: where each row came from, for messages.
        events: is told of columns without any value.
        like: types that these columns must have, those of the training data.

    Raises:
        UsageError: no column has a value, or a column that `like` holds numbers in has something else.
    """
    numeric: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, tuple[IntArray, tuple[str, ...]]] = {}
    empty: list[str] = []
    for name, column in values.items():
        distinct = {v for v in column if v is not None}
        if like and name not in like.names:
            continue
        numbers = {v: as_number(v) for v in distinct}
        if not like and all(number is not None and np.isnan(number) for number in numbers.values()):
            empty.append(name)
            continue
        stray = [v for v, number in numbers.items() if number is None]
        if like and name in like.numeric_names and stray:
            raise _no_number(name, column, set(stray), ids)
        if (like and name in like.numeric_names) or (not like and not stray):
            numeric[name] = np.array([_found(numbers, v) for v in column], dtype=np.float64)
        else:
            categorical[name] = _codes(column, sorted(distinct))
    if empty:
        _report_empty(empty, len(values), events)
    return _columns(numeric, categorical, len(ids))


def _found(numbers: Mapping[str, float | None], value: str | None) -> float:
    number = None if value is None else numbers[value]
    return float("nan") if number is None else number


def _codes(column: Sequence[str | None], categories: Sequence[str]) -> tuple[IntArray, tuple[str, ...]]:
    places = {name: i for i, name in enumerate(categories)}
    codes = [-1 if v is None else places[v] for v in column]
    return np.array(codes, dtype=np.int64), tuple(categories)


def _columns(
    numeric: Mapping[str, NDArray[np.float64]],
    categorical: Mapping[str, tuple[IntArray, tuple[str, ...]]],
    rows: int,
) -> FeatureColumns:
    codes = [codes for codes, _ in categorical.values()]
    return FeatureColumns(
        np.stack(list(numeric.values()), axis=1) if numeric else np.empty((rows, 0), dtype=np.float64),
        tuple(numeric),
        np.stack(codes, axis=1) if codes else np.empty((rows, 0), dtype=np.int64),
        tuple(categorical),
        tuple(names for _, names in categorical.values()),
    )


def _report_empty(empty: Sequence[str], total: int, events: EventSink) -> None:
    if len(empty) == total:
        raise UsageError(
            "the feature columns hold nothing",
            why=f"every value is missing in: {listed(empty)}",
            hint="name other --features",
        )
    events.emit(Warned(f"left out, every value is missing: {listed(empty)}"))


def _no_number(name: str, column: Sequence[str | None], stray: set[str], ids: Sequence[str]) -> UsageError:
    row = next(i for i, value in enumerate(column) if value in stray)
    value = shown(str(column[row]))
    return UsageError(
        f"cannot use {shown(ids[row])}: {value!r} in column {shown(name)!r} is not a number",
        why="the training data has only numbers there",
        hint="correct the value, or leave such rows out with `where`",
    )
