"""Operations: the same bytes whichever range is asked for, and a clear refusal of what cannot be."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import MalformedError
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.record import Kind, Record
from weigh.store.recipes.cast import FLOAT_BYTES, FUSED, Cast, cast
from weigh.store.recipes.composed import Then
from weigh.store.recipes.dare import Dare
from weigh.store.recipes.layout import Gather, Part, Permute
from weigh.store.recipes.linear import Form, Linear
from weigh.store.recipes.lora import LowRank
from weigh.store.recipes.quantise import Blocks8, Bytes8
from weigh.store.recipes.samples import SampleSources
from weigh.store.recipes.table import dump_params, load_params, predict
from weigh.store.recipes.ties import Ties

RNG = np.random.default_rng(3)
ONE, TWO = (RNG.normal(0, 1, (64, 96)).astype(np.float32) for _ in range(2))
RULES = [
    (Cast("F32", "BF16"), [ONE], 2 * ONE.size),
    (Cast("F32", "F64"), [ONE], 8 * ONE.size),
    (Linear(Form.SUM, "F32", (0.5, 0.5), ("F32", "F32"), "F32"), [ONE, TWO], 4 * ONE.size),
    (Linear(Form.SHIFT, "F64", (1.0, 0.3), ("F32", "F32"), "F16"), [ONE, TWO], 2 * ONE.size),
    (Linear(Form.CHAIN, "BF16", (1.0, 0.3), ("F32", "F32"), "BF16"), [ONE, TWO], 2 * ONE.size),
    (Linear(Form.LERP, FUSED, (0.0, 0.6), ("F32", "F32"), "F32"), [ONE, TWO], 4 * ONE.size),
    (
        Ties("F32", (1.0, 0.5), (0, 1 << 30), (6144, 9), True, ("F32",) * 3, "F32"),
        [ONE, TWO, ONE],
        4 * ONE.size,
    ),
    (Dare("F64", (1.0, 0.5), (1, 2), 0.5, ("F32",) * 3, "BF16"), [ONE, TWO, ONE], 2 * ONE.size),
    (LowRank(64, 96, 4, 2.0, ("F32",) * 3, "F32", FUSED), [ONE, TWO, TWO], 4 * ONE.size),
    (LowRank(64, 96, 4, 2.0, ("F32",) * 3, "BF16", "F64", True, True), [ONE, TWO, TWO], 2 * ONE.size),
    (Gather(64, (Part(1, 0, 384, 128), Part(0, 8, 384, 64))), [ONE, TWO], 64 * 192),
    (Gather(1, (Part(1, 0, 0, 128), Part(0, 8, 0, 64))), [ONE, TWO], 192),
    (Permute((64, 96), (1, 0), 4), [ONE], 4 * ONE.size),
    (Permute((4, 2, 8, 96), (0, 2, 1, 3), 4), [ONE], 4 * ONE.size),
    (Then(Permute((64, 96), (1, 0), 4), Cast("F32", "F16")), [ONE], 2 * ONE.size),
    (Blocks8("F32"), [ONE], ONE.size // 32 * 34),
    (Bytes8("F32", 0, 0.03, 3, -128, 127), [ONE], ONE.size),
    (Bytes8("F32", 96, 127.0, 0, -128, 127, True), [ONE], ONE.size),
]


def sources(arrays):
    return SampleSources([memoryview(a.tobytes()) for a in arrays])


@pytest.mark.parametrize(("rule", "arrays", "size"), RULES, ids=lambda v: type(v).__name__)
@given(data=st.data())
@settings(max_examples=20)
def test_a_range_is_a_part_of_the_whole(rule, arrays, size, data):
    given_sources = sources(arrays)
    rule.check(given_sources, size)
    whole = bytes(rule.range(given_sources, 0, size))
    assert len(whole) == size
    begin = data.draw(st.integers(0, size // 8 - 1)) * 8
    end = data.draw(st.integers(begin // 8 + 1, size // 8)) * 8
    assert bytes(rule.range(given_sources, begin, end)) == whole[begin:end]


@pytest.mark.parametrize(("rule", "arrays", "size"), RULES, ids=lambda v: type(v).__name__)
def test_parameters_come_back_and_bounds_are_held(rule, arrays, size):
    assert load_params(dump_params(rule, 24)) == (rule, 24)
    with pytest.raises(MalformedError):
        rule.check(sources(arrays), size * 1000)
    with pytest.raises(MalformedError):
        rule.check(sources([a[:0] for a in arrays]), size)
    with pytest.raises(MalformedError):
        rule.check(sources([*arrays, ONE]), size)


@given(st.binary(max_size=200))
def test_any_parameters_are_read_or_refused(data):
    try:
        rule, begin = load_params(data)
    except MalformedError:
        return
    assert begin >= 0
    assert load_params(dump_params(rule, begin)) == (rule, begin)


@pytest.mark.parametrize(
    "params",
    [
        [2, 0, ["cast", "F32", "BF16"]],
        [1, -4, ["cast", "F32", "BF16"]],
        [1, 0, ["exec", "F32"]],
        [1, 0, ["low-rank", 1 << 40, 1, 1, 1.0, ["F32"] * 3, "F32", "F32"]],
        [1, 0, ["permute", [0], [0], 4]],
        [1, 0, ["gather", 1, []]],
        [1, 0, ["linear", "sum", "F32", [], [], "F32"]],
    ],
)
def test_parameters_of_another_kind_are_refused(params):
    with pytest.raises(MalformedError):
        load_params(msgspec.msgpack.encode(params))


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ([1, 0, ["cast", "F32", "I8"]], 16),
        ([1, 0, ["cast", "F32", "F64"]], 1 << 30),
        ([1, 1 << 60, ["cast", "F32", "F64"]], 16),
        ([1, 0, ["gather", 1 << 40, [[0, 0, 0, 1]]]], 16),
        ([1, 0, ["permute", [1 << 40, 2], [0, 1], 4]], 16),
        ([1, 0, ["permute", [2, 2], [0, 0], 4]], 16),
        ([1, 0, ["int8", "F32", 0, float("nan"), 0, -128, 127, False]], 16),
        ([1, 0, ["low-rank", 1 << 31, 1 << 31, 1024, 1.0, ["F32"] * 3, "F32", "F32"]], 16),
        ([1, 0, ["linear", "lerp", "F32", [1.0], ["F32"], "F32"]], 16),
        ([1, 3, ["linear", "sum", "F32", [1.0], ["F32"], "F32"]], 6),
        ([1, 0, ["ties", "F32", [1.0], [0], [4], True, ["F32"], "F32"]], 16),
        ([1, 0, ["ties", "F16", [1.0], [0], [4], True, ["F32", "F32"], "F32"]], 16),
        ([1, 0, ["dare", "F32", [1.0], [0], 0.5, ["F32"], "F32"]], 16),
    ],
)
def test_hostile_recipes_are_refused_before_anything_is_read(tmp_path, params, size):
    with Objects(tmp_path, predict=predict) as objects:
        payload = bytes(range(64))
        name = content_id(payload)
        with objects.writing() as writer:
            writer.add(Record(name, Kind.CHUNK, 0, 1, False, 64, 0, (), b"", payload))
        record = Record(
            bytes(32), Kind.CHUNK, 7, 1, False, size, 1, (name,), msgspec.msgpack.encode(params), b""
        )
        with pytest.raises(MalformedError):
            predict(objects, record)


def test_a_recipe_of_itself_is_refused(tmp_path):
    with Objects(tmp_path, predict=predict) as objects:
        params = dump_params(Cast("F32", "BF16"), 0)
        with pytest.raises(MalformedError):
            predict(objects, Record(bytes(32), Kind.CHUNK, 7, 1, False, 16, 1, (bytes(32),), params, b""))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=64))
def test_bfloat16_is_the_nearest_even_one(bits):
    values = np.array(bits, np.uint32).view(np.float32)
    made = np.frombuffer(cast(values.data.cast("B"), "F32", "BF16"), np.uint16)
    back = (made.astype(np.uint32) << 16).view(np.float32)
    for value, near, kept in zip(values, back, made, strict=True):
        if np.isnan(value):
            assert np.isnan(near)
            continue
        around = np.array([int(kept) - 1, int(kept) + 1], np.int64)
        others = ((around & 0xFFFF).astype(np.uint32) << 16).view(np.float32)
        with np.errstate(all="ignore"):
            distance = abs(float(value) - float(near))
            assert all(not abs(float(value) - float(o)) < distance for o in others if np.isfinite(o))


@pytest.mark.parametrize("wide", ["F32", "F64"])
@pytest.mark.parametrize("narrow", ["F16", "BF16"])
def test_every_narrow_value_survives_widening(wide, narrow):
    bits = np.arange(1 << 16, dtype=np.uint16)
    finite = bits[(bits & 0x7C00 != 0x7C00) if narrow == "F16" else (bits & 0x7F80 != 0x7F80)]
    there = cast(finite.data.cast("B"), narrow, wide)
    assert len(there) == len(finite) * FLOAT_BYTES[wide]
    assert bytes(cast(there, wide, narrow)) == finite.tobytes()


@pytest.mark.parametrize(
    "rule",
    [
        Ties("F32", (1.0,), (-1,), (0,), True, ("F32",) * 2, "F32"),
        Ties("F32", (1.0,), (0,), (-1,), True, ("F32",) * 2, "F32"),
        Ties("F32", (1.0, 1.0), (0,), (0,), True, ("F32",) * 2, "F32"),
        Dare("F32", (1.0,), (0,), 0.0, ("F32",) * 2, "F32"),
        Dare("F32", (1.0,), (0,), float("nan"), ("F32",) * 2, "F32"),
        Dare("F32", (1.0,), (-1,), 0.5, ("F32",) * 2, "F32"),
    ],
)
def test_numbers_that_no_merge_has_are_refused(rule):
    with pytest.raises(MalformedError):
        rule.check(sources([ONE, TWO]), 64)


def test_a_type_that_is_no_text_is_refused():
    data = dump_params(Cast("F32", "BF16"), 0).replace(b"BF16", b"BF1\xb6")
    with pytest.raises(MalformedError):
        load_params(data)


@pytest.mark.parametrize("begin", [1, 2, 3])
def test_a_range_that_begins_inside_a_value_is_refused(begin):
    for rule in (
        Linear(Form.SUM, "F32", (0.5, 0.5), ("F32",) * 2, "F32"),
        Ties("F32", (1.0,), (1 << 40,), (0,), True, ("F32",) * 2, "F32"),
        Dare("F32", (1.0,), (0,), 1.0, ("F32",) * 2, "F32"),
    ):
        with pytest.raises(MalformedError):
            rule.range(sources([ONE, TWO]), begin, begin + 6)
