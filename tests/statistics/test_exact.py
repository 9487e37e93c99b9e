import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.exact import fisher, mcnemar, sign_test, slice_tail

SMALL = st.integers(0, 60)


@given(SMALL, SMALL)
@settings(max_examples=50, deadline=None)
def test_mcnemar_is_symmetric_and_a_binomial_tail(b, c):
    p = mcnemar(b, c)
    assert p == mcnemar(c, b)
    assert p == pytest.approx(min(1.0, 2 * stats.binom.cdf(min(b, c), b + c, 0.5)))


def test_mcnemar_never_rejects_too_often():
    n = 30
    p = np.array([mcnemar(k, n - k) for k in range(n + 1)])
    for alpha in (0.01, 0.05, 0.1):
        assert stats.binom.pmf(np.arange(n + 1), n, 0.5)[p <= alpha].sum() <= alpha


def test_no_discordant_row_is_no_evidence():
    assert mcnemar(0, 0) == 1.0
    assert sign_test([0.0, 0.0]) == 1.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_sign_test_counts_signs_only(differences):
    p = sign_test(differences)
    assert p == sign_test(np.sign(differences))
    assert p == sign_test(-np.array(differences))


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_slice_tail_is_fishers_one_sided_test(data):
    n_all = data.draw(st.integers(1, 80))
    n_in = data.draw(st.integers(0, n_all))
    errors_all = data.draw(st.integers(0, n_all))
    errors_in = data.draw(st.integers(max(0, errors_all - (n_all - n_in)), min(n_in, errors_all)))
    table = [
        [errors_in, n_in - errors_in],
        [errors_all - errors_in, n_all - n_in - errors_all + errors_in],
    ]
    oracle = stats.fisher_exact(table, alternative="greater").pvalue
    assert slice_tail(errors_in, n_in, errors_all, n_all) == pytest.approx(oracle, abs=1e-9)


def test_a_planted_bad_slice_is_found_and_a_fair_one_is_not():
    assert slice_tail(50, 100, 150, 1000) < 1e-9
    assert slice_tail(15, 100, 150, 1000) > 0.4
    assert slice_tail(0, 0, 150, 1000) == 1.0


def test_fisher_finds_dependence():
    assert fisher([[8, 2], [1, 5]]) == pytest.approx(0.03496503496)
    assert fisher([[0, 0], [0, 0]]) == 1.0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: mcnemar(-1, 3),
        lambda: slice_tail(5, 4, 10, 100),
        lambda: slice_tail(5, 10, 4, 100),
        lambda: slice_tail(0, 90, 50, 100),
        lambda: slice_tail(1, 200, 5, 100),
        lambda: fisher([[1, 2], [-3, 4]]),
        lambda: fisher([[1, 2, 3], [3, 4, 5]]),
        lambda: sign_test([1.0, float("nan")]),
    ],
)
def test_impossible_counts_are_refused(ask):
    with pytest.raises(UsageError):
        ask()


def test_no_differences_have_no_sign():
    with pytest.raises(UnknownAnswerError):
        sign_test([])
