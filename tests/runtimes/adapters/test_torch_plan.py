"""How safetensors weights are to be run, read off what their files say. Needs no torch."""

from dataclasses import dataclass

import pytest

from weigh.core.clearance import Clearance
from weigh.core.errors import MissingExtraError
from weigh.core.events import Silent
from weigh.core.facts import Basis, Coverage, Fact, FileFacts, ValuePort
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.runtimes import open as opening
from weigh.runtimes.open import WorkerLimits, open_text_model
from weigh.runtimes.spec import TORCH, Unplanned, plan

FACTS = {
    "architecture": "BertModel", "task": "feature-extraction", "pooling.mode": "mean", "normalise": True,
    "max_length": 256, "modules": ["Transformer", "Pooling", "Normalize"],
}  # fmt: skip
LABELS = {"architecture": "BertForSequenceClassification", "task": "text-classification",
          "labels": ["bad", "good"], "pooling.mode": None}  # fmt: skip
INPUTS = tuple(ValuePort(n, "I64", ("b", "s")) for n in ("input_ids", "attention_mask"))
HIDDEN = ValuePort("last_hidden_state", "F32", ("b", "s", 384))


def digest(path):
    return path.encode().hex().ljust(64, "0")[:64]


@dataclass
class View:
    files: list
    values: dict
    config: str = "config.json"

    @property
    def snapshot(self):
        return Snapshot.of(SnapshotFile(f.path, 10, digest(f.path)) for f in self.files)

    def facts(self, path):
        return next(f for f in self.files if f.path == path)

    def all_facts(self):
        return tuple(sorted(self.files, key=lambda f: f.path))

    def fact(self, name):
        value = self.values.get(name)
        return None if value is None else Fact(name, value, Basis.DECLARED, self.config)


def file(path, kind="json", coverage=Coverage.COMPLETE):
    return FileFacts(path, kind, coverage)


def graph(path="model.onnx", inputs=INPUTS):
    return FileFacts(path, "onnx", Coverage.COMPLETE, graph_inputs=inputs, graph_outputs=(HIDDEN,))


def view(*more, weights=("model.safetensors",), tokenizer="tokenizer.json", config="config.json", **values):
    files = [file(config), file(tokenizer), *(file(w, "safetensors") for w in weights), *more]
    named = {name.replace("__", "."): value for name, value in values.items()}
    return View(files, {**FACTS, **named}, config)


def test_an_encoder_is_planned_from_its_configuration():
    spec = plan(view())
    assert (spec.runtime, spec.task, spec.pooling, spec.normalise) == (TORCH, "embedding", "mean", True)
    assert (spec.model_sha256, spec.tokenizer_sha256) == (digest("config.json"), digest("tokenizer.json"))
    assert spec.external == (("model.safetensors", digest("model.safetensors")),)
    assert (spec.output, spec.max_length, spec.one_at_a_time) == ("last_hidden_state", 256, True)


def test_a_classifier_names_its_classes():
    spec = plan(view(**{k.replace(".", "__"): v for k, v in LABELS.items()}))
    assert (spec.task, spec.pooling, spec.output) == ("classification", "softmax", "logits")
    assert (spec.labels, spec.normalise) == (("bad", "good"), False)


def test_every_part_of_sharded_weights_is_needed():
    parts = [f"model-{i:05}-of-00003.safetensors" for i in (1, 2, 3)]
    assert [name for name, _ in plan(view(weights=parts)).external] == parts
    assert "2 of the 3 parts" in plan(view(weights=parts[:2])).reason
    misread = plan(view(file(parts[2], "pickle"), weights=parts[:2]))
    assert "2 of the 3 parts" in misread.reason
    assert "model-00003" in plan(view(weights=parts[:2], weights__missing=[parts[2]])).reason


def test_the_whole_file_comes_before_its_parts_and_before_others():
    weights = ("model.safetensors", "model-00001-of-00001.safetensors", "adapter.safetensors")
    assert [name for name, _ in plan(view(weights=weights)).external] == ["model.safetensors"]
    assert "none is its main one" in plan(view(weights=("a.safetensors", "b.safetensors"))).reason
    assert [name for name, _ in plan(view(weights=("a.safetensors",))).external] == ["a.safetensors"]


def test_weights_lie_beside_the_configuration():
    spec = plan(view(weights=("0_Transformer/model.safetensors",), config="0_Transformer/config.json"))
    assert spec.external == (("model.safetensors", digest("0_Transformer/model.safetensors")),)
    assert "beside its config.json" in plan(view(weights=("x/model.safetensors",))).reason


def test_a_graph_that_can_be_run_comes_first():
    assert plan(view(graph())).runtime == "onnx"
    assert plan(view(graph("onnx/model.onnx"))).runtime == "onnx"


def test_weights_step_in_for_a_graph_that_cannot_be_run():
    strange = graph(inputs=(*INPUTS, ValuePort("past_key_values", "F32", ())))
    assert plan(view(strange)).runtime == TORCH
    neither = plan(view(strange, architecture="LlamaForCausalLM", pooling__mode=None, task="text-generation"))
    assert "past_key_values" in neither.reason


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"architecture": None}, "no config.json names its architecture"),
        ({"remote_code": True}, "never run"),
        ({"pooling__mode": None}, "1_Pooling"),
        ({"pooling__mode": "weightedmean"}, "its pooling 'weightedmean'"),
        ({"modules": ["Transformer", "Pooling", "Dense"]}, "Dense"),
        ({"max_length": None}, "how many tokens"),
        ({"architecture": "BertForMaskedLM", "task": "fill-mask", "pooling__mode": None}, "neither classes"),
        ({**{k.replace(".", "__"): v for k, v in LABELS.items()}, "labels": None}, "id2label"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_guessed(values, said):
    unplanned = plan(view(**values))
    assert isinstance(unplanned, Unplanned)
    assert said in unplanned.reason
    assert unplanned.extra == "torch"


def test_malformed_weights_are_not_planned():
    broken = View([file("config.json"), file("tokenizer.json"),
                   file("model.safetensors", "safetensors", Coverage.MALFORMED)], FACTS)  # fmt: skip
    assert "malformed" in plan(broken).reason


def test_without_torch_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda name: None)
    spec = plan(view())
    cleared = Clearance(frozenset({spec.model_sha256, spec.tokenizer_sha256, spec.external[0][1]}))
    with pytest.raises(MissingExtraError) as told:
        open_text_model(
            spec, lambda sha: tmp_path, cleared, limits=WorkerLimits(), events=Silent(), threads=1
        )
    assert "weigh[torch]" in told.value.hint
