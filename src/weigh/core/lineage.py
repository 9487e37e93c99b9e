"""Lineage: what came from what, how that is known, and how far it carries."""

from dataclasses import dataclass
from enum import StrEnum


class Descent(StrEnum):
    """The answer to "is this really a fine-tune of that?"."""

    YES = "yes"
    LIKELY = "likely"
    NO = "no"
    UNKNOWN = "unknown"


class Ground(StrEnum):
    """Why an edge of the graph is drawn. `parent` is what a commit follows, which its author says."""

    PARENT = "parent"
    DECLARED = "declared"
    PROVED = "proved"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class Declared:
    """A statement of a model, or of a version's author, about where it came from. Nothing verifies it.

    Attributes:
        base: the name of the other model (hostile text).
        where: the file that says so, or `commit`.
        relation: the word that is used, e.g. `finetune`, `adapter`, `base`.
    """

    base: str
    where: str
    relation: str = "base"


@dataclass(frozen=True, slots=True)
class SharedTensor:
    """A tensor whose content both models have.

    Attributes:
        name: in the child; `parent_name` in the other model.
        values: how many of its values are the other model's.
        how: `the same bytes`, `the same bytes in part`, or the operation that gives the child's exactly.
        of: how many it holds; `values` of a tensor that is shared in part are fewer.
    """

    name: str
    parent_name: str
    values: int
    how: str
    of: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is shared."""
        return self.values >= self.of


@dataclass(frozen=True, slots=True)
class TrivialTensor:
    """A tensor that is equal in both models and proves nothing, and why."""

    name: str
    values: int
    why: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What two models demonstrably have in common.

    Attributes:
        tensors: those that prove something, the largest first.
        trivial: equal ones that prove nothing.
        values: values of the child in `tensors`.
        paired_values: values of the child's tensors that have a counterpart by name and shape, and would
            prove something if they were equal.
        child_values: values of all weights of the child.
        whole_matrices: matrices that are shared whole.
    """

    tensors: tuple[SharedTensor, ...] = ()
    trivial: tuple[TrivialTensor, ...] = ()
    values: int = 0
    paired_values: int = 0
    child_values: int = 0
    whole_matrices: int = 0

    @property
    def share(self) -> float:
        """Fraction 0..1 of all the child's values that are proved to be the other model's."""
        return self.values / self.child_values if self.child_values else 0.0

    @property
    def share_of_paired(self) -> float:
        """The same, of the values that could be the other model's by their names and shapes."""
        return self.values / self.paired_values if self.paired_values else 0.0

    @property
    def comparable(self) -> float:
        """Fraction 0..1 of the child's values that have a counterpart by name and shape."""
        return self.paired_values / self.child_values if self.child_values else 0.0


@dataclass(frozen=True, slots=True)
class TensorLikeness:
    """How alike two corresponding matrices are.

    Attributes:
        name: in the child.
        values: that were compared.
        cosine: of the two, -1..1.
        chance: 99th percentile of the cosine's magnitude when one of them is shuffled.
    """

    name: str
    values: int
    cosine: float
    chance: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the matrices are that are not equal.

    Attributes:
        tensors: the matrices, the largest first; at most as many as are shown.
        count: matrices compared; `values` compared in them.
        median: of their cosines; `low` and `high` bound it at 95 %, or are the extremes below 6 matrices.
        beyond_chance: matrices whose cosine no shuffling reached.
        chance_p: how probable so many are by chance, at most.
        null_count: pairs of models of one architecture that were trained independently.
        null_highest: the highest median cosine among those.
        null_p: rank of this pair among those: (1 + those as alike) / (1 + null_count).
        sought: matrices without likeness whose rows and columns were looked for in another order.
        reordered: those of them that were found; `reordered_values` in them.
        null_reordered: the largest share of rows that was found in a matrix of strangers.
    """

    tensors: tuple[TensorLikeness, ...]
    count: int
    values: int
    median: float
    low: float
    high: float
    beyond_chance: int
    chance_p: float
    null_count: int
    null_highest: float
    null_p: float
    sought: int = 0
    reordered: int = 0
    reordered_values: int = 0
    null_reordered: float = 0.0


@dataclass(frozen=True, slots=True)
class Relation:
    """How one model stands to another.

    Attributes:
        child: what is asked about.
        parent: what it may come from.
        descent: the answer.
        reasons: why, in words with numbers; the weightiest first.
        shared: what is proved.
        likeness: how alike the rest is; None when nothing could be compared.
        declared: what the child says that names this parent.
        unread: what could not be looked at.
    """

    child: str
    parent: str
    descent: Descent
    reasons: tuple[str, ...]
    shared: Shared
    likeness: Likeness | None = None
    declared: tuple[Declared, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A model or a version.

    Attributes:
        id: unique in the graph.
        name: what people call it (hostile text).
        title: of the commit, "" when it is none.
        here: it was looked at; else it is only spoken of.
    """

    id: str
    name: str
    title: str = ""
    here: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """Something came from something.

    Attributes:
        child: id of a node.
        parent: id of a node.
        ground: how that is known.
        label: in words, e.g. `98.2 % of the values`.
        share: fraction of the child's values that are proved, 0 when none is.
    """

    child: str
    parent: str
    ground: Ground
    label: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Lineage:
    """The graph, and the answer where one was asked for.

    Attributes:
        subject: what was asked about.
        nodes: the models and versions.
        edges: what came from what.
        relations: pairs that were compared.
        question: whether `relations[0]` is the answer to a question.
        unknown: what was left out, and why.
    """

    subject: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    relations: tuple[Relation, ...] = ()
    question: bool = False
    unknown: tuple[str, ...] = ()
