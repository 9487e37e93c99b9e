import os
import subprocess
import sys
import threading
import time

import pytest

from weigh.core.errors import StorageError
from weigh.system.locks import locked

HOLDER = (
    "import pathlib, sys, time\n"
    "from weigh.system.locks import locked\n"
    "with locked(pathlib.Path(sys.argv[1]), timeout=5, what='holding'):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "l" / "x.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_of_another_process_is_waited_for_and_then_named(tmp_path, holder):
    with (
        pytest.raises(StorageError, match="fetching the model") as caught,
        locked(tmp_path / "l" / "x.lock", timeout=0.1, what="fetching the model"),
    ):
        pass
    assert "x.lock" in caught.value.why
    assert caught.value.hint


def test_a_killed_holder_lets_go(tmp_path, holder):
    holder.kill()
    holder.wait()
    with locked(tmp_path / "l" / "x.lock", timeout=5, what="fetching"):
        pass


def test_a_waiter_goes_on_when_the_holder_ends(tmp_path, holder):
    threading.Timer(0.2, holder.stdin.close).start()
    with locked(tmp_path / "l" / "x.lock", timeout=10, what="fetching"):
        assert holder.wait(timeout=5) == 0


def test_threads_take_turns(tmp_path):
    inside, most = [], []

    def work():
        for _ in range(5):
            with locked(tmp_path / "x.lock", timeout=20, what="counting"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 15


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(KeyboardInterrupt), locked(tmp_path / "x.lock", timeout=1, what="counting"):
        raise KeyboardInterrupt
    with locked(tmp_path / "x.lock", timeout=0, what="counting"):
        pass


def test_the_holder_may_delete_the_file_and_the_lock_still_works(tmp_path):
    path = tmp_path / "x.lock"
    with locked(path, timeout=0, what="pruning"):
        os.unlink(path)
        with locked(path, timeout=0, what="fetching"):
            assert path.exists()
    with locked(path, timeout=0, what="fetching"):
        pass


def test_a_lock_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StorageError), locked(tmp_path / "f" / "x.lock", timeout=0, what="fetching"):
        pass
