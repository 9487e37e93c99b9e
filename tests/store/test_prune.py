import os
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from weigh.core.errors import OfflineError
from weigh.store.blobs import Blobs
from weigh.store.derived import Derived
from weigh.store.prune import DAY, prune, usage
from weigh.system.places import places

NOW = time.time()


class StoppedClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0


@pytest.fixture
def home(tmp_path):
    return places({"WEIGH_HOME": str(tmp_path)})


@pytest.fixture
def blobs(home):
    return Blobs(home.store)


def age(path, days):
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))


def put(blobs, data, days):
    sha256 = blobs.put(data)
    age(blobs.path(sha256), days)
    return sha256


def pruned(blobs, **options):
    return prune(blobs, **({"keep": set(), "older_than_days": 30, "clock": StoppedClock()} | options))


def test_only_old_files_that_nothing_names_go(blobs, home):
    lost, young, kept = put(blobs, b"lost", 31), put(blobs, b"young", 29), put(blobs, b"kept", 99)
    derived = Derived(home.store, blobs)
    used = derived.put("k", b"used")
    age(blobs.path(used), 99)
    assert pruned(blobs, keep={kept}) == len(b"lost")
    assert not blobs.has(lost)
    assert {i.sha256 for i in blobs.ls()} == {young, kept, used}
    assert derived.get("k") == b"used"


def test_a_dry_run_deletes_nothing_and_says_the_same(blobs):
    put(blobs, b"lost", 31)
    blobs.scratch.joinpath(".x.tmp").write_bytes(b"123")
    age(blobs.scratch / ".x.tmp", 2)
    expected = pruned(blobs, dry_run=True)
    assert len(blobs.ls()) == 1
    assert pruned(blobs) == expected == 7
    assert blobs.ls() == ()


def test_reading_a_file_keeps_it_where_the_disk_notes_it(blobs):
    sha256 = put(blobs, b"read", 99)
    os.utime(blobs.path(sha256), (NOW - DAY, NOW - 99 * DAY))
    assert pruned(blobs) == 0
    assert blobs.has(sha256)


def test_unfinished_files_go_after_a_day(blobs):
    blobs.put(b"x")
    for name, days in [(".old.tmp", 1.1), (".young.tmp", 0.5)]:
        (blobs.scratch / name).write_bytes(b"12345")
        age(blobs.scratch / name, days)
    for key in ["old", "young"]:
        with suppress(OfflineError), blobs.writer(resume_key=key) as writer:
            writer.write(b"1234567")
            raise OfflineError("gone")
        age(blobs.partial(key), 1.1 if key == "old" else 0.5)
    assert pruned(blobs) == 5 + 7
    assert [p.name for p in blobs.scratch.iterdir()] == [".young.tmp"]
    assert blobs.partial("young").exists()
    assert not blobs.partial("old").exists()
    assert not blobs.partial("old").with_suffix(".lock").exists()


def test_the_lock_of_a_finished_fetch_goes_too(blobs):
    with blobs.writer(resume_key="k") as writer:
        writer.write(b"x")
    lock = blobs.partial("k").with_suffix(".lock")
    age(lock, 2)
    pruned(blobs)
    assert not lock.exists()


def test_a_fetch_that_is_going_on_is_left_alone(blobs):
    script = (
        "import pathlib, sys\n"
        "from weigh.store.blobs import Blobs\n"
        "with Blobs(pathlib.Path(sys.argv[1])).writer(resume_key='k') as writer:\n"
        "    writer.write(b'half')\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(blobs.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        age(blobs.partial("k"), 2)
        assert pruned(blobs) == 0
        assert blobs.partial("k").exists()
    assert process.returncode == 0
    assert len(blobs.ls()) == 1


def test_corrupt_files_stay_unless_asked_for(blobs):
    blobs.quarantine.mkdir(parents=True)
    bad = blobs.quarantine / "bad"
    bad.write_bytes(b"bad")
    age(bad, 99)
    assert pruned(blobs) == 0
    assert bad.exists()
    assert pruned(blobs, quarantined=True) == 3
    assert not bad.exists()


def test_derived_values_can_be_dropped_when_old(blobs, home):
    derived = Derived(home.store, blobs)
    for key in ["old", "young"]:
        age(blobs.path(derived.put(key, key.encode())), 99)
    line = next(path for path, info in derived.lines() if info.key == "old")
    age(line, 99)
    assert pruned(blobs) == 0
    size = line.stat().st_size
    assert pruned(blobs, drop_derived=True) == size + len("old")
    assert derived.get("old") is None
    assert derived.get("young") == b"young"


def test_pruning_nothing_makes_nothing(blobs):
    assert pruned(blobs) == 0
    assert not blobs.root.exists()


def test_usage_counts_every_kind_of_file(blobs, home):
    assert usage(home).size == 0
    Derived(home.store, blobs).put("k", b"12345")
    blobs.quarantine.mkdir()
    (blobs.quarantine / "bad").write_bytes(b"bad")
    (blobs.scratch / ".x.tmp").write_bytes(b"1")
    record = home.ledger / "records" / "ab" / "cd" / "x.json"
    record.parent.mkdir(parents=True)
    record.write_bytes(b"{}")
    found = usage(home)
    assert (found.blobs.files, found.blobs.size) == (1, 5)
    assert found.derived.files == 1
    assert (found.quarantine.files, found.quarantine.size) == (1, 3)
    assert (found.unfinished.files, found.unfinished.size) == (1, 1)
    assert (found.ledger.files, found.ledger.size) == (1, 2)
    assert found.size == sum(
        s.size for s in [found.blobs, found.derived, found.quarantine, found.unfinished, found.ledger]
    )
