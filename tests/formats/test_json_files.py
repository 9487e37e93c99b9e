import json

import hostile_layout as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage
from weigh.formats.json_config import read_json_config
from weigh.formats.json_text import read_json
from weigh.formats.reader import BytesReader
from weigh.formats.tokenizer_json import read_tokenizer

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def config_of(value):
    return read_json_config(BytesReader(json.dumps(value).encode()), "config.json")


def tokenizer_of(value):
    return read_tokenizer(BytesReader(json.dumps(value).encode()), "tokenizer.json")


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_json_is_read_as_the_standard_library_reads_it(value):
    value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert read_json(BytesReader(json.dumps(value, ensure_ascii=False).encode())) == value


@pytest.mark.parametrize("name", hostile.JSON_CASES)
def test_each_broken_rule_is_named(name):
    data, rule = hostile.JSON_CASES[name]
    with pytest.raises(MalformedError) as caught:
        read_json(BytesReader(data))
    assert caught.value.rule == rule
    for facts in (read_json_config(BytesReader(data), "c"), read_tokenizer(BytesReader(data), "t")):
        assert facts.coverage is Coverage.MALFORMED
        assert facts.anomalies[0].rule == rule


def test_infinity_and_half_surrogates_can_be_written_again():
    value = read_json(BytesReader(b'{"a": [Infinity, NaN], "\\ud800": "\\udfff x"}'))
    assert value == {"a": [None, None], "\\ud800": "\\udfff x"}
    dumps(value)


def test_pairs_of_surrogates_are_left_alone():
    assert read_json(BytesReader(b'"\\ud83d\\ude00"')) == "\U0001f600"


def test_code_that_comes_with_the_model_is_listed():
    facts = config_of({"auto_map": {"AutoModel": "modeling_x.X", "AutoTokenizer": ["tok.Slow", None]}})
    assert [(c.module, c.name) for c in facts.callables] == [("modeling_x", "X"), ("tok", "Slow")]
    assert config_of({"auto_map": "evil.Evil"}).callables[0].name == "Evil"


def test_modules_outside_sentence_transformers_are_listed():
    standard = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    own = standard | {"type": "custom_st.Transformer"}
    lookalike = standard | {"type": "sentence_transformers_evil.X"}
    facts = config_of([standard, own, lookalike])
    assert [c.module for c in facts.callables] == ["custom_st", "sentence_transformers_evil"]


def test_a_chat_template_is_kept_and_judged():
    for template in ("{{ bos_token }}", [{"name": "default", "template": "{{ bos_token }}"}]):
        facts = config_of({"chat_template": template})
        assert facts.templates == ("{{ bos_token }}",)
        assert (facts.coverage, facts.anomalies) == (Coverage.COMPLETE, ())
    evil = config_of({"chat_template": "{{ ''.__class__ }}"})
    assert [anomaly.rule for anomaly in evil.anomalies] == ["WGH-JT001"]


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_any_json_gives_facts(value):
    config_of(value)
    config_of({"auto_map": value, "chat_template": value})
    config_of([{"type": value, "path": value}])
    tokenizer_of(value)
    tokenizer_of(
        {
            "model": {"type": value, "vocab": value},
            "added_tokens": value,
            "normalizer": value,
            "truncation": value,
            "padding": value,
            "post_processor": value,
        }
    )


def made_tokenizer():
    import tokenizers
    from tokenizers import models, normalizers, processors

    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4}
    made = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase()])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(["[NEW]"])
    made.enable_truncation(128)
    made.enable_padding(length=64)
    return made


def test_a_tokenizer_of_the_library_says_what_it_does():
    made = made_tokenizer()
    facts = read_tokenizer(BytesReader(made.to_str().encode()), "tokenizer.json")
    found = {f.name: f.value for f in facts.metadata}
    assert facts.coverage is Coverage.COMPLETE
    assert found["tokenizer.model"] == "WordPiece"
    assert found["tokenizer.vocab_size"] == made.get_vocab_size() == 6
    assert found["tokenizer.max_id"] == 5
    assert found["tokenizer.lowercase"] is True
    assert found["tokenizer.truncation"]["max_length"] == 128
    assert found["tokenizer.padding"]["strategy"] == {"Fixed": 64}
    assert found["tokenizer.special_tokens"] == {"[CLS]": 2, "[SEP]": 3}


def test_a_unigram_vocabulary_is_a_list():
    facts = tokenizer_of({"model": {"type": "Unigram", "vocab": [["a", -1.0], ["b", -2.0]]}})
    assert (facts.fact("tokenizer.vocab_size").value, facts.fact("tokenizer.max_id").value) == (2, 1)


def test_strange_vocabularies_are_anomalies():
    for vocabulary, rule in (
        ({"a": 0, "b": 0}, "WGH-T002"),
        ({"a": -1}, "WGH-T003"),
        ({"a": []}, "WGH-T003"),
    ):
        facts = tokenizer_of({"model": {"type": "BPE", "vocab": vocabulary}})
        assert [a.rule for a in facts.anomalies] == [rule]
    assert tokenizer_of({"model": 1}).anomalies[0].rule == "WGH-T001"


def test_an_unknown_tokenizer_model_is_partial():
    assert tokenizer_of({"model": {"type": "New", "vocab": {}}}).coverage is Coverage.PARTIAL
