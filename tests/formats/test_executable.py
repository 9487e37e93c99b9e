import hostile_executable as he
import pytest
from hostile_executable import CASES, DAMAGED, NAMES, SOUND, SUSPECT
from hostile_zip import Item, build
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def judged(data, name="x"):
    facts = read_file(BytesReader(data), name)
    findings = tuple(findings_of(facts))
    return facts, {f.rule for f in findings}, judge_file(facts, findings)


@pytest.mark.parametrize(
    ("cases", "word"),
    [(CASES, Word.MALICIOUS), (DAMAGED, Word.ERROR), (SUSPECT, Word.REVIEW)],
    ids=["attacks", "damage", "suspicion"],
)
def test_every_planted_file_gets_its_rule_and_word(cases, word):
    wrong = []
    for name, (data, rule) in cases.items():
        _, rules, got = judged(data, NAMES.get(name, "x"))
        if rule not in rules or got is not word or not rules <= {*RULES, "WGH-U001"}:
            wrong.append((name, rule, sorted(rules), got))
    assert wrong == []


@pytest.mark.parametrize("name", SOUND)
def test_what_is_no_program_is_clean(name):
    facts, rules, word = judged(SOUND[name])
    assert (word, whole_coverage(facts), rules) == (Word.CLEAN, Coverage.COMPLETE, set())


def test_the_archive_behind_a_program_is_read():
    for data in (build(Item(b"w.pkl", he.CODE), prefix=he.APE), he.PE + build(Item(b"w.pkl", he.CODE))):
        facts, _, _ = judged(data, "model.llamafile")
        assert facts.format == "executable"
        assert any(part.callables for part in facts.walk())


def test_the_pickle_in_a_schema_is_read():
    facts, _, _ = judged(CASES["parquet-that-unpickles"][0], "t.parquet")
    assert any(part.callables for part in facts.walk())


def test_kind_and_machine_are_facts():
    facts, _, _ = judged(he.ELF, "lib.so")
    assert facts.fact("executable.kind").value == "elf 64"
    assert facts.fact("executable.machine").value == "x86-64"
    assert judged(he.JAVA)[0].fact("executable.kind").value == "java class"
    assert judged(he.FAT)[0].fact("executable.kind").value == "mach-o fat"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SUSPECT)), st.integers(0, 200), st.binary(max_size=40))
def test_a_cut_or_changed_program_never_raises(name, at, junk):
    data = SUSPECT[name][0]
    read_file(BytesReader(data[:at]), "x")
    read_file(BytesReader(data[:at] + junk + data[at:]), "x")
    read_file(BytesReader(b"PAR1" + junk + data[:at] + b"PAR1"), "x")
