"""Simulated coverage of every interval, and the false-positive rate of the paired test."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from weigh.statistics.bootstrap import bootstrap, counts_bootstrap, mean_bootstrap, paired_bootstrap
from weigh.statistics.classification import auroc, balanced_accuracy_from, macro_f1_from
from weigh.statistics.curves import PowerLaw, band, fit_power_law, fit_power_laws, labels_worth
from weigh.statistics.interval import Interval
from weigh.statistics.proportions import clopper_pearson, proportion, wilson

pytestmark = pytest.mark.slow

SIMULATIONS = 2000
REPLICATES = 999
APPROXIMATE = (0.93, 0.97)
EXACT = (0.95, 1.0)
# Where `proportion` goes over from one method to the other it is partly exact: never below the approximate
# window, and above it only as far as the exact interval is.
MIXED = (0.93, 1.0)


@dataclass(frozen=True)
class Case:
    name: str
    truth: float
    draw: Callable[[np.random.Generator], Interval]
    window: tuple[float, float] = APPROXIMATE
    simulations: int = SIMULATIONS


def of_share(name, interval, n, p, window):
    # The interval depends on the count alone, so each count's is made once and many counts are drawn.
    made: dict[int, Interval] = {}

    def draw(rng):
        k = int(rng.binomial(n, p))
        if k not in made:
            made[k] = interval(k, n)
        return made[k]

    return Case(f"{name} n={n} p={p}", p, draw, window, simulations=20_000)


def of_mean(name, n, truth, sample):
    return Case(
        f"mean_bootstrap {name} n={n}",
        truth,
        lambda rng: mean_bootstrap(sample(rng, n), seed=int(rng.integers(1 << 31)), replicates=REPLICATES),
    )


def grouped(rng, n_groups, share):
    # Group sizes 1 to 9; `share` of the unit variance is common to a group.
    sizes = rng.integers(1, 10, size=n_groups)
    codes = np.repeat(np.arange(n_groups), sizes)
    effect = rng.standard_normal(n_groups)[codes]
    own = rng.standard_normal(codes.size)
    return np.sqrt(share) * effect + np.sqrt(1 - share) * own, codes


def of_grouped_mean(n_groups, share):
    def draw(rng):
        values, codes = grouped(rng, n_groups, share)
        # exp makes it skewed; the mean of exp(N(0, 1/4)) is exp(1/8).
        return mean_bootstrap(
            np.exp(values / 2), groups=codes, seed=int(rng.integers(1 << 31)), replicates=REPLICATES
        )

    return Case(f"mean_bootstrap skewed, {n_groups} groups, icc={share}", float(np.exp(1 / 8)), draw)


def of_grouped_share(n_groups, p, window):
    cut = float(ndtri(p))

    def draw(rng):
        values, codes = grouped(rng, n_groups, 0.3)
        return mean_bootstrap(
            (values < cut).astype(int),
            groups=codes,
            seed=int(rng.integers(1 << 31)),
            replicates=REPLICATES,
        )

    return Case(f"mean_bootstrap 0/1, {n_groups} groups, p={p}", p, draw, window)


def hits_pair(rng, n, only_a, only_b):
    kind = rng.random(n)
    a, b = np.full(n, 0.0), np.full(n, 0.0)
    a[kind < only_a] = 1.0
    b[(kind >= only_a) & (kind < only_a + only_b)] = 1.0
    return a, b, None


def skewed_pair(rng, n, shift):
    # The difference has a kurtosis of 70.
    common = rng.gamma(0.5, 1.0, size=n)
    return common * rng.exponential(1.0, size=n) + shift, common * rng.exponential(1.0, size=n), None


def log_loss_pair(rng, n, shift):
    a, b = rng.beta(3, 1, size=n), rng.beta(1.5, 0.5, size=n)
    # E[-log Beta(3, 1)] = 1/3; E[-log Beta(1.5, .5)] = digamma(2) - digamma(1.5) = 0.386294.
    return -np.log(a) - 1 / 3 + shift, -np.log(b) - 0.38629436111989, None


def grouped_pair(rng, n_groups, shift):
    difference, codes = grouped(rng, n_groups, 0.4)
    return np.exp(difference / 2) - np.exp(1 / 8) + shift, np.zeros(codes.size), codes


def grouped_hits_pair(rng, n_groups, _):
    # Which of the two is right is decided for most of a group together.
    sizes = rng.integers(1, 10, size=n_groups)
    codes = np.repeat(np.arange(n_groups), sizes)
    lean = rng.choice([0.05, 0.35], size=n_groups)[codes]
    swap = rng.random(n_groups)[codes] < 0.5
    kind = rng.random(codes.size)
    one, other = kind < lean, (kind >= lean) & (kind < lean + 0.1)
    return np.where(swap, one, other).astype(float), np.where(swap, other, one).astype(float), codes


PAIRS = [
    ("0/1 losses n=100", 0.2 - 0.1, lambda rng: hits_pair(rng, 100, 0.2, 0.1)),
    ("0/1 losses n=700", 0.07 - 0.05, lambda rng: hits_pair(rng, 700, 0.07, 0.05)),
    ("0/1 losses n=2000", 0.01, lambda rng: hits_pair(rng, 2000, 0.02, 0.01)),
    ("heavy-tailed losses n=300", 0.2, lambda rng: skewed_pair(rng, 300, 0.2)),
    ("log losses n=150", 0.1, lambda rng: log_loss_pair(rng, 150, 0.1)),
    ("skewed losses, 40 groups", 0.1, lambda rng: grouped_pair(rng, 40, 0.1)),
    ("skewed losses, 150 groups", 0.1, lambda rng: grouped_pair(rng, 150, 0.1)),
]
NULLS = [
    ("0/1 losses n=100", lambda rng: hits_pair(rng, 100, 0.15, 0.15)),
    ("0/1 losses n=700", lambda rng: hits_pair(rng, 700, 0.05, 0.05)),
    ("heavy-tailed losses n=300", lambda rng: skewed_pair(rng, 300, 0.0)),
    ("log losses n=150", lambda rng: log_loss_pair(rng, 150, 0.0)),
    ("0/1 losses, 60 groups", lambda rng: grouped_hits_pair(rng, 60, 0.0)),
    ("0/1 losses, 150 groups", lambda rng: grouped_hits_pair(rng, 150, 0.0)),
    ("skewed losses, 150 groups", lambda rng: grouped_pair(rng, 150, 0.0)),
]


def paired(rng, draw):
    a, b, groups = draw(rng)
    return paired_bootstrap(a, b, groups=groups, seed=int(rng.integers(1 << 31)), replicates=REPLICATES)


def of_pair(name, truth, draw, *, window=APPROXIMATE):
    return Case(f"paired_bootstrap {name}", truth, lambda rng: paired(rng, draw).difference, window)


def of_auroc(n, gap):
    def draw(rng):
        truth = rng.integers(0, 2, size=n)
        scores = rng.standard_normal(n) + gap * truth
        order = np.argsort(np.argsort(scores)).astype(float)

        def metric(rows):
            return auroc(truth[rows], order[rows])

        return bootstrap(metric, n, seed=int(rng.integers(1 << 31)), replicates=300)

    return Case(f"bootstrap AUROC n={n}", float(ndtr(gap / np.sqrt(2))), draw)


def of_deviation(n, groups_n=None):
    def draw(rng):
        if groups_n is None:
            values, codes = rng.standard_normal(n), None
        else:
            values, codes = grouped(rng, groups_n, 0.4)

        def metric(rows):
            taken = values[rows]
            return float(np.abs(taken).sum() / taken.size)

        return bootstrap(
            metric, values.size, groups=codes, seed=int(rng.integers(1 << 31)), replicates=REPLICATES
        )

    name = f"n={n}" if groups_n is None else f"{groups_n} groups"
    return Case(f"bootstrap mean |x| {name}", float(np.sqrt(2 / np.pi)), draw)


CONFUSED = np.array([[0.40, 0.06, 0.04], [0.05, 0.20, 0.05], [0.02, 0.04, 0.14]])


def of_counts(name, metric, n):
    def draw(rng):
        counts = rng.multinomial(n, CONFUSED.ravel()).reshape(3, 3)
        return counts_bootstrap(counts, metric, seed=int(rng.integers(1 << 31)), replicates=REPLICATES)

    return Case(f"counts_bootstrap {name} n={n}", float(metric(CONFUSED)), draw)


LAW = PowerLaw(0.15, 1.2, 0.4, 1600, 100)
SIZES = [100, 200, 400, 800, 1600]


def errors_on_rows(rng, n):
    # One model a size and a pre-trained one, right and wrong on partly the same rows of a test set.
    difficulty = rng.random((n, 1))
    own = np.where(rng.random((n, 1)) < 0.6, difficulty, rng.random((n, len(SIZES) + 1)))
    return own < [LAW.predict(size) for size in [*SIZES, 1100]]


def band_at_1100(wrong, weights):
    found = band(SIZES, weights @ wrong[:, :-1], [1100])
    return Interval(found.middle[0], found.low[0], found.high[0], found.level, len(wrong), "band")


def worth_of_1100(wrong, weights):
    curve = fit_power_law(SIZES, wrong[:, :-1].mean(axis=0))
    refitted = fit_power_laws(SIZES, weights @ wrong[:, :-1])
    worth = labels_worth(curve, wrong[:, -1].mean(), 1000, curves=refitted, errors=weights @ wrong[:, -1])
    return Interval(worth.value, worth.low, worth.high, 0.95, len(wrong), "labels")


def of_curve(name, ask):
    def draw(rng):
        n = 600
        return ask(errors_on_rows(rng, n), rng.multinomial(n, np.full(n, 1 / n), size=200) / n)

    return Case(name, LAW.predict(1100) if ask is band_at_1100 else 1100.0, draw)


CASES = [
    *(
        of_share("wilson", wilson, n, p, APPROXIMATE)
        for n, p in [(100, 0.3), (100, 0.5), (300, 0.1), (1000, 0.771)]
    ),
    *(
        of_share("clopper_pearson", clopper_pearson, n, p, EXACT)
        for n, p in [(10, 0.2), (30, 0.02), (100, 0.05), (700, 0.771)]
    ),
    *(
        of_share("proportion", proportion, n, p, APPROXIMATE)
        for n, p in [(100, 0.4), (300, 0.3), (700, 0.771), (1000, 0.1)]
    ),
    *(of_share("proportion", proportion, n, p, EXACT) for n, p in [(20, 0.5), (100, 0.01), (700, 0.002)]),
    *(of_share("proportion", proportion, n, p, MIXED) for n, p in [(100, 0.1), (100, 0.15), (300, 0.95)]),
    of_mean("normal", 100, 0.0, lambda rng, n: rng.standard_normal(n)),
    of_mean("exponential", 100, 1.0, lambda rng, n: rng.exponential(size=n)),
    of_mean("log-normal, sigma 0.7", 100, float(np.exp(0.245)), lambda rng, n: rng.lognormal(0, 0.7, size=n)),
    of_mean("log-normal, sigma 1", 100, float(np.exp(0.5)), lambda rng, n: rng.lognormal(size=n)),
    of_mean("log-normal, sigma 1", 500, float(np.exp(0.5)), lambda rng, n: rng.lognormal(size=n)),
    of_mean("Student t, 3 degrees", 100, 0.0, lambda rng, n: rng.standard_t(3, size=n)),
    of_mean("zero-inflated", 300, 0.2, lambda rng, n: rng.exponential(size=n) * (rng.random(n) < 0.2)),
    of_grouped_mean(40, 0.4),
    of_grouped_mean(100, 0.1),
    of_grouped_share(60, 0.8, APPROXIMATE),
    of_grouped_share(150, 0.95, APPROXIMATE),
    of_grouped_share(60, 0.02, EXACT),
    *(of_pair(*pair) for pair in PAIRS),
    # Too few disagreements to resample: exact test, interval never too narrow.
    of_pair("rare 0/1 losses n=300", 0.0, lambda rng: hits_pair(rng, 300, 0.01, 0.01), window=MIXED),
    of_pair("rare 0/1 losses n=1000", 0.006, lambda rng: hits_pair(rng, 1000, 0.008, 0.002)),
    # Too heavy for n = 100: single rows carry the variance. The interval may then only be too wide.
    of_pair("extreme tails n=100", 0.2, lambda rng: skewed_pair(rng, 100, 0.2), window=MIXED),
    of_auroc(100, 1.0),
    of_deviation(100),
    of_deviation(None, groups_n=40),
    of_curve("band at 1100 labels", band_at_1100),
    of_curve("labels_worth", worth_of_1100),
    of_counts("macro F1", macro_f1_from, 100),
    of_counts("macro F1", macro_f1_from, 700),
    of_counts("balanced accuracy", balanced_accuracy_from, 100),
    of_counts("macro F1, percentile", macro_f1_from, 6000),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_coverage_is_what_the_level_says(case, record_property, capsys):
    rng = np.random.default_rng(20261121)
    found = [case.draw(rng) for _ in range(case.simulations)]
    hits = sum(interval.contains(case.truth) for interval in found)
    methods = ",".join(sorted({interval.method for interval in found}))
    share = hits / case.simulations
    record_property("coverage", share)
    with capsys.disabled():
        print(f"\n{case.name:<48} {share:7.2%}  {methods}", end="")
    assert case.window[0] <= share <= case.window[1]


@pytest.mark.parametrize(("name", "draw"), NULLS, ids=[name for name, _ in NULLS])
def test_the_paired_test_is_wrong_as_often_as_it_says(name, draw, record_property, capsys):
    rng = np.random.default_rng(20261122)
    simulations = 2 * SIMULATIONS
    share = float(np.mean([paired(rng, draw).p_value <= 0.05 for _ in range(simulations)]))
    record_property("false_positive_rate", share)
    with capsys.disabled():
        print(f"\nfalse positives {name:<32} {share:7.2%}", end="")
    assert 0.035 <= share <= 0.065
