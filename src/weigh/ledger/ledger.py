"""The ledger: every question that was asked and the evidence that answered it.

Append-only and therefore the cache: one Request has one answer, so an answer that is here is not
worked out again. Nothing is served that was not hashed on the way out.

```
ROOT/records/ab/abcdef…/00000001-…-answered-<sha256>.json   one file a record, mode 0444, never rewritten
ROOT/by-check/licence/abcdef…                               says where answers of a check may be
ROOT/tmp/                                                   records being written
ROOT/quarantine/                                            records that no longer had their digest
```
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from weigh.core.digest import is_sha256, sha256_hex
from weigh.core.errors import StorageError
from weigh.core.events import EventSink, Silent, Warned
from weigh.core.evidence import Envelope, Evidence
from weigh.core.ports import BlobSink, Clock
from weigh.core.request import Request
from weigh.ledger.names import SERVED, RecordName, parse_name, record_names
from weigh.ledger.record import MAX_BYTES, CorruptRecordError, Recorded, decode, encode
from weigh.system.atomic import move_aside, storing, sweep, write_bytes

READ_ONLY = 0o444

_PLAIN = re.compile(r"[a-z][a-z-]{0,60}")


class Ledger:
    """Requests and their evidence on disk. Any number of processes may use one root at once.

    Args:
        root: the ledger's folder, made when the first record is written.
        blobs: where the artifacts of evidence are.
        clock: time of the envelopes.
        tool: weigh's version, for the envelopes.
        host: class of this machine, for the envelopes.
        events: told of records that had to be set aside.
        refresh: answer everything again; the old records stay.
    """

    def __init__(
        self,
        root: Path,
        blobs: BlobSink,
        *,
        clock: Clock,
        tool: str,
        host: str,
        events: EventSink | None = None,
        refresh: bool = False,
    ) -> None:
        self.root = root
        self._blobs = blobs
        self._clock = clock
        self._tool = tool
        self._host = host
        self._events = events or Silent()
        self._refresh = refresh

    def answer(
        self, request: Request, answerer: Callable[[], Evidence], *, refresh: bool = False
    ) -> Recorded:
        """The recorded answer, or the one that `answerer` gives now, which is then recorded.

        Served are answered and inconclusive records whose artifacts are all in the store; what was
        not run or broke is recorded and asked again. Two processes that ask the same at once may
        both answer; both records are valid.

        Args:
            request: the question.
            answerer: works the answer out; whatever it raises goes through and records nothing.
            refresh: do not look for an earlier answer.

        Raises:
            StorageError: the record cannot be written.
            ValueError: the answerer answered another question, or with values that do not survive
                being written down; a bug either way.
        """
        if not (refresh or self._refresh):
            known = self.find(request.digest)
            if known is not None:
                # The name is what this user calls it today, and outside every digest.
                return replace(known, evidence=replace(known.evidence, subject=request.subject))
        started, before = self._clock.now(), self._clock.monotonic()
        evidence = answerer()
        seconds = max(0.0, self._clock.monotonic() - before)
        return self._append(
            Recorded(evidence, Envelope(self._tool, self._host, started, seconds, fresh=True), request)
        )

    def find(self, request: str) -> Recorded | None:
        """The newest record that may answer a request again.

        Args:
            request: digest of the Request, `sha256:<hex>`.

        Returns:
            The record, re-hashed, all its artifacts being in the store; None when there is none.
        """
        folder = self._folder(request)
        for name in reversed(record_names(folder)):
            if not name.served:
                continue
            found = self._read(folder, name)
            if found is not None and all(self._blobs.has(a.sha256) for a in found.evidence.artifacts):
                return found
        return None

    def records(self, request: str) -> Iterator[Recorded]:
        """Every valid record of one request, oldest first, the failed askings included."""
        folder = self._folder(request)
        for name in record_names(folder):
            found = self._read(folder, name)
            if found is not None:
                yield found

    def history(self) -> Iterator[Recorded]:
        """Every valid record in the order the askings began; read one by one."""
        names = (
            (path.parent, name)
            for path in (self.root / "records").glob("??/*/*.json")
            if (name := parse_name(path.name)) is not None
        )
        for folder, name in sorted(names, key=lambda found: (found[1].started, found[0], found[1])):
            recorded = self._read(folder, name)
            if recorded is not None:
                yield recorded

    def of_check(self, check: str) -> Iterator[Recorded]:
        """Every record of one check that may still be served, oldest first.

        Raises:
            StorageError: the index cannot be read or rebuilt.
        """
        self._index_once()
        folder = self.root / "by-check" / _index_name(check)
        with storing(folder):
            requests = sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208 - twice as quick
        found = [r for r in map(self.find, (f"sha256:{name}" for name in requests if is_sha256(name))) if r]
        yield from sorted(found, key=lambda r: (r.envelope.started, r.request.digest))

    def _index_once(self) -> None:
        """Index the records of a ledger that is older than the index."""
        done = self.root / "by-check" / "complete"
        if done.exists():
            return
        for recorded in self.history():
            self._index(recorded.request)
        write_bytes(done, b"\n", scratch=self._scratch)

    def _index(self, request: Request) -> None:
        place = self.root / "by-check" / _index_name(request.check)
        path = place / request.digest.removeprefix("sha256:")
        if not path.exists():
            write_bytes(path, b"\n", scratch=self._scratch)

    def artifacts(self) -> set[str]:
        """sha256 of every file that some served record needs; what pruning the store must keep."""
        return {
            artifact.sha256
            for recorded in self.history()
            if recorded.evidence.outcome.kind in SERVED
            for artifact in recorded.evidence.artifacts
        }

    def tidy(self) -> int:
        """Delete what killed processes left half-written more than a day ago; returns bytes freed."""
        return sweep(self._scratch, before=self._clock.now() - 86_400)

    @property
    def _scratch(self) -> Path:
        return self.root / "tmp"

    def _folder(self, request: str) -> Path:
        digest = request.removeprefix("sha256:")
        if not is_sha256(digest):
            raise ValueError(f"{request!r} is not the digest of a request")
        return self.root / "records" / digest[:2] / digest

    def _append(self, recorded: Recorded) -> Recorded:
        evidence, request = recorded.evidence, recorded.request
        asked = (request.digest, request.check, request.subject)
        if (evidence.request, evidence.check, evidence.subject) != asked:
            raise ValueError(f"the evidence answers another question than {request.check!r}")
        data = encode(recorded)
        if len(data) > MAX_BYTES:
            raise StorageError(
                f"the evidence of {request.check!r} is too large to be kept",
                why=f"{len(data)} bytes, at most {MAX_BYTES} are read back",
            )
        # What JSON cannot hold exactly must show here, not as a corrupt record next week.
        decode(data)
        folder = self._folder(request.digest)
        name = RecordName(
            sequence=max((n.sequence for n in record_names(folder)), default=0) + 1,
            started=max(0, round(recorded.envelope.started * 1000)),
            kind=evidence.outcome.kind,
            sha256=sha256_hex(data),
        )
        # The index first: it may point to a record that a crash kept from being written, never miss one.
        self._index(recorded.request)
        write_bytes(folder / name.text, data, mode=READ_ONLY, scratch=self._scratch)
        return recorded

    def _read(self, folder: Path, name: RecordName) -> Recorded | None:
        path = folder / name.text
        data = _bytes(path)
        if data is None:
            return None
        try:
            return _checked(data, folder.name, name)
        except CorruptRecordError as error:
            aside = move_aside(path, self.root / "quarantine")
            self._events.emit(Warned(f"a record of the ledger is corrupt: {error}; it was moved to {aside}"))
            return None


def _index_name(check: str) -> str:
    """A folder name for any check id."""
    return check if _PLAIN.fullmatch(check) else sha256_hex(check.encode())


def _bytes(path: Path) -> bytes | None:
    """The file's content, cut just beyond the bound; None when it is gone."""
    with storing(path):
        try:
            with path.open("rb") as file:
                return file.read(min(os.fstat(file.fileno()).st_size, MAX_BYTES) + 1)
        except FileNotFoundError:
            return None


def _checked(data: bytes, request: str, name: RecordName) -> Recorded | None:
    """The record, when bytes, name and folder agree.

    Raises:
        CorruptRecordError: they do not.
    """
    if len(data) > MAX_BYTES or sha256_hex(data) != name.sha256:
        raise CorruptRecordError("its bytes do not have the sha256 in its name")
    recorded = decode(data)
    if recorded is None:
        return None
    if recorded.evidence.request != f"sha256:{request}" or recorded.evidence.outcome.kind != name.kind:
        raise CorruptRecordError("it lies where the record of another question belongs")
    return recorded
