"""joblib streams, honest and hostile, put together byte by byte. Inert: nothing here is ever unpickled."""

import bz2
import gzip
import lzma
import struct
import zlib

from hostile_torch import GADGET, call, group, listing, mapping, name, number, stream, text

WRAPPER = "joblib.numpy_pickle"
FLOATS = struct.pack("<6d", *range(6))


def dtype(letters: str = "f8", order: str = "<", flags: int = 0) -> bytes:
    state = group(number(3), text(order), b"N", b"N", b"N", number(-1), number(-1), number(flags))
    return call(name("numpy", "dtype"), text(letters), b"\x89", b"\x88") + state + b"b"


def wrapper(
    shape: bytes = b"", kind: bytes = b"", order: str = "C", *, module: str = WRAPPER, aligned: bool = True
) -> bytes:
    """Opcodes up to the BUILD behind which the array's bytes follow."""
    state = {
        "subclass": name("numpy", "ndarray"),
        "shape": shape or group(number(2), number(3)),
        "order": text(order),
        "dtype": kind or dtype(),
        "allow_mmap": b"\x88",
        **({"numpy_array_alignment_bytes": number(16)} if aligned else {}),
    }
    return name(module, "NumpyArrayWrapper") + b")\x81" + mapping(state) + b"b"


def array(payload: bytes = FLOATS, padding: bytes = b"\xff" * 3, **parts: object) -> bytes:
    return wrapper(**parts) + bytes([len(padding)]) + padding + payload  # type: ignore[arg-type]


def old(payload: bytes = FLOATS) -> bytes:
    return wrapper(aligned=False) + payload


def beside(file: bytes) -> bytes:
    state = {"filename": file, "subclass": name("numpy", "ndarray"), "allow_mmap": b"\x88"}
    return name("joblib.numpy_pickle_compat", "NDArrayWrapper") + b")\x81" + mapping(state) + b"b"


OBJECTS = wrapper(kind=dtype("O8", "|", 63), aligned=False)
MODEL = mapping({"coef": array(), "classes": old()})

SOUND: dict[str, bytes] = {
    "one-array": stream(array()),
    "before-1.2": stream(old()),
    "two-arrays": stream(MODEL),
    "list": stream(listing(array(), number(3), array(FLOATS, b"\xff" * 15))),
    "column-major": stream(array(order="F")),
    "no-elements": stream(array(b"", shape=group(number(0), number(3)))),
    "objects": stream(OBJECTS + stream(b"](K\x01e")),
    "zlib": zlib.compress(stream(MODEL)),
    "gzip": gzip.compress(stream(MODEL), mtime=0),
    "bz2": bz2.compress(stream(MODEL)),
    "xz": lzma.compress(stream(MODEL)),
    "lzma": lzma.compress(stream(MODEL), lzma.FORMAT_ALONE),
}

OPCODES = b"0" + GADGET + b"."
CASES: dict[str, tuple[bytes, str]] = {
    "array-cut": (stream(array())[:-5], "WGH-NP020"),
    "array-longer-than-file": (stream(array(shape=group(number(2**20)))), "WGH-NP020"),
    "shape-overflows": (stream(array(shape=group(number(2**62), number(9)))), "WGH-NP005"),
    "shape-negative": (stream(array(shape=group(number(-2)))), "WGH-NP005"),
    "shape-of-petabytes": (stream(array(shape=group(number(2**50)))), "WGH-NP005"),
    "beside-parent": (stream(beside(text("../x.npy"))), "WGH-NP022"),
    "beside-absolute": (stream(beside(text("/tmp/x.npy"))), "WGH-NP022"),
    "beside-backslash": (stream(beside(text("..\\x.npy"))), "WGH-NP022"),
    "beside-drive": (stream(beside(text("C:\\x.npy"))), "WGH-NP022"),
    "beside": (stream(beside(text("model.pkl_01.npy"))), "WGH-NP023"),
    "beside-computed": (stream(beside(call(name("os", "getcwd")))), "WGH-NP024"),
    "type-computed": (stream(array(kind=call(name("builtins", "eval"), text("1")))), "WGH-NP024"),
    "shape-computed": (stream(array(shape=call(name("builtins", "eval"), text("1")))), "WGH-NP024"),
    "padding-of-code": (stream(array(padding=b"cos\nsystem\n")), "WGH-NP025"),
    "numbers-are-opcodes": (stream(old(OPCODES.ljust(48, b"\0"))), "WGH-NP026"),
    "tail": (stream(array()) + b"\x01\xfe\x01\xfe", "WGH-NP027"),
}
"""Name → the file and the rule it breaks."""

GADGETS: dict[str, bytes] = {
    "before-the-array": stream(listing(GADGET, array())),
    "behind-the-array": stream(listing(array(), GADGET)),
    "behind-an-old-array": stream(listing(old(), GADGET)),
    "in-the-objects": stream(OBJECTS + stream(GADGET)),
    "behind-the-objects": stream(listing(OBJECTS + stream(b"]"), GADGET)),
    "as-type": stream(array(kind=GADGET)),
    "as-shape": stream(array(shape=GADGET)),
    "as-subclass": stream(wrapper().replace(name("numpy", "ndarray"), GADGET) + b"\x00" + FLOATS),
    "behind-the-stream": stream(array()) + stream(GADGET),
    "behind-a-cut-array": stream(listing(GADGET, array()))[:-20],
    "packed": zlib.compress(stream(listing(array(), GADGET))),
    "packed-twice": gzip.compress(zlib.compress(stream(listing(array(), GADGET))), mtime=0),
}
"""Name → a joblib file with a call that no model needs; the callables' rules judge it."""

NAMES: dict[str, str] = {}
