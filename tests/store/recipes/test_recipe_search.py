"""What follows from what is found, takes next to nothing, and comes back bit for bit."""

import math

import numpy as np
import pytest
from tests.store.recipes.recipe_stores import Store, brain

from weigh.store.packs.restoring import manifest_of
from weigh.store.recipes.description import recipe_of
from weigh.store.recipes.search import Adapter, Hints


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store")
    yield made
    made.close()


def weights(seed=0, layers=4, side=192):
    rng = np.random.default_rng(seed)
    return {f"layer.{i}.weight": rng.normal(0, 0.05, (side, side)).astype(np.float32) for i in range(layers)}


def tuned(tensors, seed, size=0.003):
    rng = np.random.default_rng(seed)
    return {k: v + rng.normal(0, size * 0.05, v.shape).astype(np.float32) for k, v in tensors.items()}


def typed(tensors, dtype="F32"):
    return {k: (dtype, v) for k, v in tensors.items()}


def ops(store, name):
    """The operations that the tensors of a file are kept as."""
    found = [p for p in manifest_of(store.objects, store.files[name]).pieces if p.span.dtype]
    return [recipe_of(store.objects, p.id) for p in found]


RAW = 4 * 192 * 192 * 4
SMALL = 0.01
"""Share of these toy tensors that records and the manifest may take; of real ones they are far less."""


def test_a_tune_is_kept_as_differences_and_no_recipe(store):
    base = weights()
    alone = store.add("base", typed(base))
    assert store.add("tune", typed(tuned(base, 1))) < 0.8 * alone
    assert store.given["tune"] == {"delta": 4}
    assert ops(store, "tune") == [None] * 4


@pytest.mark.parametrize(
    ("dtype", "made"),
    [
        ("BF16", brain),
        ("F16", lambda v: v.astype(np.float16)),
        ("F64", lambda v: v.astype(np.float64)),
    ],
)
def test_a_cast_takes_nothing(store, dtype, made):
    base = weights()
    store.add("base", typed(base))
    assert store.add("cast", {k: (dtype, made(v)) for k, v in base.items()}) < SMALL * RAW
    for found in ops(store, "cast"):
        assert (found.op, found.is_exact, found.rest) == ("cast", True, 0)


def test_a_chain_of_tunes_and_their_casts_stays_a_chain(store):
    tensors = weights(layers=1)
    alone = store.add("0", typed(tensors))
    for step in range(1, 7):
        tensors = tuned(tensors, step)
        assert store.add(f"{step}", typed(tensors)) < 0.8 * alone
        assert store.add(f"{step}-half", {k: ("BF16", brain(v)) for k, v in tensors.items()}) < SMALL * RAW


def test_a_cast_under_other_names_is_found_by_its_sketch(store):
    base = weights()
    store.add("base", typed(base))
    other = {f"blk.{i}.w": ("F16", v.astype(np.float16)) for i, v in enumerate(base.values())}
    assert store.add("cast", other) < SMALL * RAW
    assert store.given["cast"] == {"cast": 4}


F = np.float32


@pytest.mark.parametrize(
    "merge",
    [
        lambda w, a, b: F(0.5) * a + F(0.5) * b,
        lambda w, a, b: F(0.3) * a + F(0.7) * b,
        lambda w, a, b: w + F(0.4) * (a - w) + F(0.7) * (b - w),
        lambda w, a, b: w + (F(0.4) * (a - w) + F(0.7) * (b - w)),
        lambda w, a, b: (w + a + b) / F(3),
        lambda w, a, b: a + (b - w),
        lambda w, a, b: w + F(1.5) * (a - w),
    ],
)
def test_a_merge_takes_nothing(store, merge):
    base = weights()
    one, two = tuned(base, 1), tuned(base, 2)
    for name, tensors in (("base", base), ("one", one), ("two", two)):
        store.add(name, typed(tensors))
    merged = {k: merge(base[k], one[k], two[k]) for k in base}
    assert store.add("merged", typed(merged)) < SMALL * RAW
    assert all(f.op == "linear" and f.is_exact for f in ops(store, "merged"))


def test_a_merge_of_16_bit_models_rounds_after_every_step(store):
    base = weights()
    one = tuned(base, 1)
    store.add("base", {k: ("BF16", brain(v)) for k, v in base.items()})
    store.add("one", {k: ("BF16", brain(v)) for k, v in one.items()})

    def wide(bits):
        return (bits.astype(np.uint32) << 16).view(np.float32)

    merged = {
        k: brain(wide(brain(F(0.25) * wide(brain(base[k])))) + wide(brain(F(0.75) * wide(brain(one[k])))))
        for k in base
    }
    assert store.add("merged", {k: ("BF16", v) for k, v in merged.items()}) < 2 * SMALL * RAW


def test_unrelated_models_are_no_merge(store):
    for seed in range(3):
        store.add(str(seed), typed(weights(seed)))
        assert ops(store, str(seed)) == [None] * 4
    assert store.given["2"] == {"none": 4}


def fused(left, right, scale):
    total = np.outer(left[:, 0], right[0]).astype(np.float32)
    for rank in range(1, left.shape[1]):
        total = (total + np.outer(left[:, rank].astype("f8"), right[rank].astype("f8"))).astype(np.float32)
    return np.float32(scale) * total


@pytest.fixture
def adapted():
    base, rng = weights(), np.random.default_rng(5)
    left = {k: rng.normal(0, 0.05, (192, 8)).astype(np.float32) for k in base}
    right = {k: rng.normal(0, 0.05, (8, 192)).astype(np.float32) for k in base}
    return base, left, right, {k: base[k] + fused(left[k], right[k], 2.0) for k in base}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("alpha", [16.0, 0.0])
def test_a_merged_adapter_takes_nothing(store, adapted, alpha, turned):
    base, left, right, merged = adapted
    adapter = {}
    for k in base:
        path = "base_model.model." + k.removesuffix(".weight")
        adapter[f"{path}.lora_A.weight"] = ("F32", right[k])
        adapter[f"{path}.lora_B.weight"] = ("F32", left[k])
    if turned:
        base, merged = ({k: np.ascontiguousarray(v.T) for k, v in t.items()} for t in (base, merged))
    store.add("base", typed(base))
    store.add("adapter", adapter)
    hints = Hints(parents=(store.files["base"],), adapters=(Adapter(store.files["adapter"], alpha),))
    assert store.add("merged", typed(merged), hints=hints) < SMALL * RAW
    assert {f.op for f in ops(store, "merged")} == {"low-rank"}


def test_low_rank_structure_is_found_without_the_adapter(store, adapted):
    base, _, _, merged = adapted
    store.add("base", typed(base))
    factors = 4 * 2 * 192 * 8 * 4
    assert store.add("merged", typed(merged)) < factors + 0.15 * RAW
    assert store.given["merged"] == {"low-rank": 4}
    assert all(f.parameters["rank"] == 8 for f in ops(store, "merged"))


def test_the_scale_of_an_adapter_is_read_as_its_configuration_says():
    assert Adapter(b"", 16.0).scale("a.q", 8) == 2.0
    assert Adapter(b"", 16.0, rank_stabilised=True).scale("a.q", 4) == 8.0
    assert Adapter(b"", 16.0, alphas={"q": 4.0}).scale("a.q", 8) == 0.5
    assert math.isclose(Adapter(b"", 16.0, alphas={"q": 4.0}).scale("a.v", 8), 2.0)


def test_matrices_turned_over_are_found(store):
    base = {k: v[:, :160].copy() for k, v in weights().items()}
    store.add("base", typed(base))
    turned = {f"onnx.{i}": ("F32", np.ascontiguousarray(v.T)) for i, v in enumerate(base.values())}
    assert store.add("turned", turned) < SMALL * RAW
    assert {f.op for f in ops(store, "turned")} == {"permute"}


@pytest.mark.parametrize("axis", [0, 1])
def test_fused_and_split_matrices_are_found(store, axis):
    base = weights(layers=3)
    q, k, v = base.values()
    store.add("apart", {"0.q": ("F32", q), "0.k": ("F32", k), "0.v": ("F32", v)})
    whole = np.concatenate([q, k, v], axis=axis)
    assert store.add("fused", {"0.qkv": ("F32", whole)}) < SMALL * RAW
    other = weights(7, 3)
    a, b, c = other.values()
    store.add("fused2", {"1.qkv": ("F32", np.concatenate([a, b, c], axis=axis))})
    spent = store.add("apart2", {"1.v": ("F32", c), "1.k": ("F32", b), "1.q": ("F32", a)})
    assert spent < SMALL * RAW
    assert {f.op for f in ops(store, "apart2")} == {"gather"}


def test_blocks_of_gguf_are_found(store):
    base = weights()
    store.add("base", typed(base))
    made = {}
    for i, v in enumerate(base.values()):
        blocks = v.reshape(-1, 32)
        scale = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)
        inverse = np.float32(1) / scale
        whole = np.sign(blocks * inverse) * np.floor(np.abs(blocks * inverse) + np.float32(0.5))
        raw = np.concatenate(
            [scale.astype(np.float16).view(np.uint8), whole.astype(np.int8).view(np.uint8)], 1
        )
        made[f"blk.{i}"] = ("BLOCKS", raw, "q8_0: 32 values in 34 bytes", v.shape)
    assert store.add("gguf", made) < SMALL * RAW
    assert {f.op for f in ops(store, "gguf")} == {"q8_0"}


@pytest.mark.parametrize("per_row", [False, True])
def test_whole_bytes_are_found(store, per_row):
    base = weights()
    store.add("base", typed(base))
    made = {}
    for k, v in base.items():
        most = np.abs(v).max(axis=1, keepdims=True) if per_row else np.abs(v).max()
        made[k + "_quantized"] = (
            "I8",
            np.clip(np.rint(v / (most / np.float32(127))), -128, 127).astype(np.int8),
        )
    assert store.add("int8", made) < SMALL * RAW
    assert {f.op for f in ops(store, "int8")} == {"int8"}


def test_whole_bytes_of_matrices_turned_over_are_found(store):
    base = {k: v[:, :160].copy() for k, v in weights().items()}
    store.add("base", typed(base))
    made = {}
    for i, v in enumerate(base.values()):
        scale = np.abs(v).max() / np.float32(127)
        made[f"onnx::MatMul_{i}_quantized"] = ("I8", np.rint(v.T / scale).astype(np.int8))
    assert store.add("int8", made) < SMALL * RAW
    assert {f.op for f in ops(store, "int8")} == {"then"}


def test_odd_values_come_back(store):
    base = weights(layers=1)
    v = base["layer.0.weight"].reshape(-1)
    v[:8] = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38]
    v.view(np.uint32)[8:12] = [0x7F800001, 0xFFC12345, 0x7FFFFFFF, 0x00000001]
    store.add("base", typed(base))
    with np.errstate(all="ignore"):
        half = base["layer.0.weight"].astype(np.float16)
    store.add("half", {"layer.0.weight": ("F16", half)})
    store.add("brain", {"layer.0.weight": ("BF16", brain(base["layer.0.weight"]))})
    with np.errstate(all="ignore"):
        twice = {k: x + x for k, x in base.items()}
        mean = {k: F(0.5) * x + F(0.5) * (x + x) for k, x in base.items()}
    store.add("twice", typed(twice))
    store.add("mean", typed(mean))


def test_a_damaged_relative_is_no_relative(store, tmp_path):
    base = weights()
    store.add("base", typed(base))
    pack = next((tmp_path / "store").rglob("*.pack"))
    data = bytearray(pack.read_bytes())
    data[len(data) // 4 : len(data) // 4 + 64] = bytes(64)
    pack.chmod(0o644)
    pack.write_bytes(data)
    pack.chmod(0o444)
    tune = typed(tuned(base, 1))
    from weigh.core.errors import UntrustedError

    try:
        store.add("tune", tune)
    except UntrustedError:
        # The base of another tensor may be the damaged one; then nothing was added.
        assert "tune" not in store.files
