"""Hostile tar files, each with the rule it breaks. Inert: inside is text, or a pickle nobody loads."""

CODE = b"cos\nsystem\n(S'true'\ntR."
TEXT = b"hello\n" * 20


def octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)


def base256(value: int) -> bytes:
    return b"\x80" + value.to_bytes(11, "big")


def head(
    name: bytes,
    size: int = 0,
    kind: bytes = b"0",
    *,
    link: bytes = b"",
    prefix: bytes = b"",
    magic: bytes = b"ustar\x0000",
    size_field: bytes | None = None,
    checksum: int | None = None,
) -> bytes:
    raw = bytearray(512)
    raw[: len(name)] = name[:100]
    raw[100:108] = b"0000644\0"
    raw[124:136] = octal(size, 12) if size_field is None else size_field
    raw[136:148] = octal(0, 12)
    raw[148:156] = b" " * 8
    raw[156:157] = kind
    raw[157 : 157 + len(link)] = link
    raw[257 : 257 + len(magic)] = magic
    raw[345 : 345 + len(prefix)] = prefix
    raw[148:156] = b"%06o\0 " % (sum(raw) if checksum is None else checksum)
    return bytes(raw)


def blocks(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def file(name: bytes, data: bytes = TEXT, kind: bytes = b"0", **told: bytes) -> bytes:
    return head(name, len(data), kind, **told) + blocks(data)


def pax(*pairs: tuple[bytes, bytes], kind: bytes = b"x") -> bytes:
    records = b""
    for key, value in pairs:
        length = len(key) + len(value) + 3
        while len(b"%d" % length) + len(key) + len(value) + 3 != length:
            length = len(b"%d" % length) + len(key) + len(value) + 3
        records += b"%d %s=%s\n" % (length, key, value)
    return file(b"PaxHeaders/x", records, kind)


def link(name: bytes, target: bytes, kind: bytes = b"2") -> bytes:
    return head(name, 0, kind, link=target)


END = bytes(1024)


def tar(*parts: bytes, end: bytes = END) -> bytes:
    return b"".join(parts) + end


INNER = tar(file(b"hidden.pkl", CODE))
SPARSE = bytearray(head(b"s", 512, b"S", magic=b"ustar  \0"))
SPARSE[148:156] = b" " * 8
SPARSE[148:156] = b"%06o\0 " % sum(SPARSE)

CASES: dict[str, tuple[bytes, str]] = {
    "slip": (tar(file(b"../../x")), "WGH-AR006"),
    "slip-in-the-middle": (tar(file(b"a/../../x")), "WGH-AR006"),
    "absolute": (tar(file(b"/etc/passwd")), "WGH-AR006"),
    "slip-by-prefix": (tar(file(b"x", prefix=b"../..")), "WGH-AR006"),
    "slip-by-pax": (tar(pax((b"path", b"../../x")), file(b"x")), "WGH-AR006"),
    "slip-by-global-pax": (tar(pax((b"path", b"/x"), kind=b"g"), file(b"x")), "WGH-AR006"),
    "slip-by-long-name": (tar(file(b"././@LongLink", b"../x\0", b"L"), file(b"x")), "WGH-AR006"),
    "slip-behind-a-pax-name": (tar(pax((b"path", b"good.txt")), file(b"../x")), "WGH-AR006"),
    "slip-by-backslash": (tar(file(b"..\\x")), "WGH-AR006"),
    "drive": (tar(file(b"C:/x")), "WGH-AR006"),
    "nul-in-pax-path": (tar(pax((b"path", b"a\0b")), file(b"x")), "WGH-AR007"),
    "link-absolute": (tar(link(b"l", b"/etc/passwd")), "WGH-AR008"),
    "link-leaves": (tar(link(b"d/l", b"../../x")), "WGH-AR008"),
    "link-leaves-by-pax": (tar(pax((b"linkpath", b"../../x")), link(b"l", b"a")), "WGH-AR008"),
    "link-leaves-by-long-name": (
        tar(file(b"././@LongLink", b"/etc/x\0", b"K"), link(b"l", b"a")),
        "WGH-AR008",
    ),
    "hard-link-leaves": (tar(link(b"l", b"../x", b"1")), "WGH-AR008"),
    "hard-link-absolute": (tar(link(b"l", b"/etc/passwd", b"1")), "WGH-AR008"),
    "member-behind-link": (tar(link(b"d", b"e"), file(b"d/x")), "WGH-AR028"),
    "character-device": (tar(head(b"null", 0, b"3")), "WGH-AR025"),
    "block-device": (tar(head(b"sda", 0, b"4")), "WGH-AR025"),
    "pipe": (tar(head(b"p", 0, b"6")), "WGH-AR025"),
    "name-twice": (tar(file(b"a.yaml"), file(b"a.yaml", b"other\n")), "WGH-AR005"),
    "name-twice-by-dot": (tar(file(b"a.yaml"), file(b"./a.yaml", b"other\n")), "WGH-AR005"),
    "name-as-file-and-link": (tar(file(b"a"), link(b"a", b"b")), "WGH-AR005"),
    "pax-size-over-nought": (
        tar(pax((b"size", b"%d" % len(INNER))), head(b"a.txt", 0), INNER, end=b""),
        "WGH-AR031",
    ),
    "pax-size-smaller": (tar(pax((b"size", b"0")), file(b"a.txt", INNER)), "WGH-AR031"),
    "pax-size-before-a-long-name": (
        tar(pax((b"size", b"2048")), file(b"././@LongLink", b"n\0", b"L"), file(b"a"), file(b"b"), end=b""),
        "WGH-AR031",
    ),
    "pax-size-global": (tar(pax((b"size", b"1"), kind=b"g"), file(b"a.txt")), "WGH-AR031"),
    "member-after-end": (tar(file(b"a.txt")) + tar(file(b"x.pkl", CODE)), "WGH-AR032"),
    "member-behind-one-empty-block": (tar(file(b"a.txt"), bytes(512), file(b"x.pkl", CODE)), "WGH-AR032"),
    "member-behind-broken-header": (
        tar(file(b"a.txt"), head(b"b", checksum=1), file(b"x.pkl", CODE)),
        "WGH-AR032",
    ),
    "size-negative": (tar(head(b"a", size_field=b"\xff" * 12)), "WGH-AR036"),
    "size-no-number": (tar(head(b"a", size_field=b"zzzzzzzzzzz\0")), "WGH-AR036"),
    "size-of-2-to-the-60": (tar(head(b"a", size_field=base256(2**60))), "WGH-AR036"),
    "pax-size-of-2-to-the-60": (tar(pax((b"size", b"%d" % 2**60)), file(b"a")), "WGH-AR036"),
    "pax-size-negative": (tar(pax((b"size", b"-1")), file(b"a")), "WGH-AR036"),
}
"""Name → the file and the rule it breaks; every one is an attack."""

DAMAGED: dict[str, tuple[bytes, str]] = {
    "checksum-wrong": (tar(file(b"a"), head(b"b", checksum=7)), "WGH-AR030"),
    "cut-in-a-member": (tar(file(b"a"), file(b"b", bytes(2000) + b"x"), end=b"")[:2000], "WGH-AR034"),
    "pax-record-broken": (tar(file(b"x", b"99 path=a\n", b"x"), file(b"a")), "WGH-AR035"),
}
SUSPECT: dict[str, tuple[bytes, str]] = {
    "bytes-after-end": (tar(file(b"a.txt")) + b"smuggled" * 80, "WGH-AR023"),
    "with-holes": (tar(bytes(SPARSE), b"hole" * 128), "WGH-AR038"),
    "pax-with-holes": (tar(pax((b"GNU.sparse.major", b"1")), file(b"a", b"1\n0\n")), "WGH-AR038"),
}
NOTED: dict[str, tuple[bytes, str]] = {
    "link-inside": (tar(file(b"a.txt"), link(b"l", b"a.txt")), "WGH-AR009"),
    "hard-link-inside": (tar(file(b"a.txt"), link(b"l", b"a.txt", b"1")), "WGH-AR009"),
    "same-content-twice": (tar(file(b"a.txt"), file(b"a.txt")), "WGH-AR027"),
    "no-empty-block": (tar(file(b"a.txt"), end=b""), "WGH-AR033"),
    "unusual-kind": (tar(file(b"a.txt", kind=b"V")), "WGH-AR037"),
    "backslash": (tar(file(b"d\\a.txt")), "WGH-AR026"),
}
"""What is noted and stays clean."""

SOUND: dict[str, bytes] = {
    "ustar": tar(file(b"a.txt"), head(b"d", 0, b"5"), file(b"d/b.txt")),
    "gnu": tar(file(b"a.txt", magic=b"ustar  \0")),
    "old": tar(file(b"a.txt", magic=b"", kind=b"\0"), head(b"d/", 0, b"\0", magic=b"")),
    "contiguous": tar(file(b"a.txt", kind=b"7")),
    "long-name": tar(file(b"././@LongLink", b"n" * 120 + b".txt\0", b"L"), file(b"n" * 100)),
    "pax": tar(pax((b"path", "é/ü.txt".encode()), (b"mtime", b"1.5")), file(b"e/u.txt")),
    "pax-global": tar(pax((b"comment", b"0" * 40), kind=b"g"), file(b"a.txt")),
    "pax-same-size": tar(pax((b"size", b"%d" % len(TEXT))), file(b"a.txt")),
    "base-256": tar(head(b"a.txt", size_field=base256(len(TEXT))) + blocks(TEXT)),
    "padded": tar(file(b"a.txt"), end=bytes(10240)),
    "folders-twice": tar(head(b"d/", 0, b"5"), head(b"d/", 0, b"5")),
    "prefix": tar(file(b"b.txt", prefix=b"p" * 100)),
    "nested": tar(file(b"in.tar", tar(file(b"a.txt")))),
    "empty-file": tar(file(b"e", b"")),
}
"""Honest files."""
