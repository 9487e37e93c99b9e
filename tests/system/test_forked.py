import os
import signal
import time
from pathlib import Path

import pytest

from weigh.system.forked import CrewLimits, Lost, each

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def work(task):
    match task.split(b" "):
        case [b"die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case [b"raise"]:
            raise RecursionError
        case [b"spin"]:
            while True:
                pass
        case [b"sleep"]:
            time.sleep(60)
        case [b"eat"]:
            return bytes(8 * 1024**3)[:1]
        case [b"large"]:
            return bytes(5_000_000)
    return b"done " + task


def answers(tasks, **limits):
    return dict(each(tasks, work, workers=2, limits=CrewLimits(**limits)))


def test_every_task_is_answered_whatever_their_order():
    tasks = [b"%d" % n for n in range(200)]
    assert answers(tasks) == {n: b"done %d" % n for n in range(200)}


def test_no_task_no_answer():
    assert answers([]) == {}


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (b"die", "its reader failed: killed by SIGKILL"),
        (b"raise", "its reader failed: RecursionError"),
        (b"eat", "its reader failed: MemoryError"),
    ],
)
def test_a_worker_that_dies_loses_only_its_own_task(task, why):
    found = answers([b"a", task, b"b", task, b"c"])
    assert found == {0: b"done a", 1: Lost(why), 2: b"done b", 3: Lost(why), 4: b"done c"}


def test_processor_time_is_bounded_for_each_task():
    found = answers([b"spin", b"a"], cpu_seconds=1)
    assert found == {0: Lost("it took more than 1 seconds of processor time"), 1: b"done a"}


def test_waiting_is_bounded():
    found = answers([b"sleep", b"a"], wall_seconds=1.0)
    assert found == {0: Lost("it took more than 1 seconds"), 1: b"done a"}


def test_a_large_answer_comes_whole():
    assert answers([b"large", b"large"]) == {0: bytes(5_000_000), 1: bytes(5_000_000)}


def children():
    """The processes that this one has started, zombies included."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def test_workers_end_with_whoever_stops_listening():
    before = children()
    running = each((b"%d" % n for n in range(1000)), work, workers=2)
    next(running)
    running.close()
    assert children() <= before


def test_a_program_with_many_open_files_has_workers_too():
    resource = pytest.importorskip("resource", reason="limits as Unix has them")
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 1200:
        pytest.skip("no more than a thousand files may be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, 1200), most))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1050)]
    try:
        assert answers([b"one", b"two"]) == {0: b"done one", 1: b"done two"}
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
