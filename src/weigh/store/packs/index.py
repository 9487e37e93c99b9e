"""The index of packs: which object lies where. It holds nothing that the packs do not say again."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import StorageError
from weigh.store.packs.pack_file import SUFFIX, Spot, records
from weigh.store.packs.record import Kind
from weigh.system.atomic import make_folder, storing

_TABLES = """
CREATE TABLE IF NOT EXISTS pack (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS object (
  id BLOB PRIMARY KEY, kind INTEGER NOT NULL, pack INTEGER NOT NULL, offset INTEGER NOT NULL,
  length INTEGER NOT NULL, size INTEGER NOT NULL, depth INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_of_pack ON object (pack);
"""
_WAIT = 60.0
"""Seconds to wait for another process that is writing the index."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where an object is.

    Attributes:
        pack: name of the pack's file.
        spot: in that pack.
        kind: what the object is.
        size: bytes of its content.
        depth: chunks that must be decoded before it, at most.
    """

    pack: str
    spot: Spot
    kind: Kind
    size: int
    depth: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index, without the name of the pack."""

    id: bytes
    kind: Kind
    spot: Spot
    size: int
    depth: int


class Index:
    """The index of one folder of packs. Readers never wait for the writer.

    Args:
        path: the database, made when missing.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        # One transaction at a time, whichever thread it is of; reading threads share the connection.
        self._one = threading.RLock()
        with self._told():
            self._db = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with self._one, storing(self._path):
                yield
        except sqlite3.Error as error:
            raise StorageError(
                f"the index {self._path.name} cannot be used",
                why=str(error),
                hint="weigh fsck makes it again from the packs",
            ) from error

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def find(self, name: bytes) -> Located | None:
        """Where an object is, None when it is not here."""
        with self._told():
            row = self._db.execute(
                "SELECT pack.name, offset, length, kind, size, depth FROM object"
                " JOIN pack ON pack.number = object.pack WHERE id = ?",
                (name,),
            ).fetchone()
        if row is None:
            return None
        return Located(row[0], Spot(row[1], row[2]), Kind(row[3]), row[4], row[5])

    def packs(self) -> frozenset[str]:
        """Names of the packs that are in the index."""
        with self._told():
            return frozenset(row[0] for row in self._db.execute("SELECT name FROM pack"))

    def objects(self, kind: Kind | None = None) -> Iterator[tuple[bytes, Located]]:
        """Every object, in the order of ids."""
        with self._told():
            rows = self._db.execute(
                "SELECT id, pack.name, offset, length, kind, size, depth FROM object"
                " JOIN pack ON pack.number = object.pack WHERE ? IS NULL OR kind = ? ORDER BY id",
                (kind, kind),
            ).fetchall()
        for row in rows:
            yield row[0], Located(row[1], Spot(row[2], row[3]), Kind(row[4]), row[5], row[6])

    def add(self, packs: Iterable[tuple[str, Iterable[Entry]]]) -> None:
        """Take whole packs in, all of them or none. What is known already stays where it is."""
        with self._changing():
            for name, found in packs:
                self._take(name, found)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            with ExitStack() as undo:
                undo.callback(self._db.rollback)
                yield
                self._db.execute("COMMIT")
                undo.pop_all()

    def _take(self, name: str, found: Iterable[Entry]) -> None:
        self._db.execute("INSERT OR IGNORE INTO pack (name) VALUES (?)", (name,))
        (number,) = self._db.execute("SELECT number FROM pack WHERE name = ?", (name,)).fetchone()
        self._db.executemany(
            "INSERT OR IGNORE INTO object VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((e.id, int(e.kind), number, e.spot.offset, e.spot.length, e.size, e.depth) for e in found),
        )

    def swap(self, gone: Iterable[str], packs: Iterable[tuple[str, Iterable[Entry]]]) -> None:
        """Take packs out and others in, in one step: what lies in both is never missing."""
        with self._changing():
            for name in gone:
                row = self._db.execute("SELECT number FROM pack WHERE name = ?", (name,)).fetchone()
                if row is not None:
                    self._db.execute("DELETE FROM object WHERE pack = ?", row)
                    self._db.execute("DELETE FROM pack WHERE number = ?", row)
            for name, found in packs:
                self._take(name, found)

    def forget(self, names: Iterable[str]) -> None:
        """Take packs out, with every object that was found in them."""
        self.swap(names, ())

    def is_whole(self) -> bool:
        """Whether the database is in order by its own account."""
        with self._told():
            return bool(self._db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")

    def catch_up(self, folder: Path) -> int:
        """Take in packs that lie in `folder` and are not in the index: their writer was killed before.

        Returns:
            How many there were.

        Raises:
            MalformedError: one of them is damaged.
        """
        known = self.packs()
        missing = sorted(p for p in folder.glob(f"*{SUFFIX}") if p.name not in known)
        if missing:
            self.add((path.name, entries(path)) for path in missing)
        return len(missing)


def entries(path: Path) -> Iterator[Entry]:
    """The lines of the index that a pack gives."""
    for spot, record in records(path):
        yield Entry(record.id, record.kind, spot, record.size, record.depth)
