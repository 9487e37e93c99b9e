import json

import hostile_onnx
import hostile_safetensors
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.canonical import dumps
from weigh.core.facts import Basis
from weigh.formats.layout import layout_facts
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "vocab_size": 100,
    "max_position_embeddings": 512,
}
MODULES = [
    {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for i, (path, kind) in enumerate(
        [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    )
]
POOLING = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
TOKENIZER = {"model": {"type": "WordPiece", "vocab": {"a": 0, "b": 99}}, "normalizer": {"type": "Lowercase"}}
CARD = "---\nlicense: apache-2.0\nlanguage: en\nbase_model: org/base\ndatasets:\n- s2orc\n---\n"
FULL = {
    "config.json": CONFIG,
    "modules.json": MODULES,
    "1_Pooling/config.json": POOLING,
    "sentence_bert_config.json": {"max_seq_length": 256},
    "tokenizer_config.json": {"model_max_length": 512, "do_lower_case": True},
    "tokenizer.json": TOKENIZER,
    "README.md": CARD.encode(),
    "LICENSE": b"\nApache License\n",
    "model.onnx": hostile_onnx.SOUND,
}


def facts_of(files):
    data = {p: v if isinstance(v, bytes) else json.dumps(v).encode() for p, v in files.items()}
    facts = {path: read_file(BytesReader(content), path) for path, content in data.items()}
    return {f.name: f for f in layout_facts(facts, lambda path: BytesReader(data[path]))}


def values_of(files):
    return {name: fact.value for name, fact in facts_of(files).items()}


def test_a_composed_model_says_everything_it_needs():
    facts = facts_of(FULL)
    assert {n: f.value for n, f in facts.items()} == {
        "architecture": "BertModel",
        "model_type": "bert",
        "task": "feature-extraction",
        "hidden_size": 384,
        "layers": 6,
        "vocab_size": 100,
        "max_position_embeddings": 512,
        "modules": ["Transformer", "Pooling", "Normalize"],
        "normalise": True,
        "layout.missing": ["2_Normalize"],
        "pooling.mode": "mean",
        "max_length": 256,
        "lowercase": True,
        "remote_code": False,
        "weights.files": ["model.onnx"],
        "parameters": 6,
        "weights.dtype": "F32",
        "onnx.inputs": [],
        "onnx.outputs": [],
        "onnx.opset": 17,
        "onnx.ir_version": 8,
        "licence.declared": [
            {"source": "README.md", "text": "apache-2.0"},
            {"source": "LICENSE", "text": "Apache License"},
        ],
        "base_model": ["org/base"],
        "datasets": ["s2orc"],
        "languages": ["en"],
        "library": "sentence-transformers",
    }
    assert facts["parameters"].basis is Basis.DERIVED
    assert facts["hidden_size"].where == "config.json"


def test_an_onnx_file_alone_leaves_the_rest_unsaid():
    assert values_of({"model.onnx": hostile_onnx.SOUND}).keys() == {
        "weights.files",
        "parameters",
        "weights.dtype",
        "onnx.inputs",
        "onnx.outputs",
        "onnx.opset",
        "onnx.ir_version",
    }


def test_nothing_gives_no_facts():
    assert values_of({}) == {}


@pytest.mark.parametrize(
    ("files", "length"),
    [
        ({"config.json": CONFIG}, 512),
        ({"config.json": CONFIG, "tokenizer_config.json": {"model_max_length": 128}}, 128),
        ({"config.json": CONFIG, "tokenizer_config.json": {"model_max_length": 10**30}}, 512),
        ({"config.json": CONFIG, "sentence_bert_config.json": {"max_seq_length": 4096}}, 512),
        ({"sentence_bert_config.json": {"max_seq_length": 4096}}, 4096),
        ({"config.json": {"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}}, 512),
        ({"tokenizer_config.json": {"model_max_length": 10**30}}, None),
    ],
)
def test_the_length_is_what_was_set_bounded_by_what_there_is_room_for(files, length):
    assert values_of(files).get("max_length") == length


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("BertForSequenceClassification", "text-classification"),
        ("BertForMaskedLM", "fill-mask"),
        ("LlamaForCausalLM", "text-generation"),
        ("BertModel", "feature-extraction"),
        ("Strange", None),
    ],
)
def test_the_architecture_names_the_task(architecture, task):
    assert values_of({"config.json": {"architectures": [architecture]}}).get("task") == task


@pytest.mark.parametrize(
    ("config", "mode"),
    [
        (POOLING, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, ["cls", "mean"]),
        ({"pooling_mode": "lasttoken"}, "lasttoken"),
        ({"pooling_mode_mean_tokens": "yes"}, None),
        ({}, None),
    ],
)
def test_pooling_is_what_its_flags_say(config, mode):
    assert values_of({"1_Pooling/config.json": config}).get("pooling.mode") == mode


def test_without_a_normalize_module_nothing_is_normalised_and_without_modules_nothing_is_said():
    assert values_of({"modules.json": MODULES[:2]})["normalise"] is False
    assert "normalise" not in values_of({"config.json": CONFIG})


def test_labels_stand_in_their_order_and_gaps_are_a_conflict():
    assert values_of({"config.json": {"id2label": {"1": "b", "0": "a"}}})["labels"] == ["a", "b"]
    broken = values_of({"config.json": {"id2label": {"0": "a", "2": "b"}}})
    assert "labels" not in broken
    assert broken["layout.conflicts"]


def test_disagreements_are_stated():
    small = FULL | {
        "config.json": CONFIG | {"vocab_size": 50, "max_position_embeddings": 128},
        "tokenizer_config.json": {"do_lower_case": False},
    }
    assert len(values_of(small)["layout.conflicts"]) == 3


def test_code_that_comes_with_the_model_is_remote_code():
    assert values_of({"config.json": CONFIG | {"auto_map": {"AutoModel": "x.Y"}}})["remote_code"] is True


def weights(count):
    return hostile_safetensors.built(
        {"w": hostile_safetensors.entry([count], 0, 4 * count)}, bytes(4 * count)
    )


def test_shards_are_counted_once_and_a_missing_shard_leaves_the_count_unsaid():
    shards = {f"model-0000{i}-of-00002.safetensors": weights(i) for i in (1, 2)}
    index = {"weight_map": {f"w{i}": name for i, name in enumerate(shards)}}
    assert values_of(shards)["parameters"] == 3
    assert values_of(shards | {"model.safetensors.index.json": index})["parameters"] == 3
    first = dict(list(shards.items())[:1])
    found = values_of(first | {"model.safetensors.index.json": index})
    assert found["weights.missing"] == ["model-00002-of-00002.safetensors"]
    assert "parameters" not in found


def test_several_models_in_one_folder_have_no_one_count():
    assert "parameters" not in values_of({"a.safetensors": weights(1), "b.safetensors": weights(2)})
    assert "parameters" not in values_of({"a.onnx": hostile_onnx.SOUND, "b.onnx": hostile_onnx.SOUND})


def test_the_transformer_may_lie_in_its_own_folder():
    moved = [MODULES[0] | {"path": "0_Transformer"}, *MODULES[1:]]
    files = {
        "modules.json": moved,
        "0_Transformer/config.json": CONFIG,
        "0_Transformer/sentence_bert_config.json": {"max_seq_length": 99},
    }
    found = values_of(files)
    assert (found["hidden_size"], found["max_length"]) == (384, 99)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["0", "a"]), inner, max_size=2)
    ),
    max_leaves=6,
)
KEYS = sorted({*CONFIG, "id2label", "text_config", "_name_or_path", "pad_token_id", "auto_map"})


@given(st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=6), JUNK, JUNK)
@settings(max_examples=50, deadline=None)
def test_any_values_give_facts_that_can_be_written(config, modules, other):
    files = {
        "config.json": config,
        "modules.json": modules,
        "1_Pooling/config.json": other,
        "sentence_bert_config.json": {"max_seq_length": other},
        "tokenizer_config.json": {"model_max_length": other, "do_lower_case": other},
        "model.safetensors.index.json": {"weight_map": other},
    }
    for name, value in values_of(files).items():
        if not isinstance(value, int):
            dumps([name, value])
