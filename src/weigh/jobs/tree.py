"""Tree: the models of a project, what each was made of or needs, and its files."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError
from weigh.project.edges import same_artifact
from weigh.project.lock import FILE_NAME as LOCK_NAME, Lock, LockedFile, LockedModel, read_lock
from weigh.project.manifest import FILE_NAME, Declaration, Manifest, read_manifest
from weigh.project.resolve import asked, in_step

MAX_DEPTH = 20
"""Models made of models that are followed; a chain as long as this is a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class Parent:
    """Another artifact that a model names.

    Attributes:
        relation: `base`, `adapter`, `remote-code` …
        ref: of the other.
        section: in which it is locked itself, "" when it is not.
        parents: what that one names in turn.
        again: it stands further up already.
    """

    relation: str
    ref: str
    section: str = ""
    parents: "tuple[Parent, ...]" = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A model or data set of the project.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        title: one line for people.
        requested: refs as declared.
        model: as it is locked; None when it is not.
        files: locked, in path order.
        parents: what it names.
        groups: parts of the project that use it.
        current: the lock holds what is declared.
    """

    section: str
    title: str
    requested: tuple[str, ...]
    model: LockedModel | None
    files: tuple[LockedFile, ...]
    parents: tuple[Parent, ...]
    groups: tuple[str, ...]
    current: bool

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)


@dataclass(frozen=True, slots=True)
class Tree:
    """A project; `strays` are sections of the lock that nothing declares any more."""

    project: str
    nodes: tuple[Node, ...]
    strays: tuple[str, ...] = ()


def read_project(folder: Path) -> tuple[Manifest, Lock]:
    """The declarations and the lock of a project.

    Raises:
        NotFoundError: there is no models.toml.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no models.toml in {folder}", hint="weigh init makes one")
    return read_manifest(path), read_lock(folder / LOCK_NAME)


def tree(folder: Path) -> Tree:
    """What a project depends on. Reads models.toml and models.lock only.

    Raises:
        NotFoundError: there is no models.toml.
    """
    manifest, lock = read_project(folder)
    nodes = tuple(_node(declaration, lock) for declaration in manifest.declarations)
    known = {node.section for node in nodes}
    strays = {section for section, _ in lock.files} | set(lock.models)
    return Tree(manifest.project or folder.name, nodes, tuple(sorted(strays - known)))


def _node(declaration: Declaration, lock: Lock) -> Node:
    model = lock.models.get(declaration.section)
    return Node(
        declaration.section,
        declaration.title,
        tuple(asked(declaration, part) for part in declaration.parts),
        model,
        lock.section(declaration.section),
        _parents(model, lock, (declaration.section,)) if model is not None else (),
        declaration.groups,
        in_step(declaration, lock),
    )


def _parents(model: LockedModel, lock: Lock, above: tuple[str, ...]) -> tuple[Parent, ...]:
    return tuple(_parent(edge.relation, edge.ref, lock, above) for edge in model.base)


def _parent(relation: str, ref: str, lock: Lock, above: tuple[str, ...]) -> Parent:
    section = section_of(ref, lock)
    if not section:
        return Parent(relation, ref)
    if section in above or len(above) >= MAX_DEPTH:
        return Parent(relation, ref, section, again=True)
    return Parent(relation, ref, section, _parents(lock.models[section], lock, (*above, section)))


def section_of(ref: str, lock: Lock) -> str:
    """The section in which an artifact is locked, "" when it is in none."""
    return next(
        (
            section
            for section, model in sorted(lock.models.items())
            if any(same_artifact(ref, requested) for requested in model.requested)
        ),
        "",
    )
