import base64
import contextlib
import gzip
import io
import lzma
import zlib

import hostile_compressed as hc
import pytest
from hostile_compressed import CASES, DAMAGED, SOUND, SUSPECT, TEXT
from hypothesis import given, settings, strategies as st

from weigh.checks.security.rule_table import RULES
from weigh.checks.security.security import findings_of
from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.formats.anomalies import AnomalyList
from weigh.formats.compressed import inner_name
from weigh.formats.compressed_lz4 import Lz4Frames, unpack_block
from weigh.formats.compressed_streams import Streams, kind_of
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

LZ4_REAL = base64.b64decode(
    "BCJNGHxAwAMAAAAAAAAdJgAAAP8Jd2VpZ2ggcmVhZHMgbHo0IGZyYW1lcy4gGAD///+TUG1lcy4gVfegWQAAAAC5ri6B"
)
"""Made once with lz4 4.4.5: b"weigh reads lz4 frames. " * 40, with checksums of blocks and content."""


def judged(data, name="x.txt.gz"):
    facts = read_file(BytesReader(data), name)
    findings = tuple(findings_of(facts))
    return facts, {f.rule for f in findings}, judge_file(facts, findings)


@pytest.mark.parametrize(
    ("cases", "word"),
    [(CASES, Word.MALICIOUS), (DAMAGED, Word.ERROR), (SUSPECT, Word.REVIEW)],
    ids=["attacks", "damage", "suspicion"],
)
def test_every_planted_stream_gets_its_rule_and_word(cases, word):
    wrong = []
    for name, (data, rule) in cases.items():
        _, rules, got = judged(data)
        if rule not in rules or got is not word or not rules <= {*RULES, "WGH-U001"}:
            wrong.append((name, rule, sorted(rules), got))
    assert wrong == []


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_stream_is_unpacked_whole_and_clean(name):
    facts, rules, word = judged(SOUND[name])
    assert (word, whole_coverage(facts), rules) == (Word.CLEAN, Coverage.COMPLETE, set())
    reader = BytesReader(SOUND[name])
    got = b"".join(Streams(reader, kind_of(reader), AnomalyList()).chunks())
    assert got in {b"", TEXT, TEXT * 2}
    assert bool(got) is (name != "gzip-of-nothing")


def test_what_lies_inside_is_read_though_the_checksum_is_wrong():
    packed = bytearray(hc.gz(hc.CODE))
    packed[-8:-4] = b"\0\0\0\0"
    for data in (bytes(packed), zlib.compress(hc.CODE)[:-4] + b"\0\0\0\0", lzma.compress(hc.CODE)):
        facts = read_file(BytesReader(data), "model.joblib")
        assert any(part.callables for part in facts.walk())


def test_arrays_of_zeros_are_no_bomb():
    npy = io.BytesIO()
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4194304,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    npy.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + hc.ZEROS)
    facts, rules, word = judged(gzip.compress(npy.getvalue()), "zeros.npy.gz")
    assert (word, rules) == (Word.CLEAN, set())
    assert [t.nbytes for t in facts.all_tensors()] == [len(hc.ZEROS)]


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("d/a.csv.gz", "a.csv"),
        ("a.tgz", "a.tar"),
        ("m.joblib", "m.joblib"),
        ("model.pkl.xz", "model.pkl"),
        (".gz", ".gz"),
        ("noending", "noending"),
    ],
)
def test_the_name_inside_is_the_name_without_what_says_packed(path, inner):
    assert inner_name(path) == inner


@pytest.mark.parametrize(
    ("block", "history", "content"),
    [
        (b"\x50hello", b"", b"hello"),
        (b"\x32abc\x03\x00\x50hello", b"", b"abcabcabc" + b"hello"),
        (b"\x01\x02\x00\x10!", b"xy", b"xyxyx!"),
        (b"\xf0\x00" + b"a" * 15, b"", b"a" * 15),
        (b"", b"", b""),
    ],
)
def test_a_block_of_lz4_unpacks_as_its_description_says(block, history, content):
    assert unpack_block(block, history, 64) == content


def test_a_frame_of_the_real_library_unpacks_to_what_it_packed():
    frames = Lz4Frames(BytesReader(LZ4_REAL))
    assert b"".join(frames.chunks()) == b"weigh reads lz4 frames. " * 40
    assert frames.end == len(LZ4_REAL)


def test_frames_that_end_early_or_lie_are_broken():
    for name in ("lz4-cut", "lz4-match-before-start", "lz4-version"):
        with pytest.raises(MalformedError):
            list(Lz4Frames(BytesReader(DAMAGED[name][0])).chunks())


def test_an_unknown_stream_is_a_stated_unknown():
    assert judged(b"\x28\xb5\x2f\xfd" + bytes(20))[2] is Word.REVIEW
    facts = read_file(BytesReader(b"x\x9c\xff\xff\xff\xff" * 9), "weights.raw")
    assert facts.coverage is Coverage.UNREAD


def test_a_cut_or_changed_stream_never_raises():
    for data in SOUND.values():
        for at in range(2, len(data), 3):
            read_file(BytesReader(data[:at]), "x.gz")
            changed = bytearray(data)
            changed[at] ^= 0x41
            read_file(BytesReader(bytes(changed)), "x.gz")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.binary(max_size=64), st.integers(2, 80))
def test_junk_in_a_stream_never_raises(name, junk, at):
    data = SOUND[name]
    read_file(BytesReader(data[:at] + junk + data[at:]), "x.gz")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=20))
def test_any_block_of_lz4_ends_within_its_bound(block, history):
    with contextlib.suppress(MalformedError):
        assert len(unpack_block(block, history, 1000)) <= 1000
