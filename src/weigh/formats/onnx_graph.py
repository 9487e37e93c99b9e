"""Walks an ONNX graph, its subgraphs and functions, and notes what is in them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from weigh.core.facts import ValuePort
from weigh.formats.anomalies import quoted
from weigh.formats.onnx_external import why_refused
from weigh.formats.onnx_messages import ATTRIBUTE, FUNCTION, GRAPH, NODE, OPERATOR_SET
from weigh.formats.onnx_tensor import TensorReader, read_port
from weigh.formats.wire import Run, Span

MAX_NODES = 500_000
MAX_OPERATORS = 100_000
"""Different operators of one file."""
MAX_OPERATOR_SETS = 1_000
MAX_FUNCTIONS = 100_000
MAX_PATH = 1024
"""Bytes of a context that may be a path; a context itself is longer."""
MAX_PORTS = 100_000
"""Inputs, or outputs, of one graph."""

_LISTS = {
    "value_float": ("f", "F32"),
    "value_floats": ("floats", "F32"),
    "value_int": ("i", "I64"),
    "value_ints": ("ints", "I64"),
    "value_string": ("s", "STRING"),
    "value_strings": ("strings", "STRING"),
}
"""Constant's attributes that hold plain numbers, the field they stand in, and their type."""


@dataclass(slots=True)
class GraphWalk:
    """What walking a model's graphs found.

    Attributes:
        reader: keeps tensors and anomalies.
        operators: (domain, operator) → uses, over all graphs and functions.
        inputs: of the main graph, initializers included, with whether a shape is stated.
        outputs: of the main graph.
        initializers: names of the main graph's initializers.
        embedded: values that stand in attributes.
        list_values: numbers in lists of floats of nodes that are not Constant (trees' weights).
        nodes: over all graphs and functions.
        subgraphs: graphs that stand in attributes.
        functions: (domain, name) of the file's own functions.
        opsets: (domain, version) of the operator sets asked for.
        name: of the main graph.
    """

    reader: TensorReader
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    inputs: list[tuple[ValuePort, bool]] = field(default_factory=list)
    outputs: list[tuple[ValuePort, bool]] = field(default_factory=list)
    initializers: set[str] = field(default_factory=set)
    embedded: int = 0
    list_values: int = 0
    nodes: int = 0
    subgraphs: int = 0
    functions: list[tuple[str, str]] = field(default_factory=list)
    opsets: set[tuple[str, int]] = field(default_factory=set)
    name: str = ""

    def graph(self, span: Span, *, depth: int, scope: str = "", main: bool = False) -> None:
        """Walk one graph.

        Args:
            span: its message.
            depth: nesting of that message.
            scope: put before the names of its tensors; "" for the main graph.
            main: whether its inputs and outputs are the model's.
        """
        names: set[str] = self.initializers if main else set()
        wire = self.reader.wire
        for part, value in wire.walk(span, GRAPH, depth=depth):
            if part == "node":
                self.node(value, depth=depth + 1, scope=scope)
            elif part == "initializer":
                label = self.reader.add(value, depth=depth + 1, scope=scope).name
                self._unique(label, names, value)
            elif part == "sparse_initializer":
                label = self.reader.add_sparse(value, depth=depth + 1, scope=scope)
                self._unique(label, names, value)
            elif not main:
                continue
            elif part == "name":
                self.name = value
            else:
                self._port(part, value, depth=depth + 1)

    def function(self, span: Span, *, depth: int) -> None:
        """Walk one of the file's own functions."""
        message = self.reader.wire.collect(span, FUNCTION, depth=depth)
        domain, name = message.get("domain", [""])[-1], message.get("name", [""])[-1]
        if len(self.functions) >= MAX_FUNCTIONS:
            raise self.reader.wire.limit(f"more than {MAX_FUNCTIONS} functions", span[0])
        self.functions.append((domain, name))
        scope = f"{domain}::{name}/"
        for node in message.get("node", ()):
            self.node(node, depth=depth + 1, scope=scope)
        for attribute in message.get("attribute_proto", ()):
            self._attribute(attribute, ("", scope + "default"), depth=depth + 1)
        for entry in message.get("opset_import", ()):
            self.operator_set(entry, depth=depth + 1)

    def operator_set(self, span: Span, *, depth: int) -> None:
        """Note an operator set that is asked for."""
        message = self.reader.wire.collect(span, OPERATOR_SET, depth=depth)
        asked = (message.get("domain", [""])[-1], message.get("version", [0])[-1])
        if len(self.opsets) >= MAX_OPERATOR_SETS:
            raise self.reader.wire.limit(f"more than {MAX_OPERATOR_SETS} operator sets", span[0])
        self.opsets.add(asked)

    def node(self, span: Span, *, depth: int, scope: str) -> None:
        """Note one node, its tensors and its subgraphs."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.reader.wire.limit(f"more than {MAX_NODES} nodes", span[0])
        message = self.reader.wire.collect(span, NODE, depth=depth)
        operator = (message.get("domain", [""])[-1], message.get("op_type", [""])[-1])
        if operator not in self.operators and len(self.operators) >= MAX_OPERATORS:
            raise self.reader.wire.limit(f"more than {MAX_OPERATORS} different operators", span[0])
        self.operators[operator] += 1
        outputs = [o for o in message.get("output", ()) if o]
        label = scope + (outputs[0] if outputs else message.get("name", [""])[-1] or operator[1])
        for attribute in message.get("attribute", ()):
            self._attribute(attribute, (operator[1], label), depth=depth + 1)

    def _port(self, part: str, span: Span, *, depth: int) -> None:
        ports = self.inputs if part == "input" else self.outputs
        if len(ports) >= MAX_PORTS:
            raise self.reader.wire.limit(f"more than {MAX_PORTS} {part}s", span[0])
        ports.append(read_port(self.reader.wire, span, depth=depth))

    def _unique(self, label: str, names: set[str], span: Span) -> None:
        if label in names:
            self.reader.found.add(
                "WGH-O005", f"the initializer {quoted(label)} stands twice in one graph", offset=span[0]
            )
        names.add(label)

    def _attribute(self, span: Span, owner: tuple[str, str], *, depth: int) -> None:
        operator, label = owner
        message = self.reader.wire.collect(span, ATTRIBUTE, depth=depth)
        name = message.get("name", [""])[-1]
        for single in ("t", "g", "sparse_tensor"):
            if len(message.get(single, ())) > 1:
                self.reader.found.add(
                    "WGH-O009",
                    f"the attribute {quoted(name)} of {quoted(label)} states {single} twice",
                    offset=span[0],
                )
        if operator == "EPContext" and name == "ep_cache_context":
            self._context(message, label)
        constant = operator == "Constant"
        self._tensors(message, label if constant else f"{label}.{name}", depth=depth + 1)
        if constant:
            self._numbers(message, name, label)
        else:
            self.list_values += sum(run.count for run in message.get("floats", ()))
        for part in ("g", "graphs"):
            for place, graph in enumerate(message.get(part, ())):
                self.subgraphs += 1
                number = f"[{place}]" if part == "graphs" else ""
                self.graph(graph, depth=depth + 1, scope=f"{label}.{name}{number}/")

    def _context(self, message: dict[str, list[Any]], label: str) -> None:
        """A compiled context that lies in a file of its own, beside the model."""
        runs: list[Run] = message.get("s", [])
        if not runs or runs[-1].span[1] - runs[-1].span[0] > MAX_PATH:
            return
        location = self.reader.wire.text(runs[-1].span)
        if location.isprintable() and why_refused(location):
            detail = f"the context of {quoted(label)} lies at {quoted(location)}: {why_refused(location)}"
            self.reader.found.add("WGH-O001", detail, offset=runs[-1].span[0])

    def _tensors(self, message: dict[str, list[Any]], label: str, *, depth: int) -> None:
        before = len(self.reader.tensors)
        for tensor in message.get("t", ()):
            self.reader.add(tensor, depth=depth, name=label)
        for place, tensor in enumerate(message.get("tensors", ())):
            self.reader.add(tensor, depth=depth, name=f"{label}[{place}]")
        for tensor in message.get("sparse_tensor", ()):
            self.reader.add_sparse(tensor, depth=depth, name=label)
        for place, tensor in enumerate(message.get("sparse_tensors", ())):
            self.reader.add_sparse(tensor, depth=depth, name=f"{label}[{place}]")
        self.embedded += sum(tensor.count for tensor in self.reader.tensors[before:])

    def _numbers(self, message: dict[str, list[Any]], name: str, label: str) -> None:
        part, dtype = _LISTS.get(name, ("", ""))
        runs: list[Run] = message.get(part, [])
        count = sum(run.count for run in runs)
        if not count:
            return
        span = runs[0].span if len(runs) == 1 else (-1, -1)
        self.reader.add_numbers(Run(count, span), dtype, name=label)
        self.embedded += count
