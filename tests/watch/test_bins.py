import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.profile import FEWEST_ROWS
from weigh.statistics.drift import ks_statistic
from weigh.watch import bins
from weigh.watch.bins import MOST_CUTS

# Values that repeat, values that do not, huge, tiny and negative ones.
VALUES = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.floats(0, 1, allow_nan=False),
    st.sampled_from([0.0, 1e-300, -1e-300, 1e300, 0.1]),
)
SAMPLES = st.lists(VALUES, min_size=1, max_size=400).map(np.array)


def gap(first, second):
    """The largest gap of cumulative shares, at every value there is."""
    at = np.concatenate([first, second])
    below = (np.searchsorted(np.sort(one), at, side="right") / one.size for one in (first, second))
    return float(np.abs(np.subtract(*below)).max())


@given(SAMPLES, SAMPLES)
@settings(max_examples=50, deadline=None)
def test_the_gap_seen_through_the_bins_misses_no_more_than_a_bin_holds(first, second):
    kept = bins.summarise("x", first)
    seen = ks_statistic(kept.counts, bins.fill(kept, second))
    exact = gap(first, second)
    limit = max(np.ceil(0.004 * first.size), FEWEST_ROWS) / first.size
    assert exact - limit - 1e-9 <= seen <= exact + 1e-9


@given(SAMPLES)
@settings(max_examples=50, deadline=None)
def test_the_reference_filled_into_its_own_bins_gives_its_own_counts(values):
    kept = bins.summarise("x", values)
    assert bins.fill(kept, values).tolist() == list(kept.counts)
    assert len(kept.cuts) + len(kept.atoms) <= MOST_CUTS
    assert list(kept.cuts) == sorted(set(kept.cuts))


@pytest.mark.parametrize("law", ["normal", "lognormal", "integers", "zeros", "stamps", "few"])
@pytest.mark.parametrize("moved", [0.0, 0.3])
def test_with_many_rows_the_gap_is_exact_to_0_004(law, moved):
    rng = np.random.default_rng(5)

    def draw(n, by):
        base = rng.normal(by, 1, size=n)
        return {
            "normal": base,
            "lognormal": np.exp(base),
            "integers": np.round(10 * base),
            "zeros": np.where(rng.random(n) < 0.5, 0, base),
            "stamps": 1.6e9 + np.round(1e4 * base),
            "few": np.digitize(base, [-1, 0, 1]).astype(float),
        }[law]

    first, second = draw(100_000, 0.0), draw(20_000, moved)
    kept = bins.summarise("x", first)
    exact = stats.ks_2samp(first, second, method="asymp").statistic
    assert gap(first, second) == pytest.approx(exact, abs=1e-12)
    assert abs(ks_statistic(kept.counts, bins.fill(kept, second)) - exact) <= 0.004


def test_a_shift_inside_an_atom_is_seen():
    first = np.concatenate([np.zeros(500), np.linspace(1, 2, 500)])
    second = np.concatenate([np.linspace(-1, -0.001, 500), np.linspace(1, 2, 500)])
    kept = bins.summarise("x", first)
    assert ks_statistic(kept.counts, bins.fill(kept, second)) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
def test_the_number_of_bins_is_bounded_whatever_repeats(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1000, 20_000))
    heavy = np.repeat(np.arange(0, 500, 2), rng.integers(1, n // 125, size=250))
    values = np.concatenate([heavy, rng.uniform(0, 500, size=n)]).astype(float)
    kept = bins.summarise("x", values)
    assert len(kept.counts) <= MOST_CUTS


def test_missing_and_infinite_values_are_counted_and_in_no_bin():
    kept = bins.summarise("x", np.array([1.0, np.nan, np.inf, -np.inf, 2.0]))
    assert (kept.rows, kept.missing) == (5, 3)
    assert sum(kept.counts) == 2
    empty = bins.summarise("x", np.full(7, np.nan))
    assert empty.counts == (0,)


def test_neither_the_smallest_nor_the_largest_value_is_kept():
    values = np.random.default_rng(0).normal(size=3000)
    kept = bins.summarise("x", values)
    assert values.min() not in kept.cuts
    assert values.max() not in kept.cuts
    assert max(kept.cuts) < values.max()
    # Cuts are short numbers between values, hardly ever a value.
    assert len(set(kept.cuts) & set(values.tolist())) <= 3
