"""Open a cleared text model in its sandbox and ask it things."""

import errno
import importlib.util
import math
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING

from weigh.core.clearance import Clearance
from weigh.core.errors import (
    IntegrityError,
    MissingExtraError,
    RefusedError,
    StorageError,
    UsageError,
    WorkerError,
)
from weigh.core.events import EventSink, Progress
from weigh.core.measure import Measure
from weigh.runtimes.readings import readings
from weigh.runtimes.sandbox import SandboxReport, Worker, WorkerLimits, start_worker
from weigh.runtimes.spec import CLASSIFICATION, EMBEDDING, ONNX, TORCH, TextModelSpec
from weigh.runtimes.texts import chunks, pack_texts
from weigh.runtimes.wire import Frame
from weigh.system import landlock

if TYPE_CHECKING:
    from weigh.runtimes.wire import Array

__all__ = ["TextModel", "WorkerLimits", "libraries_of", "missing_packages", "open_text_model"]

ADAPTERS = MappingProxyType(
    {
        ONNX: ("weigh.runtimes.worker.onnx_text", ("numpy", "onnxruntime", "tokenizers")),
        TORCH: ("weigh.runtimes.worker.torch_text", ("numpy", "torch", "transformers", "tokenizers")),
    }
)
"""Runtime → (the module that serves it, the packages it imports). An extra has the runtime's name."""

MAX_THREADS = 256
_LIBRARIES = MappingProxyType(
    {ONNX: ("onnxruntime", "tokenizers", "numpy"), TORCH: ("torch", "transformers", "tokenizers", "numpy")}
)
_MODEL_NAME = "model.onnx"
_STEP = "run"


class TextModel(AbstractContextManager["TextModel"]):
    """An open model. Made by `open_text_model`; close it, or use it in a `with` block.

    Attributes:
        spec: how it is run.
        width: columns of an answer: the embedding's dimensions or the number of classes.
        one_at_a_time: each text goes through the model alone, because its answers would otherwise
            depend on the texts beside it.
        truncated: texts so far that were longer than the model reads.
    """

    def __init__(
        self, worker: Worker, spec: TextModelSpec, events: EventSink, loaded: Frame, started_seconds: float
    ) -> None:
        self._worker = worker
        self._events = events
        self._load_seconds, self.width, self.one_at_a_time = _loaded(loaded, worker)
        self._started_seconds = started_seconds
        self.spec = spec
        self.truncated = 0

    @property
    def report(self) -> SandboxReport:
        """What the sandbox holds on this machine."""
        return self._worker.report

    @property
    def runtimes(self) -> tuple[tuple[str, str], ...]:
        """(library, version) of what runs inside."""
        return self._worker.runtimes

    def embed(self, texts: Sequence[str]) -> "Array":
        """Embeddings float32 [n, d], rows in the order of the texts.

        A row depends on its text, the model and the machine's processor, not on the other texts.

        Raises:
            UsageError: the model is a classifier, or a text is no text or too long.
            WorkerError: the worker died, hung, ran into a limit, or answered with no numbers.
        """
        self._expect(EMBEDDING)
        return self._answer(texts)

    def classify(self, texts: Sequence[str]) -> "Array":
        """Probabilities float32 [n, k], columns in the order of `spec.labels`.

        Raises:
            UsageError: the model is no classifier, or a text is no text or too long.
            WorkerError: the worker died, hung, ran into a limit, or answered with no numbers.
        """
        self._expect(CLASSIFICATION)
        return self._answer(texts)

    def measure(self, texts_sample: Sequence[str]) -> tuple[Measure, ...]:
        """Load time, start time, peak memory, latency of single texts, throughput; all observed.

        Args:
            texts_sample: texts like those it will meet; each is timed alone, then all together.

        Raises:
            UsageError: no texts, or more than go in one request.
            WorkerError: as for `embed`.
        """
        parts = list(chunks(texts_sample))
        if len(parts) != 1:
            raise UsageError("timing needs texts for one request", why=f"they make {len(parts)}")
        frame = self._worker.ask("time", arrays=pack_texts(parts[0]))
        seconds = frame.arrays.get("seconds")
        together = frame.fields.get("together")
        if seconds is None or seconds.shape != (len(texts_sample),) or not isinstance(together, float):
            self.close()
            raise _nonsense("it did not time the texts")
        return readings(
            load_seconds=self._load_seconds,
            start_seconds=self._started_seconds,
            peak_bytes=self._worker.peak_bytes,
            single_seconds=[float(s) for s in seconds],
            together_seconds=together,
        )

    def close(self) -> None:
        """End the worker and remove its private folder."""
        self._worker.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _expect(self, task: str) -> None:
        if self.spec.task != task:
            raise UsageError(f"the model's task is {self.spec.task}, not {task}")

    def _answer(self, texts: Sequence[str]) -> "Array":
        import numpy as np

        rows = np.zeros((len(texts), self.width), np.float32)
        start = 0
        for part in chunks(texts):
            rows[start : start + len(part)] = self._ask(part, start, len(texts))
            start += len(part)
            self._events.emit(Progress(_STEP, start, len(texts), "texts"))
        return rows

    def _ask(self, part: Sequence[bytes], start: int, total: int) -> "Array":
        import numpy as np

        def progress(done: int) -> None:
            self._events.emit(Progress(_STEP, start + min(done, len(part)), total, "texts"))

        frame = self._worker.ask("answer", arrays=pack_texts(part), on_progress=progress)
        rows, truncated = frame.arrays.get("rows"), frame.fields.get("truncated")
        if frame.kind == "failed":
            self.close()
            raise _failed(frame)
        if rows is None or rows.dtype != np.float32 or rows.shape != (len(part), self.width):
            self.close()
            raise _nonsense("its answer has the wrong shape")
        if type(truncated) is not int or not 0 <= truncated <= len(part):
            self.close()
            raise _nonsense("it miscounted the texts")
        if not np.isfinite(rows).all():
            self.close()
            raise _nonsense("it answered with values that are no numbers")
        self.truncated += truncated
        return rows


def open_text_model(
    spec: TextModelSpec,
    blob_path: Callable[[str], Path],
    clearance: Clearance,
    *,
    limits: WorkerLimits,
    events: EventSink,
    threads: int,
) -> TextModel:
    """Start a sandboxed worker and open the model in it.

    The worker ends when the thread that calls this ends. Its bytes are hashed inside the worker, just
    before they are used.

    Args:
        spec: how to run it.
        blob_path: where the file with a sha256 lies.
        clearance: the sha256s that may be opened.
        limits: what the worker may take.
        events: told how many texts are done.
        threads: texts or batches side by side, 1 to 256; changes no answer.

    Raises:
        RefusedError: a file is not cleared, or the sandbox has gaps that nobody accepted.
        MissingExtraError: a package of the runtime is not installed.
        IntegrityError: a file's content is not what was cleared.
        WorkerError: the worker did not come up, or could not open the model.
        UsageError: an impossible number of threads.
    """
    if not 1 <= threads <= MAX_THREADS:
        raise UsageError(f"{threads} threads are not between 1 and {MAX_THREADS}")
    _refuse_uncleared(spec, clearance)
    adapter, packages = ADAPTERS[spec.runtime]
    if absent := missing_packages(spec):
        why = f"no {', '.join(absent)}"
        raise MissingExtraError("this model cannot be run here", extra=spec.runtime, why=why)
    began = time.monotonic()
    with ExitStack() as stack:
        tokenizer = _open(blob_path(spec.tokenizer_sha256), stack)
        by_path = spec.external and spec.runtime == ONNX
        model = -1 if by_path else _open(blob_path(spec.model_sha256), stack)
        worker = start_worker(
            adapter,
            limits=limits,
            packages=packages,
            descriptors=[d for d in (tokenizer, model) if d >= 0],
            prepare=lambda folder: _lay_out(spec, blob_path, folder),
        )
    with ExitStack() as stack:
        stack.callback(worker.close)
        _refuse_gaps(worker.report, clearance)
        loaded = worker.ask(
            "load",
            {
                "spec": asdict(spec),
                "threads": threads,
                "tokenizer": tokenizer,
                "model": model,
                "model_name": _MODEL_NAME,
                "folder": str(worker.inputs),
                "limit": limits.memory_bytes // 2,
            },
        )
        opened = TextModel(worker, spec, events, loaded, time.monotonic() - began)
        stack.pop_all()
    return opened


def missing_packages(spec: TextModelSpec) -> tuple[str, ...]:
    """Packages that the model's runtime needs and that are not installed; nothing is imported."""
    return tuple(name for name in ADAPTERS[spec.runtime][1] if importlib.util.find_spec(name) is None)


def libraries_of(spec: TextModelSpec) -> tuple[str, ...]:
    """Distributions that take part in what the model answers, in the order they are named in."""
    return _LIBRARIES[spec.runtime]


def _refuse_uncleared(spec: TextModelSpec, clearance: Clearance) -> None:
    files = (spec.model_sha256, spec.tokenizer_sha256, *(sha256 for _, sha256 in spec.external))
    refused = [sha256 for sha256 in files if not clearance.admits(sha256)]
    if refused:
        raise RefusedError(
            "the model is not opened", why=f"not cleared: sha256 {', '.join(s[:12] for s in refused)}"
        )


def _refuse_gaps(report: SandboxReport, clearance: Clearance) -> None:
    if report.not_enforced and not clearance.sandbox_gaps_accepted:
        raise RefusedError(
            "the model is not opened: the sandbox has gaps",
            why="; ".join(f"{limit} ({why})" for limit, why in report.not_enforced),
            hint="run on a Linux with seccomp and Landlock, or accept the gaps with --accept-sandbox-gaps",
        )


def _open(path: Path, stack: ExitStack) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise StorageError(f"cannot open the stored file {path.name}", why=str(error.strerror)) from error
    stack.callback(os.close, descriptor)
    return descriptor


def _lay_out(spec: TextModelSpec, blob_path: Callable[[str], Path], folder: Path) -> None:
    """Give a model of several files its folder: they are opened there by their paths."""
    graph = ((_MODEL_NAME, spec.model_sha256),) if spec.external and spec.runtime == ONNX else ()
    for name, sha256 in (*graph, *spec.external):
        target = folder / name
        if folder not in target.resolve().parents or target.exists():
            raise RefusedError(
                "the model is not opened", why=f"{name!r} leaves the model's folder, or stands for two files"
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _bring(blob_path(sha256), target)
        except OSError as error:
            raise StorageError(f"cannot hand over the stored file {sha256[:12]}", why=str(error)) from error


def _bring(blob: Path, target: Path) -> None:
    # A link shares the store's own bytes: only where Landlock keeps the worker from writing to them.
    if landlock.abi_version():
        try:
            target.hardlink_to(blob)
        except OSError as error:
            # Another file system, or links are forbidden: a copy does as well. Never over a file that
            # is there: it could be a link to the store's own bytes.
            if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}:
                raise
            _copy(blob, target)
    else:
        _copy(blob, target)


def _copy(blob: Path, target: Path) -> None:
    with blob.open("rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy)


def _loaded(frame: Frame, worker: Worker) -> tuple[float, int, bool]:
    fields = frame.fields
    match (frame.kind, fields.get("seconds"), fields.get("width"), fields.get("one_at_a_time")):
        case ("loaded", float(seconds), int(width), bool(alone)) if (
            math.isfinite(seconds) and 0 < width <= 1 << 16
        ):
            return seconds, width, alone
    worker.close()
    raise _failed(frame) if frame.kind == "failed" else _nonsense("it did not say that it is open")


def _failed(frame: Frame) -> IntegrityError | WorkerError:
    why = str(frame.fields.get("why", ""))[:500]
    if frame.fields.get("kind") == "integrity":
        return IntegrityError("a stored file is not what was cleared", why=why, hint="fetch the model again")
    return WorkerError("the model could not be opened as its files say", why=why)


def _nonsense(why: str) -> WorkerError:
    return WorkerError("the sandboxed worker sent no proper answer", why=why)
