"""Which format a file is, and the reader for it: by content first, by name second.

A static table; docs/formats/index.md lists it. A format that is recognised but not read is a stated
unknown: coverage `unread` with the reason, never a guess.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.json_config import read_json_config
from weigh.formats.model_card import read_model_card
from weigh.formats.onnx import read_onnx
from weigh.formats.onnx_messages import MODEL
from weigh.formats.package_metadata import read_package_metadata
from weigh.formats.safetensors import MAX_HEADER, read_safetensors
from weigh.formats.text_files import read_text
from weigh.formats.tokenizer_json import read_tokenizer
from weigh.formats.wire import Wire

Reader = Callable[[RangeReader, str], FileFacts]

UNKNOWN = "unknown"
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "safetensors": read_safetensors,
        "onnx": read_onnx,
        "json": read_json_config,
        "tokenizer": read_tokenizer,
        "model-card": read_model_card,
        "package-metadata": read_package_metadata,
        "text": read_text,
    }
)

UNREAD: Mapping[str, str] = MappingProxyType(
    {
        "pickle": "pickle files, whose loading can run any code",
        "zip": "zip archives (PyTorch checkpoints, Keras models)",
        "hdf5": "HDF5 files",
        "gguf": "GGUF files",
        "tflite": "TensorFlow Lite files",
        "ort": "ONNX Runtime's own format",
        "numpy": "NumPy files",
        "gzip": "gzip archives",
        "tar": "tar archives",
        "parquet": "Parquet files",
        "executable": "native programs and libraries",
        "python": "Python source, which is code",
        "script": "scripts, which are code",
        "template": "Jinja templates, which are code of a kind",
    }
)
"""Format → what this version does not read."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GGUF", "gguf"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (4, b"TFL3", "tflite"),
    (4, b"ORTM", "ort"),
    (0, b"\x93NUMPY", "numpy"),
    (0, b"\x1f\x8b", "gzip"),
    (257, b"ustar", "tar"),
    (0, b"PAR1", "parquet"),
    (0, b"\x7fELF", "executable"),
    (0, b"MZ", "executable"),
    (0, b"\xcf\xfa\xed\xfe", "executable"),
    (0, b"#!", "script"),
    *((0, bytes([0x80, protocol]), "pickle") for protocol in range(2, 6)),
)

_ENDINGS = {
    "safetensors": "safetensors",
    "onnx": "onnx",
    "json": "json",
    "py": "python",
    "jinja": "template",
    "jinja2": "template",
    **dict.fromkeys(("pkl", "pickle", "pt", "pth", "ckpt", "joblib"), "pickle"),
    **dict.fromkeys(("so", "dll", "dylib", "exe"), "executable"),
    **dict.fromkeys(("sh", "bat", "ps1", "js"), "script"),
    **dict.fromkeys(("h5", "hdf5"), "hdf5"),
    **dict.fromkeys(("txt", "md", "rst", "csv", "tsv", "jsonl", "yaml", "yml", "toml"), "text"),
}
_NAMES = {
    "tokenizer.json": "tokenizer",
    "readme.md": "model-card",
    **dict.fromkeys(("metadata", "pkg-info"), "package-metadata"),
    **dict.fromkeys(("license", "licence", "copying", "notice", "authors", "readme"), "text"),
    **dict.fromkeys(("licenses", "licences", "unlicense", "notices", "copyright"), "text"),
    **dict.fromkeys((".gitattributes", ".gitignore", "cname"), "text"),
}

_TERMS = tuple(
    f"{word}{mark}" for word in ("license", "licence", "copying", "notice", "unlicense") for mark in ".-_"
)
"""How names of licence files begin that carry more than the word."""


def identify(reader: RangeReader, path: str) -> str:
    """The format of a file, or `unknown`. Content outvotes the name; a name alone settles text."""
    head = reader.read(0, 512)
    magic = next((name for at, mark, name in _MAGIC if head[at : at + len(mark)] == mark), "")
    if magic:
        return magic
    named = _by_name(path)
    if named in {"safetensors", "onnx"}:
        return named
    if _is_safetensors(reader, head):
        return "safetensors"
    if _is_onnx(reader, head):
        return "onnx"
    return named or UNKNOWN


def read_file(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.

    Raises:
        StorageError: the bytes cannot be had at all (disk, network).
    """
    name = identify(reader, path)
    read = READERS.get(name)
    if read is not None:
        return read(reader, path)
    reason = UNREAD.get(name, "files of this kind")
    return FileFacts(path, name, Coverage.UNREAD, f"this version does not read {reason}")


def _by_name(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    if name in _NAMES:
        return _NAMES[name]
    by_ending = _ENDINGS.get(name.rpartition(".")[2], "") if "." in name else ""
    if not by_ending and name.startswith(_TERMS):
        return "text"
    return by_ending


def _is_safetensors(reader: RangeReader, head: bytes) -> bool:
    length = int.from_bytes(head[:8], "little")
    return head[8:10] in {b'{"', b"{}"} and 2 <= length <= min(MAX_HEADER, reader.size - 8)


def _is_onnx(reader: RangeReader, head: bytes) -> bool:
    """Whether the whole file is one message of ONNX's outermost fields, a graph among them."""
    if head[:1] != b"\x08":  # ir_version, which every writer puts first
        return False
    wire = Wire(reader, broken="", beyond="")
    names: set[str] = set()
    try:
        for place, (name, _) in enumerate(wire.walk((0, reader.size), MODEL, depth=1)):
            names.add(name)
            if place > 10_000:
                break
    except MalformedError:
        return False
    return "graph" in names and "opset_import" in names and not wire.unknown_fields
