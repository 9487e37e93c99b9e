"""What the entry points of a torch.hub repository would download: its code is followed, not run.

Source: torch.hub of torch 2.x. `hubconf.py` at the top of the repository holds `dependencies` and one
callable an entry point; checkpoints come through `load_state_dict_from_url(url, …, check_hash=, file_name=)`
and `download_url_to_file(url, dst)`, and are kept under the last part of the address's path.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import MalformedError, NotFoundError, UsageError
from weigh.sources.remote_files import file_name, named_hash
from weigh.sources.static_calls import CallFinder, FoundCall
from weigh.sources.static_modules import Modules
from weigh.sources.static_values import UNKNOWN, Class, Function, Module, each, is_plain, texts

HUBCONF = "hubconf.py"
_BY_ADDRESS = frozenset(
    ["load_state_dict_from_url", "load_url", "download_url_to_file", "download_url", "urlretrieve"]
)
_BY_NAME = frozenset(
    ["from_pretrained", "hf_hub_download", "snapshot_download", "torch.hub.load", "create_model"]
)
_LIBRARIES = ("transformers.", "huggingface_hub.", "timm.", "torch.hub.", "diffusers.", "open_clip.")
_ASKED = ("pretrained", "weights", "checkpoint", "ckpt", "url")


@dataclass(frozen=True, slots=True, order=True)
class Checkpoint:
    """A file that an entry point would download.

    Attributes:
        url: its address.
        name: it is kept under in `hub/checkpoints`.
        prefix: of its sha256, where the file name carries it and the code asks torch to check it.
        path, line: where the code names it.
    """

    url: str
    name: str
    prefix: str
    path: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class UnresolvedCheckpoint:
    """A download that the code makes and whose address could not be found out by reading.

    Attributes:
        path, line: of the call.
        expression: its source text, shortened; hostile text.
        why: what stopped the search.
    """

    path: str
    line: int
    expression: str
    why: str


@dataclass(frozen=True, slots=True)
class Hubconf:
    """What a repository's entry points need.

    Attributes:
        entries: names of the entry points, sorted.
        dependencies: packages that it says it needs.
        checkpoints: files it would download, in order of address.
        unresolved: downloads that are not known, and files that could not be read.
    """

    entries: tuple[str, ...]
    dependencies: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    unresolved: tuple[UnresolvedCheckpoint, ...]


def read_hubconf(files: Mapping[str, Callable[[], bytes]], entry: str = "") -> Hubconf:
    """Read the entry points of a repository.

    Args:
        files: its Python files by path, read when needed.
        entry: the one entry point that is wanted, "" for all of them.

    Raises:
        UsageError: there is no `hubconf.py`.
        MalformedError: it does not parse.
        NotFoundError: it has no such entry point; the message lists those it has.
    """
    modules = Modules(files)
    module = modules.find("hubconf")
    if module is None:
        raise UsageError("this is no torch.hub repository", why=f"there is no {HUBCONF} at its top")
    if modules.tree(module) is None:
        raise MalformedError(f"cannot read {HUBCONF}", why=modules.unread[0][1], rule="hubconf")
    finder = CallFinder(modules, _is_loader)
    finder.value(module, "dependencies")
    found = _entries(finder, module)
    if entry and entry not in found:
        raise NotFoundError(
            f"the repository has no entry point {entry!r}", why=f"it has {', '.join(sorted(found)[:40])}"
        )
    calls, troubles = [], []
    for name in [entry] if entry else sorted(found):
        # Steps are counted for each entry point, so that one that is large hides no other.
        finder = CallFinder(modules, _is_loader)
        for value in each(found[name]):
            finder.follow(value, _arguments(value))
        calls += finder.found
        if finder.incomplete:
            troubles.append(UnresolvedCheckpoint(HUBCONF, 0, name, finder.incomplete))
    troubles += [UnresolvedCheckpoint(path, 0, "", why) for path, why in modules.unread]
    checkpoints, unknown = _sorted_out(calls)
    needed = finder.value(module, "dependencies")
    listed = needed if isinstance(needed, list | tuple) else ()
    return Hubconf(
        tuple(sorted(found)),
        tuple(d for d in listed if isinstance(d, str)),
        checkpoints,
        tuple(sorted({*unknown, *troubles})),
    )


def _entries(finder: CallFinder, module: Module) -> dict[str, Any]:
    """The callables that torch.hub.list would name: not private, and of this repository's own code."""
    found: dict[str, Any] = {}
    for name in list(module.names):
        value = finder.value(module, name) if not name.startswith("_") else None
        if any(isinstance(v, Function | Class) for v in each(value)):
            found[name] = value
    return found


def _arguments(value: Any) -> dict[str, Any]:
    """Arguments an entry point is followed with: its defaults, but a switch may stand either way."""
    node = value.node if isinstance(value, Function) else None
    if node is None:
        return {}
    places = [*node.args.posonlyargs, *node.args.args]
    paired = [
        *zip(reversed(places), reversed(node.args.defaults), strict=False),
        *((a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None),
    ]
    return {
        arg.arg: UNKNOWN
        for arg, default in paired
        if isinstance(default, ast.Constant)
        and (
            isinstance(default.value, bool)
            or (default.value is None and any(word in arg.arg.lower() for word in _ASKED))
        )
    }


def _is_loader(name: str) -> bool:
    last = name.rpartition(".")[2]
    if last in _BY_ADDRESS:
        return True
    return (last in _BY_NAME or name in _BY_NAME) and name.startswith(_LIBRARIES)


def _sorted_out(
    calls: Iterable[FoundCall],
) -> tuple[tuple[Checkpoint, ...], tuple[UnresolvedCheckpoint, ...]]:
    checkpoints: dict[str, Checkpoint] = {}
    unknown: list[UnresolvedCheckpoint] = []
    for call in calls:
        if call.name.rpartition(".")[2] not in _BY_ADDRESS:
            unknown.append(_unresolved(call, f"it loads another model: {_known(call)}"))
            continue
        addresses, whole = texts(call.argument(0, "url"))
        usable = [a for a in addresses if a.startswith("https://") and not a.endswith("/")]
        for url in usable:
            checkpoints.setdefault(url, _checkpoint(call, url))
        if not whole or len(usable) != len(addresses):
            why = "its address is put together from what only running the code gives"
            refused = next((a for a in addresses if a not in usable), "")
            unknown.append(_unresolved(call, f"its address is {refused[:200]!r}" if refused else why))
    return tuple(sorted(checkpoints.values())), tuple(sorted(set(unknown)))


def _checkpoint(call: FoundCall, url: str) -> Checkpoint:
    named = call.argument(5, "file_name") if call.name.endswith("load_state_dict_from_url") else None
    base = file_name(url)
    checked = call.argument(4, "check_hash") is True and not call.name.endswith("urlretrieve")
    name = named if isinstance(named, str) and named and "/" not in named else base
    return Checkpoint(url, name, named_hash(base) if checked else "", call.path, call.line)


def _known(call: FoundCall) -> str:
    said = [repr(v) for v in (*call.args, *call.named.values()) if is_plain(v) and isinstance(v, str)]
    return ", ".join(said)[:200] or "which one is not known"


def _unresolved(call: FoundCall, why: str) -> UnresolvedCheckpoint:
    return UnresolvedCheckpoint(call.path, call.line, call.expression, why)
