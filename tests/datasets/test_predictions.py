import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError
from weigh.datasets.predictions import Predictions


def some(n=4, *, test="in-domain", part=None):
    proba = np.array([[0.5, 0.5], [0.1, 0.9], [0.7, 0.3], [0.2, 0.8]])[:n]
    return Predictions(
        ids=tuple(f"d.csv:{i}" for i in range(n)),
        labels=np.array([0, 1, 1, 0])[:n],
        proba=proba,
        classes=("no", "yes"),
        columns={"part": np.array((part or ["a", "", "ü", "a"])[:n], dtype=np.str_)},
        groups=np.arange(n),
        test=test,
    )


def test_the_first_of_equally_probable_classes_is_predicted():
    assert some().predicted.tolist() == [0, 1, 0, 1]
    assert some().correct.tolist() == [True, True, False, False]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), min_size=4, max_size=4
    )
)
@settings(max_examples=40, deadline=None)
def test_arrays_give_the_same_predictions_back(part):
    there = some(part=part)
    arrays, metadata = there.to_arrays()
    assert all(a.dtype.kind in "iuf" for a in arrays.values())
    back = Predictions.from_arrays(arrays, metadata)
    assert back.digest == there.digest
    assert back.columns["part"].tolist() == part
    assert back.ids == there.ids


def test_no_rows_are_kept_too():
    arrays, metadata = some(0).to_arrays()
    assert len(Predictions.from_arrays(arrays, metadata)) == 0


def test_everything_counts_in_the_digest():
    whole = some()
    others = [some(3), some(test="domain=x"), some(part=["a", "b", "c", "d"])]
    nudged = some()
    nudged.proba[0, 0] = np.nextafter(0.5, 1)
    assert len({p.digest for p in (whole, *others, nudged)}) == 5


@pytest.mark.parametrize(
    ("name", "array", "why"),
    [
        ("proba", None, "proba is missing"),
        ("proba", np.zeros((4, 3)), "probabilities are (4, 3), not (4, 2)"),
        ("proba", np.zeros((4, 2), dtype=object), "proba is object with 2 dimensions"),
        ("proba", np.full((4, 2), np.nan), "a probability is negative or not finite"),
        ("proba", np.full((4, 2), -0.1), "a probability is negative or not finite"),
        ("labels", np.array([0, 1, 2, 0]), "a label is no class"),
        ("labels", np.array([0, 1, 1]), "some columns do not have 4 rows"),
        ("labels", np.array([0.0, 1, 1, 0]), "labels is float64 with 1 dimensions"),
        ("ids.offsets", np.array([0, 10**12, 3]), "the offsets of ids do not fit its bytes"),
        ("ids.offsets", np.array([], dtype=np.int64), "the offsets of ids do not fit its bytes"),
        ("ids.offsets", np.array([0, 30, 20, 26, 28]), "the offsets of ids do not fit its bytes"),
        ("column.0.bytes", np.full(4, 0xFF, dtype=np.uint8), "column.0 is not UTF-8"),
    ],
)
def test_kept_arrays_that_contradict_each_other_are_refused(name, array, why):
    arrays, metadata = some().to_arrays()
    if array is None:
        del arrays[name]
    else:
        arrays[name] = array
    with pytest.raises(MalformedError) as error:
        Predictions.from_arrays(arrays, metadata)
    assert error.value.why == why


@pytest.mark.parametrize("metadata", ["", "[]", '{"version": 2}', "NaN", '{"version": 1}', "[" * 100_000])
def test_metadata_of_another_kind_is_refused(metadata):
    arrays, _ = some().to_arrays()
    with pytest.raises(MalformedError):
        Predictions.from_arrays(arrays, {"predictions": metadata})
