"""Hostile 7z archives, each with the rule it breaks. Inert: inside is text, or a pickle nobody loads."""

import lzma
import struct
import zlib
from dataclasses import dataclass, replace

CODE = b"cos\nsystem\n(S'true'\ntR."
TEXT = b"hello\n" * 20
COPY, LZMA2, AES, PPMD = (
    b"\x01\x00",
    b"\x21\x21\x01\x18",
    b"\x24\x06\xf1\x07\x01\x01\x00",
    b"\x03\x03\x04\x01",
)
LINK = 0o120777


@dataclass(frozen=True)
class Item:
    """A member; `attributes` as Windows has them, the Unix mode in the upper half."""

    name: str
    data: bytes = TEXT
    mode: int = 0
    anti: bool = False
    folder: bool = False


def number(value: int) -> bytes:
    for extra in range(8):
        if value < 1 << 7 * (extra + 1):
            first = (0xFF00 >> extra) & 0xFF | value >> 8 * extra
            return bytes([first]) + (value & ((1 << 8 * extra) - 1)).to_bytes(extra, "little")
    return b"\xff" + value.to_bytes(8, "little")


def bits(flags: list[bool]) -> bytes:
    out = bytearray((len(flags) + 7) // 8)
    for place, flag in enumerate(flags):
        out[place >> 3] |= flag << 7 - (place & 7)
    return bytes(out)


def part(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + number(len(body)) + body


def streams(packed: int, items: list[Item], coder: bytes, **told: int) -> bytes:
    whole = sum(len(i.data) for i in items)
    out = (
        b"\x06"
        + number(told.get("place", 0))
        + number(1)
        + b"\x09"
        + number(told.get("claimed", packed))
        + b"\0"
    )
    out += (
        b"\x07\x0b"
        + number(1)
        + b"\0"
        + number(1)
        + coder
        + b"\x0c"
        + number(told.get("whole", whole))
        + b"\0"
    )
    out += b"\x08\x0d" + number(told.get("parts", len(items)))
    if len(items) > 1:
        out += b"\x09" + b"".join(number(told.get("part", len(i.data))) for i in items[:-1])
    sums = b"".join(struct.pack("<I", told.get("crc", zlib.crc32(i.data))) for i in items)
    return out + b"\x0a\x01" + sums + b"\0" + b"\0"


def header(items: list[Item], packed: int, coder: bytes, **told: int) -> bytes:
    full = [i for i in items if i.data]
    empty = [i for i in items if not i.data]
    files = number(told.get("files", len(items)))
    if empty:
        files += part(14, bits([not i.data for i in items]))
        files += part(15, bits([not i.folder for i in empty])) + part(16, bits([i.anti for i in empty]))
    files += part(17, b"\0" + b"".join(i.name.encode("utf-16-le") + b"\0\0" for i in items))
    if any(i.mode for i in items):
        values = b"".join(struct.pack("<I", 0x8000 | i.mode << 16) for i in items)
        files += part(21, b"\x01\0" + values)
    main = b"\x04" + streams(packed, full, coder, **told) if full else b""
    return b"\x01" + main + b"\x05" + files + b"\0" + b"\0"


def wrap(packed: bytes, head: bytes, *, tail: bytes = b"", **told: int) -> bytes:
    crc = told.get("head_crc", zlib.crc32(head))
    start = struct.pack("<QQI", told.get("at", len(packed)), told.get("size", len(head)), crc)
    first = struct.pack("<I", told.get("start_crc", zlib.crc32(start)))
    return b"7z\xbc\xaf\x27\x1c\0\x04" + first + start + packed + head + tail


def build(*items: Item, tail: bytes = b"", coder: bytes = COPY, **told: int) -> bytes:
    packed = b"".join(i.data for i in items)
    if coder == LZMA2:
        packed = lzma.compress(packed, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
    return wrap(packed, header(list(items), len(packed), coder, **told), tail=tail, **told)


def encoded(*items: Item) -> bytes:
    """With a header that is packed itself, as 7-Zip writes it."""
    data = b"".join(i.data for i in items)
    plain = header(list(items), len(data), COPY)
    packed = lzma.compress(plain, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
    outer = b"\x17\x06" + number(len(data)) + number(1) + b"\x09" + number(len(packed)) + b"\0"
    outer += b"\x07\x0b" + number(1) + b"\0" + number(1) + LZMA2 + b"\x0c" + number(len(plain)) + b"\0\0"
    return wrap(data + packed, outer)


A, B = Item("a.txt"), Item("b.txt", b"other\n")
ZEROS = bytes(16 * 1024 * 1024)

CASES: dict[str, tuple[bytes, str]] = {
    "slip": (build(replace(A, name="../../x")), "WGH-AR006"),
    "slip-by-backslash": (build(replace(A, name="..\\x")), "WGH-AR006"),
    "absolute": (build(replace(A, name="/etc/x")), "WGH-AR006"),
    "drive": (build(replace(A, name="C:\\x")), "WGH-AR006"),
    "slip-of-an-empty-file": (build(A, Item("../e", b"")), "WGH-AR006"),
    "slip-in-packed-header": (encoded(replace(A, name="../x")), "WGH-AR006"),
    "link-leaves": (build(Item("l", b"../../etc/passwd", LINK)), "WGH-AR008"),
    "link-absolute": (build(Item("l", b"/etc/passwd", LINK)), "WGH-AR008"),
    "member-behind-link": (build(Item("d", b"e", LINK), Item("d/x")), "WGH-AR028"),
    "name-twice": (build(A, replace(B, name="a.txt")), "WGH-AR005"),
    "bomb": (build(Item("x.bin", ZEROS), coder=LZMA2), "WGH-AR014"),
    "header-at-2-to-the-60": (build(A, at=2**60), "WGH-AR041"),
    "header-of-2-to-the-60": (build(A, size=2**60), "WGH-AR041"),
    "stream-of-2-to-the-60": (build(A, whole=2**60), "WGH-AR041"),
    "pack-position-of-2-to-the-60": (build(A, place=2**60), "WGH-AR041"),
    "packed-size-of-2-to-the-60": (build(A, claimed=2**60), "WGH-AR041"),
    "parts-larger-than-stream": (build(A, B, part=5000), "WGH-AR041"),
    "files-beyond-counting": (build(A, files=2**40), "WGH-AR041"),
    "parts-beyond-counting": (build(A, parts=2**30), "WGH-AR041"),
}
"""Name → the file and the rule it breaks; every one is an attack."""

DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut": (build(A)[:-5], "WGH-AR040"),
    "start-checksum": (build(A, start_crc=1), "WGH-AR015"),
    "header-checksum": (build(A, head_crc=1), "WGH-AR015"),
    "member-checksum": (build(A, crc=1), "WGH-AR015"),
    "packed-bytes-beyond-file": (build(A, place=9999), "WGH-AR040"),
    "stream-broken": (
        build(Item("a.txt", b"0123456789"), coder=LZMA2).replace(b"345", b"\xff" * 3),
        "WGH-AR015",
    ),
    "header-of-unknown-kind": (wrap(b"", b"\x63"), "WGH-AR040"),
}
SUSPECT: dict[str, tuple[bytes, str]] = {
    "encrypted": (build(A, coder=AES), "WGH-AR011"),
    "method-ppmd": (build(A, coder=PPMD), "WGH-AR012"),
    "bytes-after-end": (build(A, tail=b"smuggled"), "WGH-AR023"),
    "entry-that-deletes": (build(A, Item("b", b"", anti=True)), "WGH-AR042"),
}
SOUND: dict[str, bytes] = {
    "copy": build(A, B),
    "lzma2": build(A, B, coder=LZMA2),
    "packed-header": encoded(A, B),
    "one": build(A),
    "empty-file-and-folder": build(A, Item("e", b""), Item("d", b"", folder=True)),
    "empty": wrap(b"", b"", head_crc=0),
    "unicode": build(replace(A, name="é/ü.txt")),
    "link-inside": build(Item("l", b"a.txt", LINK), A),
}
"""Honest files."""
