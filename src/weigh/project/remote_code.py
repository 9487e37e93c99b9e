"""Which Python files of a model a loader would run, if it were allowed to.

Sources: transformers `dynamic_module_utils` (`auto_map`, `custom_generate`, relative imports), diffusers
`model_index.json`, sentence-transformers `modules.json`, `hubconf.py` of torch.hub.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weigh.code.syntax import parse_source
from weigh.core.ref import RefKind, parse_ref
from weigh.project.lock import LockedFile
from weigh.sources.source import StoredFiles

if TYPE_CHECKING:
    import ast

MAX_CODE = 4 * 1024 * 1024
"""Bytes of a source file that is read for what it imports."""
_ELSEWHERE = re.compile(r"(?P<repo>[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95})--(?P<path>.+)", re.ASCII | re.DOTALL)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_GENERATE = "custom_generate/generate.py"


@dataclass(frozen=True, slots=True)
class Code:
    """Code that loading may run.

    Attributes:
        paths: among the model's own files, sorted.
        elsewhere: refs of files of other repositories, sorted.
    """

    paths: tuple[str, ...]
    elsewhere: tuple[str, ...]


def code_of(files: Iterable[LockedFile], settings: Mapping[str, Any], sink: StoredFiles) -> Code:
    """The code that the settings of a model name, and what that imports from beside it.

    Args:
        files: of the model.
        settings: values of its JSON files by path.
        sink: holds the bytes.
    """
    sources = {f.path: f for f in files if f.path.endswith(".py")}
    named, elsewhere = set[str](), set[str]()
    for path, value in settings.items():
        for text, folders in _classes(path, value):
            other = _ELSEWHERE.fullmatch(text)
            module = _module(other["path"] if other else text)
            if other and module:
                elsewhere.add(f"hf:{other['repo']}#{module}")
            elif module:
                named |= {p for f in folders if (p := posixpath.join(f, module)) in sources}
    if _GENERATE in sources:
        named.add(_GENERATE)
    # torch.hub puts the whole repository on Python's path, so that any file of it may be imported.
    named |= {p for p, f in sources.items() if parse_ref(f.ref).kind is RefKind.TORCHHUB}
    return Code(tuple(sorted(_with_imports(named, sources, sink))), tuple(sorted(elsewhere)))


def _classes(path: str, value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(text that names a class, folders its module may lie in) of one settings file."""
    here, name = posixpath.split(path)
    if isinstance(value, dict):
        yield from ((text, (here, "")) for text in _mapped(value.get("auto_map")))
    if name == "model_index.json" and isinstance(value, dict):
        yield from _components(here, value)
    if name == "modules.json" and isinstance(value, list):
        kinds = (item.get("type") for item in value if isinstance(item, dict))
        yield from ((kind, (here,)) for kind in kinds if isinstance(kind, str))


def _mapped(auto_map: Any) -> Iterator[str]:
    for item in auto_map.values() if isinstance(auto_map, dict) else ():
        yield from (text for text in (item if isinstance(item, list) else [item]) if isinstance(text, str))


def _components(here: str, index: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A pipeline's own class lies beside the index, that of a component in the component's folder."""
    for name, item in index.items():
        if isinstance(item, list) and len(item) == 2 and all(isinstance(t, str) for t in item):
            yield ".".join(item), (here if name.startswith("_") else posixpath.join(here, name),)


def _module(text: str) -> str:
    """Path of the file of `package.module.Class`, "" where the text is no such name."""
    if not _DOTTED.fullmatch(text) or "." not in text:
        return ""
    return text.rpartition(".")[0].replace(".", "/") + ".py"


def _with_imports(named: set[str], sources: Mapping[str, LockedFile], sink: StoredFiles) -> set[str]:
    """The files and everything they import relatively, of the same model."""
    found, waiting = set(named), sorted(named)
    while waiting:
        path = waiting.pop()
        imported = _imported(path, sources[path], sink)
        # What cannot be read may import anything that is there.
        more = set(sources) if imported is None else imported & set(sources)
        waiting += sorted(more - found)
        found |= more
    return found


def _imported(path: str, file: LockedFile, sink: StoredFiles) -> set[str] | None:
    if file.size > MAX_CODE:
        return None
    tree = parse_source(sink.path(file.sha256).read_bytes()).tree
    return None if tree is None else set(_relative(posixpath.dirname(path), tree))


def _relative(folder: str, tree: "ast.Module") -> Iterator[str]:
    import ast

    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder
        for _ in range(node.level - 1):
            base = posixpath.dirname(base)
        module = posixpath.join(base, *(node.module or "").split(".")) if node.module else base
        yield f"{module}.py"
        for name in ("__init__", *(alias.name for alias in node.names)):
            yield posixpath.join(module, f"{name}.py")
