import numpy as np
from hypothesis import given, settings, strategies as st

from weigh.adapt.folds import FOLDS, fold_of, foldable


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=80), st.integers(0, 99))
def test_no_group_lies_in_two_folds_and_every_row_in_one(rows, seed):
    labels, groups = (np.array(column) for column in zip(*rows, strict=True))
    fold = fold_of(labels, groups=groups, seed=seed)
    assert ((fold >= 0) & (fold < FOLDS)).all()
    for group in np.unique(groups):
        assert np.unique(fold[groups == group]).size == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=3, max_size=80), st.integers(0, 99))
def test_without_groups_every_class_is_spread_evenly(classes, seed):
    labels = np.array(classes)
    fold = fold_of(labels, groups=None, seed=seed)
    for one in np.unique(labels):
        counts = np.bincount(fold[labels == one], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1


def test_rows_that_cannot_be_folded_are_told_apart():
    labels = np.array([0, 0, 0, 1])
    assert not foldable(labels, fold_of(labels, groups=None, seed=0))
    labels = np.arange(12) % 2
    assert foldable(labels, fold_of(labels, groups=None, seed=0))
    assert not foldable(labels, fold_of(labels, groups=np.zeros(12, dtype=np.int64), seed=0))
