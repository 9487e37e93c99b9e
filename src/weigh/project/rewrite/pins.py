"""Which call sites can be pinned, and to what: a use that discovery found, held against the lock."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.usage import ModelUse, Pin
from weigh.project.discover.loaders import loader_table
from weigh.project.lock import Lock

_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
KEYWORD = "revision"
_DEFAULTS = frozenset({"", "main", "master", "HEAD"})

REVISION = frozenset(
    {
        "transformers", "diffusers", "peft", "optimum", "adapters", "setfit", "sentence_transformers",
        "sentence-transformers", "huggingface_hub", "speechbrain", "tokenizers", "gliner", "span_marker",
        "span-marker", "datasets",
    }
)  # fmt: skip
"""Libraries whose loaders take `revision=` in every released version that is in use; of others, such as
pyannote, it depends on the version, and a keyword that is not known would end the program."""


class Way(StrEnum):
    """How a call names its revision."""

    KEYWORD = "keyword"
    COLON = "colon"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change to one call.

    Attributes:
        use: the call.
        way: keyword `revision=`, or `owner/repo:REVISION` in the name itself.
        name: the literal that the call must hold: what was discovered must still stand there.
        value: the commit.
    """

    use: ModelUse
    way: Way
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Left:
    """A call that stays as it is, and why."""

    use: ModelUse
    why: str


def plan(uses: Iterable[ModelUse], lock: Lock) -> Iterator[Wanted | Left]:
    """For each use what to write, or why nothing is written."""
    known = commits(lock)
    listed = list(uses)
    for use in listed:
        others = {o.ref for o in listed if o.place == use.place} - {use.ref}
        yield Left(use, "the call may use several models") if others else _one(use, known)


def commits(lock: Lock) -> Mapping[tuple[RefKind, str, str], frozenset[str]]:
    """The locked commits by kind, name and the revision that was asked for."""
    found: dict[tuple[RefKind, str, str], set[str]] = {}
    pairs = [
        pair for model in lock.models.values() for pair in zip(model.requested, model.exact, strict=False)
    ]
    # A lock of version 1 has no models; its file lines name the commit too.
    pairs += [(file.ref, file.ref) for file in lock.files.values() if file.section not in lock.models]
    for asked, exact in pairs:
        try:
            before, after = parse_ref(asked), parse_ref(exact)
        except UsageError:
            continue
        commit = after.file or after.revision
        if _COMMIT.match(commit):
            found.setdefault((before.kind, before.name, _asked(before)), set()).add(commit)
    return {key: frozenset(values) for key, values in found.items()}


def _asked(ref: ArtifactRef) -> str:
    return "" if ref.revision in _DEFAULTS else ref.revision


def _one(use: ModelUse, known: Mapping[tuple[RefKind, str, str], frozenset[str]]) -> Wanted | Left:
    try:
        ref = parse_ref(use.ref)
    except UsageError:
        return Left(use, "what it names cannot be read")
    way = _way(use, ref)
    if isinstance(way, Left):
        return way
    name = ref.name.removeprefix("datasets/") if ref.kind is RefKind.HF else ref.name
    found = known.get((ref.kind, ref.name, _asked(ref)))
    if found is None:
        return Left(use, _not_locked(ref, known))
    if len(found) > 1:
        return Left(use, "models.lock has several commits of it")
    return Wanted(use, way, name, next(iter(found)))


def _way(use: ModelUse, ref: ArtifactRef) -> Way | Left:
    """How the call can be pinned, or why not."""
    if not use.place.path.endswith((".py", ".pyi")) or use.place.cell or use.span is None:
        return Left(use, "only calls in Python files are rewritten")
    if use.pin is Pin.EXACT:
        return Left(use, "it is pinned already")
    if use.pin is Pin.UNKNOWN:
        return Left(use, "its revision could not be read")
    if use.how != ("literal",) or use.alternatives != 1:
        return Left(use, "the name is not written at the call")
    if ref.kind is RefKind.TORCHHUB:
        return Way.COLON
    library = use.loader.partition(".")[0]
    if ref.kind is RefKind.HF:
        takes = library in REVISION and _takes_revision(use.loader)
        if takes:
            return Way.KEYWORD
        return Left(use, f"not every version of {use.loader} takes a revision")
    return Left(use, f"a {ref.kind.value} name has no revision that a call could name")


def _takes_revision(loader: str) -> bool:
    """Whether every call of this kind has the keyword, as the table of loaders says."""
    rows = [row for row in loader_table().loaders if row.id == loader]
    return bool(rows) and all(KEYWORD in row.revision.keywords for row in rows)


def _not_locked(ref: ArtifactRef, known: Mapping[tuple[RefKind, str, str], frozenset[str]]) -> str:
    others = sorted(asked or "main" for kind, name, asked in known if (kind, name) == (ref.kind, ref.name))
    if others:
        return f"models.lock has it at {others[0]} only, the call asks for {ref.revision or 'main'}"
    return "it is not in models.lock"
