"""Paired comparisons of arms on the same test rows, adjusted for how many are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from weigh.checks.accuracy.scores import Metric, paired_difference, pseudo_values, units
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.recommendation import ArmKind, Comparison
from weigh.decide.draw import COVERED, Draws, covering_pair
from weigh.decide.objective import OBJECTIVE, groups_of, scaled
from weigh.decide.trials import ArmTrials, FloatArray, Inputs, TestSet
from weigh.statistics.bootstrap import PairedResult
from weigh.statistics.multiplicity import holm

_DEPENDENCE = tuple(ArmKind)
# Normal quantile of a two-sided 95 % interval.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Every pair of arms, on the objective and on each test set.

    Attributes:
        metric: what is compared.
        items: objective first, then each test set.
        alpha: a difference is detectable when its adjusted p-value is below this.
    """

    metric: Metric
    items: tuple[Comparison, ...]
    alpha: float

    def pair(self, arm: str, other: str, test: str = OBJECTIVE) -> Comparison:
        """The comparison with `arm` stated first, whichever way it was made."""
        for item in self.items:
            if item.test == test and (item.arm, item.other) == (arm, other):
                return item
            if item.test == test and (item.arm, item.other) == (other, arm):
                return _turned(item)
        raise KeyError((arm, other, test))

    def gain(self, arm: str, other: str, test: str = OBJECTIVE) -> float:
        """How much better `arm` is, in the metric's unit; negative when it is worse."""
        return self.metric.sign * _value(self.pair(arm, other, test).difference)

    def gain_ends(self, arm: str, other: str, test: str = OBJECTIVE) -> tuple[float, float]:
        """Lower and upper end of the interval of `gain`."""
        difference = self.pair(arm, other, test).difference
        low, high = _value(difference, "low"), _value(difference, "high")
        return (low, high) if self.metric.sign > 0 else (-high, -low)

    def detectable(self, arm: str, other: str, test: str = OBJECTIVE) -> bool:
        """Whether the two differ, in either direction."""
        return self.pair(arm, other, test).p_value < self.alpha

    def beats(self, arm: str, other: str, *, min_gain: float, test: str = OBJECTIVE) -> bool:
        """Whether `arm` is detectably better, by at least the minimum useful gain."""
        return self.detectable(arm, other, test) and self.gain(arm, other, test) >= max(min_gain, 1e-12)

    def spread(self, arm: str, other: str) -> float:
        """Standard deviation a row of the difference on the objective, grouping taken into account."""
        difference = self.pair(arm, other).difference
        half = (_value(difference, "high") - _value(difference, "low")) / 2
        return half / Z95 * float(np.sqrt(difference.n))

    def draw_covered(self, arm: str, other: str) -> bool:
        """Whether the interval on the objective covers which training rows were drawn."""
        return self.pair(arm, other).difference.method.endswith(COVERED)

    @property
    def family(self) -> int:
        """Number of comparisons on the objective, over which the p-values are adjusted."""
        return sum(item.test == OBJECTIVE for item in self.items)


def compare(inputs: Inputs, metric: Metric, *, alpha: float, seed: int) -> Comparisons:
    """Compare every pair of arms that ran, on the objective and on each test set.

    Intervals and p-values cover which test rows were drawn and, where both arms were refitted without parts
    of the training rows, which training rows (`weigh.decide.draw`). The p-values on the objective, which the
    decision uses, are Holm-adjusted over all its pairs; those on a test set over the pairs on that set, and
    they only describe. All pairs use one seed, so that all arms meet the same resamples.

    Args:
        inputs: the answers of every arm.
        metric: what is compared.
        alpha: see `Comparisons`.
        seed: of the bootstrap.
    """
    values = {arm.arm: _values(arm, inputs.tests, metric) for arm in inputs.ran}
    draws = Draws.of(inputs, metric)
    items: list[Comparison] = []
    for name, places in _scopes(inputs.tests):
        tests = tuple(inputs.tests[place] for place in places)
        groups = groups_of(tests)
        one_scope = {arm: scaled(tests, [parts[place] for place in places]) for arm, parts in values.items()}
        pairs = list(_pairs(inputs.ran))
        independent = units(groups, sum(test.labels.size for test in tests))
        results = [
            covering_pair(
                paired_difference(metric, one_scope[arm], one_scope[other], groups, seed=seed),
                draws.difference(arm, other, places),
                metric,
                independent=independent,
            )
            for arm, other in pairs
        ]
        adjusted = holm([result.p_value for result in results])
        for (arm, other), result, p in zip(pairs, results, adjusted.tolist(), strict=True):
            measure = _measure(result, metric, arm=arm, other=other, test=name)
            items.append(Comparison(arm, other, name, measure, p))
    return Comparisons(metric, tuple(items), alpha)


def _scopes(tests: tuple[TestSet, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield OBJECTIVE, tuple(range(len(tests)))
    for place, test in enumerate(tests):
        yield test.name, (place,)


def _pairs(arms: tuple[ArmTrials, ...]) -> Iterator[tuple[str, str]]:
    """Pairs of ids; the arm that depends more on somebody else comes first."""
    ordered = sorted(arms, key=lambda arm: -_DEPENDENCE.index(arm.kind))
    for first, second in combinations(ordered, 2):
        yield first.arm, second.arm


def _values(arm: ArmTrials, tests: tuple[TestSet, ...], metric: Metric) -> list[FloatArray]:
    return [pseudo_values(metric, test.labels, arm.answers[test.name]) for test in tests]


def _measure(result: PairedResult, metric: Metric, **labels: str) -> Measure:
    interval = result.difference
    return Measure(
        name=f"{metric.value}_difference",
        value=interval.value,
        unit=metric.unit,
        n=result.n,
        low=interval.low,
        high=interval.high,
        level=interval.level,
        method=interval.method,
        direction=metric.direction,
        labels=labelled(**labels),
    )


def _turned(item: Comparison) -> Comparison:
    old = item.difference
    labels = {**dict(old.labels), "arm": item.other, "other": item.arm}
    measure = Measure(
        name=old.name,
        value=-_value(old),
        unit=old.unit,
        n=old.n,
        low=-_value(old, "high"),
        high=-_value(old, "low"),
        level=old.level,
        method=old.method,
        direction=Direction(old.direction),
        labels=labelled(**labels),
    )
    return Comparison(item.other, item.arm, item.test, measure, item.p_value)


def _value(measure: Measure, end: str = "value") -> float:
    number = {"value": measure.value, "low": measure.low, "high": measure.high}[end]
    assert number is not None  # every comparison made here has all three
    return number
