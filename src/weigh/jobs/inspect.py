"""Look inside a model without running it and without reading more of it than its headers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from weigh.checks.security.security import findings_by_file
from weigh.core.errors import NotFoundError, UsageError
from weigh.core.inspection import InspectedFile, Inspection
from weigh.core.ports import RangeReader
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.reader import FileReader
from weigh.jobs.scan import targets_in
from weigh.store.view import ModelView

NOT_HASHED = "0" * 64
"""Stands for a digest that is not needed to look at headers; it never leaves this module."""


@dataclass(slots=True)
class _Counted:
    """A reader that counts the bytes it hands out."""

    reader: RangeReader
    count: Callable[[int], None]

    @property
    def size(self) -> int:
        return self.reader.size

    def read(self, offset: int, length: int) -> bytes:
        data = self.reader.read(offset, length)
        self.count(len(data))
        return data

    def close(self) -> None:
        close = getattr(self.reader, "close", None)
        if close is not None:
            close()


def inspect_path(path: Path) -> Inspection:
    """Look inside a file or folder on this machine.

    Raises:
        NotFoundError: there is nothing at the path, or nothing that can be read.
        UsageError: a name could stand in no snapshot.
    """
    targets = list(targets_in(path))
    broken = [target for target in targets if target.problem]
    if broken:
        raise UsageError(f"cannot look at {broken[0].path!r}", why=broken[0].problem)
    if not targets:
        raise NotFoundError(f"the folder {str(path)!r} has no files")
    places = {target.path: target.place for target in targets}
    files = [SnapshotFile(name, place.stat().st_size, NOT_HASHED) for name, place in places.items()]
    return inspect_files(str(path), files, lambda file: FileReader(places[file.path]))


def inspect_files(
    name: str,
    files: Iterable[SnapshotFile],
    open_reader: Callable[[SnapshotFile], RangeReader],
    *,
    revision: str = "",
) -> Inspection:
    """Look inside files that a reader is given for.

    Args:
        name: as the user called it.
        files: what there is.
        open_reader: gives the bytes of one of them.
        revision: commit or version.
    """
    read = 0

    def count(more: int) -> None:
        nonlocal read
        read += more

    snapshot = Snapshot.of(files)
    view = ModelView(snapshot, lambda file: _Counted(open_reader(file), count))
    by_file = findings_by_file(view)
    inspected = tuple(
        InspectedFile(facts, snapshot.file(facts.path).size, by_file[facts.path])
        for facts in view.all_facts()
    )
    return Inspection(name, inspected, view.model_facts(), read, revision=revision)
