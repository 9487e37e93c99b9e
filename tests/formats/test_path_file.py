import hostile_python as hostile
import pytest
from hypothesis import given, settings, strategies as st
from python_reading import seen

from weigh.core.facts import Coverage
from weigh.core.gate import Word

CASES = [n for n in hostile.CASES if n.startswith("pth-")]
SOUND = [n for n in hostile.SOUND if n.endswith(".pth")]


@pytest.mark.parametrize("name", CASES)
def test_every_planted_file_gives_its_rule(name):
    data, rule = hostile.CASES[name]
    _, findings, word = seen(hostile.NAMES[name], data)
    assert rule in {f.rule for f in findings}
    assert (word is Word.MALICIOUS) == (name in hostile.ATTACK_NAMES)


@pytest.mark.parametrize("name", SOUND)
def test_an_honest_file_is_clean_and_read_whole(name):
    facts, _, word = seen(name, hostile.SOUND[name])
    assert word is Word.CLEAN
    assert facts.coverage is Coverage.COMPLETE


@pytest.mark.parametrize("name", SOUND)
def test_every_truncation_and_flip_is_read(name):
    data = hostile.SOUND[name]
    for at in range(0, len(data), max(1, len(data) // 60)):
        seen("evil.pth", data[:at])
        for mask in (0x01, 0x80, 0xFF):
            seen("evil.pth", data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes_give_facts(data):
    seen("evil.pth", data)
