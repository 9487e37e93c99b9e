"""The program of an ML Program model (MIL): its operations, and the weights it takes from files beside it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from weigh.core.facts import ExternalReference
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.coreml_messages import (
    ARGUMENT,
    BINDING,
    BLOB,
    BLOCK,
    CONSTANT,
    DIMENSION,
    ENTRY,
    FUNCTION,
    MIL_DTYPES,
    NAMED_TYPE,
    OPERATION,
    PROGRAM,
    TENSOR_TYPE,
    VALUE,
    VALUE_TYPE,
)
from weigh.formats.wire import Span, Wire

CUSTOM, LEAVES, OUTSIDE, ELSEWHERE = "WGH-CM003", "WGH-CM004", "WGH-CM005", "WGH-CM008"
RECORD = 64
"""Bytes of the record before a payload of a weight file."""
_BESIDE = "@model_path/"
MAX_TENSORS = 200_000


@dataclass(slots=True)
class Program:
    """What was seen in a program.

    Attributes:
        path: of the model, beside which its weights lie.
        operators: how often each operation stands there.
    """

    wire: Wire
    path: str
    found: AnomalyList
    operators: "Counter[str]" = field(default_factory=Counter)
    tensors: list[TensorInfo] = field(default_factory=list)
    external: dict[str, ExternalReference] = field(default_factory=dict)
    opsets: set[str] = field(default_factory=set)

    def read(self, span: Span, depth: int) -> None:
        """Walk the program at `span`.

        Raises:
            MalformedError: the encoding is broken or a limit is exceeded.
        """
        for name, value in self.wire.walk(span, PROGRAM, depth=depth):
            inner = self._entry(value, depth + 1)[1]
            if name == "function" and inner:
                self._function(inner, depth + 2)
            elif inner:
                self._value(inner, "", depth + 2)

    def _entry(self, span: Span, depth: int) -> tuple[str, Span | None]:
        found = self.wire.collect(span, ENTRY, depth=depth)
        return found.get("key", [""])[-1], found.get("value", [None])[-1]

    def _function(self, span: Span, depth: int) -> None:
        for name, value in self.wire.walk(span, FUNCTION, depth=depth):
            if name == "opset":
                self.opsets.add(value[:40])
            else:
                inner = self._entry(value, depth + 1)[1]
                if inner and name == "block":
                    self._block(inner, depth + 2)

    def _block(self, span: Span, depth: int) -> None:
        for name, value in self.wire.walk(span, BLOCK, depth=depth):
            if name == "operation":
                self._operation(value, depth + 1)

    def _operation(self, span: Span, depth: int) -> None:
        kind, output = "", ""
        for name, value in self.wire.walk(span, OPERATION, depth=depth):
            if name == "type":
                kind = value
            elif name == "output":
                named = self.wire.collect(value, NAMED_TYPE, depth=depth + 1)
                output = output or named.get("name", [""])[-1]
            elif name == "block":
                self._block(value, depth + 1)
            else:
                inner = self._entry(value, depth + 1)[1]
                if inner and name == "attribute":
                    self._value(inner, output, depth + 2)
                elif inner:
                    self._argument(inner, output, depth + 2)
        self.operators[kind[:80]] += 1
        if "custom" in kind.lower():
            self.found.add(CUSTOM, f"the operation {quoted(kind)} needs native code", offset=span[0])

    def _argument(self, span: Span, output: str, depth: int) -> None:
        for _, binding in self.wire.walk(span, ARGUMENT, depth=depth):
            for name, value in self.wire.walk(binding, BINDING, depth=depth + 1):
                if name == "value":
                    self._value(value, output, depth + 2)

    def _value(self, span: Span, output: str, depth: int) -> None:
        """A value; only those that lie in another file are followed."""
        found = self.wire.collect(span, VALUE, depth=depth)
        for blob in found.get("blob", []):
            place = self.wire.collect(blob, BLOB, depth=depth + 1)
            target = place.get("file", [""])[-1]
            offset = place.get("offset", [0])[-1]
            self._judge(target, offset, blob[0])
            dtype, shape = self._type(found.get("type", [None])[-1], depth + 1)
            self._tensor(output, dtype, shape, target, offset)

    def _judge(self, target: str, offset: int, at: int) -> None:
        self.external.setdefault(target, ExternalReference(target, "weights", at))
        plain = target.replace("\\", "/")
        rest = plain.removeprefix(_BESIDE)
        if ".." in rest.split("/") or rest.startswith("/") or ":" in rest or "\0" in target:
            self.found.add(LEAVES, f"weights lie at {quoted(target)}", offset=at)
        elif not plain.startswith(_BESIDE):
            self.found.add(ELSEWHERE, f"weights lie at {quoted(target)}", offset=at)
        if not 0 <= offset < 1 << 48:
            self.found.add(OUTSIDE, f"weights lie at byte {offset} of their file", offset=at)

    def _type(self, span: Span | None, depth: int) -> tuple[str, tuple[int, ...]]:
        if span is None:
            return "UNKNOWN", ()
        kinds = self.wire.collect(span, VALUE_TYPE, depth=depth)
        if "tensor" not in kinds:
            return "UNKNOWN", ()
        tensor = self.wire.collect(kinds["tensor"][-1], TENSOR_TYPE, depth=depth + 1)
        shape: list[int] = []
        for dimension in tensor.get("dimension", []):
            size: Any = self.wire.collect(dimension, DIMENSION, depth=depth + 2).get("constant", [None])[-1]
            sizes = self.wire.collect(size, CONSTANT, depth=depth + 3) if size else {}
            shape.append(max(-1, sizes.get("size", [0 if size else -1])[-1]))
        return MIL_DTYPES.get(tensor.get("type", [0])[-1], "UNKNOWN"), tuple(shape[:64])

    def _tensor(self, name: str, dtype: str, shape: tuple[int, ...], target: str, offset: int) -> None:
        if len(self.tensors) >= MAX_TENSORS:
            return
        folder = self.path.rpartition("/")[0]
        inside = target.removeprefix(_BESIDE)
        file = f"{folder}/{inside}" if folder else inside
        count = 0 if any(d < 0 for d in shape) else 1
        for size in shape if count else ():
            count = min(count * size, 1 << 60)
        self.tensors.append(
            TensorInfo(name, dtype, shape, file, max(offset, 0) + RECORD, -(-count * DTYPE_BITS[dtype] // 8))
        )
