"""Hostile compressed streams, each with the rule it breaks. Inert: inside is text or noughts."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib

CODE = b"cos\nsystem\n(S'true'\ntR."
TEXT = b"hello\n" * 20
ZEROS = bytes(16 * 1024 * 1024)


def gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def lz4(data: bytes, *, flags: int = 0x60, end: bytes = bytes(4)) -> bytes:
    """A frame of stored blocks; the descriptor's checksum is not compared by anybody here."""
    blocks = b"".join(
        (len(data[at : at + 65536]) | 1 << 31).to_bytes(4, "little") + data[at : at + 65536]
        for at in range(0, len(data), 65536)
    )
    return b"\x04\x22\x4d\x18" + bytes([flags, 0x40, 0]) + blocks + end


def lz4_block(block: bytes, *, flags: int = 0x60) -> bytes:
    size = len(block).to_bytes(4, "little")
    return b"\x04\x22\x4d\x18" + bytes([flags, 0x40, 0]) + size + block + bytes(4)


def zfile(data: bytes, *, size: int = -1, blank: bytes = b"") -> bytes:
    stated = hex(len(data) if size < 0 else size).encode().ljust(19)
    return b"ZF" + stated + blank + zlib.compress(data)


def tar_with_slip() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        member = tarfile.TarInfo("../../x")
        member.size = len(TEXT)
        archive.addfile(member, io.BytesIO(TEXT))
    return target.getvalue()


CASES: dict[str, tuple[bytes, str]] = {
    "bomb-gzip": (gz(ZEROS), "WGH-AR014"),
    "bomb-zlib": (zlib.compress(ZEROS, 9), "WGH-AR014"),
    "bomb-bzip2": (bz2.compress(ZEROS), "WGH-AR014"),
    "bomb-xz": (lzma.compress(ZEROS), "WGH-AR014"),
    "bomb-lzma": (lzma.compress(ZEROS, lzma.FORMAT_ALONE), "WGH-AR014"),
    "bomb-of-text": (gz(b"a" * len(ZEROS)), "WGH-AR014"),
    "bomb-nested": (gz(gz(ZEROS)), "WGH-AR014"),
    "bomb-of-members": (gz(bytes(1024 * 1024)) * 12, "WGH-AR014"),
    "tar-that-slips": (gz(tar_with_slip()), "WGH-AR006"),
    "tar-that-slips-xz": (lzma.compress(tar_with_slip()), "WGH-AR006"),
}
"""Name → the file and the rule it breaks; every one is an attack."""

DAMAGED: dict[str, tuple[bytes, str]] = {
    "gzip-cut": (gz(TEXT)[:-9], "WGH-AR016"),
    "gzip-trailer-cut": (gz(TEXT)[:-3], "WGH-AR016"),
    "gzip-checksum": (gz(TEXT)[:-8] + b"\1\2\3\4" + gz(TEXT)[-4:], "WGH-AR015"),
    "gzip-size": (gz(TEXT)[:-4] + b"\1\2\3\4", "WGH-AR015"),
    "gzip-method": (b"\x1f\x8b\x07" + gz(TEXT)[3:], "WGH-AR016"),
    "gzip-name-without-end": (b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 30, "WGH-AR016"),
    "gzip-broken": (gz(TEXT)[:10] + b"\xff" * 30, "WGH-AR016"),
    "bzip2-cut": (bz2.compress(TEXT)[:-5], "WGH-AR016"),
    "xz-cut": (lzma.compress(TEXT)[:-20], "WGH-AR016"),
    "xz-broken": (lzma.compress(TEXT)[:20] + b"\xff" * 40, "WGH-AR016"),
    "lz4-cut": (lz4(TEXT)[:-10], "WGH-AR016"),
    "lz4-block-beyond": (lz4_block(b"\xf0\xff\xff"), "WGH-AR016"),
    "lz4-match-before-start": (lz4_block(b"\x10a\x09\x00\x00"), "WGH-AR016"),
    "lz4-block-larger-than-stated": (lz4_block(b"\x1fa\x01\x00" + b"\xff" * 400 + b"\x00\x10a"), "WGH-AR016"),
    "lz4-version": (lz4(TEXT, flags=0xC0), "WGH-AR016"),
    "zfile-size": (zfile(TEXT, size=3), "WGH-AR015"),
    "zlib-checksum": (zlib.compress(TEXT)[:-1] + b"\0", "WGH-AR015"),
}
SUSPECT: dict[str, tuple[bytes, str]] = {
    "bytes-after-gzip": (gz(TEXT) + b"smuggled", "WGH-AR023"),
    "bytes-after-zlib": (zlib.compress(TEXT) + b"smuggled", "WGH-AR023"),
    "bytes-after-xz": (lzma.compress(TEXT) + b"smuggled", "WGH-AR023"),
}
SOUND: dict[str, bytes] = {
    "gzip": gz(TEXT),
    "gzip-of-nothing": gz(b""),
    "gzip-twice": gz(TEXT) + gz(TEXT),
    "gzip-padded": gz(TEXT) + bytes(512),
    "gzip-with-all-fields": b"\x1f\x8b\x08\x1f"
    + bytes(6)
    + b"\2\0ab"
    + b"n\0"
    + b"c\0"
    + b"hh"
    + gz(TEXT)[10:],
    "bzip2": bz2.compress(TEXT),
    "bzip2-twice": bz2.compress(TEXT) + bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "xz-twice": lzma.compress(TEXT) + bytes(4) + lzma.compress(TEXT),
    "xz-without-check": lzma.compress(TEXT, check=lzma.CHECK_NONE),
    "lzma": lzma.compress(TEXT, lzma.FORMAT_ALONE),
    "zlib": zlib.compress(TEXT),
    "zlib-fast": zlib.compress(TEXT, 1),
    "zlib-best": zlib.compress(TEXT, 9),
    "lz4": lz4(TEXT),
    "lz4-skippable": lz4(TEXT) + b"\x50\x2a\x4d\x18\x03\0\0\0abc",
    "lz4-twice": lz4(TEXT) + lz4(TEXT),
    "zfile": zfile(TEXT),
    "zfile-with-blank": zfile(TEXT, blank=b" "),
}
"""Honest files; what lies inside is TEXT, once or twice, or nothing."""
