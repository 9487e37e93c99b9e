"""How a model is to be run on texts, read off what its own files say. Nothing runs here."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weigh.core.facts import Coverage, FileFacts, ValuePort
from weigh.core.ports import ModelViewPort

EMBEDDING = "embedding"
CLASSIFICATION = "classification"

ONNX = "onnx"
TORCH = "torch"

POOLINGS = frozenset({"mean", "cls", "max", "lasttoken"})
"""How the vectors of a text's tokens become one, in the words of sentence-transformers."""

MAX_LENGTH = 1 << 17
"""Longest text in tokens that a spec may ask for."""

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")
_PROBABILITIES = frozenset({"probabilities", "probs", "scores"})

# Operators that scale by what is in the batch: an answer then depends on the texts beside it.
_BATCH_DEPENDENT = frozenset({"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"})

_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})
"""Modules of sentence-transformers whose work is done by the graph, by pooling, and by `normalise`."""

_SHARD = re.compile(r"model-[0-9]{5}-of-([0-9]{5})\.safetensors")

_OTHER_RUNTIMES = (
    ("safetensors", "torch"), ("pickle", "torch"), ("zip", "torch"), ("gguf", "gguf"), ("hdf5", "keras"),
    ("keras", "keras"), ("tflite", "keras"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextModelSpec:
    """Everything that decides what a text model answers, beside the text.

    Attributes:
        model_sha256: the ONNX file; for the torch runtime the config.json that names the architecture.
        tokenizer_sha256: the tokenizer.json.
        external: (path relative to the model's folder, sha256) of its external data; for the torch
            runtime of its safetensors files.
        task: `embedding` or `classification`.
        pooling: `mean`, `cls`, `max`, `lasttoken`; `none` for an output that is one vector a text; for
            classification `softmax`, or `none` where the output already is probabilities.
        normalise: scale each embedding to length 1.
        max_length: tokens, special ones included; the rest of a text is cut off.
        labels: names of the classes in output order.
        output: name of the graph's output that is read.
        one_at_a_time: the graph's answers depend on the batch, so each text goes alone.
        runtime: `onnx` or `torch`.
    """

    model_sha256: str
    tokenizer_sha256: str
    external: tuple[tuple[str, str], ...]
    task: str
    pooling: str
    normalise: bool
    max_length: int
    labels: tuple[str, ...]
    output: str
    one_at_a_time: bool = False
    runtime: str = ONNX


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Why this version cannot run the model on texts.

    Attributes:
        reason: one sentence.
        extra: the extra that would bring the runtime, "" when that is not what is missing.
    """

    reason: str
    extra: str = ""


class _StopError(Exception):
    """A plan cannot be made."""

    def __init__(self, reason: str, extra: str = "") -> None:
        super().__init__(reason)
        self.unplanned = Unplanned(reason, extra)


def plan(view: ModelViewPort) -> TextModelSpec | Unplanned:
    """How to run this model, or why not.

    Reads the facts `task`, `pooling.mode`, `normalise`, `max_length`, `labels`, and the graph's inputs
    and outputs. A declaration that is missing is named, never guessed. A graph that can be run comes
    before safetensors weights: its runtime is the smaller one, and what it does is all in the file.
    """
    try:
        return _plan(view)
    except _StopError as stop:
        if not any(f.format == "safetensors" for f in view.all_facts()):
            return stop.unplanned
        graphs = any(f.format == "onnx" for f in view.all_facts())
        first = stop.unplanned
    try:
        return _plan_torch(view)
    except _StopError as stop:
        needs = f"its weights are safetensors: it needs the torch runtime, and {stop.unplanned.reason}"
        return first if graphs else Unplanned(needs, TORCH)


def _plan(view: ModelViewPort) -> TextModelSpec:
    every = view.all_facts()
    model = _graph(every)
    tokenizer = _tokenizer(every, model)
    strange = [p.name for p in model.graph_inputs if p.name not in _INPUTS]
    if strange or not any(p.name == "input_ids" for p in model.graph_inputs):
        asks = ", ".join(repr(p.name) for p in model.graph_inputs) or "nothing"
        raise _StopError(f"{model.path!r} is no text encoder this version can feed: it asks for {asks}")
    task = _task(view, model)
    output, pooling = _labelled(model) if task == CLASSIFICATION else _vector(view, model)
    labels = _labels(view) if task == CLASSIFICATION else ()
    return TextModelSpec(
        model_sha256=view.snapshot.file(model.path).sha256,
        tokenizer_sha256=view.snapshot.file(tokenizer.path).sha256,
        external=_external(view, model),
        task=task,
        pooling=pooling,
        normalise=task == EMBEDDING and _value(view, "normalise") is True,
        max_length=_max_length(view),
        labels=labels,
        output=output,
        one_at_a_time=any(o.name in _BATCH_DEPENDENT for o in model.operators)
        or not any(p.name == "attention_mask" for p in model.graph_inputs),
    )


def _plan_torch(view: ModelViewPort) -> TextModelSpec:
    """How to run safetensors weights: the architecture is one that the library itself has."""
    architecture = view.fact("architecture")
    if architecture is None or posixpath.basename(architecture.where) != "config.json":
        raise _StopError("no config.json names its architecture")
    if _value(view, "remote_code") is True:
        raise _StopError("its architecture is code of its own, which is never run")
    every = view.all_facts()
    config = next(f for f in every if f.path == architecture.where)
    folder = posixpath.dirname(config.path)
    weights = _weights(every, folder, _value(view, "weights.missing") or ())
    tokenizer = _tokenizer(every, config)
    task = _torch_task(view, str(architecture.value))
    snapshot = view.snapshot
    return TextModelSpec(
        model_sha256=snapshot.file(config.path).sha256,
        tokenizer_sha256=snapshot.file(tokenizer.path).sha256,
        external=tuple((posixpath.basename(w.path), snapshot.file(w.path).sha256) for w in weights),
        task=task,
        pooling="softmax" if task == CLASSIFICATION else _pooling(view),
        normalise=task == EMBEDDING and _value(view, "normalise") is True,
        max_length=_max_length(view),
        labels=_labels(view) if task == CLASSIFICATION else (),
        output="logits" if task == CLASSIFICATION else "last_hidden_state",
        # What a matrix product rounds to depends on how many rows it has.
        one_at_a_time=True,
        runtime=TORCH,
    )


def _weights(every: Sequence[FileFacts], folder: str, missing: Sequence[str]) -> tuple[FileFacts, ...]:
    """`model.safetensors` beside the configuration, or its shards, or the only safetensors file there."""
    beside = [f for f in every if f.format == "safetensors" and posixpath.dirname(f.path) == folder]
    whole = [f for f in beside if posixpath.basename(f.path) == "model.safetensors"]
    shards = [f for f in beside if _SHARD.fullmatch(posixpath.basename(f.path))]
    chosen = whole or shards or beside
    if missing and not whole:
        raise _StopError(f"weight files are missing: {', '.join(map(repr, missing[:4]))}")
    if not chosen:
        raise _StopError("no safetensors file lies beside its config.json")
    if chosen is beside and len(beside) > 1:
        raise _StopError(f"it has {len(beside)} safetensors files and none is its main one")
    if chosen is shards and (stated := _stated_shards(shards)) != len(shards):
        raise _StopError(f"{len(shards)} of the {stated} parts of its weights are there and are safetensors")
    broken = next((f for f in chosen if f.coverage is Coverage.MALFORMED), None)
    if broken is not None:
        raise _StopError(f"{broken.path!r} is malformed: {broken.reason or 'it breaks its format'}")
    return tuple(chosen)


def _stated_shards(shards: Sequence[FileFacts]) -> int:
    """How many parts their names say there are; the largest number where they do not agree."""
    named = (_SHARD.fullmatch(posixpath.basename(f.path)) for f in shards)
    return max(int(name[1]) for name in named if name)


def _torch_task(view: ModelViewPort, architecture: str) -> str:
    declared = _value(view, "task")
    if architecture.endswith("ForSequenceClassification"):
        return CLASSIFICATION
    if declared in ("feature-extraction", "sentence-similarity") or _value(view, "pooling.mode") is not None:
        return EMBEDDING
    raise _StopError(f"its architecture {architecture!r} gives neither classes nor embeddings of texts")


def _pooling(view: ModelViewPort) -> str:
    mode = _value(view, "pooling.mode")
    if mode is None:
        raise _StopError("no file declares how token vectors become one (`1_Pooling/config.json`)")
    return _known_pooling(view, mode)


def _known_pooling(view: ModelViewPort, mode: Any) -> str:
    further = set(_value(view, "modules") or ()) - _MODULES
    if further:
        raise _StopError(f"modules after its pooling are not run: {', '.join(sorted(further))}")
    if not isinstance(mode, str) or mode not in POOLINGS:
        raise _StopError(f"its pooling {mode!r} is not one of {', '.join(sorted(POOLINGS))}")
    return mode


def _graph(every: Sequence[FileFacts]) -> FileFacts:
    graphs = [f for f in every if f.format == "onnx"]
    if not graphs:
        raise _no_runtime(every)
    chosen = _outermost(graphs, "model.onnx")
    if chosen is None:
        names = ", ".join(repr(f.path) for f in graphs[:4])
        raise _StopError(f"the model has {len(graphs)} ONNX files and none is its main one: {names}")
    if chosen.coverage is Coverage.MALFORMED or any(a.fatal for a in chosen.anomalies):
        raise _StopError(f"{chosen.path!r} is malformed: {chosen.reason or 'it breaks its format'}")
    return chosen


def _no_runtime(every: Sequence[FileFacts]) -> _StopError:
    for kind, extra in _OTHER_RUNTIMES:
        if any(f.format == kind for f in every):
            return _StopError(f"its weights are {kind}: it needs the {extra} runtime", extra)
    return _StopError("it has no file this version can run")


def _tokenizer(every: Sequence[FileFacts], model: FileFacts) -> FileFacts:
    found = [f for f in every if posixpath.basename(f.path) == "tokenizer.json"]
    beside = [f for f in found if posixpath.dirname(f.path) == posixpath.dirname(model.path)]
    chosen = _outermost(beside or found, "tokenizer.json")
    if chosen is None:
        raise _StopError(
            "it has no tokenizer.json" if not found else f"it has {len(found)} files tokenizer.json"
        )
    return chosen


def _outermost(files: Sequence[FileFacts], name: str) -> FileFacts | None:
    """The only file, or else the only one of that name that lies nearest to the top."""
    if len(files) == 1:
        return files[0]
    named = [f for f in files if posixpath.basename(f.path) == name]
    depth = min((f.path.count("/") for f in named), default=0)
    nearest = [f for f in named if f.path.count("/") == depth]
    return nearest[0] if len(nearest) == 1 else None


def _task(view: ModelViewPort, model: FileFacts) -> str:
    declared = _value(view, "task")
    if declared == "text-classification":
        return CLASSIFICATION
    if declared in ("feature-extraction", "sentence-similarity"):
        return EMBEDDING
    names = {p.name for p in model.graph_outputs}
    if names & {*_TOKEN_OUTPUTS, "sentence_embedding"}:
        return EMBEDDING
    if "logits" in names and declared is None:
        return CLASSIFICATION
    raise _StopError(
        f"its task is {declared!r}, which this version cannot run"
        if declared is not None
        else "no file declares its task"
    )


def _labelled(model: FileFacts) -> tuple[str, str]:
    flat = [p for p in model.graph_outputs if len(p.shape) == 2]
    named = next((p for p in flat if p.name == "logits"), flat[0] if len(flat) == 1 else None)
    if named is None:
        raise _StopError(f"no output of {model.path!r} is one row of class scores a text")
    return named.name, "none" if named.name in _PROBABILITIES else "softmax"


def _labels(view: ModelViewPort) -> tuple[str, ...]:
    labels = _value(view, "labels")
    if not isinstance(labels, list | tuple) or len(labels) < 2 or not all(isinstance(x, str) for x in labels):
        raise _StopError("no file declares the names of its classes (`id2label` in config.json)")
    return tuple(labels)


def _vector(view: ModelViewPort, model: FileFacts) -> tuple[str, str]:
    """The output to read and how to pool it; one that the model has pooled itself comes first."""
    outputs = model.graph_outputs
    whole = [p for p in outputs if len(p.shape) == 2]
    pooled = next((p for p in whole if p.name == "sentence_embedding"), None)
    if pooled is not None:
        return pooled.name, "none"
    tokens = _token_output(outputs)
    mode = _value(view, "pooling.mode")
    if tokens is not None and mode is not None:
        return tokens.name, _known_pooling(view, mode)
    if len(whole) == 1:
        return whole[0].name, "none"
    if tokens is None:
        names = ", ".join(repr(p.name) for p in outputs[:8]) or "none"
        raise _StopError(f"no output of {model.path!r} is known to be an embedding; it has {names}")
    raise _StopError("no file declares how token vectors become one (`1_Pooling/config.json`)")


def _token_output(outputs: Sequence[ValuePort]) -> ValuePort | None:
    deep = [p for p in outputs if len(p.shape) == 3 or (not p.shape and p.name in _TOKEN_OUTPUTS)]
    return next((p for p in deep if p.name in _TOKEN_OUTPUTS), deep[0] if len(deep) == 1 else None)


def _max_length(view: ModelViewPort) -> int:
    value = _value(view, "max_length")
    if type(value) is not int or not 2 <= value <= MAX_LENGTH:
        raise _StopError(
            "no file declares how many tokens it reads (`max_seq_length` in sentence_bert_config.json, "
            "`model_max_length` in tokenizer_config.json or `max_position_embeddings` in config.json)"
        )
    return value


def _external(view: ModelViewPort, model: FileFacts) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    folder = posixpath.dirname(model.path)
    for reference in model.external:
        name = posixpath.normpath(reference.target)
        if not name or posixpath.isabs(name) or name.split("/")[0] == "..":
            raise _StopError(f"{model.path!r} points outside its folder: {reference.target!r}")
        file = view.snapshot.find(posixpath.join(folder, name))
        if file is None:
            raise _StopError(f"the external data {reference.target!r} of {model.path!r} is not there")
        found[name] = file.sha256
    return tuple(sorted(found.items()))


def _value(view: ModelViewPort, name: str) -> Any:
    fact = view.fact(name)
    return None if fact is None else fact.value
