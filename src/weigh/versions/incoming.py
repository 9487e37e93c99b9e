"""Records on their way: kept as they came until each is judged by its hash. An interrupted fetch goes on."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weigh.core.errors import IntegrityError, MalformedError, RefusedError
from weigh.core.events import EventSink, Progress
from weigh.store.codecs.codec import CHUNK
from weigh.store.packs.pack_file import Spot
from weigh.store.packs.record import HEAD, Kind, Record, length_of, unpacked
from weigh.store.remotes.layout import Remote, pack_name
from weigh.store.remotes.pack_index import Line
from weigh.system.atomic import make_folder, storing, write_all

STEP = "fetch"
_GAP = 64 * 1024
"""Bytes between two wanted records below which one request for both is cheaper than two."""
_TOGETHER = 8 * 1024 * 1024
"""Bytes of one request, unless a single record is larger."""
_MOST_CHUNK = CHUNK + 1024 * 1024
_MOST_DESCRIPTION = 256 * 1024 * 1024
"""Bytes of a record that is no chunk: a tree, a manifest, a list of chunks."""


class Incoming:
    """The file of records that have come. Only the holder of the history's exchange lock opens it.

    Args:
        path: of the file; records of an interrupted fetch are found in it.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        self._spots: dict[bytes, Spot] = {}
        with storing(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._end = 0
        for name, spot in self._left_over():
            self._spots[name] = spot
            self._end = spot.offset + spot.length
        with storing(path):
            os.ftruncate(self._descriptor, self._end)

    def _left_over(self) -> Iterator[tuple[bytes, Spot]]:
        """The whole records at the beginning of the file."""
        at, size = 0, os.fstat(self._descriptor).st_size
        while at + HEAD.size <= size:
            try:
                length = length_of(os.pread(self._descriptor, HEAD.size, at))
                if length > size - at:
                    return
                yield unpacked(os.pread(self._descriptor, length, at)).id, Spot(at, length)
            except MalformedError:
                return
            at += length

    def __contains__(self, name: object) -> bool:
        return name in self._spots

    def add(self, record: Record, data: bytes) -> None:
        """Keep a record; `data` is what it was unpacked from."""
        with storing(self._path):
            os.lseek(self._descriptor, self._end, os.SEEK_SET)
            write_all(self._descriptor, data)
        self._spots[record.id] = Spot(self._end, len(data))
        self._end += len(data)

    def record(self, name: bytes) -> Record | None:
        """A record that has come, None for others."""
        spot = self._spots.get(name)
        if spot is None:
            return None
        with storing(self._path):
            return unpacked(os.pread(self._descriptor, spot.length, spot.offset))

    def close(self) -> None:
        """Let go of the file; it stays for the next attempt."""
        os.close(self._descriptor)

    def forget(self) -> None:
        """Delete the file."""
        with storing(self._path):
            self._path.unlink(missing_ok=True)


@contextmanager
def incoming(path: Path) -> Iterator[Incoming]:
    """The file of records, kept when the block is left by an interruption, deleted when all is well.

    What turned out to be false is deleted too, so that a mended remote is asked again.
    """
    opened = Incoming(path)
    try:
        yield opened
    except (IntegrityError, MalformedError):
        opened.forget()
        raise
    else:
        opened.forget()
    finally:
        opened.close()


class Bringing:
    """Brings records from a remote into the file.

    Args:
        remote: asked.
        arrived: takes them.
        events: told about bytes.
    """

    def __init__(self, remote: Remote, arrived: Incoming, events: EventSink) -> None:
        self._remote = remote
        self._arrived = arrived
        self._events = events
        self.received = 0
        self.objects = 0
        self._total = 0

    def bring(self, wanted: Iterable[tuple[str, Line]]) -> None:
        """Fetch the records that have not come yet.

        Raises:
            IntegrityError: other records lie there than the remote's index says.
        """
        packs: dict[str, list[Line]] = {}
        for pack, line in wanted:
            if line.id not in self._arrived:
                self._require_bounded(line)
                packs.setdefault(pack, []).append(line)
        self._total += sum(line.spot.length for lines in packs.values() for line in lines)
        for pack, lines in sorted(packs.items()):
            groups = list(_together(sorted(lines, key=lambda line: line.spot.offset)))
            spans = [(g[0].spot.offset, max(x.spot.offset + x.spot.length for x in g)) for g in groups]
            parts = self._remote.parts(pack_name(pack), spans)
            for group, (begin, _), data in zip(groups, spans, parts, strict=True):
                self.received += len(data)
                self._unpack(pack, group, begin, data)
                self._events.emit(Progress(STEP, self.received, max(self._total, self.received), "bytes"))

    def _require_bounded(self, line: Line) -> None:
        most = _MOST_CHUNK if line.kind is Kind.CHUNK else _MOST_DESCRIPTION
        if line.spot.length > most:
            raise RefusedError(
                f"{self._remote.address} offers an object of {line.spot.length:,} bytes",
                why=f"a {line.kind.name.lower()} has at most {most:,}",
            )

    def _unpack(self, pack: str, group: Sequence[Line], begin: int, data: bytes) -> None:
        for line in group:
            at = line.spot.offset - begin
            part = data[at : at + line.spot.length]
            try:
                record = unpacked(part)
            except MalformedError as error:
                raise self._false(pack, error.why) from error
            if record.id != line.id or record.kind is not line.kind:
                raise self._false(pack, "another object lies where its index says")
            self._arrived.add(record, part)
            self.objects += 1

    def _false(self, pack: str, why: str) -> IntegrityError:
        return IntegrityError(
            f"the pack {pack[:16]} at {self._remote.address} is damaged",
            why=why,
            hint="delete it and its index there, then push again from where its versions are whole",
        )


def _together(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines that are asked for in one request."""
    group: list[Line] = []
    begin = end = 0
    for line in lines:
        stop = line.spot.offset + line.spot.length
        if group and (line.spot.offset - end > _GAP or stop - begin > _TOGETHER):
            yield group
            group = []
        if not group:
            begin = end = line.spot.offset
        group.append(line)
        end = max(end, stop)
    if group:
        yield group
