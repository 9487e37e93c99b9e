"""Hostile HDF5 files, written from the format's specification. Inert: only places and counts lie.

The writer makes the oldest frame (superblock 0, object headers of version 1), which has no checksums.
"""

import json
import struct

import hostile_keras

UNDEFINED = 2**64 - 1
F32 = struct.pack("<B3BI2H4BI", 0x11, 0x20, 31, 0, 4, 0, 32, 23, 8, 0, 23, 127)
SIGNATURE = b"\x89HDF\r\n\x1a\n"


def space(*shape):
    return struct.pack("<4B4x", 1, len(shape), 0, 0) + struct.pack(f"<{len(shape)}Q", *shape)


def text_type(size):
    return struct.pack("<B3BI", 0x13, 0, 0, 0, size)


def padded(data):
    return data + bytes(-len(data) % 8)


def message(kind, body, flags=0):
    body = padded(body)
    return struct.pack("<2HB3x", kind, len(body), flags) + body


def attribute(name, text):
    raw = name.encode() + b"\0"
    value = text if isinstance(text, bytes) else text.encode()
    return message(
        12,
        struct.pack("<BB3H", 1, 0, len(raw), 8, 8)
        + padded(raw)
        + text_type(max(1, len(value)))
        + space()[:8]
        + value,
    )


def link(name, address):
    raw = name.encode()
    return message(6, struct.pack("<BBB", 1, 0, len(raw)) + raw + struct.pack("<Q", address))


def soft(name, target):
    return message(
        6,
        struct.pack("<BBBB", 1, 8, 1, len(name))
        + name.encode()
        + struct.pack("<H", len(target))
        + target.encode(),
    )


def external(name, file, target="/x"):
    value = b"\0" + file.encode() + b"\0" + target.encode() + b"\0"
    return message(
        6, struct.pack("<BBBB", 1, 8, 64, len(name)) + name.encode() + struct.pack("<H", len(value)) + value
    )


def contiguous(address, size):
    return message(8, struct.pack("<BBQQ", 3, 1, address, size))


def compact(data):
    return message(8, struct.pack("<BBH", 3, 0, len(data)) + data)


def chunked(address, *dims):
    return message(8, struct.pack("<BBBQ", 3, 2, len(dims), address) + struct.pack(f"<{len(dims)}I", *dims))


def dataset(shape, layout, *more):
    return header(message(3, F32), message(1, space(*shape)), layout, *more)


def header(*messages):
    body = b"".join(messages)
    return struct.pack("<BBHII4x", 1, 0, len(messages), 1, len(body)) + body


NEW_GROUP = (message(2, struct.pack("<BBQQ", 0, 0, UNDEFINED, UNDEFINED)), message(10, b"\0\0"))
"""What makes an object a group whose links stand in its header."""


class Builder:
    """Objects follow each other behind the superblock; the root group's header is written last."""

    def __init__(self):
        self.blocks = []
        self.at = 96

    def add(self, data):
        data = padded(data)
        self.blocks.append(data)
        self.at += len(data)
        return self.at - len(data)

    def file(self, *root, end=None, address=None):
        place = self.add(header(*NEW_GROUP, *root)) if address is None else address
        size = self.at if end is None else end
        frame = SIGNATURE + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
        frame += struct.pack("<4Q", 0, UNDEFINED, size, UNDEFINED) + struct.pack("<QQII16x", 0, place, 0, 0)
        return frame + b"".join(self.blocks)


def one(shape=(2, 3), layout=None, *more):
    """A file of one dataset `w`."""
    build = Builder()
    values = build.add(bytes(range(24)))
    data = build.add(dataset(shape, layout or contiguous(values, 24), *more))
    return build.file(link("w", data))


def with_config(config, name="model_config"):
    text = config if isinstance(config, str | bytes) else json.dumps(config)
    return Builder().file(attribute(name, text), attribute("keras_version", "2.9.0"))


def _external_storage(name):
    build = Builder()
    names = build.add(b"\0" * 8 + name.encode() + b"\0")
    heap = build.add(b"HEAP\0\0\0\0" + struct.pack("<QQQ", 8 + len(name) + 1, 1, names))
    body = struct.pack("<B3xHHQ", 1, 1, 1, heap) + struct.pack("<QQQ", 8, 0, 24)
    return build.file(link("w", build.add(dataset((2, 3), contiguous(UNDEFINED, 24), message(7, body)))))


def _tree(level, *children, left=UNDEFINED, kind=0):
    body = b"".join(struct.pack("<QQ", 0, child) for child in children) + struct.pack("<Q", 0)
    return struct.pack("<4sBBH", b"TREE", kind, level, len(children)) + struct.pack("<QQ", left, left) + body


def _group(tree_of):
    """A root group of the first form, with a tree that `tree_of` makes from its own address."""
    build = Builder()
    names = build.add(b"\0" * 8 + b"w\0")
    heap = build.add(b"HEAP\0\0\0\0" + struct.pack("<QQQ", 16, 1, names))
    tree = build.add(tree_of(build.at))
    root = build.add(header(message(17, struct.pack("<QQ", tree, heap))))
    return build.file(address=root)


def _overlap():
    build = Builder()
    values = build.add(bytes(48))
    first = build.add(dataset((2, 3), contiguous(values, 24)))
    second = build.add(dataset((2, 3), contiguous(values + 8, 24)))
    return build.file(link("a", first), link("b", second))


def _itself_continued():
    build = Builder()
    start = build.at
    body = message(16, struct.pack("<QQ", start + 16, 24))
    build.add(struct.pack("<BBHII4x", 1, 0, 9, 1, len(body)) + body)
    return build.file(address=start)


def _virtual(source):
    build = Builder()
    block = struct.pack("<BQ", 0, 1) + source.encode() + b"\0/d\0" + bytes(32)
    size = 16 + 16 + len(padded(block))
    heap = build.add(
        b"GCOL\1\0\0\0" + struct.pack("<Q", size) + struct.pack("<HH4xQ", 1, 1, len(block)) + padded(block)
    )
    return build.file(link("w", build.add(dataset((2, 3), message(8, struct.pack("<BBQI", 4, 3, heap, 1))))))


def _filter(number):
    body = struct.pack("<BB6x", 1, 1) + struct.pack("<4H", number, 0, 1, 0)
    return one((2, 3), chunked(UNDEFINED, 2, 3, 4), message(11, body))


def _names_outside():
    build = Builder()
    names = build.add(b"\0" * 16)
    heap = build.add(b"HEAP\0\0\0\0" + struct.pack("<QQQ", 16, 1, names))
    node = build.add(struct.pack("<4sBBH", b"SNOD", 1, 0, 1) + struct.pack("<QQII16x", 9999, 96, 0, 0))
    tree = build.add(_tree(0, node))
    root = build.add(header(message(17, struct.pack("<QQ", tree, heap))))
    return build.file(address=root)


CASES = {
    "no-superblock-version": (SIGNATURE + b"\x09" + bytes(100), "WGH-HD001"),
    "address-size": (SIGNATURE + bytes([0, 0, 0, 0, 0, 9, 8, 0]) + bytes(100), "WGH-HD001"),
    "only-signature": (SIGNATURE, "WGH-HD002"),
    "cut": (one()[:-40], "WGH-HD002"),
    "values-beyond": (one((2, 3), contiguous(4000, 24)), "WGH-HD002"),
    "too-few-values": (one((2, 3), contiguous(96, 8)), "WGH-HD001"),
    "too-few-compact": (one((2, 3), compact(bytes(8))), "WGH-HD001"),
    "unknown-layout": (one((2, 3), message(8, b"\x09\x00")), "WGH-HD001"),
    "too-many-dimensions": (one((1,) * 33), "WGH-HD001"),
    "name-outside-heap": (_names_outside(), "WGH-HD001"),
    "external-storage": (_external_storage("/etc/passwd"), "WGH-HD003"),
    "external-storage-parent": (_external_storage("../../secret"), "WGH-HD003"),
    "external-storage-beside": (_external_storage("weights.raw"), "WGH-HD003"),
    "virtual-outside": (_virtual("/srv/me/secret.h5"), "WGH-HD003"),
    "external-link": (Builder().file(external("w", "/etc/passwd")), "WGH-HD004"),
    "external-link-parent": (Builder().file(external("w", "../../other.h5")), "WGH-HD004"),
    "external-link-home": (Builder().file(external("w", "~/.ssh/id_rsa")), "WGH-HD004"),
    "external-link-drive": (Builder().file(external("w", "C:\\Windows\\win.ini")), "WGH-HD004"),
    "external-link-address": (Builder().file(external("w", "s3://bucket/x.h5")), "WGH-HD004"),
    "external-link-no-hdf5": (Builder().file(external("w", "id_rsa")), "WGH-HD004"),
    "tree-of-itself": (_group(lambda at: _tree(1, at)), "WGH-HD005"),
    "tree-level-rises": (_group(lambda at: _tree(0xFF, at)), "WGH-HD005"),
    "header-of-itself": (_itself_continued(), "WGH-HD005"),
    "shape-overflows": (one((2**40, 2**40)), "WGH-HD006"),
    "bytes-overflow": (one((2**47, 2**15), contiguous(96, 24)), "WGH-HD006"),
    "absurd-address": (one((2, 3), contiguous(2**60, 24)), "WGH-HD006"),
    "absurd-root": (Builder().file(address=2**50), "WGH-HD006"),
    "shape-bomb": (one((2**20, 2**14), chunked(UNDEFINED, 64, 64, 4)), "WGH-HD007"),
    "shape-bomb-unwritten": (one((2**30,), contiguous(UNDEFINED, 0)), "WGH-HD007"),
    "overlap": (_overlap(), "WGH-HD008"),
    "sibling": (Builder().file(external("w", "part2.h5")), "WGH-HD009"),
    "virtual-beside": (_virtual("part2.h5"), "WGH-HD010"),
    "user-link": (
        Builder().file(message(6, struct.pack("<BBBB", 1, 8, 99, 1) + b"w" + struct.pack("<H", 2) + b"hi")),
        "WGH-HD010",
    ),
    "foreign-filter": (_filter(4711), "WGH-HD011"),
    "config-no-json": (with_config('{"class_name": '), "WGH-KE010"),
    "config-key-twice": (with_config('{"class_name":"Model","config":{},"config":{}}'), "WGH-KE009"),
    **{
        f"keras-{name}": (with_config(config), rule)
        for name, (config, rule) in hostile_keras.CONFIGS.items()
        if len(json.dumps(config)) < 60_000
    },
}
"""Name → the file and the rule it breaks."""

DAMAGED = frozenset({"WGH-HD001", "WGH-HD002", "WGH-KE010"})
REVIEW = frozenset(
    {"WGH-HD009", "WGH-HD010", "WGH-HD011", "WGH-KE007", "WGH-KE008", "WGH-KE011", "WGH-KE013"}
)

SOUND = {
    "one": one(),
    "compact": one((2,), compact(bytes(8))),
    "unwritten": one((2, 3), contiguous(UNDEFINED, 0)),
    "chunked": one((2, 3), chunked(UNDEFINED, 2, 3, 4)),
    "deflate": _filter(1),
    "empty": Builder().file(),
    "soft-link": Builder().file(soft("s", "/nowhere")),
    "virtual-itself": _virtual("."),
    "keras": with_config(hostile_keras.HONEST["sequential-2"]),
}
NAMES = dict.fromkeys((*CASES, *SOUND), "model.h5")
