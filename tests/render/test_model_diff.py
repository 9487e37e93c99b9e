"""Screen, JSON and page of a comparison: every number is there, no text of a stranger acts."""

import json
from dataclasses import replace

from weigh.core.change import ChangeKind, CodeChange, FileChange, Turned, ValueChange
from weigh.core.model_diff import (
    AnswerChange,
    DeltaRank,
    Distance,
    Form,
    ListChange,
    ModelDiff,
    Share,
    Spread,
    TensorDiff,
    Turn,
)
from weigh.render.model_diff_html import page
from weigh.render.model_diff_json import to_json
from weigh.render.model_diff_screen import model_diff_screen
from weigh.render.model_layers import by_layer, in_order, layer_of

EVIL = "\x1b[2J</script><img src=x onerror=alert(1)>\u202e"


def tensor(name, moved, **more):
    far = Distance(100, 1.0, moved, 1 - moved**2 / 2, moved / 10, moved, 1000)
    form = Form("F32", (10, 10))
    return replace(TensorDiff(name, Turn.CHANGED, "m", name, form, form, far), **more)


def diff(*tensors, **more):
    return ModelDiff("one", "two", tensors, 3, 300, 1000, 1000, tensors[0].distance if tensors else None,
                     files=(FileChange("m", ChangeKind.CHANGED, 10, 20),), **more)  # fmt: skip


def test_layers_come_from_names():
    assert layer_of("encoder.layer.3.attention.query.weight") == ("encoder.layer.3", "attention.query.weight")
    assert layer_of("embeddings.LayerNorm.bias") == ("embeddings", "LayerNorm.bias")
    assert layer_of("a/b/0/c") == ("a/b/0", "c")
    assert layer_of("w") == ("", "w")
    assert layer_of("mlp.0") == ("mlp", "0")
    found = by_layer([tensor("l.10.w", 0.1), tensor("l.2.w", 0.3), tensor("l.2.b", 0.5)])
    assert [layer.name for layer in found] == ["l.2", "l.10"]
    assert [rest for rest, _ in found[0].tensors] == ["b", "w"]
    assert [layer.name for layer in in_order(found)] == ["l.2", "l.10"]


def test_the_screen_has_the_largest_change_first():
    low = DeltaRank(Spread.LOW, 8, (128, 128), 1.0)
    text = model_diff_screen(
        diff(tensor("l.0.w", 0.1, rank=low), tensor("l.1.w", 0.4), reading="looks like X")
    )
    assert "looks like X" in text
    assert text.index("l.1") < text.index("l.0")
    assert "rank 8" in text
    assert "2 changed · 3 the same" in text


def test_what_is_long_is_cut_and_said():
    many = [tensor(f"l.{i}.{part}", 0.1) for i in range(20) for part in "abcdef"]
    text = model_diff_screen(diff(*many))
    assert "and 12 more layers with 72 tensors (--all)" in text
    assert "and 2 more" in text
    assert len(model_diff_screen(diff(*many), whole=True).splitlines()) > 140


def answers():
    share = Share(5, 0.05, 0.02, 0.11)
    return AnswerChange(
        "rows", "as it is", 100, share, share, share, share, share, Share(100, 0.01, -0.03, 0.05), 0.5
    )


def test_answers_are_told_with_their_intervals():
    text = model_diff_screen(diff(tensor("l.0.w", 0.1), answers=answers()))
    assert "5 rows, 5.0 % [2.0, 11.0]" in text
    assert "+1.0 points [−3.0, +5.0]" in text


def hostile():
    return diff(
        tensor(f"l.0.{EVIL}", 0.1, note=EVIL),
        statements=(Turned(EVIL, EVIL, EVIL),),
        values=(ValueChange(EVIL, EVIL, ChangeKind.CHANGED, EVIL, EVIL),),
        lists=(ListChange("labels", EVIL, 1, 2, 1, examples=(EVIL,)),),
        code=(CodeChange(EVIL, ChangeKind.CHANGED, (f"+{EVIL}",)),),
        unknown=(EVIL,),
        answers=replace(answers(), data=EVIL, notes=(EVIL,)),
        reading=EVIL,
    )


def test_hostile_text_does_not_act():
    for text in (model_diff_screen(hostile(), whole=True), page(hostile()), to_json(hostile())):
        assert "\x1b" not in text
        assert "\u202e" not in text
    made = page(hostile())
    assert "<img" not in made
    assert made.count("</script>") == made.count("<script")


def test_the_page_has_a_map_and_the_numbers_and_loads_nothing():
    made = page(diff(tensor("l.0.w", 0.125), tensor("l.1.w", 0.5)))
    assert "default-src &#x27;none&#x27;" in made
    assert 'class="chart"' in made
    assert "0.125" in made
    assert "http://" not in made.split("<script", 1)[0]
    assert "Every tensor is the same" in page(ModelDiff("a", "b"))


def test_json_has_every_difference():
    told = json.loads(to_json(diff(tensor("l.0.w", 0.1))))
    assert told["schema"] == "weigh/model-diff/1"
    assert told["tensors"][0]["distance"]["relative_l2"] == 0.1
    assert told["tensors"][0]["turn"] == "changed"


def test_nothing_differs():
    assert "nothing differs" in model_diff_screen(ModelDiff("a", "b"))


def test_of_long_paths_both_ends_are_shown():
    old, new = (f"models/{'deep/' * 30}{name}/model.safetensors" for name in ("base", "tuned"))
    first, second = model_diff_screen(replace(diff(), old=old, new=new), width=80).splitlines()[:2]
    assert first.startswith("  …")
    assert first.endswith("base/model.safetensors")
    assert second.startswith("  → …")
    assert second.endswith("tuned/model.safetensors")
    assert max(len(first), len(second)) <= 80
