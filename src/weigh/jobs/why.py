"""Why: who in a project needs a model, a ref or a file."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.ref import RefKind, parse_ref
from weigh.core.usage import ModelUse
from weigh.jobs.tree import read_project
from weigh.project.edges import same_artifact
from weigh.project.lock import Lock
from weigh.project.manifest import Declaration, Manifest
from weigh.project.resolve import asked


@dataclass(frozen=True, slots=True)
class Reasons:
    """Who needs something.

    Attributes:
        asked: what was asked for.
        sections: declarations that are, or hold, what was asked for.
        refs: refs that were looked for in the code.
        used_by: places that models.toml names.
        uses: places found by reading the code.
        edges: (section, relation) of models that name it.
    """

    asked: str
    sections: tuple[str, ...]
    refs: tuple[str, ...]
    used_by: tuple[str, ...]
    uses: tuple[ModelUse, ...]
    edges: tuple[tuple[str, str], ...]


def why(folder: Path, text: str) -> Reasons:
    """Who needs `text`: the name of a model, a ref, or the path of a file of a model or of the project.

    Raises:
        NotFoundError: neither models.toml, models.lock nor the code knows it.
    """
    from weigh.project.discover.discover import discover

    manifest, lock = read_project(folder)
    holding = _holding(manifest, lock, text)
    refs = {asked(d, part) for d in holding for part in d.parts}
    aliases = {alias for d in holding for alias in d.aliases}
    if not holding:
        refs.add(_ref(text))
    uses = tuple(use for use in discover(folder).uses if _is_use(use, refs, aliases, text))
    edges = tuple(
        (section, edge.relation)
        for section, model in sorted(lock.models.items())
        for edge in model.base
        if any(same_artifact(edge.ref, ref) for ref in refs)
    )
    if not (holding or uses or edges):
        raise NotFoundError(
            f"nothing in this project is or uses {text!r}",
            why="models.toml, models.lock and the code do not name it",
            hint="weigh tree shows what is declared, weigh discover what the code uses",
        )
    places = tuple(dict.fromkeys(place for d in holding for place in d.used_by))
    return Reasons(text, tuple(d.section for d in holding), tuple(sorted(refs)), places, uses, edges)


def _holding(manifest: Manifest, lock: Lock, text: str) -> list[Declaration]:
    """The declarations of that name; else of that ref; else whose files have that path."""
    every = manifest.declarations
    named = [d for d in every if text in {d.name, d.section} or text in d.aliases]
    if named:
        return named
    # People write the name as the code does, without the kind that a ref begins with.
    meant = [d for d in every if any(p.ref.name == text or _same(asked(d, p), _ref(text)) for p in d.parts)]
    held = {section for section, path in lock.files if path == text}
    return meant or [d for d in every if d.section in held]


def _ref(text: str) -> str:
    try:
        return str(parse_ref(text))
    except UsageError:
        return ""


def _same(one: str, other: str) -> bool:
    """Whether two refs are one artifact; files are by their path."""
    if not one or not other:
        return False
    first, second = parse_ref(one), parse_ref(other)
    if first.kind is RefKind.FILE and second.kind is RefKind.FILE:
        return posixpath.normpath(first.name) == posixpath.normpath(second.name)
    return same_artifact(one, other)


def _is_use(use: ModelUse, refs: Iterable[str], aliases: set[str], text: str) -> bool:
    if use.place.path == posixpath.normpath(text):
        return True
    name = parse_ref(use.ref).name
    return name in aliases or name == text or any(_same(use.ref, ref) for ref in refs)
