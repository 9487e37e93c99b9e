"""TFLite: what a model file of LiteRT holds, read from its tables. Rules: docs/formats/tflite.md.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts, OperatorUse, ValuePort
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.flatbuffer import ABSURD, BROKEN, LIMIT, FlatBuffer, Table, Vector
from weigh.formats.smuggled import TOO_MANY, carried, smuggled
from weigh.formats.tflite_operators import (
    BROUGHT,
    BUILTIN,
    CUSTOM,
    FLEX,
    NEWER,
    REACHES_OUT,
    TYPES,
)

FORMAT = "tflite"
MAGIC = b"TFL3"
MAX_TENSORS = 200_000
MAX_RANK = 255
MOST_COUNT = 2**63 - 1
MOST_OFFSET = 1 << 48
OUTSIDE = "WGH-TL003"

_NO_BUFFER = 0
"""Buffer 0 is empty by agreement; tensors that are worked out name it."""
_NOT_THERE = -1
"""An operator's optional input that is left out."""


@dataclass(frozen=True, slots=True)
class _Buffer:
    at: int
    size: int


@dataclass(slots=True)
class _Walk:
    fb: FlatBuffer
    path: str
    found: AnomalyList
    codes: list[tuple[str, str]] = field(default_factory=list)
    buffers: list[_Buffer] = field(default_factory=list)
    tensors: list[TensorInfo] = field(default_factory=list)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    inputs: list[ValuePort] = field(default_factory=list)
    outputs: list[ValuePort] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    subgraphs: int = 0
    unknown: set[str] = field(default_factory=set)
    facts: dict[str, object] = field(default_factory=dict)


def read_tflite(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one TFLite file. Never raises for what the file holds.

    Args:
        reader: its bytes; weights are skipped by offset.
        path: of the file inside the snapshot.
        descent: reads files that lie in buffers; those appended as a zip are read through the table.
    """
    found = AnomalyList()
    walk = _Walk(FlatBuffer(reader), path, found)
    coverage, reason = Coverage.COMPLETE, ""
    try:
        _model(walk)
    except MalformedError as error:
        found.add_error(error)
        coverage = Coverage.PARTIAL if error.rule == LIMIT else Coverage.MALFORMED
        reason = str(error)
    if coverage is Coverage.COMPLETE and walk.unknown:
        coverage = Coverage.PARTIAL
        reason = f"it uses what this version does not know ({', '.join(sorted(walk.unknown)[:5])})"
    _judge_operators(walk)
    inside, whole = carried(reader, path, descent, _contents(walk))
    if not whole and coverage is Coverage.COMPLETE:
        coverage, reason = Coverage.PARTIAL, TOO_MANY
    members = (
        *inside,
        *smuggled(reader, path, descent, walk.fb.reached, reader.size, zips=False),
    )
    return replace(
        _facts(walk), coverage=coverage, reason=reason, anomalies=found.as_tuple(), members=members
    )


def _contents(walk: _Walk) -> Iterator[TensorInfo]:
    """The buffers as bytes, whatever a tensor says of them."""
    for place, buffer in enumerate(walk.buffers):
        yield TensorInfo(f"buffer {place}", "U8", (buffer.size,), walk.path, buffer.at, buffer.size)


def _model(walk: _Walk) -> None:
    fb = walk.fb
    if fb.size < 8 or fb.take(4, 4) != MAGIC:
        raise fb.bad("it has no whole header", 0)
    model = fb.root()
    walk.facts["tflite.version"] = fb.value(model, 0, "I")
    walk.facts["tflite.description"] = fb.text(model, 3)
    codes = fb.vector(model, 1, 4)
    for place in range(codes.count):
        walk.codes.append(_code(walk, fb.item(codes, place)))
    buffers = fb.vector(model, 4, 4)
    for place in range(buffers.count):
        walk.buffers.append(_buffer(walk, fb.item(buffers, place), place))
    graphs = fb.vector(model, 2, 4)
    walk.subgraphs = graphs.count
    counts = [_subgraph(walk, fb.item(graphs, place), place) for place in range(graphs.count)]
    if not counts:
        raise fb.bad("there is no graph", 0)
    _metadata(walk, model)
    _signatures(walk, model, counts)


def _code(walk: _Walk, code: Table) -> tuple[str, str]:
    """Domain and name of an operator code; both schemas' fields count, the larger number wins."""
    fb = walk.fb
    number = max(fb.value(code, 0, "b"), fb.value(code, 3, "i"))
    if number == CUSTOM:
        return "custom", fb.text(code, 1)
    if 0 <= number < len(BUILTIN):
        return "", BUILTIN[number]
    if not 0 <= number < NEWER:
        walk.found.add(
            OUTSIDE, f"it states the operator number {number}, which no version has", offset=code.at
        )
    else:
        walk.unknown.add(f"operator {number}")
    return "", f"operator {number}"


def _buffer(walk: _Walk, table: Table, place: int) -> _Buffer:
    fb = walk.fb
    inside = fb.vector(table, 0, 1)
    offset, size = fb.value(table, 1, "Q"), fb.value(table, 2, "Q")
    if offset <= 1:  # 0 and 1 stand for bytes that lie in the table itself
        return _Buffer(inside.at, inside.count)
    if offset + size > fb.size:
        absurd = offset > MOST_OFFSET or size > MOST_OFFSET
        raise MalformedError(
            f"buffer {place} lies at [{offset}, {offset + size})",
            why=f"the file has {fb.size} bytes",
            offset=table.at,
            rule=ABSURD if absurd else BROKEN,
        )
    return _Buffer(offset, size)


def _subgraph(walk: _Walk, graph: Table, place: int) -> int:
    """Read one graph; how many tensors it has."""
    fb = walk.fb
    listed = fb.vector(graph, 0, 4)
    if len(walk.tensors) + listed.count > MAX_TENSORS:
        raise fb.limit(f"more than {MAX_TENSORS} tensors")
    ports = [_tensor(walk, fb.item(listed, n), place) for n in range(listed.count)]
    for index, name, target in ((1, "input", walk.inputs), (2, "output", walk.outputs)):
        for number in fb.numbers(fb.vector(graph, index, 4), "i"):
            if not 0 <= number < len(ports):
                _outside(walk, f"the graph's {name}", number, len(ports), graph.at)
            elif place == 0:
                target.append(ports[number])
    operators = fb.vector(graph, 3, 4)
    for number in range(operators.count):
        _operator(walk, fb.item(operators, number), len(ports))
    return listed.count


def _operator(walk: _Walk, operator: Table, tensors: int) -> None:
    fb = walk.fb
    code = fb.value(operator, 0, "I")
    if code >= len(walk.codes):
        _outside(walk, "an operator's code", code, len(walk.codes), operator.at)
    else:
        walk.operators[walk.codes[code]] += 1
    for index, least, name in ((1, _NOT_THERE, "input"), (2, 0, "output"), (8, 0, "intermediate")):
        for number in fb.numbers(fb.vector(operator, index, 4), "i", most=100_000):
            if not least <= number < tensors:
                _outside(walk, f"an operator's {name}", number, tensors, operator.at)
    fb.vector(operator, 5, 1)
    offset, size = fb.value(operator, 9, "Q"), fb.value(operator, 10, "Q")
    if offset > 1 and offset + size > fb.size:
        walk.found.add(
            ABSURD, f"an operator's options lie at [{offset}, {offset + size})", offset=operator.at
        )


def _outside(walk: _Walk, what: str, number: int, count: int, at: int) -> None:
    walk.found.add(OUTSIDE, f"{what} is number {number} of {count}", offset=at)


def _tensor(walk: _Walk, tensor: Table, graph: int) -> ValuePort:
    fb = walk.fb
    name = fb.text(tensor, 3)
    sizes = fb.vector(tensor, 0, 4)
    shape = fb.numbers(sizes, "i", most=MAX_RANK)
    signature = fb.numbers(fb.vector(tensor, 7, 4), "i", most=MAX_RANK)
    kind = fb.value(tensor, 1, "b")
    dtype, bits = TYPES.get(kind, ("UNKNOWN", 0))
    if kind not in TYPES:
        walk.unknown.add(f"element type {kind}")
    count = math.prod(shape)
    if sizes.count > MAX_RANK or any(s < 0 for s in shape) or count > MOST_COUNT:
        detail = f"the tensor {quoted(name)} has the shape {list(shape[:8])}"
        walk.found.add("WGH-TL006", detail, offset=tensor.at)
        shape, count = (-1,), 0
    number = fb.value(tensor, 2, "I")
    if number >= len(walk.buffers):
        _outside(walk, f"the buffer of {quoted(name)}", number, len(walk.buffers), tensor.at)
    elif number != _NO_BUFFER and walk.buffers[number].size:
        buffer = walk.buffers[number]
        sparse = bool(fb.field(tensor, 6))
        if bits and not sparse and shape != (-1,):
            _fits(walk, name, (count * bits + 7) // 8, buffer, tensor.at)
        encoding = "; ".join(filter(None, ("sparse" if sparse else "", _quantised(fb, tensor))))
        scope = f"{graph}/" if graph else ""
        info = TensorInfo(scope + name, dtype, shape, walk.path, buffer.at, buffer.size, encoding)
        walk.tensors.append(info)
    free = tuple("" if s < 0 else s for s in (signature or shape))
    return ValuePort(name, dtype, free)


def _fits(walk: _Walk, name: str, needed: int, buffer: _Buffer, at: int) -> None:
    if buffer.size < needed:
        detail = f"the tensor {quoted(name)} needs {needed} bytes, its buffer has {buffer.size}"
        walk.found.add("WGH-TL007", detail, offset=at)
    elif buffer.size > needed:
        detail = f"the buffer of {quoted(name)} has {buffer.size - needed} bytes more than it needs"
        walk.found.add("WGH-TL008", detail, offset=at)


def _quantised(fb: FlatBuffer, tensor: Table) -> str:
    """Scale and zero point, where values stand for others."""
    quantisation = fb.child(tensor, 4)
    if quantisation is None:
        return ""
    scales, zeros = fb.vector(quantisation, 2, 4), fb.vector(quantisation, 3, 8)
    if not scales.count:
        return ""
    if scales.count > 1:
        return f"quantised with {scales.count} scales along dimension {fb.value(quantisation, 6, 'i')}"
    import struct

    scale = struct.unpack("<f", fb.take(scales.at, 4))[0]
    zero = fb.number(zeros.at, "q") if zeros.count else 0
    return f"quantised: scale {scale:.6g}, zero point {zero}"


def _metadata(walk: _Walk, model: Table) -> None:
    fb = walk.fb
    entries = fb.vector(model, 6, 4)
    for place in range(entries.count):
        entry = fb.item(entries, place)
        walk.metadata.append(fb.text(entry, 0))
        number = fb.value(entry, 1, "I")
        if number >= len(walk.buffers):
            _outside(walk, "the buffer of a metadata entry", number, len(walk.buffers), entry.at)
    for number in fb.numbers(fb.vector(model, 5, 4), "i"):
        if not 0 <= number < len(walk.buffers):
            _outside(walk, "a metadata buffer", number, len(walk.buffers), model.at)


def _signatures(walk: _Walk, model: Table, counts: list[int]) -> None:
    fb = walk.fb
    signatures = fb.vector(model, 7, 4)
    for place in range(signatures.count):
        signature = fb.item(signatures, place)
        walk.signatures.append(fb.text(signature, 2))
        graph = fb.value(signature, 4, "I")
        if graph >= len(counts):
            _outside(walk, "the graph of a signature", graph, len(counts), signature.at)
            continue
        for maps in (fb.vector(signature, 0, 4), fb.vector(signature, 1, 4)):
            _maps(walk, maps, counts[graph])


def _maps(walk: _Walk, maps: Vector, tensors: int) -> None:
    for place in range(maps.count):
        entry = walk.fb.item(maps, place)
        number = walk.fb.value(entry, 1, "I")
        if number >= tensors:
            _outside(walk, "a tensor of a signature", number, tensors, entry.at)


def _judge_operators(walk: _Walk) -> None:
    for domain, name in sorted(set(walk.codes)):
        if domain != "custom" or name in BROUGHT:
            continue
        if name.startswith(FLEX) and name.removeprefix(FLEX) in REACHES_OUT:
            detail = f"the operator {quoted(name)} reads or writes files, calls Python or another machine"
            walk.found.add("WGH-TL004", detail)
        elif name.removeprefix(FLEX) in REACHES_OUT:
            walk.found.add(
                "WGH-TL004", f"the custom operator {quoted(name)} is named like one that reaches out"
            )
        else:
            walk.found.add("WGH-TL005", f"the custom operator {quoted(name)} needs code from elsewhere")


def _facts(walk: _Walk) -> FileFacts:
    detected = {
        **walk.facts,
        "tflite.subgraphs": walk.subgraphs,
        "tflite.metadata": walk.metadata[:1000],
        "tflite.signatures": walk.signatures[:1000],
    }
    return FileFacts(
        walk.path,
        FORMAT,
        Coverage.COMPLETE,
        tensors=tuple(walk.tensors),
        operators=tuple(OperatorUse(d, n, count) for (d, n), count in sorted(walk.operators.items())),
        graph_inputs=tuple(walk.inputs),
        graph_outputs=tuple(walk.outputs),
        metadata=tuple(Fact(n, v, Basis.DETECTED, walk.path) for n, v in detected.items() if v),
    )
