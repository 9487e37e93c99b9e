"""Model diff: what is other in one version of a model than in another one. Text in it is hostile."""

from dataclasses import dataclass
from enum import StrEnum

from weigh.core.change import CodeChange, FileChange, Turned, ValueChange


class Turn(StrEnum):
    """What happened to a tensor.

    RENAMED: the same bytes under another name. RESHAPED and RETYPED go before CHANGED; a tensor of those may
    have other values, too. UNKNOWN: its values could not be compared.
    """

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RESHAPED = "reshaped"
    RETYPED = "retyped"
    CHANGED = "changed"
    UNKNOWN = "unknown"


class Spread(StrEnum):
    """How a change is spread over the directions of a matrix.

    LOW: a few directions and rounding explain all of it, as a merged low-rank adapter leaves it. FULL: no few
    directions do. ROWS: only few rows or columns were touched. ROUNDING: nothing in it is larger than the
    rounding of its type. UNTOLD: too small a matrix, or nothing changed where it was sampled.
    """

    LOW = "low rank"
    FULL = "full rank"
    ROWS = "few rows"
    ROUNDING = "rounding"
    UNTOLD = "not told"


@dataclass(frozen=True, slots=True)
class Form:
    """Type and shape of a tensor.

    Attributes:
        dtype: a key of `weigh.core.tensor.DTYPE_BITS`.
        shape: dimensions, outermost first.
        encoding: how its payload is laid out, "" when plain.
    """

    dtype: str
    shape: tuple[int, ...]
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the values of two tensors are apart. Values that are not finite are left out of the norms.

    Attributes:
        count: pairs of values.
        changed: share of them that differ, 0..1; bits are compared, so NaN equals the same NaN.
        relative_l2: norm of the difference by the norm of the old values; None when all of those are 0.
        cosine: of the two as vectors; None when one of them is 0.
        mean_absolute: of the differences.
        largest_absolute: of the differences.
        largest_steps: representable values between the two of a pair at most (units in the last place); None
            between different types.
        nan_old: values that are NaN, before; `nan_new` after; `infinite_old` and `infinite_new` likewise.
        as_rounded: share of pairs in which the new value is the old one rounded to the new type; None
            where nothing was rounded.
    """

    count: int
    changed: float
    relative_l2: float | None
    cosine: float | None
    mean_absolute: float
    largest_absolute: float
    largest_steps: int | None = None
    nan_old: int = 0
    nan_new: int = 0
    infinite_old: int = 0
    infinite_new: int = 0
    as_rounded: float | None = None


@dataclass(frozen=True, slots=True)
class DeltaRank:
    """The rank of a change, estimated on a random part of the matrix.

    Attributes:
        spread: what the estimate says.
        rank: directions that stand out of rounding; for LOW the rank of the change.
        sample: rows and columns of the part looked at.
        captured: share of the squared change that these directions hold, 0..1.
    """

    spread: Spread
    rank: int = 0
    sample: tuple[int, int] = (0, 0)
    captured: float = 0.0


@dataclass(frozen=True, slots=True)
class TensorDiff:
    """One tensor that is not the same in both.

    Attributes:
        name: now; of a removed one, as it was.
        turn: what happened.
        file: where it lies now, or lay.
        old_name: as it was; differs from `name` when it was renamed, "" when it was not there.
        old: type and shape before, None when it was not there.
        new: type and shape now, None when it is gone.
        distance: between the values, None when they were not compared.
        rank: of the change, None when not estimated.
        note: what is to be known of the comparison, "" when nothing.
        training: it belongs to an optimiser or a schedule, and takes no part in the model's answers.
    """

    name: str
    turn: Turn
    file: str
    old_name: str = ""
    old: Form | None = None
    new: Form | None = None
    distance: Distance | None = None
    rank: DeltaRank | None = None
    note: str = ""
    training: bool = False


@dataclass(frozen=True, slots=True)
class ListChange:
    """A list whose entries came and went: a vocabulary, the merges of a tokenizer, labels.

    Attributes:
        what: which list, in words.
        file: where it stands.
        old_count: entries before; `new_count` now.
        added: entries that are new; `removed` that are gone; `moved` that have another number.
        examples: a few of those, as they are written.
    """

    what: str
    file: str
    old_count: int
    new_count: int
    added: int = 0
    removed: int = 0
    moved: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of rows with its interval.

    Attributes:
        count: rows.
        value: share, 0..1, or a difference of shares, -1..1.
        low: lower end of the 95 % interval; `high` the upper one.
    """

    count: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """How the answers of two versions differ on the same rows.

    Attributes:
        data: what the rows are from.
        how: how the answers were made, in words.
        n: rows.
        flipped: rows with another answer.
        positive: rows that are right now and were wrong; None without true labels.
        negative: rows that are wrong now and were right.
        old_accuracy: before; `new_accuracy` now.
        difference: of the accuracies, new minus old, paired.
        p_value: exact and two-sided (McNemar), that both are right equally often.
        notes: what else is to be known.
    """

    data: str
    how: str
    n: int
    flipped: Share
    positive: Share | None = None
    negative: Share | None = None
    old_accuracy: Share | None = None
    new_accuracy: Share | None = None
    difference: Share | None = None
    p_value: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """Two versions of a model held against each other.

    Attributes:
        old: what the first one is called.
        new: what the second one is called.
        tensors: those that are not the same, the largest relative change first.
        same_tensors: tensors with the same name, form and bytes; `same_values` how many values they hold.
            Here and below, what belongs to an optimiser or a schedule is left out.
        old_values: values in all tensors before; `new_values` now.
        overall: distance over all tensors that were compared and are not the same.
        same_training: tensors of an optimiser or a schedule that are the same.
        reading: what the changes look like together, in words; "" when nothing is to be said.
        files: by path.
        values: keys of configurations.
        lists: vocabularies, merges, labels.
        statements: what is stated of the model otherwise: licence, card, interface.
        code: source files.
        answers: how it behaves otherwise; None when no data was given.
        unknown: what could not be compared, and why.
    """

    old: str
    new: str
    tensors: tuple[TensorDiff, ...] = ()
    same_tensors: int = 0
    same_values: int = 0
    old_values: int = 0
    new_values: int = 0
    overall: Distance | None = None
    same_training: int = 0
    reading: str = ""
    files: tuple[FileChange, ...] = ()
    values: tuple[ValueChange, ...] = ()
    lists: tuple[ListChange, ...] = ()
    statements: tuple[Turned, ...] = ()
    code: tuple[CodeChange, ...] = ()
    answers: AnswerChange | None = None
    unknown: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.tensors or self.files or self.values or self.lists or self.statements or self.code)
