"""torch archives: what torch.save writes since 1.6, TorchScript, and torch.export.

Source: torch/serialization.py (`_save`, `_load`), caffe2/serialize/inline_container.cc,
torch/csrc/jit/serialization, torch/export/pt2_archive. A zip with the pickle `data.pkl` and one record a
storage, `data/0`, …; TorchScript adds `constants.pkl`, `constants/0` and source in `code/`; torch.export has
no pickle of its own but descriptions of raw weights. Storages are described, never read.
"""

from typing import TYPE_CHECKING

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.torch_export import EXPORT_CONFIGS, read_weights
from weigh.formats.torch_layout import Layout, read_layout
from weigh.formats.torch_records import Record, Records
from weigh.formats.torch_script import ScriptCode, read_script
from weigh.formats.torch_storage import SIZE_RULE, Place, StorageTable
from weigh.formats.torch_streams import follow

if TYPE_CHECKING:
    from weigh.core.tensor import TensorInfo

FORMAT = "torch"
UNUSED_RULE = "WGH-TO004"
ALIKE_RULE = "WGH-TO006"
MARK_RULE = "WGH-TO015"
PACKAGE_RULE = "WGH-TO018"

MAX_PICKLES = 10_000
"""Pickles of one archive; TorchScript has one for each source file, for debugging."""
_MARKS = frozenset({"version", "byteorder", ".format_version", ".storage_alignment", ".data/version"})
_IDS = frozenset({".data/serialization_id"})
_ORDERS = (b"little", b"big")


def read_torch_zip(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one torch archive. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot. Tensors in stored records lie in this file itself.
        descent: reads the records that are neither pickles, source nor storages.
    """
    return _Archive(reader, path, descent).read()


class _Archive:
    """What is known while one archive is read."""

    __slots__ = (
        "code", "descent", "found", "layouts", "locations", "members", "missing", "order", "owned", "path",
        "records", "tensors",
    )  # fmt: skip

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self.path = path
        self.descent = descent
        self.records = Records(reader, path, descent)
        self.found: AnomalyList = self.records.zip.anomalies
        self.members: list[FileFacts] = []
        self.tensors: list[TensorInfo] = []
        self.layouts: list[Layout] = []
        self.locations: dict[str, int] = {}
        self.owned: set[str] = set()
        self.code = ScriptCode()
        self.order = ""
        self.missing = ""

    def read(self) -> FileFacts:
        """All records, pickles first: they say which records are storages."""
        self._marks()
        pickles = [r for r in self.records.all if r.name.endswith(".pkl")]
        for record in pickles[:MAX_PICKLES]:
            self._pickle(record)
        if len(pickles) > MAX_PICKLES:
            self.missing = f"only {MAX_PICKLES} pickles are followed"
        self._weights()
        for record in self.records.all:
            if not record.name.endswith(".pkl"):
                self._other(record)
        return self._facts()

    def _marks(self) -> None:
        for first, second in self.records.pairs_alike():
            self.found.add(ALIKE_RULE, f"{quoted(first)} and {quoted(second)} are one name to the loader")
        order = self.records.small("byteorder")
        if order is not None and order not in _ORDERS:
            self.found.add(MARK_RULE, f"the byte order is {quoted(order[:40].decode('latin-1'))}")
        self.order = "big-endian" if order == b"big" else ""
        for name in ("version", ".data/version"):
            version = self.records.small(name)
            if version is not None and not version.strip().isdigit():
                self.found.add(MARK_RULE, f"the version is {quoted(version[:40].decode('latin-1'))}")

    def _pickle(self, record: Record) -> None:
        table = StorageTable(self.found)
        with self.records.opened(record) as content:
            if content is None:
                return
            run, facts = follow(content, record.path, self.descent, meet=table.meet)
        self.members.append(facts)
        places = self._places(record, table)
        layout = read_layout(run.root, places, self.found)
        self.layouts.append(layout)
        self.tensors += layout.tensors
        for location, count in table.locations.items():
            self.locations[location] = self.locations.get(location, 0) + count

    def _places(self, record: Record, table: StorageTable) -> dict[str, Place]:
        """The records of a pickle's storages: `data/0` for `data.pkl`."""
        stem = record.name.removesuffix(".pkl")
        places: dict[str, Place] = {}
        for key, storage in table.roots.items():
            names = (f"{stem}/{key}", f".data/{key}", f"data/{key}", f"constants/{key}", f"tensors/{key}")
            own = next((r for n in names if (r := self.records.named(n)) is not None), None)
            if own is None:
                continue
            self.owned.add(own.name)
            places[key] = self.records.place(own, self.order if storage.item > 1 else "")
            skipped = not own.entry.size and stem == "traced_inputs"  # the writer leaves examples out
            if own.entry.size != storage.nbytes and not skipped:
                why = f"{quoted(own.name)} has {own.entry.size} bytes, its pickle says {storage.nbytes}"
                self.found.add(SIZE_RULE, why, offset=own.entry.start)
        return places

    def _weights(self) -> None:
        """Weights of torch.export, described in JSON."""
        for name in EXPORT_CONFIGS:
            record = self.records.named(name)
            if record is None:
                continue
            with self.records.opened(record) as content:
                if content is not None:
                    tensors, owned = read_weights(content, record, self.records, self.found, self.order)
                    self.tensors += tensors
                    self.owned |= owned

    def _other(self, record: Record) -> None:
        name = record.name
        if name in self.owned or name in _MARKS or (name in _IDS and record.entry.size <= 64):
            return
        with self.records.opened(record) as content:
            if content is None:
                return
            if name.startswith("code/") and name.endswith(".py"):
                if not read_script(content, name, self.code, self.found):
                    self.missing = "a source file is longer than is looked at"
                return
            if name == ".data/extern_modules" or name.endswith(".data/extern_modules"):
                self.found.add(PACKAGE_RULE, "it is a torch.package: its Python source is imported")
            if name.startswith(("data/", "constants/")) and name.rpartition("/")[2].isdigit():
                self.found.add(UNUSED_RULE, f"no tensor uses the storage {quoted(name)}")
            self.members.append(self.descent.member(content, record.path))

    def _facts(self) -> FileFacts:
        coverage, reason = self.records.zip.coverage, self.records.zip.reason
        if coverage is Coverage.COMPLETE and (self.missing or not all(x.whole for x in self.layouts)):
            coverage = Coverage.PARTIAL
            reason = self.missing or "it holds more values than are looked at"
        rules = {a.rule for a in self.found.as_tuple()}
        if coverage is Coverage.COMPLETE and rules & {MARK_RULE, "WGH-TO003"}:
            coverage, reason = Coverage.MALFORMED, "it breaks the rules of its format"
        return FileFacts(
            self.path,
            FORMAT,
            coverage,
            reason,
            tensors=tuple(self.tensors),
            operators=self.code.operators(),
            metadata=tuple(self._metadata()),
            anomalies=self.found.as_tuple(),
            members=tuple(self.members),
        )

    def _metadata(self) -> list[Fact]:
        facts = []
        if self.locations:
            places = dict(sorted(self.locations.items()))
            facts.append(Fact("torch.location", places, Basis.DECLARED, self.path))
        leaves = [leaf for layout in self.layouts for leaf in layout.leaves]
        if leaves:
            facts.append(leaves_fact(leaves, sum(x.dropped for x in self.layouts), self.path))
        if self.records.named("constants.pkl") is not None:
            facts.append(Fact("torch.script", True, Basis.DETECTED, self.path))
        return facts


def leaves_fact(leaves: list[tuple[str, str]], dropped: int, path: str) -> Fact:
    """What a checkpoint holds besides tensors, by name."""
    listed = [[name, what] for name, what in leaves]
    return Fact("torch.leaves", {"listed": listed, "more": dropped}, Basis.DETECTED, path)
