import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.errors import UsageError
from weigh.statistics.power import (
    MOST_ROWS,
    n_for_mcnemar,
    n_for_paired_difference,
    n_for_proportion_halfwidth,
)
from weigh.statistics.proportions import wilson


def halfwidth(p, n, level):
    z2 = stats.norm.ppf(0.5 + level / 2) ** 2
    return np.sqrt(z2 * (p * (1 - p) * n + z2 / 4)) / (n + z2)


@given(st.floats(0, 1), st.floats(0.002, 0.4), st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=50, deadline=None)
def test_the_rows_named_suffice_and_one_fewer_does_not(p, wanted, level):
    n = n_for_proportion_halfwidth(p, wanted, level)
    assert halfwidth(p, n, level) <= wanted * (1 + 1e-6)
    if n > 1:
        assert halfwidth(p, n - 1, level) > wanted * (1 - 1e-6)


def test_the_half_width_is_that_of_the_interval_shown():
    n = n_for_proportion_halfwidth(0.5, 0.03)
    assert n == 1064
    assert wilson(n // 2, n).halfwidth <= 0.03


@given(st.floats(0.05, 20), st.floats(0.05, 5), st.sampled_from([0.7, 0.8, 0.95]))
@settings(max_examples=50, deadline=None)
def test_paired_rows_give_the_power_of_the_t_test(sd, detectable, power):
    n = n_for_paired_difference(sd, detectable, power=power)
    if not 5 <= n <= 5000:
        return
    critical = stats.t.ppf(0.975, n - 1)
    reached = stats.nct.sf(critical, n - 1, np.sqrt(n) * detectable / sd)
    # Guenther's approximation is within one row of the noncentral t.
    fewer = stats.nct.sf(stats.t.ppf(0.975, n), n, np.sqrt(n + 1) * detectable / sd)
    assert fewer >= power - 1e-3
    assert reached >= power - 0.03


def test_a_worked_example_of_paired_rows():
    # 0.5 standard deviations at 80 % power: 33.4 rows by the noncentral t distribution, so 34.
    assert n_for_paired_difference(1.0, 0.5) == 34


@given(st.floats(0.02, 0.6), st.floats(0.15, 0.9))
@settings(max_examples=50, deadline=None)
def test_mcnemars_rows_give_its_power(psi, share):
    difference = psi * share
    n = n_for_mcnemar(psi, difference)
    z = stats.norm.ppf([0.975, 0.8])
    reached = stats.norm.cdf((difference * np.sqrt(n) - z[0] * np.sqrt(psi)) / np.sqrt(psi - difference**2))
    assert reached >= 0.8 - 1e-6


def test_simulated_mcnemar_finds_the_difference_as_often_as_planned():
    rng = np.random.default_rng(3)
    n = n_for_mcnemar(0.15, 0.05)
    draws = rng.multinomial(n, [0.10, 0.05, 0.85], size=4000)
    z = (draws[:, 0] - draws[:, 1]) / np.sqrt(draws[:, 0] + draws[:, 1])
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.03)


@given(st.floats(0.01, 1), st.floats(1.01, 3))
@settings(max_examples=50, deadline=None)
def test_smaller_effects_and_more_power_need_more_rows(effect, factor):
    assert n_for_paired_difference(1, effect / factor) >= n_for_paired_difference(1, effect)
    assert n_for_paired_difference(1, effect, power=0.9) >= n_for_paired_difference(1, effect)
    assert n_for_paired_difference(1, -effect) == n_for_paired_difference(1, effect)
    assert n_for_paired_difference(1, effect, alpha=0.01) >= n_for_paired_difference(1, effect)


def test_an_absurd_demand_is_answered_with_the_bound():
    assert n_for_paired_difference(1e300, 5e-324) == MOST_ROWS
    assert n_for_mcnemar(1.0, 5e-324) == MOST_ROWS
    assert n_for_proportion_halfwidth(0.5, 1e-160) == MOST_ROWS


@pytest.mark.parametrize(
    "ask",
    [
        lambda: n_for_proportion_halfwidth(1.5, 0.1),
        lambda: n_for_proportion_halfwidth(0.5, 0.0),
        lambda: n_for_proportion_halfwidth(float("nan"), 0.1),
        lambda: n_for_proportion_halfwidth(0.5, 0.1, 1.0),
        lambda: n_for_paired_difference(-1, 0.1),
        lambda: n_for_paired_difference(1, 0),
        lambda: n_for_paired_difference(1, float("inf")),
        lambda: n_for_paired_difference(1, 0.1, alpha=0.9),
        lambda: n_for_paired_difference(1, 0.1, power=1.0),
        lambda: n_for_mcnemar(0.1, 0.2),
        lambda: n_for_mcnemar(1.1, 0.2),
        lambda: n_for_mcnemar(0.1, 0.0),
    ],
)
def test_impossible_demands_are_refused(ask):
    with pytest.raises(UsageError):
        ask()
