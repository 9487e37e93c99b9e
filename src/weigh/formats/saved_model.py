"""TensorFlow SavedModel: the graph file, Keras' metadata beside it.

Nothing of the graph is executed; its operators are counted, and those that reach beyond it are judged
(`saved_model_graph`). Source: tensorflow/core/protobuf/saved_model.proto and
tensorflow/python/saved_model/README.md.
"""

import json
import re
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import (
    Basis,
    CallableUse,
    Coverage,
    ExternalReference,
    Fact,
    FileFacts,
    OperatorUse,
    ValuePort,
)
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.keras_config import CUSTOM, keras_anomalies
from weigh.formats.saved_model_graph import Judge
from weigh.formats.saved_model_messages import (
    ASSET,
    DIM,
    DTYPES,
    ENTRY,
    FUNCTION,
    GRAPH,
    INFO,
    KERAS_METADATA,
    KERAS_NODE,
    LIBRARY,
    META_GRAPH,
    OBJECT,
    OBJECTS,
    OP_DEF,
    SAVED_MODEL,
    SAVER,
    SHAPE,
    SIGNATURE,
    TENSOR_INFO,
    USER_OBJECT,
)
from weigh.formats.wire import Span, Wire

FORMAT = "saved-model"
ASSET_OUTSIDE = "WGH-SM006"
BROKEN = "WGH-SM007"
BEYOND = "WGH-SM008"

MAX_METADATA = 16 * 1024 * 1024
"""Bytes of one object's Keras metadata."""
MAX_PORTS = 10_000
_OUTSIDE = re.compile(r"^[\\/~]|^[A-Za-z]:|://|(?:^|[\\/])\.\.(?:[\\/]|$)|\0")


def read_saved_model(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `saved_model.pb`. Never raises for what the file holds.

    Args:
        reader: its bytes; payloads of constants are not read.
        path: of the file inside the snapshot.
        descent: not needed, the graph holds no other files.
    """
    del descent
    return _read(reader, path, FORMAT, _Model.read)


def read_keras_metadata(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `keras_metadata.pb`: the configuration of every Keras object in a SavedModel.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: not needed.
    """
    del descent
    return _read(reader, path, "keras-metadata", _Model.read_metadata)


def _read(reader: RangeReader, path: str, name: str, read: Any) -> FileFacts:
    model = _Model(reader, path)
    coverage, reason = Coverage.COMPLETE, ""
    try:
        read(model)
    except MalformedError as error:
        coverage = Coverage.PARTIAL if error.rule == BEYOND else Coverage.MALFORMED
        reason = str(error)
        if error.rule != BEYOND:
            model.found.add_error(error)
    counts = sorted(model.judge.counts.items())
    return FileFacts(
        path,
        name,
        coverage,
        reason,
        operators=tuple(OperatorUse(*_domain(op), count) for op, count in counts),
        callables=tuple(model.callables),
        external=tuple(model.external),
        graph_inputs=tuple(model.inputs),
        graph_outputs=tuple(model.outputs),
        metadata=tuple(model.facts.values()),
        anomalies=model.found.as_tuple(),
    )


def _domain(op: str) -> tuple[str, str]:
    """A custom operator carries its library's name: `Addons>Gelu`."""
    domain, _, name = op.rpartition(">")
    return domain, name


class _Model:
    """Reads one file."""

    def __init__(self, reader: RangeReader, path: str) -> None:
        self.found = AnomalyList()
        self.callables: list[CallableUse] = []
        self.external: list[ExternalReference] = []
        self.inputs: list[ValuePort] = []
        self.outputs: list[ValuePort] = []
        self.facts: dict[str, Fact] = {}
        self._reader = reader
        self._path = path
        self._wire = Wire(reader, broken=BROKEN, beyond=BEYOND)
        self.judge = Judge(reader, self._wire, self.found)

    def read(self) -> None:
        """Read the whole SavedModel."""
        graphs = 0
        for name, value in self._wire.walk((0, self._reader.size), SAVED_MODEL, depth=1):
            if name == "meta_graph":
                graphs += 1
                self._meta_graph(value)
        if not graphs:
            raise MalformedError("this is no SavedModel", why="it has no graph", rule=BROKEN)

    def read_metadata(self) -> None:
        """Read the metadata that Keras keeps beside a SavedModel."""
        nodes = 0
        for _, span in self._wire.walk((0, self._reader.size), KERAS_METADATA, depth=1):
            nodes += 1
            for name, value in self._wire.walk(span, KERAS_NODE, depth=2):
                if name == "metadata":
                    self._keras(value)
        if not nodes:
            raise MalformedError("this is no Keras metadata", why="it has no object", rule=BROKEN)

    def _meta_graph(self, span: Span) -> None:
        parts = self._wire.collect(span, META_GRAPH, depth=2)
        given: set[str] = set()
        for saver in parts.get("saver", []):
            given |= {name.partition(":")[0] for _, name in self._wire.walk(saver, SAVER, depth=3)}
        for asset in parts.get("asset", []):
            given |= self._asset(asset)
        self.judge.given = frozenset(given)
        for info in parts.get("info", []):
            self._info(info)
        for signature in parts.get("signature", []):
            self._signature(signature)
        for graph in parts.get("graph", []):
            # functions first: the graph's calls are judged by what the functions do
            for name, library in self._wire.walk(graph, GRAPH, depth=3):
                if name == "library":
                    self._functions(library)
            self.judge.graph(graph, GRAPH, "")
        for objects in parts.get("objects", []):
            self._objects(objects)

    def _functions(self, span: Span) -> None:
        self._each_function(span)
        if self.judge.open_by_argument:
            # once more for the calls alone: the function that is called may stand behind its caller
            self.judge.only_calls = True
            self._each_function(span)
            self.judge.only_calls = False

    def _each_function(self, span: Span) -> None:
        for _, function in self._wire.walk(span, LIBRARY, depth=4):
            name = ""
            for kind, place in self._wire.walk(function, FUNCTION, depth=5):
                if kind == "signature":
                    name = next((text for _, text in self._wire.walk(place, OP_DEF, depth=6)), "")
                    break
            self.judge.graph(function, FUNCTION, name or "a function")

    def _asset(self, span: Span) -> set[str]:
        """The node that stands for an asset; its file must lie in the folder `assets`."""
        node: set[str] = set()
        for name, value in self._wire.walk(span, ASSET, depth=3):
            if name == "tensor":
                fields = self._wire.walk(value, TENSOR_INFO, depth=4)
                node |= {text.partition(":")[0] for kind, text in fields if kind == "name"}
            else:
                self.external.append(ExternalReference(value[:1000], "asset of a SavedModel", span[0]))
                if _OUTSIDE.search(value):
                    self.found.add(
                        ASSET_OUTSIDE, f"the asset {quoted(value)} leaves the folder", offset=span[0]
                    )
        return node

    def _info(self, span: Span) -> None:
        for name, value in self._wire.walk(span, INFO, depth=3):
            key = "tensorflow.version" if name == "version" else "saved_model.tags"
            old = self.facts.get(key)
            text = value[:80]
            both = f"{old.value}, {text}"[:200] if old and text not in str(old.value) else text
            self.facts[key] = Fact(key, both, Basis.DECLARED, self._path)

    def _signature(self, span: Span) -> None:
        """Inputs and outputs of every signature; of several signatures, equal ports stand once."""
        for name, value in self._wire.walk(span, ENTRY, depth=3):
            if name != "value":
                continue
            for kind, entry in self._wire.walk(value, SIGNATURE, depth=4):
                ports = {"input": self.inputs, "output": self.outputs}.get(kind)
                if ports is None or len(ports) >= MAX_PORTS:
                    continue
                port = self._port(entry)
                if port not in ports[-100:]:
                    ports.append(port)

    def _port(self, span: Span) -> ValuePort:
        name, dtype = "", "UNKNOWN"
        shape: tuple[int | str, ...] = ()
        for key, value in self._wire.walk(span, ENTRY, depth=5):
            if key == "key":
                name = value
                continue
            for kind, item in self._wire.walk(value, TENSOR_INFO, depth=6):
                if kind == "dtype":
                    dtype = DTYPES.get(item, "UNKNOWN")
                elif kind == "shape":
                    shape = tuple(self._dims(item))
        return ValuePort(name, dtype, shape)

    def _dims(self, span: Span) -> list[int | str]:
        dims: list[int | str] = []
        for name, value in self._wire.walk(span, SHAPE, depth=7):
            if name == "dim" and len(dims) < 64:
                fields = dict(self._wire.walk(value, DIM, depth=8))
                size = fields.get("size", 0)
                dims.append(size if size >= 0 else str(fields.get("name", "")))
        return dims

    def _objects(self, span: Span) -> None:
        for _, node in self._wire.walk(span, OBJECTS, depth=3):
            for name, user in self._wire.walk(node, OBJECT, depth=4):
                if name == "user":
                    for kind, value in self._wire.walk(user, USER_OBJECT, depth=5):
                        if kind == "metadata":
                            self._keras(value)

    def _keras(self, span: Span) -> None:
        """Keras' configuration of one object.

        A class that is not Keras' own needs no code: the graph stands in for it when it is loaded.
        """
        size = span[1] - span[0]
        if size > MAX_METADATA:
            raise self._wire.limit(f"metadata of {size} bytes", span[0])
        try:
            value = json.loads(self._reader.read(span[0], size))
        except (ValueError, RecursionError):
            return  # objects of other libraries keep other text here
        anomalies, callables = keras_anomalies(value)
        for anomaly in anomalies:
            if anomaly.rule != CUSTOM:
                self.found.add(anomaly.rule, anomaly.detail, offset=span[0])
        self.callables += callables[: 1000 - len(self.callables)]
