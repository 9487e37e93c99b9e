"""The operation that a strategy asks for, for one tensor."""

from typing import assert_never

from weigh.store.recipes.sources import Sources
from weigh.store.recipes.table import Rule
from weigh.versions.strategies.dropped import dare
from weigh.versions.strategies.settings import Settings, Strategy
from weigh.versions.strategies.trimmed import ties
from weigh.versions.strategies.weighted import average, slerp, task_arithmetic


def rule_of(
    strategy: Strategy, settings: Settings, name: str, sources: Sources, types: tuple[tuple[str, ...], str]
) -> Rule:
    """The operation; slerp and ties look at the whole tensor first, a chunk at a time.

    Args:
        strategy: one that computes.
        settings: its numbers.
        name: of the tensor.
        sources: ours and theirs; before them the base, where the strategy needs it.
        types: those of the sources, and the one that is made.
    """
    dtypes, target = types
    weight = settings.weight_for(strategy)
    match strategy:
        case Strategy.AVERAGE:
            return average(dtypes, target, weight)
        case Strategy.SLERP:
            return slerp(sources, dtypes, target, weight)
        case Strategy.TASK_ARITHMETIC:
            return task_arithmetic(dtypes, target, _weights(settings, strategy, weight))
        case Strategy.DARE:
            weights = _weights(settings, strategy, weight)
            return dare(name, dtypes, target, weights=weights, density=settings.density, seed=settings.seed)
        case Strategy.TIES:
            return ties(
                sources, dtypes, target, weights=(1.0, weight), density=settings.density,
                normalise=settings.normalised(strategy),
            )  # fmt: skip
        case Strategy.OURS | Strategy.THEIRS:
            raise AssertionError("a side is taken, not computed")
        case _:
            assert_never(strategy)


def _weights(settings: Settings, strategy: Strategy, weight: float) -> tuple[float, float]:
    """Of what ours and theirs changed; divided by their sum where that was asked for."""
    total = 1.0 + weight
    if not settings.normalised(strategy) or abs(total) < 1e-8:
        return 1.0, weight
    return 1.0 / total, weight / total
