"""A worker that does not speak as it should."""

import json
import os
import struct
import time

LIBRARIES = ()


def serve(channel):
    fields = channel.receive().fields
    os.write(channel._write_to, MESSAGES[fields["message"]])
    if fields["message"] == "half a frame":
        return
    time.sleep(30)


def frame(header, payload=b"", *, magic=b"WGH1", header_length=None, payload_length=None):
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    lengths = (
        len(data) if header_length is None else header_length,
        len(payload) if payload_length is None else payload_length,
    )
    return struct.pack("<4sIQ", magic, *lengths) + data + payload


GOOD = {"kind": "result", "fields": {}, "arrays": []}
MESSAGES = {
    "text": b"Traceback: this is no frame at all",
    "pickle": b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins.",
    "huge header": frame(b"{", header_length=(1 << 20) + 1),
    "huge payload": frame(GOOD, payload_length=1 << 60),
    "not JSON": frame(b"{]"),
    "deep JSON": frame(b"[" * 200_000),
    "not a number": frame(b'{"kind":"result","fields":{"x":NaN},"arrays":[]}'),
    "other members": frame({**GOOD, "code": "x"}),
    "array that does not add up": frame({**GOOD, "arrays": [["rows", "F32", [1 << 20]]]}, b"1234"),
    "negative shape": frame({**GOOD, "arrays": [["rows", "F32", [-1, -1]]]}, b"1234"),
    "object array": frame({**GOOD, "arrays": [["rows", "O", [1]]]}, b"12345678"),
    "progress that goes back": frame({"kind": "progress", "fields": {"done": -5}, "arrays": []}),
    "half a frame": frame(GOOD, b"", payload_length=100),
}
