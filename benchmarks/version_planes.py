"""Codecs for weights that keep no history by themselves: ZipNN, and what BitX is described to do.

Both run in the environment that trained the versions, because ZipNN needs torch.
"""

import json
import subprocess
from pathlib import Path

from version_history import TRAINER, environment

_PLANES = r"""
import hashlib, json, struct, sys, time
import numpy as np
import zstandard
from zipnn import ZipNN

WORDS = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def tensors(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        header.pop("__metadata__", None)
        for name, said in header.items():
            begin, end = said["data_offsets"]
            file.seek(8 + size + begin)
            yield name, said["dtype"], file.read(end - begin)
    yield "", "", b"\0" * (8 + size)


def alone(data, dtype):
    if dtype not in WORDS or len(data) < 256:
        return min(len(data), len(zstandard.compress(data, 3)))
    made = ZipNN(bytearray_dtype=WORDS[dtype], threads=1).compress(bytearray(data))
    return min(len(data), len(made))


def delta(data, base, dtype):
    width = {"F32": 4, "BF16": 2, "F16": 2}.get(dtype, 1)
    kind = {4: np.uint32, 2: np.uint16, 1: np.uint8}[width]
    xor = np.frombuffer(data, kind) ^ np.frombuffer(base, kind)
    if dtype == "BF16":
        # The exponent in one plane, sign and mantissa in the other.
        parts = [((xor >> 7) & 0xFF).astype(np.uint8), (((xor >> 8) & 0x80) | (xor & 0x7F)).astype(np.uint8)]
    else:
        parts = list(xor.view(np.uint8).reshape(-1, width).T)
    packer = zstandard.ZstdCompressor(level=3)
    return sum(len(packer.compress(np.ascontiguousarray(p).data)) for p in parts)


seen, files, kept = set(), {}, 0
for name, path, near in json.loads(sys.argv[1]):
    before, began = kept, time.process_time()
    files[name] = path
    bases = {n: (d, b) for n, d, b in tensors(files[near])} if near else {}
    for tensor, dtype, data in tensors(path):
        key = hashlib.blake2b(data, digest_size=16).digest()
        if key in seen or not data:
            continue
        seen.add(key)
        base = bases.get(tensor)
        ways = [alone(data, dtype)] if not (base and base[0] == dtype and len(base[1]) == len(data)) else [
            delta(data, base[1], dtype)]
        kept += min(ways) + 32
    print(name, kept - before, round(time.process_time() - began, 3))
"""


def planes(versions: list[tuple[str, Path, str]]) -> dict[str, tuple[int, float]]:
    """Bytes that every step adds, and its processor seconds, the way BitX is described.

    Equal tensors once; against the family's base (ZipLLM, Wang et al. 2026, section 4) an exclusive or, cut
    into exponents and the rest, each compressed with zstd at level 3; ZipNN where there is no base of the
    type. Written here from that description: a header's bytes and 32 for each tensor are counted, no index.

    Args:
        versions: (name, file, name of the version that is the base, "" for none).
    """
    python = environment("trainer", TRAINER)
    given = json.dumps([(name, str(path), near) for name, path, near in versions])
    said = subprocess.run([python, "-c", _PLANES, given], check=True, capture_output=True, text=True).stdout
    lines = (line.split() for line in said.splitlines())
    return {name: (int(size), float(cpu)) for name, size, cpu in lines}


_ZIPNN = r"""
import struct, sys, json, time
from zipnn import ZipNN
with open(sys.argv[1], "rb") as file:
    data = file.read()
size = 8 + struct.unpack("<Q", data[:8])[0]
began = time.process_time()
made = ZipNN(bytearray_dtype=sys.argv[2], threads=1).compress(bytearray(data[size:]))
took = time.process_time() - began
began = time.process_time()
ZipNN(bytearray_dtype=sys.argv[2], threads=1).decompress(made)
print(size + len(made), took, time.process_time() - began)
"""


def zipnn(path: Path, dtype: str) -> tuple[int, float, float]:
    """Bytes of one model by itself, and the processor seconds of compressing and of decompressing it."""
    python = environment("trainer", TRAINER)
    done = subprocess.run([python, "-c", _ZIPNN, path, dtype], check=True, capture_output=True, text=True)
    size, packing, unpacking = done.stdout.split()
    return int(size), float(packing), float(unpacking)
