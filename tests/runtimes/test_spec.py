from dataclasses import dataclass, field, replace

import pytest

from weigh.core.facts import (
    Anomaly,
    Basis,
    Coverage,
    ExternalReference,
    Fact,
    FileFacts,
    OperatorUse,
    ValuePort,
)
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.runtimes.spec import TextModelSpec, Unplanned, plan

INPUTS = tuple(ValuePort(n, "I64", ("b", "s")) for n in ("input_ids", "attention_mask", "token_type_ids"))
HIDDEN = ValuePort("last_hidden_state", "F32", ("b", "s", 384))
GRAPH = FileFacts("model.onnx", "onnx", Coverage.COMPLETE, graph_inputs=INPUTS, graph_outputs=(HIDDEN,))
LOGITS = ValuePort("logits", "F32", ("b", 2))
FACTS = {"task": "feature-extraction", "pooling.mode": "mean", "normalise": True, "max_length": 256}


@dataclass
class View:
    files: list
    values: dict = field(default_factory=lambda: dict(FACTS))

    @property
    def snapshot(self):
        return Snapshot.of(SnapshotFile(f.path, 10, sha(f.path)) for f in self.files)

    def facts(self, path):
        return next(f for f in self.files if f.path == path)

    def all_facts(self):
        return tuple(sorted(self.files, key=lambda f: f.path))

    def fact(self, name):
        return Fact(name, self.values[name], Basis.DECLARED) if name in self.values else None


def sha(path):
    import hashlib

    return hashlib.sha256(path.encode()).hexdigest()


def file(path, kind="json"):
    return FileFacts(path, kind, Coverage.COMPLETE)


def view(graph=GRAPH, tokenizer="tokenizer.json", facts=None, others=()):
    files = [graph, *others, *([file(tokenizer)] if tokenizer else [])]
    values = {**FACTS, **(facts or {})}
    return View(files, {k: v for k, v in values.items() if v is not None})


def outputs(*ports):
    return replace(GRAPH, graph_outputs=tuple(ports))


def test_a_declared_encoder_is_planned_as_it_says():
    assert plan(view()) == TextModelSpec(
        model_sha256=sha("model.onnx"),
        tokenizer_sha256=sha("tokenizer.json"),
        external=(),
        task="embedding",
        pooling="mean",
        normalise=True,
        max_length=256,
        labels=(),
        output="last_hidden_state",
    )


def test_a_classifier_is_planned_with_its_labels():
    graph = outputs(ValuePort("logits", "F32", ("b", 2)))
    spec = plan(view(graph, facts={"task": "text-classification", "labels": ["NEG", "POS"]}))
    assert (spec.task, spec.pooling, spec.output, spec.labels) == (
        "classification", "softmax", "logits", ("NEG", "POS"),
    )  # fmt: skip
    assert spec.normalise is False


def test_probabilities_are_not_put_through_softmax_again():
    graph = outputs(ValuePort("probabilities", "F32", ("b", 2)))
    assert plan(view(graph, facts={"task": "text-classification", "labels": ["a", "b"]})).pooling == "none"


def test_an_output_that_is_pooled_already_comes_first():
    graph = outputs(HIDDEN, ValuePort("sentence_embedding", "F32", ("b", 384)))
    assert (plan(view(graph)).output, plan(view(graph)).pooling) == ("sentence_embedding", "none")


def test_without_declared_pooling_the_only_pooled_output_is_used():
    graph = outputs(HIDDEN, ValuePort("pooler_output", "F32", ("b", 384)))
    spec = plan(view(graph, facts={"pooling.mode": None}))
    assert (spec.output, spec.pooling) == ("pooler_output", "none")


def test_without_any_declared_task_the_outputs_tell():
    assert plan(view(facts={"task": None})).task == "embedding"
    graph = outputs(ValuePort("logits", "F32", ("b", 2)))
    assert plan(view(graph, facts={"task": None, "labels": ["a", "b"]})).task == "classification"


@pytest.mark.parametrize("name", ["DynamicQuantizeLinear", "DynamicQuantizeMatMul"])
def test_a_graph_that_scales_by_its_batch_goes_one_text_at_a_time(name):
    assert plan(view(replace(GRAPH, operators=(OperatorUse("", name, 3),)))).one_at_a_time


def test_a_graph_without_a_mask_goes_one_text_at_a_time():
    assert plan(view(replace(GRAPH, graph_inputs=INPUTS[:1]))).one_at_a_time


def test_external_data_is_named_with_its_digest():
    graph = replace(GRAPH, path="onnx/model.onnx", external=(ExternalReference("./w.bin", "data"),) * 2)
    spec = plan(view(graph, others=[file("onnx/w.bin", "unknown")]))
    assert spec.external == (("w.bin", sha("onnx/w.bin")),)


def test_the_tokenizer_beside_the_model_comes_before_others():
    spec = plan(
        view(replace(GRAPH, path="onnx/model.onnx"), "onnx/tokenizer.json", others=[file("tokenizer.json")])
    )
    assert spec.tokenizer_sha256 == sha("onnx/tokenizer.json")


def test_of_several_graphs_the_one_called_model_onnx_is_used():
    other = replace(GRAPH, path="model_O4.onnx")
    assert plan(view(others=[other])).model_sha256 == sha("model.onnx")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (view(replace(GRAPH, path="a.onnx"), others=[replace(GRAPH, path="b.onnx")]), "none is its main one"),
        (view(tokenizer=""), "no tokenizer.json"),
        (view(tokenizer="a/tokenizer.json", others=[file("b/tokenizer.json")]), "2 files tokenizer"),
        (view(replace(GRAPH, graph_inputs=(ValuePort("pixels", "F32", (1, 3)),))), "asks for 'pixels'"),
        (view(replace(GRAPH, graph_inputs=(*INPUTS, ValuePort("position_ids", "I64", ())))), "position_ids"),
        (view(replace(GRAPH, graph_inputs=())), "asks for nothing"),
        (view(facts={"pooling.mode": None}), "1_Pooling/config.json"),
        (view(facts={"pooling.mode": ["mean", "max"]}), r"pooling \['mean', 'max'\] is not one of"),
        (view(facts={"pooling.mode": "weightedmean"}), "weightedmean"),
        (view(facts={"modules": ["Transformer", "Pooling", "Dense"]}), "Dense"),
        (view(facts={"max_length": None}), "how many tokens"),
        (view(facts={"max_length": 0}), "how many tokens"),
        (view(facts={"max_length": 10**30}), "how many tokens"),
        (view(facts={"max_length": True}), "how many tokens"),
        (view(outputs(LOGITS), facts={"task": "fill-mask"}), "fill-mask"),
        (view(outputs(LOGITS), facts={"task": ["fill-mask"]}), "fill-mask"),
        (view(outputs(ValuePort("x", "F32", ("b", 2, 3, 4)))), "known to be an embedding"),
        (view(outputs(ValuePort("x", "F32", ())), facts={"task": None}), "declares its task"),
        (view(outputs(LOGITS), facts={"task": "text-classification"}), "id2label"),
        (view(facts={"task": "text-classification", "labels": ["a", "b"]}), "class scores"),
        (view(replace(GRAPH, coverage=Coverage.MALFORMED, reason="cut off")), "malformed: cut off"),
        (view(replace(GRAPH, anomalies=(Anomaly("WGH-O008", "x", fatal=True),))), "malformed"),
        (view(replace(GRAPH, external=(ExternalReference("../w", "data"),))), "points outside"),
        (view(replace(GRAPH, external=(ExternalReference("/w", "data"),))), "points outside"),
        (view(replace(GRAPH, external=(ExternalReference("w", "data"),))), "is not there"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_never_guessed(seen, reason):
    import re

    unplanned = plan(seen)
    assert isinstance(unplanned, Unplanned)
    assert re.search(reason, unplanned.reason)
    assert unplanned.extra == ""


@pytest.mark.parametrize(
    ("kind", "extra"), [("safetensors", "torch"), ("pickle", "torch"), ("gguf", "gguf"), ("hdf5", "keras")]
)
def test_weights_without_a_runtime_name_the_extra_that_brings_it(kind, extra):
    unplanned = plan(View([file("weights", kind), file("tokenizer.json")]))
    assert (unplanned.extra, f"needs the {extra} runtime" in unplanned.reason) == (extra, True)


def test_nothing_to_run_names_no_extra():
    assert plan(View([file("README.md", "text")])) == Unplanned("it has no file this version can run")
