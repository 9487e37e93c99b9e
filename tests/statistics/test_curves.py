import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import least_squares

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.curves import (
    Bound,
    PowerLaw,
    band,
    fit_power_law,
    fit_power_laws,
    labels_worth,
)

SIZES = [100, 250, 500, 1000, 2000]
LAWS = st.tuples(st.floats(0.0, 0.4), st.floats(0.2, 5.0), st.floats(0.1, 1.5))
ERRORS = st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5)


@given(LAWS)
@settings(max_examples=50, deadline=None)
def test_a_law_without_noise_is_recovered(law):
    a, b, c = law
    errors = [a + b * n**-c for n in SIZES]
    found = fit_power_law(SIZES, errors)
    assert found.residual < 1e-5
    for n in (*SIZES, 4000, 8000):
        assert found.predict(n) == pytest.approx(a + b * n**-c, abs=2e-4)


@given(ERRORS)
@settings(max_examples=50, deadline=None)
def test_no_start_of_a_general_solver_fits_better(errors):
    found = fit_power_law(SIZES, errors)
    x = np.array(SIZES) / 2000
    best = min(
        2
        * least_squares(
            lambda p: p[0] + p[1] * x ** -p[2] - errors,
            x0=[0.1, 0.1, c],
            bounds=([0, 0, 0.01], [np.inf, np.inf, 2]),
        ).cost
        for c in (0.05, 0.5, 1.5)
    )
    assert len(SIZES) * found.residual**2 <= best + 1e-7


@given(ERRORS)
@settings(max_examples=50, deadline=None)
def test_a_curve_never_rises_and_never_leaves_its_bounds(errors):
    law = fit_power_law(SIZES, errors)
    path = [law.predict(n) for n in (1, 10, *SIZES, 8000)]
    assert all(one >= two for one, two in pairwise(path))
    assert law.a >= 0
    assert law.b >= 0
    assert 0 < law.c <= 2


@pytest.mark.parametrize("errors", [[0.3, 0.31, 0.33, 0.34, 0.4], [0.3] * 5, [0.0] * 5])
def test_errors_that_do_not_fall_give_a_flat_curve(errors):
    law = fit_power_law(SIZES, errors)
    assert law.flat
    assert law.predict(50) == pytest.approx(np.mean(errors))
    assert law.solve(np.mean(errors) - 0.01) == math.inf


def test_weights_pull_the_curve_and_their_scale_does_not():
    errors = [0.5, 0.4, 0.38, 0.3, 0.29]
    pulled = fit_power_law(SIZES, errors, [1, 1000, 1, 1, 1])
    assert abs(pulled.predict(250) - 0.4) < abs(fit_power_law(SIZES, errors).predict(250) - 0.4)
    scaled = fit_power_law(SIZES, errors, [5, 5000, 5, 5, 5])
    assert scaled.predict(700) == pytest.approx(pulled.predict(700))


def test_the_order_of_the_sizes_does_not_matter():
    errors = [0.5, 0.4, 0.38, 0.3, 0.29]
    law = fit_power_law(SIZES[::-1], errors[::-1])
    assert law.predict(700) == pytest.approx(fit_power_law(SIZES, errors).predict(700))


def test_many_replicates_are_fitted_as_each_alone():
    errors = np.random.default_rng(0).uniform(0.2, 0.6, size=(600, 5))
    together = fit_power_laws(SIZES, errors)
    assert len(together) == 600
    for row in (0, 255, 256, 599):
        assert together[row] == fit_power_law(SIZES, errors[row])


@given(LAWS, st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_solving_is_the_inverse_of_predicting(law, share):
    curve = PowerLaw(*law, n_max=2000)
    n = 1 + share * 7999
    assert curve.solve(curve.predict(n)) == pytest.approx(n, rel=1e-4)


def test_a_curve_says_nothing_past_four_times_its_data():
    law = PowerLaw(0.1, 2.0, 0.5, n_max=2000)
    assert law.within_reach(8000)
    assert not law.within_reach(8001)
    assert not law.within_reach(0)
    for n in (8001, 0.5, math.nan, math.inf):
        with pytest.raises(UsageError):
            law.predict(n)
    assert law.solve(0.1) == math.inf
    assert law.solve(5.0) == 1.0
    assert PowerLaw(0.1, 2.0, 0.001, n_max=2000).solve(0.10001) == math.inf


def test_a_band_encloses_the_curve_and_widens_past_the_data():
    rng = np.random.default_rng(0)
    errors = [0.1 + 2 * n**-0.5 for n in SIZES] + rng.normal(0, 0.01, size=(400, 5))
    found = band(SIZES, errors, [250, 1000, 8000])
    assert found.at == (250.0, 1000.0, 8000.0)
    assert found.replicates == 400
    for low, middle, high, n in zip(found.low, found.middle, found.high, found.at, strict=True):
        assert low < middle < high
        assert low < 0.1 + 2 * n**-0.5 < high
    assert found.high[2] - found.low[2] > found.high[1] - found.low[1]
    with pytest.raises(UsageError):
        band(SIZES, errors, [8001])


CURVE = PowerLaw(0.1, 2.0, 0.5, n_max=2000, n_min=100)


def test_labels_within_reach_are_estimated():
    found = labels_worth(CURVE, CURVE.predict(3000), 500)
    assert found.bound is Bound.ESTIMATE
    assert found.bound == "estimate"
    assert found.value == pytest.approx(3000)
    assert found.saved == pytest.approx(2500)
    # Without replicates nothing is known of the uncertainty.
    assert (found.low, found.high) == (100, 8000)


@pytest.mark.parametrize("error", [CURVE.predict(8000) - 0.001, 0.1, 0.0])
def test_labels_past_the_reach_are_only_more_than_it(error):
    found = labels_worth(CURVE, error, 500)
    assert found.bound == "more_than"
    assert found.value == found.high == found.reach == 8000
    assert found.open_above


def test_a_pre_trained_model_worse_than_the_smallest_scratch_is_worth_less_than_it():
    found = labels_worth(CURVE, 0.9, 500, curves=[CURVE] * 50)
    assert found.bound == "less_than"
    assert found.low == found.value == found.high == 100
    assert found.saved == -400


def test_a_flat_scratch_curve_never_catches_up():
    flat = fit_power_law(SIZES, [0.4] * 5)
    assert labels_worth(flat, 0.3, 500, curves=[flat] * 10).bound == "more_than"


def test_replicates_give_the_ends():
    rng = np.random.default_rng(1)
    truth = np.array([CURVE.predict(n) for n in SIZES])
    curves = fit_power_laws(SIZES, truth + rng.normal(0, 0.002, size=(400, 5)))
    target = CURVE.predict(1500)
    fixed = labels_worth(CURVE, target, 500, curves=curves)
    assert fixed.low < 1500 < fixed.high < 8000
    noisy = labels_worth(CURVE, target, 500, curves=curves, errors=target + rng.normal(0, 0.01, size=400))
    assert noisy.low < fixed.low
    assert noisy.high > fixed.high
    wider = labels_worth(CURVE, target, 500, curves=curves, level=0.99)
    assert wider.low <= fixed.low
    assert wider.high >= fixed.high


@given(ERRORS, st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_the_ends_always_enclose_the_labels(errors, target):
    law = fit_power_law(SIZES, errors)
    other = fit_power_law(SIZES, errors[::-1])
    found = labels_worth(law, target, 10, curves=[law, other, other])
    assert 100 <= found.low <= found.value <= found.high <= found.reach


@pytest.mark.parametrize(
    "ask",
    [
        lambda: fit_power_law([1, 2, 3], [0.1, 0.2]),
        lambda: fit_power_law([1, 2, 3], [0.1, 0.2, math.nan]),
        lambda: fit_power_law([1, 2, 3], [0.1, 0.2, -0.1]),
        lambda: fit_power_law([0, 2, 3], [0.1, 0.2, 0.1]),
        lambda: fit_power_law([1, 2, 3], [0.1, 0.2, 0.1], [1, 0, 1]),
        lambda: fit_power_law([1, 2, 3], [0.1, 0.2, 0.1], [1, 1]),
        lambda: fit_power_laws([1, 2, 3], np.empty((0, 3))),
        lambda: PowerLaw(-0.1, 1, 1, 10),
        lambda: PowerLaw(0.1, 1, 3, 10),
        lambda: PowerLaw(0.1, 1, 1, 10, 20),
        lambda: labels_worth(CURVE, math.nan, 10),
        lambda: labels_worth(CURVE, 0.2, -1),
        lambda: labels_worth(CURVE, 0.2, 10, curves=[CURVE], errors=[0.2, 0.3]),
    ],
)
def test_impossible_curves_are_refused(ask):
    with pytest.raises(UsageError):
        ask()


def test_two_sizes_do_not_make_a_curve():
    with pytest.raises(UnknownAnswerError):
        fit_power_law([100, 200, 200], [0.4, 0.3, 0.31])
