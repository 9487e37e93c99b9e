import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from weigh.core.errors import WorkerError
from weigh.runtimes.sandbox import WorkerLimits, run_sandboxed, start_worker

LIMITS = WorkerLimits(memory_bytes=1 << 30, wall_seconds=30, idle_seconds=20, file_bytes=1 << 20)


def run(adapters, attack, limits=LIMITS, **fields):
    frame, report = run_sandboxed(
        "attacks", limits=limits, roots=[adapters], fields={"attack": attack, **fields}
    )
    return frame.fields["said"], report


def assert_blocked(said, report, limit):
    """Blocked, or said to be a gap; and on a system that gave every wall, blocked."""
    gaps = {name for name, _ in report.not_enforced}
    assert said.startswith("blocked") or limit in gaps
    if not gaps:
        assert said.startswith("blocked")


@pytest.mark.parametrize(
    ("attack", "limit"),
    [
        ("internet_socket", "network"),
        ("datagram_socket", "network"),
        ("unix_socket", "network"),
        ("socket_pair", "network"),
        ("fork", "processes"),
        ("run_program", "processes"),
        ("replace_itself", "processes"),
        ("ten_gigabytes", "memory"),
        ("ten_gigabytes_shared", "memory"),
        ("memory_file", "memory"),
        ("large_file", "file_size"),
        ("signal_parent", "signals"),
        ("trace_parent", "processes"),
        ("parents_memory", "files"),
        ("raise_limit", "privileges"),
        ("outlive_parent", "orphans"),
        ("new_namespace", "privileges"),
        ("environment", "home"),
    ],
)
def test_each_limit_blocks_or_is_listed_as_a_gap(adapters, attack, limit):
    said, report = run(adapters, attack)
    assert_blocked(said, report, limit)


@pytest.mark.parametrize(
    "attack", ["read_file", "write_outside", "change_mode", "change_times", "shorten", "remove", "link_to"]
)
def test_a_file_outside_is_neither_read_nor_changed(adapters, tmp_path, attack):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    secret.chmod(0o600)
    before = secret.stat()
    said, report = run(adapters, attack, path=str(secret))
    assert_blocked(said, report, "files")
    after = secret.stat()
    assert secret.read_text() == "mine"
    assert (after.st_mode, after.st_mtime_ns, after.st_nlink) == (before.st_mode, before.st_mtime_ns, 1)


def test_a_new_file_cannot_be_made_outside(adapters, tmp_path):
    said, report = run(adapters, "write_outside", path=str(tmp_path / "new"))
    assert_blocked(said, report, "files")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("folder", [str(Path.home()), "/", "/etc", "/proc", "/tmp"])
def test_the_home_and_other_folders_cannot_be_listed(adapters, folder):
    said, report = run(adapters, "list_folder", path=folder)
    assert_blocked(said, report, "files")


def test_the_home_folder_is_not_the_users(adapters, tmp_path):
    kept = Path.home() / ".profile"
    said, report = run(adapters, "read_file", path=str(kept if kept.exists() else "/etc/passwd"))
    assert_blocked(said, report, "files")


@pytest.mark.parametrize("allowed", ["write_inside", "use_null_device", "start_thread", "print_much"])
def test_what_a_library_needs_still_works(adapters, allowed):
    assert run(adapters, allowed)[0] == "open"


def test_no_descriptor_of_the_parent_is_open_in_the_worker(adapters, tmp_path):
    (tmp_path / "file").write_text("x")
    with (tmp_path / "file").open() as file:
        os.set_inheritable(file.fileno(), True)
        said, _ = run(adapters, "inherited_descriptor", descriptor=file.fileno())
    assert said.startswith("blocked")


def test_on_this_system_every_limit_that_is_not_enforced_has_a_reason(adapters):
    _, report = run(adapters, "start_thread")
    named = {line.partition(":")[0] for line in report.enforced} | {name for name, _ in report.not_enforced}
    assert named >= {
        "network", "processes", "files", "signals", "privileges", "tracing", "orphans", "memory", "cpu",
        "file_size", "open_files", "core_dumps", "time", "home",
    }  # fmt: skip
    assert all(why for _, why in report.not_enforced)


def test_endless_sleep_ends_at_the_idle_limit(adapters, private_temp):
    limits = WorkerLimits(wall_seconds=30, idle_seconds=0.6)
    with pytest.raises(WorkerError, match=r"no progress for 0\.6 s"):
        run(adapters, "sleep", limits)
    assert not list(private_temp.iterdir())


def test_endless_work_ends_at_the_wall_limit(adapters):
    limits = WorkerLimits(wall_seconds=0.6, idle_seconds=30)
    with pytest.raises(WorkerError, match=r"longer than 0\.6 s"):
        run(adapters, "spin", limits)


def test_endless_work_ends_at_the_processor_limit(adapters):
    limits = WorkerLimits(wall_seconds=30, idle_seconds=30, cpu_seconds=1)
    with pytest.raises(WorkerError, match=r"processor time|SIGKILL"):
        run(adapters, "spin", limits)


def test_memory_that_is_filled_bit_by_bit_ends_at_the_limit(adapters):
    limits = WorkerLimits(memory_bytes=192 << 20, wall_seconds=30, idle_seconds=30)
    with start_worker("attacks", limits=limits, roots=[adapters]) as worker:
        assert worker.ask("run", {"attack": "fill_memory"}).fields["said"] == "blocked: MemoryError"
        assert worker.peak_bytes <= 256 << 20


def test_resident_memory_is_watched_from_outside(adapters):
    # The kernel's own limit is far away here; only the watcher sees it.
    with start_worker("attacks", limits=LIMITS, roots=[adapters]) as worker:
        worker._watchdog._memory_bytes = 1 << 20
        with pytest.raises(WorkerError, match="bytes of memory, the limit is 1048576"):
            worker.ask("run", {"attack": "sleep"})


def test_a_folder_full_of_files_ends_the_worker(adapters, private_temp):
    with pytest.raises(WorkerError, match="256 files"):
        run(adapters, "many_files")
    assert not list(private_temp.iterdir())


def test_a_dying_worker_is_reported_with_its_status_and_cleaned_last_words(adapters, private_temp):
    with pytest.raises(WorkerError) as caught:
        run(adapters, "die")
    assert "exit code 41" in caught.value.why
    assert "it last said: the last [31mwords of a worker" in caught.value.why
    assert not list(private_temp.iterdir())


@pytest.mark.parametrize(("attack", "signal_name"), [("crash", "SIGSEGV"), ("abort", "SIGABRT")])
def test_a_crash_names_the_signal(adapters, attack, signal_name):
    with pytest.raises(WorkerError, match=signal_name):
        run(adapters, attack)


def test_a_worker_killed_from_outside_in_the_middle_is_a_worker_error(adapters):
    with start_worker("attacks", limits=LIMITS, roots=[adapters]) as worker:
        killer = threading.Timer(0.3, os.kill, (worker.pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(WorkerError, match="SIGKILL"):
            worker.ask("run", {"attack": "sleep"})
        killer.join()
        with pytest.raises(WorkerError, match="has ended"):
            worker.ask("run", {"attack": "start_thread"})


def test_an_adapter_that_does_not_exist_is_a_worker_error(private_temp):
    with pytest.raises(WorkerError, match="No module named 'no_such_adapter'"):
        start_worker("no_such_adapter", limits=LIMITS)
    assert not list(private_temp.iterdir())


PARENT = """
import sys, time
from pathlib import Path
from weigh.runtimes.sandbox import WorkerLimits, start_worker
worker = start_worker("attacks", limits=WorkerLimits(), roots=[Path(sys.argv[1])])
print(worker.pid, flush=True)
time.sleep(60)
"""


def test_a_worker_dies_with_its_parent(adapters, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(adapters)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with parent:
        worker = int(parent.stdout.readline())
        parent.kill()
    assert gone(worker)


def gone(pid, patience=10.0):
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


MESSAGES = [
    "text", "pickle", "huge header", "huge payload", "not JSON", "deep JSON", "not a number", "other members",
    "array that does not add up", "negative shape", "object array", "progress that goes back", "half a frame",
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_a_worker_that_does_not_speak_the_protocol_is_ended(adapters, private_temp, message):
    with pytest.raises(WorkerError):
        run_sandboxed("garbage", limits=LIMITS, roots=[adapters], fields={"message": message})
    assert not list(private_temp.iterdir())
