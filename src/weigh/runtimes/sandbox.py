"""The parent's side of a worker: start it closed down, ask it, end it.

A worker is a process of its own that talks over two pipes. It has no network, no home, no other files
than the libraries and what it was handed, and limits on memory, time, files and processes
(docs/explanation/sandbox.md). Whatever it does, the parent gets an answer or a `WorkerError`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from weigh.core.errors import UnknownAnswerError, WorkerError, WorkerLimitError
from weigh.runtimes.import_roots import import_roots, readable_paths
from weigh.runtimes.last_words import LastWords
from weigh.runtimes.leftovers import PREFIX, sweep
from weigh.runtimes.settings import WorkerSettings
from weigh.runtimes.watchdog import Watchdog
from weigh.runtimes.wire import Channel, ClosedError, Frame
from weigh.system import processes
from weigh.system.limits import ResourceLimits

if TYPE_CHECKING:
    from weigh.runtimes.wire import Array

# The import path is what the parent says: no site, no user folder, no current folder.
_BOOT = (
    "import sys, json; sys.path += json.loads(sys.argv[1]); "
    "from weigh.runtimes.worker.main import main; main(sys.argv[2])"
)
_ADDRESS_SLACK = 4 << 30
"""Address space beside the private memory: mapped libraries, reserved but untouched arenas, stacks."""

_FOLDER_FACTOR = 4
_GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a worker may take.

    Attributes:
        memory_bytes: private memory, kept by the kernel; with shared memory, watched by the parent.
        wall_seconds: for one request.
        idle_seconds: for one step of a request without progress.
        cpu_seconds: processor time over the worker's whole life, a second line behind the clocks.
        file_bytes: size of one file it writes to its private folder; four times that for all of them.
        open_files: file descriptors.
    """

    memory_bytes: int = 4 << 30
    wall_seconds: float = 600.0
    idle_seconds: float = 60.0
    cpu_seconds: int = 14_400
    file_bytes: int = 64 << 20
    open_files: int = 128


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What the sandbox holds on this machine, as the worker found by trying.

    Attributes:
        enforced: `limit: mechanism, mechanism`.
        not_enforced: (limit, why).
    """

    enforced: tuple[str, ...]
    not_enforced: tuple[tuple[str, str], ...]


class Worker(AbstractContextManager["Worker"]):
    """A running, closed-down process. Made by `start_worker`.

    Attributes:
        report: what its sandbox holds.
        runtimes: (library, version) it imported.
        inputs: the folder that `prepare` filled; it may read it.
    """

    report: SandboxReport
    runtimes: tuple[tuple[str, str], ...]

    def __init__(
        self, process: Any, folder: Path, limits: WorkerLimits, stack: ExitStack, descriptors: tuple[int, int]
    ) -> None:
        self.inputs = folder.parent / "inputs"
        self._process = process
        self._limits = limits
        self._stack = stack
        self._channel = Channel(descriptors[0], descriptors[1])
        self._words = LastWords(os.dup(process.stderr.fileno()))
        process.stderr.close()
        self._watchdog = Watchdog(
            process,
            memory_bytes=limits.memory_bytes,
            work_folder=folder,
            folder_bytes=_FOLDER_FACTOR * limits.file_bytes,
        )
        self._closed = False

    @property
    def pid(self) -> int:
        """Process id."""
        pid: int = self._process.pid
        return pid

    @property
    def peak_bytes(self) -> int:
        """Peak resident memory so far, 0 where the system does not tell."""
        if not self._closed:
            self._watchdog.look()
        return self._watchdog.peak_bytes

    def ask(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, "Array"] | None = None,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> Frame:
        """Send a request and wait for its answer, passing on the units done so far.

        Raises:
            WorkerError: the worker died, hung, ran into a limit, or sent what is no answer. It has ended.
        """
        if self._closed:
            raise WorkerError("the worker has ended", why="it was closed, or failed before")
        answered = False
        self._watchdog.request_begins(
            wall_seconds=self._limits.wall_seconds, idle_seconds=self._limits.idle_seconds
        )
        try:
            if kind:
                self._channel.send(kind, fields, arrays)
            answer = self._answer(on_progress)
            answered = True
        except ClosedError as error:
            raise self._died() from error
        except WorkerError as error:
            # Killed in the middle of a frame, or garbage: the cause that was noted outside comes first.
            raise (self._died() if self._watchdog.cause else error) from error
        finally:
            self._watchdog.request_ends()
            if not answered:
                self.close()
        return answer

    def _answer(self, on_progress: Callable[[int], None] | None) -> Frame:
        done = 0
        while (frame := self._channel.receive()).kind == "progress":
            now = frame.fields.get("done")
            if type(now) is not int or now <= done:
                raise WorkerError("the worker reported progress that is none")
            done = now
            self._watchdog.progress()
            if on_progress is not None:
                on_progress(done)
        return frame

    def _died(self) -> WorkerError:
        status = processes.wait(self._process, _GRACE_SECONDS)
        self.close()
        how = processes.ending(self._process.returncode) if status is not None else "it closed its pipes"
        said = self._words.line()
        causes = [self._watchdog.cause or _known_cause(how, said, self._limits), how]
        if said:
            causes.append(f"it last said: {said}")
        kind = WorkerLimitError if self._watchdog.cause else WorkerError
        return kind(
            "the sandboxed worker ended before it answered",
            why="; ".join(c for c in causes if c),
            hint="look at the model's format and size, or raise the limit that was met",
        )

    def close(self) -> None:
        """End the worker, take its status, remove its private folder. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._watchdog.look()
        self._watchdog.stop()
        processes.end(self._process)
        self._words.close()
        self._stack.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _known_cause(how: str, said: str, limits: WorkerLimits) -> str:
    if "SIGXCPU" in how:
        return f"it used up {limits.cpu_seconds} s of processor time"
    if any(word in said for word in ("MemoryError", "bad_alloc", "bad allocation", "Failed to allocate")):
        return f"it wanted more memory than the limit of {limits.memory_bytes} bytes"
    return ""


def start_worker(
    adapter: str,
    *,
    limits: WorkerLimits,
    packages: Sequence[str] = (),
    roots: Sequence[Path] = (),
    descriptors: Sequence[int] = (),
    prepare: Callable[[Path], None] | None = None,
) -> Worker:
    """Start a worker and wait until it has closed itself down. It has read nothing of a model yet.

    The worker is killed when the thread that calls this ends, so call it from a thread that lives on.

    Args:
        adapter: module that serves the requests.
        limits: what it may take.
        packages: top-level packages the adapter imports.
        roots: further folders to import from.
        descriptors: open files it inherits under the same numbers.
        prepare: fills the folder it is given, which the worker may read.

    Raises:
        WorkerError: it did not come up.
        UnknownAnswerError: this system cannot run workers.
    """
    if os.name != "posix":
        raise UnknownAnswerError("models cannot be run on this system", why="the worker needs POSIX pipes")
    with ExitStack() as stack:
        sweep(Path(tempfile.gettempdir()))
        temporary = tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")
        private = Path(stack.enter_context(temporary)).resolve()
        work, inputs = private / "work", private / "inputs"
        work.mkdir(mode=0o700)
        inputs.mkdir(mode=0o700)
        if prepare is not None:
            prepare(inputs)
        paths = (*import_roots(("weigh", *packages)), *roots)
        settings = WorkerSettings(
            adapter,
            os.getpid(),
            str(work),
            tuple(map(str, (*readable_paths(paths), inputs))),
            _kernel(limits),
        )
        command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _BOOT]
        command += [json.dumps([str(p) for p in paths]), settings.to_json()]
        try:
            process = processes.start(
                command, environment=_environment(work), folder=work, descriptors=descriptors
            )
        except OSError as error:
            raise WorkerError("the worker could not be started", why=str(error)) from error
        # From here on the worker owns the folder.
        pipes = (_descriptor(process.stdout), _descriptor(process.stdin))
        worker = Worker(process, work, limits, stack.pop_all(), pipes)
    return _greeted(worker)


def _greeted(worker: Worker) -> Worker:
    hello = worker.ask("")
    try:
        fields = hello.fields
        gaps = tuple((str(limit), str(why)) for limit, why in fields["not_enforced"])
        own = ["time: watched by the parent", "home: not named to it"]
        worker.report = SandboxReport((*map(str, fields["enforced"]), *own), gaps)
        worker.runtimes = tuple((str(name), str(version)) for name, version in fields["runtimes"])
    except (KeyError, TypeError, ValueError) as error:
        worker.close()
        raise WorkerError("the worker did not say what its sandbox holds") from error
    return worker


def _kernel(limits: WorkerLimits) -> ResourceLimits:
    return ResourceLimits(
        data_bytes=limits.memory_bytes,
        address_bytes=limits.memory_bytes + _ADDRESS_SLACK,
        cpu_seconds=limits.cpu_seconds,
        file_bytes=limits.file_bytes,
        open_files=limits.open_files,
    )


def _environment(work: Path) -> dict[str, str]:
    """All the worker's variables: no home, no path, no credentials, one thread where libraries ask."""
    return {
        "HOME": str(work),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _descriptor(stream: Any) -> int:
    number: int = stream.fileno()
    return number


def run_sandboxed(
    module: str,
    *,
    limits: WorkerLimits,
    fields: Mapping[str, Any] | None = None,
    roots: Sequence[Path] = (),
    packages: Sequence[str] = (),
) -> tuple[Frame, SandboxReport]:
    """Start a worker, ask it one thing, end it.

    Args:
        module: an adapter.
        limits: what it may take.
        fields: the request's fields; its kind is `run`.
        roots: folders to import the module from.
        packages: top-level packages it imports.

    Raises:
        WorkerError: it died, hung or ran into a limit.
    """
    with start_worker(module, limits=limits, roots=roots, packages=packages) as worker:
        return worker.ask("run", fields), worker.report
