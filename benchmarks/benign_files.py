# ruff: noqa: E501 - tables of what is written: one thing a line reads best
"""Honest files: what people and libraries really write, made anew from fixed seeds.

`write_benign(folder)` writes every kind that the libraries of this interpreter can write and says which were
absent. Nothing of weigh is imported, so the same file serves in an environment with another version of a library:

    python benchmarks/benign_files.py OUT

A pickle of a function or of a class of `__main__` is left out on purpose: no scanner can know that it is honest.
"""

import array
import bz2
import collections
import datetime as dt
import decimal
import fractions
import gzip
import io
import itertools
import json
import lzma
import math
import os
import pathlib
import pickle
import random
import struct
import sys
import tarfile
import uuid
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import benign_texts
import numpy as np

Write = Callable[[Path], object]
Made = Iterator[tuple[str, Write]]
SEED = 20261121
EPOCH = 1_700_000_000


def write_benign(folder: Path) -> list[Path]:
    """Write every honest file that this interpreter can write, and answer their paths.

    Args:
        folder: where; made if absent. One folder a library, named with its version.
    """
    import benign_libraries

    written: list[Path] = []
    absent: list[str] = []
    for name, make in {**PLAIN, **benign_libraries.LIBRARIES}.items():
        try:
            for place, write in make():
                written += _write(folder / name / place, write)
        except ImportError as error:
            absent.append(f"{name} ({error.name})")
    if absent:
        print(f"  no files of libraries that are not installed: {', '.join(absent)}")
    return written


def _write(place: Path, write: Write) -> list[Path]:
    """Write one file or folder; a library that cannot write one kind says so and the corpus goes on."""
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 - the libraries draw from the global state
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(place)
    except Exception as error:  # noqa: BLE001 - a library of another version may lack an option
        print(f"  not written: {place.parent.name}/{place.name}: {type(error).__name__}: {str(error)[:120]}")
        return []
    return [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())


def data(content: bytes | str) -> Write:
    """What writes these bytes."""
    return lambda place: place.write_bytes(content.encode() if isinstance(content, str) else content)


def draws() -> np.random.Generator:
    """The same random numbers each time."""
    return np.random.default_rng(SEED)


def plain_values() -> dict[str, Any]:
    """Plain data that people pickle."""
    shared = [1, 2, 3]
    loop: list[Any] = [1]
    loop.append(loop)
    nested: Any = {"leaf": 1}
    for depth in range(40):
        nested = {"level": depth, "inner": nested, "row": [depth] * 3}
    return {
        "none": None, "flags": [True, False, None], "integers": [0, 1, -1, 255, 256, 65535, 2**31, -(2**31)],
        "large_integers": [2**63, 2**64, -(2**100), 10**400], "floats": [0.0, -0.0, 1.5, math.inf, math.nan],
        "complex": [1 + 2j, -3j], "bytes": [b"", b"abc", bytes(range(256)), b"x" * 70_000],
        "bytearray": bytearray(b"some bytes"), "text": ["", "abc", "snow \u2603 \U0001f600", "lone \udc80", "l\n" * 9],
        "long_text": "word " * 20_000, "tuple": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "list": list(range(5000)),
        "dict": {"a": 1, 2: "b", (3, 4): [5], None: None}, "set": {1, 2, 3}, "frozenset": frozenset("abc"),
        "shared": [shared, shared, {"again": shared}], "loop": loop, "nested": nested, "range": range(3, 30, 4),
        "slice": slice(1, 2, 3), "ordered": collections.OrderedDict(b=1, a=2),
        "counter": collections.Counter("abracadabra"), "deque": collections.deque([1, 2, 3], maxlen=5),
        "default_int": collections.defaultdict(int, a=1), "default_list": collections.defaultdict(list, a=[1]),
        "dates": [dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=dt.UTC),
                  dt.timedelta(days=2, seconds=3), dt.time(4, 5, 6)],
        "naive_date": dt.datetime(2024, 5, 6, 7, 8),  # noqa: DTZ001 - what people pickle
        "zone": dt.timezone(dt.timedelta(hours=2), "CEST"), "decimal": decimal.Decimal("1.25"),
        "fraction": fractions.Fraction(3, 7), "uuid": uuid.UUID(int=SEED), "path": pathlib.PurePosixPath("a/b.txt"),
        "array": array.array("d", [1.0, 2.0]), "array_bytes": array.array("B", b"abc"), "types": [int, str, dict, list],
        "model_state": {"epoch": 3, "best": 0.91, "history": [{"loss": 0.5 / n} for n in range(1, 50)], "classes": ["no", "yes"]},
        "vocabulary": {f"token{n}": n for n in range(3000)}, "labels": [f"class {n}" for n in range(1000)],
        "splits": {name: [f"image_{n:05d}.jpg" for n in range(200)] for name in ("train", "valid", "test")},
        "words_of_code": ["import os", "eval(x)", "os.system('ls')", "__class__", "subprocess", "<script>", "cos\nsystem\n"],
        "settings": {"lr": 3e-4, "device": "cuda:0", "path": "/data/train.csv", "url": "https://example.org/data.zip"},
        "base64_text": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "hex_text": bytes(range(200)).hex(), "png_inside": picture(8, 8), "zlib_inside": zlib.compress(b"hello" * 99),
        "json_inside": json.dumps({"a": list(range(99))}), "gzip_inside": gzip.compress(b"abc" * 99, mtime=EPOCH),
        "pickle_inside": pickle.dumps({"weights": [1.0, 2.0]}), "codec": {"bytes": "caf\xe9".encode("latin1")},
    }  # fmt: skip


def pickles() -> Made:
    """Plain data under every protocol, also framed and unframed, with several in one file."""
    for (name, value), protocol in itertools.product(plain_values().items(), range(6)):
        yield f"{name}-{protocol}.pkl", data(pickle.dumps(value, protocol))
    for name, value in plain_values().items():
        yield f"{name}-python.pickle", data(python_pickle(value))
    rows = [pickle.dumps({"row": n}) for n in range(20)]
    yield "many_in_a_file.pkl", data(b"".join(rows))
    yield (
        "cifar_like.pkl",
        data(pickle.dumps({b"data": bytes(3072), b"labels": [1] * 9, b"batch_label": b"1 of 5"}, 2)),
    )
    yield "big_frames.pkl", data(pickle.dumps([b"z" * 100_000 for _ in range(9)], 4))
    for ending in ("dat", "sav", "model", "p", "bin", "data", "model.pkl.bak"):
        yield f"ending.{ending}", data(pickle.dumps(plain_values()["model_state"]))
    for name, pack in (
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("z", zlib.compress),
    ):
        yield f"packed.pkl.{name}", data(pack(pickle.dumps(plain_values()["vocabulary"])))


def python_pickle(value: Any) -> bytes:
    """What the pickler in Python writes, which differs from the one in C in its memo."""
    out = io.BytesIO()
    pickle._Pickler(out, 4).dump(value)  # noqa: SLF001 - the only name it has
    return out.getvalue()


DTYPES = ("?", "i1", "u1", "<i2", ">i2", "<u4", "<i8", ">i8", "<u8", "<f2", "<f4", ">f4", "<f8", ">f8", "<c8", "<c16",
          "<U7", ">U3", "S5", "V6", "M8[ns]", "M8[D]", "m8[s]", "<f16")  # fmt: skip


def arrays() -> Iterator[tuple[str, np.ndarray]]:
    """Arrays of every dtype, order and shape that people store."""
    for code in DTYPES:
        count = np.arange(24)
        values = (
            count.astype("i8").astype(code)
            if code[0] in "Mm"
            else count.astype(code)
            if code != "V6"
            else np.zeros(24, code)
        )
        yield (
            code.strip("<>=").replace("[", "-").strip("]") + ("-big" if code[0] == ">" else ""),
            values.reshape(2, 3, 4),
        )
    yield "fortran", np.asfortranarray(draws().normal(size=(5, 7)))
    yield "scalar", np.array(3.25)
    yield "empty", np.zeros((0, 4), "f4")
    yield "strided", draws().normal(size=(10, 10))[::2, ::3]
    yield "record", np.array([(1, 2.5, b"ab")], dtype=[("a", "i4"), ("b", "<f8"), ("c", "S2")])
    yield "record_nested", np.zeros(3, dtype=[("p", [("x", "f4"), ("y", "f4", (2, 2))]), ("név", "U4")])
    yield "record_aligned", np.zeros(3, dtype=np.dtype([("a", "u1"), ("b", "f8")], align=True))
    yield "sub_array", np.zeros(4, dtype=("f4", (2, 3)))
    yield "weights", draws().normal(size=(256, 64)).astype("f4")
    yield "many_dimensions", np.zeros((1,) * 20, "f4")


def numpy_files() -> Made:
    """Npy of each header version, npz of both kinds, and pickled arrays of each protocol."""
    for name, values in arrays():
        yield f"{name}.npy", lambda p, a=values: np.save(p, a)
        for protocol in (0, 2, 3, 4, 5):
            yield f"{name}-{protocol}.pkl", data(pickle.dumps({"array": values, "name": name}, protocol))
    for version in ((1, 0), (2, 0), (3, 0)):
        yield f"header-{version[0]}.npy", lambda p, v=version: npy(p, np.eye(3), v)
    some = {name: a for name, a in arrays() if a.dtype.kind in "fiu"}
    yield "plain.npz", lambda p: np.savez(p, **some)
    yield "packed.npz", lambda p: np.savez_compressed(p, **some)
    yield "positional.npz", lambda p: np.savez(p, np.eye(2), np.eye(3))
    yield "folders.npz", lambda p: np.savez(p, **{"block/0/kernel": np.eye(2), "block/0/bias": np.ones(2)})
    yield "raw.bin", data(draws().normal(size=999).astype("f4").tobytes())
    yield "objects.npy", lambda p: np.save(p, np.array([{"a": 1}, [1, 2], "text"], object), allow_pickle=True)
    yield "objects.npz", lambda p: np.savez(p, names=np.array(["a", None], object), values=np.eye(2))
    scalars = [
        np.float64(1.5),
        np.float32(2),
        np.int64(3),
        np.bool_(True),
        np.str_("x"),
        np.datetime64("2024-01-01"),
    ]
    for protocol in range(2, 6):
        yield f"scalars-{protocol}.pkl", data(pickle.dumps(scalars, protocol))
        yield f"dtypes-{protocol}.pkl", data(pickle.dumps([np.dtype(c) for c in DTYPES], protocol))
        yield f"random_state-{protocol}.pkl", data(pickle.dumps(np.random.RandomState(3), protocol))
        yield f"generator-{protocol}.pkl", data(pickle.dumps(np.random.default_rng(3), protocol))
        yield f"rng_state-{protocol}.pkl", data(pickle.dumps(np.random.RandomState(3).get_state(), protocol))
        yield f"masked-{protocol}.pkl", data(pickle.dumps(np.ma.masked_greater(np.arange(9), 4), protocol))
        yield f"matrix-{protocol}.pkl", data(pickle.dumps(np.asmatrix(np.eye(3)), protocol))
        yield (
            f"record_array-{protocol}.pkl",
            data(pickle.dumps(np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), protocol)),
        )
        yield (
            f"functions-{protocol}.pkl",
            data(pickle.dumps({"dtype": np.float32, "kind": np.ndarray}, protocol)),
        )


def npy(place: Path, values: np.ndarray, version: tuple[int, int]) -> None:
    with place.open("wb") as out:
        np.lib.format.write_array(out, values, version)


def picture(width: int, height: int) -> bytes:
    """A PNG."""
    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width * 3)) for y in range(height))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts)  # fmt: skip


def members() -> dict[str, bytes]:
    """A model folder, as it lies in an archive."""
    state = pickle.dumps({"w": [0.1] * 30})
    return {"model/config.json": json.dumps(benign_texts.CONFIGS["bert"]).encode(), "model/vocab.txt": b"[PAD]\n[UNK]\nthe\n",
            "model/weights.pkl": state, "model/README.md": benign_texts.CARDS["plain"].encode(),
            "model/model.safetensors": safetensors({"w": ("F32", (2, 2))}), "model/empty.txt": b"",
            "model/données/straße.json": b"{}"}  # fmt: skip


def archives() -> Made:
    """Zips and tars by the standard library, with each option, and streams."""
    for name, method in (("stored", 0), ("deflated", 8), ("bzip2", 12), ("lzma", 14)):
        yield f"{name}.zip", lambda p, m=method: zipped(p, m)
    yield "comment.zip", lambda p: zipped(p, 8, comment=b"made by a build")
    yield "folders.zip", lambda p: zipped(p, 8, folders=True)
    yield "streamed.zip", lambda p: zipped(p, 8, streamed=True)
    yield "zip64.zip", lambda p: zipped(p, 8, zip64=True)
    yield "empty.zip", data(b"PK\5\6" + bytes(18))
    yield "in_a_zip.zip", zip_in_zip
    yield "library.whl", wheel
    yield "appended.zip", lambda p: (zipped(p, 8), append_zip(p))
    for mode, kind in itertools.product(
        ("", "gz", "bz2", "xz"), (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    ):
        yield f"folder-{kind}.tar{'.' + mode if mode else ''}", lambda p, m=mode, k=kind: tarred(p, m, k)
    yield "long_names.tar", lambda p: tarred(p, "", tarfile.GNU_FORMAT, prefix="very/" * 40)
    yield "long_names-pax.tar.gz", lambda p: tarred(p, "gz", tarfile.PAX_FORMAT, prefix="very/" * 40)
    yield "dotted.tar", lambda p: tarred(p, "", tarfile.PAX_FORMAT, prefix="./")
    yield "links.tar", linked
    for name, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        yield f"table.csv.{name}", data(pack(b"a,b\n" + b"1,2\n" * 999))
        yield f"config.json.{name}", data(pack(json.dumps(benign_texts.CONFIGS["gpt2"]).encode()))
        yield f"weights.npy.{name}", data(pack(saved(np.eye(40))))
        yield f"two_streams.txt.{name}", data(pack(b"one\n") + pack(b"two\n"))
    yield "named.gz", named_gzip
    yield "old.lzma", data(lzma.compress(b"text " * 99, format=lzma.FORMAT_ALONE))
    yield "zeros.bin.gz", data(gzip.compress(bytes(2_000_000), mtime=EPOCH))


def zipped(
    place: Path,
    method: int,
    *,
    comment: bytes = b"",
    folders: bool = False,
    streamed: bool = False,
    zip64: bool = False,
) -> None:
    with (
        place.open("wb") as out,
        zipfile.ZipFile(Unseekable(out) if streamed else out, "w", method) as archive,
    ):
        archive.comment = comment
        if folders:
            archive.mkdir("model")
        for name, body in members().items():
            with archive.open(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), "w", force_zip64=zip64) as member:
                member.write(body)


class Unseekable(io.RawIOBase):
    """A pipe: a zip written to one carries data descriptors."""

    def __init__(self, out: Any) -> None:
        self.out = out

    def writable(self) -> bool:
        """Whether it takes bytes: yes."""
        return True

    def write(self, content: Any) -> int:
        """Pass the bytes on."""
        return self.out.write(content)


def zip_in_zip(place: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", 8) as archive:
        archive.writestr("weights.npy", saved(np.eye(9)))
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())


def append_zip(place: Path) -> None:
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("added.txt", "later")


def wheel(place: Path) -> None:
    with zipfile.ZipFile(place, "w", 8) as archive:
        archive.writestr("example/__init__.py", '"""An example."""\n\n__version__ = "1.0"\n')
        archive.writestr(
            "example-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: example\nVersion: 1.0\n"
        )
        archive.writestr(
            "example-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("example-1.0.dist-info/RECORD", "example/__init__.py,,\n")


def tarred(place: Path, mode: str, kind: int, *, prefix: str = "") -> None:
    with tarfile.open(place, f"w:{mode}", format=kind) as archive:
        for name, body in members().items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size, entry.mtime, entry.uname = len(body), EPOCH, "builder"
            archive.addfile(entry, io.BytesIO(body))


def linked(place: Path) -> None:
    with tarfile.open(place, "w") as archive:
        entry = tarfile.TarInfo("model/a.txt")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("model/b.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "a.txt"
        archive.addfile(link)


def named_gzip(place: Path) -> None:
    with (
        place.open("wb") as out,
        gzip.GzipFile("original name.txt", "wb", fileobj=out, mtime=EPOCH) as stream,
    ):
        stream.write(b"hello " * 50)


def saved(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
          "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}  # fmt: skip


def safetensors(
    tensors: dict[str, tuple[str, tuple[int, ...]]],
    *,
    metadata: Any = None,
    pad: int = 8,
    name_first: bool = True,
) -> bytes:
    """A safetensors file of noise, with the header laid out as the library lays it out."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata and name_first else {}
    offset = 0
    for name, (dtype, shape) in tensors.items():
        end = offset + WIDTHS[dtype] * math.prod(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    if metadata and not name_first:
        header["__metadata__"] = metadata
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % pad)
    body = bytes(offset) if any(d == "BOOL" for d, _ in tensors.values()) else draws().bytes(offset)
    return struct.pack("<Q", len(text)) + text + body


def safetensors_files() -> Made:
    """Each dtype, metadata of the common writers, empty files and shards."""
    for dtype in WIDTHS:
        yield (
            f"{dtype}.safetensors",
            data(safetensors({"w": (dtype, (4, 6)), "b": (dtype, (4,)), "s": (dtype, ())})),
        )
    layers = {
        f"model.layers.{n}.{part}.weight": ("F32", (8, 8))
        for n in range(12)
        for part in ("q_proj", "k_proj", "mlp.up")
    }
    for name, metadata in benign_texts.SAFETENSORS_METADATA.items():
        yield f"metadata-{name}.safetensors", data(safetensors(layers, metadata=metadata))
        yield (
            f"metadata_last-{name}.safetensors",
            data(safetensors(layers, metadata=metadata, name_first=False)),
        )
    yield "empty.safetensors", data(safetensors({}))
    yield "unpadded.safetensors", data(safetensors(layers, pad=1))
    yield "zero_sized.safetensors", data(safetensors({"a": ("F32", (0, 3)), "b": ("F32", (2,))}))
    shards = {
        "metadata": {"total_size": 64},
        "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"},
    }
    yield "shards/model.safetensors.index.json", data(json.dumps(shards, indent=2))
    for number, name in enumerate("ab", 1):
        yield (
            f"shards/model-0000{number}-of-00002.safetensors",
            data(safetensors({name: ("F32", (2, 4))}, metadata={"format": "pt"})),
        )


def gguf(
    values: dict[str, Any],
    tensors: dict[str, tuple[int, tuple[int, ...], int]],
    *,
    version: int = 3,
    order: str = "<",
) -> bytes:
    """A GGUF file: typed values, then tensors of (type, shape, bytes), each aligned to 32."""

    def text(word: str) -> bytes:
        return struct.pack(f"{order}Q", len(word.encode())) + word.encode()

    def typed(value: Any) -> tuple[int, bytes]:
        match value:
            case bool():
                return 7, struct.pack("?", value)
            case int() if value < 0:
                return 5, struct.pack(f"{order}i", value)
            case int():
                return 4, struct.pack(f"{order}I", value)
            case float():
                return 6, struct.pack(f"{order}f", value)
            case str():
                return 8, text(value)
        kinds = [typed(item) for item in value]
        return 9, struct.pack(f"{order}IQ", kinds[0][0] if kinds else 8, len(kinds)) + b"".join(
            body for _, body in kinds
        )

    out = b"GGUF" + struct.pack(f"{order}IQQ", version, len(tensors), len(values))
    for key, value in values.items():
        kind, body = typed(value)
        out += text(key) + struct.pack(f"{order}I", kind) + body
    offset, bodies = 0, b""
    for name, (kind, shape, size) in tensors.items():
        out += text(name) + struct.pack(f"{order}I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        bodies += draws().bytes(size) + bytes(-size % 32)
        offset = len(bodies)
    return out + (bytes(-len(out) % 32) + bodies if tensors else b"")


GGML = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q4_1": (3, 32, 20), "Q5_0": (6, 32, 22), "Q5_1": (7, 32, 24),
        "Q8_0": (8, 32, 34), "Q2_K": (10, 256, 84), "Q3_K": (11, 256, 110), "Q4_K": (12, 256, 144), "Q5_K": (13, 256, 176),
        "Q6_K": (14, 256, 210), "IQ4_NL": (20, 32, 18), "BF16": (30, 1, 2)}  # fmt: skip


def gguf_files() -> Made:
    """Each tensor type, each version, each architecture's values and each chat template."""
    words = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": [f"t{n}" for n in range(300)],
             "tokenizer.ggml.token_type": [1] * 300, "tokenizer.ggml.scores": [-float(n) for n in range(300)],
             "tokenizer.ggml.merges": ["a b", "c d"], "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.add_bos_token": True}  # fmt: skip
    for name, (kind, block, size) in GGML.items():
        tensors = {
            "token_embd.weight": (kind, (256, 4), 1024 // block * size),
            "output_norm.weight": (0, (256,), 1024),
        }
        yield (
            f"{name}.gguf",
            data(gguf({"general.architecture": "llama", "general.file_type": 1, **words}, tensors)),
        )
    norm = {"output_norm.weight": (0, (32,), 128)}
    for family in ("llama", "qwen2", "gemma2", "phi3", "gpt2", "bert", "mamba", "clip", "whisper", "falcon"):
        values = {"general.architecture": family, "general.name": f"{family} tiny", f"{family}.context_length": 512,
                  f"{family}.embedding_length": 32, f"{family}.rope.freq_base": 10000.0, "general.license": "apache-2.0",
                  "general.tags": ["text-generation"], "general.languages": ["en", "de"], "general.quantization_version": 2}  # fmt: skip
        yield f"family-{family}.gguf", data(gguf(values, norm))
    for name, template in benign_texts.TEMPLATES.items():
        values = {"general.architecture": "llama", "tokenizer.chat_template": template, **words}
        yield f"template-{name}.gguf", data(gguf(values, norm))
    yield "two_templates.gguf", data(gguf({"general.architecture": "llama", "tokenizer.chat_templates": ["tool_use"],
        "tokenizer.chat_template": benign_texts.TEMPLATES["chatml"], "tokenizer.chat_template.tool_use": benign_texts.TEMPLATES["tools"]}, norm))  # fmt: skip
    yield "version2.gguf", data(gguf({"general.architecture": "llama"}, norm, version=2))
    yield "big_endian.gguf", data(gguf({"general.architecture": "llama"}, norm, order=">"))
    yield "vocabulary_only.gguf", data(gguf({"general.architecture": "llama", **words}, {}))


def field(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field."""

    def varint(count: int) -> bytes:
        out = bytearray()
        while count > 127:
            out.append(count & 127 | 128)
            count >>= 7
        return bytes([*out, count])

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def onnx_model(
    operators: Iterable[str], *, opset: int = 17, producer: str = "pytorch", doc: str = ""
) -> bytes:
    """A chain of operators with one stored tensor, written field by field."""

    def value(name: str) -> bytes:
        shape = field(1, field(1, 1)) + field(1, field(2, "batch"))
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))

    graph, last = b"", "input"
    for number, kind in enumerate(operators):
        graph += field(
            1,
            field(1, last)
            + field(1, "w")
            + field(2, f"v{number}")
            + field(3, f"/{kind}_{number}")
            + field(4, kind),
        )
        last = f"v{number}"
    weights = field(1, 4) + field(2, 1) + field(8, "w") + field(9, struct.pack("<4f", 1, 2, 3, 4))
    graph += field(2, "main_graph") + field(5, weights) + field(11, value("input")) + field(12, value(last))
    return (
        field(1, 8)
        + field(2, producer)
        + field(3, "2.1.0")
        + (field(6, doc) if doc else b"")
        + field(7, graph)
        + field(8, field(1, "") + field(2, opset))
    )


def onnx_files() -> Made:
    """Chains of standard operators by the common producers."""
    for opset in range(9, 24):
        yield f"opset-{opset}.onnx", data(onnx_model(["Add", "Mul", "MatMul"], opset=opset))
    for producer in (
        "pytorch",
        "tf2onnx",
        "skl2onnx",
        "keras2onnx",
        "paddle2onnx",
        "onnx.quantize",
        "OnnxMLTools",
        "",
    ):
        yield (
            f"by-{producer or 'nobody'}.onnx",
            data(onnx_model(["Add", "Sub"], producer=producer, doc="A small model.")),
        )


def word_vectors() -> Made:
    """word2vec and GloVe as text and as bytes."""
    words = [f"word{n}" for n in range(200)] + ["naïve", "東京", "</s>", "new_york"]
    rows = draws().normal(size=(len(words), 16)).astype("f4")
    lines = [f"{w} {' '.join(f'{v:.5f}' for v in row)}" for w, row in zip(words, rows, strict=True)]
    head = f"{len(words)} 16\n"
    for end, name in (("\n", "newline"), ("", "joined")):
        body = b"".join(
            w.encode() + b" " + row.tobytes() + end.encode() for w, row in zip(words, rows, strict=True)
        )
        yield f"vectors-{name}.bin", data(head.encode() + body)
    yield "vectors.txt", data(head + "\n".join(lines) + "\n")
    yield "vectors.vec", data(head + "\n".join(lines) + "\n")
    yield "glove.6B.16d.txt", data("\n".join(lines) + "\n")


def media() -> Made:
    """What lies beside a model: pictures, sound, tables, logs."""
    yield "plot.png", data(picture(64, 48))
    for rate in (8000, 16000, 44100):
        yield f"sample-{rate}.wav", lambda p, r=rate: sound(p, r)
    yield (
        "image.bmp",
        data(
            b"BM"
            + struct.pack("<IHHI", 54 + 12, 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 24, 0, 12, 0, 0, 0, 0)
            + bytes(12)
        ),
    )
    yield (
        "diagram.svg",
        data(
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
        ),
    )
    yield (
        "dot.gif",
        data(b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"),
    )
    yield (
        "dataset.csv",
        data("id,text,label\n" + "".join(f'{n},"row {n}, quoted",{n % 2}\n' for n in range(500))),
    )
    yield "dataset.tsv", data("a\tb\n1\t2\n" * 50)
    yield "dataset.jsonl", data("".join(json.dumps({"id": n, "text": f"row {n}"}) + "\n" for n in range(500)))
    yield "empty.bin", data(b"")
    yield "empty.txt", data(b"")
    yield "one_line.txt", data("ok")
    yield "windows.txt", data("a\r\nb\r\n")
    yield "utf16.txt", data("hello\n".encode("utf-16"))
    yield "latin1.txt", data("café\n".encode("latin1"))


def sound(place: Path, rate: int) -> None:
    with wave.open(str(place), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.sin(np.arange(rate // 10) / 9) * 9000).astype("<i2").tobytes())


def texts() -> Made:
    """Configurations, templates, cards, code and other text of model repositories."""
    for name, config in benign_texts.CONFIGS.items():
        yield f"configs/{name}/config.json", data(json.dumps(config, indent=2))
        yield f"configs/{name}-one_line/config.json", data(json.dumps(config))
    for name, (file, content) in benign_texts.JSON_FILES.items():
        yield f"json/{name}/{file}", data(json.dumps(content, indent=2, ensure_ascii=False))
    for name, template in benign_texts.TEMPLATES.items():
        yield f"templates/{name}/chat_template.jinja", data(template)
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 4096,
            "bos_token": "<s>",
            "chat_template": template,
        }
        yield f"templates/{name}/tokenizer_config.json", data(json.dumps(config, indent=2))
        yield f"templates/{name}-alone/chat_template.json", data(json.dumps({"chat_template": template}))
    named = [{"name": n, "template": t} for n, t in benign_texts.TEMPLATES.items()]
    yield "templates/named/tokenizer_config.json", data(json.dumps({"chat_template": named}, indent=2))
    for name, card in benign_texts.CARDS.items():
        yield f"cards/{name}/README.md", data(card)
    for name, (file, code) in benign_texts.CODE.items():
        yield f"code/{name}/{file}", data(code)
    for name, (file, content) in benign_texts.OTHER.items():
        yield f"other/{name}/{file}", data(content)


PLAIN: dict[str, Callable[[], Made]] = {
    f"python-{sys.version_info.major}.{sys.version_info.minor}": pickles, f"numpy-{np.__version__}": numpy_files,
    "archives": archives, "safetensors-own": safetensors_files, "gguf-own": gguf_files, "onnx-own": onnx_files,
    "word_vectors": word_vectors, "media": media, "texts": texts,
}  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    made = write_benign(Path(sys.argv[1]))
    print(f"{len(made)} files")
