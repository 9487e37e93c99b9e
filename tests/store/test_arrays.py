import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from weigh.core.errors import MalformedError
from weigh.store.arrays import dump_arrays, load_arrays

ARRAYS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
    hnp.arrays(
        st.sampled_from(
            ["?", "u1", "i1", "<u2", "<i2", "<f2", "<u4", "<i4", "<f4", "<u8", "<i8", "<f8", ">f8", ">i4"]
        ).map(np.dtype),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    max_size=4,
)
TEXTS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.text(st.characters(codec="utf-8"), max_size=8),
    max_size=3,
)


@given(arrays=ARRAYS, metadata=TEXTS)
@settings(max_examples=50, deadline=None)
def test_arrays_come_back_bit_for_bit(arrays, metadata):
    loaded, texts = load_arrays(dump_arrays(arrays, metadata))
    assert texts == metadata
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        little = array.astype(array.dtype.newbyteorder("<"))
        assert loaded[name].dtype == little.dtype
        assert loaded[name].shape == array.shape
        assert loaded[name].tobytes() == little.tobytes()


@given(arrays=ARRAYS, metadata=TEXTS)
@settings(max_examples=30, deadline=None)
def test_the_order_of_names_does_not_change_the_bytes(arrays, metadata):
    turned = dict(reversed(list(arrays.items())))
    assert dump_arrays(arrays, metadata) == dump_arrays(turned, dict(reversed(list(metadata.items()))))


def test_the_reference_library_reads_the_same_arrays():
    arrays = {"w": np.arange(6, dtype="f4").reshape(2, 3).T, "b": np.array(2.5), "m": np.array([True, False])}
    peer = safetensors.numpy.load(dump_arrays(arrays, {"kind": "probe"}))
    for name, array in arrays.items():
        assert np.array_equal(peer[name], array)


def test_loaded_arrays_are_aligned_and_cannot_be_changed():
    loaded, _ = load_arrays(dump_arrays({"a": np.zeros(3, "u1"), "b": np.zeros(3, "f8")}, {"odd": "x"}))
    for array in loaded.values():
        assert array.flags.aligned
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_arrays_that_do_not_lie_on_their_element_size_are_read_too():
    header = json.dumps({"a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}).encode()
    header += b" " * (3 - len(header) % 8 if len(header) % 8 <= 3 else 11 - len(header) % 8)
    data = len(header).to_bytes(8, "little") + header + np.array([1.5, -2.0]).tobytes()
    loaded, _ = load_arrays(data)
    assert loaded["a"].tolist() == [1.5, -2.0]
    assert loaded["a"].flags.aligned


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], dtype=object),
        np.array(["text"]),
        np.array([1j]),
        np.array(["2026-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=[("a", "f4")]),
    ],
)
def test_what_has_no_safetensors_type_is_refused(array):
    with pytest.raises(TypeError, match="no safetensors type"):
        dump_arrays({"x": array}, {})


@pytest.mark.parametrize("cut", [0, 7, 8, 20, -1])
def test_cut_bytes_are_malformed(cut):
    with pytest.raises(MalformedError):
        load_arrays(dump_arrays({"x": np.arange(5)}, {})[:cut])


def test_a_type_that_numpy_lacks_is_malformed():
    header = json.dumps({"x": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}}).encode()
    data = len(header).to_bytes(8, "little") + header + bytes(8)
    with pytest.raises(MalformedError, match="BF16"):
        load_arrays(data)
