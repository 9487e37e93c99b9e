"""The weight file of a CoreML package (weights/weight.bin): a head, and records that each lead to a payload.

Source: apple/coremltools, mlmodel/src/MILBlob/Blob/StorageFormat.hpp (version 2). Records and payloads begin
at multiples of 64 bytes; a payload follows its record, and the next record follows the payload.
"""

import struct

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList

FORMAT = "coreml"
MARK = b"\xef\xbe\xad\xde"
ALIGNED = 64
MAX_RECORDS = 200_000
BROKEN, OUTSIDE, BEYOND = "WGH-CM001", "WGH-CM005", "WGH-CM007"
UNKNOWN = "WGH-CM006"
_DTYPES = {
    1: "F16", 2: "F32", 3: "U8", 4: "I8", 5: "BF16", 6: "I16", 7: "U16", 8: "I4", 11: "U4",
    14: "I32", 15: "U32", 16: "F8_E4M3", 17: "F8_E5M2",
}  # fmt: skip
_PACKED = {9: "1 bit", 10: "2 bits", 12: "3 bits", 13: "6 bits"}


def is_weight_file(reader: RangeReader) -> bool:
    """Whether the bytes are a weight file: its version, and the mark of its first record."""
    head = reader.read(0, ALIGNED + 4)
    return head[4:8] == b"\x02\0\0\0" and (head[ALIGNED:] == MARK or head[:4] == bytes(4))


def read_weight_file(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one weight file. Never raises for what the file holds."""
    found = AnomalyList()
    tensors: list[TensorInfo] = []
    count = int.from_bytes(reader.read(0, 4), "little")
    reason = ""
    try:
        at = ALIGNED
        for number in range(min(count, MAX_RECORDS)):
            at = _record(reader, path, number, at, tensors, found)
        if count > MAX_RECORDS:
            reason = f"{count} payloads, {MAX_RECORDS} are read"
        elif at < reader.size:
            found.add(BEYOND, f"{reader.size - at} bytes follow the last payload", offset=at)
    except MalformedError as error:
        found.add_error(error)
    bad = any(a.rule != UNKNOWN for a in found.as_tuple())
    coverage = Coverage.MALFORMED if bad else Coverage.PARTIAL if reason else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        coverage,
        "it breaks the rules of its format" if bad else reason,
        tensors=tuple(tensors),
        metadata=(Fact("coreml.payloads", count, Basis.DECLARED, path),),
        anomalies=found.as_tuple(),
    )


def _record(
    reader: RangeReader, path: str, number: int, at: int, tensors: list[TensorInfo], found: AnomalyList
) -> int:
    """One record; where the next one begins."""
    data = reader.read(at, ALIGNED)
    if len(data) < ALIGNED or data[:4] != MARK:
        why = f"there is no record {number} at byte {at}"
        raise MalformedError("the weight file is broken", why=why, offset=at, rule=BROKEN)
    kind, size, offset, padding = (int(n) for n in struct.unpack("<IQQQ", data[4:32]))
    if size >= 1 << 48 or offset >= 1 << 48 or offset < at + ALIGNED:
        why = f"payload {number} lies at {offset} with {size} bytes"
        raise MalformedError("a payload's place is absurd", why=why, offset=at, rule=OUTSIDE)
    if offset + size > reader.size:
        why = f"payload {number} ends at {offset + size} of {reader.size}"
        raise MalformedError("the file ends early", why=why, offset=at, rule=BROKEN)
    if offset - at - ALIGNED >= ALIGNED:
        found.add(BEYOND, f"{offset - at - ALIGNED} bytes before payload {number} belong to none", offset=at)
    dtype = _DTYPES.get(kind, "UNKNOWN")
    if kind not in _DTYPES and kind not in _PACKED:
        found.add(UNKNOWN, f"payload {number} is of kind {kind}", offset=at)
    bits = DTYPE_BITS[dtype]
    shape = ((size * 8 - min(padding, 7)) // bits,) if bits else (-1,)
    encoding = f"{_PACKED[kind]} a value" if kind in _PACKED else ""
    tensors.append(TensorInfo(f"at {at}", dtype, shape, path, offset, size, encoding))
    return -(-(offset + size) // ALIGNED) * ALIGNED
