"""Which rows are used for what? Read, cleaned of duplicates, split once, and kept as arrays.

A question like any other: its answer, the used rows and their split, is an artifact that every later
step reads instead of the files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps, loads
from weigh.core.check import Check, Context
from weigh.core.data import DataSpec, Roles
from weigh.core.digest import of_value, sha256_hex
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Measure, labelled
from weigh.core.ports import Keeper
from weigh.datasets.table import FeatureColumns, Table

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """The used rows and their split.

    Attributes:
        table: used rows only; positions below point into it.
        ladder: nested training subsets, ascending; the last is all training rows.
        tests: (name, positions) of each test set, the first in-domain.
        counts: (what, rows) from reading to splitting.
        notes: what was sampled, dropped or capped.
        digest: of the artifact it was read from.
    """

    table: Table
    ladder: tuple[IntArray, ...]
    tests: tuple[tuple[str, IntArray], ...]
    counts: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    digest: str

    @property
    def texts_digest(self) -> str:
        """`sha256:<hex>` of the texts in row order: all a model is shown."""
        return of_value([sha256_hex(t.encode("utf-8", "surrogatepass")) for t in self.table.texts or []])

    def rows_digest(self, index: IntArray) -> str:
        """`sha256:<hex>` of some rows, in order."""
        return "sha256:" + sha256_hex(self.table.row_digests[index].tobytes())


def run(subject: DataSubject, context: Context) -> Evidence:
    """Read, clean, split, and keep the used rows."""
    read = read_table(subject.spec, subject.roles, subject.open_path, events=context.events)
    clean, dropped = without_duplicates(read)
    counts = [("read", read.rows_read), ("after the filter", len(read)), ("without duplicates", len(clean))]
    split, clean, more = _split(subject, clean, read, context)
    used = np.unique(np.concatenate([split.train, *(index for _, index in split.tests)]))
    place = np.full(len(clean), -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    steps = ladder(clean, split.train, seed=context.seed)
    prepared = Prepared(
        table=clean.take(used),
        ladder=tuple(place[index] for index in steps),
        tests=tuple((name, place[index]) for name, index in split.tests),
        counts=(*counts, *more, ("used", len(used))),
        notes=(*dropped.notes, *split.notes),
        digest="",
    )
    artifact = _keep(prepared, subject.keep)
    return context.answered(
        findings=tuple(_finding(note) for note in prepared.notes),
        measures=(*(_count(name, rows) for name, rows in prepared.counts), *leaks(clean, split)),
        artifacts=(artifact,),
    )


def _keep(prepared: Prepared, keep: Keeper) -> Artifact:
    arrays, metadata = to_arrays(prepared.table)
    arrays |= {f"ladder.{i}": index for i, index in enumerate(prepared.ladder)}
    arrays |= {f"test.{i}": index for i, (_, index) in enumerate(prepared.tests)}
    told = {
        "tests": [name for name, _ in prepared.tests],
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
        tests=tuple((name, arrays[f"test.{i}"]) for i, name in enumerate(told["tests"])),
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
