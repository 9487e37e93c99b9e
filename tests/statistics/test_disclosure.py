import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.statistics.disclosure import FEWEST_NAMED, names_rows, quartile_cuts


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ([1] * 896 + [4], True),
        ([1] * 20, True),
        ([2] * 500, False),
        ([2] * 1001, True),
        ([29] * 1001, True),
        ([2] * 1000 + [30], False),
        ([400, 500], False),
        # Few rows look like names of rows whatever the column is.
        ([1] * 19, False),
        ([1] * 6 + [14] + [0] * 30, False),
        ([], False),
    ],
)
def test_a_column_names_rows_where_most_values_are_unique_or_thousands_are_rare(sizes, named):
    assert names_rows(sizes) is named


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=200), st.randoms(use_true_random=False))
def test_whether_a_column_names_rows_does_not_depend_on_order_or_absent_values(sizes, random):
    shuffled = [*sizes, 0, 0]
    random.shuffle(shuffled)
    assert names_rows(sizes) is names_rows(shuffled)


def test_a_quartile_that_rows_share_stays_and_one_of_a_single_row_is_rounded():
    ages = np.repeat(np.arange(20.0, 60.0), 6)
    assert quartile_cuts(ages).tolist() == [29, 39, 49]
    incomes = np.linspace(20_013.37, 90_777.77, 400)
    assert quartile_cuts(incomes).tolist() == [38_000, 55_000, 73_000]
    assert quartile_cuts(np.linspace(-0.5123, 0.5123, 400)).tolist() == [-0.26, 0.0, 0.26]
    assert math.copysign(1, quartile_cuts(np.linspace(-0.5123, 0.5123, 400))[1]) == 1


def test_equal_quartiles_are_one_boundary():
    assert quartile_cuts(np.array([0.0] * 30 + list(range(1, 11)))).tolist() == [0.0]


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(finite | st.integers(-9, 9).map(float), min_size=10, max_size=60))
def test_any_numbers_have_ascending_finite_boundaries_that_are_shared_or_near_the_quartile(values):
    numbers = np.array(values)
    cuts = quartile_cuts(numbers)
    exact = np.quantile(numbers, [0.25, 0.5, 0.75], method="lower")
    assert 1 <= cuts.size <= 3
    assert np.isfinite(cuts).all()
    assert (cuts[1:] > cuts[:-1]).all()
    shared = [cut for cut in exact if np.count_nonzero(numbers == cut) >= FEWEST_NAMED]
    assert set(shared) <= set(cuts.tolist())
    near = exact[2] / 20 - exact[0] / 20
    for cut in cuts:
        assert np.min(np.abs(exact / 2 - cut / 2)) <= near / 4 * 1.001 + 5e-324
