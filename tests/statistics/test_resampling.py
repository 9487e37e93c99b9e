import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.statistics.resampling import generator, make_units

CODES = st.lists(st.integers(0, 6), min_size=2, max_size=40)


@given(CODES, st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_groups_are_drawn_whole(codes, seed):
    groups = np.array(codes)
    if np.unique(groups).size < 2:
        return
    units = make_units(groups.size, groups=groups)
    (drawn,) = units.draw(generator(seed), 1)
    rows = units.expand(drawn)
    assert drawn.size == units.count == np.unique(groups).size
    times = np.bincount(rows, minlength=groups.size)
    for code in np.unique(groups):
        assert np.unique(times[groups == code]).size == 1


@given(CODES, st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_strata_keep_their_size(codes, seed):
    strata = np.array(codes)
    units = make_units(strata.size, strata=strata)
    for drawn in units.draw(generator(seed), 3):
        rows = units.expand(drawn)
        assert np.array_equal(np.bincount(strata[rows], minlength=7), np.bincount(strata, minlength=7))


def test_groups_stay_within_their_stratum():
    groups, strata = np.repeat(np.arange(6), 3), np.repeat([0, 0, 0, 1, 1, 1], 3)
    units = make_units(18, groups=groups, strata=strata)
    for drawn in units.draw(generator(0), 20):
        assert np.bincount(strata[units.expand(drawn)]).tolist() == [9, 9]


def test_every_row_is_drawn_equally_often():
    units = make_units(10)
    rows = np.concatenate([units.expand(drawn) for drawn in units.draw(generator(0), 4000)])
    assert np.bincount(rows) / 4000 == pytest.approx(np.ones(10), abs=0.06)


def test_units_of_unequal_size_are_worth_fewer():
    assert make_units(10).effective == 10
    assert make_units(10, groups=np.array([0] * 9 + [1])).effective == pytest.approx(100 / 82)


def test_what_cannot_be_resampled_is_said():
    with pytest.raises(UnknownAnswerError):
        make_units(0)
    with pytest.raises(UnknownAnswerError):
        make_units(1)
    with pytest.raises(UnknownAnswerError):
        make_units(5, groups=np.zeros(5, dtype=int))
    with pytest.raises(UsageError):
        make_units(4, groups=np.array([0, 0, 1, 1]), strata=np.array([0, 1, 0, 1]))
    with pytest.raises(UsageError):
        make_units(4, groups=np.array([0, 1]))
    with pytest.raises(UsageError):
        make_units(2, groups=np.array(["a", "b"]))
    with pytest.raises(UsageError):
        generator(-1)
