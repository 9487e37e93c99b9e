"""OpenVINO's graphs (`.xml`): layers, and the places of their weights in the `.bin` file beside them.

Source: openvinotoolkit/openvino, docs "Intermediate Representation" and src/frontends/ir. The weights of
`model.xml` lie in `model.bin`; a layer states offset and size, and the runtime maps them.
"""

import math
import re
from typing import ClassVar

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.xml_judge import CODE, OBJECT, XmlJudge
from weigh.formats.xml_scan import Event, Kind

CUSTOM, OUTSIDE, SIZE, LIBRARY = "WGH-XM005", "WGH-XM006", "WGH-XM007", "WGH-XM016"
MAX_TENSORS = 200_000
_KNOWN_SETS = re.compile(
    r"opset[0-9]{1,3}|ie_internal_opset|internal|type_relaxed_opset|gpu_opset|experimental|util|[0-9]{1,3}|"
)
_LIBRARY = re.compile(r"[^\0]*\.(?:so(?:\.[0-9.]+)?|dll|dylib|pyd|exe|sh|py)\Z", re.IGNORECASE)
_NAMES = {"name", "names", "output_names", "id", "friendly_name", "originalLayersNames"}
_NOTES = {"rt_info", "meta_data"}
_DTYPES = {
    "f32": "F32", "f16": "F16", "bf16": "BF16", "f64": "F64", "i64": "I64", "i32": "I32", "i16": "I16",
    "i8": "I8", "u64": "U64", "u32": "U32", "u16": "U16", "u8": "U8", "i4": "I4", "u4": "U4",
    "boolean": "BOOL",
    "f8e4m3": "F8_E4M3", "f8e5m2": "F8_E5M2", "f8e8m0": "F8_E8M0", "f4e2m1": "F4",
    "fp32": "F32", "fp16": "F16",
    "int64": "I64", "int32": "I32", "int8": "I8", "uint8": "U8",
}  # fmt: skip
_OLD = {"weights", "biases", "blobs", "custom"}


def read_openvino(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one OpenVINO graph. Never raises for what the file holds."""
    from weigh.formats.xml import read_xml

    return read_xml(reader, path, descent)


class OpenvinoJudge(XmlJudge):
    """Judges a graph: operator sets, places of weights, names of libraries."""

    FORMAT: ClassVar[str] = "openvino"

    def __init__(self, path: str, found: AnomalyList) -> None:
        super().__init__(path, found)
        self._version = ""
        self._layer = ""
        self._notes = 0  # elements open inside remarks on how the model was made
        self._weights = f"{path.removesuffix('.xml')}.bin"

    def take(self, event: Event) -> None:
        """The next event."""
        if event.kind is Kind.START and (self._notes or event.name in _NOTES):
            self._notes += 1
        elif event.kind is Kind.END and self._notes:
            self._notes -= 1
        super().take(event)

    def stated(self) -> dict[str, object]:
        """The version of the representation."""
        return {"version": self._version[:20], "layers": self.counted.total()}

    def start(self, event: Event) -> None:
        """An element begins."""
        super().start(event)
        attributes = event.attributes
        if event.name == "net":
            self._version = attributes.get("version", "")
        elif event.name == "layer" and not self._notes:
            self._layer = attributes.get("name", "")[:200]
            self._judge_layer(event)
        elif event.name == "data" or event.name in _OLD:
            if "offset" in attributes or "size" in attributes:
                self._place(event)
        elif event.name in {"CustomLayer", "Kernel", "Source"}:
            self.found.add(
                CUSTOM, f"it brings a kernel of its own: {quoted(str(attributes))}", offset=event.offset
            )

    def _judge_layer(self, event: Event) -> None:
        kind = event.attributes.get("type", "")
        if len(self.counted) < 10_000:
            self.counted[kind[:80]] += 1
        version = event.attributes.get("version", "")
        if not _KNOWN_SETS.fullmatch(version):
            why = f"the operation {quoted(kind)} of the set {quoted(version)} needs native code"
            self.found.add(CUSTOM, why, offset=event.offset)

    def attribute(self, event: Event, key: str, value: str) -> None:
        """One attribute: code or a library in it is no part of a graph."""
        super().attribute(event, key, value)
        if key in _NAMES:
            return
        if CODE.search(value):
            self.found.add(
                OBJECT, f"the attribute {quoted(key)} holds code: {quoted(value)}", offset=event.offset
            )
        elif _LIBRARY.fullmatch(value) and len(value) < 4096:
            self.refer(value, f"{event.name[:40]} {key[:40]}", event.offset)
            rule = CUSTOM if self._notes else LIBRARY
            self.found.add(rule, f"the attribute {quoted(key)} names {quoted(value)}", offset=event.offset)

    def _place(self, event: Event) -> None:
        """Where a layer's weights lie."""
        attributes = event.attributes
        offset, size = attributes.get("offset", ""), attributes.get("size", "")
        if not (offset.isdigit() and size.isdigit() and offset.isascii() and size.isascii()):
            if event.name == "data" and not (offset and size):
                return  # an operation's own attribute of that name
            self.found.add(
                OUTSIDE, f"weights lie at {quoted(offset)} with {quoted(size)} bytes", offset=event.offset
            )
            return
        if len(offset) > 18 or len(size) > 18 or int(offset) + int(size) >= 1 << 48:
            self.found.add(
                OUTSIDE, f"weights lie at {quoted(offset)} with {quoted(size)} bytes", offset=event.offset
            )
            return
        kind = attributes.get("element_type", attributes.get("precision", "")).lower()
        dtype = _DTYPES.get(kind, "UNKNOWN")
        shape = _shape(attributes.get("shape", ""))
        if event.name == "data" and "shape" in attributes:
            if shape is None:
                self.found.add(
                    OUTSIDE, f"weights have the shape {quoted(attributes['shape'])}", offset=event.offset
                )
                return
            self._judge_size(event, dtype, shape, int(size))
        whole = shape if shape is not None and "shape" in attributes else (-1,)
        if len(self.tensors) < MAX_TENSORS:
            name = self._layer if event.name == "data" else f"{self._layer}.{event.name}"
            self.tensors.append(TensorInfo(name, dtype, whole, self._weights, int(offset), int(size)))

    def _judge_size(self, event: Event, dtype: str, shape: tuple[int, ...], size: int) -> None:
        needed = -(-math.prod(shape) * DTYPE_BITS[dtype] // 8)
        if needed >= 1 << 48:
            self.found.add(OUTSIDE, f"weights have the shape {list(shape[:8])}", offset=event.offset)
        elif DTYPE_BITS[dtype] and needed != size:
            why = f"weights of {dtype} {list(shape[:8])} need {needed} bytes and have {size}"
            self.found.add(OUTSIDE if needed > size else SIZE, why, offset=event.offset)


def _shape(text: str) -> tuple[int, ...] | None:
    """The sizes a layer states; None where they are no sizes."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(parts) > 64 or any(not (p.isdigit() and p.isascii() and len(p) < 19) for p in parts):
        return None
    return tuple(int(part) for part in parts)
