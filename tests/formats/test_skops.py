import random

import hostile_skops as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.skops import read_skops
from weigh.formats.table import _read


def facts_of(data, name="model.skops"):
    reader = BytesReader(data)
    return read_skops(reader, name, begin(_read, reader.size))


def judged(data, name="model.skops"):
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


def test_the_version_and_the_type_become_facts():
    stated = {f.name: f.value for f in facts_of(hostile.SOUND["model"]).metadata}
    assert stated["skops.skops_version"] == "0.13.0"
    assert stated["skops.class"] == "LogisticRegression"


def test_what_it_would_import_is_told():
    (use,) = facts_of(hostile.CASES["object-os"][0]).callables
    assert (use.module, use.name) == ("os", "system")


def test_a_member_that_nothing_refers_to_is_a_note():
    files = {"1.npy": hostile.npy(), "notes.txt": b"words"}
    rules, word = judged(hostile.archive(hostile.model(coef_=hostile.array()), files))
    assert "WGH-SK009" in rules
    assert word is Word.CLEAN
