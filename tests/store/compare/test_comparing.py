"""Two models held against each other: what happened to each tensor, and what the whole looks like."""

import numpy as np
import pytest
from tests.store.compare.model_files import bf16, matrix, safetensors, side

from weigh.core.errors import StorageError
from weigh.core.model_diff import Spread, Turn
from weigh.store.compare.comparing import compare_tensors, describe_together
from weigh.store.compare.whole import compare_models


def compared(old, new, **files):
    one, other = (
        side("old", {"m.safetensors": safetensors(old)}),
        side("new", {"m.safetensors": safetensors(new)}),
    )
    return compare_tensors(one, other, **files)


def turns(found):
    return {t.name: t.turn for t in found.tensors}


def test_each_turn_is_told():
    kept, moved, shaped = matrix(1, 8, 8), matrix(2, 20, 20), matrix(3, 4, 8)
    old = {"kept": kept, "moved": moved, "shaped": shaped, "typed": matrix(4, 6), "gone": matrix(5, 7)}
    new = {"kept": kept, "moved": moved + np.float32(1e-3), "shaped": matrix(3, 5, 8),
           "typed": bf16(matrix(4, 6)), "come": matrix(6, 9)}  # fmt: skip
    found = compared(old, new)
    assert turns(found) == {
        "moved": Turn.CHANGED, "shaped": Turn.RESHAPED, "typed": Turn.RETYPED, "gone": Turn.REMOVED,
        "come": Turn.ADDED,
    }  # fmt: skip
    assert (found.same_tensors, found.same_values) == (1, 64)
    assert found.old_values == 64 + 400 + 32 + 6 + 7


def test_distances_are_those_of_the_formulas():
    old, new = matrix(1, 40, 50), matrix(1, 40, 50) + matrix(2, 40, 50, scale=0.001)
    far = compared({"w": old}, {"w": new}).tensors[0].distance
    apart = new.astype(float) - old.astype(float)
    assert far.relative_l2 == pytest.approx(np.linalg.norm(apart) / np.linalg.norm(old), rel=1e-5)
    cosine = (old.astype(float) * new).sum() / np.linalg.norm(old) / np.linalg.norm(new)
    assert far.cosine == pytest.approx(cosine, abs=1e-6)
    assert far.mean_absolute == pytest.approx(np.abs(apart).mean(), rel=1e-5)
    assert far.count == 2000


def test_the_same_bytes_under_another_name_are_a_new_name():
    a, b = matrix(1, 10, 10), matrix(2, 10, 10)
    found = compared({"x.a.weight": a, "x.b.weight": b}, {"y.a.weight": a, "y.b.weight": b})
    assert turns(found) == {"y.a.weight": Turn.RENAMED, "y.b.weight": Turn.RENAMED}
    assert {t.name: t.old_name for t in found.tensors} == {
        "y.a.weight": "x.a.weight",
        "y.b.weight": "x.b.weight",
    }


def test_zeros_are_no_sign_of_a_new_name():
    zeros = np.zeros((20, 20), np.float32)
    assert turns(compared({"a": zeros}, {"b": zeros})) == {"a": Turn.REMOVED, "b": Turn.ADDED}


def test_a_lost_prefix_pairs_names_whose_values_changed():
    old = {f"bert.encoder.layer.{i}.weight": matrix(i, 20, 20) for i in range(3)}
    new = {name.removeprefix("bert."): array * np.float32(1.01) for name, array in old.items()}
    found = compared(old, new)
    assert set(turns(found).values()) == {Turn.CHANGED}
    assert all(t.old_name == f"bert.{t.name}" for t in found.tensors)


def test_a_model_cut_into_other_files_is_the_same_model():
    tensors = {f"layer.{i}.weight": matrix(i, 10, 10) for i in range(4)}
    parts = [dict(list(tensors.items())[:2]), dict(list(tensors.items())[2:])]
    one = side("one", {"model.safetensors": safetensors(tensors)})
    two = side("two", {f"model-{i}.safetensors": safetensors(part) for i, part in enumerate(parts)})
    found = compare_models(one, two)
    assert found.tensors == ()
    assert found.same_tensors == 4
    assert len(found.files) == 3


def test_a_tensor_larger_than_a_piece_of_work_is_one_tensor(monkeypatch):
    monkeypatch.setattr("weigh.store.compare.comparing.READ", 1000)
    monkeypatch.setattr("weigh.store.compare.comparing.TASK", 3000)
    old = matrix(1, 200, 100)
    new = old + matrix(2, 200, 3) @ matrix(3, 3, 100)
    cut = compared({"w": old}, {"w": new}).tensors[0]
    monkeypatch.undo()
    whole = compared({"w": old}, {"w": new}).tensors[0]
    assert cut.distance.changed == whole.distance.changed
    assert cut.distance.relative_l2 == pytest.approx(whole.distance.relative_l2)
    assert cut.rank.spread is whole.rank.spread is Spread.LOW
    assert cut.rank.rank == whole.rank.rank == 3


def test_what_training_left_behind_is_counted_apart():
    old = {
        "model.w": matrix(1, 5),
        "optimizer.state.0.exp_avg": matrix(2, 5),
        "optimizer.state.1.step": matrix(3, 1),
    }
    new = {**old, "optimizer.state.0.exp_avg": matrix(4, 5)}
    found = compared(old, new)
    assert [t.training for t in found.tensors] == [True]
    assert (found.same_tensors, found.same_training, found.overall) == (1, 1, None)
    assert found.old_values == 5


def test_types_without_numbers_are_compared_as_bytes():
    old, new = (("F4", [8], bytes([1, 2, 3, last])) for last in (4, 5))
    tensor = compared({"q": old}, {"q": new}).tensors[0]
    assert tensor.turn is Turn.CHANGED
    assert tensor.distance is None
    assert "25.0% of the bytes differ" in tensor.note
    assert compared({"q": old}, {"q": old}).tensors == ()


def test_a_file_that_was_cut_off_while_it_was_compared_is_an_error():
    data = safetensors({"w": matrix(1, 50, 50)})
    one = side("old", {"m.safetensors": data})
    other = side("new", {"m.safetensors": safetensors({"w": matrix(2, 50, 50)})})
    other.view.facts("m.safetensors")
    from dataclasses import replace

    from weigh.formats.reader import BytesReader

    shorter = replace(other, open=lambda _: BytesReader(data[:-100]))
    with pytest.raises(StorageError, match="shorter"):
        compare_tensors(one, shorter)


def test_a_merged_adapter_is_read_from_the_whole():
    old = {
        f"layer.{i}.{part}.weight": matrix(10 * i + p, 64, 96)
        for i in range(3)
        for p, part in enumerate("qkv")
    }
    new = {
        name: array if ".k." in name else array + matrix(90, 64, 4, scale=0.3) @ matrix(91, 4, 96, scale=0.3)
        for name, array in old.items()
    }
    found = compared(old, new)
    told = describe_together(found.tensors, found.same_tensors)
    assert told.startswith("looks like a rank-4 LoRA of the old version, merged into 6 matrices (q, v)")


def test_a_full_fine_tune_is_not_read_as_an_adapter():
    old = {f"layer.{i}.weight": matrix(i, 64, 96) for i in range(3)}
    new = {name: array + matrix(50, 64, 96, scale=0.001) for name, array in old.items()}
    found = compared(old, new)
    assert "a fine-tune of all of them" in describe_together(found.tensors, 0)
    other = {name: matrix(70 + i, 64, 96) for i, name in enumerate(old)}
    found = compared(old, other)
    assert "trained anew" in describe_together(found.tensors, 0)


def test_a_cast_is_read_as_one():
    old = {"w": matrix(1, 30, 30), "b": matrix(2, 30)}
    found = compared(old, {name: bf16(array) for name, array in old.items()})
    assert describe_together(found.tensors, 0) == "every value is the old one in another type (F32 → BF16)"


def test_the_same_files_are_not_read():
    files = {"m.safetensors": safetensors({"w": matrix(1, 10)})}
    assert compare_models(side("a", files), side("b", files)).differs is False


@pytest.mark.parametrize("damage", [b"", b"\x00" * 8, b"\xff" * 64])
def test_a_broken_file_is_named_and_the_rest_compared(damage):
    one = side("old", {"m.safetensors": safetensors({"w": matrix(1, 9)}), "config.json": b'{"a": 1}'})
    other = side("new", {"m.safetensors": damage, "config.json": b'{"a": 2}'})
    found = compare_models(one, other)
    assert [v.key for v in found.values] == ["a"]
    assert turns(found) == {"w": Turn.REMOVED}


def test_empty_tensors_are_neither_changed_nor_counted():
    empty = {"e": np.zeros((0, 4), np.float32), "w": matrix(1, 5), "s": np.float32(2).reshape(())}
    found = compared(empty, {**empty, "w": matrix(2, 5)})
    assert turns(found) == {"w": Turn.CHANGED}
    assert found.same_tensors == 1
