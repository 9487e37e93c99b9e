"""What the small files of a model say of it: licence, library, where it came from, which code it carries.

Only text and settings are opened, each within bounds; weights are not. Nothing is run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Fact
from weigh.core.licence import PAPERS, is_terms_name
from weigh.core.ref import RefKind, parse_ref
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.json_text import read_json
from weigh.formats.model_card import texts
from weigh.formats.reader import FileReader
from weigh.project.lock import Edge, LockedFile
from weigh.project.remote_code import code_of
from weigh.sources.source import StoredFiles
from weigh.store.view import ModelView

REMOTE_CODE = "remote-code"
"""Relation of a repository whose Python files loading a model would run."""

MAX_TOLD = 8 * 1024 * 1024
"""Bytes of a file that is opened for what it says; cards and settings are far smaller."""
MAX_EDGES = 200
_TOLD = (".json", ".md")
_NAMES = frozenset({"METADATA", "PKG-INFO"})
_PACKAGE_LICENCE = ("package.licence_expression", "package.licence")
_HUB_ID = re.compile(r"[\w-][\w.-]{0,95}(?:/[\w-][\w.-]{0,95})?", re.ASCII)
_REVISION = re.compile(r"[\w][\w./-]{0,95}", re.ASCII)
_MAX_LICENCE = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What a model's own files say.

    Attributes:
        licence: as declared, "" when it declares none; several joined with ", ".
        licence_files: (path, sha256) of the texts.
        library: that it declares to be for, "" for none.
        code: paths of its own Python files that a loader may run.
        base: other artifacts it names.
    """

    licence: str
    licence_files: tuple[tuple[str, str], ...]
    library: str
    code: tuple[str, ...]
    base: tuple[Edge, ...]


def told_by(lines: Iterable[LockedFile], sink: StoredFiles) -> Told:
    """Read what the files of a section say; their bytes are in the store.

    Raises:
        StorageError: they are not.
    """
    files = tuple(lines)
    small = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in files if _is_told(f))

    def reader(file: SnapshotFile) -> FileReader:
        return FileReader(sink.path(file.sha256))

    with ModelView(small, reader) as view:
        facts = {fact.name: fact for fact in view.model_facts()}
        licence = ", ".join(_licences(view))
        card = next((view.facts(p) for p in ("README.md", "readme.md") if small.find(p)), None)
        relation = card.fact("card.base_model_relation") if card is not None else None
    settings = {f.path: _settings(sink, f) for f in small.files if f.path.endswith(".json")}
    code = code_of(files, settings, sink)
    edges = [*_base_models(facts, relation, settings), *(Edge(REMOTE_CODE, ref) for ref in code.elsewhere)]
    library = facts.get("library")
    return Told(
        licence=licence[:_MAX_LICENCE],
        licence_files=tuple((f.path, f.sha256) for f in files if _is_terms(f.path)),
        library=str(library.value) if library is not None else "",
        code=code.paths,
        base=_without_vaguer(edges),
    )


def parameters(lines: Iterable[LockedFile], sink: StoredFiles) -> int | None:
    """How many parameters the weights hold, None where their formats do not tell."""
    snapshot = Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in lines)
    with ModelView(snapshot, lambda file: FileReader(sink.path(file.sha256))) as view:
        found = view.fact("parameters")
        # A broken file of weights counts as none, which is no number of parameters.
        if found is not None and found.value:
            return int(found.value)
        counted = [t.count for facts in view.all_facts() for t in facts.all_tensors()]
    return sum(counted) or None


def _is_told(line: LockedFile) -> bool:
    name = line.path.rsplit("/", 1)[-1]
    return line.size <= MAX_TOLD and (name.endswith(_TOLD) or name in _NAMES)


def _is_terms(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return is_terms_name(name) and not name.endswith(".py")


def _licences(view: ModelView) -> Iterator[str]:
    """As the card says, else as the packages say."""
    said: dict[str, None] = {}
    for facts in view.all_facts():
        if facts.path.lower() == "readme.md":
            name, licence = facts.fact("card.license_name"), facts.fact("card.license")
            stated = [t for fact in (licence,) if fact is not None for t in texts(fact.value)]
            # The hub's field knows only a list of names; `other` sends the reader to license_name.
            yield from (texts(name.value) if name is not None and stated in ([], ["other"]) else stated)
            if stated:
                return
        if facts.path.startswith(PAPERS + "/"):
            found = next((f for f in map(facts.fact, _PACKAGE_LICENCE) if f is not None), None)
            if found is not None:
                said.setdefault(str(found.value).split("\n", 1)[0])
    yield from said


def _settings(sink: StoredFiles, file: SnapshotFile) -> Any:
    """The value of a JSON file, None where it has none."""
    with suppress(MalformedError), FileReader(sink.path(file.sha256)) as reader:
        return read_json(reader)
    return None


def _base_models(
    facts: Mapping[str, Fact], relation: Fact | None, settings: Mapping[str, Any]
) -> Iterator[Edge]:
    stated = facts.get("base_model")
    how = str(relation.value) if relation is not None else "base"
    for name in texts(stated.value) if stated is not None else ():
        yield from _edge(how if how.isalpha() else "base", name)
    adapter = settings.get("adapter_config.json")
    if isinstance(adapter, dict):
        yield from _edge("adapter", adapter.get("base_model_name_or_path"), adapter.get("revision"))
    if "modules.json" in settings:
        # A sentence encoder's card seldom says what it was trained from; its inner model's settings do.
        for path in ("config.json", "0_Transformer/config.json"):
            inner = settings.get(path)
            if isinstance(inner, dict):
                yield from _edge("initialised-from", inner.get("_name_or_path"))


def _edge(relation: str, name: object, revision: object = None) -> Iterator[Edge]:
    """The edge to a repository of the hub; nothing where the text is a path or no name."""
    if not isinstance(name, str) or not _HUB_ID.fullmatch(name) or name.startswith("."):
        return
    at = f"@{revision}" if isinstance(revision, str) and _REVISION.fullmatch(revision) else ""
    yield Edge(relation, f"hf:{name}{at}")


def _without_vaguer(edges: list[Edge]) -> tuple[Edge, ...]:
    """Each relation once; `base` and `initialised-from` only for what nothing else says more of."""
    vague = {"base", "initialised-from"}

    def same(one: Edge, other: Edge) -> bool:
        return parse_ref(one.ref).name == parse_ref(other.ref).name

    kept = {
        e for e in edges
        if e.relation not in vague or not any(o.relation not in vague and same(e, o) for o in edges)
    }  # fmt: skip
    declared = {parse_ref(e.ref).name for e in kept if e.relation == "base"}
    kept -= {e for e in kept if e.relation == "initialised-from" and parse_ref(e.ref).name in declared}
    return tuple(sorted(kept)[:MAX_EDGES])


def same_artifact(one: str, other: str) -> bool:
    """Whether two refs name the same artifact, whatever revision and file they name of it."""
    first, second = parse_ref(one), parse_ref(other)
    return (first.kind, first.name) == (second.kind, second.name) and first.kind is not RefKind.FILE
