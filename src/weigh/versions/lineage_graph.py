"""The graph of what came from what: versions of a history, or models beside each other.

In a history equal payloads have equal ids, and a recipe names the payloads it is made of; so what is proved
is found without comparing a value, between any two versions. Values are compared only where too little is
proved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from weigh.core.lineage import Declared, Descent, Edge, Ground, Lineage, Node, Relation
from weigh.store.compare.side import Side
from weigh.store.compare.training_state import is_training_state
from weigh.store.packs.objects import Objects
from weigh.versions.compare_versions import tree_side
from weigh.versions.history import History, Logged
from weigh.versions.lineage import HALF, percent, relate
from weigh.versions.lineage_declared import declared_by, declared_in, names_it
from weigh.versions.lineage_proof import MOST_REST, beginning, why_trivial

MOST_VERSIONS = 500
"""Versions of a history that are drawn, the youngest."""
MOST_COMPARED = 64
"""Pairs of versions whose values are compared."""
MOST_PARENTS = 4
"""Models that one is said to have content of."""


def graph_of_question(relation: Relation, child: Side) -> Lineage:
    """The answer to a question, as a graph of two models and what the child says."""
    nodes = [Node("0", relation.child), Node("1", relation.parent)]
    edges = [_edge_of(relation, "0", "1")] if relation.descent in _DRAWN else []
    names = {"1": relation.parent}
    _add_declared(nodes, edges, "0", (*relation.declared, *declared_by(child.view)), names)
    return Lineage(
        relation.child, tuple(nodes), tuple(edges), (relation,), question=True, unknown=relation.unread
    )


_DRAWN = frozenset((Descent.YES, Descent.LIKELY))


def _edge_of(relation: Relation, child: str, parent: str) -> Edge:
    if relation.descent is Descent.YES:
        share = relation.shared.share
        return Edge(child, parent, Ground.PROVED, f"{percent(share)} bit for bit", share)
    likeness = relation.likeness
    label = f"median cosine {likeness.median:.3f} (n = {likeness.count})" if likeness is not None else ""
    return Edge(child, parent, Ground.LIKELY, label)


def graph_of_models(sides: Sequence[Side], *, said: Sequence[Sequence[Declared]] = ()) -> Lineage:
    """Models beside each other, the oldest first: each is asked about all before it.

    Args:
        sides: the models.
        said: what the author of each says of it beside its files.

    Raises:
        StorageError: a file cannot be read.
    """
    nodes = [Node(str(i), side.name) for i, side in enumerate(sides)]
    names = {node.id: node.name for node in nodes}
    edges: list[Edge] = []
    relations: list[Relation] = []
    unread: list[str] = []
    for i, side in enumerate(sides):
        told = (*(said[i] if said else ()), *declared_by(side.view))
        asked = [relate(side, sides[j], said=said[i] if said else ()) for j in range(i)]
        relations += asked
        edges += _strongest(asked, str(i))
        unread += [line for relation in asked for line in relation.unread]
        earlier = {node: name for node, name in names.items() if node != str(i)}
        _add_declared(nodes, edges, str(i), told, earlier)
    unknown = tuple(dict.fromkeys(unread))
    return Lineage(", ".join(names.values()), tuple(nodes), tuple(edges), tuple(relations), unknown=unknown)


def _strongest(asked: Sequence[Relation], child: str) -> Iterator[Edge]:
    """Edges to the models that content came from; when none is proved, to the one most alike."""
    content = {
        str(j): {t.name: t.values for t in relation.shared.tensors}
        for j, relation in enumerate(asked)
        if relation.descent is Descent.YES
    }
    chosen = list(_cover(content))
    for parent, _ in chosen:
        yield _edge_of(asked[int(parent)], child, parent)
    alike = [
        (relation.likeness.median, j)
        for j, relation in enumerate(asked)
        if relation.descent is Descent.LIKELY and relation.likeness is not None
    ]
    if alike and not chosen:
        nearest = max(alike)[1]
        yield _edge_of(asked[nearest], child, str(nearest))


def _cover(content: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, int]]:
    """The sources that together have most, each with the values that no one before it has.

    Of equal ones the last is taken, because it is the youngest.
    """
    left = {source: dict(values) for source, values in content.items()}
    for _ in range(MOST_PARENTS):
        best = max(left, key=lambda s: (sum(left[s].values()), list(left).index(s)), default="")
        taken = left.pop(best, {})
        if not taken:
            return
        yield best, sum(taken.values())
        for values in left.values():
            for key in taken:
                values.pop(key, None)


def _add_declared(
    nodes: list[Node], edges: list[Edge], child: str, told: Sequence[Declared], names: Mapping[str, str]
) -> None:
    """Edges for what is said, to nodes that are there where a name fits, else to new ones."""
    for statement in dict.fromkeys(told):
        fitting = [node for node, name in names.items() if names_it(statement, name)]
        target = fitting[0] if fitting else f"said:{statement.base}"
        if not fitting and all(node.id != target for node in nodes):
            nodes.append(Node(target, statement.base, here=False))
        edge = Edge(child, target, Ground.DECLARED, f"{statement.where}: {statement.relation}")
        if edge not in edges:
            edges.append(edge)


@dataclass(slots=True)
class _Version:
    """A version of a history, and what it holds.

    Attributes:
        content: values of its payloads that prove something, by id.
        made_of: of payloads that are kept as recipes, the ids they follow from.
        total: values of all its weights.
    """

    id: str
    side: Side
    content: dict[bytes, int] = field(default_factory=dict)
    made_of: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    total: int = 0


def graph_of_history(
    history: History, starts: Sequence[str], *, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Lineage:
    """The versions that some follow, with what each came from.

    Args:
        history: where they are.
        starts: ids of the versions to begin at.
        progress: called with the versions that were looked at and their number.

    Raises:
        StorageError: something cannot be read.
        IntegrityError: what lies in the packs is damaged.
    """
    walked = list(history.log(*starts))
    logged = list(reversed(walked[:MOST_VERSIONS]))
    drawing = _Drawing(history, progress, {line.id for line in logged})
    for place, line in enumerate(logged):
        drawing.add(line)
        progress(place + 1, len(logged))
    if len(walked) > len(logged):
        drawing.unknown.append(f"{len(walked) - len(logged)} older versions are not drawn")
    return drawing.told()


class _Drawing:
    """Versions taken in one by one, the oldest first."""

    def __init__(self, history: History, progress: Callable[[int, int], None], drawn: set[str]) -> None:
        self._history, self._progress, self._shown = history, progress, drawn
        self._versions: dict[str, _Version] = {}
        self._trivial: dict[bytes, bool] = {}
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._relations: list[Relation] = []
        self._left_out = 0
        self.unknown: list[str] = []

    def add(self, line: Logged) -> None:
        """Take in one version; everything it follows was taken in before."""
        commit = line.commit
        side = tree_side(self._history.objects, self._history.tree(commit.tree), line.id[:12])
        version = self._read(line.id, side)
        self._nodes.append(Node(line.id, line.id[:12], commit.title))
        parents = [parent for parent in commit.parents if parent in self._shown]
        self._edges += [Edge(line.id, parent, Ground.PARENT) for parent in parents]
        shared = self._proved(version)
        if shared < HALF * version.total:
            self._compare(version, parents)
        told = (*declared_in(commit.provenance), *declared_by(side.view))
        names = {node.id: node.name for node in self._nodes if not node.here}
        _add_declared(self._nodes, self._edges, line.id, told, names)
        self._versions[line.id] = version

    def _read(self, name: str, side: Side) -> _Version:
        version = _Version(name, side)
        for facts in side.view.all_facts():
            for tensor in facts.all_tensors():
                if is_training_state(tensor.name):
                    continue
                version.total += tensor.count
                payload = side.payload_id(tensor)
                if payload is None:
                    continue
                if payload not in self._trivial:
                    self._trivial[payload] = bool(why_trivial(tensor, beginning(side, tensor)))
                if not self._trivial[payload]:
                    version.content[payload] = max(tensor.count, version.content.get(payload, 0))
                    version.made_of[payload] = _sources(self._history.objects, payload)
        return version

    def _proved(self, version: _Version) -> int:
        """Draw what is proved, and return how many values that covers."""
        content = {
            name: {
                payload.hex(): values
                for payload, values in version.content.items()
                if payload in other.content or any(s in other.content for s in version.made_of[payload])
            }
            for name, other in self._versions.items()
        }
        covered = 0
        for parent, values in _cover(content):
            covered += values
            share = values / version.total
            label = f"{percent(share)} bit for bit"
            self._edges.append(Edge(version.id, parent, Ground.PROVED, label, share))
        return covered

    def _compare(self, version: _Version, parents: Sequence[str]) -> None:
        """Hold it against what it follows, or the version before where it follows none."""
        asked = parents or list(self._versions)[-1:]
        for parent in asked:
            if len(self._relations) >= MOST_COMPARED:
                self._left_out += 1
                continue
            relation = relate(version.side, self._versions[parent].side, objects=self._history.objects)
            self._relations.append(relation)
            if relation.descent is Descent.LIKELY or (
                relation.descent is Descent.YES and not self._is_drawn(version.id, parent)
            ):
                self._edges.append(_edge_of(relation, version.id, parent))
            elif relation.descent is Descent.YES and relation.likeness is not None:
                label = (
                    f"the rest: median cosine {relation.likeness.median:.3f} (n = {relation.likeness.count})"
                )
                self._edges.append(Edge(version.id, parent, Ground.LIKELY, label))

    def _is_drawn(self, child: str, parent: str) -> bool:
        return any((e.child, e.parent, e.ground) == (child, parent, Ground.PROVED) for e in self._edges)

    def told(self) -> Lineage:
        """The graph so far."""
        if self._left_out:
            self.unknown.append(f"{self._left_out} pairs of versions were not compared by their values")
        unread = [line for relation in self._relations for line in relation.unread]
        return Lineage(
            "", tuple(self._nodes), tuple(self._edges), tuple(self._relations),
            unknown=tuple(dict.fromkeys([*self.unknown, *unread])),
        )  # fmt: skip


def _sources(objects: Objects, payload: bytes) -> tuple[bytes, ...]:
    """What a payload follows from by a stored operation that explains it."""
    from weigh.store.recipes.description import recipe_of

    made = recipe_of(objects, payload)
    return made.sources if made is not None and made.share_of_rest <= MOST_REST else ()
