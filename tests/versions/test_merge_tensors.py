"""Merging files of tensors: which are taken, which are computed, what that costs, what cannot be."""

import io

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file
from tests.versions.merge_scene import NAME, MergeScene, conflicts, moved, tensors

from weigh.store.packs.restoring import manifest_of
from weigh.store.recipes.description import recipe_of
from weigh.versions.conflicts import Why
from weigh.versions.merge import Outcome
from weigh.versions.merge_files import How


@pytest.fixture
def scene(tmp_path):
    return MergeScene(tmp_path)


def test_tensors_that_one_side_changed_are_taken_and_the_others_told(scene):
    base = tensors()
    ours, theirs = moved(base, {"layer.0", "layer.1"}, seed=1), moved(base, {"layer.1", "layer.2"}, seed=2)
    scene.apart({NAME: base}, {NAME: ours}, {NAME: theirs})
    before = scene.state()
    done = scene.merge()
    assert done.outcome is Outcome.CONFLICTS
    assert conflicts(done) == [(NAME, "layer.1", Why.BOTH_CHANGED)]
    assert (done.id, done.stored, scene.state()) == ("", 0, before)
    done = scene.merge(strategy="theirs")
    made = scene.load()
    assert all(
        np.array_equal(made[n], side[n])
        for n, side in (("layer.0", ours), ("layer.1", theirs), ("layer.2", theirs), ("layer.3", base))
    )
    counts = {one.path: dict(one.counts) for one in done.decided}
    assert counts == {NAME: {"ours": 1, "theirs": 2, "the same": 1}}
    # Tensors that were there take nothing; what is left is the description of file, tree and version.
    assert done.stored < 2500


STRATEGIES = {
    "average": lambda b, o, t: o * np.float32(0.7) + t * np.float32(0.3),
    "task-arithmetic": lambda b, o, t: b + ((o - b) + (t - b) * np.float32(0.3)),
}


@pytest.mark.parametrize("strategy", ["average", "task-arithmetic", "ties", "dare", "slerp"])
def test_a_computed_merge_is_kept_as_what_makes_it(scene, strategy):
    base = tensors(rows=4096)
    # Far enough apart for an arc: nearer tensors are interpolated along the line.
    by = 0.5 if strategy == "slerp" else 1e-2
    ours, theirs = moved(base, base, seed=1, by=by), moved(base, {"layer.1", "layer.2"}, seed=2, by=by)
    scene.apart({NAME: base}, {NAME: ours}, {NAME: theirs})
    done = scene.merge(strategy=strategy, weight=0.3, density=0.4, seed=9)
    assert done.outcome is Outcome.MERGED
    made = scene.load()
    assert np.array_equal(made["layer.0"], ours["layer.0"])
    if strategy in STRATEGIES:
        for name in ("layer.1", "layer.2"):
            assert np.array_equal(made[name], STRATEGIES[strategy](base[name], ours[name], theirs[name]))
    assert not np.array_equal(made["layer.1"], ours["layer.1"])
    history = scene.history()
    pieces = manifest_of(history.objects, bytes.fromhex(history.tree_of("HEAD").file(NAME).id)).tensors()
    described = recipe_of(history.objects, pieces["layer.1"].id)
    assert described.is_exact
    if strategy == "slerp":
        assert sum(described.parameters["factors"]) > 1.01
    assert done.kept.ways["recipe"].chunks == 2
    # The file takes 2 MB.
    assert done.stored < 0.001 * done.made[0][1] + 1500
    said = history.commit(done.id).provenance.made_by
    assert said.startswith(f"merge --strategy {strategy} --weight 0.3")
    assert ("--density 0.4" in said) == (strategy in {"ties", "dare"})
    assert ("--seed 9" in said) == (strategy == "dare")
    before = scene.files()
    scene.checkout("HEAD~1")
    scene.checkout("main")
    assert scene.files() == before


def test_a_linear_merge_takes_a_thousandth_at_most(scene):
    base = {f"layer.{i}": np.random.default_rng(i).normal(size=(1024, 1024)).astype("f4") for i in range(5)}
    base |= {f"bias.{i}": np.zeros(1024, "f4") for i in range(20)}
    scene.apart({NAME: base}, {NAME: moved(base, base, seed=1)}, {NAME: moved(base, base, seed=2)})
    done = scene.merge(strategy="average")
    assert done.made[0][1] > 21_000_000
    assert done.stored <= 0.001 * done.made[0][1]


def test_different_tensors_may_be_decided_differently(scene):
    base = tensors()
    ours, theirs = moved(base, base, seed=1), moved(base, base, seed=2)
    scene.apart({NAME: base}, {NAME: ours}, {NAME: theirs})
    done = scene.merge(strategy="average", by_tensor=["layer.1=theirs", "*.2=ours"])
    made = scene.load()
    assert np.array_equal(made["layer.1"], theirs["layer.1"])
    assert np.array_equal(made["layer.2"], ours["layer.2"])
    assert np.array_equal(
        made["layer.0"], (ours["layer.0"] * np.float32(0.5) + theirs["layer.0"] * np.float32(0.5))
    )
    said = scene.history().commit(done.id).provenance.made_by
    assert "--tensor-strategy layer.1=theirs --tensor-strategy *.2=ours" in said


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_types_are_as_they_were(scene, kind):
    base = tensors(kind=kind)
    scene.apart({NAME: base}, {NAME: moved(base, base, seed=1)}, {NAME: moved(base, base, seed=2)})
    scene.merge(strategy="ties")
    assert {array.dtype.str[1:] for array in scene.load().values()} == {kind}


def test_the_head_of_the_file_is_that_of_ours_or_of_the_one_that_fits(scene):
    base = tensors()
    with_head = moved(base, {"layer.0"}, seed=1) | {"layer.1": base["layer.1"] + 1}
    more = moved(base, {"layer.1"}, seed=2) | {"head": np.ones((8, 32), "f4")}
    scene.save(base, metadata={"format": "pt"})
    scene.commit("base", [""])
    scene.branch("tune")
    scene.checkout("tune")
    scene.save(more, metadata={"format": "pt", "by": "tune"})
    scene.commit("theirs", [""])
    scene.checkout("main")
    scene.save(with_head, metadata={"format": "pt", "by": "main"})
    scene.commit("ours", [""])
    scene.merge(strategy="average")
    made = scene.load()
    assert set(made) == {*base, "head"}
    assert np.array_equal(made["head"], more["head"])
    with safe_open(scene.folder / NAME, "np") as file:
        assert file.metadata() == {"format": "pt", "by": "tune"}
    # Where each side added another tensor neither head fits, and one is made.
    scene.checkout("HEAD~1")
    scene.save(with_head | {"other": np.ones(5, "f2")}, metadata={"by": "main"})
    scene.commit("more", [""])
    assert scene.history().refs.head == ""
    done = scene.merge(strategy="average")
    assert (done.outcome, done.branch) == (Outcome.MERGED, "")
    assert set(load_file(scene.folder / NAME)) == {*base, "head", "other"}
    with safe_open(scene.folder / NAME, "np") as file:
        assert file.metadata() == {"by": "main"}


def test_tensors_taken_away_or_reshaped(scene):
    base = tensors() | {"old": np.ones((4, 4), "f4"), "ids": np.arange(9)}
    ours = moved(base, base, seed=1) | {"ids": np.arange(9) + 1}
    theirs = moved(base, {"layer.0"}, seed=2) | {"layer.1": np.ones((3, 32), "f4"), "ids": np.arange(9) + 2}
    del theirs["old"]
    scene.apart({NAME: base}, {NAME: ours}, {NAME: theirs})
    done = scene.merge(strategy="average")
    assert conflicts(done) == [
        (NAME, "ids", Why.NO_NUMBERS), (NAME, "layer.1", Why.OTHER_FORM), (NAME, "old", Why.DELETED_THERE),
    ]  # fmt: skip
    assert done.conflicts[1].detail == "F32 64×32 ↔ F32 3×32"
    scene.merge(strategy="average", by_tensor=["ids=ours", "layer.1=theirs", "old=theirs"])
    made = scene.load()
    assert set(made) == set(theirs)
    assert made["layer.1"].shape == (3, 32)
    assert list(made["ids"]) == list(ours["ids"])


def test_other_architectures_are_told_by_what_differs(scene):
    base = tensors()
    other = {f"block.{i}.weight": np.ones((16, 16), "f4") for i in range(6)} | {
        "layer.0": np.ones((3, 3), "f4")
    }
    scene.apart({NAME: base}, {NAME: moved(base, base, seed=1)}, {NAME: other})
    before = scene.state()
    done = scene.merge(strategy="average")
    assert conflicts(done) == [(NAME, "", Why.OTHER_TENSORS)]
    assert done.conflicts[0].detail == (
        "only here: layer.1, layer.2, layer.3; "
        "only there: block.0.weight, block.1.weight, block.2.weight and 3 more; "
        "of another shape: layer.0 F32 64×32 ↔ F32 3×3"
    )
    assert scene.state() == before
    done = scene.merge(by_file=["*.safetensors=theirs"])
    assert set(scene.load()) == set(other)


def test_a_file_that_is_too_small_for_spans_is_merged_all_the_same(scene):
    base = {"w": np.zeros(4, "f4"), "b": np.zeros(2, "f4"), "empty": np.zeros((0, 3), "f4")}
    ours, theirs = base | {"w": np.ones(4, "f4")}, base | {"w": np.full(4, 3, "f4"), "b": np.ones(2, "f4")}
    scene.apart({NAME: base}, {NAME: ours}, {NAME: theirs})
    scene.merge(strategy="average")
    made = scene.load()
    assert (list(made["w"]), list(made["b"]), made["empty"].shape) == ([2] * 4, [1] * 2, (0, 3))


def npz(**arrays):
    made = io.BytesIO()
    np.savez(made, **arrays)
    return made.getvalue()


def test_other_tensor_files_are_taken_whole_or_are_the_same_in_another_wrapping(scene):
    one, two = np.arange(2000.0), np.ones(3000)
    scene.apart(
        {"a.npz": npz(x=one), "b.npz": npz(x=one, y=two)},
        {"a.npz": npz(x=one + 1), "b.npz": npz(x=two, y=one)},
        {"a.npz": npz(x=one + 2), "b.npz": npz(y=one, x=two)},
    )
    done = scene.merge(strategy="average")
    assert conflicts(done) == [("a.npz", "", Why.NOT_SAFETENSORS)]
    done = scene.merge(by_file=["a.npz=theirs"])
    assert {one.path: one.how for one in done.decided} == {"a.npz": How.THEIRS, "b.npz": How.WRAPPING}
    assert list(np.load(scene.folder / "a.npz")["x"]) == list(one + 2)


def test_a_long_chain_of_differences_is_merged_exactly(scene):
    base = tensors(rows=512, count=1)
    scene.put({NAME: base})
    scene.commit("base", [""])
    values = base
    for step in range(9):
        values = moved(values, values, seed=10 + step, by=1e-4)
        scene.put({NAME: values})
        scene.commit(f"step {step}")
    scene.branch("tune")
    theirs = moved(values, values, seed=30)
    scene.checkout("tune")
    scene.put({NAME: theirs})
    scene.commit("theirs")
    scene.checkout("main")
    ours = moved(values, values, seed=31)
    scene.put({NAME: ours})
    scene.commit("ours")
    scene.merge(strategy="average", weight=0.25)
    wanted = ours["layer.0"] * np.float32(0.75) + theirs["layer.0"] * np.float32(0.25)
    assert np.array_equal(scene.load()["layer.0"], wanted)
