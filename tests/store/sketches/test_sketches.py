"""Sketches: relatives are near whatever their type, strangers are not."""

import numpy as np
import pytest

from weigh.core.errors import StorageError
from weigh.store.sketches.sketch import LEAST_BYTES, sketch_of
from weigh.store.sketches.sketch_index import Sketches


def sketched(array, dtype):
    data = array.tobytes()
    return sketch_of(lambda a, b: data[a:b], array.size, dtype)


@pytest.fixture
def index(tmp_path):
    made = Sketches(tmp_path)
    yield made
    made.close()


def test_relatives_are_found_and_strangers_are_not(index):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 1, 10_000).astype(np.float32) for _ in range(20)]
    index.add((bytes([i]) * 32, sketched(a, "F32")) for i, a in enumerate(arrays))
    assert len(index) == 20
    for dtype, made in (
        ("F16", arrays[7].astype(np.float16)),
        ("F32", arrays[7] + rng.normal(0, 0.1, 10_000).astype(np.float32)),
        ("I8", np.clip(np.rint(arrays[7] * 30), -128, 127).astype(np.int8)),
        ("U8", np.clip(np.rint(arrays[7] * 30) + 128, 0, 255).astype(np.uint8)),
    ):
        found = index.nearest(sketched(made, dtype)) if made.nbytes >= LEAST_BYTES else None
        if found is not None:
            assert [r.payload for r in found] == [bytes([7]) * 32]
    assert index.nearest(sketched(rng.normal(0, 1, 10_000).astype(np.float32), "F32")) == []
    assert index.nearest(sketched(rng.normal(0, 1, 10_001).astype(np.float32), "F32")) == []


def test_what_is_gone_is_forgotten(index):
    array = np.arange(10_000, dtype=np.float32)
    index.add([(bytes(32), sketched(array, "F32"))])
    index.add([(bytes(32), sketched(array, "F32"))])
    assert len(index) == 1
    index.forget([bytes(32)])
    assert len(index) == 0


def test_small_tensors_and_other_types_have_none():
    assert sketched(np.zeros(16, np.float32), "F32") is None
    assert sketched(np.zeros(100_000, np.int64), "I64") is None


def test_values_that_are_no_numbers_do_no_harm(index):
    array = np.full(10_000, np.nan, np.float32)
    array[::2] = np.inf
    index.add([(bytes(32), sketched(array, "F32"))])
    assert index.nearest(sketched(array, "F32")) == []


def test_a_damaged_index_is_an_error_with_a_way_out(tmp_path):
    (tmp_path / "sketches.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError) as error:
        Sketches(tmp_path)
    assert "delete" in error.value.hint
