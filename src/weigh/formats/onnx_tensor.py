"""Tensors, types and ports of an ONNX graph: their form and place, never their values."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from weigh.core.facts import ValuePort
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.onnx_external import ExternalEntry, external_entry
from weigh.formats.onnx_messages import (
    DATA_FIELDS,
    DIMENSION,
    ELEMENT_TYPES,
    ENTRY,
    NUMBERS_PER_ELEMENT,
    PACKED_PER_NUMBER,
    SHAPE,
    SPARSE,
    TENSOR,
    TENSOR_TYPE,
    TYPE,
    VALUE,
)
from weigh.formats.wire import Run, Span, Wire, signed32

MAX_TENSORS = 200_000
MAX_COUNT = 2**63 - 1
MAX_RANK = 255
FAR = 1 << 48
"""Bytes that no disk holds: a place or size from here on is an attack on the arithmetic of a reader."""
_EXTERNAL = 1

Message = dict[str, list[Any]]


@dataclass(slots=True)
class TensorReader:
    """Reads the tensors of one file and keeps what it saw of them.

    Attributes:
        wire: the file.
        path: of the file inside the snapshot.
        found: where anomalies go.
        tensors: in file order.
        locations: external location → offset of the first tensor that names it.
        unknown_types: element type numbers that no table here knows.
    """

    wire: Wire
    path: str
    found: AnomalyList
    tensors: list[TensorInfo] = field(default_factory=list)
    locations: dict[str, int] = field(default_factory=dict)
    unknown_types: set[int] = field(default_factory=set)

    def add(self, span: Span, *, depth: int, name: str = "", scope: str = "") -> TensorInfo:
        """Read the tensor at `span` and keep it.

        Args:
            span: its message.
            depth: nesting of that message.
            name: name to use instead of the one it carries.
            scope: put before the name.

        Returns:
            What was kept; its `name` is scope and name.

        Raises:
            MalformedError: broken encoding, or too many tensors.
        """
        message = self.wire.collect(span, TENSOR, depth=depth)
        label = scope + (name or _last(message, "name", ""))
        self._once(message, span, label)
        kind = signed32(_last(message, "data_type", 0))
        if kind not in ELEMENT_TYPES:
            self.unknown_types.add(kind)
        shape = self._shape(message, span, label)
        external = self._external(message, span, depth, label)
        if external is None:
            info = self._inside(message, span, label, kind, shape)
        else:
            info = self._outside(external, span, label, kind, shape)
        self._keep(info, span)
        return info

    def add_sparse(self, span: Span, *, depth: int, name: str = "", scope: str = "") -> str:
        """Read a sparse tensor: its values and indices are two tensors. The name it goes by."""
        message = self.wire.collect(span, SPARSE, depth=depth)
        label = name
        for part in message.get("values", ()):
            label = self.add(part, depth=depth + 1, name=name, scope=scope).name
        for part in message.get("indices", ()):
            self.add(part, depth=depth + 1, name=f"{label}.indices")
        return label

    def add_numbers(self, run: Run, dtype: str, *, name: str) -> None:
        """Keep numbers that stand in an attribute as a tensor of one dimension."""
        bits = {"F32": 32, "I64": 64, "STRING": 0}[dtype]
        offset = run.span[0] if dtype == "F32" else -1
        info = TensorInfo(name, dtype, (run.count,), self.path, offset, run.count * bits // 8)
        self._keep(info, run.span)

    def _keep(self, info: TensorInfo, span: Span) -> None:
        if len(self.tensors) >= MAX_TENSORS:
            raise self.wire.limit(f"more than {MAX_TENSORS} tensors", span[0])
        self.tensors.append(info)

    def _once(self, message: Message, span: Span, label: str) -> None:
        """Parsers take the last of two; whoever looked at the first was misled."""
        for single in ("raw_data", "data_type", "name", "data_location"):
            if len(message.get(single, ())) > 1:
                self.found.add(
                    "WGH-O009", f"the tensor {quoted(label)} states {single} twice", offset=span[0]
                )

    def _shape(self, message: Message, span: Span, label: str) -> tuple[int, ...]:
        dims = tuple(message.get("dims", ()))
        if is_plain_shape(dims):
            return dims
        self.found.add(
            "WGH-O007", f"the tensor {quoted(label)} has the shape {list(dims[:8])}", offset=span[0]
        )
        return (-1,)

    def _external(self, message: Message, span: Span, depth: int, label: str) -> ExternalEntry | None:
        entries = message.get("external_data", ())
        is_external = _last(message, "data_location", 0) == _EXTERNAL
        if not is_external:
            if entries:
                self.found.add(
                    "WGH-O003",
                    f"the tensor {quoted(label)} names external data, but is not external",
                    offset=span[0],
                )
            return None
        pairs = [pair for entry in entries for pair in read_pairs(self.wire, entry, depth=depth + 1)]
        external = external_entry(pairs, self.path)
        self._judge(external, span, label)
        return external

    def _judge(self, external: ExternalEntry, span: Span, label: str) -> None:
        where = f"the external data of {quoted(label)}"
        if external.location not in self.locations:
            self.locations[external.location] = span[0]
            if external.refused:
                self.found.add(
                    "WGH-O001",
                    f"the location {quoted(external.location)}: {external.refused}",
                    offset=span[0],
                )
        if external.offset < 0 or external.length == -2 or max(external.offset, external.length) >= FAR:
            self.found.add("WGH-O011", f"{where} states no valid offset and length", offset=span[0])
        if external.strange:
            keys = ", ".join(quoted(k) for k in external.strange[:4])
            inner = any(key.startswith("_") for key in external.strange)
            rule = "WGH-O015" if inner else "WGH-O010"
            self.found.add(rule, f"{where} has keys the format does not define: {keys}", offset=span[0])

    def _outside(
        self, external: ExternalEntry, span: Span, label: str, kind: int, shape: tuple[int, ...]
    ) -> TensorInfo:
        dtype = ELEMENT_TYPES.get(kind, ("UNKNOWN", 0, ""))[0]
        expected = raw_size(kind, shape)
        if external.length >= 0 and expected >= 0 and external.length != expected:
            self.found.add(
                "WGH-O003",
                f"the tensor {quoted(label)} needs {expected} bytes, its external data has {external.length}",
                offset=span[0],
            )
        size = external.length if external.length >= 0 else max(expected, 0)
        if not external.path:
            return TensorInfo(label, dtype, shape, self.path, -1, size)
        return TensorInfo(label, dtype, shape, external.path, external.offset, size)

    def _inside(
        self, message: Message, span: Span, label: str, kind: int, shape: tuple[int, ...]
    ) -> TensorInfo:
        dtype, _, typed_field = ELEMENT_TYPES.get(kind, ("UNKNOWN", 0, ""))
        raw = message.get("raw_data", ())
        typed = [name for name in DATA_FIELDS if name in message]
        expected = raw_size(kind, shape)
        if raw and not typed:
            start, end = raw[-1]
            if expected >= 0 and end - start != expected:
                self._wrong_size(label, span, f"{expected} bytes", f"{end - start}")
            return TensorInfo(label, dtype, shape, self.path, start, end - start)
        if raw or (kind in ELEMENT_TYPES and typed not in ([], [typed_field])):
            self._wrong_size(label, span, f"its values in one field ({typed_field})", " and ".join(typed))
        runs: list[Run] = message.get(typed_field, [])
        count = sum(run.count for run in runs)
        wanted = typed_count(kind, shape)
        if wanted >= 0 and count != wanted:
            self._wrong_size(label, span, f"{wanted} numbers", f"{count}")
        in_order = len(runs) == 1 and typed_field in {"float_data", "double_data"}
        offset = runs[0].span[0] if in_order else -1
        size = expected if expected >= 0 else sum(end - start for start, end in (r.span for r in runs))
        return TensorInfo(label, dtype, shape, self.path, offset, size)

    def _wrong_size(self, label: str, span: Span, needs: str, has: str) -> None:
        detail = f"the tensor {quoted(label)} needs {needs}, it has {has or 'none'}"
        self.found.add("WGH-O012" if has and has != "0" else "WGH-O003", detail, offset=span[0])


def is_plain_shape(shape: tuple[int, ...]) -> bool:
    """Whether no dimension is negative and the number of elements is one a machine can count."""
    if len(shape) > MAX_RANK or any(d < 0 for d in shape):
        return False
    count = 1
    for size in sorted(shape):  # a 0 comes first: no elements, however large the others are
        count *= size
        if count > MAX_COUNT:
            return False
    return True


def raw_size(kind: int, shape: tuple[int, ...]) -> int:
    """Bytes the elements take without a gap; -1 where type or shape leave it open."""
    bits = ELEMENT_TYPES.get(kind, ("", 0, ""))[1]
    if not bits or any(d < 0 for d in shape):
        return -1
    return (math.prod(shape) * bits + 7) // 8


def typed_count(kind: int, shape: tuple[int, ...]) -> int:
    """Numbers the type's own field must hold; -1 where type or shape leave it open."""
    if kind not in ELEMENT_TYPES or any(d < 0 for d in shape):
        return -1
    count = math.prod(shape) * NUMBERS_PER_ELEMENT.get(kind, 1)
    return -(-count // PACKED_PER_NUMBER.get(kind, 1))


def read_pairs(wire: Wire, span: Span, *, depth: int) -> Iterator[tuple[str, str]]:
    """The key and value of one StringStringEntry."""
    entry = wire.collect(span, ENTRY, depth=depth)
    value = entry.get("value", [(0, 0)])[-1]
    yield _last(entry, "key", ""), wire.text(value)


def read_port(wire: Wire, span: Span, *, depth: int) -> tuple[ValuePort, bool]:
    """An input or output, and whether it states a tensor's shape.

    An unnamed dimension and a negative size (some exporters write -1 for a free one) come as "".
    """
    value = wire.collect(span, VALUE, depth=depth)
    name = _last(value, "name", "")
    dtype, dims = "UNKNOWN", None
    for kind in value.get("type", ())[-1:]:
        for tensor in wire.collect(kind, TYPE, depth=depth + 1).get("tensor", ())[-1:]:
            form = wire.collect(tensor, TENSOR_TYPE, depth=depth + 2)
            number = signed32(_last(form, "elem_type", 0))
            dtype = ELEMENT_TYPES.get(number, ("UNKNOWN", 0, ""))[0]
            for shape in form.get("shape", ())[-1:]:
                found = wire.collect(shape, SHAPE, depth=depth + 3).get("dim", ())
                dims = tuple(_dimension(wire, dim, depth=depth + 4) for dim in found)
    return ValuePort(name, dtype, dims or ()), dims is not None


def _dimension(wire: Wire, span: Span, *, depth: int) -> int | str:
    dimension = wire.collect(span, DIMENSION, depth=depth)
    size: int = _last(dimension, "value", -1)
    name: str = _last(dimension, "param", "")
    return size if size >= 0 else name


def _last(message: Message, name: str, default: Any) -> Any:
    """The value a parser takes of a field that should stand once."""
    values = message.get(name)
    return values[-1] if values else default
