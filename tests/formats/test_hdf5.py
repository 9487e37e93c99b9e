import base64
import random
import zlib

import hostile_hdf5 as hostile
import hostile_hdf5_files as h5py_files
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage
from weigh.core.gate import Word, judge_file
from weigh.formats.descent import begin
from weigh.formats.hdf5 import read_hdf5
from weigh.formats.reader import BytesReader
from weigh.formats.table import _read


def facts_of(data, name="model.h5"):
    reader = BytesReader(data)
    return read_hdf5(reader, name, begin(_read, reader.size))


def judged(data, name="model.h5"):
    facts = facts_of(data, name)
    findings = tuple(findings_of(facts))
    return {f.rule for f in findings}, judge_file(facts, findings)


def word_of(rule):
    if rule in hostile.DAMAGED:
        return Word.ERROR
    return Word.REVIEW if rule in hostile.REVIEW else Word.MALICIOUS


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named_and_has_its_word(name):
    data, rule = hostile.CASES[name]
    rules, word = judged(data, hostile.NAMES[name])
    assert rule in rules
    assert word is word_of(rule)


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_sound_file_is_complete_and_clean(name):
    data = hostile.SOUND[name]
    facts = facts_of(data, hostile.NAMES[name])
    assert facts.coverage is Coverage.COMPLETE, (facts.reason, facts.anomalies)
    assert judged(data, hostile.NAMES[name])[1] is Word.CLEAN


@pytest.mark.parametrize("name", hostile.SOUND)
def test_a_cut_or_flipped_file_never_raises(name):
    data = hostile.SOUND[name]
    rng = random.Random(0)
    for end in {rng.randrange(len(data) + 1) for _ in range(40)}:
        judged(data[:end], hostile.NAMES[name])
    for _ in range(60 if data else 0):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        judged(bytes(flipped), hostile.NAMES[name])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_bytes_of_any_kind_never_raise(draw):
    base = draw.draw(
        st.sampled_from([*hostile.SOUND.values(), *(data for data, _ in hostile.CASES.values())])
    )
    at = draw.draw(st.integers(0, len(base)))
    junk = draw.draw(st.binary(max_size=24))
    judged(base[:at] + junk + base[at + len(junk) :])


def test_a_tensor_lies_where_its_bytes_are():
    data = hostile.SOUND["one"]
    (tensor,) = facts_of(data).tensors
    assert data[tensor.offset : tensor.offset + tensor.nbytes] == bytes(range(24))
    assert (tensor.name, tensor.dtype, tensor.shape, tensor.encoding) == ("w", "F32", (2, 3), "")


def test_a_keras_model_states_its_class_and_version():
    stated = {f.name: f.value for f in facts_of(hostile.SOUND["keras"]).metadata}
    assert stated == {"keras.model_class": "Sequential", "hdf5.keras_version": "2.9.0"}


@pytest.mark.parametrize("name", h5py_files.FILES)
def test_files_of_the_hdf5_library_are_read_as_the_library_reads_them(name):
    packed, expected = h5py_files.FILES[name]
    facts = facts_of(zlib.decompress(base64.b85decode(packed)))
    assert facts.coverage is Coverage.COMPLETE, (facts.reason, facts.anomalies)
    found = {t.name: (t.dtype, t.shape, t.offset, t.nbytes, t.encoding) for t in facts.tensors}
    assert found == expected


def test_what_stands_before_the_superblock_is_looked_at():
    packed, _ = h5py_files.FILES["user block"]
    data = bytearray(zlib.decompress(base64.b85decode(packed)))
    data[:12] = b"#!/bin/sh\nid"
    assert [m.path for m in facts_of(bytes(data)).members] == ["model.h5!/(user block)"]


@pytest.mark.parametrize("name", h5py_files.FILES)
def test_a_damaged_file_of_the_library_never_raises(name):
    data = zlib.decompress(base64.b85decode(h5py_files.FILES[name][0]))
    rng = random.Random(1)
    for _ in range(40):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        judged(bytes(flipped))
        judged(data[: rng.randrange(len(data))])


def test_a_truncated_file_is_an_error_and_not_an_attack():
    for name in ("one", "keras", "compact"):
        data = hostile.SOUND[name]
        for end in range(8, len(data), 7):
            assert judged(data[:end])[1] is Word.ERROR
