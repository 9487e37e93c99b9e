"""Native programs and libraries: ELF, PE, Mach-O, WebAssembly; and archives behind a program (llamafile).

Sources: the System V ABI, chapter 4; the PE format specification of Microsoft; mach-o/loader.h and fat.h; the
WebAssembly core specification 5.5. Machine code is not analysed: that it is there is what a person must know.
"""

from dataclasses import replace

from weigh.core.facts import Anomaly, Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList
from weigh.formats.descent import BETWEEN, Descent

FORMAT = "executable"
_REASON = "machine code is not analysed"
_APE = (b"MZqFpD", b"jartsr")
"""How programs begin that run on several systems. Source: the Actually Portable Executable format."""
_ELF_MACHINES = {3: "x86", 40: "arm", 62: "x86-64", 183: "aarch64", 190: "cuda", 243: "riscv"}
_PE_MACHINES = {0x14C: "x86", 0x8664: "x86-64", 0xAA64: "aarch64", 0x1C4: "arm"}
_MACH = {b"\xcf\xfa\xed\xfe": "mach-o 64", b"\xce\xfa\xed\xfe": "mach-o 32"}
_DATA_ENDINGS = frozenset(
    (
        *(
            "pt",
            "pth",
            "pkl",
            "pickle",
            "joblib",
            "safetensors",
            "onnx",
            "gguf",
            "ggml",
            "h5",
            "hdf5",
            "keras",
        ),
        *(
            "json",
            "yaml",
            "yml",
            "txt",
            "md",
            "csv",
            "tsv",
            "png",
            "jpg",
            "jpeg",
            "gif",
            "npz",
            "npy",
            "ckpt",
        ),
        *("tflite", "pb", "msgpack", "parquet", "wav", "mp3", "pdf", "zip", "tar", "sav", "dill"),
    )
)
"""Endings of data: a program under such a name hides."""


def read_executable(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one program or library. Never raises for what the file holds.

    Args:
        reader: its bytes; headers only.
        path: of the file inside the snapshot.
        descent: reads an archive that follows the program.
    """
    kind, machine = _kind(reader)
    if not kind:
        return _other(reader, path)
    found = AnomalyList()
    found.add("WGH-EX001", f"it is machine code: {kind}{f' for {machine}' if machine else ''}", offset=0)
    ending = path.rpartition("/")[2].lower().rpartition(".")
    if ending[1] and ending[2] in _DATA_ENDINGS and BETWEEN + "(" not in path:
        found.add("WGH-EX002", f"a program has the name of data, .{ending[2]}", offset=0)
    facts = FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL,
        _REASON,
        metadata=(
            Fact("executable.kind", kind, Basis.DETECTED, path),
            *((Fact("executable.machine", machine, Basis.DETECTED, path),) if machine else ()),
        ),
        anomalies=found.as_tuple(),
    )
    return _with_archive(facts, reader, path, descent)


def _with_archive(facts: FileFacts, reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts with those of a zip that follows the program; the program before it is no surprise there."""
    from weigh.formats.zip_records import end_records

    if next(end_records(reader), None) is None:
        return facts
    from weigh.formats.zip import read_zip

    archive = read_zip(reader, f"{path}{BETWEEN}(as zip)", descent)
    if not archive.members and archive.coverage is Coverage.MALFORMED:
        return facts  # four bytes that look like an end record
    kept = tuple(a for a in archive.anomalies if a.rule != "WGH-AR022")
    note = Anomaly("WGH-EX003", "an archive follows the program")
    return replace(
        facts,
        anomalies=(*facts.anomalies, note),
        members=(replace(archive, anomalies=kept),),
    )


def _kind(reader: RangeReader) -> tuple[str, str]:
    """Kind and machine of a program, both "" where the file is none."""
    head = reader.read(0, 64)
    if head[:4] == b"\x7fELF" and head[4:5] in {b"\1", b"\2"} and head[5:6] in {b"\1", b"\2"}:
        machine = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
        return f"elf {32 * head[4]}", _ELF_MACHINES.get(machine, "")
    if head.startswith(_APE):
        return "portable executable", ""
    if head[:2] == b"MZ":
        return _pe(reader, head)
    if head[:4] in _MACH:
        return _MACH[head[:4]], ""
    if head[:4] == b"\xca\xfe\xba\xbe":
        # Java's classes share the mark: their version, 45 and up, stands where a fat binary counts its parts
        count = int.from_bytes(head[4:8], "big")
        return ("mach-o fat", "") if 0 < count < 45 else ("java class", "")
    if head[:8] == b"\0asm\1\0\0\0":
        return "webassembly", ""
    return "", ""


def _pe(reader: RangeReader, head: bytes) -> tuple[str, str]:
    place = int.from_bytes(head[60:64], "little")
    mark = reader.read(place, 6) if len(head) == 64 else b""
    if mark[:4] == b"PE\0\0":
        return "pe", _PE_MACHINES.get(int.from_bytes(mark[4:6], "little"), "")
    # a program for DOS: its header counts its own paragraphs, and begins behind them
    paragraphs = int.from_bytes(head[8:10], "little")
    text = not any(byte < 9 for byte in head)
    return ("dos", "") if len(head) >= 28 and 2 <= paragraphs <= 0x1000 and not text else ("", "")


def _other(reader: RangeReader, path: str) -> FileFacts:
    """A file that only begins like a program: text, or unknown."""
    from weigh.formats.text_files import read_text

    facts = read_text(reader, path)
    if facts.coverage is Coverage.COMPLETE and b"\0" not in reader.read(0, 4096):
        return facts
    return FileFacts(path, "unknown", Coverage.UNREAD, "this version does not read files of this kind")
