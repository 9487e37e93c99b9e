"""Child processes that inherit nothing but what they are given, and that can always be ended."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program with pipes for its input, output and errors.

    It gets exactly this environment, this folder, these descriptors and a session of its own, so that a
    signal from the terminal does not reach it and `end` reaches all it started.

    Args:
        command: program and arguments; no shell reads them.
        environment: all its variables.
        folder: its working folder.
        descriptors: open files it inherits under the same numbers.

    Raises:
        OSError: the program cannot be started.
    """
    return subprocess.Popen(  # noqa: S603 - the caller's own command, no shell
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd=folder,
        pass_fds=tuple(descriptors),
        start_new_session=True,
        bufsize=0,
    )


def wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit status once the process has ended, or None when it still runs after `seconds`."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its group at once; whoever waits for it takes its exit status."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def end(process: subprocess.Popen[bytes]) -> int:
    """Kill the process and its group, and take its exit status, so that no zombie stays."""
    kill(process)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
    return process.wait()


def ending(status: int) -> str:
    """An exit status in words: `exit code 3`, `killed by SIGKILL`."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def memory_of(pid: int) -> tuple[int, int] | None:
    """Bytes a process holds by itself now, and its peak in all; None where /proc does not tell.

    The first counts anonymous and shared memory but no mapped files, which the system can take back. The
    second is the peak resident set, libraries included: what the machine must have.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    try:
        own, shared, peak = (int(fields[n].split()[0]) * 1024 for n in ("RssAnon", "RssShmem", "VmHWM"))
    except (KeyError, ValueError, IndexError):
        return None
    return own + shared, peak
