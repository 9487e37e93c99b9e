import hostile_smuggled as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def judged(data):
    facts = read_file(BytesReader(data), "m.bin")
    return facts, judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize("name", hostile.CASES)
def test_a_payload_where_nobody_looks_is_found(name):
    facts, word = judged(hostile.CASES[name])
    assert word is Word.MALICIOUS
    assert any(use.module == "os" for part in facts.walk() for use in part.callables)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_honest_bytes_in_the_same_places_are_clean(name):
    facts, word = judged(hostile.SOUND[name])
    assert (facts.coverage, word) == (Coverage.COMPLETE, Word.CLEAN)


def test_many_beginnings_behind_an_end_cost_little():
    facts, word = judged(hostile.HONEST + b"x" + b"\x80\x02PK\x03\x04" * 9_000)
    assert word is Word.REVIEW
    assert len(facts.members) <= 8


@given(st.sampled_from(list(hostile.CASES.values())), st.integers(0, 4_000), st.integers(1, 255))
@settings(max_examples=50, deadline=None)
def test_changed_files_give_facts(data, place, change):
    place %= len(data)
    judged(data[:place])
    judged(data[:place] + bytes([data[place] ^ change]) + data[place + 1 :])
