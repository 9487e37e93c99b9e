# ruff: noqa: E501 - one hostile file a line
"""Hostile MessagePack files. Inert: a payload that would be unpickled holds a harmless number."""

import struct
from typing import Any


def pack(value: Any) -> bytes:
    """MessagePack of a value, as the specification lays it down; bytes stay a byte string."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 128 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, str):
        data = value.encode()
        return (
            bytes([0xA0 | len(data)]) if len(data) < 32 else b"\xdb" + struct.pack(">I", len(data))
        ) + data
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
    return (
        bytes([0x80 | len(value)]) if len(value) < 16 else b"\xdf" + struct.pack(">I", len(value))
    ) + b"".join(pack(k) + pack(v) for k, v in value.items())


class Raw:
    def __init__(self, data: bytes) -> None:
        self.data = data


def array(shape: list[Any], data: bytes, dtype: Any = "<f4", kind: Any = b"", **more: Any) -> dict[Any, Any]:
    return {b"nd": True, b"type": dtype, b"kind": kind, b"shape": shape, b"data": data} | more


def extension(code: int, data: bytes) -> Raw:
    return Raw(b"\xc9" + struct.pack(">IB", len(data), code & 255) + data)


def flax(shape: list[int], dtype: str, data: bytes) -> Raw:
    return extension(1, pack([shape, dtype, data]))


PICKLE = b"\x80\x04K\x01."
THINC = {
    "nodes": [{"index": 0, "name": "linear", "dims": {"nO": 2}}],
    "attrs": [{"dropout": pack({"rate": 0.1, "on": True})}],
    "params": [{"W": array([2, 2], bytes(16)), "b": array([2], bytes(8)), "pad": None}],
    "shims": [b""],
}
SOUND = {
    "thinc": pack(THINC),
    "flax": pack(
        {
            "params": {"dense": {"kernel": flax([2, 3], "float32", bytes(24))}},
            "step": extension(3, pack([[], "int32", bytes(4)])),
        }
    ),
    "numbers": pack([1, -1, 2**40, 1.5, None, True, "é", b"x" * 40]),
    "time": pack({"t": Raw(b"\xd6\xff\x00\x00\x00\x00"), 1: 2}),
    "structured": pack({"a": array([2], bytes(24), [["x", "<i4"], ["y", "<f8"]], b"V")}),
    "scalar": pack({"s": {b"nd": False, b"type": "<f8", b"data": bytes(8)}}),
    "complex": pack({"c": {b"complex": True, b"data": "1+2j"}}),
    "empty-map": b"\x80",
    "many-keys": pack({f"k{n}": n for n in range(500)}),
}
DEEP = b"\x81\xa1a" * 200 + b"\x01"
CASES: dict[str, tuple[bytes, str]] = {
    "cut": (SOUND["thinc"][:-3], "WGH-MP001"),
    "never-used": (pack([1, 2, Raw(b"\xc1")]), "WGH-MP001"),
    "list-longer-than-file": (pack([1]) [:-1] + b"\xdd\x00\x00\xff\xff", "WGH-MP001"),
    "list-of-4-billion": (b"\x81\xa1a\xdd\xff\xff\xff\xff", "WGH-MP002"),
    "map-of-4-billion": (b"\x81\xa1a\xdf\xff\xff\xff\xff", "WGH-MP002"),
    "bytes-of-4-billion": (b"\x81\xa1a\xc6\xff\xff\xff\xff", "WGH-MP002"),
    "text-of-4-billion": (b"\x81\xa1a\xdb\xff\xff\xff\xff", "WGH-MP002"),
    "extension-of-4-billion": (b"\x81\xa1a\xc9\xff\xff\xff\xff\x05", "WGH-MP002"),
    "shape-negative": (pack({"w": array([-1, 2], bytes(16))}), "WGH-MP002"),
    "shape-overflows": (pack({"w": array([2**40, 2**40], bytes(16))}), "WGH-MP002"),
    "flax-shape-overflows": (pack({"w": flax([2**40, 2**40], "float32", bytes(16))}), "WGH-MP002"),
    "deep-maps": (DEEP, "WGH-MP003"),
    "deep-lists": (b"\x91" * 5000, "WGH-MP003"),
    "objects": (pack({"w": array([1], PICKLE, "|O", b"O")}), "WGH-MP004"),
    "objects-with-text-keys": (pack({"w": {"nd": True, "type": "|O", "kind": "O", "shape": [1], "data": PICKLE}}), "WGH-MP004"),
    "objects-by-kind-only": (pack({"w": array([1], PICKLE, "<f4", b"O")}), "WGH-MP004"),
    "objects-without-shape": (pack({"w": {b"nd": True, b"kind": b"O", b"data": PICKLE}}), "WGH-MP004"),
    "objects-by-type-only": (pack({"w": array([1], bytes(8), "O")}), "WGH-MP004"),
    "objects-in-a-field": (pack({"w": array([1], bytes(8), [["x", "|O"]], b"V")}), "WGH-MP004"),
    "objects-in-thinc": (pack(THINC | {"params": [{"W": array([1], PICKLE, "|O", b"O")}]}), "WGH-MP004"),
    "objects-in-an-attribute": (pack(THINC | {"attrs": [{"a": pack({"w": array([1], PICKLE, "|O", b"O")})}]}), "WGH-MP004"),
    "objects-at-the-top": (pack(array([1], PICKLE, "|O", b"O")), "WGH-MP004"),
    "objects-in-a-list": (pack([1, [2, array([1], PICKLE, "|O", b"O")]]), "WGH-MP004"),
    "objects-after-many-keys": (pack({**{f"k{n}": n for n in range(100)}, **array([1], PICKLE, "|O", b"O")}), "WGH-MP004"),
    "objects-in-a-second-object": (pack({"a": 1}) + pack({"w": array([1], PICKLE, "|O", b"O")}), "WGH-MP004"),
    "objects-before-the-cut": (pack({"w": array([1], PICKLE, "|O", b"O"), "x": [1, 2, 3]})[:-2], "WGH-MP004"),
    "array-too-short": (pack({"w": array([4, 4], bytes(16))}), "WGH-MP005"),
    "array-too-long": (pack({"w": array([1], bytes(160))}), "WGH-MP005"),
    "two-objects": (pack({"a": 1}) + pack({"b": 2}), "WGH-MP006"),
    "extension-unknown": (pack({"a": extension(77, bytes(30))}), "WGH-MP007"),
    "key-twice": (b"\x82\xa1a\x01\xa1a\x02", "WGH-MP008"),
    "key-twice-below": (b"\x81\xa1m\x82\xa1a\x01\xa1a\x02", "WGH-MP008"),
    "long-key-twice": (b"\x82" + 2 * (pack("k" * 400) + b"\x01"), "WGH-MP008"),
    "type-unknown": (pack({"w": array([1], bytes(4), "Q9")}), "WGH-MP009"),
}  # fmt: skip
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "model.msgpack")
