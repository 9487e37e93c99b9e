import os
import sys
from pathlib import Path

import pytest

from weigh.system import processes


def start(tmp_path, code, **options):
    settings = {"environment": {"LANG": "C.UTF-8"}, "folder": tmp_path, **options}
    return processes.start([sys.executable, "-I", "-c", code], **settings)


def finish(process):
    out, err = process.communicate()
    return out.decode(), err.decode()


def test_a_child_has_only_the_environment_and_folder_it_was_given(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "x")
    process = start(tmp_path, "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.getcwd())")
    out, _ = finish(process)
    assert out.strip() == f"['LANG'] {tmp_path.resolve()}"


def test_a_child_inherits_only_the_descriptors_it_was_given(tmp_path):
    kept, other = os.pipe()
    os.set_inheritable(other, True)
    code = f"import os\nos.fstat({kept})\ntry:\n    os.fstat({other})\nexcept OSError:\n    print('closed')"
    out, err = finish(start(tmp_path, code, descriptors=[kept]))
    os.close(kept)
    os.close(other)
    assert (out, err) == ("closed\n", "")


def test_a_child_leads_a_session_of_its_own(tmp_path):
    out, _ = finish(start(tmp_path, "import os; print(os.getsid(0) == os.getpid())"))
    assert out == "True\n"


def test_waiting_ends_with_the_process_or_with_the_patience(tmp_path):
    process = start(tmp_path, "import sys; sys.stdin.read(); sys.exit(3)")
    assert processes.wait(process, 0.05) is None
    process.stdin.close()
    assert processes.wait(process, 20) == 3
    processes.end(process)
    process.stderr.close()


def test_ending_takes_grandchildren_too_and_leaves_no_zombie(tmp_path):
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\nimport time\ntime.sleep(60)"
    )
    process = start(tmp_path, code)
    line = process.stdout.readline()
    status = processes.end(process)
    process.stderr.close()
    assert processes.ending(status) == "killed by SIGKILL"
    with pytest.raises(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    if sys.platform == "linux":
        assert state_of(int(line)) in {"gone", "Z"}
    assert processes.end(process) == status


def state_of(pid):
    import time

    state = ""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"
        if state == "Z":
            return state
        time.sleep(0.02)
    return state


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-11, "killed by SIGSEGV"), (-200, "killed by signal 200")],
)
def test_an_exit_status_is_put_in_words(status, words):
    assert processes.ending(status) == words


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it in /proc")
def test_memory_of_a_process_is_told_while_it_lives(tmp_path):
    own, peak = processes.memory_of(os.getpid())
    assert 0 < own <= peak
    assert processes.memory_of(2**22 + 1) is None


def test_a_program_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        processes.start([str(tmp_path / "none")], environment={}, folder=tmp_path)
