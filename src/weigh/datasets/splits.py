"""Which rows to train on and which to test on, decided once, by a seed, and named by a digest."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.data import Roles
from weigh.core.digest import of_value
from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.datasets.duplicates import is_coarse
from weigh.datasets.order import spread
from weigh.datasets.table import IntArray, Table, join
from weigh.datasets.wording import count, listed, shown

BoolArray: TypeAlias = NDArray[np.bool_]

IN_DOMAIN = "in-domain"
"""Name of the test set that is like the training rows."""

FEWEST_TRAIN = 20
"""Training rows below which nothing is fitted."""

FEWEST_TEST = 10
"""Test rows below which two arms cannot be told apart: an exact sign test needs 6 answers that differ, all
one way, for p < 0.05 two-sided."""

MOST_PARTS = 12
"""Values of the shift column that are tested on, commonest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Training without one value of the shift column, testing on it.

    Attributes:
        name: `column=value`.
        train: int64 row numbers, in seeded order.
        test: int64 row numbers, in seeded order.
    """

    name: str
    train: IntArray
    test: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SplitPlan:
    """Which rows serve for what. Row numbers are those of the table that was planned.

    Attributes:
        train: int64, in seeded order; every prefix is stratified.
        tests: (name, rows) of each test set; the first is `in-domain`.
        folds: leave-one-value-out folds of the shift column, empty when training rows are restricted.
        unseen_labels: labels that a test set has and the training rows have not.
        notes: what was sampled, left out or found, one sentence each.
        digest: `sha256:<hex>` of the table's digest and all row numbers.
    """

    train: IntArray
    tests: tuple[tuple[str, IntArray], ...]
    folds: tuple[Fold, ...]
    unseen_labels: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str

    def test(self, name: str) -> IntArray:
        """Rows of the test set with this name."""
        return dict(self.tests)[name]


@dataclass(frozen=True, slots=True)
class _Limits:
    seed: int
    train: int
    test: int
    shift_test: int


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Rows that may be trained on and rows that may be tested on; they share no group and no content."""

    train: BoolArray
    test: BoolArray
    notes: tuple[str, ...] = ()


def plan(
    table: Table,
    roles: Roles,
    *,
    seed: int,
    max_train: int,
    max_test: int,
    max_shift_test: int,
    test_fraction: float = 0.3,
) -> SplitPlan:
    """Split a table: grouped, stratified by label and domain, the same whatever the order of its rows.

    Remove duplicates first. With `roles.split` that column's values say what a row is for.
    `roles.train_where` restricts training and the in-domain test; every other value of `roles.shift` is a
    test set then. `roles.shift` alone gives a fold for each value.

    Args:
        table: the rows.
        roles: what the columns are for.
        seed: another seed gives another split.
        max_train: most training rows.
        max_test: most rows of the in-domain test.
        max_shift_test: most rows of each other test.
        test_fraction: share of the rows held out, between 0 and 1.

    Raises:
        UsageError: columns or values that cannot be split by, or one class in the training rows.
        UnknownAnswerError: too few rows; it says how many are needed.
    """
    limits = _Limits(seed, max_train, max_test, max_shift_test)
    home = _home(table, roles)
    if roles.split:
        sides = _stated(table, roles.split)
    else:
        sides = _divided(table, roles, home, seed=seed, fraction=test_fraction)
    return _planned(table, roles, home, sides, limits, fraction=0.0 if roles.split else test_fraction)


def plan_given(
    train_table: Table,
    test_table: Table,
    roles: Roles,
    *,
    seed: int,
    max_train: int,
    max_test: int,
    max_shift_test: int,
) -> tuple[Table, SplitPlan]:
    """Plan with test rows from elsewhere. Training rows that the test holds too are left out.

    Returns:
        The rows of both tables as one, and the plan over its row numbers.

    Raises:
        UsageError: the tables do not fit together, or as in `plan`.
        UnknownAnswerError: too few rows.
    """
    table = join(train_table, test_table)
    is_test = np.arange(len(table)) >= len(train_table)
    sides = _without_leaks(table, _Sides(~is_test, is_test))
    limits = _Limits(seed, max_train, max_test, max_shift_test)
    plan_ = _planned(table, roles, _home(table, roles), sides, limits, fraction=0.0)
    return table, plan_


def _home(table: Table, roles: Roles) -> BoolArray:
    """Rows that satisfy `train_where`."""
    home = np.ones(len(table), dtype=np.bool_)
    for column, value in roles.train_where:
        here = table.columns[column] == value
        if not here.any():
            values = sorted(set(table.columns[column].tolist()))
            raise UsageError(
                f"no row has {shown(column)}={shown(value)} to train on",
                why=f"the values of {shown(column)} are: {listed(values)}",
            )
        home &= here
    if not home.any():
        wanted = ", ".join(f"{shown(c)}={shown(v)}" for c, v in roles.train_where)
        raise UsageError(f"no row has {wanted} at once", hint="drop one --train-where")
    return home


def _stated(table: Table, column: str) -> _Sides:
    """Sides as a column states them."""
    stated = np.char.lower(table.columns[column])
    known = {"train", "test", "validation"}
    strange = sorted(set(stated.tolist()) - known)
    if strange:
        row = table.ids[int(np.flatnonzero(stated == strange[0])[0])]
        raise UsageError(
            f"the split column {shown(column)!r} has the value {shown(strange[0])!r} at {shown(row)}",
            why=f"its values are train, test and validation, not: {listed(strange)}",
        )
    for side in ("train", "test"):
        if not (stated == side).any():
            raise UsageError(
                f"the split column {shown(column)!r} has no row with {side!r}",
                why=f"its values are: {listed(sorted(set(stated.tolist())))}",
            )
    sides = _without_leaks(table, _Sides(stated == "train", stated == "test"))
    unused = int((stated == "validation").sum())
    note = (f"{count(unused, 'validation row')} not used",) if unused else ()
    return replace(sides, notes=sides.notes + note)


def _without_leaks(table: Table, sides: _Sides) -> _Sides:
    """Take training rows out whose group or content is tested on."""
    leaked = np.isin(table.groups, table.groups[sides.test])
    if not is_coarse(table):
        leaked |= np.isin(table.contents, table.contents[sides.test])
    leaked &= sides.train
    number = int(leaked.sum())
    note = f"{count(number, 'training row')} left out: the test holds the same content or group"
    return replace(sides, train=sides.train & ~leaked, notes=(*sides.notes, note) if number else sides.notes)


def _divided(table: Table, roles: Roles, home: BoolArray, *, seed: int, fraction: float) -> _Sides:
    """Sides by seed: a share of the home rows, and every row elsewhere whose group is not trained on."""
    if not 0 < fraction < 1:
        raise UsageError(f"the test fraction {fraction:g} is not between 0 and 1")
    pool = np.flatnonzero(home).astype(np.int64)
    found = spread(table, pool, _strata(table, roles), seed=seed, purpose="split")
    train, test = (np.zeros(len(table), dtype=np.bool_) for _ in range(2))
    test[found.rows[found.places < fraction]] = True
    train[found.rows[found.places >= fraction]] = True
    away = ~home & ~np.isin(table.groups, table.groups[train])
    straddling = int((~home & ~away).sum())
    note = f"{count(straddling, 'row')} outside the training domain left out: their group is trained on"
    return _Sides(train, test | away, (note,) if straddling else ())


def _strata(table: Table, roles: Roles) -> IntArray:
    """Label, and domain where there are some: int64 [n]."""
    if not roles.shift:
        return table.labels
    _, domain = np.unique(table.columns[roles.shift], return_inverse=True)
    return (domain * len(table.classes) + table.labels).astype(np.int64)


def _planned(
    table: Table, roles: Roles, home: BoolArray, sides: _Sides, limits: _Limits, *, fraction: float
) -> SplitPlan:
    """Cut samples out of the sides."""
    notes = list(sides.notes)
    strata = _strata(table, roles)

    def cut(mask: BoolArray, most: int, name: str) -> IntArray:
        rows = np.flatnonzero(mask).astype(np.int64)
        ordered = spread(table, rows, strata, seed=limits.seed, purpose=name).rows
        if ordered.size > most:
            notes.append(f"{name}: {most:,} of {ordered.size:,} rows drawn")
        return ordered[:most]

    train = cut(home & sides.train, limits.train, "train")
    first = cut(home & sides.test, limits.test, IN_DOMAIN)
    _require_enough(table, train, first, int(home.sum()), fraction)
    tests = [(IN_DOMAIN, first)]
    folds: tuple[Fold, ...] = ()
    if roles.shift and roles.train_where:
        tests += _away_tests(table, roles.shift, ~home & sides.test, limits, cut, notes)
    elif roles.shift:
        anywhere = sides.test if roles.split or not fraction else sides.train | sides.test
        folds = _folds(table, roles.shift, train, anywhere, limits, cut, notes)
    elif roles.train_where:
        notes.append(f"{count(int((~home).sum()), 'row')} outside the training domain not used (no --shift)")
    unseen = _unseen(table, train, tests, notes)
    return SplitPlan(
        train, tuple(tests), folds, unseen, tuple(notes), _digest(table, train, tuple(tests), folds)
    )


_Cut: TypeAlias = Callable[[BoolArray, int, str], IntArray]


def _away_tests(
    table: Table, column: str, away: BoolArray, limits: _Limits, cut: _Cut, notes: list[str]
) -> list[tuple[str, IntArray]]:
    """A test set for each value of the shift column outside the training domain."""
    return [
        (name, cut(here, limits.shift_test, name)) for name, _, here in _parts(table, column, away, notes)
    ]


def _folds(
    table: Table,
    column: str,
    train: IntArray,
    anywhere: BoolArray,
    limits: _Limits,
    cut: _Cut,
    notes: list[str],
) -> tuple[Fold, ...]:
    """For each value of the shift column: the training rows without it, and rows that have it."""
    folds: list[Fold] = []
    coarse = is_coarse(table)
    for name, value, here in _parts(table, column, anywhere, notes):
        test = cut(here, limits.shift_test, name)
        same = np.isin(table.groups[train], table.groups[test])
        same |= table.columns[column][train] == value
        if not coarse:
            same |= np.isin(table.contents[train], table.contents[test])
        rest = train[~same]
        if rest.size < FEWEST_TRAIN or np.unique(table.labels[rest]).size < 2:
            kinds = np.unique(table.labels[rest]).size
            left = f"{count(rest.size, 'row')} of {count(kinds, 'class', 'classes')}"
            notes.append(f"{name}: no fold, the other values leave {left} to train on")
            continue
        folds.append(Fold(name, rest, test))
    return tuple(folds)


def _parts(table: Table, column: str, among: BoolArray, notes: list[str]) -> list[tuple[str, str, BoolArray]]:
    """(name, value, mask) of each value of a column that has rows enough to test on, by name."""
    values, sizes = np.unique(table.columns[column][among], return_counts=True)
    if np.unique(table.columns[column]).size < 2:
        raise UsageError(
            f"column {shown(column)!r} has one value only: {listed(values.tolist())}",
            why="a shift is from some values to others",
            hint="name another --shift column",
        )
    enough = [(v, n) for v, n in zip(values.tolist(), sizes.tolist(), strict=True) if n >= FEWEST_TEST]
    if len(enough) < values.size:
        small = values.size - len(enough)
        notes.append(
            f"{shown(column)}: {count(small, 'value')} of fewer than {FEWEST_TEST} rows not tested on"
        )
    if len(enough) > MOST_PARTS:
        notes.append(f"{shown(column)}: the {MOST_PARTS} commonest of {len(enough)} values tested on")
        enough = sorted(enough, key=lambda part: (-part[1], part[0]))[:MOST_PARTS]
    return [
        (f"{column}={v or '(missing)'}", v, among & (table.columns[column] == v)) for v, _ in sorted(enough)
    ]


def _require_enough(table: Table, train: IntArray, test: IntArray, rows: int, fraction: float) -> None:
    present = np.unique(table.labels[train]).size
    if train.size < FEWEST_TRAIN or test.size < FEWEST_TEST:
        why = f"training needs {FEWEST_TRAIN} rows and a test {FEWEST_TEST}"
        why += f"; there are {train.size} and {test.size}"
        needed = math.ceil(max(FEWEST_TEST / fraction, FEWEST_TRAIN / (1 - fraction))) if fraction else 0
        if table.grouped:
            why += "; rows of one group stay on one side"
        raise UnknownAnswerError(
            f"{count(rows, 'row')} are too few to train and test on",
            why=why,
            hint=f"about {needed} rows are needed" if needed else "add rows to the smaller side",
        )
    if present < 2:
        only = table.classes[int(table.labels[train[0]])]
        raise UsageError(
            f"the training rows have only one class: {shown(only)}",
            why=f"{count(train.size, 'row')}; there is nothing to tell apart",
            hint="train on other rows: --train-where, --split, or a finer `group`",
        )


def _unseen(
    table: Table, train: IntArray, tests: list[tuple[str, IntArray]], notes: list[str]
) -> tuple[str, ...]:
    """Labels of the tests that the training rows lack."""
    known = np.unique(table.labels[train])
    unseen: set[int] = set()
    for name, rows in tests:
        strange = table.labels[rows][~np.isin(table.labels[rows], known)]
        if strange.size:
            unseen.update(strange.tolist())
            names = listed([table.classes[i] for i in sorted(set(strange.tolist()))])
            notes.append(f"{name}: {count(strange.size, 'row')} with a label never seen in training: {names}")
    return tuple(table.classes[i] for i in sorted(unseen))


def _digest(
    table: Table, train: IntArray, tests: tuple[tuple[str, IntArray], ...], folds: tuple[Fold, ...]
) -> str:
    return of_value(
        {
            "table": table.digest,
            "train": _rows(train),
            "tests": [[name, _rows(rows)] for name, rows in tests],
            "folds": [[fold.name, _rows(fold.train), _rows(fold.test)] for fold in folds],
        }
    )


def _rows(rows: IntArray) -> str:
    return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()
