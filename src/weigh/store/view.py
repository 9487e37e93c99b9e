"""ModelView: a lazy, read-only look at a snapshot's files and what they say. Nothing of it runs."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType

from weigh.core.facts import Anomaly, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.identify import UNKNOWN
from weigh.formats.layout import layout_facts
from weigh.formats.table import read_file

EXTERNAL_FORMAT = "external-data"
_EXTERNAL_RULE = "WGH-O002"


UNPICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".dat", ".sav")
"""Names under which other libraries would unpickle a file, whatever a graph beside it says of it."""

POINTING = (".onnx", ".index", ".json", ".xml", ".mlmodel")
"""Endings of files that may keep their weights in other files."""

MOST_PADDING = 4096
"""Bytes between two tensors of external data that count as alignment (one page)."""


class ModelView(AbstractContextManager["ModelView"]):
    """What a static check sees of a model.

    Args:
        snapshot: the files.
        open_reader: gives the bytes of one of them; each file is opened when its facts are first
            asked for and closed as soon as they are known.
        known: facts of files that were read already, each by itself.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        open_reader: Callable[[SnapshotFile], RangeReader],
        *,
        known: Mapping[str, FileFacts] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._open = open_reader
        self._alone: dict[str, FileFacts] = dict(known or {})
        self._together: dict[str, FileFacts] = {}
        self._external: frozenset[str] | None = None
        self._model: dict[str, Fact] | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The files."""
        return self._snapshot

    def facts(self, path: str) -> FileFacts:
        """Facts of one file, held against the other files it points to.

        Raises:
            NotFoundError: the snapshot has no such file.
            StorageError: its bytes cannot be had.
        """
        if path not in self._together:
            facts = self._read(path)
            if facts.external:
                facts = replace(facts, anomalies=facts.anomalies + self._outside(facts))
            elif facts.format == UNKNOWN and path in self._external_files() and self._is_numbers(path):
                facts = replace(facts, format=EXTERNAL_FORMAT, coverage=Coverage.COMPLETE, reason="")
            self._together[path] = facts
        return self._together[path]

    def all_facts(self) -> Sequence[FileFacts]:
        """Facts of every file, in path order."""
        return tuple(self.facts(file.path) for file in self._snapshot.files)

    def fact(self, name: str) -> Fact | None:
        """A fact about the model as a whole, or None where nothing states it."""
        return self._model_facts().get(name)

    def model_facts(self) -> tuple[Fact, ...]:
        """Every fact about the model as a whole."""
        return tuple(self._model_facts().values())

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Bytes of one file; shorter only at its end.

        Raises:
            NotFoundError: the snapshot has no such file.
            StorageError: its bytes cannot be had.
        """
        reader = self._open(self._snapshot.file(path))
        try:
            return reader.read(offset, length)
        finally:
            _give_back(reader)

    def close(self) -> None:
        """Forget what was read. Files are open only while they are read, so none is left open."""
        self._alone.clear()
        self._together.clear()
        self._external = None
        self._model = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _model_facts(self) -> dict[str, Fact]:
        if self._model is None:
            files = {facts.path: facts for facts in self.all_facts()}
            found = layout_facts(files, lambda path: self._open(self._snapshot.file(path)))
            self._model = {fact.name: fact for fact in found}
        return self._model

    def _read(self, path: str) -> FileFacts:
        """Facts of one file by itself."""
        if path not in self._alone:
            reader = self._open(self._snapshot.file(path))
            try:
                self._alone[path] = read_file(reader, path)
            finally:
                _give_back(reader)
        return self._alone[path]

    def _is_numbers(self, path: str) -> bool:
        """Whether tensors of graphs own all of a file, and nothing else would load it by its name."""
        if path.lower().endswith(UNPICKLED):
            return False
        ranges = sorted(
            (tensor.offset, tensor.offset + tensor.nbytes)
            for file in self._snapshot.files
            for tensor in self._read(file.path).all_tensors()
            if tensor.file == path and tensor.offset >= 0
        )
        end = 0
        for start, stop in ranges:
            if start - end > MOST_PADDING:
                return False
            end = max(end, stop)
        return bool(ranges) and self._snapshot.file(path).size - end <= MOST_PADDING

    def _outside(self, facts: FileFacts) -> tuple[Anomaly, ...]:
        """External data that is not there, or does not lie inside its file."""
        found = AnomalyList()
        gone: set[str] = set()
        sizes = {file.path: file.size for file in self._snapshot.files}
        for tensor in facts.tensors:
            size = sizes.get(tensor.file)
            end = tensor.offset + tensor.nbytes
            if size is None:
                if tensor.file not in gone:
                    gone.add(tensor.file)
                    found.add(_EXTERNAL_RULE, f"the external data {quoted(tensor.file)} is not there")
            elif tensor.offset >= 0 and end > size:
                lies = f"lies at [{tensor.offset}, {end}) of {quoted(tensor.file)}, which has {size} bytes"
                found.add(_EXTERNAL_RULE, f"the tensor {quoted(tensor.name)} {lies}")
        return found.as_tuple()

    def _external_files(self) -> frozenset[str]:
        """Files that another file of this snapshot names as the place of its weights: plain numbers."""
        if self._external is None:
            graphs = [f.path for f in self._snapshot.files if posixpath.splitext(f.path)[1] in POINTING]
            self._external = frozenset(
                tensor.file for path in graphs for tensor in self._read(path).tensors if tensor.file != path
            )
        return self._external


def _give_back(reader: RangeReader) -> None:
    """Close a reader; the port has no close, because one of bytes in memory has nothing to give back."""
    close = getattr(reader, "close", None)
    if close is not None:
        close()
