"""Hostile safetensors files, one for each rule of the format. Inert: only lengths and JSON lie."""

import json
from collections.abc import Mapping
from typing import Any


def raw(header: bytes, payload: bytes = b"", *, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + payload


def built(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    return raw(json.dumps(header).encode(), payload)


def entry(shape: list[int], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def described(text: str) -> bytes:
    return built({"__metadata__": {"description": text}, "a": entry([1], 0, 4)}, bytes(4))


DESCRIBED = {
    "call": "loads well; import os; os.system('true')",
    "run": "import subprocess; subprocess.call(['true'])",
    "packed": "import base64; exec(base64.b64decode('cHJpbnQoMSk='))",
    "script": "<script>fetch('x')</script>",
    "shell": "rm -rf ./x && wget http://localhost/x",
    "inner": "{{ x.__class__.__init__.__globals__ }}",
    "pickle": "gASVEgAAAAAAAACMAm9zlIwGc3lzdGVtlJOULg" + "A" * 20,
}

SOUND = built({"__metadata__": {"format": "pt"}, "a": entry([2], 0, 8), "b": entry([0, 3], 8, 8)}, bytes(8))

CASES: dict[str, tuple[bytes, str]] = {
    "empty-file": (b"", "WGH-S001"),
    "seven-bytes": (bytes(7), "WGH-S001"),
    "header-of-2-to-the-60": (raw(b"{}", length=2**60), "WGH-S002"),
    "header-of-2-to-the-64": (b"\xff" * 8 + b"{}", "WGH-S002"),
    "header-just-over-100-mb": (raw(b"{}", length=100_000_001), "WGH-S002"),
    "header-longer-than-file": (raw(b"{}", length=3), "WGH-S003"),
    "header-empty": (raw(b""), "WGH-S004"),
    "header-a-list": (raw(b"[]"), "WGH-S004"),
    "header-starts-with-space": (raw(b" {}"), "WGH-S004"),
    "header-not-utf8": (raw(b'{"\xff": 1}'), "WGH-S004"),
    "header-unclosed": (raw(b'{"a"'), "WGH-S004"),
    "header-half-surrogate": (
        raw(b'{"\\ud800": {"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
        "WGH-S004",
    ),
    "header-deep-lists": (raw(b'{"a": ' + b"[" * 100_000), "WGH-S007"),
    "tensor-twice": (
        raw(
            b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
            b"x",
        ),
        "WGH-S005",
    ),
    "dtype-twice": (
        raw(b'{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', b"x"),
        "WGH-S005",
    ),
    "metadata-key-twice": (raw(b'{"__metadata__":{"a":"1","a":"2"}}'), "WGH-S005"),
    "metadata-a-number": (built({"__metadata__": {"a": 1}}), "WGH-S006"),
    "metadata-nested": (built({"__metadata__": {"a": {"b": "c"}}}), "WGH-S006"),
    "metadata-a-list": (built({"__metadata__": []}), "WGH-S006"),
    "entry-a-number": (built({"a": 1}), "WGH-S007"),
    "entry-without-shape": (built({"a": {"dtype": "U8", "data_offsets": [0, 0]}}), "WGH-S007"),
    "entry-with-more": (
        built({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0], "x": [1]}}),
        "WGH-S007",
    ),
    "three-offsets": (built({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0, 0]}}), "WGH-S007"),
    "entry-huge": (built({"a": entry([1] * 3000, 0, 4)}, bytes(4)), "WGH-S007"),
    "dtype-unknown": (built({"a": entry([1], 0, 4, "F31")}, bytes(4)), "WGH-S008"),
    "dtype-without-size": (built({"a": entry([0], 0, 0, "STRING")}), "WGH-S008"),
    "dtype-a-number": (built({"a": entry([1], 0, 4) | {"dtype": 4}}, bytes(4)), "WGH-S008"),
    "shape-negative": (built({"a": entry([-1], 0, 4)}, bytes(4)), "WGH-S009"),
    "shape-a-fraction": (raw(b'{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}', b"x"), "WGH-S009"),
    "shape-overflows": (built({"a": entry([2**40, 2**40], 0, 4)}, bytes(4)), "WGH-S009"),
    "offsets-negative": (built({"a": entry([1], -4, 0)}, bytes(4)), "WGH-S017"),
    "offsets-reversed": (built({"a": entry([1], 4, 0)}, bytes(4)), "WGH-S017"),
    "offsets-beyond-file": (built({"a": entry([2], 0, 8)}, bytes(4)), "WGH-S010"),
    "size-too-small": (built({"a": entry([3], 0, 8)}, bytes(8)), "WGH-S011"),
    "half-a-byte": (built({"a": entry([3], 0, 1, "F4")}, bytes(1)), "WGH-S011"),
    "overlap": (built({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, bytes(12)), "WGH-S012"),
    "same-place-twice": (built({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)), "WGH-S012"),
    "hole": (built({"a": entry([1], 0, 4), "b": entry([1], 8, 12)}, bytes(12)), "WGH-S013"),
    "hole-at-start": (built({"a": entry([1], 4, 8)}, bytes(8)), "WGH-S013"),
    "bytes-after-last": (built({"a": entry([1], 0, 4)}, bytes(5)), "WGH-S014"),
    "payload-without-tensors": (raw(b"{}", b"hidden"), "WGH-S014"),
    "text-after-object": (raw(b"{} x"), "WGH-S015"),
    "zero-byte-padding": (raw(b"{}\0\0"), "WGH-S015"),
}
"""Name → the file and the rule it breaks."""

CARRYING: dict[str, tuple[bytes, str]] = {
    f"metadata-{name}": (described(text), "WGH-S016") for name, text in DESCRIBED.items()
}
"""Files that are sound for every loader and carry code in their metadata."""
