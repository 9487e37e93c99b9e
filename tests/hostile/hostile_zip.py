"""Hostile zip files, each with the rule it breaks. Inert: inside is text, or a pickle nobody loads."""

import struct
import zlib
from dataclasses import dataclass, field, replace

CODE = b"cos\nsystem\n(S'true'\ntR."
"""A pickle that would run `true`; it is only ever read as bytes."""
TEXT = b"hello\n" * 20


@dataclass(frozen=True)
class Item:
    """A member, and what its two headers say of it where that is not the truth."""

    name: bytes
    data: bytes = TEXT
    method: int = 0
    flags: int = 0
    mode: int = 0
    packed: bytes | None = None
    local: dict = field(default_factory=dict)
    central: dict = field(default_factory=dict)
    listed: bool = True
    pad: bytes = b""
    local_extra: bytes = b""
    central_extra: bytes = b""
    descriptor: bytes = b""


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return coder.compress(data) + coder.flush()


def fields(item: Item, told: dict) -> dict:
    packed = body(item)
    true = {
        "name": item.name, "method": item.method, "flags": item.flags, "crc": zlib.crc32(item.data),
        "packed": len(packed), "size": len(item.data),
    }  # fmt: skip
    return true | told


def body(item: Item) -> bytes:
    if item.packed is not None:
        return item.packed
    return raw_deflate(item.data) if item.method == 8 else item.data


def local_header(item: Item) -> bytes:
    f = fields(item, item.local)
    head = struct.pack(
        "<4sHHHHHIIIHH", b"PK\x03\x04", 20, f["flags"], f["method"], 0, 0x21, f["crc"], f["packed"],
        f["size"], len(f["name"]), len(item.local_extra),
    )  # fmt: skip
    return head + f["name"] + item.local_extra


def record(item: Item, place: int) -> bytes:
    f = fields(item, item.central)
    made = 0x0314 if item.mode else 20
    head = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", made, 20, f["flags"], f["method"], 0, 0x21, f["crc"],
        f["packed"], f["size"], len(f["name"]), len(item.central_extra), 0, 0, 0, item.mode << 16,
        f.get("place", place),
    )  # fmt: skip
    return head + f["name"] + item.central_extra


def end(count: int, size: int, offset: int, comment: bytes = b"") -> bytes:
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, offset, len(comment)) + comment


def end64(count: int, size: int, offset: int, at: int) -> bytes:
    record64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    return record64 + struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)


def build(*items: Item, prefix: bytes = b"", comment: bytes = b"", tail: bytes = b"", **told: int) -> bytes:
    out, records = bytearray(prefix), []
    for item in items:
        out += item.pad
        if item.listed:
            records.append(record(item, len(out) - told.get("shift", 0)))
        out += local_header(item) + body(item) + item.descriptor
    out += told.get("gap", 0) * b"\xa5"
    start = len(out)
    directory = b"".join(records)
    out += directory
    if told.get("wide"):
        count = told.get("wide_count", len(records))
        out += end64(count, len(directory), start, told.get("wide_at", len(out)))
    out += end(
        told.get("count", len(records)), told.get("size", len(directory)),
        told.get("offset", start - told.get("shift", 0)), comment,
    )  # fmt: skip
    return bytes(out) + tail


A, B = Item(b"a.txt"), Item(b"b.txt", b"other\n" * 9)
DEFLATED = Item(b"a.txt", TEXT, method=8)
ZEROS = bytes(16 * 1024 * 1024)
LINK = 0o120777


def unicode_extra(name: bytes, other: bytes) -> bytes:
    return struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other


OTHER_A = replace(B, name=b"a.txt")


def overlapping() -> bytes:
    """Two records that name one local header's bytes, the second starting inside the first one's data."""
    inner = local_header(Item(b"b.txt", b"x" * 10)) + b"x" * 10
    first = Item(b"a.txt", inner)
    head = local_header(first)
    out = head + inner
    directory = record(first, 0) + record(Item(b"b.txt", b"x" * 10), len(head))
    return out + directory + end(2, len(directory), len(out))


def same_header_twice() -> bytes:
    out = local_header(A) + A.data
    directory = record(A, 0) * 2
    return out + directory + end(2, len(directory), len(out))


def fake_end_in_comment() -> bytes:
    """A whole second archive's directory inside the comment of the first one."""
    inner = record(Item(b"a.txt", b"evil"), 0)
    comment = inner + end(1, len(inner), 0)
    return build(A, comment=comment)


def nested(levels: int) -> bytes:
    data = build(Item(b"zeros.bin", ZEROS, method=8))
    for _ in range(levels):
        data = build(Item(b"inner.zip", data, method=8))
    return data


def without_end(data: bytes) -> bytes:
    return data[: data.rindex(b"PK\x05\x06")]


def without_directory(data: bytes) -> bytes:
    return data[: data.index(b"PK\x01\x02")]


STREAMED = Item(
    b"s.txt",
    method=8,
    flags=8,
    local={"crc": 0, "packed": 0, "size": 0},
    descriptor=b"PK\x07\x08" + struct.pack("<III", zlib.crc32(TEXT), len(raw_deflate(TEXT)), len(TEXT)),
)

CASES: dict[str, tuple[bytes, str]] = {
    "name-differs-in-local-header": (build(replace(A, local={"name": b"b.pkl"})), "WGH-AR001"),
    "name-differs-in-directory": (build(replace(A, central={"name": b"other/name"})), "WGH-AR001"),
    "name-of-other-case": (build(replace(A, local={"name": b"A.txt"})), "WGH-AR001"),
    "method-differs": (build(replace(DEFLATED, local={"method": 0})), "WGH-AR002"),
    "crc-differs": (build(replace(A, central={"crc": 1})), "WGH-AR002"),
    "crc-nought-in-local-header": (build(replace(A, local={"crc": 0})), "WGH-AR002"),
    "size-differs": (build(replace(DEFLATED, local={"size": 7})), "WGH-AR002"),
    "packed-size-differs": (build(replace(A, local={"packed": 2})), "WGH-AR002"),
    "flag-of-encryption-in-local-header": (build(replace(A, local={"flags": 1})), "WGH-AR002"),
    "flag-of-encryption-in-directory": (build(replace(A, central={"flags": 1})), "WGH-AR002"),
    "flag-of-patching": (build(replace(A, flags=0x20)), "WGH-AR010"),
    "flag-of-strong-encryption": (build(replace(A, flags=0x41)), "WGH-AR010"),
    "flag-of-encryption-on-plain-bytes": (build(replace(A, flags=1)), "WGH-AR010"),
    "flag-of-encryption-on-deflated-bytes": (build(replace(DEFLATED, flags=1)), "WGH-AR010"),
    "flag-of-masked-headers": (build(replace(A, flags=0x2000)), "WGH-AR010"),
    "stored-with-two-sizes": (build(replace(A, local={"size": 9}, central={"size": 9})), "WGH-AR002"),
    "member-in-no-directory": (build(A, Item(b"data.pkl.bak", CODE, listed=False), B), "WGH-AR003"),
    "member-in-no-directory-last": (build(A, Item(b"x", CODE, listed=False)), "WGH-AR003"),
    "member-in-no-directory-first": (build(Item(b"x", CODE, listed=False), A), "WGH-AR003"),
    "member-in-no-directory-streamed": (build(A, replace(STREAMED, listed=False), B), "WGH-AR003"),
    "member-behind-strange-bytes": (build(A, Item(b"x", CODE, listed=False, pad=b"??")), "WGH-AR003"),
    "bytes-between-members": (build(A, replace(B, pad=b"smuggled")), "WGH-AR004"),
    "bytes-before-directory": (build(A, gap=64), "WGH-AR004"),
    "name-twice": (build(A, replace(B, name=b"a.txt")), "WGH-AR005"),
    "name-twice-by-dot": (build(A, replace(B, name=b"./a.txt")), "WGH-AR005"),
    "name-twice-by-backslash": (build(replace(A, name=b"d/a"), replace(B, name=b"d\\a")), "WGH-AR005"),
    "slip": (build(replace(A, name=b"../../etc/cron.d/x")), "WGH-AR006"),
    "slip-in-the-middle": (build(replace(A, name=b"a/../../x")), "WGH-AR006"),
    "slip-by-backslash": (build(replace(A, name=b"..\\..\\x")), "WGH-AR006"),
    "slip-mixed": (build(replace(A, name=b"a\\../../x")), "WGH-AR006"),
    "absolute": (build(replace(A, name=b"/etc/passwd")), "WGH-AR006"),
    "absolute-by-backslash": (build(replace(A, name=b"\\x")), "WGH-AR006"),
    "share": (build(replace(A, name=b"\\\\server\\share\\x")), "WGH-AR006"),
    "drive": (build(replace(A, name=b"C:\\x")), "WGH-AR006"),
    "drive-relative": (build(replace(A, name=b"c:x")), "WGH-AR006"),
    "nul-in-name": (build(replace(A, name=b"a.txt\0.pkl")), "WGH-AR007"),
    "second-name": (build(replace(A, central_extra=unicode_extra(b"a.txt", b"b.pkl"))), "WGH-AR007"),
    "second-name-local": (build(replace(A, local_extra=unicode_extra(b"a.txt", b"b.pkl"))), "WGH-AR007"),
    "second-name-slips": (build(replace(A, central_extra=unicode_extra(b"a.txt", b"../b"))), "WGH-AR006"),
    "name-not-utf8": (build(replace(A, name=b"\xff\xfe.txt", flags=0x800)), "WGH-AR007"),
    "name-in-two-encodings": (
        build(replace(A, name="é.txt".encode(), local={"flags": 0x800})),
        "WGH-AR007",
    ),
    "link-leaves": (build(Item(b"l", b"../../etc/passwd", mode=LINK)), "WGH-AR008"),
    "link-absolute": (build(Item(b"d/l", b"/etc/passwd", mode=LINK)), "WGH-AR008"),
    "link-leaves-deflated": (build(Item(b"l", b"../../etc/passwd", mode=LINK, method=8)), "WGH-AR008"),
    "member-behind-link": (build(Item(b"d", b"e", mode=LINK), Item(b"d/x", TEXT)), "WGH-AR028"),
    "overlapping": (overlapping(), "WGH-AR013"),
    "same-header-twice": (same_header_twice(), "WGH-AR013"),
    "bomb": (build(Item(b"x.bin", ZEROS, method=8)), "WGH-AR014"),
    "bomb-named-as-pickle": (build(Item(b"a/data.txt", ZEROS, method=8)), "WGH-AR014"),
    "bomb-nested": (nested(2), "WGH-AR014"),
    "unpacks-to-more": (
        build(Item(b"a.txt", TEXT[:8], method=8, packed=raw_deflate(TEXT))),
        "WGH-AR017",
    ),
    "two-archives-in-a-row": (build(A) + build(OTHER_A), "WGH-AR019"),
    "two-archives-with-moved-offsets": (build(OTHER_A, prefix=build(A)), "WGH-AR003"),
    "end-record-in-comment": (fake_end_in_comment(), "WGH-AR019"),
    "end-record-after-end": (build(A, tail=end(1, 9999, 0)), "WGH-AR019"),
    "count-too-small": (build(A, B, count=1), "WGH-AR019"),
    "count-too-large": (build(A, B, count=3), "WGH-AR019"),
    "end-record-64-differs": (build(A, wide=1, wide_count=7), "WGH-AR020"),
    "end-record-64-elsewhere": (
        build(replace(A, data=b"PK\x06\x06" + bytes(60)), wide=1, wide_at=35),
        "WGH-AR020",
    ),
    "size-of-2-to-the-60": (
        build(
            replace(
                A,
                central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF},
                central_extra=struct.pack("<HHQQ", 1, 16, 2**60, 2**60),
            )
        ),
        "WGH-AR020",
    ),
    "extra-64-too-short": (
        build(replace(A, central={"size": 0xFFFFFFFF}, central_extra=struct.pack("<HH", 1, 0))),
        "WGH-AR020",
    ),
    "extra-64-twice": (
        build(replace(A, central_extra=struct.pack("<HHHH", 1, 0, 1, 0))),
        "WGH-AR020",
    ),
    "larger-than-file": (
        build(replace(A, local={"packed": 9999, "size": 9999}, central={"packed": 9999, "size": 9999})),
        "WGH-AR021",
    ),
    "device": (build(Item(b"null", b"", mode=0o020666)), "WGH-AR025"),
    "pipe": (build(Item(b"p", b"", mode=0o010666)), "WGH-AR025"),
}
"""Name → the file and the rule it breaks; every one is an attack, but for those in WORDS."""

DAMAGED: dict[str, tuple[bytes, str]] = {
    "crc-wrong": (build(replace(A, local={"crc": 5}, central={"crc": 5})), "WGH-AR015"),
    "crc-wrong-deflated": (build(replace(DEFLATED, local={"crc": 5}, central={"crc": 5})), "WGH-AR015"),
    "unpacks-to-less": (build(Item(b"a.txt", TEXT, method=8, packed=raw_deflate(TEXT[:8]))), "WGH-AR015"),
    "deflate-broken": (build(Item(b"a.txt", TEXT, method=8, packed=b"\xff" * 40)), "WGH-AR016"),
    "no-end": (without_end(build(A, B)), "WGH-AR018"),
    "no-directory": (without_directory(build(A, B)), "WGH-AR018"),
    "directory-broken": (build(A, B).replace(b"PK\x01\x02", b"PK\x01\x00", 2), "WGH-AR018"),
    "comment-cut": (build(A, comment=b"hello")[:-2], "WGH-AR018"),
    "place-wrong": (build(A, replace(B, central={"place": 3})), "WGH-AR021"),
}
"""What damage makes: the word is `error`."""

SUSPECT: dict[str, tuple[bytes, str]] = {
    "bytes-between-members": CASES.pop("bytes-between-members"),
    "bytes-before-directory": CASES.pop("bytes-before-directory"),
    "encrypted": (
        build(Item(b"a.txt", TEXT, flags=1, packed=b"\x93" * (len(TEXT) + 12))),
        "WGH-AR011",
    ),
    "method-zstd": (
        build(Item(b"a.txt", TEXT, method=93, packed=b"\x28\xb5\x2f\xfd" + bytes(9))),
        "WGH-AR012",
    ),
    "bytes-after-end": (build(A, tail=b"trailing"), "WGH-AR023"),
}
"""What a person must look at: the word is `review`."""

SOUND: dict[str, bytes] = {
    "stored": build(A, B),
    "deflated": build(DEFLATED, B),
    "streamed": build(STREAMED, B),
    "streamed-without-mark": build(replace(STREAMED, descriptor=STREAMED.descriptor[4:]), B),
    "streamed-with-64-bits": build(
        replace(
            STREAMED,
            descriptor=b"PK\x07\x08"
            + struct.pack("<IQQ", zlib.crc32(TEXT), len(raw_deflate(TEXT)), len(TEXT)),
        ),
        B,
    ),
    "empty": build(),
    "empty-member": build(Item(b"e", b"")),
    "empty-member-deflated": build(Item(b"py.typed", b"", method=8)),
    "folder": build(Item(b"d/", b""), Item(b"d/a.txt")),
    "comment": build(A, comment=b"made by a test"),
    "wide": build(A, wide=1),
    "aligned": build(replace(A, local_extra=b"FB\x08\0" + b"Z" * 8)),
    "unicode-name": build(replace(A, name="ü/é.txt".encode(), flags=0x800)),
    "code-page-name": build(replace(A, name="é.txt".encode("cp437"))),
    "code-page-name-with-unicode": build(
        replace(
            A,
            name="é.txt".encode("cp437"),
            central_extra=unicode_extra("é.txt".encode("cp437"), "é.txt".encode()),
        )
    ),
    "nested": build(Item(b"inner.zip", build(A, B))),
    "padding-of-noughts": build(A, replace(B, pad=bytes(32))),
    "link-inside": build(Item(b"l", b"a.txt", mode=LINK), A),
    "same-content-twice": build(A, A),
}
"""Honest files."""
