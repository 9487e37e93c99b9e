import io
import tarfile

import hostile_tar as ht
import pytest
from hostile_tar import CASES, DAMAGED, NOTED, SOUND, SUSPECT, file, tar
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.reader import BytesReader
from weigh.formats.safetensors import write_safetensors
from weigh.formats.table import read_file
from weigh.formats.tar_members import open_tar


def judged(data, name="x.tar"):
    facts = read_file(BytesReader(data), name)
    findings = tuple(findings_of(facts))
    return facts, {f.rule for f in findings}, judge_file(facts, findings)


@pytest.mark.parametrize(
    ("cases", "word"),
    [(CASES, Word.MALICIOUS), (DAMAGED, Word.ERROR), (SUSPECT, Word.REVIEW), (NOTED, Word.CLEAN)],
    ids=["attacks", "damage", "suspicion", "notes"],
)
def test_every_planted_archive_gets_its_rule_and_word(cases, word):
    wrong = []
    for name, (data, rule) in cases.items():
        _, rules, got = judged(data)
        if rule not in rules or got is not word or not rules <= {*RULES, "WGH-U001"}:
            wrong.append((name, rule, sorted(rules), got))
    assert wrong == []


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_archive_is_read_whole_and_without_a_finding(name):
    facts, rules, word = judged(SOUND[name])
    assert (word, whole_coverage(facts), rules) == (Word.CLEAN, Coverage.COMPLETE, set())


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_members_are_those_tarfile_lists(form):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for name in ("a.txt", "d" * 90 + "/b.txt", "é" * 20 + "/" + "q" * 80):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = 5, 1.5 if form == tarfile.PAX_FORMAT else 1
            archive.addfile(member, io.BytesIO(b"hello"))
    data = target.getvalue()
    assert judged(data)[2] is Word.CLEAN
    ours = [(e.name, data[e.start : e.start + e.size]) for e in open_tar(BytesReader(data)).entries]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert ours == [(m.name, archive.extractfile(m).read()) for m in archive]


def test_a_tensor_is_told_in_the_archive_itself():
    inner = io.BytesIO()
    write_safetensors(inner, {"w": ("U8", (5,), b"hello")})
    data = tar(file(b"in.tar", tar(file(b"m.safetensors", inner.getvalue()))))
    (tensor,) = read_file(BytesReader(data), "x.tar").all_tensors()
    assert tensor.file == "x.tar"
    assert data[tensor.offset : tensor.offset + 5] == b"hello"


def test_a_hidden_pickle_is_read():
    for name in ("member-after-end", "member-behind-broken-header", "pax-size-over-nought"):
        facts = read_file(BytesReader(CASES[name][0]), "x.tar")
        assert any(part.callables for part in facts.walk()), name


def test_a_nemo_model_is_told_by_its_configuration():
    data = tar(file(b"./model_config.yaml", b"a: 1\n"), file(b"./x.txt"))
    assert judged(data, "m.nemo")[0].format == "nemo"


def test_a_cut_archive_never_raises():
    for data in (SOUND["ustar"], SOUND["pax"], CASES["pax-size-over-nought"][0]):
        for size in range(0, len(data), 61):
            read_file(BytesReader(data[:size]), "x.tar")
    cut = SOUND["ustar"][:600]
    assert judged(cut)[2] is Word.ERROR


def test_one_changed_byte_never_raises():
    data = tar(ht.pax((b"path", b"a/b")), file(b"x", b"text"))
    for at in range(0, len(data), 3):
        changed = bytearray(data)
        changed[at] ^= 0x41
        assert read_file(BytesReader(bytes(changed)), "x.tar")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=600), st.integers(0, 2000), st.integers(0, 600))
def test_junk_in_an_archive_never_raises(junk, at, cut):
    data = SOUND["pax"]
    assert read_file(BytesReader(data[:at] + junk + data[at + cut :]), "x.tar").path == "x.tar"
