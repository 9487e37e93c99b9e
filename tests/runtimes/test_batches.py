from hypothesis import given, settings, strategies as st

from weigh.runtimes.worker.batches import MAX_ROWS, TOKEN_BUDGET, batches

LENGTHS = st.lists(st.integers(1, 2 * TOKEN_BUDGET), max_size=200)


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_every_row_goes_once_and_no_batch_is_over_its_budget(lengths):
    groups = batches(lengths)
    assert sorted(row for group in groups for row in group) == list(range(len(lengths)))
    for group in groups:
        widest = max(lengths[row] for row in group)
        assert len(group) == 1 or (len(group) <= MAX_ROWS and len(group) * widest <= TOKEN_BUDGET)


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_longer_texts_come_first(lengths):
    flat = [lengths[row] for group in batches(lengths) for row in group]
    assert flat == sorted(flat, reverse=True)


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_one_at_a_time_means_one(lengths):
    assert all(len(group) == 1 for group in batches(lengths, one_at_a_time=True))
