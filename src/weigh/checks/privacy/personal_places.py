"""What stands where: every kind of personal data in every column and file, as places and counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weigh.checks.privacy.column_labels import column_labels
from weigh.checks.privacy.model_texts import ModelText
from weigh.checks.privacy.personal_columns import ColumnKind, Likeness
from weigh.checks.privacy.personal_kinds import Group
from weigh.checks.privacy.personal_scan import MOST_DISTINCT, Held, Place, Seen, held
from weigh.core.finding import Confidence
from weigh.datasets.all_columns import ColumnBatch

MOST_PLACES = 10_000
"""Columns of one file that are looked at, over all its rows."""

MOST_DISTINCT_TOGETHER = 200_000
"""Different candidates told apart in one file: the later of very many columns keep fewer each."""

FEWEST_DISTINCT = 20
"""Enough for a verdict on a column made of a kind."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One kind in one place.

    Attributes:
        place: file and column, or file; without a value.
        kind: name of the kind.
        title: in plain words.
        group: what it is good for.
        rows: rows or lines with it; n: rows or lines read.
        sure: look-alikes are all but excluded.
        file: file it stands in; used: the task reads the column.
    """

    place: str
    kind: str
    title: str
    group: Group
    rows: int
    n: int
    sure: bool
    file: str
    used: bool = False

    @property
    def confidence(self) -> Confidence:
        """High where look-alikes are all but excluded."""
        return Confidence.HIGH if self.sure else Confidence.MEDIUM


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one half of the subject gave.

    Attributes:
        hits: kinds found.
        places: columns or files read; of a file whose text could not be read nothing counts but a hit.
        marked: rows in which any form was seen; rows: rows read.
        notes: (where, what was not read).
    """

    hits: tuple[Hit, ...] = ()
    places: int = 0
    marked: int = 0
    rows: int = 0
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _File:
    """One file of the user's while it is read."""

    name: str
    places: dict[str, Place] = field(default_factory=dict)
    rows: int = 0
    complete: bool = True
    cut: bool = False

    def take(self, batch: ColumnBatch) -> int:
        """Read a batch; return how many of its rows hold a form."""
        in_row: set[int] = set()
        for name, values in batch.columns.items():
            if name not in self.places:
                if len(self.places) >= MOST_PLACES:
                    self.cut = True
                    continue
                most = max(FEWEST_DISTINCT, MOST_DISTINCT_TOGETHER // (len(self.places) + 1))
                self.places[name] = Place.column(name, most=min(MOST_DISTINCT, most))
            self.places[name].read(values)
            in_row |= self.places[name].marked
        self.rows = batch.first + batch.rows
        self.complete, self.cut = batch.complete, self.cut or batch.cut
        return len(in_row)

    @property
    def notes(self) -> Iterator[tuple[str, str]]:
        """What was not read."""
        if not self.complete:
            yield self.name, f"only its first {self.rows:,} rows were looked at"
        if self.cut:
            yield self.name, f"only {len(self.places):,} of its columns were looked at"


@dataclass(frozen=True, slots=True)
class _Column:
    file: str
    name: str
    label: str
    rows: int
    seen: list[Seen]
    likeness: Likeness | None

    @classmethod
    def all_of(cls, file: _File, named: frozenset[str]) -> "list[_Column]":
        """Return the columns of a file that has been read, without what was kept to tell values apart."""
        labels = column_labels(list(file.places), named)
        return [
            cls(file.name, name, labels[name], file.rows, place.summed_up(), place.likeness)
            for name, place in file.places.items()
        ]


def in_columns(batches: Iterable[ColumnBatch], used: frozenset[str], named: frozenset[str]) -> Scanned:
    """Look through every column.

    Args:
        batches: the rows of every file.
        used: columns that the task reads.
        named: columns that the user named: their names are printed as they are.
    """
    notes: list[tuple[str, str]] = []
    columns: list[_Column] = []
    file = _File("")
    marked = rows = 0
    for batch in batches:
        if not batch.first:
            file = _File(batch.file)
        rows += batch.rows
        marked += file.take(batch)
        if batch.last:
            columns += _Column.all_of(file, named | used)
            notes += file.notes
    verdicts = held([column.seen for column in columns])
    hits = tuple(
        hit
        for column, holds in zip(columns, verdicts, strict=True)
        for hit in _column_hits(column, holds, used=column.name in used)
    )
    return Scanned(hits, len(columns), marked, rows, tuple(notes))


def _column_hits(column: _Column, holds: list[Held], *, used: bool) -> Iterator[Hit]:
    where = f"{column.file}: {column.label}"
    for one in holds:
        yield _hit(where, one, column.rows, column.file, used=used)
    seen = column.likeness
    if seen is not None and seen.holds:
        title = "names of people" if seen.kind is ColumnKind.NAME else "dates of birth"
        yield Hit(
            where, seen.kind.value, title, Group.PERSON, seen.alike, column.rows, seen.sure, column.file, used
        )


def _hit(where: str, one: Held, rows: int, file: str, *, used: bool = False) -> Hit:
    kind = one.seen.kind
    return Hit(where, kind.name, kind.title, kind.group, one.seen.rows, rows, one.sure, file, used)


def in_files(texts: Iterable[ModelText]) -> Scanned:
    """Look through every file of a model; one that is not read whole counts only where something is found."""
    notes: list[tuple[str, str]] = []
    read: list[tuple[ModelText, int, list[Seen]]] = []
    for text in texts:
        if text.reason:
            notes.append((text.path, text.reason))
        if text.batches is None:
            continue
        place = Place.file()
        for batch in text.batches():
            place.read(batch)
        read.append((text, place.rows, place.summed_up()))
    hits: list[Hit] = []
    files = lines = 0
    for (text, rows, _), holds in zip(read, held([seen for *_, seen in read]), strict=True):
        hits += [_hit(text.path, one, rows, text.path) for one in holds]
        files += not text.reason or bool(holds)
        lines += rows
    return Scanned(tuple(hits), files, 0, lines, tuple(notes))
