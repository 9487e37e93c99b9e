import struct

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.facts import Coverage
from weigh.formats.identify import identify
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def piece(text, kind=1):
    return field(1, field(1, text.encode()) + b"\x15" + struct.pack("<f", -1.5) + field(3, kind))


TRAINER = field(
    2, field(1, b"corpus.txt") + field(2, b"m") + field(3, 2) + field(4, 4) + field(35, 1) + field(41, 1)
)
SOUND = (
    piece("<unk>", 2)
    + piece("<s>", 3)
    + piece("</s>", 3)
    + piece("\u2581the")
    + TRAINER
    + field(3, field(1, b"nmt_nfkc") + field(2, b"\1\2\3") + field(3, 1))
    + field(5, b"")
)


def test_a_model_is_read_whole():
    facts = read_file(BytesReader(SOUND), "tokenizer.model")
    assert (facts.format, facts.coverage, facts.anomalies) == ("sentencepiece", Coverage.COMPLETE, ())
    said = {f.name: f.value for f in facts.metadata}
    assert said == {
        "sentencepiece.model": "bpe",
        "sentencepiece.vocab_size": 4,
        "sentencepiece.byte_fallback": True,
        "sentencepiece.bos_id": 1,
    }


def test_fields_of_another_version_are_a_stated_unknown():
    facts = read_file(BytesReader(SOUND + field(250, b"more")), "tokenizer.model")
    assert facts.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("data", [b"", b"\n\n\nwords\n", piece("a") * 3, b"\n\x05\n\x04abcd", SOUND[:-1]])
def test_other_bytes_are_none(data):
    assert identify(BytesReader(data), "tokenizer.model") != "sentencepiece"


def test_every_truncation_is_read_without_an_error():
    for end in range(len(SOUND)):
        assert read_file(BytesReader(SOUND[:end]), "tokenizer.model").path == "tokenizer.model"


@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255))
@settings(max_examples=50, deadline=None)
def test_any_changed_byte_is_read_without_an_error(at, byte):
    data = SOUND[:at] + bytes([byte]) + SOUND[at + 1 :]
    assert read_file(BytesReader(data), "tokenizer.model").path == "tokenizer.model"
