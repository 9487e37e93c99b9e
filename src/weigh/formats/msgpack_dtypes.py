"""Types of arrays as numpy names them, short (`<f4`) and long (`float32`).

Source: numpy, "the array interface", typestr.
"""

import re

from weigh.core.tensor import DTYPE_BITS

_TYPE = re.compile(r"([<>|=]?)([?bBiufcSUVOmMe])([0-9]{0,10})(?:\[\w+\])?")
DTYPE_NAMES = {
    "bool": "BOOL", "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64",
    "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64",
    "float16": "F16", "float32": "F32", "float64": "F64", "bfloat16": "BF16",
    "complex64": "C64", "complex128": "C128", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}  # fmt: skip
_NUMPY = {
    ("f", 2): "F16", ("f", 4): "F32", ("f", 8): "F64", ("i", 1): "I8", ("i", 2): "I16", ("i", 4): "I32",
    ("i", 8): "I64", ("u", 1): "U8", ("u", 2): "U16", ("u", 4): "U32", ("u", 8): "U64", ("b", 1): "BOOL",
    ("c", 8): "C64", ("c", 16): "C128",
}  # fmt: skip


def is_object(text: str) -> bool:
    """Whether a type stands for Python objects."""
    match = _TYPE.fullmatch(text)
    return text == "object" or (match is not None and match[2] == "O")


def width_of(text: str) -> int:
    """Bytes of one element; 0 where the type is not understood."""
    if text in DTYPE_NAMES:
        return DTYPE_BITS[DTYPE_NAMES[text]] // 8
    match = _TYPE.fullmatch(text)
    if match is None:
        return 0
    if match[2] == "?":
        return 1
    return int(match[3] or 0) * (4 if match[2] == "U" else 1)


def dtype_of(texts: list[str]) -> tuple[str, str]:
    """The type of an array and how it is laid out."""
    if len(texts) > 1:
        return "UNKNOWN", f"structured: {len(texts)} fields"
    if texts[0] in DTYPE_NAMES:
        return DTYPE_NAMES[texts[0]], ""
    match = _TYPE.fullmatch(texts[0])
    if match is None:
        return "UNKNOWN", ""
    if match[2] == "?":
        return "BOOL", ""
    dtype = _NUMPY.get((match[2], int(match[3] or 0)), "UNKNOWN")
    if dtype == "UNKNOWN":
        return dtype, f"numpy {texts[0][:20]}"
    return dtype, "big-endian" if match[1] == ">" and DTYPE_BITS[dtype] > 8 else ""
