import hostile_template as hostile
import pytest

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.formats.template import MAX_BYTES, read_template


def facts_of(data):
    return read_template(BytesReader(data), "chat_template.jinja", begin(read_file, len(data)))


def word_of(facts):
    return judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    facts = facts_of(data)
    assert rule in {a.rule for a in facts.anomalies}, facts.anomalies
    if rule not in hostile.REVIEWS:
        assert word_of(facts) is Word.MALICIOUS
    else:
        assert word_of(facts) in {Word.REVIEW, Word.MALICIOUS}


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_template_is_complete_and_clean(name):
    facts = facts_of(hostile.SOUND[name])
    assert (facts.coverage, facts.anomalies) == (Coverage.COMPLETE, ())
    assert facts.templates == (hostile.SOUND_TEXTS[name],)
    assert word_of(facts) is Word.CLEAN


def test_a_huge_file_is_not_read_whole():
    facts = facts_of(bytes(MAX_BYTES + 1))
    assert facts.coverage is Coverage.PARTIAL


def test_bytes_that_are_no_text_give_facts():
    assert facts_of(b"\xff\xfe{{ x.__class__ }}").anomalies
