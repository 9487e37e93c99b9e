"""Lines → records, each with the number of the line it begins on.

Delimited text goes through Python's own reader and JSON lines through its own parser: both say exactly
which line a record began on, whatever quotes, line ends and empty lines came before. Values are text;
what they mean is decided later, with all rows known.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any

from weigh.core.data import DataSpec
from weigh.core.errors import UsageError
from weigh.datasets.wording import count, listed, shown

MOST_COLUMNS = 10_000
"""Columns of one file."""

FORMATS = ("auto", "csv", "tsv", "jsonl")

_BY_ENDING = {".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
_UNREAD = {
    ".parquet": "Parquet",
    ".xlsx": "a spreadsheet",
    ".xls": "a spreadsheet",
    ".gz": "compressed",
    ".zip": "compressed",
}


_NO_TEXT = re.compile("[\\0\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is written.

    Attributes:
        format: `csv`, `tsv` or `jsonl`.
        delimiter: one character; "" for JSON lines.
    """

    format: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file.

    Attributes:
        line: number of the line it begins on, from 1.
        values: text in the order of the names; None where a JSON line lacks the key or has null.
    """

    line: int
    values: Sequence[str | None]


def check_spec(spec: DataSpec) -> None:
    """Refuse a description that cannot be followed.

    Raises:
        UsageError: no files, an unknown format, a delimiter or quote of more than one character, names
            that repeat.
    """
    if not spec.files:
        raise UsageError("the data set has no files", hint="name at least one in `files`")
    if spec.format not in FORMATS:
        raise UsageError(
            f"unknown data format {shown(spec.format)!r}", why=f"the formats are: {', '.join(FORMATS)}"
        )
    for what, sign in (("delimiter", spec.delimiter), ("quote", spec.quote)):
        if len(sign) > 1 or sign in {"\n", "\r", "\0"}:
            raise UsageError(
                f"the {what} {shown(sign)!r} cannot be used", why="it is one character of a line"
            )
    if spec.skip < 0:
        raise UsageError(f"cannot skip {spec.skip} lines", why="`skip` counts lines from the start of a file")
    where = "the `columns` of the data set"
    _check_width(spec.columns, where)
    repeated = [name for name, times in Counter(spec.columns).items() if times > 1]
    if repeated:
        raise UsageError(
            f"{where} names a column twice", why=f"repeated: {listed(sorted(repeated))}", hint="rename them"
        )


def layout_of(name: str, spec: DataSpec, first: str) -> Layout:
    """Find out how a file is written: from the description, else its ending, else its first line."""
    ending = PurePosixPath(name).suffix.lower()
    form = spec.format if spec.format != "auto" else _BY_ENDING.get(ending, "")
    if not form and ending in _UNREAD:
        raise UsageError(
            f"cannot read {shown(name)}: it is {_UNREAD[ending]}", why="csv, tsv and jsonl files are read"
        )
    form = form or _by_content(first)
    if form == "jsonl":
        return Layout("jsonl", "")
    usual = "\t" if form == "tsv" else ","
    if spec.format == "auto" and form == "csv" and "," not in first and ";" in first:
        usual = ";"
    return Layout(form, spec.delimiter or usual)


def _by_content(first: str) -> str:
    if first.lstrip().startswith("{"):
        return "jsonl"
    return "tsv" if "\t" in first else "csv"


class Records:
    """The records of one file, read once, front to back.

    Attributes:
        names: the columns of a delimited file, where a name may repeat; the keys of the first line of JSON
            lines.
        open_ended: later lines may hold other keys than the first.
        seen: for JSON lines, keys seen so far, at most `MOST_COLUMNS`.
    """

    def __init__(self, lines: Iterator[str], *, name: str, spec: DataSpec) -> None:
        """Read the header.

        Args:
            lines: all lines of the file.
            name: how messages call the file.
            spec: how it is described.

        Raises:
            UsageError: an empty file, or a header that cannot be used.
        """
        self._name = name
        self._quote = spec.quote
        skipped = sum(1 for _ in islice(lines, spec.skip))
        first, blank = _first_filled(lines)
        self._before = skipped + blank
        if not first:
            raise UsageError(
                f"cannot read {shown(name)}: the file is empty",
                why=f"it has {count(self._before, 'line')}, and no row",
                hint="check the file" + (" and `skip`" if spec.skip else ""),
            )
        self._lines = chain((first,), lines)
        self._layout = layout_of(name, spec, first)
        self.open_ended = self._layout.format == "jsonl"
        self.seen: dict[str, None] = {}
        if self.open_ended:
            self.names = tuple(islice(self._object(first, self._before + 1), MOST_COLUMNS))
        else:
            self._header_ends = 0
            self._rows = self._quoted() if self._quote else self._plain()
            self.names = spec.columns or self._header()
        self._times = Counter(self.names)

    def rows(self, wanted: Sequence[str]) -> Iterator[Record]:
        """The rows, with the values of these columns in this order.

        Raises:
            UsageError: a column whose name repeats in the header, or a row that breaks the format; it names
                file and line.
        """
        if self.open_ended:
            return self._objects(wanted)
        repeated = next((name for name in wanted if self._times[name] > 1), None)
        if repeated is not None:
            raise self._ambiguous(repeated)
        return self._checked([self.names.index(name) for name in wanted])

    def whole_rows(self) -> Iterator[Record]:
        """The rows of a delimited file with all their values in the order of the file.

        Raises:
            UsageError: a row that breaks the format; it names file and line.
        """
        return self._checked(range(len(self.names)))

    def _ambiguous(self, name: str) -> UsageError:
        return UsageError(
            f'cannot read {shown(self._name)}: column "{shown(name)}" stands in the header'
            f" {self._times[name]} times",
            why="which of them is meant cannot be told",
            hint="give each column a name of its own in models.toml: columns = […]"
            f" with skip = {self._header_ends}",
        )

    def _header(self) -> tuple[str, ...]:
        line, cells = next(self._rows)
        # A quoted name may hold line ends.
        self._header_ends = line + sum(cell.count("\n") for cell in cells)
        _check_width(cells, f"the header of {shown(self._name)}")
        return tuple(cell.strip() or f"column{i}" for i, cell in enumerate(cells, start=1))

    def _checked(self, places: Sequence[int]) -> Iterator[Record]:
        width = len(self.names)
        for line, cells in self._rows:
            if len(cells) != width:
                raise UsageError(
                    f"cannot read {shown(self._name)}: line {line} has {count(len(cells), 'column')}"
                    f" instead of {width}",
                    why=f"the columns are: {listed(self.names)}",
                    hint=self._advice(),
                )
            yield Record(line, [cells[place] for place in places])

    def _advice(self) -> str:
        quoting = (
            'quote = "" if quotes are plain text' if self._quote else "a `quote` character, if there is one"
        )
        return f"check the delimiter {self._layout.delimiter!r}, or state {quoting}"

    def _plain(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in enumerate(self._lines, start=self._before + 1):
            content = line.rstrip("\r\n")
            if content:
                yield number, content.split(self._layout.delimiter)

    def _quoted(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            self._lines,
            delimiter=self._layout.delimiter,
            quotechar=self._quote,
            doublequote=True,
            skipinitialspace=self._layout.delimiter != " ",
            strict=True,
        )
        while True:
            line = self._before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise UsageError(
                    f"cannot read {shown(self._name)}: line {line} breaks the rules of quoting",
                    why=f"in the row that begins there: {error}",
                    hint='state quote = "" if quotes are plain text',
                ) from error
            if cells is None:
                return
            if cells:
                yield line, cells

    def _objects(self, wanted: Sequence[str]) -> Iterator[Record]:
        for number, line in enumerate(self._lines, start=self._before + 1):
            if line.isspace():
                continue
            found = self._object(line, number)
            if len(self.seen) < MOST_COLUMNS:
                self.seen.update(dict.fromkeys(found))
            yield Record(number, [self._value(found, key, number) for key in wanted])

    def _object(self, line: str, number: int) -> dict[str, Any]:
        try:
            found = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
            why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            raise UsageError(
                f"cannot read {shown(self._name)}: line {number} is not JSON", why=f"{why}{at}"
            ) from error
        if not isinstance(found, dict):
            raise UsageError(
                f"cannot read {shown(self._name)}: line {number} is not a JSON object",
                why='every line is one object, such as {"text": "…", "label": "…"}',
            )
        return found

    def _value(self, found: dict[str, Any], key: str, number: int) -> str | None:
        value = found.get(key)
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            raise UsageError(
                f"cannot read {shown(self._name)}: line {number} holds"
                f" {'a list' if isinstance(value, list) else 'an object'} in {shown(key)!r}",
                why="a value is a text, a number, true, false or null",
            )
        if _NO_TEXT.search(value):
            raise UsageError(
                f"cannot read {shown(self._name)}: line {number} holds no text in {shown(key)!r}",
                why="an escape stands for NUL or for half a character (RFC 8259, section 8.2)",
            )
        return value


def _first_filled(lines: Iterator[str]) -> tuple[str, int]:
    """The first line that is not blank, "" when there is none, and how many blank ones came first."""
    blank = 0
    for line in lines:
        if line.strip(" \r\n"):
            return line, blank
        blank += 1
    return "", blank


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Names in the same order of which none repeats: `a`, `a (2)`; a number that is taken is left out."""
    taken, result = set(names), []
    met: Counter[str] = Counter()
    for name in names:
        met[name] += 1
        told = name
        if met[name] > 1:
            while (told := f"{name} ({met[name]})") in taken:
                met[name] += 1
            taken.add(told)
        result.append(told)
    return tuple(result)


def _check_width(names: Sequence[str], where: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise UsageError(
            f"{where} has too many columns", why=f"{len(names):,}; at most {MOST_COLUMNS:,} are read"
        )
