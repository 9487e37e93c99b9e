"""Telling what a file is: by its first bytes, by its structure, and by its name where text is text."""

import re

from weigh.core.errors import MalformedError
from weigh.core.licence import is_terms_name
from weigh.core.ports import RangeReader
from weigh.formats.onnx_messages import MODEL
from weigh.formats.pickle_probe import looks_like_pickle
from weigh.formats.safetensors import MAX_HEADER
from weigh.formats.sentencepiece import looks_like_sentencepiece
from weigh.formats.wire import Wire

UNKNOWN = "unknown"
EMPTY = "empty"
HEAD = 4096
"""Bytes looked at first."""
_ZIP_TAIL = 22 + 65_535
"""A zip's end record and its longest comment."""

_TORCH_MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_FRAME = b"\x95\x0d\0\0\0\0\0\0\0"
"""The first pickle of a checkpoint that torch.save wrote before version 1.6: a magic number."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GGUF", "gguf"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (4, b"TFL3", "tflite"),
    (4, b"ET12", "executorch"),
    (4, b"ORTM", "ort"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"CBM1", "catboost"),
    (64, b"\xef\xbe\xad\xde", "coreml"),
    (0, b"\xba\x16\x4f\x2f", "fasttext"),
    (0, b"binf", "xgboost"),
    (0, b"tree\nversion=", "lightgbm"),
    (0, b"\x1f\x8b", "compressed"),
    (0, b"BZh", "compressed"),
    (0, b"\xfd7zXZ\x00", "compressed"),
    (0, b"]\x00\x00", "compressed"),
    (0, b"\x28\xb5\x2f\xfd", "compressed"),
    (0, b"\x04\x22\x4d\x18", "compressed"),
    (0, b"ZF0x", "compressed"),
    (257, b"ustar", "tar"),
    (0, b"PAR1", "parquet"),
    (0, b"\x7fELF", "executable"),
    (0, b"MZ", "executable"),
    (0, b"\0asm", "executable"),
    *((0, mark, "executable") for mark in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")),
    (0, b"\x89PNG\r\n\x1a\n", "media"),
    (0, b"\xff\xd8\xff", "media"),
    (0, b"GIF8", "media"),
    (0, b"%PDF-", "media"),
    *(
        (0, mark, "media")
        for mark in (b"RIFF", b"RIFX", b"RF64", b"OggS", b"fLaC", b"ID3", b"\xff\xfb", b"wOFF", b"wOF2")
    ),
    *((0, mark, "media") for mark in (b"\x00\x01\x00\x00\x00", b"OTTO", b"\x00\x00\x01\x00", b"II*\x00")),
    (0, b"MM\x00*", "media"),
    (4, b"ftyp", "media"),
    *((0, bytes([0x80, protocol]) + _TORCH_MAGIC, "torch-legacy") for protocol in range(2, 6)),
    *((0, bytes([0x80, protocol]) + _FRAME + _TORCH_MAGIC, "torch-legacy") for protocol in (4, 5)),
    *((0, bytes([0x80, protocol]), "pickle") for protocol in range(2, 6)),
    (0, b"version https://git-lfs.github.com/spec/v1\n", "text"),
    (0, b"#!", "script"),
)

_TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last bytes of a sorted table (LevelDB's format), in which TensorFlow keeps the index of variables."""

_FIRST = {
    first: tuple((mark, kind) for at, mark, kind in _MAGIC if at == 0 and mark[:1] == first)
    for first in {mark[:1] for at, mark, _ in _MAGIC if at == 0}
}
"""Marks at the very beginning by their first byte: archives ask this a hundred thousand times."""
_LATER = tuple(row for row in _MAGIC if row[0] > 0)

_ENDINGS = {
    "safetensors": "safetensors",
    "onnx": "onnx",
    "json": "json",
    "ipynb": "notebook",
    "pyc": "pyc",
    "xml": "xml",
    "pmml": "xml",
    "svg": "xml",
    "mlmodel": "coreml",
    **dict.fromkeys(("py", "pyi"), "python"),
    **dict.fromkeys(("jinja", "jinja2", "j2", "template", "tmpl"), "template"),
    **dict.fromkeys(("pkl", "pickle", "pt", "ckpt", "joblib", "sav", "dill"), "pickle"),
    **dict.fromkeys(("so", "dll", "dylib", "exe"), "executable"),
    **dict.fromkeys(("sh", "bat", "ps1", "js", "mjs", "cjs"), "script"),
    **dict.fromkeys(("h5", "hdf5"), "hdf5"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **dict.fromkeys(("txt", "md", "rst", "csv", "tsv", "jsonl", "toml"), "text"),
}
_NAMES = {
    "tokenizer.json": "tokenizer",
    "readme.md": "model-card",
    "saved_model.pb": "saved-model",
    "keras_metadata.pb": "keras-metadata",
    **dict.fromkeys(("metadata", "pkg-info"), "package-metadata"),
    **dict.fromkeys(("license", "licence", "copying", "notice", "authors", "readme"), "text"),
    **dict.fromkeys(("licenses", "licences", "unlicense", "notices", "copyright"), "text"),
    **dict.fromkeys((".gitattributes", ".gitignore", "cname"), "text"),
}
_TEXT_CODE = frozenset({"python", "template", "script", "text", "model-card", "package-metadata", "yaml"})
"""Formats that are plain text: their name settles what they are, once their content is text."""

_JSON_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb'"learner"\s*:\s*\{'), "xgboost"),
    (re.compile(rb'"(?:weightsManifest|modelTopology)"\s*:'), "tfjs"),
    (re.compile(rb'"nbformat"\s*:|"cells"\s*:\s*\[\s*\{\s*"cell_type"'), "notebook"),
)
_XML_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"<(?:\w+:)?PMML[\s>]"), "pmml"),
    (re.compile(rb"<net\s[^>]*\bversion\s*="), "openvino"),
)
_WORD2VEC = re.compile(rb"[1-9][0-9]{0,9} [1-9][0-9]{0,5}\n\S")
_MAY_HIDE_A_PICKLE = frozenset({"tar", "compressed", "media", "gguf", "npy", "safetensors"})
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def identify(reader: RangeReader, path: str) -> str:
    """The format of a file, or `unknown`. Content outvotes the name; a name alone settles text."""
    head = reader.read(0, HEAD)
    name = path.rpartition("/")[2].lower()
    named = _by_name(name)
    magic = _by_magic(reader, head)
    if magic in {"pickle", "media"} and _is_safetensors(reader, head):
        # The length of a header can look like a magic number: 1,152 bytes like a pickle, 256 like a font.
        return "safetensors"
    if magic and not (magic == "script" and named == "python"):
        return magic
    if named in {"safetensors", "onnx"}:
        return named
    if not head:
        return named or EMPTY
    return _by_structure(reader, head, name, named) or named or _text_or_unknown(head)


def _by_magic(reader: RangeReader, head: bytes) -> str:
    """What a magic number says, "" where there is none."""
    for mark, kind in _FIRST.get(head[:1], ()):
        if head.startswith(mark):
            return kind
    if head[:2] == b"BM" and 26 <= int.from_bytes(head[2:6], "little") <= reader.size:
        return "media"
    return next((kind for at, mark, kind in _LATER if head[at : at + len(mark)] == mark), "")


def _by_structure(reader: RangeReader, head: bytes, name: str, named: str) -> str:
    """What the content shows that has no magic number, "" where it shows nothing."""
    if _is_safetensors(reader, head):
        return "safetensors"
    if reader.size >= 48 and reader.read(reader.size - 8, 8) == _TABLE_END:
        return "tensor-bundle"
    marked = _by_markup(head, named)
    if marked:
        return marked
    if _is_ubjson_booster(head):
        return "xgboost"
    if name.endswith(".pth") and _is_text(head):
        return "path-file"
    if looks_like_pickle(reader, head):
        return "pickle"
    words = _by_vocabulary(reader, head)
    if words:
        return words
    if named in {"saved-model", "keras-metadata", "coreml"}:
        return named
    if _is_onnx(reader, head):
        return "onnx"
    return "tar" if _is_old_tar(head) else _other_binary(head, name)


def _by_vocabulary(reader: RangeReader, head: bytes) -> str:
    """Kinds of files that are lists of words, "" for another."""
    if _WORD2VEC.match(head):
        return "word2vec"
    return "sentencepiece" if looks_like_sentencepiece(reader, head) else ""


def _by_markup(head: bytes, named: str) -> str:
    """Kinds of JSON and XML, "" for another text."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if named in _TEXT_CODE - {"text"}:
        return ""
    if start[:1] in {b"{", b"["}:
        kind = next((kind for mark, kind in _JSON_KINDS if mark.search(head)), "")
        return kind or (named if named in {"json", "tokenizer", "notebook"} else "")
    if start[:1] == b"<":
        found = next((kind for mark, kind in _XML_KINDS if mark.search(head)), "")
        return found or ("xml" if start[:5] == b"<?xml" or named == "xml" else "")
    return ""


def _other_binary(head: bytes, name: str) -> str:
    if name.endswith(".pyc") and head[2:4] == b"\r\n":
        return "pyc"
    if head[:1] == b"\x78" and head[1:2] in {b"\x01", b"\x5e", b"\x9c", b"\xda"}:
        return "compressed"
    if head[:1] >= b"\x80" and (name.endswith((".msgpack", ".bin", ".spacy")) or "." not in name):
        return "msgpack" if _may_be_msgpack(head) else ""
    return ""


def second_reading(reader: RangeReader, first: str) -> str:
    """Another format a file may be sound in as well, "" where there is none."""
    if first not in {"zip", "executable"} and _ends_as_zip(reader):
        return "zip"
    if first in _MAY_HIDE_A_PICKLE and looks_like_pickle(reader, reader.read(0, HEAD)):
        return "pickle"
    return ""


def promised(path: str) -> str:
    """The format that the ending of a name promises, "" for an ending that several formats use."""
    ending = path.rpartition("/")[2].lower().rpartition(".")[2]
    return _PROMISED.get(ending, "")


_PROMISED = {
    "safetensors": "safetensors",
    "onnx": "onnx",
    "gguf": "gguf",
    "tflite": "tflite",
    "h5": "hdf5",
    "hdf5": "hdf5",
    "npz": "zip",
    "nemo": "tar",
    "skops": "zip",
    "keras": "zip",
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "pdf", "wav"), "media"),
}


def _by_name(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    by_ending = _ENDINGS.get(name.rpartition(".")[2], "") if "." in name else ""
    if not by_ending and is_terms_name(name):
        return "text"
    return by_ending


def _text_or_unknown(head: bytes) -> str:
    return "text" if _is_text(head) else UNKNOWN


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are UTF-8 without control characters."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > HEAD - 4
    return True


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


def _is_ubjson_booster(head: bytes) -> bool:
    """An XGBoost model in UBJSON: an object whose first key is `learner` or `version`."""
    return head[:1] == b"{" and any(
        head[1 : 1 + len(mark) + len(key)] == mark + key
        for key in (b"learner", b"version", b"Config")
        for mark in (b"L" + len(key).to_bytes(8, "big"), b"i" + bytes([len(key)]), b"U" + bytes([len(key)]))
    )


def _is_old_tar(head: bytes) -> bool:
    """A tar header without a magic number: its checksum is right. Source: POSIX.1-1988, 10.1.1."""
    if len(head) < 512 or not head[0]:
        return False
    stated = head[148:156].strip(b" \x00")
    if not stated or not re.fullmatch(rb"[0-7]{1,7}", stated):
        return False
    return int(stated, 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def _may_be_msgpack(head: bytes) -> bool:
    return head[0] in {0xDE, 0xDF, 0xDC, 0xDD} or 0x80 <= head[0] <= 0x9F


def _ends_as_zip(reader: RangeReader) -> bool:
    """Whether an end record of a zip closes the file exactly."""
    tail = reader.read(max(0, reader.size - _ZIP_TAIL), _ZIP_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        comment = tail[at + 20 : at + 22]
        if len(comment) == 2 and at + 22 + int.from_bytes(comment, "little") == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
