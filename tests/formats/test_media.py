import hostile_media as hm
import pytest
from hostile_media import CASES, DAMAGED, NOTED, SOUND, SUSPECT
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.media_pdf import actions
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def judged(data, name="medium"):
    facts = read_file(BytesReader(data), name)
    findings = tuple(findings_of(facts))
    return facts, {f.rule for f in findings}, judge_file(facts, findings)


@pytest.mark.parametrize(
    ("cases", "word"),
    [(CASES, Word.MALICIOUS), (DAMAGED, Word.ERROR), (SUSPECT, Word.REVIEW), (NOTED, Word.CLEAN)],
    ids=["attacks", "damage", "suspicion", "notes"],
)
def test_every_planted_medium_gets_its_rule_and_word(cases, word):
    wrong = []
    for name, (data, rule) in cases.items():
        _, rules, got = judged(data)
        if rule not in rules or got is not word or not rules <= {*RULES, "WGH-U001"}:
            wrong.append((name, rule, sorted(rules), got))
    assert wrong == []


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_medium_is_clean_without_a_finding(name):
    facts, rules, word = judged(SOUND[name])
    assert (word, whole_coverage(facts), rules) == (Word.CLEAN, Coverage.COMPLETE, set())
    assert name.startswith(facts.fact("media.kind").value[:3].replace("rif", "wav"))


@pytest.mark.parametrize("data", [b"\0\0\1\0" + bytes(40), b"II*\0\0\0\0\0", b"\0\1\0\0\0\0\0\0", b"MM\0*"])
def test_what_only_begins_like_a_medium_is_a_stated_unknown(data):
    facts, _, word = judged(data)
    assert (facts.coverage, word) == (Coverage.UNREAD, Word.REVIEW)


def test_streams_that_hold_no_zlib_are_passed():
    assert actions(BytesReader(b"%PDF-1.4 stream\n\x78\xff\xff\xffjunk endstream /OpenAction")) == (
        set(),
        False,
    )


def test_a_cut_medium_never_raises():
    for data in SOUND.values():
        for size in range(len(data)):
            read_file(BytesReader(data[:size]), "medium")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.binary(max_size=40), st.integers(4, 80), st.integers(0, 20))
def test_junk_in_a_medium_never_raises(name, junk, at, cut):
    data = SOUND[name]
    read_file(BytesReader(data[:at] + junk + data[at + cut :]), "medium")


def test_long_scans_are_walked_in_windows():
    data = hm.JPEG[:-2] + b"\x12\xff\x00" * 100_000 + b"\xff\xd9"
    assert judged(data)[2] is Word.CLEAN
