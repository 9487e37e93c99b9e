"""Checkpoints of torch before 0.1.10: a tar of four members, with streams of pickles and raw numbers.

Source: torch/serialization.py, the inner `legacy_load` of `_legacy_load`. `storages`: how many, then for each
a pickle (key, location, class) and its bytes behind their count; then the list of views. `tensors`: how many,
then for each a pickle (key, storage, class), the number of dimensions in 8 bytes, sizes, strides and offset.
`pickle`: the object, whose persistent ids are keys of tensors and storages. Every pickle runs when loaded.
"""

import struct

from weigh.core.facts import Basis, CallableUse, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BETWEEN, Descent, SliceReader
from weigh.formats.pickle_values import Global, ListNode, Persistent, Value
from weigh.formats.tar_members import TarFileFacts, open_tar
from weigh.formats.torch_layout import Form, Layout, read_layout
from weigh.formats.torch_storage import SHAPE_RULE, STORAGES, Place, Storage, class_name, text_of
from weigh.formats.torch_streams import follow

FORMAT = "torch-legacy"
PART_RULE = "WGH-TO020"
MAX_PARTS = 200_000
"""Storages, views or tensors of one file."""
MAX_DIMENSIONS = 64
_OWN = frozenset({"sys_info", "pickle", "storages", "tensors"})


class _BrokenError(Exception):
    """A member does not hold what it should."""


def read_torch_tar(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one checkpoint in a tar. Never raises for what the file holds.

    Args:
        reader: its bytes; storages are stepped over.
        path: of the file inside the snapshot.
        descent: reads other members, and what lies inside literals.
    """
    return _Tar(reader, path, descent).read()


class _Tar:
    """What is known while one archive is read."""

    __slots__ = (
        "archive", "callables", "descent", "forms", "found", "layout", "members", "partial", "path", "places",
        "reader", "storages",
    )  # fmt: skip

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self.reader = reader
        self.path = path
        self.descent = descent
        self.archive: TarFileFacts = open_tar(reader)
        self.found: AnomalyList = self.archive.anomalies
        self.callables: list[CallableUse] = []
        self.members: list[FileFacts] = []
        self.places: dict[str, Place] = {}
        self.storages: dict[str, Storage] = {}
        self.forms: dict[str, Form] = {}
        self.layout = Layout()
        self.partial = ""

    def read(self) -> FileFacts:
        """The four members in the order in which the loader takes them, then the others."""
        broken = ""
        try:
            self._storages()
            self._tensors()
        except _BrokenError as error:
            broken = str(error)
            self.found.add(PART_RULE, broken)
        root = self._object()
        self.layout = read_layout(root, self.places, self.found)
        for entry in self.archive.entries:
            if entry.file and (entry.name.removeprefix("./") not in _OWN or entry.hidden):
                inner = SliceReader(self.reader, entry.start, entry.size)
                self.members.append(self.descent.member(inner, f"{self.path}{BETWEEN}{entry.name}"))
        if broken:
            return self._facts(Coverage.MALFORMED, broken)
        if self.partial and self.archive.coverage is Coverage.COMPLETE:
            return self._facts(Coverage.PARTIAL, self.partial)
        return self._facts(self.archive.coverage, self.archive.reason)

    def _part(self, name: str) -> SliceReader:
        entry = self.archive.entry(name)
        if entry is None or not entry.file:
            raise _BrokenError(f"it has no member {name!r}")
        return SliceReader(self.reader, entry.start, entry.size)

    def _pickle(self, part: SliceReader, name: str, at: int) -> tuple[Value, int]:
        run, facts = follow(part, f"{self.path}{BETWEEN}{name}", self.descent, start=at, meet=self._meet)
        self.callables += facts.callables
        self.members += facts.members
        for anomaly in facts.anomalies:
            offset = part.start + anomaly.offset if anomaly.offset >= 0 else -1
            self.found.add(anomaly.rule, anomaly.detail, offset=offset)
        if facts.coverage is Coverage.PARTIAL:
            self.partial = facts.reason
        if run.end < 0:
            raise _BrokenError(f"a pickle in {name!r} at byte {at} does not end")
        return run.root, run.end

    def _count(self, part: SliceReader, name: str) -> tuple[int, int]:
        count, at = self._pickle(part, name, 0)
        if type(count) is not int or not 0 <= count <= MAX_PARTS:
            raise _BrokenError(f"{name!r} does not say how many there are")
        return count, at

    def _storages(self) -> None:
        part = self._part("storages")
        count, at = self._count(part, "storages")
        for _ in range(count):
            row, at = self._pickle(part, "storages", at)
            at = self._storage(row, part, at)
        views, _ = self._pickle(part, "storages", at)
        for view in views.items if isinstance(views, ListNode) else ():
            self._view(view)

    def _storage(self, row: Value, part: SliceReader, at: int) -> int:
        known = STORAGES.get(class_name(row[2])) if isinstance(row, tuple) and len(row) == 3 else None
        raw = part.read(at, 8)
        if known is None or len(raw) < 8:
            raise _BrokenError("a storage is not described by key, location and class")
        count = int.from_bytes(raw, "little", signed=True)
        if not 0 <= count * known[1] <= part.size - at - 8:
            raise _BrokenError(f"a storage of {count} elements leaves its member")
        key, location = _key(row[0]), text_of(row[1]) or ""
        self.storages[key] = Storage(key, class_name(row[2]), *known, location, count, 0, at)
        self.places[key] = Place(self.path, part.start + at + 8, count * known[1])
        return at + 8 + count * known[1]

    def _view(self, view: Value) -> None:
        parts = view.items if isinstance(view, ListNode) else view
        if not isinstance(parts, list | tuple) or len(parts) != 4:
            raise _BrokenError("a view of a storage is not described by four numbers")
        root, first, count = self.storages.get(_key(parts[1])), parts[2], parts[3]
        if root is None or type(first) is not int or type(count) is not int:
            raise _BrokenError("a view of a storage is not described by four numbers")
        if first < 0 or count < 0 or first + count > root.count:
            self.found.add(SHAPE_RULE, "a view leaves its storage")
            return
        key = _key(parts[0])
        place = self.places[root.key]
        self.storages[key] = Storage(
            key, root.kind, root.dtype, root.item, root.location, count, 0, root.offset
        )
        self.places[key] = Place(place.file, place.offset + first * root.item, count * root.item)

    def _tensors(self) -> None:
        part = self._part("tensors")
        count, at = self._count(part, "tensors")
        for _ in range(count):
            row, at = self._pickle(part, "tensors", at)
            storage = self.storages.get(_key(row[1])) if isinstance(row, tuple) and len(row) == 3 else None
            if storage is None:
                raise _BrokenError("a tensor names no storage")
            dimensions = int.from_bytes(part.read(at, 4), "little", signed=True)
            length = 8 * (2 * dimensions + 1)
            raw = part.read(at + 8, length) if 0 <= dimensions <= MAX_DIMENSIONS else b""
            if not raw or len(raw) != length:
                raise _BrokenError(f"a tensor has {dimensions} dimensions")
            numbers = struct.unpack(f"<{2 * dimensions + 1}q", raw)
            shape, strides, first = numbers[:dimensions], numbers[dimensions:-1], numbers[-1]
            self.forms[_key(row[0])] = Form(storage, storage.dtype, storage.item, first, shape, strides)
            at += 8 + length

    def _object(self) -> Value:
        try:
            part = self._part("pickle")
            root, _ = self._pickle(part, "pickle", 0)
        except _BrokenError as error:
            self.found.add(PART_RULE, str(error))
            return None
        return root

    def _meet(self, persistent: Persistent) -> Value:
        """The tensor or storage that an id stands for; of a class with its source the class."""
        parts = persistent.id
        if isinstance(parts, tuple) and parts and type(parts[0]) is Global:
            return parts[0]
        key = _key(parts)
        found = self.forms.get(key) or self.storages.get(key)
        if found is None:
            self.found.add(PART_RULE, f"nothing has the id {quoted(key[:80])}", offset=persistent.offset)
        return found

    def _facts(self, coverage: Coverage, reason: str) -> FileFacts:
        locations: dict[str, int] = {}
        for storage in self.storages.values():
            locations[storage.location] = locations.get(storage.location, 0) + 1
        return FileFacts(
            self.path,
            FORMAT,
            coverage,
            reason,
            tensors=tuple(self.layout.tensors),
            callables=tuple(self.callables),
            metadata=(Fact("torch.location", locations, Basis.DECLARED, self.path),),
            anomalies=self.found.as_tuple(),
            members=tuple(self.members),
        )


def _key(value: Value) -> str:
    return str(value) if type(value) is int else text_of(value) or ""
