"""HDF5: every group, dataset and attribute, and what a Keras model in it would build.

Source: "HDF5 File Format Specification Version 3.0" (support.hdfgroup.org); for what Keras keeps in it,
keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py.
"""

import re
from typing import TYPE_CHECKING

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, CallableUse, Coverage, ExternalReference, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, malformed, quoted
from weigh.formats.descent import BETWEEN, Descent, SliceReader
from weigh.formats.hdf5_file import BEYOND, BROKEN, Hdf5File, Message
from weigh.formats.hdf5_groups import Link, LinkKind, links
from weigh.formats.hdf5_heap import heap_messages
from weigh.formats.hdf5_storage import read_dataset
from weigh.formats.hdf5_types import read_attribute
from weigh.formats.keras_config import keras_anomalies
from weigh.formats.keras_json import config_of
from weigh.formats.pickle_inside import Inside
from weigh.formats.pickle_literals import SHORTEST
from weigh.formats.reader import BytesReader
from weigh.formats.smuggled import MOST_TRIES, TOO_MANY, carried, keep_file

if TYPE_CHECKING:
    from weigh.core.tensor import TensorInfo

FORMAT = "hdf5"
EXTERNAL_LINK = "WGH-HD004"
OVERLAP = "WGH-HD008"
SIBLING = "WGH-HD009"
UNKNOWN_LINK = "WGH-HD010"

MAX_OBJECTS = 200_000
"""Objects of one file; the largest models have some ten thousand datasets."""
MAX_NAME = 4_096
"""Characters of the path of one object."""
_CONFIGS = frozenset({"model_config", "training_config", "optimizer_config", "config"})
_STATED = frozenset({"keras_version", "backend", "pytorch-lightning_version", "nb_layers"})
_HARMFUL = re.compile(r"(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/~]|^[A-Za-z]:|://")


def read_hdf5(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one HDF5 file. Never raises for what the file holds.

    Payloads of datasets are not read. A configuration of Keras in an attribute is judged as one.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: reads what stands before the superblock.
    """
    try:
        file = Hdf5File(reader)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    inside = Inside(reader, path, descent)
    scan = _Scan(file, path, inside)
    scan.run()
    held, whole = carried(reader, path, descent, scan.tensors)
    if not whole:
        scan.unread = scan.unread or TOO_MANY
    members = (*inside.members, *held)
    if file.base and any(reader.read(0, min(file.base, 65_536))):
        block = descent.member(SliceReader(reader, 0, file.base), f"{path}{BETWEEN}(user block)")
        members = (block, *members)
    coverage = Coverage.MALFORMED if scan.broken else Coverage.PARTIAL if scan.unread else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        coverage,
        scan.broken or scan.unread,
        tensors=tuple(scan.tensors),
        callables=tuple(scan.callables),
        external=tuple(scan.external),
        metadata=tuple(scan.facts.values()),
        anomalies=scan.found.as_tuple(),
        members=members,
    )


class _Scan:
    """Visits every object of a file once."""

    def __init__(self, file: Hdf5File, path: str, inside: Inside) -> None:
        self.found = AnomalyList()
        self.tensors: list[TensorInfo] = []
        self.callables: list[CallableUse] = []
        self.external: list[ExternalReference] = []
        self.facts: dict[str, Fact] = {}
        self.broken = ""
        self.unread = ""
        self._file = file
        self._path = path
        self._inside = inside
        self._tried = 0

    def run(self) -> None:
        """Visit the root group and everything that hangs on it."""
        if self._file.end > self._file.size:
            why = f"it was written with {self._file.end} bytes and has {self._file.size}"
            self._fail(self._file.bad(why, 0, BEYOND))
        stack = [(self._file.root, "")]
        seen: set[int] = set()
        while stack:
            address, name = stack.pop()
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                self.unread = f"it has more than {MAX_OBJECTS} objects"
                break
            stack += reversed(self._object(address, name))
        self._overlaps()
        if {BROKEN, BEYOND} & {anomaly.rule for anomaly in self.found.as_tuple()}:
            self.broken = self.broken or "its structure is broken"

    def _object(self, address: int, name: str) -> list[tuple[int, str]]:
        """Read one object; the objects it links to."""
        below: list[tuple[int, str]] = []
        try:
            messages = self._file.messages(address)
            for message in messages:
                if message.kind == 12:
                    self._attribute(message, name)
                elif message.kind == 21:
                    self._many_attributes(message, name)
            for link in links(self._file, messages):
                below += self._link(link, name)
            tensor = read_dataset(self._file, name, self._path, messages, self.found)
        except MalformedError as error:
            self._fail(error)
            return below
        if tensor is not None:
            self.tensors.append(tensor)
        return below

    def _fail(self, error: MalformedError) -> None:
        """Keep what could not be read; an error without a rule is a form that is not read yet."""
        if error.rule:
            self.found.add_error(error, fatal=False)
            self.broken = self.broken or "its structure is broken"
        else:
            self.unread = self.unread or error.why

    def _link(self, link: Link, parent: str) -> list[tuple[int, str]]:
        name = f"{parent}/{link.name}"[-MAX_NAME:] if parent else link.name
        if link.kind is LinkKind.HARD:
            return [(link.address, name)]
        if link.kind is LinkKind.EXTERNAL:
            self.external.append(
                ExternalReference(link.target[:1000], f"HDF5 link {name[:200]}", link.offset)
            )
            sibling = not _HARMFUL.search(link.target) and link.target.lower().endswith((".h5", ".hdf5"))
            rule = SIBLING if sibling else EXTERNAL_LINK
            self.found.add(rule, f"{quoted(name)} lies in the file {quoted(link.target)}", offset=link.offset)
        elif link.kind is LinkKind.OTHER:
            self.found.add(UNKNOWN_LINK, f"{quoted(name)} is a {link.target}", offset=link.offset)
        return []

    def _many_attributes(self, message: Message, name: str) -> None:
        """Attributes that lie in a fractal heap (attribute info message, IV.A.2.v)."""
        cursor = self._file.fields(message.body, message.offset, 1)
        cursor.skip(2 if cursor.byte() & 1 else 0)
        heap, index = cursor.address(), cursor.address()
        if heap == self._file.undefined:
            return
        for body in heap_messages(self._file, heap, index, 8):
            self._attribute(Message(12, 0, body.rest(), body.offset), name)

    def _attribute(self, message: Message, name: str) -> None:
        attribute = read_attribute(self._file, message)
        if len(attribute.raw) >= SHORTEST and self._tried < MOST_TRIES:
            self._tried += keep_file(self._inside, BytesReader(attribute.raw), 0, len(attribute.raw))
            if self._tried == MOST_TRIES:
                self.unread = self.unread or TOO_MANY
        if attribute.value is None:
            if attribute.name in _CONFIGS:
                self.unread = self.unread or f"the attribute {attribute.name} is too long to be read"
            return
        whole = "".join(attribute.value)
        if attribute.name in _CONFIGS or whole.lstrip()[:1] == "{":
            self._config(attribute.name, whole)
        elif not name and attribute.name in _STATED:
            self.facts.setdefault(
                attribute.name, Fact(f"hdf5.{attribute.name}", whole[:200], Basis.DECLARED, self._path)
            )

    def _config(self, name: str, text: str) -> None:
        value, wrong = config_of(text)
        for anomaly in wrong:
            if name in _CONFIGS:
                self.found.add(anomaly.rule, f"{name}: {anomaly.detail}")
        if value is None:
            if name in _CONFIGS and wrong:
                self.broken = self.broken or f"the attribute {name} is not JSON"
            return
        anomalies, callables = keras_anomalies(value)
        for anomaly in anomalies:
            self.found.add(anomaly.rule, anomaly.detail)
        self.callables += callables
        if name == "model_config" and isinstance(value, dict):
            kind = str(value.get("class_name", ""))[:80]
            self.facts.setdefault("class", Fact("keras.model_class", kind, Basis.DECLARED, self._path))

    def _overlaps(self) -> None:
        """Two datasets in the same bytes: what one is checked for, the other loads."""
        plain = sorted(
            (t.offset, t.offset + t.nbytes, t.name) for t in self.tensors if t.offset >= 0 and t.nbytes
        )
        reached, owner = 0, ""
        for start, end, name in plain:
            if start < reached:
                self.found.add(OVERLAP, f"{quoted(name)} and {quoted(owner)} share bytes", offset=start)
            if end > reached:
                reached, owner = end, name
