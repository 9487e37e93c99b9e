"""A tensor or some bytes of a file are read without the rest."""

import numpy as np
import pytest
from tests.store.packs.made import nearest, put_bytes, safetensors, values

from weigh.core.errors import NotFoundError, UsageError
from weigh.store.packs.objects import Objects
from weigh.store.packs.partial import find_tensor, range_bytes, tensor_bytes


@pytest.fixture
def model(tmp_path):
    arrays = {f"layer.{i}": values(i, (400, 400)) for i in range(20)}
    with Objects(tmp_path / "store") as objects:
        first = put_bytes(objects, tmp_path, safetensors(arrays), "a.safetensors")
        tuned = {name: (a * np.float32(1.001)).astype(np.float32) for name, a in arrays.items()}
        data = safetensors(tuned)
        second = put_bytes(objects, tmp_path, data, "b.safetensors", advise=nearest(objects, first.id))
    with Objects(tmp_path / "store") as objects:
        yield objects, second.id, data, tuned


def test_one_tensor_costs_little_more_than_its_own_chain(model):
    objects, name, _, tuned = model
    piece = find_tensor(objects, name, "layer.7")
    assert b"".join(tensor_bytes(objects, piece)) == tuned["layer.7"].tobytes()
    read = objects.bytes_read
    chain, at = objects.index.find(name).spot.length, piece.id
    while at:
        chain += objects.index.find(at).spot.length
        refs = objects.record(at).refs
        at = refs[0] if refs else b""
    # The record of a payload of one chunk is read twice: for its kind, and for its content.
    own = objects.index.find(piece.id).spot.length
    assert read <= 1.05 * chain + own


@pytest.mark.parametrize(("begin", "end"), [(0, 0), (0, 9), (5, 700_000), (3_000_000, 3_000_001)])
def test_any_range_is_what_the_file_holds_there(model, begin, end):
    objects, name, data, _ = model
    assert b"".join(range_bytes(objects, name, begin, end)) == data[begin:end]


def test_what_is_not_in_the_file_is_said(model):
    objects, name, data, _ = model
    with pytest.raises(NotFoundError, match=r"no tensor 'nix'.*layer\.0"):
        find_tensor(objects, name, "nix")
    with pytest.raises(UsageError):
        list(range_bytes(objects, name, 0, len(data) + 1))
