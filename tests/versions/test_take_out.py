"""One tensor of a version, read back by NumPy and safetensors."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from weigh.core.errors import NotFoundError, RefusedError, UsageError
from weigh.jobs.restore import RestoreOptions, restore

TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


@pytest.fixture
def held(scene):
    rng = np.random.default_rng(0)
    tensors = {}
    for name in TYPES:
        for shape in ((600, 3), (513,), ()):
            values = rng.integers(0, 100, shape) if name != "?" else rng.integers(0, 2, shape)
            tensors[f"{name}/{len(shape)}"] = np.asarray(values).astype(name)
    save_file(tensors, scene.folder / "all.safetensors")
    scene.commit()
    return tensors


def test_every_type_comes_back(scene, held):
    for name, wanted in held.items():
        for suffix in (".npy", ".safetensors"):
            done = restore(
                scene.desk,
                scene.folder,
                RestoreOptions("HEAD", "all.safetensors", name, f"t{suffix}", force=True),
            )
            got = np.load(done.path) if suffix == ".npy" else load_file(done.path)[name]
            assert got.dtype == wanted.dtype
            assert np.array_equal(got, wanted)
            assert got.shape == wanted.shape


def test_what_numpy_has_no_type_for(scene):
    data = np.arange(4096, dtype="<u2").tobytes()
    head = b'{"w":{"dtype":"BF16","shape":[64,64],"data_offsets":[0,8192]}}'
    scene.write({"m.safetensors": len(head).to_bytes(8, "little") + head + data})
    scene.commit()
    with pytest.raises(UsageError, match="no type for BF16"):
        restore(scene.desk, scene.folder, RestoreOptions("HEAD", "m.safetensors", "w"))
    assert not (scene.folder / "w.npy").exists()
    done = restore(scene.desk, scene.folder, RestoreOptions("HEAD", "m.safetensors", "w", "w.safetensors"))
    assert done.path.read_bytes().endswith(data)
    with safe_open(done.path, "numpy") as file:
        assert file.get_slice("w").get_dtype() == "BF16"


def test_what_is_not_there(scene, held):
    for options in (
        RestoreOptions("HEAD", "none"),
        RestoreOptions("none", "all.safetensors"),
        RestoreOptions("HEAD", "all.safetensors", "none"),
    ):
        with pytest.raises(NotFoundError):
            restore(scene.desk, scene.folder, options)
    with pytest.raises(UsageError, match="how to write"):
        restore(scene.desk, scene.folder, RestoreOptions("HEAD", "all.safetensors", "f4/1", "x.bin"))
    with pytest.raises(RefusedError, match="there already"):
        restore(scene.desk, scene.folder, RestoreOptions("HEAD", "all.safetensors"))


def test_a_tensor_with_a_hostile_name(scene):
    save_file({"../../\x1bevil": np.zeros(2000, "f4")}, scene.folder / "m.safetensors")
    scene.commit()
    done = restore(scene.desk, scene.folder, RestoreOptions("HEAD", "m.safetensors", "../../\x1bevil"))
    assert done.path.parent == scene.folder
    assert np.array_equal(np.load(done.path), np.zeros(2000, "f4"))
