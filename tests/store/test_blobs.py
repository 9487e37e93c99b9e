import errno
import os
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.core.digest import sha256_hex
from weigh.core.errors import IntegrityError, NotFoundError, OfflineError, RefusedError, StorageError
from weigh.store.blobs import Blobs

DATA = b"The weights of a small model. " * 1000
SHA = sha256_hex(DATA)


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "store")


def unfinished(blobs):
    """Every file under construction, interrupted fetches included."""
    return [p for f in [blobs.scratch, blobs.partials] for p in f.glob("*") if p.suffix != ".lock"]


def interrupted(blobs, data, *, key="k", error=OfflineError, **promised):
    """Write `data` and lose the network."""
    with suppress(error), blobs.writer(resume_key=key, **promised) as writer:
        writer.write(data)
        raise error("gone")


# Round trip


@given(data=st.binary(max_size=2000))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_is_read_under_its_sha256(blobs, data):
    sha256 = blobs.put(data)
    assert sha256 == sha256_hex(data)
    assert blobs.has(sha256)
    assert blobs.read(sha256, len(data)) == data
    assert blobs.path(sha256).read_bytes() == data
    assert blobs.last_sha256() == sha256


@given(parts=st.lists(st.binary(max_size=50), max_size=8), cut=st.integers(0, 400))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_interrupted_fetch_that_goes_on_gives_the_same_file(tmp_path, parts, cut):
    data = b"".join(parts)
    blobs = Blobs(tmp_path / str(len(list(tmp_path.iterdir()))))
    promised = {"sha256": sha256_hex(data), "size": len(data)}
    interrupted(blobs, data[:cut], **promised)
    with blobs.writer(resume_key="k", **promised) as writer:
        assert writer.size == len(data[:cut])
        writer.write(data[writer.size :])
    assert blobs.read(sha256_hex(data), len(data)) == data
    assert unfinished(blobs) == []


def test_files_are_read_only_and_lie_where_the_layout_says(blobs):
    blobs.put(DATA)
    path = blobs.root / "blobs" / "sha256" / SHA[:2] / SHA
    assert blobs.path(SHA) == path
    assert path.stat().st_mode & 0o777 == 0o444


def test_the_same_content_is_kept_once(blobs):
    blobs.put(DATA)
    inode = blobs.path(SHA).stat().st_ino
    with blobs.writer() as writer:
        writer.write(DATA)
    assert blobs.last_sha256() == SHA
    assert blobs.path(SHA).stat().st_ino == inode
    assert [info.sha256 for info in blobs.ls()] == [SHA]
    assert unfinished(blobs) == []


def test_a_file_that_is_put_again_counts_as_used_now(blobs):
    blobs.put(DATA)
    os.utime(blobs.path(SHA), (1000, 1000))
    assert blobs.info(SHA).used == 1000
    blobs.put(DATA)
    assert blobs.info(SHA).used > 1_700_000_000


def test_the_list_is_sorted_and_passes_over_strangers(blobs):
    for i in range(5):
        blobs.put(bytes([i]) * i)
    (blobs.root / "blobs" / "sha256" / "ab").mkdir(exist_ok=True)
    (blobs.root / "blobs" / "sha256" / "ab" / "README").write_text("hello")
    listed = blobs.ls()
    assert [i.sha256 for i in listed] == sorted(sha256_hex(bytes([i]) * i) for i in range(5))
    assert sorted(i.size for i in listed) == [0, 1, 2, 3, 4]


def test_an_empty_store_has_nothing(blobs):
    assert blobs.ls() == ()
    assert not blobs.has(SHA)
    assert blobs.last_sha256() == ""
    assert not blobs.root.exists()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA.upper(), SHA[:-1], SHA + "0", "sha256:" + SHA])
def test_what_is_no_sha256_names_no_file(blobs, name):
    blobs.put(DATA)
    assert not blobs.has(name)
    assert blobs.remove(name) == 0
    for ask in [blobs.path, blobs.info, blobs.verify, lambda n: blobs.read(n, 10)]:
        with pytest.raises(NotFoundError):
            ask(name)


def test_a_missing_file_is_named(blobs):
    with pytest.raises(NotFoundError, match=SHA):
        blobs.path(SHA)


def test_a_removed_file_is_gone_and_its_size_returned(blobs):
    blobs.put(DATA)
    assert blobs.remove(SHA) == len(DATA)
    assert not blobs.has(SHA)
    assert blobs.remove(SHA) == 0


def test_each_thread_is_told_of_its_own_last_file(blobs):
    blobs.put(b"mine")
    thread = threading.Thread(target=lambda: blobs.put(b"theirs"))
    thread.start()
    thread.join()
    assert blobs.last_sha256() == sha256_hex(b"mine")


# Verified before visible


@pytest.mark.parametrize("key", ["", "k"])
@pytest.mark.parametrize(
    ("promised", "words"),
    [
        ({"sha256": "0" * 64}, "not the ones"),
        ({"size": len(DATA) + 1}, "fewer bytes"),
        ({"size": len(DATA) - 1}, "more bytes"),
        ({"size": 0}, "more bytes"),
        ({"sha256": SHA, "size": 5}, "more bytes"),
    ],
)
def test_a_broken_promise_shows_nothing_and_keeps_nothing(blobs, promised, words, key):
    with pytest.raises(IntegrityError, match=words), blobs.writer(resume_key=key, **promised) as writer:
        writer.write(DATA)
    assert blobs.ls() == ()
    assert unfinished(blobs) == []


def test_too_many_bytes_are_refused_before_they_are_written(blobs):
    with blobs.writer(size=10) as writer:
        writer.write(b"0123456789")
        with pytest.raises(IntegrityError, match="more bytes"):
            writer.write(b"x")
        assert writer.size == 10
        writer.restart()
        writer.write(b"9876543210")
    assert blobs.read(blobs.last_sha256(), 10) == b"9876543210"


@pytest.mark.parametrize("key", ["", "k"])
def test_a_swallowed_excess_is_not_published(blobs, key):
    def write_and_swallow():
        with blobs.writer(size=10, resume_key=key) as writer:
            writer.write(b"0123456789")
            with suppress(IntegrityError):
                writer.write(b"x")

    with pytest.raises(IntegrityError, match="more bytes"):
        write_and_swallow()
    assert blobs.ls() == ()
    assert unfinished(blobs) == []


def test_a_promise_that_is_no_sha256_is_refused_at_once(blobs):
    with pytest.raises(IntegrityError), blobs.writer(sha256="abc"):
        raise AssertionError
    assert not blobs.root.exists()


def test_nothing_is_visible_while_it_is_written(blobs):
    with blobs.writer(sha256=SHA) as writer:
        writer.write(DATA)
        assert not blobs.has(SHA)
        assert blobs.ls() == ()
    assert blobs.has(SHA)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OfflineError, IntegrityError, MemoryError])
def test_an_error_without_a_key_leaves_nothing(blobs, error):
    interrupted(blobs, DATA, key="", error=error)
    assert blobs.ls() == ()
    assert unfinished(blobs) == []


# Interrupted fetches


@pytest.mark.parametrize("error", [KeyboardInterrupt, OfflineError])
def test_an_interrupt_keeps_the_bytes_for_the_next_attempt(blobs, error):
    interrupted(blobs, DATA[:1000], error=error)
    assert not blobs.has(SHA)
    with blobs.writer(sha256=SHA, resume_key="k") as writer:
        assert writer.size == 1000
        writer.write(DATA[1000:])
    assert blobs.has(SHA)
    assert unfinished(blobs) == []


def test_another_key_has_other_bytes(blobs):
    interrupted(blobs, DATA[:1000], key="one")
    with blobs.writer(resume_key="two") as writer:
        assert writer.size == 0
        writer.write(b"x")


def test_damaged_bytes_of_an_earlier_attempt_are_noticed_and_not_tried_again(blobs):
    interrupted(blobs, DATA[:1000])
    blobs.partial("k").write_bytes(b"?" * 1000)
    with pytest.raises(IntegrityError), blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        writer.write(DATA[writer.size :])
    assert blobs.ls() == ()
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        assert writer.size == 0
        writer.write(DATA)
    assert blobs.has(SHA)


def test_a_source_that_lies_does_not_leave_its_bytes_for_the_next_attempt(blobs):
    interrupted(blobs, DATA[:1000], error=IntegrityError)
    assert unfinished(blobs) == []


def test_more_bytes_than_promised_are_thrown_away_at_the_start(blobs):
    interrupted(blobs, DATA)
    with blobs.writer(size=10, resume_key="k") as writer:
        assert writer.size == 0
        writer.write(b"0123456789")
    assert blobs.read(sha256_hex(b"0123456789"), 10) == b"0123456789"


def test_restart_begins_at_byte_0(blobs):
    interrupted(blobs, b"x" * 1000)
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        writer.restart()
        assert writer.size == 0
        writer.write(DATA)
    assert blobs.read(SHA, len(DATA)) == DATA


def test_a_fetch_whose_file_is_there_already_starts_complete(blobs):
    blobs.put(DATA)
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        assert writer.size == len(DATA)
    assert blobs.last_sha256() == SHA
    assert unfinished(blobs) == []


def test_a_complete_fetch_can_still_be_restarted(blobs):
    blobs.put(DATA)
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        writer.restart()
        writer.write(DATA)
    assert blobs.last_sha256() == SHA
    with suppress(IntegrityError), blobs.writer(sha256=SHA, resume_key="k") as writer:
        writer.restart()
        writer.write(b"another file")
    assert blobs.last_sha256() == SHA
    assert blobs.read(SHA, len(DATA)) == DATA


def test_a_second_process_waits_and_finds_the_file_there(blobs):
    script = (
        "import pathlib, sys\n"
        "from weigh.store.blobs import Blobs\n"
        "blobs = Blobs(pathlib.Path(sys.argv[1]))\n"
        "print('asking', flush=True)\n"
        "with blobs.writer(sha256=sys.argv[2], size=int(sys.argv[3]), resume_key='k') as writer:\n"
        "    print(writer.size, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(blobs.root), SHA, str(len(DATA))]
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        writer.write(DATA[:100])
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert second.stdout.readline() == "asking\n"
        writer.write(DATA[100:])
    out, _ = second.communicate(timeout=30)
    assert second.returncode == 0
    assert int(out) == len(DATA)
    assert unfinished(blobs) == []


def test_patience_with_another_fetch_ends(tmp_path):
    first, second = Blobs(tmp_path), Blobs(tmp_path, patience=0.05)
    with (
        pytest.raises(StorageError, match="another process"),
        first.writer(resume_key="k"),
        second.writer(resume_key="k"),
    ):
        pass


def test_two_processes_that_write_the_same_files_tear_nothing(tmp_path):
    script = (
        "import pathlib, random, sys\n"
        "from weigh.store.blobs import Blobs\n"
        "blobs = Blobs(pathlib.Path(sys.argv[1]))\n"
        "for i in range(60):\n"
        "    data = random.Random(i).randbytes(20_000)\n"
        "    sha256 = blobs.put(data)\n"
        "    assert blobs.read(sha256, 20_000) == data\n"
        "    with blobs.writer(sha256=sha256, size=20_000, resume_key=str(i)) as writer:\n"
        "        writer.write(data[writer.size :])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
    blobs = Blobs(tmp_path)
    assert len(blobs.ls()) == 60
    assert all(blobs.verify(info.sha256).size == 20_000 for info in blobs.ls())
    assert unfinished(blobs) == []


# Corruption


@given(data=st.binary(min_size=1, max_size=500), where=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_noticed_quarantined_and_never_returned(blobs, data, where, bit):
    sha256 = blobs.put(data)
    changed = bytearray(data)
    changed[where % len(data)] ^= 1 << bit
    path = blobs.path(sha256)
    path.chmod(0o644)
    path.write_bytes(changed)
    with pytest.raises(StorageError, match=sha256) as caught:
        blobs.read(sha256, len(data))
    assert "quarantine" in caught.value.why
    assert not blobs.has(sha256)
    aside = [p for p in blobs.quarantine.iterdir() if p.name.startswith(sha256)]
    assert bytes(changed) in [p.read_bytes() for p in aside]
    blobs.put(data)
    assert blobs.read(sha256, len(data)) == data


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: b"", lambda d: d[:-1] + b"?"])
def test_verify_notices_every_damage(blobs, damage):
    blobs.put(DATA)
    assert blobs.verify(SHA).size == len(DATA)
    blobs.path(SHA).chmod(0o644)
    blobs.path(SHA).write_bytes(damage(DATA))
    with pytest.raises(StorageError, match="corrupt"):
        blobs.verify(SHA)
    assert not blobs.has(SHA)
    assert len(list(blobs.quarantine.iterdir())) == 1


def test_a_damaged_file_of_another_size_is_replaced_by_the_next_fetch(blobs):
    blobs.put(DATA)
    blobs.path(SHA).chmod(0o644)
    blobs.path(SHA).write_bytes(DATA[:7])
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        assert writer.size == 0
        writer.write(DATA)
    assert blobs.read(SHA, len(DATA)) == DATA


def test_a_link_in_place_of_a_file_is_not_followed(blobs, tmp_path):
    blobs.put(DATA)
    secret = tmp_path / "secret"
    secret.write_bytes(DATA)
    path = blobs.path(SHA)
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(StorageError, match="corrupt"):
        blobs.read(SHA, len(DATA))
    assert secret.read_bytes() == DATA


def test_a_file_larger_than_the_caller_holds_is_not_read(blobs):
    blobs.put(DATA)
    with pytest.raises(RefusedError, match="too large"):
        blobs.read(SHA, len(DATA) - 1)
    assert blobs.has(SHA)


# Full and forbidden disks


@pytest.mark.parametrize("step", ["open", "write", "fchmod", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_any_step_shows_and_leaves_nothing(blobs, monkeypatch, step, code):
    blobs.put(b"before")

    def fail(*args, **options):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as faulty:
        faulty.setattr(os, step, fail)
        with pytest.raises(StorageError):
            blobs.put(DATA)
    assert not blobs.has(SHA)
    assert unfinished(blobs) == []
    assert blobs.put(DATA) == SHA


def test_a_full_disk_keeps_what_a_fetch_can_go_on_with(blobs, monkeypatch):
    real = os.write

    def half(fd, data):
        if len(data) > 600:
            return real(fd, data[:600])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as faulty:
        faulty.setattr(os, "write", half)
        with (
            pytest.raises(StorageError, match="no room"),
            blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer,
        ):
            writer.write(DATA[:1000])
    with blobs.writer(sha256=SHA, size=len(DATA), resume_key="k") as writer:
        assert writer.size == 600
        writer.write(DATA[600:])
    assert blobs.read(SHA, len(DATA)) == DATA


def test_a_swallowed_write_error_is_not_published(blobs, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_and_swallow():
        with blobs.writer() as writer:
            writer.write(b"x")
            with monkeypatch.context() as faulty, suppress(StorageError):
                faulty.setattr(os, "write", fail)
                writer.write(b"y")

    with pytest.raises(StorageError, match="incomplete"):
        write_and_swallow()
    assert blobs.ls() == ()


def test_a_size_limit_of_the_process_is_told_as_a_full_disk(tmp_path):
    script = (
        "import pathlib, resource, sys\n"
        "from weigh.core.errors import StorageError\n"
        "from weigh.store.blobs import Blobs\n"
        "blobs = Blobs(pathlib.Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "try:\n"
        "    blobs.put(b'x' * 10_000)\n"
        "except StorageError as error:\n"
        "    print(error.what)\n"
        "blobs.put(b'x' * 8192)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("no room to write")
    assert [info.size for info in Blobs(tmp_path).ls()] == [8192]
    assert unfinished(Blobs(tmp_path)) == []
