"""TensorFlow.js: `model.json`, its topology and the manifest of its weight files.

Source: github.com/tensorflow/tfjs, tfjs-core/src/io/types.ts (ModelJSON, WeightsManifestConfig).
"""

import json
import math
import re
from typing import Any

from weigh.core.facts import Basis, CallableUse, Coverage, ExternalReference, Fact, FileFacts, OperatorUse
from weigh.core.ports import RangeReader
from weigh.core.tensor import DTYPE_BITS, TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.keras_config import keras_anomalies
from weigh.formats.keras_json import MAX_CONFIG, config_of

FORMAT = "tfjs"
OUTSIDE = "WGH-SM011"
BROKEN = "WGH-SM012"
ABSURD = "WGH-SM013"
RUNS = "WGH-SM001"
CUSTOM_OP = "WGH-SM005"

MAX_WEIGHTS = 200_000
_DTYPES = {
    "float32": "F32", "float16": "F16", "int32": "I32", "uint8": "U8", "uint16": "U16", "bool": "BOOL",
    "int8": "I8", "complex64": "C64", "string": "STRING", "int64": "I64", "float64": "F64",
}  # fmt: skip
_OUTSIDE = re.compile(r"^[\\/~]|^[A-Za-z]:|^[A-Za-z][A-Za-z0-9+.-]+:|(?:^|[\\/])\.\.(?:[\\/]|$)|\0|^//")
_RUNS = frozenset({"ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc"})


def read_tfjs(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one `model.json`. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: not needed.
    """
    del descent
    found = AnomalyList()
    text = reader.read(0, min(reader.size, MAX_CONFIG + 1)) if reader.size <= MAX_CONFIG else b""
    if not text and reader.size:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"JSON is read up to {MAX_CONFIG} bytes")
    value, wrong = config_of(text)
    for anomaly in wrong:
        found.add(anomaly.rule, anomaly.detail)
    if not isinstance(value, dict):
        found.add(BROKEN, "it is no JSON object", fatal=True)
        return FileFacts(path, FORMAT, Coverage.MALFORMED, "it is no JSON object", anomalies=found.as_tuple())
    tensors, external = _manifest(value.get("weightsManifest"), path, found)
    callables, operators = _topology(value.get("modelTopology"), found)
    stated = {
        key: value[key] for key in ("format", "generatedBy", "convertedBy") if isinstance(value.get(key), str)
    }
    facts = tuple(Fact(f"tfjs.{key}", text[:200], Basis.DECLARED, path) for key, text in stated.items())
    broken = any(a.rule == BROKEN for a in found.as_tuple())
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if broken else Coverage.COMPLETE,
        "its manifest is broken" if broken else "",
        tensors=tuple(tensors),
        operators=operators,
        callables=tuple(callables),
        external=tuple(external),
        metadata=facts,
        anomalies=found.as_tuple(),
    )


def _manifest(value: Any, path: str, found: AnomalyList) -> tuple[list[TensorInfo], list[ExternalReference]]:
    """The weights, in the order of their bytes over the files of each group."""
    tensors: list[TensorInfo] = []
    external: list[ExternalReference] = []
    if value is None:
        return tensors, external
    if not isinstance(value, list):
        found.add(BROKEN, "the manifest is no list")
        return tensors, external
    folder = path.rpartition("/")[0]
    for group in value[:10_000]:
        paths = group.get("paths") if isinstance(group, dict) else None
        weights = group.get("weights") if isinstance(group, dict) else None
        if not isinstance(paths, list) or not isinstance(weights, list):
            found.add(BROKEN, "a group of the manifest has no paths or no weights")
            continue
        names = [name for name in paths if isinstance(name, str)]
        for name in names:
            external.append(ExternalReference(name[:1000], "weights of TF.js"))
            if _OUTSIDE.search(name):
                found.add(OUTSIDE, f"the weights lie at {quoted(name)}")
        one = f"{folder}/{names[0]}" if folder and names else (names[0] if names else path)
        at = 0
        for weight in weights[: MAX_WEIGHTS - len(tensors)]:
            tensor = _weight(weight, one, at, found, shards=len(names))
            if tensor is not None:
                tensors.append(tensor)
                at += tensor.nbytes
    return tensors, external


def _weight(value: Any, file: str, at: int, found: AnomalyList, *, shards: int) -> TensorInfo | None:
    name = value.get("name") if isinstance(value, dict) else None
    shape = value.get("shape") if isinstance(value, dict) else None
    if not isinstance(name, str) or not isinstance(shape, list):
        found.add(BROKEN, "a weight has no name or no shape")
        return None
    if not all(isinstance(d, int) and not isinstance(d, bool) and d >= 0 for d in shape):
        found.add(BROKEN, f"the weight {quoted(name)} has a size that is no whole number")
        return None
    quantised = value.get("quantization")
    stored = quantised.get("dtype") if isinstance(quantised, dict) else value.get("dtype")
    dtype = _DTYPES.get(stored, "UNKNOWN") if isinstance(stored, str) else "UNKNOWN"
    count = math.prod(shape)
    if count >= 1 << 60:
        found.add(ABSURD, f"the weight {quoted(name)} has more elements than can be counted")
        return None
    encoding = "quantised" if isinstance(quantised, dict) else ""
    encoding += f"{', ' if encoding else ''}over {shards} files" if shards > 1 else ""
    size = count * DTYPE_BITS[dtype] // 8
    return TensorInfo(name, dtype, tuple(shape), file, at if shards == 1 else -1, size, encoding)


def _topology(value: Any, found: AnomalyList) -> tuple[list[CallableUse], tuple[OperatorUse, ...]]:
    """A Keras configuration, or a TensorFlow graph in JSON."""
    if isinstance(value, str):
        value, _ = config_of(value)
    if not isinstance(value, dict):
        return [], ()
    if not isinstance(value.get("node"), list):
        anomalies, callables = keras_anomalies(value)
        for anomaly in anomalies:
            found.add(anomaly.rule, anomaly.detail)
        return callables, ()
    counts: dict[str, int] = {}
    for node in _nodes(value):
        op = node.get("op")
        if isinstance(op, str):
            counts[op] = counts.get(op, 0) + 1
            if op in _RUNS:
                found.add(
                    RUNS, f"{op} at {quoted(str(node.get('name')))} {json.dumps(node.get('input'))[:100]}"
                )
            elif ">" in op:
                found.add(CUSTOM_OP, f"{quoted(op)} needs a library of its own")
    return [], tuple(OperatorUse("", op, count) for op, count in sorted(counts.items()))


def _nodes(graph: dict[str, Any]) -> list[dict[str, Any]]:
    library = graph.get("library")
    functions = library.get("function") if isinstance(library, dict) else None
    nodes = list(graph["node"])
    for function in functions if isinstance(functions, list) else []:
        inner = function.get("nodeDef") if isinstance(function, dict) else None
        nodes += inner if isinstance(inner, list) else []
    return [node for node in nodes if isinstance(node, dict)]
