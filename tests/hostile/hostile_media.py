"""Hostile pictures, sounds and documents, each with the rule it breaks. Inert: nothing is loaded."""

import struct
import zlib

from hostile_tar import SOUND as TARS
from hostile_zip import SOUND as ZIPS

CODE = b"\x80\x02cos\nsystem\nX\x04\0\0\0trueq\x00\x85R."


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"tEXt", b"Comment\0made by a test")
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND")
)
SEGMENT = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
SCAN = b"\xff\xda\x00\x08\1\1\0\0\x3f\0" + b"\x12\xff\x00\x34\xff\xd0\x56"
JPEG = b"\xff\xd8" + SEGMENT + SCAN + b"\xff\xd9"
JPEG_TWO_SCANS = b"\xff\xd8" + SEGMENT + SCAN + b"\xff\xff\xc4\x00\x04\0\0" + SCAN + b"\xff\xd9"
GIF = (
    b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    + b"\x21\xf9\x04\0\0\0\0\0\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0" + b";"
)  # fmt: skip
WAV = (
    b"RIFF"
    + struct.pack("<I", 4 + 24 + 8 + 4)
    + b"WAVE"
    + b"fmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8, 8, 1, 8)
)
WAV += b"data" + struct.pack("<I", 4) + b"abcd"
OGG = b"OggS" + bytes(22) + b"\x01\x04abcd"
MP4 = struct.pack(">I", 16) + b"ftypisom" + bytes(4) + struct.pack(">I", 12) + b"mdat" + b"abcd"
MP4_WIDE = MP4[:16] + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 20) + b"abcd"
MP4_OPEN = MP4[:16] + struct.pack(">I", 0) + b"mdat" + b"abcd"
TIFF = b"II*\0" + struct.pack("<I", 8) + b"\0\0" + bytes(4)
ICON = b"\0\0\1\0\1\0" + b"\1\1\0\0\1\0\x20\0" + struct.pack("<II", 4, 22) + b"abcd"
FONT = b"\0\1\0\0\0\1" + bytes(6) + b"glyf" + bytes(4) + struct.pack(">II", 28, 4) + b"abcd"
WOFF = b"wOFF" + bytes(4) + struct.pack(">I", 44) + bytes(32)
FLAC = b"fLaC\x80\0\0\x22" + bytes(34)
MP3 = b"ID3\x03\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" + bytes(16)


def pdf(body: bytes = b"", *, end: bytes = b"%%EOF\n") -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + body + b" >>\nendobj\ntrailer << /Root 1 0 R >>\n" + end


def pdf_stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    head = b"%%PDF-1.7\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    return head + packed + b"\nendstream\nendobj\n%%EOF\n"


ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, 62, 1) + bytes(40)

CASES: dict[str, tuple[bytes, str]] = {
    "png-with-zip": (PNG + ZIPS["deflated"], "WGH-MD001"),
    "png-with-tar": (PNG + TARS["ustar"], "WGH-MD001"),
    "png-with-elf": (PNG + ELF, "WGH-MD001"),
    "png-with-pickle": (PNG + CODE, "WGH-MD001"),
    "png-with-script": (PNG + b"#!/bin/sh\ntrue\n", "WGH-MD001"),
    "jpeg-with-zip": (JPEG + ZIPS["deflated"], "WGH-MD001"),
    "jpeg-with-pickle": (JPEG + CODE, "WGH-MD001"),
    "gif-with-elf": (GIF + ELF, "WGH-MD001"),
    "wav-with-elf": (WAV + ELF, "WGH-MD001"),
    "ogg-with-zip": (OGG + ZIPS["deflated"], "WGH-MD001"),
    "mp4-with-elf": (MP4 + ELF, "WGH-MD001"),
    "icon-with-elf": (ICON + ELF, "WGH-MD001"),
    "font-with-elf": (FONT + ELF, "WGH-MD001"),
    "pdf-with-elf": (pdf() + ELF, "WGH-MD001"),
}
"""Name → the file and the rule it breaks; every one is an attack."""
DAMAGED: dict[str, tuple[bytes, str]] = {
    "png-cut": (PNG[:-9], "WGH-MD004"),
    "png-chunk-beyond": (PNG[:33] + b"\x7f\xff\xff\xffIDAT", "WGH-MD004"),
    "jpeg-cut": (JPEG[:-2], "WGH-MD004"),
    "gif-cut": (GIF[:-3], "WGH-MD004"),
    "gif-that-is-code": (b"GIF89a=1;alert(1)//", "WGH-MD004"),
    "wav-cut": (WAV[:-2], "WGH-MD004"),
    "ogg-cut": (OGG[:-2], "WGH-MD004"),
    "mp4-cut": (MP4[:-2], "WGH-MD004"),
    "woff-cut": (WOFF[:-2], "WGH-MD004"),
    "pdf-cut": (pdf(end=b""), "WGH-MD004"),
}
SUSPECT: dict[str, tuple[bytes, str]] = {
    "png-with-unknown-bytes": (PNG + b"\x01\x02smuggled bytes here", "WGH-MD003"),
    "gif-with-unknown-bytes": (GIF + b"\x01\x02smuggled bytes here", "WGH-MD003"),
    "pdf-script": (pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "WGH-MD005"),
    "pdf-script-escaped": (pdf(b"/AA << /S /J#61vaScript >>"), "WGH-MD005"),
    "pdf-launch": (pdf(b"/OpenAction << /S /Launch /F (calc.exe) >>"), "WGH-MD005"),
    "pdf-script-in-a-stream": (pdf_stream(b"1 0 << /S /JavaScript /JS (x) >>"), "WGH-MD005"),
}
NOTED: dict[str, tuple[bytes, str]] = {
    "jpeg-with-trailer": (JPEG + b"\x01\x02 camera data", "WGH-MD002"),
    "jpeg-with-film": (JPEG + MP4, "WGH-MD002"),
    "jpeg-with-jpeg": (JPEG + JPEG, "WGH-MD002"),
    "pdf-with-files": (pdf(b"/Names << /EmbeddedFiles 2 0 R >>"), "WGH-MD006"),
}
SOUND: dict[str, bytes] = {
    "png": PNG, "jpeg": JPEG, "jpeg-two-scans": JPEG_TWO_SCANS, "jpeg-padded": JPEG + bytes(64), "gif": GIF,
    "wav": WAV, "ogg": OGG, "mp4": MP4, "mp4-wide": MP4_WIDE, "mp4-open": MP4_OPEN, "tiff": TIFF,
    "icon": ICON, "font": FONT, "woff": WOFF, "flac": FLAC, "mp3": MP3, "pdf": pdf(),
    "pdf-updated": pdf() + pdf()[9:],
    "pdf-stream": pdf_stream(b"q 1 0 0 1 0 0 cm Q"), "wav-streamed": WAV[:4] + b"\xff" * 4 + WAV[8:],
}  # fmt: skip
"""Honest files."""
