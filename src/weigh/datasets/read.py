"""Read a data set: files, description and roles → a Table.

Only the columns that somebody asks for are kept, and only the rows that pass the filter, batch by batch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.errors import UsageError
from weigh.core.events import EventSink, Progress, StepDone
from weigh.datasets.assemble import assemble
from weigh.datasets.decoding import lines, open_text
from weigh.datasets.engine import Engine
from weigh.datasets.expression import Expression, column as whole_column, parse
from weigh.datasets.gathered import MOST_SHOWN_ROWS, Gathered
from weigh.datasets.records import Record, Records, check_spec
from weigh.datasets.sql import Query, broken_number, filter_query, value_query
from weigh.datasets.table import Table
from weigh.datasets.wording import count, listed, nearest, shown

BATCH = 50_000
"""Rows that are filtered at a time."""

MOST_ROWS = 5_000_000
"""Rows kept after the filter; a table lies in memory."""

UNKNOWN_MARK = "?"
"""A lone question mark is a missing value everywhere but in text (UCI data sets write it so)."""

STEP = "read"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one file is asked: its expressions and the columns they and the roles need.

    Attributes:
        label: what gives the class.
        where: row filter, None for all rows.
        group: group key, None for none.
        columns: every column needed, in a fixed order.
    """

    label: Expression
    where: Expression | None
    group: Expression | None
    columns: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """The work on one data set."""

    spec: DataSpec
    roles: Roles
    events: EventSink
    engine: Engine
    rows_read: int = 0
    gathered: Gathered = field(init=False)

    def __post_init__(self) -> None:
        self.gathered = Gathered(self.roles)


def read_table(
    spec: DataSpec,
    roles: Roles,
    open_path: Callable[[str], Path],
    *,
    events: EventSink,
    like: Table | None = None,
) -> Table:
    """Read the rows of a data set that pass its filter.

    Args:
        spec: files and how they are written.
        roles: what the columns are for.
        open_path: where the file with this path in the data set lies on disk.
        events: is told of progress and of what was left out.
        like: the training data, when this is a test set: features get the types they have there, and
            one class is enough.

    Raises:
        UsageError: a file, row, column, expression or label that cannot be used; it names file and line.
        MissingExtraError: duckdb is not installed.
    """
    check_spec(spec)
    with Engine() as engine:
        reading = _Reading(spec, roles, events, engine)
        for file in spec.files:
            _read_file(reading, file, open_path(file.path))
    _require_rows(reading)
    table = assemble(reading.gathered, roles, rows_read=reading.rows_read, events=events, like=like)
    files = count(len(spec.files), "file")
    kept = f"{len(table):,} of {count(reading.rows_read, 'row')} in {files}"
    events.emit(StepDone(STEP, f"{kept} · {count(len(table.classes), 'class', 'classes')}"))
    return table


def _read_file(reading: _Reading, file: DataFile, path: Path) -> None:
    spec = reading.spec
    with open_text(path, file.path, spec.encoding) as stream:
        records = Records(lines(stream, file.path, spec.encoding), name=file.path, spec=spec)
        constants = _constants(file, records)
        asked = _asked(reading, file, records, constants)
        stored = [name for name in asked.columns if name not in constants]
        rows = records.rows(stored)
        while batch := list(islice(rows, BATCH)):
            _take_batch(reading, file, asked, _columns(asked, constants, stored, batch), batch)
            reading.events.emit(Progress(STEP, reading.rows_read, 0, "rows"))
    absent = [name for name in stored if records.open_ended and name not in records.seen]
    if absent:
        raise _not_found(reading, file, absent[0], (*records.seen, *constants))


def _constants(file: DataFile, records: Records) -> dict[str, str]:
    constants = dict(file.constants)
    clash = [name for name in constants if name in records.names]
    if clash:
        raise UsageError(
            f"cannot read {shown(file.path)}: the constant {shown(clash[0])!r} is also a column of the file",
            why=f"the header has: {listed(records.names)}",
            hint="give the constant another name",
        )
    return constants


def _asked(reading: _Reading, file: DataFile, records: Records, constants: dict[str, str]) -> _Asked:
    """Parse the expressions and see that every column they and the roles need is there."""
    spec, roles = reading.spec, reading.roles
    known = (*records.names, *constants)
    label = _expression(roles.label, known)
    where = _expression(spec.where, known) if spec.where else None
    group = _expression(spec.group, known) if spec.group else None
    needed: dict[str, None] = {}
    for expression in (label, where, group):
        if expression:
            needed.update(dict.fromkeys(expression.columns))
    needed.update(dict.fromkeys(role_columns(roles)))
    if not records.open_ended:
        for name in needed:
            if name not in known:
                raise _not_found(reading, file, name, known)
    return _Asked(label, where, group, tuple(needed))


def _expression(source: str, known: Sequence[str]) -> Expression:
    """A text that is a column's whole name means the column, whatever signs are in it."""
    return whole_column(source) if source in known else parse(source)


def role_columns(roles: Roles) -> tuple[str, ...]:
    """Columns that the roles name, apart from the label, without repetition."""
    names = (roles.text, *roles.features, *roles.sides)
    return tuple(dict.fromkeys(name for name in names if name))


def _columns(
    asked: _Asked, constants: dict[str, str], stored: Sequence[str], batch: Sequence[Record]
) -> dict[str, Sequence[str | None]]:
    turned = zip(*(record.values for record in batch), strict=True) if stored else iter(())
    columns: dict[str, Sequence[str | None]] = dict(zip(stored, turned, strict=True))
    for name in asked.columns:
        if name in constants:
            columns[name] = [constants[name]] * len(batch)
    return columns


def _take_batch(
    reading: _Reading,
    file: DataFile,
    asked: _Asked,
    columns: dict[str, Sequence[str | None]],
    batch: Sequence[Record],
) -> None:
    """Filter a batch, evaluate label and group key on what is left, and keep it."""
    engine, roles = reading.engine, reading.roles
    ids = [f"{file.path}:{record.line}" for record in batch]
    reading.rows_read += len(batch)
    plain = {name: _cleaned(values, text=name == roles.text) for name, values in columns.items()}
    if asked.where:
        engine.load([plain[name] for name in asked.columns], len(batch))
        query = filter_query(asked.where, asked.columns)
        _require_numbers(reading, query, asked, plain, ids, what="the filter `where`")
        kept = [i for i, keep in enumerate(engine.passes(query).tolist()) if keep]
        ids = [ids[i] for i in kept]
        plain = {name: [values[i] for i in kept] for name, values in plain.items()}
        columns = {name: [values[i] for i in kept] for name, values in columns.items()}
    if len(reading.gathered.ids) + len(ids) > MOST_ROWS:
        raise UsageError(
            f"the data has more than {MOST_ROWS:,} rows", why="a table lies in memory", hint="narrow `where`"
        )
    engine.load([plain[name] for name in asked.columns], len(ids))
    label = value_query(asked.label, asked.columns)
    _require_numbers(reading, label, asked, plain, ids, what="the label")
    groups: Sequence[str | None] = [None] * len(ids)
    if asked.group:
        key = value_query(asked.group, asked.columns)
        _require_numbers(reading, key, asked, plain, ids, what="the group key")
        groups = engine.values(key)
        reading.gathered.grouped = True
    reading.gathered.add(ids, engine.values(label), groups, plain, columns.get(roles.text))


def _cleaned(values: Sequence[str | None], *, text: bool) -> list[str | None]:
    """Values without surrounding white space; None where nothing, or a lone `?`, is left."""
    missing = {"", None} if text else {"", None, UNKNOWN_MARK}
    stripped = (None if value is None else value.strip() for value in values)
    return [None if value in missing else value for value in stripped]


def _require_numbers(
    reading: _Reading,
    query: Query,
    asked: _Asked,
    plain: dict[str, list[str | None]],
    ids: Sequence[str],
    *,
    what: str,
) -> None:
    for place in query.numbers:
        row = reading.engine.broken_number(place)
        if row is not None:
            name = asked.columns[place]
            raise broken_number(what, name, str(plain[name][row]), ids[row])


def _require_rows(reading: _Reading) -> None:
    gathered, spec = reading.gathered, reading.spec
    if not reading.rows_read:
        raise UsageError(
            f"cannot read {listed([f.path for f in spec.files])}: there are no rows",
            why="the files have a header and nothing after it",
        )
    if not gathered.ids:
        raise UsageError(
            "no row passes the filter",
            why=f"`{shown(spec.where)}` drops all {count(reading.rows_read, 'row')}",
            hint="a comparison with a missing value drops the row too",
        )
    missing = [i for i, label in zip(gathered.ids, gathered.labels, strict=True) if label is None]
    if missing:
        some = ", ".join(shown(i) for i in missing[:MOST_SHOWN_ROWS])
        more = " …" if len(missing) > MOST_SHOWN_ROWS else ""
        raise UsageError(
            f"{count(len(missing), 'row')} of {len(gathered.ids):,} have no label",
            why=f"`{shown(reading.roles.label)}` is missing at {some}{more}",
            hint=f'leave them out: where = "{_filter_hint(reading.roles.label)}"',
        )


def _filter_hint(label: str) -> str:
    return f"{label} is not missing" if label.isidentifier() else f"`{label}` is not missing"


def _not_found(reading: _Reading, file: DataFile, name: str, known: Sequence[str]) -> UsageError:
    close = nearest(name, known)
    option = _option(reading, name)
    if option.startswith("--"):
        hint = f"weigh adopt … {option} {shown(close) if close else 'COLUMN'}"
    else:
        hint = f"correct {option} of the data set" + (f": {shown(close)}" if close else "")
    return UsageError(
        f'cannot read {shown(file.path)}: column "{shown(name)}" not found',
        why=f"the header has: {listed(known)}",
        hint=hint,
    )


def _option(reading: _Reading, name: str) -> str:
    """The option or key that named this column."""
    roles, spec = reading.roles, reading.spec
    named: Iterator[tuple[str, tuple[str, ...]]] = iter(
        (
            ("--text", (roles.text,)),
            ("--features", roles.features),
            ("--slice", roles.slices),
            ("--group", roles.protected),
            ("--shift", (roles.shift,)),
            ("--train-where", tuple(column for column, _ in roles.train_where)),
            ("--split", (roles.split,)),
            ("`where`", parse(spec.where).columns if spec.where else ()),
            ("`group`", parse(spec.group).columns if spec.group else ()),
        )
    )
    return next((option for option, names in named if name in names), "--label")
