"""What stands where: every kind of personal data in every column and file, as places and counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weigh.checks.privacy.model_texts import ModelText
from weigh.checks.privacy.personal_columns import ColumnKind
from weigh.checks.privacy.personal_kinds import Group
from weigh.checks.privacy.personal_scan import Place
from weigh.core.finding import Confidence
from weigh.datasets.all_columns import ColumnBatch


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
        places: columns or files read.
        marked: rows in which any form was seen; rows: rows read.
        notes: (where, what was not read).
    """

    hits: tuple[Hit, ...] = ()
    places: int = 0
    marked: int = 0
    rows: int = 0
    notes: tuple[tuple[str, str], ...] = ()


def in_columns(batches: Iterable[ColumnBatch], used: frozenset[str]) -> Scanned:
    """Look through every column; `used` are those that the task reads."""
    hits: list[Hit] = []
    notes: list[tuple[str, str]] = []
    places: dict[str, Place] = {}
    total = marked = rows = 0
    for batch in batches:
        if not batch.first:
            places = {}
        rows += batch.rows
        in_row: set[int] = set()
        for name, values in batch.columns.items():
            if name not in places:
                places[name] = Place.column(name)
            places[name].read(values)
            in_row |= places[name].marked
        marked += len(in_row)
        if batch.last:
            read = batch.first + batch.rows
            hits += _column_hits(batch.file, places, read, used)
            total += len(places)
            if not batch.complete:
                notes.append((batch.file, f"only its first {read:,} rows were looked at"))
    return Scanned(tuple(hits), total, marked, rows, tuple(notes))


def _column_hits(file: str, places: dict[str, Place], rows: int, used: frozenset[str]) -> Iterator[Hit]:
    for number, (name, place) in enumerate(places.items(), start=1):
        where = f"{file}: {_column(name, number)}"
        for tally in place.tallies:
            if tally.holds:
                kind = tally.kind
                yield Hit(
                    where,
                    kind.name,
                    kind.title,
                    kind.group,
                    tally.rows,
                    rows,
                    tally.sure,
                    file,
                    name in used,
                )
        seen = place.likeness
        if seen is not None and seen.holds:
            title = "names of people" if seen.kind is ColumnKind.NAME else "dates of birth"
            yield Hit(
                where,
                seen.kind.value,
                title,
                Group.PERSON,
                seen.alike,
                rows,
                seen.sure,
                file,
                name in used,
            )


def _column(name: str, number: int) -> str:
    """A column's name; its number where the name itself is personal data (a first row taken for a header)."""
    header = Place.column("")
    header.read([name])
    seen = any(tally.valid for tally in header.tallies)
    return f"column {number}" if seen or len(name) > 200 else name


def in_files(texts: Iterable[ModelText]) -> Scanned:
    """Look through every file of a model."""
    hits: list[Hit] = []
    notes: list[tuple[str, str]] = []
    files = lines = 0
    for text in texts:
        if text.batches is None:
            notes.append((text.path, text.reason))
            continue
        place = Place.file()
        for batch in text.batches():
            place.read(batch)
        files += 1
        lines += place.rows
        for tally in place.tallies:
            if tally.holds:
                kind = tally.kind
                hits.append(
                    Hit(
                        text.path,
                        kind.name,
                        kind.title,
                        kind.group,
                        tally.rows,
                        place.rows,
                        tally.sure,
                        text.path,
                    )
                )
    return Scanned(tuple(hits), files, 0, lines, tuple(notes))
