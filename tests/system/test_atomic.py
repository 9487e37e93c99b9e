import errno
import os
import stat
import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.core.errors import StorageError
from weigh.system.atomic import (
    make_folder,
    move_aside,
    storing,
    sweep,
    temporary,
    write_all,
    write_bytes,
    write_out,
)

STEPS = ["open", "write", "fchmod", "fsync", "replace"]
"""What the operating system is asked for, in this order, to write a file."""


def failing(monkeypatch, step, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(os, step, fail)


@given(data=st.binary(max_size=5000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_read(tmp_path, data):
    path = tmp_path / "a" / "b" / "f"
    write_bytes(path, data)
    assert path.read_bytes() == data
    assert [p.name for p in path.parent.iterdir()] == ["f"]


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o444])
def test_the_mode_is_the_one_asked_for_whatever_the_umask(tmp_path, mode):
    before = os.umask(0o077)
    try:
        write_bytes(tmp_path / "f", b"x", mode=mode)
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == mode


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with path.open("rb") as reader:
        write_bytes(path, b"the new content")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"the new content"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no room"),
        (errno.EDQUOT, "no room"),
        (errno.EFBIG, "no room"),
        (errno.EROFS, "cannot be written"),
        (errno.EACCES, "cannot be written"),
        (errno.EIO, "cannot be read or written"),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step, code, words):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with monkeypatch.context() as faulty:
        failing(faulty, step, OSError(code, os.strerror(code)))
        with pytest.raises(StorageError, match=words) as caught:
            write_bytes(path, b"new")
    assert caught.value.why == os.strerror(code)
    assert caught.value.hint or code == errno.EIO
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("step", STEPS)
def test_an_interrupt_at_any_step_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with monkeypatch.context() as faulty:
        failing(faulty, step, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_write_that_stops_early_goes_on(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:3])))
    write_bytes(tmp_path / "f", b"0123456789")
    assert (tmp_path / "f").read_bytes() == b"0123456789"


def test_nothing_is_visible_before_it_is_durable(tmp_path, monkeypatch):
    calls = []
    for name in ["fsync", "replace"]:
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, real=real, name=name: (calls.append(name), real(*a))[1])
    write_bytes(tmp_path / "f", b"x")
    assert calls == ["fsync", "replace", "fsync"]


def test_a_file_beyond_the_size_limit_of_the_process_is_a_full_disk(tmp_path):
    script = (
        "import resource, sys, pathlib\n"
        "from weigh.core.errors import StorageError\n"
        "from weigh.system.atomic import write_bytes\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "write_bytes(path, b'o' * 4096)\n"
        "try:\n"
        "    write_bytes(path, b'n' * 5000)\n"
        "except StorageError as error:\n"
        "    print(error.what)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "f")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("no room to write")
    assert (tmp_path / "f").read_bytes() == b"o" * 4096
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_scratch_folder_takes_the_temporary_file(tmp_path, monkeypatch):
    seen = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append(os.path.dirname(a)), real(a, b))[1])
    write_bytes(tmp_path / "d" / "f", b"x", scratch=tmp_path / "s")
    assert seen == [str(tmp_path / "s")]
    assert list((tmp_path / "s").iterdir()) == []


def test_a_folder_where_a_file_stands_is_a_storage_error(tmp_path):
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StorageError):
        make_folder(tmp_path / "f" / "g")


def test_a_folder_may_be_there_already(tmp_path):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_write_all_takes_views(tmp_path):
    fd = os.open(tmp_path / "f", os.O_WRONLY | os.O_CREAT)
    write_all(fd, memoryview(b"abc"))
    os.close(fd)
    assert (tmp_path / "f").read_bytes() == b"abc"


def test_moving_aside_never_covers_what_is_there(tmp_path):
    for content in [b"1", b"2"]:
        (tmp_path / "f").write_bytes(content)
        move_aside(tmp_path / "f", tmp_path / "q")
    assert sorted(p.read_bytes() for p in (tmp_path / "q").iterdir()) == [b"1", b"2"]
    assert not (tmp_path / "f").exists()


def test_moving_aside_what_another_process_moved_is_no_error(tmp_path):
    move_aside(tmp_path / "f", tmp_path / "q")
    assert list((tmp_path / "q").iterdir()) == []


def test_sweeping_takes_only_old_temporary_files(tmp_path):
    old, young, other = temporary(tmp_path), temporary(tmp_path), tmp_path / "kept"
    for path in [old, young, other]:
        path.write_bytes(b"12345")
    for path in [old, other]:
        os.utime(path, (1000, 1000))
    assert sweep(tmp_path, before=2000) == 5
    assert sorted(tmp_path.iterdir()) == sorted([young, other])
    assert sweep(tmp_path / "none", before=2000) == 0


def test_an_error_of_the_system_without_a_number_is_told_too(tmp_path):
    with pytest.raises(StorageError, match="odd"), storing(tmp_path):
        raise OSError("odd")


def test_what_a_user_names_is_written_where_a_link_points_and_the_link_stays(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    write_out(link, b"1")
    write_out(link, b"22")
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"22"


def test_a_pipe_or_device_is_written_to_and_stays_what_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_out(pipe, b"bytes")
    reader.join(timeout=10)
    assert read == [b"bytes"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
