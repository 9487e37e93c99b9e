import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.regression import absolute_error_each, mae, r2, rmse, squared_error_each

PAIRS = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=40)


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_the_scores_are_scikit_learns(pairs):
    truth, predicted = np.array(pairs).T
    assert mae(truth, predicted) == pytest.approx(metrics.mean_absolute_error(truth, predicted))
    assert rmse(truth, predicted) == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    if np.ptp(truth) > 1e-3:
        assert r2(truth, predicted) == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-6)


def test_row_losses_average_to_the_scores():
    truth, predicted = [1.0, 2.0, 4.0], [1.5, 2.0, 1.0]
    assert absolute_error_each(truth, predicted).tolist() == [0.5, 0.0, 3.0]
    assert squared_error_each(truth, predicted).mean() == pytest.approx(rmse(truth, predicted) ** 2)


def test_a_constant_target_explains_nothing():
    assert math.isnan(r2([2.0, 2.0], [1.0, 3.0]))


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(UsageError):
        mae([1.0, 2.0], [1.0])
    with pytest.raises(UsageError):
        rmse([1.0, math.nan], [1.0, 2.0])
    with pytest.raises(UnknownAnswerError):
        r2([], [])
