"""Programs by their headers alone, and Parquet files; none of them can run."""

import base64
import struct

from hostile_zip import Item, build

CODE = b"\x80\x02cos\nsystem\nX\x04\0\0\0trueq\x00\x85R."
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, 62, 1) + bytes(40)
ELF_BIG = b"\x7fELF\x01\x02\x01" + bytes(9) + struct.pack(">HHI", 2, 8, 1) + bytes(28)
PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", 0x8664) + bytes(18)
DOS = b"MZ" + struct.pack("<HHHHHHHHHHHHH", 90, 3, 0, 4, 0, 0xFFFF, 0, 0xB8, 0, 0, 0, 0x40, 0) + bytes(64)
MACH = b"\xcf\xfa\xed\xfe" + bytes(28)
FAT = b"\xca\xfe\xba\xbe" + struct.pack(">I", 2) + bytes(40)
JAVA = b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 61) + bytes(40)
APE = b"MZqFpD='\n" + bytes(100)


def parquet(footer: bytes, *, size: int = -1, end: bytes = b"PAR1") -> bytes:
    stated = len(footer) if size < 0 else size
    return b"PAR1" + bytes(16) + footer + struct.pack("<I", stated) + end


def schema(raw: bytes) -> bytes:
    return b"\x15\x04\x19ARROW:schema\x18\x80\x01" + base64.b64encode(raw) + b"\0"


CASES: dict[str, tuple[bytes, str]] = {
    "elf-as-weights": (ELF, "WGH-EX002"),
    "pe-as-picture": (PE, "WGH-EX002"),
    "ape-as-pickle": (APE, "WGH-EX002"),
    "parquet-that-unpickles": (
        parquet(schema(b"\x10\0\0\0arrow.py_extension_type\0\0\0\0" + CODE)),
        "WGH-EX005",
    ),
    "parquet-that-unpickles-plainly": (parquet(b"arrow.py_extension_type"), "WGH-EX005"),
}
"""Name → the file and the rule it breaks; every one is an attack under the name in NAMES."""
NAMES: dict[str, str] = {
    "elf-as-weights": "pytorch_model.pt",
    "pe-as-picture": "cat.png",
    "ape-as-pickle": "model.pkl",
    "parquet-that-unpickles": "train.parquet",
    "parquet-that-unpickles-plainly": "train.parquet",
}
SUSPECT: dict[str, tuple[bytes, str]] = {
    "elf": (ELF, "WGH-EX001"),
    "elf-big-endian": (ELF_BIG, "WGH-EX001"),
    "pe": (PE, "WGH-EX001"),
    "dos": (DOS, "WGH-EX001"),
    "mach-o": (MACH, "WGH-EX001"),
    "mach-o-fat": (FAT, "WGH-EX001"),
    "java": (JAVA, "WGH-EX001"),
    "ape": (APE, "WGH-EX001"),
    "llamafile": (build(Item(b"a.txt"), prefix=APE), "WGH-EX003"),
    "self-extracting": (PE + build(Item(b"a.txt")), "WGH-EX003"),
}
DAMAGED: dict[str, tuple[bytes, str]] = {
    "parquet-cut": (parquet(b"footer")[:-4], "WGH-EX004"),
    "parquet-footer-beyond": (parquet(b"footer", size=5000), "WGH-EX004"),
}
SOUND: dict[str, bytes] = {
    "parquet": parquet(b"footer"),
    "parquet-with-schema": parquet(schema(b"\x10\0\0\0a plain schema of some length")),
    "text": b"MZ is how this line of text begins\n" * 3,
}
"""Files that are no programs."""
