import hostile_seven_zip as hs
import pytest
from hostile_seven_zip import CASES, DAMAGED, SOUND, SUSPECT, Item, build
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def judged(data):
    facts = read_file(BytesReader(data), "x.7z")
    findings = tuple(findings_of(facts))
    return facts, {f.rule for f in findings}, judge_file(facts, findings)


@pytest.mark.parametrize(
    ("cases", "word"),
    [(CASES, Word.MALICIOUS), (DAMAGED, Word.ERROR), (SUSPECT, Word.REVIEW)],
    ids=["attacks", "damage", "suspicion"],
)
def test_every_planted_archive_gets_its_rule_and_word(cases, word):
    wrong = []
    for name, (data, rule) in cases.items():
        _, rules, got = judged(data)
        if rule not in rules or got is not word or not rules <= {*RULES, "WGH-U001"}:
            wrong.append((name, rule, sorted(rules), got))
    assert wrong == []


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_archive_is_read_whole_and_clean(name):
    facts, _, word = judged(SOUND[name])
    assert (word, whole_coverage(facts)) == (Word.CLEAN, Coverage.COMPLETE)


def test_a_pickle_inside_is_read_whatever_packs_it():
    for coder in (hs.COPY, hs.LZMA2):
        facts, _, _ = judged(build(hs.A, Item("x.pkl", hs.CODE), coder=coder))
        assert [m.format for m in facts.members] == ["text", "pickle"]
        assert any(part.callables for part in facts.walk())


@pytest.mark.parametrize("name", [*SOUND, "member-checksum"])
def test_a_cut_or_changed_archive_never_raises(name):
    data = SOUND.get(name) or DAMAGED[name][0]
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x41
        read_file(BytesReader(bytes(changed)), "x.7z")
        if at >= 6:
            assert judged(data[:at])[2] is not Word.CLEAN


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_header_is_read_without_an_error_of_ours(head):
    assert read_file(BytesReader(hs.wrap(b"", b"\x01" + head)), "x.7z").format == "7z"
    assert read_file(BytesReader(hs.wrap(b"", b"\x17" + head)), "x.7z").format == "7z"
