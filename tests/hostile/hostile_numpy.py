"""NumPy files, honest and hostile, put together byte by byte. Inert: nothing here is ever unpickled."""

import struct

from hostile_torch import GADGET, stream, zipped

MAGIC = b"\x93NUMPY"


def npy(literal: str, payload: bytes = b"", *, version: int = 1, length: int | None = None) -> bytes:
    text = literal.encode("utf-8" if version == 3 else "latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    size = len(text) if length is None else length
    return MAGIC + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", size) + text + payload


def header(descr: str = "'<f4'", shape: str = "(2, 3)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


FLOATS = struct.pack("<6f", *range(6))
GOOD = npy(header(), FLOATS)
FIELDS = "[('a', '<i4'), (('title', 'b'), '<f8', (2,)), ('', '|V4')]"

SOUND: dict[str, bytes] = {
    "floats": GOOD,
    "version-2": npy(header(), FLOATS, version=2),
    "version-3": npy(header("[('ä', '<f4')]", "(6,)"), FLOATS, version=3),
    "column-major": npy(header(order="True"), FLOATS),
    "big-endian": npy(header("'>f4'"), FLOATS),
    "scalar": npy(header(shape="()"), FLOATS[:4]),
    "no-elements": npy(header(shape="(0, 3)")),
    "record": npy(header(FIELDS, "(2,)"), bytes(48)),
    "text": npy(header("'<U3'", "(2,)"), bytes(24)),
    "time": npy(header("'<M8[ns]'", "(2,)"), bytes(16)),
    "long-double": npy(header("'<f16'", "(2,)"), bytes(32)),
    "boolean": npy(header("'|b1'", "(2,)"), bytes(2)),
    "python-2": npy(header(shape="(2L, 3L)"), FLOATS),
    "two-arrays": GOOD + GOOD,
    "objects": npy(header("'|O'", "(1,)"), stream(b"](K\x01e")),
}

CASES: dict[str, tuple[bytes, str]] = {
    "no-version": (MAGIC + b"\x01", "WGH-NP001"),
    "version-9": (MAGIC + b"\x09\x00\x10\x00" + b" " * 16, "WGH-NP001"),
    "header-a-list": (npy("[]"), "WGH-NP001"),
    "header-without-shape": (npy("{'descr': '<f4', 'fortran_order': False}"), "WGH-NP001"),
    "header-with-more": (npy(header()[:-1] + "'x': 1}", FLOATS), "WGH-NP001"),
    "order-a-number": (npy(header(order="0"), FLOATS), "WGH-NP001"),
    "shape-a-list": (npy(header(shape="[2, 3]"), FLOATS), "WGH-NP001"),
    "shape-a-fraction": (npy(header(shape="(2.5,)"), FLOATS), "WGH-NP001"),
    "shape-a-truth": (npy(header(shape="(True,)"), FLOATS), "WGH-NP001"),
    "not-utf8": (npy(header(), FLOATS, version=3).replace(b"descr", b"\xff\xfe\xff\xfe\xff"), "WGH-NP001"),
    "two-commas": (npy(header(shape="(2,,3)"), FLOATS), "WGH-NP001"),
    "text-open": (npy("{'descr"), "WGH-NP001"),
    "header-imports": (npy(header("__import__('os').system('true')"), FLOATS), "WGH-NP002"),
    "header-calls": (npy(header(shape="(exec('1'),)"), FLOATS), "WGH-NP002"),
    "header-lambda": (npy(header("(lambda: 0)()"), FLOATS), "WGH-NP002"),
    "header-comprehends": (npy(header(shape="[x for x in range(9)]"), FLOATS), "WGH-NP002"),
    "header-attribute": (npy(header("().__class__"), FLOATS), "WGH-NP002"),
    "key-twice": (npy(header()[:-1] + "'shape': (9, 9)}", FLOATS), "WGH-NP002"),
    "header-of-4-gb": (npy(header(), FLOATS, version=2, length=0xFFFFFFFF), "WGH-NP003"),
    "header-of-2-mb": (npy(header() + " " * 2_000_000, FLOATS, version=2), "WGH-NP003"),
    "header-deep": (npy(header("(" * 5_000), FLOATS), "WGH-NP003"),
    "header-deep-lists": (npy(header("[" * 5_000 + "]" * 5_000), FLOATS), "WGH-NP003"),
    "header-longer-than-file": (npy(header(), FLOATS, length=60_000), "WGH-NP004"),
    "shape-overflows": (npy(header(shape="(4611686018427387904, 4)"), FLOATS), "WGH-NP005"),
    "shape-overflows-to-zero": (npy(header(shape="(0, 9223372036854775807, 9)")), "WGH-NP005"),
    "shape-negative": (npy(header(shape="(-1, 6)"), FLOATS), "WGH-NP005"),
    "shape-of-petabytes": (npy(header(shape="(281474976710656,)"), FLOATS), "WGH-NP005"),
    "shape-of-100-sizes": (npy(header(shape=f"({'1, ' * 100})"), FLOATS), "WGH-NP005"),
    "payload-short": (GOOD[:-1], "WGH-NP006"),
    "tail-unknown": (GOOD + b"\x01\xfe" * 20, "WGH-NP007"),
    "tail-text": (GOOD + b"hello", "WGH-NP007"),
    "tail-pickle": (GOOD + stream(GADGET), "WGH-NP008"),
    "tail-zip": (GOOD + zipped({"x": b"y"}), "WGH-NP008"),
    "tail-executable": (GOOD + b"\x7fELF" + bytes(60), "WGH-NP008"),
    "objects-noted": (SOUND["objects"], "WGH-NP009"),
    "type-unknown": (npy(header("'<f5'"), FLOATS), "WGH-NP010"),
    "type-empty": (npy(header("''"), FLOATS), "WGH-NP010"),
    "type-huge": (npy(header("'|V99999999999999'"), FLOATS), "WGH-NP010"),
    "field-twice": (npy(header("[('a', '<f4'), ('a', '<i4')]", "(3,)"), FLOATS), "WGH-NP010"),
    "header-long": (npy(header() + " " * 12_000, FLOATS), "WGH-NP011"),
}
"""Name → the file and the rule it breaks."""

GADGETS: dict[str, bytes] = {
    "objects": npy(header("'|O'", "(1,)"), stream(GADGET)),
    "objects-protocol-0": npy(header("'|O'", "(1,)"), b"cos\nsystem\n(S'true'\ntR."),
    "objects-in-a-field": npy(header("[('a', '<i4'), ('b', '|O')]", "(1,)"), stream(GADGET)),
    "objects-deeper": npy(header("[('a', [('b', '|O')])]", "(1,)"), stream(GADGET)),
    "objects-no-elements": npy(header("'|O'", "(0,)"), stream(GADGET)),
    "objects-dressed-as-zip": npy(header("'|O'", "(1,)"), b"\x80\x02" + GADGET + b"0PK\x03\x04"),
    "second-array": GOOD + npy(header("'|O'", "(1,)"), stream(GADGET)),
}
"""Name → an array file with a call in the pickle of its objects."""

NPZ_SOUND: dict[str, bytes] = {
    "two": zipped({"a.npy": GOOD, "b.npy": SOUND["scalar"]}, folder=""),
    "packed": zipped({"a.npy": GOOD, "b.npy": SOUND["big-endian"]}, folder="", method=8),
}
NPZ_CASES: dict[str, tuple[bytes, str]] = {
    "name-twice": (
        zipped({"a.npy": GOOD, "b.npy": SOUND["scalar"]}, folder="").replace(b"b.npy", b"a.npy"),
        "WGH-NP012",
    ),
    "member-bad": (zipped({"a.npy": npy(header(shape="(-1,)"))}, folder=""), "WGH-NP005"),
    "packed-member-bad": (zipped({"a.npy": CASES["header-imports"][0]}, folder="", method=8), "WGH-NP002"),
    "member-with-tail": (zipped({"a.npy": CASES["tail-pickle"][0]}, folder=""), "WGH-NP008"),
}
NPZ_GADGETS: dict[str, bytes] = {
    "objects": zipped({"a.npy": GADGETS["objects"]}, folder=""),
    "packed-objects": zipped({"a.npy": GADGETS["objects"], "b.npy": GOOD}, folder="", method=8),
    "bare-pickle": zipped({"a.npy": GOOD, "b.npy": stream(GADGET)}, folder=""),
}

NAMES: dict[str, str] = {}
