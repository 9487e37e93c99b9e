"""ONNX: what a model file holds, read from its bytes without building or running anything.

Rules are listed in docs/formats/onnx.md.
"""

from dataclasses import replace
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import (
    Basis,
    Coverage,
    ExternalReference,
    Fact,
    FileFacts,
    OperatorSet,
    OperatorUse,
    ValuePort,
)
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.carried_code import carried_code
from weigh.formats.onnx_graph import GraphWalk
from weigh.formats.onnx_messages import ENTRY, KNOWN_IR, KNOWN_OPSETS, MODEL, TRAINING
from weigh.formats.onnx_tensor import TensorReader
from weigh.formats.wire import MAX_TEXT, Span, Wire

FORMAT = "onnx"
LIMIT_RULE = "WGH-O006"
BROKEN_RULE = "WGH-O008"

NESTED_RULE = "WGH-O014"

MAX_METADATA = 10_000
MOST_VERSION = 1_000
"""Of the format or of an operator set; both are near 30 after nine years."""

STANDARD_DOMAINS = frozenset(
    {
        # the standard, and its own extensions
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.preview",
        "ai.onnx.preview.training",
        # compiled into every build of ONNX Runtime; nothing is loaded from elsewhere
        "com.microsoft",
        "com.microsoft.nchwc",
        "com.ms.internal.nhwc",
    }
)
"""Domains whose operators a plain runtime brings itself.

Left out on purpose: `ai.onnx.contrib` (onnxruntime-extensions, a library of its own that also has an
operator for Python functions) and `org.pytorch.aten` (calls into an installed PyTorch by name).
"""

PYTHON_OPERATORS = frozenset({"PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad"})
"""Operators that call a Python function by name, in whatever domain they stand."""


def read_onnx(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one ONNX file. Never raises for what the file holds.

    Args:
        reader: its bytes; weights are skipped by offset, so memory does not grow with them.
        path: of the file inside the snapshot.
    """
    found = AnomalyList()
    wire = Wire(reader, broken=BROKEN_RULE, beyond=LIMIT_RULE)
    walk = GraphWalk(TensorReader(wire, path, found))
    header: dict[str, Any] = {"metadata": {}, "graphs": 0, "training": 0}
    coverage, reason = Coverage.COMPLETE, ""
    try:
        _model(wire, walk, header, reader.size)
    except MalformedError as error:
        if error.rule == LIMIT_RULE and "nested deeper" in error.why:
            found.add(NESTED_RULE, error.why, offset=error.offset or 0)
        found.add_error(error)
        coverage = Coverage.PARTIAL if error.rule == LIMIT_RULE else Coverage.MALFORMED
        reason = str(error)
    if coverage is Coverage.COMPLETE:
        reason = _partly(walk)
        coverage = Coverage.PARTIAL if reason else coverage
    _judge_operators(walk, found)
    _judge_versions(walk, header, found)
    code = carried_code(text for pair in header["metadata"].items() for text in pair)
    if code:
        found.add("WGH-O017", f"its metadata holds {code}")
    return replace(
        _facts(walk, path), coverage=coverage, reason=reason, metadata=_metadata(walk, header, path)
    )


def _model(wire: Wire, walk: GraphWalk, header: dict[str, Any], size: int) -> None:
    for part, value in wire.walk((0, size), MODEL, depth=1):
        if part == "graph":
            header["graphs"] += 1
            walk.graph(value, depth=2, main=True)
        elif part == "functions":
            walk.function(value, depth=2)
        elif part == "opset_import":
            walk.operator_set(value, depth=2)
        elif part == "training_info":
            header["training"] += 1
            _training(wire, walk, value)
        elif part == "metadata_props":
            _note_entry(wire, value, header["metadata"])
        else:
            header[part] = value
    if not header["graphs"]:
        raise MalformedError("there is no graph", why="an ONNX model has one", rule=BROKEN_RULE)
    if header["graphs"] > 1:
        # parsers merge the two into one graph; whoever looked at one of them was misled
        walk.reader.found.add("WGH-O009", f"the model states graph {header['graphs']} times")


def _training(wire: Wire, walk: GraphWalk, span: Span) -> None:
    for part, value in wire.walk(span, TRAINING, depth=2):
        if part == "graph":
            walk.graph(value, depth=3, scope="training/")


def _note_entry(wire: Wire, span: Span, metadata: dict[str, str]) -> None:
    """Note one metadata pair; a value too long to keep is replaced by its length."""
    if len(metadata) >= MAX_METADATA:
        raise wire.limit(f"more than {MAX_METADATA} metadata entries", span[0])
    entry = wire.collect(span, ENTRY, depth=2)
    start, end = entry.get("value", [(0, 0)])[-1]
    kept = end - start <= MAX_TEXT
    key = entry.get("key", [""])[-1]
    metadata[key] = wire.text((start, end)) if kept else f"({end - start} bytes)"


def _partly(walk: GraphWalk) -> str:
    """Why a file that could be walked is still not wholly understood."""
    if walk.reader.wire.unknown_fields:
        return f"it has {walk.reader.wire.unknown_fields} fields this version does not know"
    if walk.reader.unknown_types:
        known = ", ".join(str(n) for n in sorted(walk.reader.unknown_types)[:5])
        return f"it has tensors of an element type this version does not know ({known})"
    return ""


def _judge_operators(walk: GraphWalk, found: AnomalyList) -> None:
    own = set(walk.functions)
    for (domain, name), count in sorted(walk.operators.items()):
        uses = f"{quoted(name)} of the domain {quoted(domain)} ({count} uses)"
        if name in PYTHON_OPERATORS:
            found.add("WGH-O013", f"the operator {uses} calls Python")
        elif domain not in STANDARD_DOMAINS and (domain, name) not in own:
            found.add("WGH-O004", f"the operator {uses} is not in a standard operator set")


def _judge_versions(walk: GraphWalk, header: dict[str, Any], found: AnomalyList) -> None:
    stated = [("IR", header.get("ir_version", 0)), *((d or "ai.onnx", v) for d, v in sorted(walk.opsets))]
    for what, version in stated:
        if not 0 <= version <= MOST_VERSION:
            found.add("WGH-O016", f"it states version {version} of {quoted(what)}")


def _facts(walk: GraphWalk, path: str) -> FileFacts:
    reader = walk.reader
    return FileFacts(
        path,
        FORMAT,
        Coverage.COMPLETE,
        tensors=tuple(reader.tensors),
        operators=tuple(OperatorUse(d, n, count) for (d, n), count in sorted(walk.operators.items())),
        operator_sets=tuple(OperatorSet(d, v) for d, v in sorted(walk.opsets)),
        external=tuple(
            ExternalReference(location, "external tensor data", offset)
            for location, offset in reader.locations.items()
        ),
        graph_inputs=_inputs(walk),
        graph_outputs=tuple(port for port, _ in walk.outputs),
        embedded_values=walk.embedded,
        anomalies=reader.found.as_tuple(),
    )


def _inputs(walk: GraphWalk) -> tuple[ValuePort, ...]:
    """Files before IR version 4 list initializers as inputs, too; nobody feeds those."""
    return tuple(port for port, _ in walk.inputs if port.name not in walk.initializers)


def _metadata(walk: GraphWalk, header: dict[str, Any], path: str) -> tuple[Fact, ...]:
    unshaped = [port.name for port, shaped in (*walk.inputs, *walk.outputs) if not shaped]
    declared = {
        "onnx.ir_version": header.get("ir_version"),
        "onnx.producer": header.get("producer_name"),
        "onnx.producer_version": header.get("producer_version"),
        "onnx.domain": header.get("domain"),
        "onnx.model_version": header.get("model_version"),
        "onnx.graph_name": walk.name,
        "onnx.metadata": header["metadata"],
    }
    detected = {
        "onnx.nodes": walk.nodes,
        "onnx.initializers": len(walk.initializers),
        "onnx.subgraphs": walk.subgraphs,
        "onnx.list_values": walk.list_values,
        "onnx.functions": [f"{domain}::{name}" for domain, name in walk.functions],
        "onnx.training": header["training"],
        "onnx.beyond_known": _beyond_known(walk, header),
        "onnx.unshaped": unshaped,
    }
    # an empty list or text says nothing; a count of nodes says something even when it is 0
    always = {"onnx.nodes", "onnx.initializers"}
    return tuple(
        Fact(name, value, basis, path)
        for basis, facts in ((Basis.DECLARED, declared), (Basis.DETECTED, detected))
        for name, value in facts.items()
        if value or name in always
    )


def _beyond_known(walk: GraphWalk, header: dict[str, Any]) -> list[str]:
    """Versions newer than this reader's tables; their operators may mean something new."""
    ir = header.get("ir_version", 0)
    newer = [f"IR version {ir}"] if ir > KNOWN_IR else []
    newer += [
        f"operator set {domain or 'ai.onnx'} {version}"
        for domain, version in sorted(walk.opsets)
        if version > KNOWN_OPSETS.get(domain, version)
    ]
    return newer
