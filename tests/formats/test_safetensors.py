import io
import json
import tracemalloc

import hostile_safetensors as hostile
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings, strategies as st
from safetensors import SafetensorError

from weigh.core.errors import MalformedError
from weigh.core.facts import Coverage
from weigh.formats.identify import identify
from weigh.formats.reader import BytesReader
from weigh.formats.safetensors import load, load_with_metadata, read_safetensors, write_safetensors

DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1", "F16": "<f2"}
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda n: n != "__metadata__")


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    size = int(np.prod(shape)) * np.dtype(DTYPES[dtype]).itemsize
    data = draw(st.binary(min_size=size, max_size=size)) if dtype != "BOOL" else bytes(size)
    return dtype, shape, data


def written(tensors, metadata=None):
    stream = io.BytesIO()
    write_safetensors(stream, tensors, metadata)
    return stream.getvalue()


@given(st.dictionaries(NAMES, arrays(), max_size=6), st.dictionaries(NAMES, NAMES, max_size=3))
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read_back_by_us_and_by_the_reference(tensors, metadata):
    data = written(tensors, metadata)
    ours, ours_metadata = load_with_metadata(data)
    assert {n: (d, s, bytes(v)) for n, (d, s, v) in ours.items()} == tensors
    assert ours_metadata == metadata
    theirs = safetensors.numpy.load(data)
    assert {n: (a.shape, a.tobytes()) for n, a in theirs.items()} == {
        n: (shape, payload) for n, (_, shape, payload) in tensors.items()
    }


@given(st.dictionaries(NAMES, arrays(), max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_file_of_the_reference_implementation_reads_complete(tensors):
    data = safetensors.numpy.save(
        {n: np.frombuffer(p, DTYPES[d]).reshape(s) for n, (d, s, p) in tensors.items()}
    )
    facts = read_safetensors(BytesReader(data), "m.safetensors")
    assert facts.coverage is Coverage.COMPLETE, facts.anomalies
    assert {
        t.name: (t.dtype, t.shape, data[t.offset : t.offset + t.nbytes]) for t in facts.tensors
    } == tensors


@given(st.dictionaries(NAMES, arrays(), max_size=6), st.randoms())
@settings(max_examples=30, deadline=None)
def test_equal_tensors_give_equal_bytes_whatever_their_order(tensors, random):
    shuffled = list(tensors.items())
    random.shuffle(shuffled)
    assert written(dict(shuffled)) == written(tensors)


@given(st.dictionaries(NAMES, arrays(), max_size=6))
@settings(max_examples=30, deadline=None)
def test_every_written_payload_is_aligned_to_its_element(tensors):
    data = written(tensors)
    for tensor in read_safetensors(BytesReader(data), "m").tensors:
        assert tensor.offset % np.dtype(DTYPES[tensor.dtype]).itemsize == 0


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named(name):
    data, rule = hostile.CASES[name]
    facts = read_safetensors(BytesReader(data), "m.safetensors")
    assert facts.coverage is Coverage.MALFORMED
    assert rule in {a.rule for a in facts.anomalies}, facts.anomalies
    assert facts.reason
    with pytest.raises(MalformedError):
        load(data)


STRICTER_THAN_THE_REFERENCE = {
    "entry-with-more",  # unknown fields are ignored there
    "entry-huge",  # our bound
    "header-starts-with-space",  # the README demands '{', the reader trims
    "tensor-twice",  # the last of two keys wins there
    "metadata-key-twice",
    "dtype-twice",
}


@pytest.mark.parametrize("name", sorted(hostile.CASES.keys() - STRICTER_THAN_THE_REFERENCE))
def test_the_reference_refuses_what_we_refuse(name):
    with pytest.raises(SafetensorError):
        safetensors.numpy.load(hostile.CASES[name][0])


@pytest.mark.parametrize(
    ("name", "offset"), [("hole", 8 + 1), ("size-too-small", 8 + 6), ("text-after-object", 8 + 2)]
)
def test_an_anomaly_says_where(name, offset):
    facts = read_safetensors(BytesReader(hostile.CASES[name][0]), "m")
    assert facts.anomalies[0].offset >= offset


def test_a_header_of_2_to_the_60_bytes_is_refused_before_anything_is_allocated():
    data = hostile.CASES["header-of-2-to-the-60"][0]
    tracemalloc.start()
    facts = read_safetensors(BytesReader(data), "m")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert facts.anomalies[0].fatal
    assert peak < 100_000


def test_trailing_spaces_in_the_header_are_fine():
    assert read_safetensors(BytesReader(hostile.raw(b"{}      ")), "m").coverage is Coverage.COMPLETE


def test_only_the_header_is_read():
    reads = []

    class Watched(BytesReader):
        def read(self, offset, length):
            reads.append((offset, length))
            return super().read(offset, length)

    data = written({"w": ("U8", (1_000_000,), bytes(1_000_000))})
    read_safetensors(Watched(data), "m")
    assert sum(length for _, length in reads) < 200


def test_many_anomalies_are_counted_not_kept():
    header = {f"t{i}": hostile.entry([1], 9, 8) for i in range(5000)}
    facts = read_safetensors(BytesReader(hostile.built(header)), "m")
    assert len(facts.anomalies) == 201
    assert "4800 more" in facts.anomalies[-1].detail


def test_long_metadata_is_replaced_by_its_length():
    facts = read_safetensors(BytesReader(hostile.built({"__metadata__": {"a": "x" * 70_000, "b": "y"}})), "m")
    assert facts.fact("safetensors.metadata").value == {"a": "(70000 characters)", "b": "y"}


@pytest.mark.parametrize(
    "tensors",
    [{"a": ("F32", (2,), bytes(7))}, {"a": ("F99", (1,), bytes(4))}, {"__metadata__": ("U8", (0,), b"")}],
)
def test_the_writer_refuses_what_its_reader_would_refuse(tensors):
    with pytest.raises(ValueError):
        written(tensors)


def test_the_writer_takes_a_path(tmp_path):
    write_safetensors(tmp_path / "m", {"a": ("U8", (3,), b"abc")})
    assert bytes(load((tmp_path / "m").read_bytes())["a"][2]) == b"abc"


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_mutated_files_give_facts_and_never_an_exception(data):
    sound = bytearray(hostile.SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(sound[: data.draw(st.integers(0, len(sound)))])
    facts = read_safetensors(BytesReader(cut), "m")
    json.dumps(repr(facts))
    if facts.coverage is Coverage.COMPLETE:
        assert safetensors.numpy.load(cut) is not None


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_random_headers_give_facts(header):
    facts = read_safetensors(BytesReader(hostile.raw(b"{" + header)), "m")
    assert facts.coverage in Coverage


@pytest.mark.parametrize("length", [256, 1152])
def test_a_header_whose_length_looks_like_a_magic_number_is_still_a_header(length):
    # 256 begins like a TrueType font, 1,152 like a pickle of protocol 4.
    text = json.dumps({"w": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    data = length.to_bytes(8, "little") + text.ljust(length) + b"abcd"
    assert identify(BytesReader(data), "weights.bin") == "safetensors"
    assert identify(BytesReader(data[:20]), "weights.bin") != "safetensors"
