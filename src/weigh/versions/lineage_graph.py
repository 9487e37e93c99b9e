"""The graph of what came from what: versions of a history, or models beside each other.

In a history equal payloads have equal ids, and a recipe names the payloads it is made of; so what is proved
is found without comparing a value, between any two versions. Values are compared only where too little is
proved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from weigh.core.lineage import Declared, Descent, Edge, Ground, Lineage, Node, Relation
from weigh.core.tensor import TensorInfo
from weigh.store.compare.side import Side
from weigh.store.compare.training_state import is_training_state
from weigh.store.packs.objects import Objects
from weigh.versions.compare_versions import tree_side
from weigh.versions.history import History, Logged
from weigh.versions.lineage import ALIKE, HALF, percent, relate
from weigh.versions.lineage_declared import declared_by, declared_in, names_it
from weigh.versions.lineage_likeness import Sketch, nearest_of, sketch_of
from weigh.versions.lineage_proof import MOST_REST, beginning, why_trivial
from weigh.versions.partly_here import held

MOST_VERSIONS = 500
"""Versions of a history that are drawn, the youngest."""
MOST_COMPARED = 64
"""Versions whose values are compared with those of another."""
MOST_NEAR = 24
"""Versions before one among which the nearest by values is looked for."""
ENOUGH = 0.995
"""Share of a version's values that ids alone prove, from which no value is looked at."""
MOST_PARENTS = 4
"""Models that one is said to have content of."""


def graph_of_question(relation: Relation, child: Side) -> Lineage:
    """The answer to a question, as a graph of two models and what the child says."""
    nodes = [Node("1", relation.parent), Node("0", relation.child)]
    edges = list(_edges_of(relation, "0", "1"))
    names = {"1": relation.parent}
    _add_declared(nodes, edges, "0", (*relation.declared, *declared_by(child.view)), names)
    return Lineage(
        relation.child, tuple(nodes), tuple(edges), (relation,), question=True, unknown=relation.unread
    )


def _edges_of(relation: Relation, child: str, parent: str) -> Iterator[Edge]:
    """What is shared, whatever the answer is; and the likeness, where that is most of what is known."""
    if relation.shared.tensors:
        yield _proved_edge(relation, child, parent)
    if _is_alike(relation) and relation.shared.share < HALF:
        yield _likely_edge(relation, child, parent)


def _is_alike(relation: Relation) -> bool:
    like = relation.likeness
    return relation.descent is Descent.LIKELY or (
        relation.descent is Descent.YES and like is not None and like.low >= ALIKE
    )


def _proved_edge(relation: Relation, child: str, parent: str) -> Edge:
    share = relation.shared.share
    return Edge(child, parent, Ground.PROVED, f"{percent(share)} bit for bit", share)


def _likely_edge(relation: Relation, child: str, parent: str) -> Edge:
    like = relation.likeness
    if like is None:
        return Edge(child, parent, Ground.LIKELY)
    if like.low < ALIKE:
        label = f"{like.reordered} of {like.count} matrices in another order"
    else:
        label = f"median cosine {like.median:.4f}, n = {like.count}"
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
    """Edges to the models whose content it has; and to the one most alike where that is less than half."""
    content = {str(j): {t.name: t.values for t in asked[j].shared.tensors} for j in range(len(asked))}
    chosen = [parent for parent, _ in _cover(content)]
    yield from (_proved_edge(asked[int(parent)], child, parent) for parent in chosen)
    alike = [
        (relation.likeness.median, j)
        for j, relation in enumerate(asked)
        if _is_alike(relation) and relation.likeness is not None
    ]
    if alike and all(asked[int(parent)].shared.share < HALF for parent in chosen):
        nearest = max(alike)[1]
        yield _likely_edge(asked[nearest], child, str(nearest))


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


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a history, and what it holds.

    Attributes:
        content: its payloads by id.
        total: values of all its weights.
    """

    id: str
    side: Side
    content: Mapping[bytes, TensorInfo]
    total: int

    @classmethod
    def of(cls, name: str, side: Side) -> "_Version":
        content: dict[bytes, TensorInfo] = {}
        total = 0
        for facts in side.view.all_facts():
            for tensor in facts.all_tensors():
                if not is_training_state(tensor.name):
                    total += tensor.count
                    payload = side.payload_id(tensor)
                    if payload is not None:
                        content.setdefault(payload, tensor)
        return cls(name, side, content, total)


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
        self._sketches: dict[str, Sketch] = {}
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._relations: list[Relation] = []
        self._left_out = self._not_held = 0
        self.unknown: list[str] = []

    def add(self, line: Logged) -> None:
        """Take in one version; everything it follows was taken in before."""
        commit = line.commit
        tree = held(self._history, self._history.tree(commit.tree))
        side = tree_side(self._history.objects, tree, line.id[:12])
        version = _Version.of(line.id, side)
        self._nodes.append(Node(line.id, line.id[:12], commit.title))
        parents = [parent for parent in commit.parents if parent in self._shown]
        self._edges += [Edge(line.id, parent, Ground.PARENT) for parent in parents]
        self._edges += self._came_from(version)
        told = (*declared_in(commit.provenance), *declared_by(side.view))
        names = {node.id: node.name for node in self._nodes if not node.here}
        _add_declared(self._nodes, self._edges, line.id, told, names)
        self._versions[line.id] = version

    def _came_from(self, version: _Version) -> Iterator[Edge]:
        proved = list(self._proved(version))
        nearest = ""
        if sum(edge.share for edge in proved) < ENOUGH:
            self._not_held += max(len(self._versions) - MOST_NEAR, 0)
            recent = list(self._versions)[-MOST_NEAR:]
            nearest = nearest_of(self._sketch(version), {n: self._sketch(self._versions[n]) for n in recent})
        if nearest and len(self._relations) >= MOST_COMPARED:
            self._left_out += 1
        elif nearest:
            yield from self._compared(version, nearest, proved)
            return
        yield from proved

    def _sketch(self, version: _Version) -> Sketch:
        if version.id not in self._sketches:
            self._sketches[version.id] = sketch_of(version.side)
        return self._sketches[version.id]

    def _proved(self, version: _Version) -> Iterator[Edge]:
        """What follows from ids alone: equal payloads, and recipes."""
        made_of = {payload: _sources(self._history.objects, payload) for payload in version.content}
        content = {
            name: {
                payload.hex(): tensor.count
                for payload, tensor in version.content.items()
                if (payload in other.content or any(s in other.content for s in made_of[payload]))
                and not self._is_trivial(version, payload)
            }
            for name, other in self._versions.items()
        }
        for parent, values in _cover(content):
            share = values / version.total
            yield Edge(version.id, parent, Ground.PROVED, f"{percent(share)} bit for bit", share)

    def _is_trivial(self, version: _Version, payload: bytes) -> bool:
        if payload not in self._trivial:
            tensor = version.content[payload]
            self._trivial[payload] = bool(why_trivial(tensor, beginning(version.side, tensor)))
        return self._trivial[payload]

    def _compared(self, version: _Version, nearest: str, proved: Sequence[Edge]) -> Iterator[Edge]:
        """Hold it against the version that is nearest by its values; what that proves replaces less."""
        relation = relate(version.side, self._versions[nearest].side, objects=self._history.objects)
        self._relations.append(relation)
        share = relation.shared.share
        known = max((e.share for e in proved if e.parent == nearest), default=0.0)
        yield from (e for e in proved if e.share > share or (e.parent != nearest and share < ENOUGH))
        for edge in _edges_of(relation, version.id, nearest):
            if edge.ground is not Ground.PROVED or edge.share >= known:
                yield edge

    def told(self) -> Lineage:
        """The graph so far."""
        if self._left_out:
            self.unknown.append(f"{self._left_out} versions were not compared by their values")
        if self._not_held:
            self.unknown.append(f"a version is held against the {MOST_NEAR} before it, by its values")
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
