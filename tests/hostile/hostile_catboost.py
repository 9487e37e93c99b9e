"""Hostile CatBoost models. Inert: only counts, offsets and indices lie."""

import struct
from typing import Any


class Numbers:
    """A vector of numbers; `count` may lie."""

    def __init__(self, code: str, values: list[Any], count: int | None = None) -> None:
        self.data = struct.pack(f"<{len(values)}{code}", *values)
        self.count = len(values) if count is None else count


def flat(root: dict[int, Any]) -> bytes:
    """A FlatBuffer: tables are dicts of field number to value, whole numbers stand inline."""
    out = bytearray(4)

    def put(value: Any) -> int:
        out.extend(bytes(-len(out) % 8))
        if isinstance(value, str):
            start = len(out)
            out.extend(struct.pack("<I", len(value)) + value.encode() + b"\0")
            return start
        if isinstance(value, Numbers):
            out.extend(bytes(4))
            start = len(out)
            out.extend(struct.pack("<I", value.count) + value.data)
            return start
        if isinstance(value, list):
            start = len(out)
            out.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
            for number, item in enumerate(value):
                point(start + 4 + 4 * number, item)
            return start
        fields = max(value, default=-1) + 1
        table = len(out) + 4 + 2 * fields
        table += -table % 4
        vtable = len(out)
        offsets = {field: 4 + 4 * place for place, field in enumerate(sorted(value))}
        out.extend(struct.pack("<HH", 4 + 2 * fields, 4 + 4 * len(value)))
        out.extend(b"".join(struct.pack("<H", offsets.get(f, 0)) for f in range(fields)))
        out.extend(bytes(table - len(out)) + struct.pack("<i", table - vtable) + bytes(4 * len(value)))
        for field, item in value.items():
            point(table + offsets[field], item)
        return table

    def point(at: int, item: Any) -> None:
        if isinstance(item, int):
            out[at : at + 4] = struct.pack("<i", item)
        else:
            place = put(item)
            out[at : at + 4] = struct.pack("<I", place - at)

    out[:4] = struct.pack("<I", put(root))
    return bytes(out)


TREES: dict[int, Any] = {
    0: 1,
    1: Numbers("i", [0, 1, 2]),
    2: Numbers("i", [2, 1]),
    3: Numbers("i", [0, 2]),
    5: [{1: 0, 3: Numbers("f", [0.5, 1.5, 2.5])}],
    8: Numbers("d", [0.1] * 6),
    9: Numbers("d", [1.0] * 6),
}
STEPS: dict[int, Any] = TREES | {
    2: Numbers("i", [3]),
    3: Numbers("i", [0]),
    8: Numbers("d", [0.1, 0.2]),
    9: Numbers("d", [1.0, 1.0]),
    10: Numbers("H", [1, 2, 0, 0, 0, 0], 3),
    11: Numbers("I", [0, 0, 1]),
}


def model(parts: list[str] | None = None, base: dict[int, Any] = TREES, **changed: Any) -> bytes:
    trees = base | {int(k[1:]): v for k, v in changed.items()}
    core: dict[int, Any] = {0: "FlabuffersModel_v1", 1: {k: v for k, v in trees.items() if v is not None}}
    if parts is not None:
        core[3] = list(parts)
    return wrapped(flat(core))


def wrapped(core: bytes, size: int | None = None) -> bytes:
    return b"CBM1" + struct.pack("<I", len(core) if size is None else size) + core


TABLE = flat({1: Numbers("B", [1, 2, 3]), 2: Numbers("B", [4])})
PARTS = ["static_provider_v1"]
SOUND = {
    "symmetric": model(),
    "two-values": model(f0=2, f8=Numbers("d", [0.0] * 12)),
    "steps": model(base=STEPS),
    "no-offsets": model(f3=None),
    "categories": model(PARTS) + struct.pack("<II", 1, len(TABLE)) + TABLE,
    "empty": model(f1=None, f2=None, f3=None, f8=None, f9=None),
}
CASES: dict[str, tuple[bytes, str]] = {
    "cut": (model()[:-9], "WGH-XB001"),
    "head-only": (b"CBM1", "WGH-XB001"),
    "size-beyond": (wrapped(b"", 2**32 - 1), "WGH-XB001"),
    "no-trees": (wrapped(flat({0: "x"})), "WGH-XB001"),
    "table-cut": (model(PARTS) + struct.pack("<II", 9, 4000), "WGH-XB001"),
    "step-beyond": (model(base=STEPS, f10=Numbers("H", [1, 9000, 0, 0, 0, 0], 3)), "WGH-XB005"),
    "steps-beyond-their-list": (model(base=STEPS, f2=Numbers("i", [900])), "WGH-XB008"),
    "step-just-beyond": (model(base=STEPS, f10=Numbers("H", [1, 3, 0, 0, 0, 0], 3)), "WGH-XB005"),
    "leaf-beyond": (model(base=STEPS, f11=Numbers("I", [0, 0, 2**31])), "WGH-XB005"),
    "split-beyond": (model(f1=Numbers("i", [0, 1, 3])), "WGH-XB007"),
    "split-negative": (model(f1=Numbers("i", [0, -1, 2])), "WGH-XB007"),
    "split-without-features": (model(f5=None), "WGH-XB007"),
    "leaves-too-few": (model(f8=Numbers("d", [0.1])), "WGH-XB008"),
    "tree-size-lies": (model(f2=Numbers("i", [2, 900])), "WGH-XB008"),
    "tree-size-negative": (model(f2=Numbers("i", [-2, 5])), "WGH-XB008"),
    "tree-start-lies": (model(f3=Numbers("i", [0, 2000])), "WGH-XB008"),
    "tree-starts-too-few": (model(f3=Numbers("i", [0])), "WGH-XB008"),
    "deep-tree": (model(f1=Numbers("i", [0] * 60), f2=Numbers("i", [60]), f3=Numbers("i", [0])), "WGH-XB008"),
    "steps-too-few": (model(base=STEPS, f10=Numbers("H", [1, 2], 1)), "WGH-XB008"),
    "dimension-negative": (model(f0=-3), "WGH-XB015"),
    "dimension-huge": (model(f0=2**31 - 1), "WGH-XB015"),
    "bytes-after": (model() + b"\x80\x04K\x01.", "WGH-XB016"),
    "bytes-after-tables": (SOUND["categories"] + b"more", "WGH-XB016"),
    "root-beyond": (wrapped(struct.pack("<I", 2**31) + bytes(60)), "WGH-XB017"),
    "fields-beyond": (wrapped(struct.pack("<Ii", 4, -(2**30)) + bytes(60)), "WGH-XB017"),
    "fields-odd": (wrapped(struct.pack("<IiHH", 4, -4, 3, 3) + bytes(60)), "WGH-XB017"),
    "list-beyond": (model(f8=Numbers("d", [0.1] * 6, 2**31)), "WGH-XB017"),
    "splits-beyond": (model(f1=Numbers("i", [0, 1, 2], 2**30)), "WGH-XB017"),
}
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "model.cbm")
