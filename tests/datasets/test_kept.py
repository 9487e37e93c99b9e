import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError
from weigh.datasets.kept import from_arrays, to_arrays
from weigh.datasets.packing import pack_texts, unpack_texts
from weigh.datasets.table import FeatureColumns, Table

TEXTS = st.lists(st.text(st.characters(), max_size=12), min_size=1, max_size=8)


def table(texts, *, features=False):
    n = len(texts)
    digests = np.frombuffer(bytes(range(32)) * n, dtype="S32")
    columns = FeatureColumns(
        np.linspace(0, 1, n).reshape(n, 1), ("x",), np.zeros((n, 1), dtype=np.int64), ("c",), (("a", "b"),)
    )
    return Table(
        ids=tuple(f"rows.csv:{i}" for i in range(n)),
        classes=("bad", "good"),
        labels=np.arange(n) % 2,
        texts=None if features else list(texts),
        features=columns if features else None,
        columns={"shop": np.array([f"s{i}" for i in range(n)])},
        groups=np.arange(n),
        grouped=True,
        row_digests=digests,
        contents=digests,
        group_digests=digests,
        rows_read=n + 3,
    )


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_texts_come_back_as_they_were_half_pairs_included(texts):
    assert unpack_texts(*pack_texts(texts)) == texts
    kept = from_arrays(*to_arrays(table(texts)))
    assert kept.texts == texts


@pytest.mark.parametrize("features", [False, True])
def test_a_table_comes_back_as_it_was(features):
    made = table(["a", "b", "c"], features=features)
    kept = from_arrays(*to_arrays(made))
    assert kept.digest == made.digest
    assert kept.classes == made.classes
    assert (kept.features is None) == (made.features is None)
    if features:
        assert kept.features.categories == made.features.categories
        assert (kept.features.numeric == made.features.numeric).all()


def test_offsets_that_do_not_fit_are_refused():
    data, offsets = pack_texts(["abc", "d"])
    with pytest.raises(MalformedError):
        unpack_texts(data, offsets + 1)
