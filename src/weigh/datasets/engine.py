"""The engine that evaluates expressions: DuckDB in memory, cut off from everything else.

It opens no file, loads no extension, sees no Python variable, and its settings cannot be changed again.
Rows are handed to it as arrays; only the SQL made by `weigh.datasets.sql` reaches it.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import MissingExtraError, UsageError
from weigh.datasets.sql import Query, broken_number_query

THREADS = 2
MEMORY = "1GiB"

_SETTINGS = (
    f"SET memory_limit = '{MEMORY}'",
    "SET temp_directory = ''",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)

# A division by zero is a missing value, neither infinity nor an error. Releases differ in which of these
# they know; each is set before the configuration is locked.
_DIVISION = {"ieee_floating_point_ops": "false", "error_on_division_by_zero": "false"}


class Engine:
    """A sealed DuckDB connection. Use it as a context manager."""

    def __init__(self) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise MissingExtraError("cannot read data", extra="evaluate", why="duckdb is missing") from error
        self._errors: type[Exception] = duckdb.Error
        self._connection: Any = duckdb.connect(":memory:", config={"threads": THREADS})
        for name in self._known(tuple(_DIVISION)):
            self._connection.execute(f"SET {name} = {_DIVISION[name]}")
        for setting in _SETTINGS:
            self._connection.execute(setting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _known(self, names: Sequence[str]) -> list[str]:
        """Those of the names that are settings of this release."""
        found = self._connection.execute("SELECT name FROM duckdb_settings()").fetchall()
        return [name for (name,) in found if name in names]

    def load(self, columns: Sequence[Sequence[str | None]], rows: int) -> None:
        """Make these columns `"c0"`, `"c1"`, … of the rows that the next questions are about.

        Args:
            columns: one sequence of text values a column, None where missing.
            rows: length of each.
        """
        arrays: dict[str, NDArray[Any]] = {f"c{i}": _objects(values) for i, values in enumerate(columns)}
        # A table without columns has no length; the number of each row gives it one.
        arrays["position"] = np.arange(rows)
        self._connection.register("rows", arrays)

    def passes(self, query: Query) -> NDArray[np.bool_]:
        """Which rows a filter keeps; a missing answer keeps none. bool [n]."""
        sql = f"SELECT coalesce({query.sql}, false) FROM rows ORDER BY position"  # noqa: S608 - made by sql.py
        found = self._ask(sql, query)
        return np.array([row[0] for row in found], dtype=np.bool_)

    def values(self, query: Query) -> list[str | None]:
        """Text of every row, None where missing or empty."""
        sql = f"SELECT {query.sql} FROM rows ORDER BY position"  # noqa: S608 - made by sql.py
        found = self._ask(sql, query)
        return [row[0] or None for row in found]

    def broken_number(self, place: int) -> int | None:
        """Position of the first row whose column `place` holds text where a number is needed."""
        sql = f"SELECT min(position) FROM rows WHERE {broken_number_query(place)}"  # noqa: S608 - a number
        found = self._connection.execute(sql).fetchall()
        return None if found[0][0] is None else int(found[0][0])

    def _ask(self, sql: str, query: Query) -> list[tuple[Any, ...]]:
        try:
            result: list[tuple[Any, ...]] = self._connection.execute(sql, list(query.parameters)).fetchall()
        except self._errors as error:
            first_line = str(error).partition("\n")[0]
            raise UsageError("cannot evaluate an expression on the data", why=first_line) from error
        return result


def _objects(values: Sequence[str | None]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=np.object_)
    array[:] = values
    return array
