"""Is one model really made from another? Proof first, then likeness, and what is merely said last."""

from collections.abc import Iterator, Sequence

from weigh.core.facts import Coverage
from weigh.core.lineage import Declared, Descent, Likeness, Relation, Shared
from weigh.store.compare.side import Side
from weigh.store.packs.objects import Objects
from weigh.versions.lineage_declared import declared_by, names_it

HALF = 0.5
"""Of the child's values: the share that must have a counterpart before anything is said of the whole model.
Of those, and of the matrices: the share that must be equal before equality speaks for the whole."""
ALIKE = 0.5
"""Median cosine whose lower bound makes a descent likely. Strangers reach 0.04 (benchmarks/lineage.py)."""
NEAR = 0.97
"""The same, before a few equal tensors speak for the whole model. Trainings that share nothing but their
initial values reached 0.94 (upper bound 0.96), known descendants 0.99 and more; the former may share a tensor
that neither training touched."""
FAR = 0.1
"""Median cosine whose upper bound must be below, before "no" is said."""
CHANCE = 1e-3
"""Probability that shuffled values reach the likeness, at most, before it counts."""
LEVEL = 0.05
"""Rank among strangers up to which a model is nearer than they are."""
LEAST_MATRICES = 6
"""Matrices below which the median has no interval at 95 %, so that no "no" is said."""


def relate(
    child: Side, parent: Side, *, said: Sequence[Declared] = (), objects: Objects | None = None
) -> Relation:
    """How `child` stands to `parent`. Nothing of either is executed.

    Args:
        child: what is asked about.
        parent: what it may come from.
        said: statements of a commit, beside those in the files.
        objects: the store both lie in, where they do: its recipes are looked at.

    Raises:
        StorageError: a file cannot be read.
        IntegrityError: what lies in the packs is damaged.
    """
    from weigh.versions.lineage_likeness import likeness_of
    from weigh.versions.lineage_proof import shared_of

    found = shared_of(child, parent, objects=objects)
    likeness = likeness_of(child, parent, found.pairs)
    declared = tuple(s for s in (*said, *declared_by(child.view)) if names_it(s, parent.name))
    descent = _descent(found.shared, likeness)
    reasons = tuple(_reasons(found.shared, likeness, declared, descent))
    return Relation(
        child.name, parent.name, descent, reasons, found.shared, likeness, declared, _unread(child, parent)
    )


def _unread(*sides: Side) -> tuple[str, ...]:
    return tuple(
        f"{side.name}: {facts.path}: {facts.reason or 'it is malformed'}"
        for side in sides
        for facts in side.view.all_facts()
        if facts.coverage in {Coverage.UNREAD, Coverage.MALFORMED}
        and facts.format not in {"unknown", "empty"}
    )


def _descent(shared: Shared, likeness: Likeness | None) -> Descent:
    if shared.comparable < HALF:
        return Descent.UNKNOWN
    if _is_proved(shared, likeness):
        return Descent.YES
    if likeness is None:
        return Descent.UNKNOWN
    alike = likeness.low >= ALIKE and likeness.chance_p <= CHANCE
    if alike or 2 * likeness.reordered >= likeness.count:
        return Descent.LIKELY
    far = likeness.count >= LEAST_MATRICES and likeness.high <= FAR and likeness.null_p > LEVEL
    return Descent.NO if far and not likeness.reordered else Descent.UNKNOWN


def _is_proved(shared: Shared, likeness: Likeness | None) -> bool:
    """Whether what is equal speaks for the whole model.

    It does when it is most of the values and most of the matrices, because one large table is a part; or when
    the rest is as near as only descendants are. Parts of tensors count when half of the matrices have them:
    rows that no training ever reached are equal in two models of the same initial values, too.
    """
    others = likeness.count if likeness is not None else 0
    parts = sum(not tensor.is_whole for tensor in shared.tensors)
    most = shared.share_of_paired >= HALF
    if most and (shared.whole_matrices >= others or 2 * parts >= others):
        return True
    near = likeness is not None and likeness.low >= NEAR and likeness.chance_p <= CHANCE
    return near and bool(shared.tensors) and (parts < len(shared.tensors) or 2 * parts >= others)


def _reasons(
    shared: Shared, likeness: Likeness | None, declared: Sequence[Declared], descent: Descent
) -> Iterator[str]:
    yield from _shared_words(shared)
    if likeness is not None:
        yield from _likeness_words(likeness)
    yield from _doubt(shared, likeness, descent)
    for statement in declared:
        yield f"{statement.where} names {statement.base!r} ({statement.relation}); that is said, not shown"


def _shared_words(shared: Shared) -> Iterator[str]:
    if shared.tensors:
        whole = sum(t.is_whole for t in shared.tensors)
        parts = len(shared.tensors) - whole
        counted = " and ".join(
            words for n, words in ((whole, _tensors(whole)), (parts, f"parts of {_tensors(parts)}")) if n
        )
        yield (
            f"{counted} with {shared.values:,} values are the other model's, bit for bit: "
            f"{percent(shared.share)} of all its values, {percent(shared.share_of_paired)} of those that "
            "could be"
        )
        other = sorted({t.how for t in shared.tensors if t.is_whole and t.how != "the same bytes"})
        if other:
            yield f"not all as they are there, but as follows from them bit for bit: {', '.join(other[:4])}"
    else:
        yield "no tensor that proves anything is equal"
    if shared.trivial:
        names = sorted({t.why for t in shared.trivial})
        yield f"equal, but no proof: {_tensors(len(shared.trivial))} ({'; '.join(names)})"


def _tensors(count: int) -> str:
    return f"{count} tensor{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    """A share in words; never 0 % or 100 % unless it is nothing or all."""
    if share in {0.0, 1.0}:
        return f"{100 * share:.0f} %"
    if 0.001 <= share < 0.9995:
        return f"{100 * share:.1f} %"
    return "less than 0.1 %" if share < 0.5 else "more than 99.9 %"


def _likeness_words(found: Likeness) -> Iterator[str]:
    interval = "95 %" if found.count >= LEAST_MATRICES else "extremes, too few for an interval"
    yield (
        f"{found.count} other matrices: median cosine {found.median:.4f} "
        f"[{found.low:.4f}, {found.high:.4f}] ({interval}); "
        f"{found.beyond_chance} of them beyond what their values reach when shuffled"
    )
    yield (
        f"{found.null_count} pairs trained independently reach a median of {found.null_highest:.4f} at most; "
        f"as near as this one by rank: p = {found.null_p:.2g}"
    )
    if found.sought:
        values = f" with {found.reordered_values:,} values" if found.reordered else ""
        yield (
            f"of {found.sought} matrices looked for in another order of neurons {found.reordered}{values} "
            f"were found; of a stranger's matrix at most {percent(found.null_reordered)} of the rows are"
        )
    elif found.high < ALIKE:
        yield "no matrix is of a size to be looked for in another order of its neurons"


def _doubt(shared: Shared, likeness: Likeness | None, descent: Descent) -> Iterator[str]:
    """What the answer does not say."""
    if shared.comparable < HALF:
        yield (
            f"only {percent(shared.comparable)} of its values have a counterpart by name and shape: "
            "of the model as a whole nothing can be said"
        )
    elif descent is Descent.YES:
        yield "it does not tell which of the two was first, nor rules out a third that both come from"
    elif descent is Descent.LIKELY:
        yield "two trainings from the same initial values are alike, too: a common origin, not who was first"
    elif descent is Descent.NO and shared.tensors:
        yield "the rest is no nearer than a model trained independently: a part was taken, not the model"
    elif descent is Descent.NO:
        yield "a model distilled from the other's answers does not show it in its weights"
    elif likeness is None:
        yield "nothing is left whose likeness could be measured"
    elif likeness.reordered:
        yield "some of its neurons are the other's in another order: too few for a likely, too many for a no"
    elif likeness.count < LEAST_MATRICES:
        yield f"{likeness.count} matrices are too few: {LEAST_MATRICES} are needed before the answer is no"
    else:
        yield "it is neither as near as a fine-tune nor as far as a model trained independently"
