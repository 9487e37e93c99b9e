"""The index of a pack comes back as it was, and a damaged one is refused."""

import pytest
from blake3 import blake3
from hypothesis import given, strategies as st

from weigh.core.errors import MalformedError
from weigh.store.packs.pack_file import Spot
from weigh.store.packs.record import Kind
from weigh.store.remotes.pack_index import START, Line, dump_index, load_index

IDS = st.binary(min_size=32, max_size=32)
LINES = st.builds(
    Line,
    IDS,
    st.sampled_from(Kind),
    st.builds(Spot, st.integers(16, 1000), st.integers(68, 1000)),
    st.integers(0, 1 << 40),
    st.integers(0, 8),
    st.lists(IDS, max_size=4).map(tuple),
)


@given(st.lists(LINES, max_size=20, unique_by=lambda line: line.id))
def test_it_comes_back(lines):
    assert load_index(dump_index(5000, lines), "ab") == tuple(lines)


@given(st.lists(LINES, min_size=1, max_size=3, unique_by=lambda line: line.id), st.data())
def test_any_flipped_or_missing_byte_is_noticed(lines, data):
    whole = dump_index(5000, lines)
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(flipped), whole[:at]):
        with pytest.raises(MalformedError, match="is damaged"):
            load_index(damaged, "ab")


def sealed(raw_size, frame):
    data = START + raw_size.to_bytes(8, "little") + frame
    return data + blake3(data).digest()


def test_what_claims_more_than_it_holds_allocates_nothing():
    import zstandard

    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(50_000_000))
    for size in (1 << 60, 10, 50_000_001):
        with pytest.raises(MalformedError):
            load_index(sealed(size, bomb), "ab")


@given(st.binary(max_size=200))
def test_anything_else_is_refused(frame):
    with pytest.raises(MalformedError):
        load_index(sealed(len(frame), frame), "ab")


@pytest.mark.parametrize("spot", [Spot(0, 100), Spot(16, 10), Spot(4990, 100), Spot(16, 1 << 50)])
def test_a_place_outside_the_pack_is_refused(spot):
    with pytest.raises(MalformedError, match="damaged"):
        load_index(dump_index(5000, [Line(bytes(32), Kind.CHUNK, spot, 1, 0, ())]), "ab")
