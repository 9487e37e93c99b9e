"""Which rows are used for what? Read, cleaned of duplicates, split once, and kept as arrays.

A question like any other: its answer, the used rows and their split, is an artifact that every later
step reads instead of the files.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps, loads
from weigh.core.check import Check, Context
from weigh.core.data import DataSpec, Roles
from weigh.core.digest import of_value, sha256_hex
from weigh.core.errors import StorageError
from weigh.core.evidence import Artifact, Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Measure, labelled
from weigh.core.ports import Keeper
from weigh.datasets.duplicates import remove
from weigh.datasets.kept import from_arrays, to_arrays
from weigh.datasets.ladder import ladder
from weigh.datasets.leaks import leak_measures
from weigh.datasets.read import read_table
from weigh.datasets.splits import SplitPlan, plan, plan_given
from weigh.datasets.table import Table

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Caps:
    """The most rows of each kind; what is beyond is left out by a seeded sample, and said.

    Attributes:
        train: training rows.
        test: rows of the in-domain test.
        shift: rows of each other domain.
    """

    train: int
    test: int
    shift: int


@dataclass(frozen=True, slots=True)
class DataSubject:
    """Data to be prepared.

    Attributes:
        spec: how to read it.
        roles: what its columns are for.
        caps: the most rows of each kind.
        open_path: path of a file of the data set on this machine.
        test_spec: separate test data, None for none.
        open_test: path of a file of the test data.
        keep: where the arrays go.
    """

    spec: DataSpec
    roles: Roles
    caps: Caps
    open_path: Callable[[str], Path]
    test_spec: DataSpec | None
    open_test: Callable[[str], Path]
    keep: Keeper


@dataclass(frozen=True, slots=True, eq=False)
class Trying:
    """Rows to try arms on.

    Attributes:
        name: `in-domain`, `domain=tweets`, …
        rows: int64 positions in the used rows.
        train: int64 positions of the training rows that may be fitted on for this test: all but those
            of the value it leaves out. None when every training row may be.
    """

    name: str
    rows: IntArray
    train: IntArray | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The used rows and their split.

    Attributes:
        table: used rows only; positions below point into it.
        ladder: nested training subsets, ascending; the last is all training rows.
        tests: test sets, the first in-domain.
        counts: (what, rows) from reading to splitting.
        notes: what was sampled, dropped or capped.
        digest: of the artifact it was read from.
    """

    table: Table
    ladder: tuple[IntArray, ...]
    tests: tuple[Trying, ...]
    counts: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    digest: str

    @property
    def texts_digest(self) -> str:
        """`sha256:<hex>` of the texts in row order: all a model is shown."""
        return of_value([sha256_hex(t.encode("utf-8", "surrogatepass")) for t in self.table.texts or []])

    @property
    def content_digest(self) -> str:
        """`sha256:<hex>` of the rows and their split, without the columns beside them.

        What does not look at slices or groups of people stays answered when one more column is named.
        """
        table = self.table
        names = (
            [] if table.features is None else [table.features.numeric_names, table.features.categorical_names]
        )
        told = [table.classes, table.ids, names, table.grouped, [test.name for test in self.tests]]
        total = hashlib.sha256(dumps(told))
        total.update(table.row_digests.tobytes())
        splits = [*self.ladder, *(test.rows for test in self.tests)]
        splits += [test.train for test in self.tests if test.train is not None]
        for positions in (table.groups, *splits):
            total.update(dumps([len(positions)]))
            total.update(np.ascontiguousarray(positions, dtype="<i8").tobytes())
        return "sha256:" + total.hexdigest()

    @property
    def columns_digest(self) -> str:
        """`sha256:<hex>` of the columns beside the rows, in row order."""
        return of_value({name: values.tolist() for name, values in self.table.columns.items()})

    def rows_digest(self, index: IntArray) -> str:
        """`sha256:<hex>` of some rows, in order."""
        return "sha256:" + sha256_hex(self.table.row_digests[index].tobytes())


def run(subject: DataSubject, context: Context) -> Evidence:
    """Read, clean, split, and keep the used rows."""
    read = read_table(subject.spec, subject.roles, subject.open_path, events=context.events)
    clean = remove(read)
    table, split = _split(subject, clean.table, read, context)
    counts = (
        ("read", read.rows_read),
        ("after the filter", len(read)),
        ("without copies", len(clean.table)),
        ("training", split.train.size),
        ("testing", sum(rows.size for _, rows in split.tests) + sum(f.test.size for f in split.folds)),
    )
    prepared = _used(table, split, counts, (*clean.notes, *split.notes), seed=context.seed)
    return context.answered(
        findings=tuple(_finding(note) for note in prepared.notes),
        measures=(*(_count(name, rows) for name, rows in counts), *leak_measures(table, split)),
        artifacts=(_keep(prepared, subject.keep),),
    )


def _split(subject: DataSubject, clean: Table, read: Table, context: Context) -> tuple[Table, SplitPlan]:
    caps, roles = subject.caps, subject.roles
    most = {"max_train": caps.train, "max_test": caps.test, "max_shift_test": caps.shift}
    if subject.test_spec is None:
        return clean, plan(clean, roles, seed=context.seed, **most)
    given = read_table(subject.test_spec, roles, subject.open_test, events=context.events, like=read)
    return plan_given(clean, remove(given).table, roles, seed=context.seed, **most)


def _used(
    table: Table, split: SplitPlan, counts: tuple[tuple[str, int], ...], notes: tuple[str, ...], *, seed: int
) -> Prepared:
    """Keep the rows that are trained or tested on, and point into them."""
    parts = [split.train, *(rows for _, rows in split.tests), *(fold.test for fold in split.folds)]
    used = np.unique(np.concatenate(parts))
    place = np.full(len(table), -1, dtype=np.int64)
    place[used] = np.arange(used.size)
    tests = [Trying(name, place[rows]) for name, rows in split.tests]
    tests += [Trying(fold.name, place[fold.test], place[fold.train]) for fold in split.folds]
    return Prepared(
        table=table.take(used),
        ladder=tuple(place[rows] for rows in ladder(table, split.train, seed=seed)),
        tests=tuple(tests),
        counts=counts,
        notes=notes,
        digest="",
    )


def _keep(prepared: Prepared, keep: Keeper) -> Artifact:
    arrays, metadata = to_arrays(prepared.table)
    arrays |= {f"ladder.{i}": index for i, index in enumerate(prepared.ladder)}
    for i, test in enumerate(prepared.tests):
        arrays[f"test.{i}"] = test.rows
        if test.train is not None:
            arrays[f"test.{i}.train"] = test.train
    told = {
        "tests": [test.name for test in prepared.tests],
        "ladder": len(prepared.ladder),
        "counts": prepared.counts,
        "notes": prepared.notes,
    }
    return keep.keep_arrays("rows", arrays, {**metadata, "prepared": dumps(told).decode("utf-8")})


def load_prepared(evidence: Evidence, keep: Keeper) -> Prepared:
    """The rows and split an answer kept.

    Raises:
        StorageError: they are gone or corrupt.
    """
    artifact = evidence.artifact("rows")
    if artifact is None:
        raise StorageError("the prepared rows are gone", hint="repeat the command with --refresh")
    arrays, metadata = keep.load_arrays(artifact)
    told = loads(metadata["prepared"])
    return Prepared(
        table=from_arrays(arrays, metadata),
        ladder=tuple(arrays[f"ladder.{i}"] for i in range(told["ladder"])),
        tests=tuple(
            Trying(name, arrays[f"test.{i}"], arrays.get(f"test.{i}.train"))
            for i, name in enumerate(told["tests"])
        ),
        counts=tuple((name, rows) for name, rows in told["counts"]),
        notes=tuple(told["notes"]),
        digest="sha256:" + artifact.sha256,
    )


def _count(name: str, rows: int) -> Measure:
    return Measure("rows", rows, "count", rows, labels=labelled(stage=name))


def _finding(note: str) -> Finding:
    return Finding(
        "WGH-D001",
        Severity.INFO,
        Confidence.HIGH,
        "data",
        note,
        "what was left out or sampled is not in any number of the report",
        "nothing, if this is what you expect",
    )


CHECK: Check[DataSubject] = Check(
    id="data",
    question="Which rows are used for what?",
    module=__name__,
    run=run,
)
