"""Which files hold a model's weights, how many there are, and what a graph wants to be fed."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from weigh.core.facts import Basis, Fact, FileFacts, ValuePort

Files = Mapping[str, FileFacts]

INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"(?P<stem>.+)-[0-9]{5}-of-[0-9]{5}\.safetensors")
_WEIGHT_FORMATS = frozenset({"safetensors", "onnx", "pickle", "hdf5", "gguf", "tflite", "ort"})
_ZIP_WEIGHTS = frozenset({".bin", ".ckpt", ".jit", ".keras", ".npz", ".pt", ".pth", ".ptl"})
_MAIN_ONNX = ("model.onnx", "onnx/model.onnx")


def weight_facts(files: Files, json: Callable[[str], Any]) -> Iterator[Fact]:
    """`weights.*`, `parameters`, `onnx.*` and missing shards.

    Args:
        files: facts of every file, by path.
        json: the value of a JSON file, or None.
    """
    every = sorted(path for path, facts in files.items() if _holds_weights(path, facts.format))
    if every:
        yield Fact("weights.files", every, Basis.DETECTED)
    shards, missing = _indexed(files, json(INDEX))
    if missing:
        yield Fact("weights.missing", missing, Basis.DERIVED, INDEX)
    graph = main_graph(files)
    chosen = shards or _safetensors(files) or ([graph] if graph else [])
    if missing:
        chosen = []
    if chosen:
        yield from _counted(files, chosen)
    if graph:
        yield from _graph(files[graph])


def main_graph(files: Files) -> str:
    """The ONNX file a loader would take: the only one, or the one that is called model.onnx; else ""."""
    graphs = [path for path, facts in files.items() if facts.format == "onnx"]
    if len(graphs) == 1:
        return graphs[0]
    return next((name for name in _MAIN_ONNX if name in graphs), "")


def _holds_weights(path: str, format_name: str) -> bool:
    zipped = format_name == "zip" and posixpath.splitext(path)[1] in _ZIP_WEIGHTS
    return zipped or format_name in _WEIGHT_FORMATS


def _indexed(files: Files, index: Any) -> tuple[list[str], list[str]]:
    """The shards an index file names: those that are there, and those that are not."""
    named = index.get("weight_map") if isinstance(index, dict) else None
    shards = sorted({s for s in named.values() if isinstance(s, str)}) if isinstance(named, dict) else []
    there = [s for s in shards if s in files]
    return there, [s for s in shards if s not in files][:1000]


def _safetensors(files: Files) -> list[str]:
    """The safetensors files that make up one model, or none where that is not plain."""
    top = [p for p, f in files.items() if f.format == "safetensors"]
    depth = min((p.count("/") for p in top), default=0)
    top = sorted(p for p in top if p.count("/") == depth)
    main = [p for p in top if posixpath.basename(p) == "model.safetensors"]
    if len(main) == 1 or len(top) == 1:
        return main or top
    stems = {m["stem"] if (m := _SHARD.fullmatch(p)) else p for p in top}
    return top if len(stems) == 1 else []


def _counted(files: Files, chosen: list[str]) -> Iterator[Fact]:
    kinds: Counter[str] = Counter()
    for path in chosen:
        for tensor in files[path].tensors:
            kinds[tensor.dtype] += tensor.count
    where = ", ".join(chosen[:4])
    yield Fact("parameters", sum(kinds.values()), Basis.DERIVED, where)
    if kinds:
        # the name decides between equals, so that the order of tensors does not
        dominant = max(sorted(kinds), key=lambda kind: kinds[kind])
        yield Fact("weights.dtype", dominant, Basis.DERIVED, where)


def _graph(facts: FileFacts) -> Iterator[Fact]:
    path = facts.path
    yield Fact("onnx.inputs", [_port(p) for p in facts.graph_inputs], Basis.DETECTED, path)
    yield Fact("onnx.outputs", [_port(p) for p in facts.graph_outputs], Basis.DETECTED, path)
    opset = next((s.version for s in facts.operator_sets if s.domain in {"", "ai.onnx"}), None)
    if opset is not None:
        yield Fact("onnx.opset", opset, Basis.DECLARED, path)
    yield from (f for f in facts.metadata if f.name in {"onnx.ir_version", "onnx.producer"})


def _port(port: ValuePort) -> dict[str, Any]:
    return {"name": port.name, "dtype": port.dtype, "shape": list(port.shape)}
