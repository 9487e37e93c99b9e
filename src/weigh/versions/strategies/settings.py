"""Which strategy is used for which tensor, and its numbers."""

import math
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.errors import UsageError

_MOST_PATTERN = 500


class Strategy(StrEnum):
    """What becomes of a tensor that both sides changed.

    OURS, THEIRS: one side as it is. AVERAGE: a weighted mean. SLERP: along the arc between the two.
    TASK_ARITHMETIC: what both changed is added to the base (Ilharco et al., Editing Models with Task
    Arithmetic, ICLR 2023). TIES: of the largest changes, those that agree in sign (Yadav et al.,
    TIES-Merging, NeurIPS 2023). DARE: changes dropped at random, the rest scaled up (Yu et al., Language
    Models are Super Mario, ICML 2024).
    """

    OURS = "ours"
    THEIRS = "theirs"
    AVERAGE = "average"
    TASK_ARITHMETIC = "task-arithmetic"
    TIES = "ties"
    DARE = "dare"
    SLERP = "slerp"

    @property
    def computes(self) -> bool:
        """Whether it makes new numbers instead of taking a side."""
        return self not in {Strategy.OURS, Strategy.THEIRS}

    @property
    def needs_base(self) -> bool:
        """Whether it needs the version that both sides follow."""
        return self in {Strategy.TASK_ARITHMETIC, Strategy.TIES, Strategy.DARE}

    @property
    def usual_weight(self) -> float:
        """The weight of theirs where none is given."""
        return 1.0 if self.needs_base else 0.5


@dataclass(frozen=True, slots=True)
class Chosen:
    """A strategy for what fits a pattern.

    Attributes:
        pattern: of names; `*` stands for any signs.
        strategy: what is done.
    """

    pattern: str
    strategy: Strategy

    def fits(self, name: str) -> bool:
        """Whether a name is meant. Takes time in proportion to the name, whatever the pattern."""
        first, *others = self.pattern.split("*")
        if not others:
            return name == first
        *between, last = others
        if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
            return False
        at, end = len(first), len(name) - len(last)
        for part in between:
            found = name.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


@dataclass(frozen=True, slots=True)
class Settings:
    """What a merge was asked.

    Attributes:
        strategy: for tensors and files that both sides changed; None to list them.
        weight: of theirs; None for the strategy's usual one.
        density: share of the changes that `ties` and `dare` keep.
        seed: of `dare`.
        normalise: divide what is added to the base by the weights; None for the strategy's usual way.
        tensors: strategies for tensors by name, the first that fits.
        files: sides for files by path, the first that fits; of a file with tensors, for each tensor.
    """

    strategy: Strategy | None = None
    weight: float | None = None
    density: float = 0.5
    seed: int = 0
    normalise: bool | None = None
    tensors: tuple[Chosen, ...] = ()
    files: tuple[Chosen, ...] = ()

    def check(self) -> "Settings":
        """The same settings, when they make sense.

        Raises:
            UsageError: a number is out of its range, or a file is to be averaged.
        """
        if self.weight is not None and not (math.isfinite(self.weight) and abs(self.weight) <= 1000):
            raise UsageError(f"a weight of {self.weight} makes no sense", hint="--weight 0.5")
        if not 0 < self.density <= 1:
            raise UsageError("the density is a share above 0 and up to 1", hint="--density 0.5")
        if not 0 <= self.seed < 1 << 63:
            raise UsageError("the seed is a whole number from 0 to 2^63 - 1")
        for one in self.files:
            if one.strategy.computes:
                raise UsageError(
                    f"files are taken whole: {one.strategy.value} is no side", hint="ours or theirs"
                )
        return self

    def for_tensor(self, name: str) -> Strategy | None:
        """What is done with a tensor that both sides changed; None: nobody said."""
        return next((one.strategy for one in self.tensors if one.fits(name)), self.strategy)

    def names(self, name: str) -> bool:
        """Whether a pattern for tensors fits this one."""
        return any(one.fits(name) for one in self.tensors)

    def for_file(self, path: str) -> Strategy | None:
        """Which side of a file is taken whole; None: nobody said."""
        side = next((one.strategy for one in self.files if one.fits(path)), None)
        if side is None and self.strategy is not None and not self.strategy.computes:
            return self.strategy
        return side

    def weight_for(self, strategy: Strategy) -> float:
        """The weight of theirs."""
        return strategy.usual_weight if self.weight is None else self.weight

    def normalised(self, strategy: Strategy) -> bool:
        """Whether what is added to the base is divided by the weights; usual for `ties` alone."""
        return strategy is Strategy.TIES if self.normalise is None else self.normalise

    def told(self) -> str:
        """Every parameter, as a command line; what a version says of how it was made."""
        parts = ["merge"]
        used = {s for s in (self.strategy, *(one.strategy for one in self.tensors)) if s is not None}
        if self.strategy is not None:
            parts.append(f"--strategy {self.strategy.value}")
        computing = {s for s in used if s.computes}
        weights = {self.weight_for(s) for s in computing}
        if len(weights) == 1:
            parts.append(f"--weight {weights.pop()!r}")
        elif weights:
            # No option gives each strategy its own: these are the usual ones.
            parts.append(f"({', '.join(f'{s.value} {self.weight_for(s)!r}' for s in sorted(computing))})")
        if used & {Strategy.TIES, Strategy.DARE}:
            parts.append(f"--density {self.density!r}")
        if Strategy.DARE in used:
            parts.append(f"--seed {self.seed}")
        if self.normalise is not None and any(s.needs_base for s in used):
            parts.append("--normalise" if self.normalise else "--no-normalise")
        parts += [f"--tensor-strategy {one.pattern}={one.strategy.value}" for one in self.tensors]
        parts += [f"--file-strategy {one.pattern}={one.strategy.value}" for one in self.files]
        return " ".join(parts)


def chosen(text: str) -> Chosen:
    """`PATTERN=STRATEGY` as a person typed it.

    Raises:
        UsageError: it cannot be read.
    """
    pattern, _, name = text.rpartition("=")
    if not pattern or name not in set(Strategy):
        raise UsageError(
            f"cannot read {text[:80]!r}", why=f"strategies are {', '.join(Strategy)}", hint="'*.bias=ours'"
        )
    if len(pattern) > _MOST_PATTERN or not pattern.isprintable():
        raise UsageError("a pattern is too long or holds control characters", hint="'*.bias=ours'")
    return Chosen(pattern, Strategy(name))
