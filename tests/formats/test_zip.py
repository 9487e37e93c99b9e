import io
import zipfile
import zlib

import hostile_zip as hz
import pytest
from hostile_zip import CASES, DAMAGED, SOUND, SUSPECT, Item, build
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.safetensors import write_safetensors
from weigh.formats.table import read_file
from weigh.formats.zip import kind_of
from weigh.formats.zip_members import open_zip, read_entry


def judged(data, name="x.zip"):
    facts = read_file(BytesReader(data), name)
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


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_what_zipfile_writes_is_clean_and_unpacks_to_the_same(method):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    for target in (io.BytesIO(), Pipe()):
        with zipfile.ZipFile(target, "w", method) as archive:
            archive.writestr("a/ü.txt", b"hello\n" * 5000)
            archive.writestr("b.txt", b"")
            with archive.open("c.txt", "w", force_zip64=True) as member:
                member.write(b"wide\n")
        data = target.data if isinstance(target, Pipe) else target.getvalue()
        _, rules, word = judged(data)
        assert (word, rules) == (Word.CLEAN, set())
        listing = open_zip(BytesReader(data))
        descent = begin(lambda *_: None, len(data))
        got = {
            e.name: read_entry(BytesReader(data), e, listing, descent, limit=10**6) for e in listing.entries
        }
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert got == {name: archive.read(name) for name in archive.namelist()}


def test_a_tensor_in_stored_members_is_told_in_the_outermost_file():
    inner = io.BytesIO()
    write_safetensors(inner, {"w": ("U8", (5,), b"hello")})
    once = build(Item(b"m.safetensors", inner.getvalue()))
    twice = build(hz.A, Item(b"once.zip", once))
    for data in (once, twice):
        (tensor,) = read_file(BytesReader(data), "x.zip").all_tensors()
        assert tensor.file == "x.zip"
        assert data[tensor.offset : tensor.offset + tensor.nbytes] == b"hello"


def test_a_tensor_in_a_packed_member_keeps_the_members_path():
    inner = io.BytesIO()
    write_safetensors(inner, {"w": ("U8", (5,), b"hello")})
    data = build(Item(b"m.safetensors", inner.getvalue(), method=8))
    (tensor,) = read_file(BytesReader(data), "x.zip").all_tensors()
    assert tensor.file == "x.zip!/m.safetensors"
    assert inner.getvalue()[tensor.offset :] == b"hello"


def test_a_member_is_read_though_its_checksum_is_wrong_or_the_directory_lost():
    evil = Item(b"x.pkl", hz.CODE, local={"crc": 5}, central={"crc": 5})
    for data in (build(evil), hz.without_directory(build(Item(b"x.pkl", hz.CODE)))):
        facts = read_file(BytesReader(data), "x.zip")
        assert [m.format for m in facts.members] == ["pickle"]
        assert any(part.callables for part in facts.walk())


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["archive/data.pkl", "archive/version"], "torch"),
        (["config.json", "metadata.json", "model.weights.h5"], "keras"),
        (["config.json", "model.safetensors"], ""),
        (["schema.json", "0.npy"], "skops"),
        (["a.npy", "b.npy"], "npz"),
        (["MAR-INF/MANIFEST.json", "handler.py"], "mar"),
        (["p/__init__.py", "p-1.dist-info/RECORD"], "wheel"),
        (["a.txt"], ""),
    ],
)
def test_the_kind_follows_from_the_members(names, kind):
    data = build(*(Item(name.encode(), b"x") for name in names))
    assert kind_of(open_zip(BytesReader(data))) == kind


def test_arrays_of_zeros_may_be_packed_tightly():
    data = build(Item(b"a.npy", bytes(12 * 1024 * 1024), method=8), Item(b"b.txt"))
    assert "WGH-AR014" not in {a.rule for a in open_zip(BytesReader(data)).anomalies.as_tuple()}


def test_a_cut_archive_is_never_clean_and_never_raises():
    for name in ("deflated", "streamed", "wide", "nested", "comment"):
        data = SOUND[name]
        for size in range(3, len(data), 3):
            facts = read_file(BytesReader(data[:size]), "x.zip")
            assert judge_file(facts, findings_of(facts)) is not Word.CLEAN, (name, size)


def test_one_changed_byte_never_raises_and_content_is_still_read():
    data = build(Item(b"x.pkl", hz.CODE), hz.STREAMED)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x41
        assert read_file(BytesReader(bytes(changed)), "x.zip")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 40))
def test_junk_in_an_archive_never_raises(junk, at, cut):
    data = SOUND["wide"]
    mixed = data[:at] + junk + data[at + cut :]
    assert read_file(BytesReader(mixed), "x.zip").path == "x.zip"


def test_false_marks_do_not_cost_quadratic_time():
    marks = b"PK\x03\x04" * 50_000
    assert read_file(BytesReader(marks), "x.zip").coverage is Coverage.MALFORMED
    heads = hz.local_header(Item(b"", b"", flags=8)) * 10_000
    assert read_file(BytesReader(heads), "x.zip").coverage is Coverage.MALFORMED


def test_many_members_are_all_read():
    data = build(*(Item(b"%d.txt" % n, b"x\n") for n in range(3000)))
    facts, _, word = judged(data)
    assert (len(facts.members), word) == (3000, Word.CLEAN)


def test_more_members_than_are_read_and_bytes_before_the_first_are_noted():
    head, record = hz.local_header(hz.A) + hz.A.data, hz.record(hz.A, 0)
    many = head + record * 100_001 + hz.end(100_001 & 0xFFFF, len(record) * 100_001, len(head))
    listing = open_zip(BytesReader(many))
    assert "WGH-AR024" in {a.rule for a in listing.anomalies.as_tuple()}
    assert listing.coverage is Coverage.PARTIAL
    before = open_zip(BytesReader(build(hz.A, prefix=b"#!/bin/sh\n")))
    assert [a.rule for a in before.anomalies.as_tuple()] == ["WGH-AR022"]


def test_the_checksum_of_torch_without_checksums_is_no_damage():
    data = build(Item(b"x.bin", b"numbers", local={"crc": 0}, central={"crc": 0}))
    assert open_zip(BytesReader(data)).coverage is Coverage.COMPLETE
    assert zlib.crc32(b"numbers")
