"""A crew of forked processes that work on untrusted things: one may die, hang or run out of memory alone.

Each worker takes one task at a time and answers with bytes. A worker that dies takes only its task with it:
the caller is told how it ended, and another worker takes its place. Limits are set on the workers
themselves: memory for good, processor time anew for each task.
"""

import contextlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from weigh.core.errors import UnknownAnswerError
from weigh.system.processes import ending

_LENGTH = 4
MAX_MESSAGE = 256 * 1024**2
"""Bytes of one task or answer."""
_READ = 1 << 20
_DEFECT = 70

Work = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class CrewLimits:
    """What one worker may take.

    Attributes:
        memory_bytes: address space it may add to what it starts with.
        cpu_seconds: processor time of one task.
        wall_seconds: time of one task, for work that waits instead of working.
    """

    memory_bytes: int = 2 * 1024**3
    cpu_seconds: int = 120
    wall_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker did not live to answer.

    Attributes:
        why: how the worker ended, in words.
    """

    why: str


@dataclass(slots=True)
class _Worker:
    """One forked process and what it is at."""

    pid: int
    tasks: int
    answers: int
    task: int = -1
    since: float = 0.0
    heard: bytearray | None = None


def can_fork() -> bool:
    """Whether this system forks; elsewhere work is done in the process itself."""
    return hasattr(os, "fork")


def each(
    tasks: Iterable[bytes], work: Work, *, workers: int, limits: CrewLimits | None = None
) -> Iterator[tuple[int, bytes | Lost]]:
    """Do every task in a forked process; answers come as they are ready, with the task's place.

    Args:
        tasks: what to do; taken only as workers become free.
        work: done in the worker. An exception that escapes it ends the worker; its task is lost.
        workers: processes at once.
        limits: of each.

    Raises:
        UnknownAnswerError: no process can be started.
    """
    crew = _Crew(work, limits or CrewLimits())
    waiting = enumerate(tasks)
    try:
        for _ in range(workers):
            first = next(waiting, None)
            if first is None:
                break
            crew.give(crew.hire(), *first)
        while crew.busy():
            for worker, answer in crew.hear():
                yield worker.task, answer
                following = next(waiting, None)
                if following is not None:
                    crew.give(crew.hire() if isinstance(answer, Lost) else worker, *following)
                elif not isinstance(answer, Lost):
                    crew.dismiss(worker)
    finally:
        crew.close()


class _Crew:
    """The workers of one call."""

    def __init__(self, work: Work, limits: CrewLimits) -> None:
        self._work = work
        self._limits = limits
        self._workers: dict[int, _Worker] = {}

    def busy(self) -> bool:
        return bool(self._workers)

    def hire(self) -> _Worker:
        """Fork a worker."""
        task_read, task_write = os.pipe()
        answer_read, answer_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as error:
            raise UnknownAnswerError("no process can be started", why=error.strerror or "") from error
        if pid == 0:
            for other in self._workers.values():
                os.close(other.tasks)
                os.close(other.answers)
            os.close(task_write)
            os.close(answer_read)
            _serve(self._work, task_read, answer_write, self._limits)
        os.close(task_read)
        os.close(answer_write)
        worker = _Worker(pid, task_write, answer_read)
        self._workers[answer_read] = worker
        return worker

    def give(self, worker: _Worker, place: int, task: bytes) -> None:
        """Hand a task to an idle worker."""
        worker.task, worker.since, worker.heard = place, time.monotonic(), bytearray()
        # A worker that died while idle is noticed when it does not answer.
        with contextlib.suppress(BrokenPipeError):
            _write(worker.tasks, task)

    def hear(self) -> list[tuple[_Worker, bytes | Lost]]:
        """Wait for at least one answer, or one death."""
        while True:
            ready = self._ready()
            found = [
                (worker, said)
                for fd in ready
                if (said := self._take(worker := self._workers[fd])) is not None
            ]
            found += list(self._overdue())
            if found:
                return found

    def _ready(self) -> list[int]:
        # select(2) knows no descriptor above 1,023, and a program may hold more files open.
        with selectors.DefaultSelector() as selector:
            for descriptor in self._workers:
                selector.register(descriptor, selectors.EVENT_READ)
            return [key.fd for key, _ in selector.select(1.0)]

    def _take(self, worker: _Worker) -> bytes | Lost | None:
        piece = os.read(worker.answers, _READ)
        assert worker.heard is not None
        if not piece:
            return Lost(self._bury(worker))
        worker.heard += piece
        size = int.from_bytes(worker.heard[:_LENGTH], "little")
        if len(worker.heard) < _LENGTH or len(worker.heard) < _LENGTH + size:
            return None
        return bytes(worker.heard[_LENGTH:])

    def _overdue(self) -> Iterator[tuple[_Worker, Lost]]:
        now = time.monotonic()
        late = [w for w in self._workers.values() if now - w.since > self._limits.wall_seconds]
        for worker in late:
            os.kill(worker.pid, signal.SIGKILL)
            self._bury(worker)
            yield worker, Lost(f"it took more than {self._limits.wall_seconds:.0f} seconds")

    def _bury(self, worker: _Worker) -> str:
        """Take a dead worker's exit status; returns it in words."""
        self._forget(worker)
        _, status = os.waitpid(worker.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        said = bytes(worker.heard or b"")[_LENGTH:].decode("utf-8", "replace") if code == _DEFECT else ""
        if code == -signal.SIGXCPU:
            return f"it took more than {self._limits.cpu_seconds} seconds of processor time"
        return f"its reader failed: {said or ending(code)}"

    def dismiss(self, worker: _Worker) -> None:
        """Let an idle worker go."""
        self._forget(worker)
        os.waitpid(worker.pid, 0)

    def _forget(self, worker: _Worker) -> None:
        del self._workers[worker.answers]
        os.close(worker.tasks)
        os.close(worker.answers)

    def close(self) -> None:
        """End whoever is left; nothing is waited for."""
        for worker in list(self._workers.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
            self.dismiss(worker)


def _serve(work: Work, tasks: int, answers: int, limits: CrewLimits) -> None:
    """The life of a worker; never returns."""
    code = _DEFECT
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers itself
        _limit_memory(limits.memory_bytes)
        while (task := _read(tasks)) is not None:
            _allow_seconds(limits.cpu_seconds)
            _write(answers, work(task))
        code = 0
    finally:
        failure = sys.exception()
        if failure is not None:
            with contextlib.suppress(OSError):
                # Not a whole answer: the length is that of an answer that never comes.
                os.write(answers, b"\xff" * _LENGTH + type(failure).__name__.encode())
        os._exit(code)


def _limit_memory(more: int) -> None:
    """Bound the address space to what the process has now and `more` bytes."""
    try:
        import resource
    except ImportError:
        return
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib is not imported for one number
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + more, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_seconds(seconds: int) -> None:
    """Bound the processor time from now on."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(len(data).to_bytes(_LENGTH, "little") + data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(descriptor: int) -> bytes | None:
    """The next message, None at the end."""
    head = _exactly(descriptor, _LENGTH)
    return None if head is None else _exactly(descriptor, min(int.from_bytes(head, "little"), MAX_MESSAGE))


def _exactly(descriptor: int, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        piece = os.read(descriptor, count - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)
