"""Records, packs, index, cuts, spans and manifests: damage is found, sizes are bounded, laws hold."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from tests.store.packs.made import back, every_format, put, put_bytes, values

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, StorageError
from weigh.core.tensor import TensorInfo
from weigh.store.codecs.codec import Codec
from weigh.store.packs import pack_file
from weigh.store.packs.cutting import LARGEST, SMALLEST, cuts
from weigh.store.packs.index import Index
from weigh.store.packs.manifest import FileManifest, Piece, dump_manifest, load_manifest
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.pack_file import PackWriter, name_of, records, whole_records
from weigh.store.packs.record import Kind, Record, unpacked
from weigh.store.packs.spans import Span, spans_of

ids = st.binary(min_size=32, max_size=32)
made_up = st.builds(
    Record,
    id=ids,
    kind=st.sampled_from(Kind),
    codec=st.integers(0, 255),
    width=st.integers(0, 255),
    signed=st.booleans(),
    size=st.integers(0, 1 << 50),
    depth=st.integers(0, 255),
    refs=st.lists(ids, max_size=4).map(tuple),
    params=st.binary(max_size=50),
    body=st.binary(max_size=200),
)


def raw(data: bytes, refs=(), codec=Codec.RAW, depth=0) -> Record:
    return Record(content_id(data), Kind.CHUNK, codec, 1, False, len(data), depth, tuple(refs), b"", data)


@given(made_up)
def test_a_record_comes_back(record):
    assert unpacked(b"".join(record.packed())) == record


@settings(max_examples=30)
@given(made_up)
def test_any_flipped_byte_or_cut_of_a_record_is_found(record):
    data = b"".join(record.packed())
    for at in range(len(data)):
        hurt = bytearray(data)
        hurt[at] ^= 0x10
        with pytest.raises(MalformedError):
            unpacked(bytes(hurt))
        with pytest.raises(MalformedError):
            unpacked(data[:at])


def add_one(objects, record, *, then=lambda: None):
    with objects.writing() as writer:
        writer.add(record)
        then()


@pytest.fixture
def pack(tmp_path):
    writer = PackWriter(tmp_path / "packs")
    for i in range(20):
        writer.add(raw(bytes([i]) * (50 + i * 1000)))
    return writer.seal()


def test_a_pack_is_named_by_its_content_and_cannot_be_written(pack):
    assert name_of(pack) + ".pack" == pack.name
    assert pack.stat().st_mode & 0o222 == 0
    assert len(list(records(pack))) == 20


def test_a_pack_cut_anywhere_gives_what_lies_before_the_cut_and_then_an_error(pack):
    data = pack.read_bytes()
    ends = [spot.offset + spot.length for spot, _ in records(pack)]
    pack.chmod(0o644)
    for cut in [*range(200), *random.Random(1).sample(range(200, len(data)), 60)]:
        pack.write_bytes(data[:cut])
        found = []
        if cut in ends or cut == 16:
            found = list(records(pack))
        else:
            with pytest.raises(MalformedError):
                found.extend(records(pack))
        assert len(list(whole_records(pack))) == sum(end <= cut for end in ends)


def test_what_is_whole_around_damage_is_found_again(pack):
    data = bytearray(pack.read_bytes())
    spots = [spot for spot, _ in records(pack)]
    for place in (3, 4, 11):
        data[spots[place].offset + 70] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(data)
    assert len(list(whole_records(pack))) == 17


def test_a_length_that_a_pack_does_not_hold_is_not_allocated(pack):
    record = raw(b"x" * 100)
    head = bytearray(b"".join(record.packed()))
    head[16:20] = b"\xff\xff\xff\xff"
    pack.chmod(0o644)
    pack.write_bytes(pack_file.START + bytes(head))
    with pytest.raises(MalformedError, match="damaged"):
        list(records(pack))


def test_the_index_is_made_again_from_the_packs(tmp_path):
    with Objects(tmp_path) as objects:
        added = put_bytes(objects, tmp_path, every_format()["big.txt"])
    for path in (tmp_path / "packs").glob("index.sqlite*"):
        path.unlink()
    with Objects(tmp_path) as objects:
        assert back(objects, added.id) == every_format()["big.txt"]


def test_a_pack_whose_writer_was_killed_is_taken_in(tmp_path):
    with Objects(tmp_path) as objects:
        put_bytes(objects, tmp_path, b"first")
        writer = PackWriter(objects.folder)
        writer.add(raw(b"late" * 10))
        writer.seal()
        assert objects.content(content_id(b"late" * 10)) == b"late" * 10


def test_a_damaged_index_is_named(tmp_path):
    with Objects(tmp_path) as objects:
        put_bytes(objects, tmp_path, b"first")
    (tmp_path / "packs" / "index.sqlite").write_bytes(b"no database at all" * 1000)
    with Objects(tmp_path) as objects, pytest.raises(StorageError, match=r"index\.sqlite"):
        objects.has(bytes(32))


def test_a_swap_in_the_index_that_fails_changes_nothing(tmp_path):
    index = Index(tmp_path / "index.sqlite")
    index.add([("a.pack", [])])

    def broken():
        yield "b.pack", []
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.swap(["a.pack"], broken())
    assert index.packs() == {"a.pack"}
    index.close()


@pytest.mark.parametrize("at", [20, 70, 5000, -10])
def test_a_flipped_byte_in_a_pack_is_never_returned(tmp_path, at):
    with Objects(tmp_path) as objects:
        data = values(1, 4000).tobytes()
        added = put_bytes(objects, tmp_path, data, tensors=[])
    (pack,) = (tmp_path / "packs").glob("*.pack")
    hurt = bytearray(pack.read_bytes())
    hurt[at] ^= 4
    pack.chmod(0o644)
    pack.write_bytes(hurt)
    with Objects(tmp_path) as objects, pytest.raises((MalformedError, IntegrityError)):
        back(objects, added.id)


def test_objects_that_need_each_other_are_an_error_and_no_endless_loop(tmp_path):
    writer = PackWriter(tmp_path / "packs")
    one, other = b"1" * 32, b"2" * 32
    for name, base in ((one, other), (other, one)):
        writer.add(Record(name, Kind.CHUNK, Codec.DELTA, 1, False, 10, 1, (base,), b"", b""))
    writer.seal()
    with Objects(tmp_path) as objects, pytest.raises(MalformedError, match="damaged"):
        objects.content(one)


def test_a_chunk_that_claims_to_be_huge_is_refused(tmp_path):
    writer = PackWriter(tmp_path / "packs")
    name = b"1" * 32
    writer.add(Record(name, Kind.CHUNK, Codec.CONSTANT, 1, False, 1 << 49, 0, (), b"", b"x"))
    writer.seal()
    with Objects(tmp_path) as objects, pytest.raises(MalformedError, match="claims"):
        objects.content(name)


def test_what_is_not_there_is_not_found(tmp_path):
    with Objects(tmp_path) as objects:
        assert not objects.has(bytes(32))
        with pytest.raises(NotFoundError):
            objects.content(bytes(32))


def test_an_error_while_writing_makes_nothing_visible_and_leaves_no_file(tmp_path):
    with Objects(tmp_path) as objects:
        with pytest.raises(ZeroDivisionError):
            add_one(objects, raw(b"data"), then=lambda: 1 / 0)
        assert not objects.has(content_id(b"data"))
        assert [p.name for p in objects.folder.iterdir() if p.suffix in {".pack", ".tmp"}] == []


def test_many_threads_read_the_same_objects(tmp_path):
    with Objects(tmp_path / "store") as objects:
        files = []
        for name, data in every_format().items():
            path = tmp_path / name
            path.write_bytes(data)
            files.append((put(objects, path).id, data))
        barrier = threading.Barrier(4)

        def work(seed):
            barrier.wait()
            draw = random.Random(seed)
            for _ in range(30):
                name, data = draw.choice(files)
                assert back(objects, name) == data
            return True

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(4)))


def test_a_full_disk_is_told_and_loses_nothing(tmp_path, monkeypatch):
    with Objects(tmp_path) as objects:
        added = put_bytes(objects, tmp_path, b"first" * 100)
        real = os.write

        def full(descriptor, data):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="no room"):
            add_one(objects, raw(b"second" * 100))
        monkeypatch.setattr(os, "write", real)
        assert back(objects, added.id) == b"first" * 100
        assert not objects.has(content_id(b"second" * 100))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1 << 20), st.integers(0, 2), st.integers(0, 1000))
def test_cuts_are_bounded_and_cover_everything(size, kind, seed):
    data = random.Random(seed).randbytes(size) if kind else bytes(size)
    ends = list(cuts(memoryview(data)))
    assert (ends[-1] if ends else 0) == size
    sizes = [b - a for a, b in zip([0, *ends], ends, strict=False)]
    assert all(0 < n <= LARGEST for n in sizes)
    assert all(n >= SMALLEST for n in sizes[:-1])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=100), st.integers(0, 100))
def test_an_insertion_moves_few_cuts(place, inserted, seed):
    data = random.Random(seed).randbytes(3 << 20)

    def pieces(whole):
        ends = list(cuts(memoryview(whole)))
        return {whole[a:b] for a, b in zip([0, *ends], ends, strict=False)}

    before, after = pieces(data), pieces(data[:place] + inserted + data[place:])
    assert len(after - before) <= 8


spans = st.lists(
    st.tuples(st.integers(-5, 300), st.integers(-5, 300), st.sampled_from(["f", "g"])), max_size=12
)


@given(st.integers(0, 250), spans)
def test_spans_cover_a_file_once_whatever_is_said_of_its_tensors(size, told):
    tensors = [TensorInfo("t", "U8", (1,), file, begin, length) for begin, length, file in told]
    found = spans_of("f", size, tensors)
    assert [s.begin for s in found] == [0, *(s.end for s in found)][: len(found)]
    assert (found[-1].end if found else 0) == size
    assert all(s.begin < s.end for s in found)


lines = st.lists(
    st.tuples(st.integers(1, 1 << 40), ids, st.text(max_size=8), st.sampled_from(["", "F32"])), max_size=6
)


@given(lines, st.text(max_size=8))
def test_a_manifest_comes_back(told, form):
    pieces, at = [], 0
    for length, name, tensor, dtype in told:
        pieces.append(Piece(Span(at, at + length, tensor, dtype, (length,)), name))
        at += length
    manifest = FileManifest(at, "ab" * 32, tuple(pieces), form)
    assert load_manifest(dump_manifest(manifest)) == manifest


@given(st.binary(max_size=200))
def test_bytes_that_are_no_manifest_are_refused(data):
    with pytest.raises(MalformedError):
        load_manifest(data)


@pytest.mark.parametrize(
    "document",
    [
        [2, 0, bytes(32), "", []],
        [1, 5, bytes(32), "", []],
        [1, 0, bytes(31), "", []],
        [1, 5, bytes(32), "", [[5, bytes(31)]]],
        [1, 0, bytes(32), "", [[-5, bytes(32)], [5, bytes(32)]]],
        [1, 0, bytes(32), "", [[0, bytes(32)]]],
    ],
)
def test_a_manifest_that_does_not_cover_its_file_is_refused(document):
    with pytest.raises(MalformedError):
        load_manifest(msgspec.msgpack.encode(document))


def test_a_name_in_a_manifest_that_is_no_text_is_refused():
    manifest = FileManifest(4, "0" * 64, (Piece(Span(0, 4, "name", "F32", (1,)), bytes(32)),))
    with pytest.raises(MalformedError):
        load_manifest(dump_manifest(manifest).replace(b"name", b"nam\xff"))
