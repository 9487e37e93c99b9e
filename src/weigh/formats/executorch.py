"""ExecuTorch programs (.pte): tables, plans and segments, each index and offset held against the file.

Source: executorch/schema/program.fbs and scalar_type.fbs (identifier ET12), and the extended header of
runtime/executor/program.cpp. Rules: docs/formats/tflite.md.
"""

import math
from collections import Counter
from dataclasses import dataclass, field, replace

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts, OperatorUse
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.flatbuffer import ABSURD, BROKEN, LIMIT, FlatBuffer, Table

FORMAT = "executorch"
MAGIC = b"ET12"
EXTENDED = b"eh00"
OUTSIDE = "WGH-TL003"
MOST_PLANS = 1_000
"""A plan is a method of the model; programs have a handful."""
MAX_VALUES = 200_000
MAX_RANK = 16
MOST_OFFSET = 1 << 48
MOST_COUNT = 2**63 - 1

_TYPES = {
    0: ("U8", 8), 1: ("I8", 8), 2: ("I16", 16), 3: ("I32", 32), 4: ("I64", 64), 5: ("F16", 16),
    6: ("F32", 32), 7: ("F64", 64), 9: ("C64", 64), 10: ("C128", 128), 11: ("BOOL", 8), 12: ("I8", 8),
    13: ("U8", 8), 14: ("I32", 32), 15: ("BF16", 16), 22: ("UNKNOWN", 0), 27: ("U16", 16), 28: ("U32", 32),
    29: ("U64", 64),
}  # fmt: skip
_TENSOR = 5
_LISTS = {10, 11}
_NAMESPACES = frozenset(
    {
        "aten", "quantized_decomposed", "dim_order_ops", "executorch_prim", "prim", "et_vk", "llama",
        "quantized", "cadence", "cortex_m", "torchao", "tosa", "backend", "higher_order",
    }
)  # fmt: skip
"""Namespaces of operators that the project itself brings."""
_DELEGATES = frozenset(
    {
        "XnnpackBackend", "CoreMLBackend", "VulkanBackend", "QnnBackend", "MPSBackend", "EthosUBackend",
        "VGFBackend", "NeuropilotBackend", "OpenvinoBackend", "NXPBackend", "EnnBackend",
        "NeutronBackend",
    }
)  # fmt: skip
"""Backends of the project whose payload is a graph with weights. Others may carry machine code."""
_MACHINE_CODE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")


@dataclass(slots=True)
class _Walk:
    fb: FlatBuffer
    path: str
    found: AnomalyList
    base: int = 0
    constants: list[tuple[int, int]] = field(default_factory=list)
    segments: list[tuple[int, int]] = field(default_factory=list)
    tensors: list[TensorInfo] = field(default_factory=list)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    delegates: Counter[str] = field(default_factory=Counter)
    plans: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    values: int = 0


def read_executorch(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one ExecuTorch program. Never raises for what the file holds.

    Args:
        reader: its bytes; weights are skipped by offset.
        path: of the file inside the snapshot.
        descent: not needed, nothing is packed inside.
    """
    del descent
    found = AnomalyList()
    walk = _Walk(FlatBuffer(reader), path, found)
    coverage, reason = Coverage.COMPLETE, ""
    try:
        _program(walk)
    except MalformedError as error:
        found.add_error(error)
        coverage = Coverage.PARTIAL if error.rule == LIMIT else Coverage.MALFORMED
        reason = str(error)
    if coverage is Coverage.COMPLETE and walk.unknown:
        coverage = Coverage.PARTIAL
        reason = f"it uses what this version does not know ({', '.join(sorted(walk.unknown)[:5])})"
    _judge_names(walk)
    return replace(_facts(walk), coverage=coverage, reason=reason, anomalies=found.as_tuple())


def _program(walk: _Walk) -> None:
    fb = walk.fb
    if fb.size < 8 or fb.take(4, 4) != MAGIC:
        raise fb.bad("it has no whole header", 0)
    _extended(walk)
    program = fb.root()
    _segments(walk, program)
    _constants(walk, program)
    plans = fb.vector(program, 1, 4)
    if plans.count > MOST_PLANS:
        raise MalformedError(
            f"it claims {plans.count} plans",
            why=f"at most {MOST_PLANS} are sound",
            offset=program.at,
            rule="WGH-TL009",
        )
    inline = fb.vector(program, 3, 4).count
    for place in range(plans.count):
        _plan(walk, fb.item(plans, place), inline)
    named = fb.vector(program, 7, 4)
    for place in range(named.count):
        number = fb.value(fb.item(named, place), 1, "I")
        if number >= len(walk.segments):
            _outside(walk, "the segment of named data", number, len(walk.segments), program.at)


def _extended(walk: _Walk) -> None:
    """The header after the identifier: how long the tables are, and where segments begin."""
    fb = walk.fb
    if fb.size < 32 or fb.take(8, 4) != EXTENDED:
        return
    length, size, base = fb.number(12, "I"), fb.number(16, "Q"), fb.number(24, "Q")
    if length < 24 or length > 4096:
        raise fb.bad(f"the extended header claims {length} bytes", 8)
    if max(size, base) > MOST_OFFSET:
        raise MalformedError(
            f"its tables have {size} bytes, its segments begin at {base}",
            why=f"the file has {fb.size}",
            offset=16,
            rule=ABSURD,
        )
    if size > fb.size or base > fb.size:
        raise fb.bad(f"its tables have {size} bytes, its segments begin at {base}", 16)
    if base and base < size:
        walk.found.add(ABSURD, f"its segments begin at {base}, inside its tables of {size} bytes", offset=24)
    walk.base = base


def _segments(walk: _Walk, program: Table) -> None:
    fb = walk.fb
    listed = fb.vector(program, 4, 4)
    for place in range(listed.count):
        segment = fb.item(listed, place)
        offset, size = fb.value(segment, 0, "Q"), fb.value(segment, 1, "Q")
        if walk.base + offset + size > fb.size:
            absurd = max(offset, size) > MOST_OFFSET
            raise MalformedError(
                f"segment {place} lies at [{offset}, {offset + size})",
                why=f"{fb.size - walk.base} bytes follow the tables",
                offset=segment.at,
                rule=ABSURD if absurd else BROKEN,
            )
        head = fb.take(walk.base + offset, min(size, 4)) if size else b""
        if head.startswith(_MACHINE_CODE):
            walk.found.add(
                "WGH-TL011", f"segment {place} is a program for the machine", offset=walk.base + offset
            )
        walk.segments.append((walk.base + offset, size))


def _constants(walk: _Walk, program: Table) -> None:
    """Where each constant lies: in a segment of their own, or in the tables."""
    fb = walk.fb
    apart = fb.child(program, 5)
    offsets = fb.vector(apart, 1, 8) if apart else None
    if apart is not None and offsets is not None and offsets.count:
        number = fb.value(apart, 0, "I")
        if number >= len(walk.segments):
            _outside(walk, "the segment of constants", number, len(walk.segments), apart.at)
            return
        start, size = walk.segments[number]
        places = fb.numbers(offsets, "Q", most=MAX_VALUES)
        for place in places:
            if place > size:
                _outside(walk, "the offset of a constant", place, size, apart.at)
        walk.constants = [(start + place, max(0, size - place)) for place in places]
        return
    buffers = fb.vector(program, 2, 4)
    for place in range(buffers.count):
        inside = fb.vector(fb.item(buffers, place), 0, 1)
        walk.constants.append((inside.at, inside.count))


def _plan(walk: _Walk, plan: Table, inline: int) -> None:
    fb = walk.fb
    walk.plans.append(fb.text(plan, 0))
    values = fb.vector(plan, 2, 4)
    walk.values += values.count
    if walk.values > MAX_VALUES:
        raise fb.limit(f"more than {MAX_VALUES} values")
    for place in range(values.count):
        _value(walk, fb.item(values, place), values.count, place)
    for index, name in ((3, "input"), (4, "output")):
        for number in fb.numbers(fb.vector(plan, index, 4), "i"):
            if not 0 <= number < values.count:
                _outside(walk, f"the plan's {name}", number, values.count, plan.at)
    operators = fb.vector(plan, 6, 4)
    for place in range(operators.count):
        operator = fb.item(operators, place)
        domain, _, name = fb.text(operator, 0).rpartition("::")
        walk.operators[domain, name] += 1
    delegates = fb.vector(plan, 7, 4)
    for place in range(delegates.count):
        _delegate(walk, fb.item(delegates, place), inline)
    chains = fb.vector(plan, 5, 4)
    for place in range(chains.count):
        _chain(walk, fb.item(chains, place), (values.count, operators.count, delegates.count))


def _delegate(walk: _Walk, delegate: Table, inline: int) -> None:
    fb = walk.fb
    walk.delegates[fb.text(delegate, 0)] += 1
    processed = fb.child(delegate, 1)
    if processed is not None:
        in_segment = fb.value(processed, 0, "b")
        number, count = fb.value(processed, 1, "I"), len(walk.segments) if in_segment else inline
        if number >= count:
            _outside(walk, "the data of a delegate", number, count, delegate.at)


def _chain(walk: _Walk, chain: Table, counts: tuple[int, int, int]) -> None:
    """Instructions: what they call and the values they name."""
    fb = walk.fb
    values, operators, delegates = counts
    instructions = fb.vector(chain, 2, 4)
    for place in range(instructions.count):
        instruction = fb.item(instructions, place)
        kind, body = fb.value(instruction, 0, "B"), fb.child(instruction, 1)
        if body is None:
            continue
        limits: list[tuple[int, int, str]] = {
            1: [(0, operators, "the operator")],
            2: [(0, delegates, "the delegate")],
            3: [(0, values, "the value"), (1, values, "the value")],
            4: [(0, values, "the value"), (1, instructions.count + 1, "the target")],
            5: [(0, values, "the value")],
        }.get(kind, [])
        for index, count, name in limits:
            number = fb.value(body, index, "i")
            if not 0 <= number < count:
                _outside(walk, f"{name} of an instruction", number, count, body.at)
        if kind in {1, 2}:
            for number in fb.numbers(fb.vector(body, 1, 4), "i"):
                if not 0 <= number < values:
                    _outside(walk, "an argument of an instruction", number, values, body.at)


def _outside(walk: _Walk, what: str, number: int, count: int, at: int) -> None:
    walk.found.add(OUTSIDE, f"{what} is number {number} of {count}", offset=at)


def _value(walk: _Walk, value: Table, count: int, place: int) -> None:
    fb = walk.fb
    kind, body = fb.value(value, 0, "B"), fb.child(value, 1)
    if body is None:
        return
    if kind == _TENSOR:
        _tensor(walk, body, f"{walk.plans[-1]}/{place}")
    elif kind in _LISTS:
        for number in fb.numbers(fb.vector(body, 0, 4), "i"):
            if not -1 <= number < count:
                _outside(walk, "a tensor of a list", number, count, body.at)


def _tensor(walk: _Walk, tensor: Table, name: str) -> None:
    fb = walk.fb
    sizes = fb.vector(tensor, 2, 4)
    shape = fb.numbers(sizes, "i", most=MAX_RANK + 1)
    order = fb.numbers(fb.vector(tensor, 3, 1), "B", most=MAX_RANK + 1)
    kind = fb.value(tensor, 0, "b")
    dtype, bits = _TYPES.get(kind, ("UNKNOWN", 0))
    if kind not in _TYPES:
        walk.unknown.add(f"element type {kind}")
    if len(shape) > MAX_RANK or any(s < 0 for s in shape) or math.prod(shape) * max(bits, 8) > MOST_COUNT:
        walk.found.add(
            "WGH-TL006", f"the value {quoted(name)} has the shape {list(shape[:8])}", offset=tensor.at
        )
        return
    if order and sorted(order) != list(range(len(shape))):
        walk.found.add(
            OUTSIDE, f"the order of the dimensions of {quoted(name)} is {list(order)}", offset=tensor.at
        )
    if fb.value(tensor, 1, "i") < 0:
        walk.found.add(OUTSIDE, f"the storage of {quoted(name)} begins before its buffer", offset=tensor.at)
    number, planned = fb.value(tensor, 5, "I"), bool(fb.field(tensor, 6))
    if not number or planned:
        return
    if number >= len(walk.constants):
        _outside(walk, f"the buffer of {quoted(name)}", number, len(walk.constants), tensor.at)
        return
    at, room = walk.constants[number]
    size = (math.prod(shape) * bits + 7) // 8
    if size > room:
        detail = f"the value {quoted(name)} needs {size} bytes, {room} are there"
        walk.found.add("WGH-TL007", detail, offset=tensor.at)
    walk.tensors.append(TensorInfo(name, dtype, shape, walk.path, at, min(size, room)))


def _judge_names(walk: _Walk) -> None:
    for domain, name in sorted(walk.operators):
        if domain not in _NAMESPACES:
            detail = f"the operator {quoted(f'{domain}::{name}')} needs code from elsewhere"
            walk.found.add("WGH-TL005", detail)
    for name in sorted(walk.delegates):
        if name not in _DELEGATES:
            detail = f"the delegate {quoted(name)} brings machine code, or needs code from elsewhere"
            walk.found.add("WGH-TL005", detail)


def _facts(walk: _Walk) -> FileFacts:
    detected = {
        "executorch.plans": walk.plans,
        "executorch.delegates": sorted(walk.delegates),
        "executorch.segments": len(walk.segments),
    }
    return FileFacts(
        walk.path,
        FORMAT,
        Coverage.COMPLETE,
        tensors=tuple(walk.tensors),
        operators=tuple(OperatorUse(d, n, count) for (d, n), count in sorted(walk.operators.items())),
        metadata=tuple(Fact(n, v, Basis.DETECTED, walk.path) for n, v in detected.items() if v),
    )
