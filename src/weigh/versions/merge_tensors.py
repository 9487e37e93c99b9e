"""The tensors of a file that both sides changed, one by one, against the version that both follow.

What one side alone changed, added or took away is as that side has it. What both changed differently is
decided by a strategy, or stays a conflict.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from weigh.store.recipes.cast import FLOAT_BYTES
from weigh.versions.conflicts import Conflict, Why, named
from weigh.versions.strategies.settings import Settings, Strategy
from weigh.versions.tensor_file import Form, TensorFile

_RELATED = 0.5
"""Share of the larger side's tensors that the other has, too, below which two files are of two kinds."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A tensor as one file has it."""

    file: TensorFile


@dataclass(frozen=True, slots=True)
class Computed:
    """A tensor that is made.

    Attributes:
        strategy: one that computes.
        files: of its sources: base where it is needed, ours, theirs.
        form: of the result.
    """

    strategy: Strategy
    files: tuple[TensorFile, ...]
    form: Form


Part = Taken | Computed


@dataclass(frozen=True, slots=True)
class Sides:
    """One file as three versions have it; `base` is None where there is none that can be read."""

    path: str
    base: TensorFile | None
    ours: TensorFile
    theirs: TensorFile


@dataclass(slots=True)
class MergedTensors:
    """What becomes of the tensors of one file.

    Attributes:
        parts: by name, those of ours in their order first, then new ones of theirs.
        conflicts: nobody decided.
        counts: how many are `the same`, `ours`, `theirs`, or of a strategy.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def merge_tensors(sides: Sides, settings: Settings) -> MergedTensors:
    """What becomes of every tensor of a file. Reads no payload whose id the store knows.

    Args:
        sides: the file in three versions.
        settings: strategies for what both sides changed.
    """
    merging = _Merging(sides, settings)
    unrelated = _unrelated(sides)
    if unrelated and settings.for_file(sides.path) is None:
        merging.made.conflicts.append(Conflict(sides.path, "", Why.OTHER_TENSORS, unrelated))
        return merging.made
    # What the base alone has was taken away on both sides.
    for name in (*sides.ours.forms, *(n for n in sides.theirs.forms if n not in sides.ours.forms)):
        merging.one(name)
    return merging.made


def _unrelated(sides: Sides) -> str:
    """How two files differ that hardly share a tensor; "" when they share enough."""
    mine, other = sides.ours.forms, sides.theirs.forms
    shared = [name for name in mine if other.get(name, Form("", (-1,))).shape == mine[name].shape]
    if len(shared) >= _RELATED * max(len(mine), len(other)):
        return ""
    here = [name for name in mine if name not in other]
    there = [name for name in other if name not in mine]
    shaped = [f"{n} {mine[n]} ↔ {other[n]}" for n in mine if n in other and mine[n].shape != other[n].shape]
    told = (("only here: ", here), ("only there: ", there), ("of another shape: ", shaped))
    return "; ".join(word + named(names) for word, names in told if names)


class _Merging:
    """The work on one file."""

    def __init__(self, sides: Sides, settings: Settings) -> None:
        self._sides, self._settings = sides, settings
        self.made = MergedTensors()

    def one(self, name: str) -> None:
        """Decide on one tensor."""
        sides = self._sides
        base, ours, theirs = (_state(file, name) for file in (sides.base, sides.ours, sides.theirs))
        if ours == theirs:
            self._take("the same", sides.ours, name)
        elif ours == base:
            self._take("theirs", sides.theirs, name)
        elif theirs == base:
            self._take("ours", sides.ours, name)
        else:
            self._both(name, has_base=base is not None)

    def _take(self, whose: str, file: TensorFile, name: str) -> None:
        if name in file.forms:
            self.made.parts[name] = Taken(file)
        self.made.counts[whose] += 1

    def _both(self, name: str, *, has_base: bool) -> None:
        strategy = self._settings.for_tensor(name)
        side = self._settings.for_file(self._sides.path)
        if side is not None and not self._settings.names(name):
            strategy = side
        if strategy is Strategy.OURS:
            self._take("ours", self._sides.ours, name)
            return
        if strategy is Strategy.THEIRS:
            self._take("theirs", self._sides.theirs, name)
            return
        problem = self._problem(name, strategy, has_base=has_base)
        if problem is not None or strategy is None:
            self.made.conflicts.append(problem or Conflict(self._sides.path, name, Why.BOTH_CHANGED))
            return
        first = (self._sides.base,) if strategy.needs_base and self._sides.base is not None else ()
        form = self._sides.ours.forms[name]
        self.made.parts[name] = Computed(strategy, (*first, self._sides.ours, self._sides.theirs), form)
        self.made.counts[strategy.value] += 1

    def _problem(self, name: str, strategy: Strategy | None, *, has_base: bool) -> Conflict | None:
        """Why a tensor cannot be computed, None when it can."""
        path = self._sides.path
        ours, theirs = self._sides.ours.forms.get(name), self._sides.theirs.forms.get(name)
        if ours is None:
            return Conflict(path, name, Why.DELETED_HERE)
        if theirs is None:
            return Conflict(path, name, Why.DELETED_THERE)
        forms = [ours, theirs]
        if has_base and self._sides.base is not None and strategy is not None and strategy.needs_base:
            forms.append(self._sides.base.forms[name])
        if len({form.shape for form in forms}) > 1:
            return Conflict(path, name, Why.OTHER_FORM, " ↔ ".join(map(str, forms)))
        odd = next((form for form in forms if form.dtype not in FLOAT_BYTES), None)
        if odd is not None:
            return Conflict(path, name, Why.NO_NUMBERS, str(odd))
        if strategy is not None and strategy.needs_base and not has_base:
            return Conflict(path, name, Why.NO_BASE, f"{strategy.value} needs one")
        return None


def _state(file: TensorFile | None, name: str) -> tuple[Form, bytes] | None:
    """What a tensor is in one version, None when it is not there."""
    if file is None or name not in file.forms:
        return None
    return file.forms[name], file.digest(name)


def is_as_in(file: TensorFile, parts: dict[str, Part], forms: Iterable[tuple[str, Form]]) -> bool:
    """Whether the merged file has exactly the tensors of one file, in whatever values."""
    return len(parts) == len(file.forms) and all(file.forms.get(name) == form for name, form in forms)
