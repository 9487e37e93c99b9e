"""A tokenizer and a model, opened as the spec says. Runs inside the sandbox only."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tokenizers

from weigh.runtimes.spec import CLASSIFICATION, TextModelSpec
from weigh.runtimes.worker.batches import batches
from weigh.runtimes.worker.files import UnfitError
from weigh.runtimes.worker.pooling import Array, normalise, pool, softmax

if TYPE_CHECKING:
    import onnxruntime

_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_PADDING_NAMES = ("[PAD]", "<pad>", "<|endoftext|>", "</s>")

# Texts of different lengths, so that a batch of them is padded.
_PROBES = (
    "A short one.",
    "The quick brown fox jumps over the lazy dog, and nobody in the office is surprised any more.",
    "No!",
    "Costs rose by 4 percent in the third quarter, while 1,200 orders were cancelled.",
    "It is neither good nor bad, it is just there: a film like a waiting room, with better lighting.",
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids and types of one text, special tokens included; at least one."""

    ids: tuple[int, ...]
    types: tuple[int, ...]
    truncated: bool


class Input(Protocol):
    """What a model wants to be fed: a name, a type as ONNX Runtime writes it, and dimensions."""

    name: str
    type: str
    shape: list[Any]


class Session(Protocol):
    """A model that is open; ONNX Runtime's sessions are such."""

    def get_inputs(self) -> list[Input]:
        """What it wants to be fed."""
        ...

    def run(self, output_names: list[str], input_feed: dict[str, Array]) -> list[Any]:
        """The named outputs for one batch."""
        ...


def open_session(model: bytes | str) -> "onnxruntime.InferenceSession":
    """Open a graph from its bytes, or from a path where external data lies beside it.

    One thread a call: several calls run side by side instead, so that the number of threads changes no
    bit of an answer.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Never take the bytes for the runtime's own, unchecked format.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class TextEncoder:
    """Answers texts. Rows of its answers depend on their own text only.

    Args:
        session: the graph, or another model that is asked like one.
        tokenizer: text of tokenizer.json.
        spec: how to run it.
        threads: calls side by side.

    Raises:
        UnfitError: the graph is not what the spec says.
    """

    def __init__(self, session: Session, tokenizer: str, spec: TextModelSpec, threads: int) -> None:
        self._session = session
        self._spec = spec
        self._inputs = {i.name: _INTEGERS[i.type] for i in session.get_inputs() if i.type in _INTEGERS}
        rows, self._fixed_length = _fixed(session)
        self._tokenizer = tokenizers.Tokenizer.from_str(tokenizer)
        # The file's own padding and truncation are replaced: the spec says how long, and a batch how wide.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(spec.max_length, self._fixed_length or spec.max_length))
        self._padding = self._padding_id(tokenizers.Tokenizer.from_str(tokenizer).padding)
        self._lanes = ThreadPoolExecutor(threads)
        self.one_at_a_time = spec.one_at_a_time or rows == 1
        self.width = self._check(rows)

    def _padding_id(self, declared: dict[str, Any] | None) -> int:
        if declared is not None:
            return int(declared["pad_id"])
        ids = (self._tokenizer.token_to_id(name) for name in _PADDING_NAMES)
        return next((i for i in ids if i is not None), 0)

    def _check(self, rows: int) -> int:
        """Width of a row; finds out by trying whether texts may go together."""
        if rows > 1:
            raise UnfitError("model", f"its graph wants exactly {rows} texts at a time")
        probes = self.encode(_PROBES)
        alone = np.concatenate([self._rows([p]) for p in probes])
        wanted = len(self._spec.labels)
        if self._spec.task == CLASSIFICATION and alone.shape[1] != wanted:
            raise UnfitError("model", f"it scores {alone.shape[1]} classes, its files name {wanted}")
        if not self.one_at_a_time:
            together = self._rows(probes)
            doubled = self._rows([*reversed(probes), probes[0]])
            same = np.array_equal(alone, together) and np.array_equal(alone[::-1], doubled[:-1])
            self.one_at_a_time = not (same and np.array_equal(alone[0], doubled[-1]))
        return int(alone.shape[1])

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Token ids of each text, cut off at the spec's length."""
        found = self._tokenizer.encode_batch(list(texts))
        # A text without any token is answered as one padding token would be.
        return [
            Encoded(tuple(e.ids) or (self._padding,), tuple(e.type_ids) or (0,), bool(e.overflowing))
            for e in found
        ]

    def answer(self, texts: Sequence[Encoded]) -> Iterator[tuple[list[int], Array]]:
        """(row numbers, their rows) as they get done, in no particular order."""
        groups = batches([len(t.ids) for t in texts], one_at_a_time=self.one_at_a_time)
        running = {self._lanes.submit(self._rows, [texts[i] for i in group]): group for group in groups}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            for future in running:
                future.cancel()

    def _rows(self, texts: Sequence[Encoded]) -> Array:
        """float32 [n, width] of one batch."""
        [output] = self._session.run([self._spec.output], self._feed(texts))
        out = np.asarray(output)
        whole = self._spec.task == CLASSIFICATION or self._spec.pooling == "none"
        if out.dtype.kind != "f" or out.ndim != (2 if whole else 3) or out.shape[0] != len(texts):
            raise UnfitError("model", f"its output has type {out.dtype} and shape {out.shape}")
        if not whole:
            out = np.stack(
                [pool(row[: len(t.ids)], self._spec.pooling) for row, t in zip(out, texts, strict=True)]
            )
        elif self._spec.pooling == "softmax":
            out = softmax(out)
        if self._spec.normalise:
            out = normalise(np.asarray(out, np.float64))
        return np.ascontiguousarray(out, dtype=np.float32)

    def _feed(self, texts: Sequence[Encoded]) -> dict[str, Array]:
        width = self._fixed_length or max(len(t.ids) for t in texts)
        ids = np.full((len(texts), width), self._padding, np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text.ids)] = text.ids
            types[row, : len(text.types)] = text.types
            mask[row, : len(text.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return {name: given[name].astype(kind, copy=False) for name, kind in self._inputs.items()}


def _fixed(session: Session) -> tuple[int, int]:
    """(rows, tokens) where the graph fixes them, else 0."""
    shape = next(list(i.shape) for i in session.get_inputs() if i.name == "input_ids")
    if len(shape) != 2:
        raise UnfitError("model", f"its input_ids have shape {shape}")
    rows, tokens = (size if isinstance(size, int) and size > 0 else 0 for size in shape)
    return rows, tokens
