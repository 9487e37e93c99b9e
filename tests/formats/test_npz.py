import struct

import pytest
from hostile_numpy import NPZ_CASES, NPZ_GADGETS, NPZ_SOUND

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def read(data):
    return read_file(BytesReader(data), "x.npz")


def seen(data):
    facts = read(data)
    findings = tuple(findings_of(facts))
    return findings, judge_file(facts, findings)


@pytest.mark.parametrize("name", NPZ_CASES)
def test_a_planted_archive_breaks_its_rule(name):
    data, rule = NPZ_CASES[name]
    findings, word = seen(data)
    assert rule in {f.rule for f in findings}
    assert word is Word.MALICIOUS


@pytest.mark.parametrize("name", NPZ_GADGETS)
def test_a_gadget_in_a_member_is_found(name):
    assert seen(NPZ_GADGETS[name])[1] is Word.MALICIOUS


@pytest.mark.parametrize("name", NPZ_SOUND)
def test_an_honest_archive_is_clean(name):
    facts = read(NPZ_SOUND[name])
    assert facts.coverage is Coverage.COMPLETE
    assert seen(NPZ_SOUND[name])[1] is Word.CLEAN
    assert [t.name for t in facts.tensors] == ["a", "b"]


def test_a_stored_array_lies_in_the_archive_itself():
    data = NPZ_SOUND["two"]
    tensor = read(data).tensors[0]
    assert tensor.file == "x.npz"
    raw = data[tensor.offset : tensor.offset + tensor.nbytes]
    assert struct.unpack("<6f", raw) == tuple(range(6))


def test_a_packed_array_says_so():
    first, second = read(NPZ_SOUND["packed"]).tensors
    assert (first.file, first.encoding) == ("x.npz!/a.npy", "deflate")
    assert second.encoding == "big-endian, deflate"
