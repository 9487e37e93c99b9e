"""safetensors: the strict invariants of the published format, a reader of facts, and a writer.

Source: github.com/huggingface/safetensors, README "Format" and its reference implementation. The
rules are listed in docs/formats/safetensors.md. weigh keeps its own arrays in this format.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, malformed, quoted
from weigh.formats.carried_code import carried_code
from weigh.formats.reader import BytesReader, read_exact
from weigh.formats.safetensors_header import METADATA_KEY, SHAPE_RULE, Entry, HeaderScanner

FORMAT = "safetensors"
MAX_HEADER = 100_000_000
"""Bytes; the bound of the reference implementation."""
MAX_KEPT_TEXT = 64 * 1024
"""Characters of one metadata value that are kept as a fact."""
MAX_COUNT = 2**63 - 1

Tensor = tuple[str, tuple[int, ...], bytes | bytearray | memoryview]
Loaded = tuple[str, tuple[int, ...], memoryview]


def read_safetensors(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one safetensors file. Never raises for what the file holds.

    Args:
        reader: its bytes; only the header is read.
        path: of the file inside the snapshot.
    """
    found = AnomalyList()
    tensors: list[TensorInfo] = []
    try:
        scanner, start = _open(reader)
        entries = _judged(scanner, reader.size - start, found)
        tensors += (_info(entry, path, start) for entry in entries)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    coverage = Coverage.MALFORMED if len(found) else Coverage.COMPLETE
    reason = "it breaks the rules of its format" if len(found) else ""
    code = carried_code(text for pair in scanner.metadata.items() for text in pair)
    if code:
        found.add("WGH-S016", f"its metadata holds {code}")
    return FileFacts(
        path,
        FORMAT,
        coverage,
        reason,
        tensors=tuple(tensors),
        metadata=_metadata(scanner, path),
        anomalies=found.as_tuple(),
    )


def load(data: bytes) -> dict[str, Loaded]:
    """The tensors of a file in memory, by name: dtype, shape and a view of the payload.

    Raises:
        MalformedError: any rule of the format is broken.
    """
    return load_with_metadata(data)[0]


def load_with_metadata(data: bytes) -> tuple[dict[str, Loaded], dict[str, str]]:
    """The tensors as `load` gives them, and the file's text metadata.

    Raises:
        MalformedError: any rule of the format is broken.
    """
    scanner, start = _open(BytesReader(data))
    found = AnomalyList()
    entries = _judged(scanner, len(data) - start, found)
    if len(found):
        first = found.as_tuple()[0]
        raise MalformedError(
            "the safetensors bytes are broken", why=first.detail, offset=first.offset, rule=first.rule
        )
    view = memoryview(data)
    tensors = {e.name: (e.dtype, e.shape, view[start + e.begin : start + e.end]) for e in entries}
    return tensors, scanner.metadata


def write_safetensors(
    path_or_file: str | os.PathLike[str] | BinaryIO,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors; equal input always gives equal bytes.

    Payloads lie by falling element size and then by name, as the reference implementation lays them,
    so that every tensor is aligned to its own element size.

    Args:
        path_or_file: where to; a path is overwritten.
        tensors: name → (dtype, shape, little-endian bytes in row-major order).
        metadata: text pairs.

    Raises:
        ValueError: a payload does not have the size its dtype and shape need, or the name is taken.
    """
    ordered = sorted(tensors.items(), key=lambda item: (-DTYPE_BITS.get(item[1][0], 0), item[0]))
    header: dict[str, object] = {METADATA_KEY: dict(sorted(metadata.items()))} if metadata else {}
    end = 0
    for name, (dtype, shape, payload) in ordered:
        size = memoryview(payload).nbytes
        if name == METADATA_KEY or _size(dtype, shape) != size:
            raise ValueError(f"{size} bytes cannot be the tensor {name!r} of {dtype} {shape}")
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if isinstance(path_or_file, str | os.PathLike):
        with Path(path_or_file).open("wb") as file:
            _write(file, text, ordered)
    else:
        _write(path_or_file, text, ordered)


def _write(file: BinaryIO, header: bytes, ordered: list[tuple[str, Tensor]]) -> None:
    file.write(len(header).to_bytes(8, "little") + header)
    file.writelines(payload for _, (_, _, payload) in ordered)


def _open(reader: RangeReader) -> tuple[HeaderScanner, int]:
    """A scanner of the header, and the offset of the first payload byte."""
    if reader.size < 8:
        raise _bad("WGH-S001", f"the file has {reader.size} bytes, its length field alone has 8", 0)
    length = int.from_bytes(read_exact(reader, 0, 8), "little")
    if length > MAX_HEADER:
        raise _bad("WGH-S002", f"the header claims {length} bytes, at most {MAX_HEADER} are allowed", 0)
    if length > reader.size - 8:
        raise _bad("WGH-S003", f"the header claims {length} bytes, {reader.size - 8} follow", 0)
    try:
        text = read_exact(reader, 8, length).decode()
    except UnicodeDecodeError as error:
        raise _bad("WGH-S004", "the header is not UTF-8", 8 + error.start) from error
    return HeaderScanner(text, 8), 8 + length


def _bad(rule: str, why: str, offset: int) -> MalformedError:
    return MalformedError("this is not a sound safetensors file", why=why, offset=offset, rule=rule)


def _judged(scanner: HeaderScanner, buffer: int, found: AnomalyList) -> list[Entry]:
    """All entries, each held against its own rules and all against the buffer of `buffer` bytes."""
    entries = []
    for entry in scanner.entries():
        for rule, why in _entry_faults(entry, buffer):
            found.add(rule, f"the tensor {quoted(entry.name)} {why}", offset=entry.at)
        entries.append(entry)
    if not len(found):
        _judge_cover(entries, buffer, found)
    return entries


def _entry_faults(entry: Entry, buffer: int) -> Iterator[tuple[str, str]]:
    if not DTYPE_BITS.get(entry.dtype):
        yield "WGH-S008", f"has the unknown type {quoted(entry.dtype)}"
    elif math.prod(entry.shape) > MAX_COUNT:
        yield SHAPE_RULE, f"has the shape {list(entry.shape[:8])}, more elements than can be counted"
    elif entry.begin <= entry.end and _size(entry.dtype, entry.shape) != entry.end - entry.begin:
        yield "WGH-S011", f"of {entry.dtype} {list(entry.shape[:8])} has {entry.end - entry.begin} bytes"
    if not 0 <= entry.begin <= entry.end:
        yield "WGH-S017", f"lies at [{entry.begin}, {entry.end})"
    elif entry.end > buffer:
        yield "WGH-S010", f"lies at [{entry.begin}, {entry.end}) of {buffer} payload bytes"


def _judge_cover(entries: list[Entry], buffer: int, found: AnomalyList) -> None:
    """Payloads follow each other without a gap and end where the file ends."""
    reached = 0
    for entry in sorted(entries, key=lambda e: (e.begin, e.end)):
        if entry.begin < reached:
            found.add("WGH-S012", f"the tensor {quoted(entry.name)} shares bytes", offset=entry.at)
        elif entry.begin > reached:
            why = f"{entry.begin - reached} bytes before the tensor {quoted(entry.name)} belong to none"
            found.add("WGH-S013", why, offset=entry.at)
        reached = max(reached, entry.end)
    if reached != buffer:
        found.add("WGH-S014", f"{buffer - reached} bytes after the last tensor belong to none")


def _size(dtype: str, shape: tuple[int, ...]) -> int:
    """Bytes of the payload; -1 where it is no whole number of bytes or the type has no fixed size."""
    bits = math.prod(shape) * DTYPE_BITS.get(dtype, 0)
    return bits // 8 if DTYPE_BITS.get(dtype) and bits % 8 == 0 else -1


def _info(entry: Entry, path: str, start: int) -> TensorInfo:
    known = entry.dtype in DTYPE_BITS
    countable = math.prod(entry.shape) <= MAX_COUNT
    return TensorInfo(
        entry.name,
        entry.dtype if known else "UNKNOWN",
        entry.shape if countable else (-1,),
        path,
        start + entry.begin,
        max(0, entry.end - entry.begin),
    )


def _metadata(scanner: HeaderScanner, path: str) -> tuple[Fact, ...]:
    if not scanner.metadata:
        return ()
    kept = {
        key: text if len(text) <= MAX_KEPT_TEXT else f"({len(text)} characters)"
        for key, text in scanner.metadata.items()
    }
    return (Fact("safetensors.metadata", kept, Basis.DECLARED, path),)
