"""CoreML models: `.mlmodel`, the model inside an `.mlpackage`, and its weight file.

Source: apple/coremltools, mlmodel/format/*.proto. Only the messages that hold weights, names of native
classes or paths are opened; all others are known by their number and passed over.
"""

from collections import Counter

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, ExternalReference, Fact, FileFacts, OperatorUse, ValuePort
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.coreml_messages import (
    ARRAY_DTYPES,
    ARRAY_TYPE,
    BRANCH,
    CUSTOM as CUSTOM_MESSAGE,
    DESCRIPTION,
    FEATURE,
    FEATURE_TYPE,
    LAYER,
    LINKED,
    LINKED_FILE,
    LOOP,
    LSTM,
    LSTM_WEIGHTS,
    METADATA,
    MODEL,
    NETWORK,
    PAIR_OF_TEXT,
    PIPELINE,
    TEXT_PARAMETER,
    WEIGHT_FIELDS,
    WEIGHTS,
    WRAPPED_PIPELINE,
)
from weigh.formats.coreml_program import CUSTOM, ELSEWHERE, LEAVES, MAX_TENSORS, Program
from weigh.formats.coreml_weights import BROKEN, FORMAT, UNKNOWN, is_weight_file, read_weight_file
from weigh.formats.descent import Descent
from weigh.formats.wire import Run, Span, Table, Take, Wire

BEYOND = "WGH-CM002"
_NOT_A_KIND = {"version", "description", "updatable"}
_NETWORKS = {"neuralNetwork", "neuralNetworkClassifier", "neuralNetworkRegressor"}
_PLAIN_DTYPES = {"F32": 4, "F16": 2}
_REVIEWED = {UNKNOWN, CUSTOM, ELSEWHERE, BEYOND}


def read_coreml(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one CoreML model or weight file. Never raises for what the file holds."""
    del descent
    if is_weight_file(reader):
        return read_weight_file(reader, path)
    found = AnomalyList()
    model = _Model(Wire(reader, broken=BROKEN, beyond=BEYOND), path, found)
    reason = ""
    try:
        model.read((0, reader.size), 1)
    except MalformedError as error:
        found.add_error(error, fatal=error.rule == BROKEN)
        reason = str(error)
    if model.wire.unknown_fields and not reason:
        found.add(UNKNOWN, f"{model.wire.unknown_fields} fields are not known to this version")
    if not model.kinds and not reason and not model.wire.unknown_fields:
        found.add(BROKEN, "it holds no model")
    bad = any(a.rule not in _REVIEWED for a in found.as_tuple())
    coverage = Coverage.MALFORMED if bad else Coverage.PARTIAL if reason else Coverage.COMPLETE
    program = model.program
    operators = Counter(program.operators)
    operators.update(model.layers)
    return FileFacts(
        path,
        FORMAT,
        coverage,
        "it breaks the rules of its format" if bad else reason,
        tensors=(*model.tensors, *program.tensors),
        operators=tuple(OperatorUse("", name, count) for name, count in sorted(operators.items())),
        external=(*model.external, *program.external.values()),
        graph_inputs=tuple(model.inputs),
        graph_outputs=tuple(model.outputs),
        metadata=tuple(Fact(f"coreml.{n}", v, Basis.DECLARED, path) for n, v in model.stated.items()),
        anomalies=found.as_tuple(),
    )


class _Model:
    """A model with the models inside it."""

    __slots__ = (
        "_found", "_path", "external", "inputs", "kinds", "layers", "outputs",
        "program", "stated", "tensors", "wire",
    )  # fmt: skip

    def __init__(self, wire: Wire, path: str, found: AnomalyList) -> None:
        self.wire = wire
        self._path = path
        self._found = found
        self.program = Program(wire, path, found)
        self.kinds: list[str] = []
        self.layers: Counter[str] = Counter()
        self.tensors: list[TensorInfo] = []
        self.external: list[ExternalReference] = []
        self.inputs: list[ValuePort] = []
        self.outputs: list[ValuePort] = []
        self.stated: dict[str, object] = {}

    def read(self, span: Span, depth: int) -> None:
        """Walk the model at `span`.

        Raises:
            MalformedError: the encoding is broken or a limit is exceeded.
        """
        for name, value in self.wire.walk(span, MODEL, depth=depth):
            if name == "version" and depth == 1:
                self.stated["version"] = value
            elif name == "description" and depth == 1:
                self._description(value, depth + 1)
            elif name not in _NOT_A_KIND:
                self.kinds.append(name)
                self._kind(name, value, depth + 1)
        self.stated["kinds"] = sorted(set(self.kinds))

    def _kind(self, name: str, span: Span, depth: int) -> None:
        if name in _NETWORKS:
            self._network(span, depth)
        elif name == "mlProgram":
            self.program.read(span, depth)
        elif name == "pipeline":
            self._pipeline(span, depth)
        elif name.startswith("pipeline"):
            for _, inner in self.wire.walk(span, WRAPPED_PIPELINE, depth=depth):
                self._pipeline(inner, depth + 1)
        elif name == "customModel":
            self._custom("model", span, depth)
        elif name == "linkedModel":
            self._linked(span, depth)
        elif name == "serializedModel":
            self._found.add(UNKNOWN, "it holds a model in a form that is not open", offset=span[0])

    def _pipeline(self, span: Span, depth: int) -> None:
        for name, inner in self.wire.walk(span, PIPELINE, depth=depth):
            if name == "model":
                self.read(inner, depth + 1)

    def _custom(self, what: str, span: Span, depth: int) -> None:
        names = self.wire.collect(span, CUSTOM_MESSAGE, depth=depth).get("name", [""])
        self._found.add(CUSTOM, f"a custom {what} needs the native class {quoted(names[-1])}", offset=span[0])

    def _linked(self, span: Span, depth: int) -> None:
        """A model in another file: its name, and the folders to look in."""
        for _, file in self.wire.walk(span, LINKED, depth=depth):
            for _, parameter in self.wire.walk(file, LINKED_FILE, depth=depth + 1):
                for text in self.wire.collect(parameter, TEXT_PARAMETER, depth=depth + 2).get("default", []):
                    self.external.append(ExternalReference(text, "another model", span[0]))
                    parts = text.replace("\\", "/").split("/")
                    leaves = ".." in parts or text.startswith(("/", "~", "\\")) or ":/" in text
                    rule = LEAVES if leaves else ELSEWHERE
                    self._found.add(rule, f"it links to {quoted(text)}", offset=span[0])

    def _network(self, span: Span, depth: int) -> None:
        for name, value in self.wire.walk(span, NETWORK, depth=depth):
            if name == "layer":
                self._layer(value, depth + 1)

    def _layer(self, span: Span, depth: int) -> None:
        layer = ""
        for name, value in self.wire.walk(span, LAYER, depth=depth):
            if name == "name":
                layer = value
                continue
            self.layers[name] += 1
            if name == "custom":
                self._custom("layer", value, depth + 1)
            elif name in {"branch", "loop"}:
                self._inner_networks(BRANCH if name == "branch" else LOOP, value, depth + 1)
            elif name.endswith("LSTM"):
                for weights in self.wire.collect(value, LSTM_IN, depth=depth + 1).values():
                    for place in weights:
                        self._weights(layer, LSTM_WEIGHTS, place, depth + 2)
            elif name in WEIGHT_FIELDS:
                self._weights(layer, WEIGHT_FIELDS[name], value, depth + 1)

    def _inner_networks(self, table: Table, span: Span, depth: int) -> None:
        for name, network in self.wire.walk(span, table, depth=depth):
            if name == "network":
                self._network(network, depth + 1)

    def _weights(self, layer: str, fields: dict[int, str], span: Span, depth: int) -> None:
        table: Table = {number: (name, Take.SPAN) for number, name in fields.items()}
        before = self.wire.unknown_fields
        for name, place in self.wire.walk(span, table, depth=depth):
            after = self.wire.unknown_fields
            parts = self.wire.collect(place, WEIGHTS, depth=depth + 1)
            before += self.wire.unknown_fields - after
            self._tensor(f"{layer}.{name}", parts)
        self.wire.unknown_fields = before  # the layer's other fields are numbers

    def _tensor(self, name: str, parts: dict[str, list[Span | Run]]) -> None:
        for kind, places in parts.items():
            for place in places if kind in {"F32", "F16", "raw", "I8"} else []:
                start, end = place.span if isinstance(place, Run) else place
                if end > start and len(self.tensors) < MAX_TENSORS:
                    dtype = kind if kind != "raw" and "quantised" not in parts else "BLOCKS"
                    width = _PLAIN_DTYPES.get(dtype, 1)
                    encoding = "quantised: a table or scale for each channel" if dtype == "BLOCKS" else ""
                    shape = ((end - start) // width,)
                    self.tensors.append(
                        TensorInfo(name, dtype, shape, self._path, start, end - start, encoding)
                    )

    def _description(self, span: Span, depth: int) -> None:
        for name, value in self.wire.walk(span, DESCRIPTION, depth=depth):
            if name == "metadata":
                self._metadata(value, depth + 1)
            elif len(self.inputs) + len(self.outputs) < 1000:
                (self.inputs if name == "input" else self.outputs).append(self._port(value, depth + 1))

    def _metadata(self, span: Span, depth: int) -> None:
        for name, value in self.wire.walk(span, METADATA, depth=depth):
            if name == "user":
                pair = self.wire.collect(value, PAIR_OF_TEXT, depth=depth + 1)
                user = self.stated.setdefault("metadata", {})
                if isinstance(user, dict) and len(user) < 100:
                    user[pair.get("key", [""])[-1][:200]] = pair.get("value", [""])[-1][:2000]
            elif value:
                self.stated[name] = value[:2000]

    def _port(self, span: Span, depth: int) -> ValuePort:
        fields = self.wire.collect(span, FEATURE, depth=depth)
        dtype, shape = "UNKNOWN", ()
        for kind in fields.get("type", []):
            for _, array in self.wire.walk(kind, FEATURE_TYPE, depth=depth + 1):
                parts = self.wire.collect(array, ARRAY_TYPE, depth=depth + 2)
                dtype = ARRAY_DTYPES.get(parts.get("type", [0])[-1], "UNKNOWN")
                shape = tuple(parts.get("shape", [])[:16])
        return ValuePort(fields.get("name", [""])[-1], dtype, shape)


LSTM_IN: Table = {**LSTM, **dict.fromkeys((1, 2, 10, 11, 15, 100), ("sizes", Take.SKIP))}
