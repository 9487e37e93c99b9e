"""Every column of a data set's files as text, batch by batch: for questions about the files themselves.

`read_table` keeps only the columns that have a role, and only the rows that pass the filter. Here
nothing is left out but rows beyond a stated number; values are the text of the file, unstripped.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.datasets.decoding import lines, open_text
from weigh.datasets.records import MOST_COLUMNS, Records, check_spec, layout_of, numbered
from weigh.datasets.wording import shown

BATCH_ROWS = 10_000
"""Rows of one batch."""

BATCH_CHARACTERS = 4_000_000
"""Characters after which a batch ends early: long rows must not add up."""

MOST_DEPTH = 4
"""Levels of nested JSON whose values are named; what is deeper comes as one text."""


@dataclass(frozen=True, slots=True)
class ColumnBatch:
    """Some rows of one file.

    Attributes:
        file: path inside the data set.
        first: number of the first row in the file, from 0.
        rows: how many.
        columns: name → values in row order; "" where a row has no value. A name that repeats in the
            header has a number after it.
        last: no row of the file follows, or none is read.
        complete: with `last`: every row of the file was read.
    """

    file: str
    first: int
    rows: int
    columns: dict[str, list[str]]
    last: bool
    complete: bool


def all_columns(spec: DataSpec, open_path: Callable[[str], Path], *, most_rows: int) -> Iterator[ColumnBatch]:
    """The rows of every file with all their columns, those a file's description adds included.

    Args:
        spec: files and how they are written; the row filter and the group key are not used.
        open_path: where the file with this path in the data set lies on disk.
        most_rows: rows read over all files, the same number at most from each; the first of each.

    Raises:
        UsageError: a file or row breaks the format; it names file and line.
    """
    check_spec(spec)
    share = max(1, most_rows // len(spec.files))
    for file in spec.files:
        yield from _file(spec, file, open_path(file.path), share)


def _file(spec: DataSpec, file: DataFile, path: Path, most: int) -> Iterator[ColumnBatch]:
    as_objects = _layout(spec, file, path) == "jsonl"
    with open_text(path, file.path, spec.encoding) as stream:
        source = lines(stream, file.path, spec.encoding)
        rows = _objects(source, file, spec) if as_objects else _cells(source, file, spec)
        first = 0
        taken = islice(rows, most)
        while True:
            batch, ended = _batch(taken)
            done = ended or first + len(batch) >= most
            complete = done and next(rows, None) is None
            columns = _turned(batch, dict(file.constants))
            yield ColumnBatch(file.path, first, len(batch), columns, done, complete)
            if done:
                return
            first += len(batch)


def _layout(spec: DataSpec, file: DataFile, path: Path) -> str:
    with open_text(path, file.path, spec.encoding) as stream:
        source = islice(lines(stream, file.path, spec.encoding), spec.skip, None)
        first = next((line for line in source if line.strip(" \r\n")), "")
    return layout_of(file.path, spec, first).format


def _cells(source: Iterator[str], file: DataFile, spec: DataSpec) -> Iterator[dict[str, str]]:
    records = Records(source, name=file.path, spec=spec)
    names = numbered(records.names)
    for record in records.whole_rows():
        yield {name: value or "" for name, value in zip(names, record.values, strict=True)}


def _objects(source: Iterator[str], file: DataFile, spec: DataSpec) -> Iterator[dict[str, str]]:
    for number, line in enumerate(source, start=1):
        if number <= spec.skip or line.isspace():
            continue
        try:
            found = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            raise UsageError(f"cannot read {shown(file.path)}: line {number} is not JSON", why=why) from error
        row: dict[str, str] = {}
        for name, text in islice(_named(found, "", 1), MOST_COLUMNS):
            row[name] = f"{row[name]}\n{text}" if name in row else text
        yield row


def _named(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """`{"a": {"b": 1}}` as `a.b` → `1`; items of a list share the name of the list."""
    if isinstance(value, dict | list) and depth <= MOST_DEPTH:
        children = value.items() if isinstance(value, dict) else (("", child) for child in value)
        for key, child in children:
            yield from _named(child, ".".join(part for part in (name, key) if part), depth + 1)
    elif isinstance(value, dict | list):
        yield name, json.dumps(value, ensure_ascii=False)
    elif value is not None:
        yield name, value if isinstance(value, str) else str(value).lower()


def _batch(rows: Iterator[dict[str, str]]) -> tuple[list[dict[str, str]], bool]:
    """Rows up to either bound, and whether the iterator ended."""
    batch: list[dict[str, str]] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += sum(map(len, row.values()))
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            return batch, False
    return batch, True


def _turned(batch: list[dict[str, str]], constants: dict[str, str]) -> dict[str, list[str]]:
    names: dict[str, None] = {}
    for row in batch:
        if len(names) >= MOST_COLUMNS:
            break
        names.update(dict.fromkeys(row))
    columns = {name: [row.get(name, "") for row in batch] for name in islice(names, MOST_COLUMNS)}
    return columns | {name: [value] * len(batch) for name, value in constants.items()}
