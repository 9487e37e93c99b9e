"""Values in JSON that make a loader import, fetch or run something: the rules WGH-J01x.

Sources: transformers' configuration_utils and dynamic_module_utils, the advisories named by the rules,
jsonpickle's
tags, Hydra's `_target_`, peft's and sentence-transformers' configuration files.
"""

import re
from collections.abc import Iterator
from typing import Any

from weigh.core.facts import Anomaly
from weigh.formats.anomalies import quoted

CROSS_REPOSITORY = "WGH-J011"
KERNEL = "WGH-J012"
TRUST = "WGH-J013"
TRUST_ELSEWHERE = "WGH-J014"
LEAVES_FOLDER = "WGH-J015"
OBJECTS = "WGH-J016"
OBJECTS_DANGEROUS = "WGH-J017"
TARGET = "WGH-J018"
TARGET_DANGEROUS = "WGH-J019"
CODE_TEXT = "WGH-J020"
NETWORK_PATH = "WGH-J023"
SHARD_NAME = "WGH-J024"

MAX_VALUES = 300_000
"""Values looked at; vocabularies hold more, and nothing else."""
MAX_CODE_TEXT = 4_000

_KERNEL_KEYS = frozenset(
    {"_attn_implementation_internal", "attn_implementation", "_attn_implementation",
     "_experts_implementation",
     "_experts_implementation_internal", "experts_implementation"}
)  # fmt: skip
_REPOSITORY = re.compile(r"(?:paged\|)?[\w.-]+/[\w.-]+(?:@[^:\s]+)?(?::[\w.-]+)?")
_KNOWN_KERNELS = re.compile(r"(?:paged\|)?kernels-community/[\w.-]+(?:@[^:\s]+)?(?::[\w.-]+)?")

DANGEROUS_MODULE = re.compile(
    r"(?:builtins|__builtin__|os|posix|nt|subprocess|sys|pty|shutil|socket|ctypes|importlib|runpy|code|codeop|marshal"
    r"|pickle|_pickle|cloudpickle|dill|webbrowser|platform|asyncio|multiprocessing|threading|pdb|timeit|cProfile|profile|trace"
    r"|urllib|http|ftplib|smtplib|requests|tempfile|types|operator|functools|inspect|gc|commands|pip|setuptools|distutils"
    r"|numpy\.testing|numpy\.f2py|nltk\.util|torch\.hub|torch\.load|torch\.serialization|torch\.utils\.cpp_extension|joblib\.load"
    r"|yaml|jsonpickle|IPython|pexpect|sh|paramiko|fabric|ansible|_posixsubprocess|pydoc|pkgutil|ensurepip|venv|idlelib|lib2to3)(?:[.:].+|)"
)
"""Modules of which no model configuration names a part."""
_HARMLESS_TARGET = re.compile(
    r"(?:torch|torchvision|torchaudio|transformers|diffusers|nemo|pytorch_lightning|lightning|lightning_fabric|omegaconf|timm|peft"
    r"|sam2|sam3|keras|tensorflow|flax|jax|optax|datasets|tokenizers|monai|mmdet|mmcv|mmengine|detectron2|speechbrain|espnet2?"
    r"|audiocraft|ultralytics|hydra\.utils\.(?:get_class|get_object)|x_clip|einops|numpy|sklearn|ldm|sgm|cosmos\w*|megatron|models?|src)"
    r"\.[\w.]+"
)
_JSONPICKLE = frozenset({"py/object", "py/reduce", "py/function", "py/type", "py/repr", "py/ref",
                         "py/newargs", "py/newargsex",
                         "py/state", "py/method", "py/module", "py/property", "py/initargs", "py/bytes",
                         "py/b64"})  # fmt: skip
_RUNNING = frozenset({"py/reduce", "py/repr", "py/function", "py/method", "py/module"})
_CODE = re.compile(
    r"__import__\s*\(\s*[\"'][\w.]+[\"']\s*\)\s*\.|\b(?:os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.\w+|pty\.spawn)\s*\("
    r"|\b(?:eval|exec)\s*\(\s*(?:compile|base64|__import__|open|bytes|codecs|zlib|marshal|[\"'])|__subclasses__\s*\(|\bmarshal\.loads\s*\("
    r"|__globals__|__builtins__",
)
"""Python in a value that a careless loader evaluates (activation names, lambdas, dimensions)."""
_PATH_KEYS = frozenset({"path", "weight_map", "paths", "module_path", "checkpoint_path"})
_CONFIG_NAME = re.compile(
    r"(?:.*config.*|modules|model_index|adapter.*|preprocessor.*|processor.*|special_tokens_map|params|hparams|args|.*index)\.json",
    re.IGNORECASE,
)
_SHARD = re.compile(
    r"[^\\\0]+\.(?:safetensors|bin|pt|pth|h5|msgpack|ckpt|npz|gguf|dduf|keras|index|onnx|data)(?:\.\w+)?",
    re.IGNORECASE,
)


def code_anomalies(value: Any, name: str) -> Iterator[Anomaly]:
    """What in a parsed JSON file makes a loader do more than read numbers.

    Args:
        value: the file.
        name: of the file, without folders; prose in data files is not taken for configuration.
    """
    config = _CONFIG_NAME.fullmatch(name) is not None
    if isinstance(value, dict):
        yield from _shards(value)
    if isinstance(value, list):
        yield from _modules(value)
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    looked = 0
    foreign = trusted = 0
    while waiting and looked < MAX_VALUES:
        key, item, depth = waiting.pop()
        looked += 1
        if isinstance(item, dict):
            yield from _of_object(item)
            foreign += _names_foreign_code(item)
            trusted += item.get("trust_remote_code") is True
            waiting += (
                (k, v, depth + 1) for k, v in item.items() if not isinstance(v, int | float) and v is not None
            )
        elif isinstance(item, list):
            waiting += ((key, v, depth + 1) for v in item[:MAX_VALUES] if isinstance(v, dict | list | str))
        elif isinstance(item, str):
            yield from _of_text(key, item, config)
    if trusted:
        elsewhere = foreign > 0 and isinstance(value, dict)
        detail = "trust_remote_code is true" + (", beside classes of another repository" if elsewhere else "")
        yield Anomaly(TRUST_ELSEWHERE if elsewhere else TRUST, detail)


def _names_foreign_code(item: dict[str, Any]) -> bool:
    """Whether `auto_map` names classes of another repository (`user/repo--module.Class`)."""
    named = item.get("auto_map")
    values = list(named.values()) if isinstance(named, dict) else [named]
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    return any(isinstance(v, str) and "--" in v for v in flat)


def _of_object(item: dict[str, Any]) -> Iterator[Anomaly]:
    if _names_foreign_code(item):
        yield Anomaly(
            CROSS_REPOSITORY, f"auto_map names code of another repository: {quoted(str(item['auto_map']))}"
        )
    yield from _classes(item)
    for key in _KERNEL_KEYS & item.keys():
        named = item[key]
        for text in named.values() if isinstance(named, dict) else (named,):
            if isinstance(text, str) and _REPOSITORY.fullmatch(text) and not _KNOWN_KERNELS.fullmatch(text):
                yield Anomaly(KERNEL, f"{key} names the repository {quoted(text)}")
    tags = frozenset(t for t in _JSONPICKLE & item.keys() if isinstance(item[t], str | list | dict))
    if tags & {"py/object", *_RUNNING, "py/type"}:
        yield from _pickled(item, tags)
    for key in ("_target_", "__target__", "_target"):
        target = item.get(key)
        if isinstance(target, str):
            if DANGEROUS_MODULE.fullmatch(target) or target in _CALLED_BARE:
                yield Anomaly(TARGET_DANGEROUS, f"{key} is {quoted(target)}")
            elif "." in target and not _HARMLESS_TARGET.fullmatch(target):
                yield Anomaly(TARGET, f"{key} is {quoted(target)}")


def _classes(item: dict[str, Any]) -> Iterator[Anomaly]:
    """Classes of `auto_map` and of custom pipelines: `module.Class` beside the file, or of a repository."""
    named = item.get("auto_map")
    for target in named.values() if isinstance(named, dict) else (named,):
        for one in target if isinstance(target, list) else (target,):
            if isinstance(one, str) and leaves_folder(one.rpartition("--")[2]):
                yield Anomaly(LEAVES_FOLDER, f"auto_map names {quoted(one)}")
    pipelines = item.get("custom_pipelines")
    for name, pipeline in pipelines.items() if isinstance(pipelines, dict) else ():
        code = pipeline.get("impl") if isinstance(pipeline, dict) else None
        if isinstance(code, str) and "--" in code:
            yield Anomaly(CROSS_REPOSITORY, f"the pipeline {quoted(name)} is code of {quoted(code)}")


_CALLED_BARE = frozenset(
    {"eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "input", "breakpoint", "print"}
)


def _pickled(item: dict[str, Any], tags: frozenset[str]) -> Iterator[Anomaly]:
    named = [str(item[t]) for t in sorted(tags) if isinstance(item[t], str)]
    inner = item.get("py/reduce")
    first = inner[0] if isinstance(inner, list) and inner else None
    named += [str(v) for v in first.values()] if isinstance(first, dict) else []
    if tags & _RUNNING or any(DANGEROUS_MODULE.fullmatch(n) for n in named):
        yield Anomaly(OBJECTS_DANGEROUS, f"{', '.join(sorted(tags))}: {quoted(' '.join(named))}")
    else:
        yield Anomaly(OBJECTS, f"{', '.join(sorted(tags))}: {quoted(' '.join(named))}")


def _of_text(key: str, text: str, config: bool) -> Iterator[Anomaly]:  # noqa: FBT001 - one private caller
    if (
        text.startswith(("file://", "\\\\"))
        and len(text) > 7
        and (config or key.endswith(("path", "file", "url")))
    ):
        yield Anomaly(NETWORK_PATH, f"{quoted(key)} is {quoted(text)}")
    if not config or key in {"chat_template", "template", "weight_map"} or len(text) > MAX_CODE_TEXT:
        return
    if "(" in text or "__" in text:
        seen = _CODE.search(text)
        if seen and not key.endswith(
            ("description", "prompt", "text", "content", "example", "comment", "help")
        ):
            yield Anomaly(CODE_TEXT, f"the value of {quoted(key)} is code: {quoted(text)}")


def _shards(value: dict[str, Any]) -> Iterator[Anomaly]:
    """The `weight_map` of an index: tensor → file beside it."""
    weights = value.get("weight_map")
    if not isinstance(weights, dict):
        return
    files = {w for w in weights.values() if isinstance(w, str)}
    for file in sorted(files)[:10_000]:
        if leaves_folder(file):
            yield Anomaly(LEAVES_FOLDER, f"a shard is {quoted(file)}")
        elif not _SHARD.fullmatch(file):
            yield Anomaly(SHARD_NAME, f"a shard is {quoted(file)}")
    others = [w for w in weights.values() if not isinstance(w, str | dict)]
    if others:
        yield Anomaly(SHARD_NAME, f"{len(others)} shards have no name")


def _modules(value: list[Any]) -> Iterator[Anomaly]:
    """The entries of a sentence-transformers `modules.json`: a folder beside it each."""
    for entry in value[:1000]:
        path = entry.get("path") if isinstance(entry, dict) and isinstance(entry.get("type"), str) else None
        if isinstance(path, str) and leaves_folder(path):
            yield Anomaly(LEAVES_FOLDER, f"the folder of a module is {quoted(path)}")


def leaves_folder(path: str) -> bool:
    """Whether a path that should stay beside its file is absolute, goes up, or is an address."""
    parts = re.split(r"[\\/]", path)
    return (
        ".." in parts
        or path.startswith(("/", "\\", "~"))
        or "://" in path
        or re.match(r"[A-Za-z]:", path) is not None
        or "\0" in path
    )
