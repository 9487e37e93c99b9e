import json

import hostile_json as hostile
import pytest
from hypothesis import given, settings, strategies as st
from python_reading import seen

from weigh.core.facts import Coverage
from weigh.core.gate import Word


@pytest.mark.parametrize("name", hostile.CASES)
def test_every_planted_configuration_gives_its_rule(name):
    data, rule = hostile.CASES[name]
    _, findings, word = seen(hostile.NAMES[name], data)
    assert rule in {f.rule for f in findings}
    assert word is (Word.MALICIOUS if name in hostile.ATTACKS else Word.REVIEW)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_an_honest_configuration_is_clean(name):
    file = "vocab.json" if name == "vocabulary" else "config.json"
    facts, findings, word = seen(file, json.dumps(hostile.SOUND[name]).encode())
    assert (findings, word) == ((), Word.CLEAN)
    assert facts.coverage is Coverage.COMPLETE


@pytest.mark.parametrize("name", hostile.TOKENIZERS)
def test_every_planted_tokenizer_gives_its_rule(name):
    value, rule = hostile.TOKENIZERS[name]
    _, findings, word = seen("tokenizer.json", json.dumps(value).encode(), "tokenizer")
    assert rule in {f.rule for f in findings}
    assert (word is Word.MALICIOUS) == (rule == "WGH-T004")


def test_own_code_is_a_callable_at_any_depth():
    facts, _, word = seen("config.json", b'{"vision": {"auto_map": {"AutoModel": "vision.Net"}}}')
    assert [(c.module, c.name) for c in facts.callables] == [("vision", "Net")]
    assert word is not Word.CLEAN


def test_a_foreign_parent_library_is_a_callable():
    value = {"auto_mapping": {"base_model_class": "Popen", "parent_library": "subprocess"}}
    facts, _, word = seen("adapter_config.json", json.dumps(value).encode())
    assert [(c.module, c.name) for c in facts.callables] == [("subprocess", "Popen")]
    assert word is not Word.CLEAN


def test_a_pipeline_component_of_its_own_is_a_callable():
    value = hostile.SOUND["pipeline"] | {"unet": ["my_unet", "Net"]}
    facts, _, _ = seen("model_index.json", json.dumps(value).encode())
    assert [(c.module, c.name) for c in facts.callables] == [("my_unet", "Net")]


def test_paths_outside_are_listed():
    facts, _, _ = seen("adapter_config.json", json.dumps(hostile.SOUND["adapter"]).encode())
    assert [(e.target, e.reason) for e in facts.external] == [
        ("/srv/user/models/llama", "base_model_name_or_path")
    ]


def test_an_index_states_its_shards():
    facts, _, _ = seen("model.safetensors.index.json", json.dumps(hostile.SOUND["index"]).encode())
    assert facts.fact("json.weight_map").value == {
        "model-00001-of-00002.safetensors": ["a"],
        "model-00002-of-00002.safetensors": ["b"],
    }


def test_code_in_data_is_data():
    data = json.dumps([{"prompt": "__import__('os').system('id')"}]).encode()
    assert seen("train.json", data)[2] is Word.CLEAN


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["auto_map", "chat_template", "weight_map", "_target_", "py/object", "py/reduce",
            "trust_remote_code",
             "_attn_implementation_internal", "path", "type", "class_name", "config", "auto_mapping",
             "_diffusers_version", "name"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_any_configuration_gives_facts(value):
    seen("config.json", json.dumps(value).encode())
