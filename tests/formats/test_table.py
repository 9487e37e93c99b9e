import io
import pickle
import zipfile

import hostile_layout
import hostile_onnx
import hostile_safetensors
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.facts import Coverage
from weigh.formats.identify import identify
from weigh.formats.reader import BytesReader
from weigh.formats.readers import reader_of
from weigh.formats.table import read_file


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.pkl", b"x")
    return stream.getvalue()


PICKLE = pickle.dumps({"a": 1})
CASES = [
    (hostile_safetensors.SOUND, "x.bin", "safetensors"),
    (hostile_onnx.SOUND, "x.bin", "onnx"),
    (hostile_onnx.SOUND, "x.pb", "onnx"),
    (b"\x08\x01\x12\x03abc", "saved_model.pb", "saved-model"),
    (b"some words\n", "x", "text"),
    (PICKLE, "pytorch_model.bin", "pickle"),
    (PICKLE, "model.onnx", "pickle"),
    (PICKLE, "model.safetensors", "pickle"),
    (PICKLE, "config.json", "pickle"),
    (b"(dp0\n.", "weights.pkl", "pickle"),
    (zipped(), "pytorch_model.bin", "zip"),
    (b"\x89HDF\r\n\x1a\n", "x", "hdf5"),
    (b"GGUF\3\0\0\0", "x", "gguf"),
    (b"\x1c\0\0\0TFL3", "x", "tflite"),
    (b"\x7fELF", "readme.md", "executable"),
    (b"#!/bin/sh", "vocab.txt", "script"),
    (b"import os", "modeling.py", "python"),
    (b"{}", "config.json", "json"),
    (b"{}", "sub/tokenizer.json", "tokenizer"),
    (b"# x", "README.md", "model-card"),
    (b"MIT", "LICENSE", "text"),
    (b"MIT", "LICENSE-MIT", "text"),
    (b"a\nb", "vocab.txt", "text"),
    (b"\1\2\3", "model.onnx_data", "unknown"),
    (b"", "model.onnx", "onnx"),
    (b"", "x", "empty"),
    (b"", "py.typed", "empty"),
]


@pytest.mark.parametrize("length", [0x0280, 0x0480, 0x0580])
def test_a_header_whose_length_begins_like_a_pickle_is_one_of_safetensors(length):
    text = b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    data = length.to_bytes(8, "little") + text.ljust(length) + b"\0"
    facts = read_file(BytesReader(data), "model.safetensors")
    assert (facts.format, facts.coverage, facts.anomalies) == ("safetensors", Coverage.COMPLETE, ())


@pytest.mark.parametrize(("data", "path", "name"), CASES)
def test_content_outvotes_the_name(data, path, name):
    assert identify(BytesReader(data), path) == name


@pytest.mark.parametrize("path", ["model.bin", "x"])
def test_a_format_that_is_not_known_is_a_stated_unknown(path):
    facts = read_file(BytesReader(b"\1\2\3\0"), path)
    assert (facts.format, facts.coverage) == ("unknown", Coverage.UNREAD)
    assert facts.reason.startswith("this version does not read")


def test_every_recognised_format_has_a_reader():
    assert all(reader_of(name) is not None for _, _, name in CASES if name not in {"unknown", "empty"})


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"\xe2\x82"])
def test_text_that_is_no_text_is_unread(data):
    assert read_file(BytesReader(data), "vocab.txt").coverage is Coverage.UNREAD


def test_characters_across_chunks_are_text():
    data = b"x" * (1024 * 1024 - 1) + "é".encode() * 10
    assert read_file(BytesReader(data), "vocab.txt").coverage is Coverage.COMPLETE


SEEDS = [
    *(data for data, _ in hostile_safetensors.CASES.values() if len(data) < 2000),
    *(data for data, _ in hostile_onnx.CASES.values() if len(data) < 2000),
    *(data for data, _ in hostile_layout.JSON_CASES.values() if len(data) < 2000),
    *(f"---\n{text}\n---".encode() for text in hostile_layout.UNREAD_FRONT_MATTER.values()),
    PICKLE,
    zipped(),
]
PATHS = ["model.onnx", "model.safetensors", "config.json", "tokenizer.json", "README.md", "vocab.txt", "x"]


@given(st.sampled_from(SEEDS), st.sampled_from(PATHS), st.data())
@settings(max_examples=50, deadline=None)
def test_whatever_the_bytes_only_facts_come_out(seed, path, data):
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 3))):
        content.insert(data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 255)))
    facts = read_file(BytesReader(bytes(content)), path)
    assert facts.path == path
    assert facts.reason or facts.coverage is Coverage.COMPLETE
