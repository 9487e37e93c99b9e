"""Small model files of every format, made by code, and a store to put them in."""

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np

from weigh.core.errors import WeighError
from weigh.core.tensor import TensorInfo
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.store.packs.adding import Advice, add_file, no_advice
from weigh.store.packs.restoring import manifest_of, restore


def values(seed, shape, kind=np.float32):
    return (np.random.default_rng(seed).standard_normal(shape) * 0.02).astype(kind)


def safetensors(arrays, names=None):
    header, parts, at = {}, [], 0
    known = {"f4": "F32", "f2": "F16", "i8": "I64", "u2": "BF16", "f8": "F64"}
    for name, array in arrays.items():
        data = array.tobytes()
        dtype, ends = known[array.dtype.str[1:]], [at, at + len(data)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": ends}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


def npz(arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def onnx(arrays):
    from onnx import TensorProto, helper, numpy_helper

    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])]
    kept = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    node = helper.make_node("Identity", ["x"], ["y"])
    return helper.make_model(helper.make_graph([node], "g", inputs, outputs, kept)).SerializeToString()


def gguf(arrays):
    head = struct.pack("<IIQQ", 0x46554747, 3, len(arrays), 0)
    data = b""
    for name, array in arrays.items():
        text = name.encode()
        head += struct.pack("<Q", len(text)) + text + struct.pack("<I", array.ndim)
        head += struct.pack(f"<{array.ndim}Q", *reversed(array.shape)) + struct.pack("<IQ", 0, len(data))
        data += array.tobytes() + bytes(-array.nbytes % 32)
    return head + bytes(-len(head) % 32) + data


def torch_zip(arrays):
    """A zip with stored members that lie as torch writes them; its pickle says nothing."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/byteorder", b"little")
        for place, array in enumerate(arrays.values()):
            archive.writestr(f"archive/data/{place}", array.tobytes())
        archive.writestr("archive/version", b"3\n")
    return stream.getvalue()


def every_format(seed=0):
    arrays = {"a.weight": values(seed, (96, 70)), "b": values(seed + 1, (40,)), "c": values(seed + 2, (7, 5))}
    return {
        "model.safetensors": safetensors(arrays),
        "model.npz": npz(arrays),
        "model.npy": npy(arrays["a.weight"]),
        "model.onnx": onnx(arrays),
        "model.gguf": gguf(arrays),
        "model.pt": torch_zip(arrays),
        "config.json": b'{"a": 1}\n',
        "empty": b"",
        "one": b"x",
        "big.txt": b"".join(f"{i} {i * i}\n".encode() for i in range(40_000)),
    }


def tensors_of(path: Path):
    """(tensors, format) as weigh reads them; none where the file cannot be read."""
    with FileReader(path) as reader:
        try:
            facts = read_file(reader, path.name)
        except WeighError:
            return (), ""
        return tuple(facts.all_tensors()), facts.format


def put(objects, path: Path, *, tensors=None, advise=no_advice):
    found, form = tensors_of(path) if tensors is None else (tensors, "")
    with objects.writing() as writer, FileReader(path) as reader:
        return add_file(objects, writer, reader, path=path.name, tensors=found, form=form, advise=advise)


def put_bytes(objects, folder: Path, data: bytes, name="file.bin", **options):
    path = folder / name
    path.write_bytes(data)
    return put(objects, path, **options)


def nearest(objects, file: bytes):
    """Advice: the tensor of the same name in another file."""
    known = manifest_of(objects, file).tensors()

    def advise(span, read):
        same = known.get(span.name)
        return Advice(base=same.id if same and same.span.dtype == span.dtype else None)

    return advise


def back(objects, name: bytes, sha256="") -> bytes:
    parts = []
    restore(objects, name, lambda part: parts.append(bytes(part)), sha256=sha256)
    return b"".join(parts)


def whole(name, count, file="file.bin", offset=0, dtype="F32"):
    return TensorInfo(name, dtype, (count,), file, offset, count * 4)
