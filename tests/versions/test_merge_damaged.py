"""A merge on a full disk or among damaged objects: it says so, and nothing wrong is made."""

import numpy as np
import pytest
from tests.versions.merge_scene import NAME, MergeScene, moved, tensors

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, StorageError
from weigh.store.packs.restoring import manifest_of


@pytest.fixture
def apart(tmp_path):
    scene = MergeScene(tmp_path)
    base = tensors(count=2)
    scene.apart({NAME: base}, {NAME: moved(base, base, seed=1)}, {NAME: moved(base, base, seed=2)})
    return scene


def test_a_full_disk_is_named_and_the_merge_goes_on_where_there_is_room(apart, monkeypatch):
    before = apart.state()

    def full(_descriptor, _data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("weigh.store.packs.pack_file.write_all", full)
        with pytest.raises(StorageError, match="no room"):
            apart.merge(strategy="average")
    assert apart.state() == before
    with monkeypatch.context() as patched:
        patched.setattr("weigh.versions.placing.write_all", full)
        with pytest.raises(StorageError, match="no room"):
            apart.merge(strategy="average")
    # The version is made, the folder is not there yet; it holds what it held.
    assert apart.files() == before[3]
    apart.checkout("main")
    assert len(apart.history().commit(apart.history().refs.current()).parents) == 2
    assert apart.files() != before[3]


@pytest.mark.parametrize("strategy", ["average", "ties", "dare", "slerp"])
def test_a_damaged_tensor_makes_no_version(apart, strategy):
    history = apart.history()
    file = history.tree_of("tune").file(NAME)
    tensor = manifest_of(history.objects, bytes.fromhex(file.id)).tensors()["layer.1"]
    found = history.objects.index.find(tensor.id)
    pack = history.objects.folder / found.pack
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[found.spot.offset + found.spot.length // 2] ^= 1
    pack.write_bytes(data)
    before = apart.state()
    with pytest.raises((IntegrityError, MalformedError)):
        apart.merge(strategy=strategy)
    assert apart.state() == before
    assert apart.merge(strategy="ours").id


@pytest.mark.parametrize("strategy", ["ties", "dare"])
def test_a_damaged_recipe_of_a_merge_is_noticed(apart, strategy):
    done = apart.merge(strategy=strategy)
    wanted = apart.load()
    history = apart.history()
    file = history.tree_of("HEAD").file(NAME)
    tensor = manifest_of(history.objects, bytes.fromhex(file.id)).tensors()["layer.1"]
    found = history.objects.index.find(tensor.id)
    pack = history.objects.folder / found.pack
    whole = pack.read_bytes()
    content = bytes(history.objects.content(tensor.id))
    pack.chmod(0o644)
    noticed = 0
    for at in range(found.spot.offset, found.spot.offset + found.spot.length, 3):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            # A weight that is another one in its last bits may make the same values: those are right, then.
            assert apart.history().objects.content(tensor.id) == content
        except (IntegrityError, MalformedError, NotFoundError):
            noticed += 1
    assert noticed > found.spot.length // 3 // 2
    pack.write_bytes(whole)
    apart.checkout("HEAD~1")
    apart.checkout(done.id)
    assert all(np.array_equal(apart.load()[n], wanted[n]) for n in wanted)
