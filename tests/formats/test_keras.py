import random

import hostile_hdf5
import hostile_keras as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.keras import read_keras
from weigh.formats.keras_config import keras_anomalies, looks_like_keras
from weigh.formats.reader import BytesReader
from weigh.formats.table import _read


def facts_of(data, name="model.keras"):
    reader = BytesReader(data)
    return read_keras(reader, name, begin(_read, reader.size))


def judged(data, name="model.keras"):
    facts = facts_of(data, name)
    findings = tuple(findings_of(facts))
    return {f.rule for f in findings}, judge_file(facts, findings)


def word_of(rule):
    if rule in hostile.DAMAGED:
        return Word.ERROR
    return Word.REVIEW if rule in hostile.REVIEW else Word.MALICIOUS


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    rules, word = judged(data, hostile.NAMES[name])
    assert rule in rules
    assert word is word_of(rule)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_complete_and_clean(name):
    data = hostile.SOUND[name]
    facts = facts_of(data, hostile.NAMES[name])
    assert facts.coverage is Coverage.COMPLETE, (facts.reason, facts.anomalies)
    assert judged(data, hostile.NAMES[name])[1] is Word.CLEAN


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_cut_or_flipped_file_never_raises(name):
    data = hostile.SOUND[name]
    rng = random.Random(0)
    for end in {rng.randrange(len(data) + 1) for _ in range(40)}:
        judged(data[:end], hostile.NAMES[name])
    for _ in range(60 if data else 0):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        judged(bytes(flipped), hostile.NAMES[name])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_bytes_of_any_kind_never_raise(draw):
    base = draw.draw(
        st.sampled_from([*hostile.SOUND.values(), *(data for data, _ in hostile.CASES.values())])
    )
    at = draw.draw(st.integers(0, len(base)))
    junk = draw.draw(st.binary(max_size=24))
    judged(base[:at] + junk + base[at + len(junk) :])


def test_the_configuration_and_metadata_become_facts():
    facts = facts_of(hostile.SOUND["sequential-3"])
    stated = {f.name: f.value for f in facts.metadata}
    assert stated["keras.model_class"] == "Sequential"
    assert stated["keras.keras_version"] == "3.9.0"


@pytest.mark.parametrize("name", hostile.CONFIGS)
def test_a_configuration_alone_is_judged_the_same(name):
    config, rule = hostile.CONFIGS[name]
    anomalies, _ = keras_anomalies(config)
    assert rule in {a.rule for a in anomalies}


@pytest.mark.parametrize("name", hostile.HONEST)
def test_a_configuration_of_keras_is_known_by_its_keys(name):
    assert keras_anomalies(hostile.HONEST[name]) == ([], [])
    assert looks_like_keras(hostile.HONEST[name])


@pytest.mark.parametrize("value", [{}, [], None, {"class_name": 1}, {"model_type": "bert", "config": {}}])
def test_other_json_is_no_configuration_of_keras(value):
    assert not looks_like_keras(value)


def test_what_it_would_import_is_told():
    config, _ = hostile.CONFIGS["os-system"]
    (use,) = keras_anomalies(config)[1]
    assert (use.module, use.name) == ("os", "system")


def test_weights_inside_are_read():
    facts = facts_of(
        hostile.archive(hostile.HONEST["sequential-3"], {"model.weights.h5": hostile_hdf5.SOUND["one"]})
    )
    assert [(t.name, t.shape, t.dtype) for t in facts.all_tensors()] == [("w", (2, 3), "F32")]
    assert facts.coverage is Coverage.COMPLETE


def test_weights_that_lie_elsewhere_are_malicious():
    weights = hostile_hdf5.CASES["external-storage"][0]
    data = hostile.archive(hostile.HONEST["sequential-3"], {"model.weights.h5": weights})
    assert judged(data)[1] is Word.MALICIOUS
