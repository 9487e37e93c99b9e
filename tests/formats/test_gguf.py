import tracemalloc

import hostile_gguf as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.canonical import dumps
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.gguf import read_gguf
from weigh.formats.gguf_types import BLOCKS
from weigh.formats.reader import BytesReader, FileReader
from weigh.formats.table import read_file


def facts_of(data):
    return read_gguf(BytesReader(data), "m.gguf", begin(read_file, len(data)))


def word_of(facts):
    return judge_file(facts, tuple(findings_of(facts)))


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    facts = facts_of(data)
    assert rule in {a.rule for a in facts.anomalies}, facts
    wanted = Word.ERROR if rule in hostile.ERRORS else Word.MALICIOUS
    assert word_of(facts) is (Word.REVIEW if rule in hostile.REVIEWS else wanted)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_complete_and_clean(name):
    facts = facts_of(hostile.SOUND[name])
    assert (facts.coverage, facts.anomalies) == (Coverage.COMPLETE, ())
    assert word_of(facts) is Word.CLEAN


@pytest.mark.parametrize("name", [n for n in hostile.SOUND if n.startswith("v") and "-only" not in n])
def test_tensors_and_facts_are_those_that_were_written(name):
    data = hostile.SOUND[name]
    facts = facts_of(data)
    start = facts.tensors[0].offset
    assert start % 32 == 0
    assert [(t.name, t.shape, t.offset - start, t.nbytes) for t in facts.tensors] == [
        ("a", (2, 3), 0, 24),
        ("b", (2, 32), 32, 36),
        ("c", (256,), 96, 144),
        ("d", (5,), 256, 10),
    ]
    order = ", big-endian" if "big" in name else ""
    assert facts.tensors[1].encoding == f"q4_0: 32 values in 18 bytes{order}"
    assert facts.tensors[0].encoding == order.removeprefix(", ")
    assert facts.fact("parameters").value == 6 + 64 + 256 + 5
    assert facts.fact("licence.declared").value == ["mit"]
    kept = facts.fact("gguf.metadata").value
    assert (kept["a.u64"], kept["a.i8"], kept["a.f32"]) == (str(2**64 - 1), -1, "nan")
    assert kept["a.list"] == "(100 items)"
    assert facts.templates == (hostile.CHAT,)
    dumps([[f.name, f.value] for f in facts.metadata])


def test_what_may_be_newer_is_read_in_part():
    m = hostile.M
    for data in (
        hostile.one(kind=200),
        hostile.one(kind=4),
        m.file([m.text("a") + m.pack("II", 20, 0)]),
        b"GGUF" + m.pack("I", 4) + bytes(40),
    ):
        facts = facts_of(data)
        assert facts.coverage is Coverage.PARTIAL
        assert word_of(facts) is Word.REVIEW


def test_every_block_type_has_a_size():
    for kind, (name, values, size) in BLOCKS.items():
        facts = facts_of(hostile.one((values, 2), kind, 0, bytes(2 * size)))
        assert facts.tensors[0].nbytes == 2 * size
        assert facts.tensors[0].encoding == f"{name}: {values} values in {size} bytes"
        assert facts.anomalies == ()


def test_a_file_cut_anywhere_is_never_clean_and_never_malicious():
    data = hostile.SOUND["v3"]
    for length in range(8, len(data), 13):
        assert word_of(facts_of(data[:length])) is Word.ERROR, length


def test_one_changed_byte_never_raises():
    data = hostile.SOUND["v3"]
    for place in range(0, len(data), 3):
        for change in (1, 0x80, 0xFF):
            facts_of(data[:place] + bytes([data[place] ^ change]) + data[place + 1 :])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_mutated_files_give_facts(data):
    seeds = [*hostile.SOUND.values(), *(case for case, _ in hostile.CASES.values() if 8 < len(case) < 4000)]
    content = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    facts = facts_of(bytes(content[: data.draw(st.integers(8, len(content)))]))
    dumps([[f.name, f.value] for f in facts.metadata])


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_random_bytes_give_facts(data):
    assert facts_of(b"GGUF\x03\0\0\0" + data).format == "gguf"


def test_memory_does_not_grow_with_the_tensors(tmp_path):
    size = 1 << 33
    path = tmp_path / "big.gguf"
    with path.open("wb") as file:
        file.write(hostile.M.file([hostile.ARCH], [hostile.M.entry("w", (size // 4,), 0, 0)]))
        file.truncate(-(-file.tell() // 32) * 32 + size)  # a hole: takes no space on disk
    with FileReader(path) as reader:
        tracemalloc.start()
        facts = read_gguf(reader, "big.gguf", begin(read_file, reader.size))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert facts.coverage is Coverage.COMPLETE, facts.reason
    assert facts.tensors[0].nbytes == size
    assert peak < 2_000_000
