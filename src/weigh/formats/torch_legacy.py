"""Checkpoints that torch.save wrote before version 1.6, and still writes when asked.

Source: torch/serialization.py (`_legacy_save`, `_legacy_load`). Five pickles one after another: a magic
number, a protocol version, facts of the machine, the object, and the list of storage keys; then each storage
in the order of that list: its number of elements in eight bytes, and its bytes, always little-endian.
"""

from typing import TYPE_CHECKING

from weigh.core.facts import Basis, CallableUse, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BETWEEN, Descent, SliceReader
from weigh.formats.identify import UNKNOWN, identify
from weigh.formats.pickle_machine import PickleRun
from weigh.formats.pickle_values import ListNode, Value
from weigh.formats.torch_layout import Layout, read_layout
from weigh.formats.torch_storage import MISSING_RULE, SIZE_RULE, Place, Storage, StorageTable, text_of
from weigh.formats.torch_streams import follow
from weigh.formats.torch_zip import leaves_fact

if TYPE_CHECKING:
    from weigh.core.tensor import TensorInfo

FORMAT = "torch-legacy"
STREAM_RULE = "WGH-TO011"
KEYS_RULE = "WGH-TO012"
TAIL_RULE = "WGH-TO013"
SMUGGLED_RULE = "WGH-TO014"
CUT_RULE = "WGH-TO016"

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
ABSURD = 2**48
"""Bytes no storage has."""
_COUNT = 8
"""Bytes of a storage's number of elements."""


def read_torch_legacy(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one checkpoint of the old layout. Never raises for what the file holds.

    Args:
        reader: its bytes; storages are stepped over.
        path: of the file inside the snapshot.
        descent: reads what lies inside literals, and what follows the last storage.
    """
    return _Checkpoint(reader, path, descent).read()


def read_torch_tar(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one checkpoint of the layout before this one, a tar. Never raises for what it holds."""
    from weigh.formats.torch_tar import read_torch_tar as read

    return read(reader, path, descent)


class _Checkpoint:
    """What is known while one checkpoint is read."""

    __slots__ = (
        "arrays", "callables", "coverage", "descent", "found", "layout", "members", "path", "reader",
        "reason", "table",
    )  # fmt: skip

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self.reader = reader
        self.path = path
        self.descent = descent
        self.found = AnomalyList()
        self.table = StorageTable(self.found, legacy=True)
        self.arrays: list[TensorInfo] = []
        self.callables: list[CallableUse] = []
        self.members: list[FileFacts] = []
        self.layout = Layout()
        self.coverage = Coverage.COMPLETE
        self.reason = ""

    def read(self) -> FileFacts:
        """The five streams, the storages, and what follows."""
        runs = self._streams()
        if len(runs) == 5 and runs[4].end >= 0:
            places, end = self._storages(_keys(runs[4].root), runs[4].end)
            self.layout = read_layout(runs[3].root, places, self.found)
            if end >= 0:
                self._tail(end)
        elif len(runs) > 3:
            self.layout = read_layout(runs[3].root, {}, AnomalyList())
        if not self.layout.whole and self.coverage is Coverage.COMPLETE:
            self.coverage, self.reason = Coverage.PARTIAL, "it holds more values than are looked at"
        return self._facts()

    def _streams(self) -> list[PickleRun]:
        runs: list[PickleRun] = []
        at = 0
        for number in range(5):
            meet = self.table.meet if number == 3 else None
            run, facts = follow(self.reader, self.path, self.descent, start=at, meet=meet)
            runs.append(run)
            self.callables += facts.callables
            self.members += facts.members
            self.arrays += facts.tensors
            for anomaly in facts.anomalies:
                self.found.add(anomaly.rule, anomaly.detail, offset=anomaly.offset, fatal=anomaly.fatal)
            if facts.coverage is not Coverage.COMPLETE:
                self.coverage, self.reason = facts.coverage, facts.reason
            wanted = {0: MAGIC, 1: PROTOCOL}.get(number)
            if wanted is not None and run.end >= 0 and (type(run.root) is not int or run.root != wanted):
                self._broken(STREAM_RULE, f"stream {number + 1} is not the number {wanted:#x}", at)
            if run.end < 0:
                if number != 4 or facts.coverage is Coverage.COMPLETE:
                    self._broken(STREAM_RULE, f"stream {number + 1} of 5 does not end", at)
                break
            at = run.end
        return runs

    def _broken(self, rule: str, why: str, offset: int) -> None:
        self.found.add(rule, why, offset=offset)
        self.coverage, self.reason = Coverage.MALFORMED, why

    def _storages(self, keys: list[str] | None, at: int) -> tuple[dict[str, Place], int]:
        """Where each storage lies, and the offset after the last; -1 where that is not known."""
        places: dict[str, Place] = {}
        if keys is None or len(set(keys)) != len(keys):
            self._broken(KEYS_RULE, "the list of storages is not a list of different keys", at)
            return places, -1
        for key in keys:
            storage = self.table.roots.get(key)
            if storage is None:
                self._broken(KEYS_RULE, f"the object does not have the storage {quoted(key)}", at)
                return places, -1
            raw = self.reader.read(at, _COUNT)
            count = int.from_bytes(raw, "little", signed=True)
            if len(raw) < _COUNT or not self._fits(storage, count, at):
                if len(raw) < _COUNT:
                    self._broken(CUT_RULE, "the file ends before its last storage", at)
                return places, -1
            places[key] = Place(self.path, at + _COUNT, count * storage.item)
            at += _COUNT + count * storage.item
        for key in self.table.roots:
            if key not in places:
                self._broken(MISSING_RULE, f"the storage {quoted(key)} is not listed", at)
        return places, at

    def _fits(self, storage: Storage, count: int, at: int) -> bool:
        nbytes = count * storage.item
        if count != storage.count or count < 0 or nbytes > ABSURD:
            why = f"the storage {quoted(storage.key)} has {count} elements, the object says {storage.count}"
            self.found.add(SIZE_RULE, why, offset=at)
            if count < 0 or at + _COUNT + nbytes > self.reader.size:
                self.coverage, self.reason = Coverage.MALFORMED, why
                return False
        if at + _COUNT + nbytes > self.reader.size:
            why = f"the storage {quoted(storage.key)} has {nbytes} bytes, {self.reader.size - at} follow"
            self._broken(CUT_RULE, why, at)
            return False
        return True

    def _tail(self, at: int) -> None:
        if at >= self.reader.size:
            return
        tail = SliceReader(self.reader, at, self.reader.size - at)
        kind = identify(tail, "tail")
        inner = f"{self.path}{BETWEEN}(bytes at {at})"
        if kind == FORMAT:  # torch.save into one open file, several times
            self.members.append(self.descent.member(tail, inner))
        elif kind in {UNKNOWN, "text"}:
            self.found.add(TAIL_RULE, f"{tail.size} bytes follow the last storage", offset=at)
        else:
            self.found.add(SMUGGLED_RULE, f"{tail.size} bytes of {kind} follow the last storage", offset=at)
            self.members.append(self.descent.member(tail, inner))

    def _facts(self) -> FileFacts:
        metadata = []
        if self.table.locations:
            places = dict(sorted(self.table.locations.items()))
            metadata.append(Fact("torch.location", places, Basis.DECLARED, self.path))
        if self.layout.leaves:
            metadata.append(leaves_fact(self.layout.leaves, self.layout.dropped, self.path))
        if self.table.sources:
            metadata.append(Fact("torch.sources", self.table.sources, Basis.DETECTED, self.path))
        return FileFacts(
            self.path,
            FORMAT,
            self.coverage,
            self.reason,
            tensors=(*self.layout.tensors, *self.arrays),
            callables=tuple(self.callables),
            metadata=tuple(metadata),
            anomalies=self.found.as_tuple(),
            members=tuple(self.members),
        )


def _keys(root: Value) -> list[str] | None:
    if not isinstance(root, ListNode) or root.dropped:
        return None
    keys = [str(k) if type(k) is int else text_of(k) for k in root.items]
    return None if any(k is None for k in keys) else [k for k in keys if k is not None]
