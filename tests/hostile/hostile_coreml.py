# ruff: noqa: E501 - one hostile file a line
"""Hostile CoreML models and weight files. Inert: only names, paths and offsets lie."""

import struct


def varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = b""
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, *parts: bytes) -> bytes:
    inner = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(inner)) + inner


def text(field: int, value: str) -> bytes:
    return message(field, value.encode())


def entry(field: int, key: str, *value: bytes) -> bytes:
    return message(field, text(1, key), message(2, *value))


def tensor_type(*sizes: int) -> bytes:
    dims = b"".join(message(3, message(1, number(1, n))) for n in sizes)
    return message(2, message(1, number(1, 11), number(2, len(sizes)), dims))


def constant(file: str, offset: int, *sizes: int, name: str = "w") -> bytes:
    value = tensor_type(*sizes) + message(5, text(1, file), number(2, offset))
    return message(3, text(1, "const"), message(3, text(1, name)), entry(5, "val", value))


def operation(kind: str) -> bytes:
    return message(3, text(1, kind), message(3, text(1, "out")))


def program(*operations: bytes) -> bytes:
    block = entry(3, "CoreML7", *operations)
    return model(message(502, number(1, 1), entry(2, "main", text(2, "CoreML7"), block)))


def model(*parts: bytes) -> bytes:
    array = message(5, number(1, 3), number(2, 65568))
    description = message(2, message(1, text(1, "x"), message(3, array)), message(100, text(3, "me")))
    return number(1, 7) + description + b"".join(parts)


def network(*layers: bytes) -> bytes:
    return model(message(500, *layers))


def layer(field: int, *parts: bytes) -> bytes:
    return message(1, text(1, "a layer"), text(2, "x"), text(3, "y"), message(field, *parts))


def floats(field: int, count: int) -> bytes:
    return message(field, message(1, bytes(4 * count)))


def weights(*payloads: bytes, count: int | None = None) -> bytes:
    data = struct.pack("<II", len(payloads) if count is None else count, 2) + bytes(56)
    for payload in payloads:
        data += record(len(payload), len(data) + 64) + payload
        data += bytes(-len(data) % 64)
    return data


def record(size: int, offset: int, kind: int = 2, mark: bytes = b"\xef\xbe\xad\xde") -> bytes:
    return mark + struct.pack("<IQQQ", kind, size, offset, 0) + bytes(32)


BESIDE = "@model_path/weights/weight.bin"
CUSTOM_LAYER = layer(500, text(10, "EvilLayer"))
LINK = message(556, message(1, message(1, text(1, "../../other.mlmodelc"))))
SOUND = {
    "program": program(constant(BESIDE, 64, 4, 4), operation("relu")),
    "network": network(layer(140, number(1, 3), number(2, 2), floats(20, 6), floats(21, 2)), layer(130)),
    "lstm": network(layer(420, number(1, 2), number(2, 2), message(20, floats(1, 4)))),
    "pipeline": model(message(202, message(1, network(layer(140, floats(20, 6)))), text(2, "a"))),
    "trees": model(message(402, b"")),
    "weights": weights(bytes(64), bytes(100)),
    "no-weights": weights(),
}
HEAD = struct.pack("<II", 1, 2) + bytes(56)
CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "WGH-CM001"),
    "no-model": (number(1, 7), "WGH-CM001"),
    "cut": (SOUND["program"][:-5], "WGH-CM001"),
    "group": (model(b"\x0b"), "WGH-CM001"),
    "deep": (None, "WGH-CM002"),
    "custom-layer": (network(CUSTOM_LAYER), "WGH-CM003"),
    "custom-layer-in-a-branch": (network(layer(605, message(1, CUSTOM_LAYER))), "WGH-CM003"),
    "custom-layer-in-a-loop": (network(layer(615, message(4, CUSTOM_LAYER))), "WGH-CM003"),
    "custom-layer-in-a-pipeline": (model(message(202, message(1, network(CUSTOM_LAYER)))), "WGH-CM003"),
    "custom-layer-in-a-pipeline-classifier": (
        model(message(200, message(1, message(1, network(CUSTOM_LAYER))))), "WGH-CM003"),
    "custom-layer-in-a-classifier": (model(message(403, CUSTOM_LAYER)), "WGH-CM003"),
    "custom-model": (model(message(555, text(10, "EvilModel"))), "WGH-CM003"),
    "custom-operation": (program(operation("custom_kernel")), "WGH-CM003"),
    "weights-above": (program(constant("@model_path/../../../etc/passwd", 64, 4)), "WGH-CM004"),
    "weights-absolute": (program(constant("/etc/passwd", 64, 4)), "WGH-CM004"),
    "weights-absolute-behind": (program(constant("@model_path//etc/passwd", 64, 4)), "WGH-CM004"),
    "weights-on-a-drive": (program(constant("C:\\secrets\\x", 64, 4)), "WGH-CM004"),
    "weights-backslashes": (program(constant("@model_path\\..\\..\\x", 64, 4)), "WGH-CM004"),
    "weights-by-address": (program(constant("file:///etc/passwd", 64, 4)), "WGH-CM004"),
    "linked-above": (model(LINK), "WGH-CM004"),
    "weights-offset-absurd": (program(constant(BESIDE, 2**60, 4)), "WGH-CM005"),
    "weights-offset-wraps": (program(constant(BESIDE, 2**64 - 64, 4)), "WGH-CM005"),
    "kind-unknown": (model(message(444, b"x")), "WGH-CM006"),
    "model-closed": (model(message(3000, text(1, "x"))), "WGH-CM006"),
    "weights-elsewhere": (program(constant("other.bin", 64, 4)), "WGH-CM008"),
    "linked-beside": (model(message(556, message(1, message(1, text(1, "other"))))), "WGH-CM008"),
    "file-mark-missing": (weights(bytes(64), bytes(64)).replace(b"\xef\xbe\xad\xde", b"abcd", 2).replace(b"abcd", b"\xef\xbe\xad\xde", 1), "WGH-CM001"),
    "file-cut": (weights(bytes(64))[:-10], "WGH-CM001"),
    "file-count-lies": (weights(bytes(64), count=900), "WGH-CM001"),
    "file-offset-absurd": (HEAD + record(64, 2**60) + bytes(64), "WGH-CM005"),
    "file-offset-into-head": (HEAD + record(64, 0) + bytes(64), "WGH-CM005"),
    "file-size-absurd": (HEAD + record(2**63, 128) + bytes(64), "WGH-CM005"),
    "file-bytes-after": (weights(bytes(64)) + b"\x80\x04K\x01.", "WGH-CM007"),
    "file-payload-hidden": (weights(bytes(64), bytes(64), count=1), "WGH-CM007"),
    "file-hole": (HEAD + record(64, 1024) + bytes(1024 - 128 + 64), "WGH-CM007"),
}  # fmt: skip
_NESTED = network(CUSTOM_LAYER)
for _ in range(40):
    _NESTED = model(message(202, message(1, _NESTED)))
CASES["deep"] = (_NESTED, "WGH-CM002")
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "model.mlmodel")


def manifest(path: str = "com.apple.CoreML/model.mlmodel", root: str = "A") -> dict[str, object]:
    return {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": {"A": {"path": path}},
        "rootModelIdentifier": root,
    }


SOUND_MANIFESTS = {"plain": manifest()}
MANIFESTS: dict[str, tuple[object, str]] = {
    "path-above": (manifest("../../etc/passwd"), "WGH-CM004"),
    "path-absolute": (manifest("/etc/passwd"), "WGH-CM004"),
    "path-on-a-drive": (manifest("C:\\x"), "WGH-CM004"),
    "path-backslashes": (manifest("a\\..\\..\\x"), "WGH-CM004"),
    "root-missing": (manifest(root="B"), "WGH-CM006"),
    "path-a-number": ({"itemInfoEntries": {"A": {"path": 3}}, "rootModelIdentifier": "A"}, "WGH-CM006"),
    "items-a-list": ({"itemInfoEntries": []}, "WGH-CM006"),
}


def archive(**model: object) -> dict[str, object]:
    return {"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "image_classifier"} | model}


SOUND_ARCHIVES = {"plain": archive()}
ARCHIVES: dict[str, tuple[object, str]] = {
    "handler-above": (archive(handler="../../evil.py"), "WGH-MR001"),
    "handler-absolute": (archive(handler="/tmp/evil.py:handle"), "WGH-MR001"),
    "weights-above": (archive(serializedFile="../m.pt"), "WGH-MR001"),
    "handler-own": (archive(handler="handler.py"), "WGH-MR002"),
    "requirements": (archive(requirementsFile="requirements.txt"), "WGH-MR003"),
}
