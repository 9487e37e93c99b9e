"""Hostile TFLite files, one for each rule and way, with a FlatBuffers writer of thirty lines. Inert."""

import io
import struct
import zipfile
from typing import Any

F32, I32, U8, I64, STRING, I8 = 0, 2, 3, 4, 5, 9
CUSTOM = 32


class Table(dict):
    """Field number → (form, value); the form `t` is a table, `s` a text, `v` a list of tables."""


def flatbuffer(root: Table, identifier: bytes, gap: bytes = b"") -> bytes:
    """The bytes of a table. Parents lie before their children, so that every offset points forward."""
    out = bytearray(8) + gap
    out[4:8] = identifier

    def aligned(size: int = 8) -> None:
        out.extend(bytes(-len(out) % size))

    def place(form: str, value: Any) -> int:
        aligned()
        if form == "t":
            return write(value)
        if form == "s":
            data = value.encode() if isinstance(value, str) else value
            at = len(out)
            out.extend(struct.pack("<I", len(data)) + data + b"\0")
            return at
        if form == "v":
            out.extend(bytes(4 * (1 - (len(out) // 4) % 2)))
            at = len(out)
            out.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
            for index, item in enumerate(value):
                here = at + 4 + 4 * index
                there = place("s" if isinstance(item, str) else "t", item)
                out[here : here + 4] = struct.pack("<I", there - here)
            return at
        width = struct.calcsize("<" + form[1])
        out.extend(bytes(-(len(out) + 4) % max(width, 4)))
        at = len(out)
        out.extend(struct.pack(f"<I{len(value)}{form[1]}", len(value), *value))
        return at

    def write(table: Table) -> int:
        count = max(table, default=-1) + 1
        places, size = [0] * count, 4
        for index, (form, _) in table.items():
            width = 4 if form[0] in "tsv*" else struct.calcsize("<" + form)
            size += -size % width
            places[index] = size
            size += width
        fields = len(out)
        out.extend(struct.pack(f"<HH{count}H", 4 + 2 * count, size, *places))
        aligned()
        at = len(out)
        out.extend(bytes(size))
        out[at : at + 4] = struct.pack("<i", at - fields)
        for index, (form, value) in table.items():
            here = at + places[index]
            if form[0] in "tsv*":
                there = place(form, value)
                out[here : here + 4] = struct.pack("<I", there - here)
            else:
                width = struct.calcsize("<" + form)
                out[here : here + width] = struct.pack("<" + form, value)
        return at

    aligned()
    at = write(root)
    out[:4] = struct.pack("<I", at)
    return bytes(out)


def tensor(
    name: str = "w", shape: list[int] | None = None, *, kind: int = F32, buffer: int = 1, **more: Any
) -> Table:
    own = Table(
        {0: ("*i", [2] if shape is None else shape), 1: ("b", kind), 2: ("I", buffer), 3: ("s", name)}
    )
    return Table({**own, **more.get("fields", {})})


def operator(code: int = 0, inputs: list[int] | None = None, outputs: list[int] | None = None) -> Table:
    return Table({0: ("I", code), 1: ("*i", inputs or [0]), 2: ("*i", outputs or [0])})


def builtin(number: int) -> Table:
    return Table({0: ("b", min(number, 127)), 3: ("i", number)})


def custom(name: str) -> Table:
    return Table({0: ("b", CUSTOM), 1: ("s", name), 3: ("i", CUSTOM)})


def buffer(data: bytes | None = None, **more: Any) -> Table:
    own = {} if data is None else {0: ("*B", list(data))}
    return Table({**own, **more.get("fields", {})})


def graph(
    tensors: list[Table] | None = None,
    operators: list[Table] | None = None,
    inputs: list[int] | None = None,
    outputs: list[int] | None = None,
) -> Table:
    return Table(
        {
            0: ("v", [tensor()] if tensors is None else tensors),
            1: ("*i", inputs or [0]),
            2: ("*i", outputs or [0]),
            3: ("v", [operator()] if operators is None else operators),
            4: ("s", "main"),
        }
    )


def model(
    graphs: list[Table] | None = None,
    codes: list[Table] | None = None,
    buffers: list[Table] | None = None,
    **more: Any,
) -> bytes:
    fields = {
        0: ("I", 3),
        1: ("v", [builtin(0)] if codes is None else codes),
        2: ("v", [graph()] if graphs is None else graphs),
        3: ("s", "by hand"),
        4: ("v", [buffer(), buffer(bytes(8))] if buffers is None else buffers),
    }
    return flatbuffer(Table({**fields, **more.get("fields", {})}), b"TFL3")


def with_zip(data: bytes) -> bytes:
    """What the metadata tool does: labels appended as a zip."""
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("labels.txt"), "cat\ndog\n")
    return file.getvalue()


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    width = struct.calcsize("<" + form)
    return data[:at] + struct.pack("<" + form, value) + data[at + width :]


QUANTISED = {4: ("t", Table({2: ("*f", [0.5]), 3: ("*q", [3])}))}
BY_AXIS = {4: ("t", Table({2: ("*f", [0.5, 0.25]), 3: ("*q", [0, 0]), 6: ("i", 0)}))}
WHOLE = model()
ROOT = struct.unpack("<I", WHOLE[:4])[0]


def apart(offset: int, size: int, tail: bytes = bytes(8)) -> bytes:
    """A buffer that lies behind the tables."""
    placed = buffer(fields={1: ("Q", offset), 2: ("Q", size)})
    return model(buffers=[buffer(), placed]) + tail


LARGE = apart(len(apart(2**20, 8, b"")), 8)

SOUND: dict[str, bytes] = {
    "plain": WHOLE,
    "quantised": model([graph([tensor(kind=I8, shape=[8], fields=QUANTISED)])]),
    "by-axis": model([graph([tensor(kind=I8, shape=[2, 4], fields=BY_AXIS)])]),
    "int4": model([graph([tensor(kind=17, shape=[15])])]),
    "text": model([graph([tensor(kind=STRING, shape=[1])])]),
    "sparse": model([graph([tensor(shape=[100], fields={6: ("t", Table({0: ("*i", [0])}))})])]),
    "scalar": model([graph([tensor(shape=[])])], buffers=[buffer(), buffer(bytes(4))]),
    "free-dimension": model([graph([tensor(shape=[1, 2], fields={7: ("*i", [-1, 2])})])]),
    "optional-input": model([graph(operators=[operator(inputs=[0, -1])])]),
    "no-weights": model([graph([tensor(shape=[1000], buffer=0)])]),
    "two-graphs": model([graph(), graph()]),
    "detection": model(codes=[custom("TFLite_Detection_PostProcess")]),
    "old-schema": model(codes=[Table({0: ("b", 3)})]),
    "metadata": model(fields={6: ("v", [Table({0: ("s", "min_runtime_version"), 1: ("I", 1)})])}),
    "signature": model(
        fields={
            7: (
                "v",
                [Table({0: ("v", [Table({0: ("s", "x"), 1: ("I", 0)})]), 2: ("s", "serve"), 4: ("I", 0)})],
            )
        }
    ),
    "large": LARGE,
}

CASES: dict[str, tuple[bytes, str]] = {
    "cut": (WHOLE[: len(WHOLE) // 2], "WGH-TL001"),
    "only-header": (b"\x08\0\0\0TFL3", "WGH-TL001"),
    "no-graph": (model(graphs=[]), "WGH-TL001"),
    "fields-odd": (
        patched(WHOLE, ROOT - struct.unpack("<i", WHOLE[ROOT : ROOT + 4])[0], "H", 5),
        "WGH-TL001",
    ),
    "buffer-behind-the-end": (apart(2**20, 8), "WGH-TL001"),
    "root-of-2-to-the-31": (patched(WHOLE, 0, "I", 2**31), "WGH-TL002"),
    "root-of-2-to-the-32": (patched(WHOLE, 0, "I", 2**32 - 1), "WGH-TL002"),
    "fields-before-the-file": (patched(WHOLE, ROOT, "i", 2**31 - 1), "WGH-TL002"),
    "fields-far-away": (patched(WHOLE, ROOT, "i", -(2**31)), "WGH-TL002"),
    "buffer-offset-of-2-to-the-63": (apart(2**63, 8), "WGH-TL002"),
    "buffer-offset-wraps": (apart(2**64 - 4, 8), "WGH-TL002"),
    "buffer-of-2-to-the-60": (apart(2**10, 2**60), "WGH-TL002"),
    "options-behind-the-end": (
        model([graph(operators=[Table({**operator(), 9: ("Q", 2**40), 10: ("Q", 8)})])]),
        "WGH-TL002",
    ),
    "input-outside": (model([graph(inputs=[7])]), "WGH-TL003"),
    "input-negative": (model([graph(inputs=[-5])]), "WGH-TL003"),
    "output-outside": (model([graph(outputs=[2**31 - 1])]), "WGH-TL003"),
    "code-outside": (model([graph(operators=[operator(9)])]), "WGH-TL003"),
    "operator-input-outside": (model([graph(operators=[operator(0, [100])])]), "WGH-TL003"),
    "operator-input-negative": (model([graph(operators=[operator(0, [-2])])]), "WGH-TL003"),
    "operator-output-outside": (model([graph(operators=[operator(0, [0], [100])])]), "WGH-TL003"),
    "operator-output-negative": (model([graph(operators=[operator(0, [0], [-1])])]), "WGH-TL003"),
    "intermediate-outside": (model([graph(operators=[Table({**operator(), 8: ("*i", [4])})])]), "WGH-TL003"),
    "buffer-outside": (model([graph([tensor(buffer=99)])]), "WGH-TL003"),
    "buffer-of-2-to-the-32": (model([graph([tensor(buffer=2**32 - 1)])]), "WGH-TL003"),
    "operator-number-negative": (model(codes=[Table({0: ("b", -3), 3: ("i", -3)})]), "WGH-TL003"),
    "operator-number-huge": (model(codes=[Table({3: ("i", 10**6)})]), "WGH-TL003"),
    "metadata-outside": (model(fields={6: ("v", [Table({0: ("s", "m"), 1: ("I", 50)})])}), "WGH-TL003"),
    "metadata-buffer-outside": (model(fields={5: ("*i", [50])}), "WGH-TL003"),
    "signature-graph-outside": (model(fields={7: ("v", [Table({2: ("s", "x"), 4: ("I", 9)})])}), "WGH-TL003"),
    "signature-tensor-outside": (
        model(fields={7: ("v", [Table({0: ("v", [Table({1: ("I", 9)})]), 2: ("s", "x")})])}),
        "WGH-TL003",
    ),
    **{
        f"flex-{name}": (model(codes=[custom(f"Flex{name}")]), "WGH-TL004")
        for name in ("ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "MatchingFiles", "SaveV2", "RestoreV2")
    },
    "custom-ReadFile": (model(codes=[custom("ReadFile")]), "WGH-TL004"),
    "flex-plain": (model(codes=[custom("FlexAddV2")]), "WGH-TL005"),
    "custom": (model(codes=[custom("Evil")]), "WGH-TL005"),
    "shape-negative": (model([graph([tensor(shape=[-4])])]), "WGH-TL006"),
    "shape-overflows": (model([graph([tensor(shape=[2**31 - 1] * 4)])]), "WGH-TL006"),
    "shape-of-300": (model([graph([tensor(shape=[1] * 300)])]), "WGH-TL006"),
    "buffer-too-small": (model([graph([tensor(shape=[1000])])]), "WGH-TL007"),
    "buffer-too-large": (model([graph([tensor(shape=[1])])]), "WGH-TL008"),
}
"""Name → the file and the rule it breaks."""
NAMES: dict[str, str] = {}
ERRORS = frozenset({"WGH-TL001"})
REVIEWS = frozenset({"WGH-TL005", "WGH-TL008", "WGH-TL010"})
