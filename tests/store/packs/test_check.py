"""Damage is found, named, set aside and worked around."""

import os
import time

import pytest
from tests.store.packs.made import back, put_bytes, safetensors, values

from weigh.store.packs.check import QUARANTINE, check, damaged_by, quarantined
from weigh.store.packs.collect import collect
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind


@pytest.fixture
def store(tmp_path):
    with Objects(tmp_path / "store") as objects:
        files = {}
        for seed in range(3):
            data = safetensors({"w": values(seed, (100, 100)), "b": values(seed + 9, (50,))})
            files[put_bytes(objects, tmp_path, data, "m.safetensors").id] = data
        yield objects, files


def hurt(objects, name, at=80):
    place = objects.index.find(name)
    path = objects.folder / place.pack
    data = bytearray(path.read_bytes())
    data[place.spot.offset + at] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    objects.close()
    return path.name


def test_a_whole_store_is_whole(store):
    objects, files = store
    found = check(objects, files)
    assert (found.packs, found.damaged_packs, found.broken, found.index_made_again) == (3, (), (), False)
    assert found.looked_at == found.objects > 6


def test_damage_is_set_aside_and_the_rest_of_the_pack_is_saved(store):
    objects, files = store
    victim = max((place.spot.length, name) for name, place in objects.index.objects(Kind.CHUNK))[1]
    pack = hurt(objects, victim)
    found = check(objects, files)
    assert found.damaged_packs == (pack,)
    assert found.saved > 1
    assert victim in {b.id for b in found.broken}
    lost = damaged_by(objects, found.broken, files)
    assert len(lost) == 1
    assert any(aside.startswith(pack) for aside in quarantined(objects))
    for name in set(files) - lost:
        assert back(objects, name) == files[name]
    again = check(objects, files)
    assert again.damaged_packs == ()
    assert victim in {b.id for b in again.broken}


@pytest.mark.parametrize("how", ["gone", "garbage", "empty"])
def test_a_lost_or_damaged_index_is_made_again(store, how):
    objects, files = store
    objects.close()
    path = objects.folder / "index.sqlite"
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(os.urandom(9000) if how == "garbage" else b"")
    found = check(objects, files)
    assert found.broken == ()
    assert {name: back(objects, name) for name in files} == files


def test_an_index_that_tells_of_a_pack_that_is_gone_is_made_again_and_the_loss_is_named(store):
    objects, files = store
    name = next(iter(files))
    (objects.folder / objects.index.find(name).pack).unlink()
    found = check(objects, files)
    assert found.index_made_again
    told = {b.id: b.why for b in found.broken}
    assert told[name] == "it is not in the store"
    assert name in damaged_by(objects, found.broken, files)


def test_a_truncated_pack_gives_back_what_is_whole(store):
    objects, files = store
    path = min(objects.folder.glob("*.pack"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-40])
    objects.close()
    found = check(objects, files)
    assert found.damaged_packs == (path.name,)
    assert found.saved >= 1
    assert sum(b.kind is Kind.FILE or b.kind is None for b in found.broken) >= 1
    assert sum(back(objects, n) == files[n] for n in set(files) - {b.id for b in found.broken}) == 2


def test_packs_moved_away_by_a_collection_come_back_when_they_are_needed(store):
    objects, files = store
    for path in objects.folder.glob("*.pack"):
        os.utime(path, (1, 1))
    collect(objects, [], now=time.time(), grace=86_400)
    found = check(objects, files)
    assert found.brought_back == 3
    assert found.broken == ()
    assert {name: back(objects, name) for name in files} == files


def test_a_sample_reads_less_and_still_sees_what_is_missing(store):
    objects, files = store
    found = check(objects, [*files, bytes(32)], share=0.01, seed=1)
    assert found.looked_at < found.objects
    assert [b.id for b in found.broken] == [bytes(32)]


def test_a_store_that_is_not_there_lacks_everything(tmp_path):
    found = check(Objects(tmp_path / "nothing"), [bytes(32)])
    assert [b.id for b in found.broken] == [bytes(32)]
    assert not (tmp_path / "nothing" / QUARANTINE).exists()
