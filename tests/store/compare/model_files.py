"""Small models written for the tests, as files."""

import json
import struct

import numpy as np

from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.reader import BytesReader
from weigh.store.compare.side import Side
from weigh.store.compare.values import rounded
from weigh.store.view import ModelView

NAMES = {"f4": "F32", "f8": "F64", "f2": "F16", "i8": "I64", "i4": "I32", "i1": "I8", "u1": "U8", "u2": "U16"}


def safetensors(tensors, metadata=None):
    """A safetensors file. A tensor is an array, or (dtype, shape, bytes)."""
    header, payload = ({"__metadata__": metadata} if metadata else {}), b""
    for name, tensor in tensors.items():
        dtype, shape, data = tensor if isinstance(tensor, tuple) else plain(tensor)
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(payload), len(payload) + len(data)],
        }
        payload += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + payload


def plain(array):
    return NAMES[array.dtype.str[1:]], list(array.shape), array.tobytes()


def bf16(array):
    return "BF16", list(array.shape), rounded(array.reshape(-1), "BF16").tobytes()


def side(name, files):
    """A side whose files lie in memory; what is read is counted in `side.read`."""
    snapshot = Snapshot.of(SnapshotFile(path, len(data), "0" * 64) for path, data in files.items())

    def open_(path):
        return BytesReader(files[path])

    return Side(name, ModelView(snapshot, lambda file: open_(file.path)), open_)


def matrix(seed, *shape, scale=0.05):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)
