"""What only the files of a repository together show: missing shards, look-alike names, shadowed libraries.

Rules WGH-RP…; docs/formats/repository.md. Nothing is executed, and no payload is read here except by
`repository_stale`, which needs the bytes of tensors.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from weigh.checks.security.rules.repository import RULES
from weigh.code.word_lists import words
from weigh.core.facts import FileFacts
from weigh.core.finding import Finding
from weigh.core.ports import ModelViewPort

ReadRange = Callable[[str, int, int], bytes]
"""`read(path, offset, length)` of the snapshot's files."""

LFS_POINTER = "version https://git-lfs.github.com/spec/v1"
"""First line of a Git LFS pointer. Source: the Git LFS specification."""
MAX_POINTER = 1024
"""Bytes; the specification's bound."""

_LIBRARIES = words(
    """
    torch numpy transformers tokenizers safetensors tensorflow keras jax flax onnx onnxruntime
    sklearn scipy pandas joblib pickle json os sys io re ast abc math time random logging typing
    types enum struct socket ssl subprocess importlib inspect collections functools itertools
    pathlib shutil tempfile threading queue copy copyreg codecs base64 hashlib hmac warnings
    dataclasses contextlib urllib http email string operator datetime calendar csv sqlite3 zipfile
    tarfile gzip zlib platform site builtins requests huggingface_hub accelerate diffusers peft
    datasets PIL cv2 yaml sentencepiece einops xformers timm torchvision torchaudio
    """
)
"""Names a file at the top of a repository must not have: Python looks in its own folder first."""
_STARTUP = frozenset({"sitecustomize.py", "usercustomize.py"})
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LETTERS = str.maketrans(
    "аеорсхуіјѕһԁɡӏνοαіκρτυχ０１２３４５６７８９",
    "aeopcxyijshdglvoaikptux0123456789",
)
"""Cyrillic, Greek and full-width letters that look like Latin ones (Unicode TR 39, confusables)."""
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.(safetensors|bin)")


def repository_findings(view: ModelViewPort, read: ReadRange | None = None) -> Iterator[Finding]:
    """The findings about the files of a snapshot together.

    Args:
        view: the model.
        read: gives bytes of its files; without it a Git LFS pointer under the name of a binary format is told
            only by its reader's error.
    """
    paths = [file.path for file in view.snapshot.files]
    yield from _names(paths)
    yield from _code_names(paths)
    facts = {f.path: f for f in view.all_facts()}
    yield from _pointers(view, facts, read)
    yield from _indexes(facts)


def finding(rule: str, where: str, message: str) -> Finding:
    """A finding of a rule of the table."""
    row = RULES[rule]
    return Finding(rule, row.severity, row.confidence, where, message, row.why, row.action, row.references)


def _names(paths: Sequence[str]) -> Iterator[Finding]:
    """Names that turn, hide or imitate text, or fall together on some systems."""
    folded: dict[str, str] = {}
    likened = {skeleton(path): path for path in paths if path.isascii()}
    for path in paths:
        if _INVISIBLE.search(path):
            yield finding("WGH-RP008", path, f"the name is {path!a}")
        key = unicodedata.normalize("NFC", path).casefold()
        if key in folded:
            yield finding("WGH-RP006", path, f"{folded[key]!a} and {path!a} are one name on some systems")
        folded.setdefault(key, path)
        other = likened.get(skeleton(path))
        if other is not None and other != path and not path.isascii():
            yield finding("WGH-RP007", path, f"{path!a} looks like {other!a}")


def skeleton(text: str) -> str:
    """A name with look-alike letters made one."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


def _code_names(paths: Sequence[str]) -> Iterator[Finding]:
    """Python that would be imported in place of a library, or by itself."""
    packaged = any(p.endswith(".dist-info/METADATA") for p in paths)  # numpy's own wheel holds numpy
    for path in paths:
        folders = path.split("/")
        name = folders[-1]
        if name in _STARTUP:
            yield finding("WGH-RP011", path, f"Python imports {name} by itself")
        top = folders[0].removesuffix(".py") if len(folders) == 1 and name.endswith(".py") else ""
        if len(folders) == 2 and name == "__init__.py":
            top = folders[0]
        if top in _LIBRARIES and not packaged:
            yield finding("WGH-RP005", path, f"it would be imported as {top}")


def _pointers(view: ModelViewPort, facts: dict[str, FileFacts], read: ReadRange | None) -> Iterator[Finding]:
    for file in view.snapshot.files:
        if file.size > MAX_POINTER or file.path not in facts:
            continue
        stated = facts[file.path].fact("text.first_line")
        first = stated.value if stated is not None else ""
        if read is not None and not first:
            first = read(file.path, 0, len(LFS_POINTER)).decode("utf-8", "replace")
        if first == LFS_POINTER:
            yield finding(
                "WGH-RP004", file.path, f"it has {file.size} bytes and points to content kept elsewhere"
            )


def _indexes(facts: dict[str, FileFacts]) -> Iterator[Finding]:
    """Shards that an index names, and those that lie there; told by their numbered names."""
    groups: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for path in facts:
        match = _SHARD.fullmatch(path)
        if match:
            groups[match[1], match[3], match[4]].add(int(match[2]))
    for (stem, total, ending), numbers in sorted(groups.items()):
        for number in range(1, min(int(total), 10_000) + 1):
            if number not in numbers:
                name = f"{stem}-{number:05d}-of-{total}.{ending}"
                yield finding("WGH-RP001", name, f"shard {number} of {int(total)} is not there")
        for number in sorted(n for n in numbers if n > int(total) or n == 0):
            yield finding(
                "WGH-RP002", f"{stem}-{number:05d}-of-{total}.{ending}", f"only {int(total)} are counted"
            )
    for path, index in facts.items():
        if path.endswith(".index.json"):
            yield from _index(path, index, facts)


def _index(path: str, index: FileFacts, facts: dict[str, FileFacts]) -> Iterator[Finding]:
    """What an index says against what lies beside it."""
    stated = index.fact("json.weight_map")
    if stated is None or not isinstance(stated.value, dict):
        return
    folder = path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    for name, tensors in sorted(stated.value.items()):
        shard = facts.get(prefix + name)
        if shard is None:
            if not _SHARD.fullmatch(name):
                yield finding("WGH-RP001", path, f"{name!a} is not there")
            continue
        held = {t.name for t in shard.all_tensors()}
        missing = [t for t in tensors if t not in held] if held else []
        if missing:
            yield finding(
                "WGH-RP012", path, f"{len(missing)} tensors, first {missing[0]!a}, are not in {name!a}"
            )
