"""One column of text, without labels or filter: all that is asked of data a model was trained on."""

from collections.abc import Callable
from pathlib import Path

from weigh.core.data import DataSpec
from weigh.core.errors import UsageError
from weigh.core.events import EventSink, Progress
from weigh.datasets.decoding import lines, open_text
from weigh.datasets.records import Records, check_spec
from weigh.datasets.wording import listed, shown

MOST_ROWS = 5_000_000
EVERY = 50_000


def read_text_column(
    spec: DataSpec, column: str, open_path: Callable[[str], Path], *, events: EventSink
) -> list[str]:
    """Every text of a column, in file order; rows without one are left out.

    Args:
        spec: files and how they are written; its filter is not applied.
        column: name of the text column.
        open_path: where the file with this path lies on disk.
        events: is told of progress.

    Raises:
        UsageError: a file has no such column or cannot be read as described, or there are too many rows.
    """
    check_spec(spec)
    found: list[str] = []
    for file in spec.files:
        with open_text(open_path(file.path), file.path, spec.encoding) as stream:
            records = Records(lines(stream, file.path, spec.encoding), name=file.path, spec=spec)
            _require(records, column, file.path)
            for record in records.rows([column]):
                if record.values[0]:
                    found.append(record.values[0])
                if len(found) > MOST_ROWS:
                    raise UsageError(f"{shown(file.path)} has more than {MOST_ROWS:,} rows of text")
                if len(found) % EVERY == 0:
                    events.emit(Progress("read", len(found), 0, "texts"))
    return found


def require_text_column(spec: DataSpec, column: str, open_path: Callable[[str], Path]) -> None:
    """Look at the headers only, before any work is done.

    Raises:
        UsageError: a file has no such column or cannot be read as described.
    """
    check_spec(spec)
    for file in spec.files:
        with open_text(open_path(file.path), file.path, spec.encoding) as stream:
            _require(
                Records(lines(stream, file.path, spec.encoding), name=file.path, spec=spec), column, file.path
            )


def _require(records: Records, column: str, path: str) -> None:
    if not records.open_ended and column not in records.names:
        raise UsageError(
            f'cannot read {shown(path)}: column "{shown(column)}" not found',
            why=f"the header has: {listed(records.names)}",
            hint="data to compare with needs a text column of the same name",
        )
