import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.adapt.arm import Fitted
from weigh.adapt.fitted import digest, from_arrays, to_arrays
from weigh.core.errors import MalformedError
from weigh.datasets.packing import pack_texts as pack, unpack_texts as unpack


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=20), max_size=20))
def test_strings_come_back_from_arrays_as_they_were(strings):
    assert unpack(*pack(strings)) == strings


@pytest.mark.parametrize(
    ("data", "offsets"),
    [([97], []), ([97], [0, 2]), ([97], [1, 1]), ([97, 98], [0, 2, 1, 2]), ([0xFF], [0, 1])],
)
def test_packed_strings_that_are_broken_are_refused(data, offsets):
    with pytest.raises(MalformedError):
        unpack(np.array(data, dtype=np.uint8), np.array(offsets, dtype=np.int64))


def test_one_changed_value_type_or_setting_changes_the_digest():
    fits = [
        Fitted({"a": np.arange(3)}, {"C": 1.0}),
        Fitted({"a": np.arange(3) + 1}, {"C": 1.0}),
        Fitted({"a": np.arange(3, dtype=np.int32)}, {"C": 1.0}),
        Fitted({"b": np.arange(3)}, {"C": 1.0}),
        Fitted({"a": np.arange(3)}, {"C": 2.0}),
    ]
    assert len({digest(fitted) for fitted in fits}) == len(fits)


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["text"]), np.array([b"bytes"])])
def test_arrays_that_would_need_a_pickle_are_neither_kept_nor_read(array):
    with pytest.raises(MalformedError):
        to_arrays(Fitted({"a": array}))
    with pytest.raises(MalformedError):
        from_arrays({"a": array, "settings": np.frombuffer(b"{}", dtype=np.uint8)})


@pytest.mark.parametrize("settings_bytes", [None, b"", b"[]", b"{", b"\xff"])
def test_settings_that_are_missing_or_broken_are_refused(settings_bytes):
    arrays = {} if settings_bytes is None else {"settings": np.frombuffer(settings_bytes, dtype=np.uint8)}
    with pytest.raises(MalformedError):
        from_arrays(arrays)
