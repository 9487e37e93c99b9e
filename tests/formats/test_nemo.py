import random

import hostile_nemo as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.nemo import as_nemo
from weigh.formats.reader import BytesReader
from weigh.formats.table import _read
from weigh.formats.yaml_config import read_yaml


def facts_of(data, name="conf/config.yaml"):
    reader = BytesReader(data)
    return read_yaml(reader, name, begin(_read, reader.size))


def judged(data, name="conf/config.yaml"):
    facts = facts_of(data, name)
    findings = tuple(findings_of(facts))
    return {f.rule for f in findings}, judge_file(facts, findings)


def word_of(rule):
    if rule in hostile.DAMAGED:
        return Word.ERROR
    if rule in hostile.NOTE:
        return Word.CLEAN
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


def test_the_keys_become_facts():
    assert facts_of(hostile.SOUND["aliases"]).fact("yaml.keys").value == ["base", "x", "y"]


def test_what_it_would_call_is_told():
    (use,) = facts_of(hostile.CASES["apply"][0]).callables
    assert (use.module, use.name) == ("os", "system")


def test_binary_is_not_read_as_text():
    assert facts_of(b"a: \x00\xff").coverage is Coverage.UNREAD


def test_a_tar_with_a_configuration_is_a_nemo_model():
    config = FileFacts(
        "m.nemo!/model_config.yaml", "yaml", Coverage.COMPLETE, metadata=(Fact("k", 1, Basis.DECLARED),)
    )
    tar = FileFacts("m.nemo", "tar", Coverage.COMPLETE, members=(config,))
    assert as_nemo(tar).format == "nemo"
    assert as_nemo(tar).fact("k").value == 1
    assert as_nemo(FileFacts("m.tar", "tar", Coverage.COMPLETE)).format == "tar"


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "'" * 20_000,
        "[" * 20_000,
        "a: " + "&x " * 5_000,
        "!" * 20_000,
        "_target_: " + "\n " * 20_000,
        "? " * 9_000,
        '"' * 20_001,
        '- !a "' * 5_000,
    ],
)
def test_long_runs_take_no_long_time(text):
    judged(text.encode())
