"""The sketches of a store, in a database of their own that can be thrown away and made again."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import StorageError
from weigh.store.sketches.sketch import Sketch, as_values
from weigh.system.atomic import make_folder, storing

_TABLES = """
CREATE TABLE IF NOT EXISTS sketch (
  payload BLOB PRIMARY KEY, count INTEGER NOT NULL, dtype TEXT NOT NULL,
  first BLOB NOT NULL, last BLOB NOT NULL, bits BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sketch_of_count ON sketch (count);
"""
_WAIT = 60.0
MOST_COMPARED = 4096
"""Sketches of one size that are compared with a new one."""
LEAST_LIKE = 0.8
"""Cosine from which a sketch counts as a relative's: thirteen standard deviations of strangers' cosines."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A stored tensor with a similar sketch.

    Attributes:
        payload: its id.
        dtype: its type.
        likeness: cosine of the two sketches.
    """

    payload: bytes
    dtype: str
    likeness: float


def sketches_in(root: Path) -> Path:
    """Where the sketches of a store lie."""
    return root / "sketches.sqlite"


class Sketches:
    """The sketches of the tensors of one store.

    Args:
        root: the store's folder; `sketches.sqlite` is made in it.
    """

    def __init__(self, root: Path) -> None:
        make_folder(root)
        self._path = sketches_in(root)
        with self._told():
            self._db = sqlite3.connect(
                self._path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            # What a crash loses is made again; it must only never be in the way.
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_TABLES)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with storing(self._path):
                yield
        except sqlite3.Error as error:
            raise StorageError(
                "the sketches of the store cannot be used",
                why=str(error),
                hint=f"delete {self._path.name}; only relatives of new tensors are harder to find without",
            ) from error

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def add(self, found: Iterable[tuple[bytes, Sketch]]) -> None:
        """Keep sketches by the ids of their payloads; those that are there stay."""
        lines = [(name, s.count, s.dtype, s.first, s.last, s.bits) for name, s in found]
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO sketch VALUES (?, ?, ?, ?, ?, ?)", lines)
            self._db.execute("COMMIT")

    def names(self) -> tuple[bytes, ...]:
        """The ids of all payloads that have a sketch."""
        with self._told():
            return tuple(row[0] for row in self._db.execute("SELECT payload FROM sketch"))

    def forget(self, names: Iterable[bytes]) -> None:
        """Take sketches out whose payloads are gone."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM sketch WHERE payload = ?", ((name,) for name in names))
            self._db.execute("COMMIT")

    def __len__(self) -> int:
        """How many tensors have a sketch."""
        with self._told():
            return int(self._db.execute("SELECT count(*) FROM sketch").fetchone()[0])

    def nearest(self, wanted: Sketch, most: int = 4) -> list[Relative]:
        """Tensors with as many values and a similar sketch, the most similar first."""
        import numpy as np

        with self._told():
            rows = self._db.execute(
                "SELECT payload, dtype, bits FROM sketch WHERE count = ? LIMIT ?",
                (wanted.count, MOST_COMPARED),
            ).fetchall()
        rows = [row for row in rows if len(row[2]) == len(wanted.bits)]
        if not rows:
            return []
        mine = as_values(wanted.bits)
        theirs = as_values(b"".join(row[2] for row in rows)).reshape(len(rows), -1)
        lengths = np.sqrt((theirs**2).sum(axis=1)) * np.sqrt((mine**2).sum())
        scores = np.divide(theirs @ mine, lengths, out=np.zeros(len(rows), np.float32), where=lengths > 0)
        order = np.argsort(-scores, kind="stable")[:most]
        return [Relative(rows[i][0], rows[i][1], float(scores[i])) for i in order if scores[i] >= LEAST_LIKE]

    def turned(self, wanted: Sketch, most: int = 16) -> list[Relative]:
        """Tensors of the same type and as many values that begin and end with the same ones."""
        with self._told():
            rows = self._db.execute(
                "SELECT payload, dtype FROM sketch WHERE count = ? AND dtype = ? AND first = ? AND last = ?"
                " LIMIT ?",
                (wanted.count, wanted.dtype, wanted.first, wanted.last, most),
            ).fetchall()
        return [Relative(row[0], row[1], 0.0) for row in rows]

    def beginning(self, first: bytes, dtype: str, least: int, most: int) -> list[tuple[bytes, int]]:
        """(id, values) of tensors of a type that begin with this value and have so many values."""
        with self._told():
            rows = self._db.execute(
                "SELECT payload, count FROM sketch WHERE dtype = ? AND first = ? AND count BETWEEN ? AND ?"
                " ORDER BY count DESC LIMIT 16",
                (dtype, first, least, most),
            ).fetchall()
        return [(row[0], row[1]) for row in rows]
