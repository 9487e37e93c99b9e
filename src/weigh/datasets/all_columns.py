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
"""Characters or cells after which a batch ends early: long rows must not add up."""

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
        cut: values of rows of this batch were left out, as they have too many columns.
    """

    file: str
    first: int
    rows: int
    columns: dict[str, list[str]]
    last: bool
    complete: bool
    cut: bool = False


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
            columns, cut = _turned([row.values for row in batch], dict(file.constants))
            cut = cut or any(row.cut for row in batch)
            yield ColumnBatch(file.path, first, len(batch), columns, done, complete, cut)
            if done:
                return
            first += len(batch)


def _layout(spec: DataSpec, file: DataFile, path: Path) -> str:
    with open_text(path, file.path, spec.encoding) as stream:
        source = islice(lines(stream, file.path, spec.encoding), spec.skip, None)
        first = next((line for line in source if line.strip(" \r\n")), "")
    return layout_of(file.path, spec, first).format


@dataclass(frozen=True, slots=True)
class _Row:
    values: dict[str, str]
    cut: bool = False


def _cells(source: Iterator[str], file: DataFile, spec: DataSpec) -> Iterator[_Row]:
    records = Records(source, name=file.path, spec=spec)
    names = numbered(records.names)
    for record in records.whole_rows():
        yield _Row({name: value or "" for name, value in zip(names, record.values, strict=True)})


def _objects(source: Iterator[str], file: DataFile, spec: DataSpec) -> Iterator[_Row]:
    for number, line in enumerate(source, start=1):
        if number <= spec.skip or line.isspace():
            continue
        try:
            found = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except (json.JSONDecodeError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            raise UsageError(f"cannot read {shown(file.path)}: line {number} is not JSON", why=why) from error
        yield _row(found)


def _row(found: Any) -> _Row:
    values: dict[str, list[str]] = {}
    cut = False
    for name, text in _named(found, "", 1):
        if name in values:
            values[name].append(text)
        elif len(values) < MOST_COLUMNS:
            values[name] = [text]
        else:
            cut = True
    return _Row({name: "\n".join(texts) for name, texts in values.items()}, cut)


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


def _batch(rows: Iterator[_Row]) -> tuple[list[_Row], bool]:
    """Rows up to either bound, and whether the iterator ended."""
    batch: list[_Row] = []
    characters, names = 0, set[str]()
    for row in rows:
        batch.append(row)
        names.update(row.values)
        characters += sum(map(len, row.values.values()))
        # Rows that each bring names of their own fill a table that is nearly empty.
        characters_or_cells = max(characters, len(batch) * min(len(names), MOST_COLUMNS))
        if len(batch) >= BATCH_ROWS or characters_or_cells >= BATCH_CHARACTERS:
            return batch, False
    return batch, True


def _turned(batch: list[dict[str, str]], constants: dict[str, str]) -> tuple[dict[str, list[str]], bool]:
    """The rows as columns, and whether there were too many."""
    names: dict[str, None] = {}
    for row in batch:
        names.update(dict.fromkeys(row))
        if len(names) > MOST_COLUMNS:
            break
    columns = {name: [row.get(name, "") for row in batch] for name in islice(names, MOST_COLUMNS)}
    columns |= {name: [value] * len(batch) for name, value in constants.items()}
    return columns, len(names) > MOST_COLUMNS
