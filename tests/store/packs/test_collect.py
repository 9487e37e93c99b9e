"""Garbage goes in two steps, and never anything that a version needs."""

import os
import time

import pytest
from tests.store.packs.made import back, nearest, put_bytes, safetensors, values

from weigh.core.errors import MalformedError, NotFoundError
from weigh.store.codecs.codec import Codec
from weigh.store.packs.collect import REMOVED, bring_back, collect
from weigh.store.packs.objects import Objects, content_id
from weigh.store.packs.reaching import reached
from weigh.store.packs.record import Kind, Record

DAY = 86_400.0


@pytest.fixture
def objects(tmp_path):
    with Objects(tmp_path / "store") as opened:
        yield opened


def later(objects, days=30):
    """Make every pack that many days old."""
    then = time.time() - days * DAY
    for path in objects.folder.glob("**/*.pack"):
        os.utime(path, (then, then))


def packs(objects):
    return sorted(p.name for p in objects.folder.glob("*.pack"))


def model(seed):
    return safetensors({"w": values(seed, (200, 200))})


def test_what_nothing_needs_is_moved_and_later_deleted(objects, tmp_path):
    kept = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    gone = put_bytes(objects, tmp_path, model(2), "b.safetensors")
    later(objects)
    now = time.time()
    found = collect(objects, [kept.id], now=now, grace=14 * DAY)
    assert (found.moved, found.deleted_bytes) == (1, 0)
    assert not objects.has(gone.id)
    assert back(objects, kept.id) == model(1)
    assert len(list((objects.folder / REMOVED).iterdir())) == 1
    assert collect(objects, [kept.id], now=now + DAY, grace=14 * DAY).deleted_bytes == 0
    assert collect(objects, [kept.id], now=now + 15 * DAY, grace=14 * DAY).deleted_bytes == found.moved_bytes
    assert list((objects.folder / REMOVED).iterdir()) == []


def test_a_dry_run_changes_nothing_and_says_the_same(objects, tmp_path):
    put_bytes(objects, tmp_path, model(1), "a.safetensors")
    later(objects)
    before = packs(objects)
    told = collect(objects, [], now=time.time(), grace=DAY, dry_run=True)
    assert packs(objects) == before
    assert collect(objects, [], now=time.time(), grace=DAY) == told


def test_what_is_young_stays_with_all_it_rests_on(objects, tmp_path):
    base = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    later(objects)
    tuned = safetensors({"w": values(1, (200, 200)) * values(0, 1).dtype.type(1.0001)})
    young = put_bytes(objects, tmp_path, tuned, "b.safetensors", advise=nearest(objects, base.id))
    assert any(p.depth for _, p in objects.index.objects(Kind.CHUNK))
    collect(objects, [], now=time.time(), grace=DAY)
    assert back(objects, young.id) == tuned


def test_the_base_of_what_is_needed_stays_even_when_its_version_is_gone(objects, tmp_path):
    base = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    tuned = safetensors({"w": values(1, (200, 200)) * values(0, 1).dtype.type(1.0001)})
    kept = put_bytes(objects, tmp_path, tuned, "b.safetensors", advise=nearest(objects, base.id))
    later(objects)
    collect(objects, [kept.id], now=time.time(), grace=DAY)
    objects.close()
    assert back(objects, kept.id) == tuned
    assert not objects.has(base.id) or back(objects, base.id) == model(1)


def test_a_pack_that_is_used_again_is_young_again(objects, tmp_path):
    put_bytes(objects, tmp_path, model(1), "a.safetensors")
    later(objects)
    put_bytes(objects, tmp_path, model(1), "a.safetensors")
    assert collect(objects, [], now=time.time(), grace=DAY).moved == 0


def test_a_pack_of_which_little_is_needed_is_written_anew(objects, tmp_path):
    with objects.writing() as writer:
        for i in range(20):
            data = bytes([i]) * 1000 + os.urandom(1000)
            writer.add(Record(content_id(data), Kind.CHUNK, Codec.RAW, 1, False, 2000, 0, (), b"", data))
            if i == 7:
                kept = (content_id(data), data)
    later(objects)
    before = packs(objects)
    found = collect(objects, [kept[0]], now=time.time(), grace=DAY)
    assert (found.needed, found.dead, found.moved) == (1, 19, 1)
    assert found.rewritten_bytes < 2200
    assert packs(objects) != before
    objects.close()
    assert objects.content(kept[0]) == kept[1]


def test_many_small_packs_become_one(objects, tmp_path):
    files = [put_bytes(objects, tmp_path, b"%d" % i * 50) for i in range(20)]
    later(objects)
    collect(objects, [f.id for f in files], now=time.time(), grace=DAY)
    assert len(packs(objects)) == 1
    assert [back(objects, f.id) for f in files] == [b"%d" % i * 50 for i in range(20)]
    later(objects)
    assert collect(objects, [f.id for f in files], now=time.time(), grace=DAY).moved == 0


def test_a_reader_goes_on_while_packs_are_collected(objects, tmp_path):
    kept = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    with Objects(objects.folder.parent) as reader:
        assert reader.has(kept.id)
        for i in range(20):
            put_bytes(objects, tmp_path, b"%d" % i)
        later(objects)
        collect(objects, [kept.id], now=time.time(), grace=DAY)
        assert back(reader, kept.id) == model(1)
    later(objects)


@pytest.mark.parametrize("hurt", [False, True])
def test_nothing_goes_when_a_version_is_not_whole(objects, tmp_path, hurt):
    kept = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    put_bytes(objects, tmp_path, model(2), "b.safetensors")
    later(objects)
    if hurt:
        spot = objects.index.find(kept.id)
        path = objects.folder / spot.pack
        data = bytearray(path.read_bytes())
        data[spot.spot.offset + 80] ^= 1
        path.chmod(0o644)
        path.write_bytes(data)
        later(objects)
        objects.close()
    roots = [kept.id] if hurt else [kept.id, bytes(32)]
    before = packs(objects)
    with pytest.raises((NotFoundError, MalformedError)):
        collect(objects, roots, now=time.time(), grace=DAY)
    assert packs(objects) == before


def test_what_was_moved_away_is_brought_back(objects, tmp_path):
    added = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    later(objects)
    collect(objects, [], now=time.time(), grace=DAY)
    assert not objects.has(added.id)
    assert bring_back(objects) == 1
    assert back(objects, added.id) == model(1)


def test_everything_a_file_needs_is_reached(objects, tmp_path):
    added = put_bytes(objects, tmp_path, model(1), "a.safetensors")
    assert reached(objects, [added.id]) == {name for name, _ in objects.index.objects()}


def test_an_empty_store_has_no_garbage(tmp_path):
    assert collect(Objects(tmp_path), [], now=0, grace=0).moved == 0
