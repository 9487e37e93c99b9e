"""Every file comes back byte for byte, whatever it is or claims to be."""

import hashlib
import random

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.store.packs.made import (
    back,
    every_format,
    nearest,
    put,
    put_bytes,
    safetensors,
    values,
)

from weigh.core.errors import StorageError
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.store.codecs.codec import CHUNK, Codec
from weigh.store.packs.adding import MOST_CHAIN, add_file
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind
from weigh.store.packs.restoring import manifest_of


@pytest.fixture
def objects(tmp_path):
    with Objects(tmp_path / "store") as opened:
        yield opened


@pytest.mark.parametrize("name", sorted(every_format()))
def test_a_file_of_every_format_comes_back(objects, tmp_path, name):
    data = every_format()[name]
    path = tmp_path / name
    path.write_bytes(data)
    added = put(objects, path)
    assert added.id == blake3(data).digest()
    assert added.sha256 == hashlib.sha256(data).hexdigest()
    assert (added.size, added.fresh) == (len(data), True)
    assert back(objects, added.id, added.sha256) == data
    again = put(objects, path)
    assert again == type(added)(added.id, added.sha256, added.size, fresh=False)


@pytest.mark.parametrize("name", ["model.safetensors", "model.npz", "model.npy", "model.onnx", "model.gguf"])
def test_the_tensors_of_a_format_are_payloads_of_their_own(objects, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(every_format()[name])
    added = put(objects, path)
    found = {piece.id for piece in manifest_of(objects, added.id).tensors().values()}
    assert blake3(values(0, (96, 70)).tobytes()).digest() in found


def test_one_tensor_in_two_formats_is_kept_once(objects, tmp_path):
    files = every_format()
    for name in ("model.safetensors", "model.gguf", "model.onnx", "model.npy"):
        path = tmp_path / name
        path.write_bytes(files[name])
        put(objects, path)
    payload = blake3(values(0, (96, 70)).tobytes()).digest()
    assert sum(name == payload for name, _ in objects.index.objects(Kind.CHUNK)) == 1
    stored = sum(p.stat().st_size for p in objects.folder.glob("*.pack"))
    assert stored < 1.3 * len(files["model.safetensors"])


@pytest.mark.parametrize("name", ["model.safetensors", "model.npz", "model.onnx", "model.gguf", "model.pt"])
def test_a_file_with_a_damaged_or_hostile_header_comes_back(objects, tmp_path, name):
    draw = random.Random(name)
    data = every_format()[name]
    for trial in range(40):
        hurt = bytearray(data)
        for _ in range(draw.choice([1, 2, 8])):
            hurt[draw.randrange(min(len(hurt), 600))] = draw.randrange(256)
        if trial % 4 == 0:
            hurt = hurt[: draw.randrange(1, len(hurt))]
        if trial % 5 == 0:
            hurt += draw.randbytes(draw.randrange(1, 50))
        path = tmp_path / name
        path.write_bytes(hurt)
        added = put(objects, path)
        assert back(objects, added.id, added.sha256) == bytes(hurt)


infos = st.builds(
    TensorInfo,
    name=st.text(max_size=5),
    dtype=st.sampled_from(sorted(DTYPE_BITS)),
    shape=st.just((1,)),
    file=st.sampled_from(["file.bin", "other"]),
    offset=st.integers(-3, 5000) | st.integers(-(1 << 70), 1 << 70),
    nbytes=st.integers(-3, 5000) | st.integers(-(1 << 70), 1 << 70),
    encoding=st.sampled_from(["", "deflate"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=4000), st.lists(infos, max_size=8))
def test_a_file_comes_back_whatever_was_said_of_its_tensors(objects, tmp_path, data, tensors):
    added = put_bytes(objects, tmp_path, data, tensors=tensors)
    assert back(objects, added.id, added.sha256) == data


@pytest.mark.parametrize("size", [1, 16 * 1024, 16 * 1024 + 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 12])
@pytest.mark.parametrize("told", [True, False])
def test_a_file_that_is_one_payload_comes_back_and_is_known_again(objects, tmp_path, size, told):
    data = np.random.default_rng(size).integers(0, 9, size, np.uint8).tobytes()
    tensors = [TensorInfo("w", "U8", (size,), "file.bin", 0, size)] if told else []
    added = put_bytes(objects, tmp_path, data, tensors=tensors)
    assert back(objects, added.id, added.sha256) == data
    again = put_bytes(objects, tmp_path, data, tensors=tensors)
    assert (again.sha256, again.fresh) == (hashlib.sha256(data).hexdigest(), False)


def test_a_chain_of_versions_comes_back_and_never_grows_too_deep(objects, tmp_path):
    current = values(0, (300, 300))
    before, kept = None, []
    for version in range(2 * MOST_CHAIN + 3):
        data = safetensors({"w": current, "b": current[0]})
        path = tmp_path / "m.safetensors"
        path.write_bytes(data)
        added = put(objects, path, **({"advise": nearest(objects, before)} if before else {}))
        kept.append((added.id, data))
        before = added.id
        current = (current + values(version + 1, (300, 300)) * np.float32(1e-3)).astype(np.float32)
    depths = [place.depth for _, place in objects.index.objects(Kind.CHUNK)]
    assert max(depths) == MOST_CHAIN
    with Objects(objects.folder.parent) as fresh:
        for name, data in kept:
            assert back(fresh, name) == data
            fresh.close()


def test_a_tensor_with_few_changes_is_kept_as_its_difference(objects, tmp_path):
    base = values(1, (500, 500))
    first = put_bytes(objects, tmp_path, safetensors({"w": base}), "a.safetensors")
    tuned = base.copy()
    tuned[3] += np.float32(1e-4)
    data = safetensors({"w": tuned})
    second = put_bytes(objects, tmp_path, data, "b.safetensors", advise=nearest(objects, first.id))
    piece = manifest_of(objects, second.id).tensors()["w"]
    record = objects.record(piece.id)
    assert record.codec == Codec.DELTA
    assert record.refs == (manifest_of(objects, first.id).tensors()["w"].id,)
    assert len(record.body) < 0.02 * tuned.nbytes
    assert back(objects, second.id) == data


def test_a_base_that_is_far_away_is_not_used(objects, tmp_path):
    first = put_bytes(objects, tmp_path, safetensors({"w": values(1, (300, 300))}), "a.safetensors")
    other = safetensors({"w": values(2, (300, 300))})
    second = put_bytes(objects, tmp_path, other, "b.safetensors", advise=nearest(objects, first.id))
    assert objects.record(manifest_of(objects, second.id).tensors()["w"].id).codec == Codec.PLANES


class Changing:
    """A file that is another one when it is read again."""

    size = 100_000

    def __init__(self, short):
        self.seen, self.short = set(), short

    def read(self, offset, length):
        second = offset in self.seen
        self.seen.add(offset)
        data = bytes([second]) * length if offset + length <= self.size else b""
        return (
            data[: length // 2]
            if second and self.short
            else data[: max(0, self.size - offset)] or bytes(self.size - offset)
        )


@pytest.mark.parametrize("short", [True, False])
def test_a_file_that_changes_while_it_is_read_is_refused(objects, short):
    with pytest.raises(StorageError, match="changed while"), objects.writing() as writer:
        add_file(objects, writer, Changing(short))
    assert list(objects.index.objects(Kind.FILE)) == []


def test_a_text_that_grew_shares_most_of_its_chunks(objects, tmp_path):
    text = every_format()["big.txt"] * 4
    put_bytes(objects, tmp_path, text)
    before = sum(place.size for _, place in objects.index.objects(Kind.CHUNK))
    put_bytes(objects, tmp_path, b"a new first line\n" + text)
    after = sum(place.size for _, place in objects.index.objects(Kind.CHUNK))
    assert after - before < 0.4 * len(text)
