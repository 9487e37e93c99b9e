"""What a Keras configuration would build, import and call when a model is loaded from it.

A configuration is JSON: `config.json` of a `.keras` file, the attribute `model_config` of an HDF5 file,
`keras_metadata.pb` of a SavedModel, `modelTopology` of TF.js. Every object in it is a map with `class_name`
and `config`, and in Keras 3 `module` and `registered_name`.
Source: keras/src/saving/serialization_lib.py (Keras 3) and keras/saving/legacy/serialization.py (Keras 2).
"""

import re
from typing import Any

from weigh.core.facts import Anomaly, CallableUse, Use
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.keras_names import Origin, class_origin, function_origin

CODE = "WGH-KE001"
FOREIGN = "WGH-KE002"
GADGET = "WGH-KE003"
PICKLED_MODULE = "WGH-KE004"
SAVED_MODEL_LAYER = "WGH-KE005"
OUTSIDE = "WGH-KE006"
CUSTOM = "WGH-KE007"
NAMED_FUNCTION = "WGH-KE008"
TWICE = "WGH-KE009"
BROKEN = "WGH-KE010"
INCOMPLETE = "WGH-KE011"
OPERATOR = "WGH-KE012"
OTHER_FILE = "WGH-KE013"

MAX_CALLABLES = 1_000

_MARSHALLED = re.compile(r"\s*(?:4w|Yw|Y1)[A-Za-z0-9+/]AAAA[A-Za-z0-9+/=\s]{40}")
"""Base64 of a code object as marshal writes it: `c`, with or without the reference bit, and small numbers."""
_OUTSIDE = re.compile(
    r"\s*(?:/|\\|~|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]{1,15}:/)"
    r"|(?:^|.*[\\/])\.\.(?:[\\/]|$)",
    re.DOTALL,
)
"""A path that leaves the folder, or an address."""
_PATH_KEYS = frozenset(
    {
        "vocabulary", "vocabulary_file", "vocab_file", "filepath", "file_path", "filename", "fname", "path",
        "url", "origin", "model_path", "handle", "saved_model", "cache_dir", "asset_path", "idf_weights",
    }
)  # fmt: skip
_SPECIAL = frozenset(
    {
        "__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__",
        "__typespec__", "__complex__", "__dict__", "TensorShape", "TypeSpec", "CompositeTensor",
        "ExtensionType",
    }
)  # fmt: skip
_TF_RUNS = re.compile(
    r"(?:tf\.|tensorflow\.)?(?:io\.|raw_ops\.|py_function|numpy_function|saved_model|load_op_library"
    r"|load_library|sysconfig|summary|train\.|data\.|queue|distribute|debugging\.experimental|print$"
    r"|compat\.v1\.(?:py_func|io|gfile))"
)
_OP_RUNS = re.compile(
    r"\b(?:ReadFile|WriteFile|MatchingFiles|PyFunc|EagerPyFunc|PyFuncStateless|MergeV2Checkpoints|RestoreV2|SaveV2"
    r"|RemoteCall|RemoteFusedGraphExecute)\b"
)


def keras_anomalies(value: Any) -> tuple[list[Anomaly], list[CallableUse]]:
    """What is wrong with a configuration, and what outside Keras it would import.

    Args:
        value: the decoded JSON; every object in it is looked at, however deep it lies.
    """
    walk = _Walk()
    walk.run(value)
    return list(walk.found.as_tuple()), walk.callables


def looks_like_keras(value: Any) -> bool:
    """Whether decoded JSON is the configuration of a Keras model, by its outermost keys."""
    if not isinstance(value, dict):
        return False
    inner = value.get("config")
    if isinstance(value.get("class_name"), str) and isinstance(inner, dict | list):
        return (
            value["class_name"] in {"Sequential", "Functional", "Model"}
            or "registered_name" in value
            or (isinstance(inner, dict) and "layers" in inner)
        )
    return isinstance(value.get("model_config"), dict) and looks_like_keras(value["model_config"])


class _Walk:
    """Looks at every map of a configuration once, without recursion."""

    def __init__(self) -> None:
        self.found = AnomalyList()
        self.callables: list[CallableUse] = []

    def run(self, value: Any) -> None:
        """Visit everything below `value`."""
        stack: list[Any] = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, dict):
                self._map(item)
                stack += item.values()
            elif isinstance(item, list):
                stack += item
            elif isinstance(item, str) and _MARSHALLED.match(item):
                self.found.add(CODE, f"a text of {len(item)} characters is Python bytecode in base64")

    def _map(self, node: dict[str, Any]) -> None:
        name = node.get("class_name")
        if isinstance(name, str):
            self._object(node, name)
        for key, value in node.items():
            if key in _PATH_KEYS and isinstance(value, str) and value:
                self._path(key, value)
            elif key.endswith("_type") and value == "lambda" and isinstance(node.get(key[:-5]), str | list):
                self.found.add(CODE, f"{quoted(key[:-5])} holds the bytecode of a lambda")

    def _object(self, node: dict[str, Any], name: str) -> None:
        config = node.get("config")
        module = node.get("module") if isinstance(node.get("module"), str) else None
        bare = name.rpartition(">")[2]
        if name == "__lambda__":
            self.found.add(CODE, "a lambda is stored as bytecode")
        elif name == "__typespec__":
            self._typespec(module, node.get("spec_name"))
        elif name == "function":
            self._function(module, config)
        elif bare == "Lambda" and isinstance(config, dict):
            self._lambda(config)
        elif bare == "TorchModuleWrapper":
            self.found.add(PICKLED_MODULE, "a TorchModuleWrapper holds a pickled module")
        elif bare == "TFSMLayer":
            self.found.add(SAVED_MODEL_LAYER, f"a TFSMLayer would run {_filepath(config)}")
        elif bare in {"TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda"}:
            self._operator(bare, config)
        elif bare == "KerasLayer":
            self.found.add(OTHER_FILE, "a KerasLayer of TensorFlow Hub would fetch and run another model")
        if name not in _SPECIAL and name not in {"__lambda__", "function", "KerasLayer"}:
            self._judge(class_origin(module, bare), module, name, node.get("registered_name"))

    def _typespec(self, module: str | None, name: Any) -> None:
        whole = module or ""
        tensorflow = whole.split(".")[0] == "tensorflow"
        sound = isinstance(name, str) and name.isidentifier() and name.endswith(("Spec", "SpecV2"))
        if not (tensorflow and sound):
            self._judge(class_origin(module, str(name)), module, str(name), None)

    def _function(self, module: str | None, config: Any) -> None:
        if isinstance(config, str):
            self._judge(function_origin(module, config.rpartition(">")[2]), module, config, None)

    def _lambda(self, config: dict[str, Any]) -> None:
        """A Lambda layer: bytecode is an attack, a function that is only named is for a person."""
        function = config.get("function")
        module = config.get("module") if isinstance(config.get("module"), str) else None
        if isinstance(function, dict) and isinstance(function.get("items"), list):
            function = function["items"]
        if isinstance(function, list) and any(isinstance(part, str) for part in function):
            self.found.add(CODE, "a Lambda layer holds the bytecode of its function")
        elif isinstance(function, str) and config.get("function_type") in {"lambda", "raw"}:
            self.found.add(CODE, "a Lambda layer holds the code of its function")
        elif isinstance(function, str):
            origin = function_origin(None if module == "__main__" else module, function)
            if not re.fullmatch(r"[\w.>:/ -]{1,200}", function):
                self.found.add(CODE, f"a Lambda layer holds source text: {quoted(function)}")
            elif origin in {Origin.RUNS, Origin.GADGET}:
                self._judge(origin, module, function, None)
            else:
                self.found.add(NAMED_FUNCTION, f"a Lambda layer calls the function {quoted(function)}")
        elif not (isinstance(function, dict) and function.get("class_name") == "__lambda__"):
            self.found.add(NAMED_FUNCTION, "a Lambda layer calls a function that stands elsewhere")

    def _operator(self, kind: str, config: Any) -> None:
        """An operator of TensorFlow that stands in the model by its name, or as a node of a graph."""
        if not isinstance(config, dict):
            return
        function = config.get("function")
        if isinstance(function, str) and _TF_RUNS.match(function):
            self.found.add(OPERATOR, f"a {kind} calls {quoted(function)}")
        node = config.get("node_def")
        if node is not None and _OP_RUNS.search(node if isinstance(node, str) else str(node)[:10_000]):
            self.found.add(
                OPERATOR, f"a {kind} holds an operator that reads or writes files, or calls Python"
            )

    def _judge(self, origin: Origin, module: str | None, name: str, registered: Any) -> None:
        if origin is Origin.KERAS:
            custom = isinstance(registered, str) and ">" in registered
            if custom and registered.partition(">")[0] not in _REGISTERED:
                self.found.add(CUSTOM, f"it needs the registered class {quoted(registered)}")
            return
        where = f"{module}.{name}" if module else name
        if origin is Origin.CUSTOM:
            self.found.add(CUSTOM, f"it needs {quoted(where)}, which is no part of Keras")
        elif origin is Origin.GADGET:
            self.found.add(GADGET, f"it would call {quoted(where)}")
        else:
            self.found.add(FOREIGN, f"it would import {quoted(where)}")
            if module and len(self.callables) < MAX_CALLABLES:
                self.callables.append(CallableUse(module[:200], name[:200], -1, Use.IMPORT))

    def _path(self, key: str, value: str) -> None:
        if _OUTSIDE.match(value):
            self.found.add(OUTSIDE, f"{quoted(key)} points to {quoted(value)}")
        elif key in {"vocabulary", "filepath", "url"}:
            self.found.add(OTHER_FILE, f"{quoted(key)} names the file {quoted(value)}")


_REGISTERED = frozenset(
    {"keras", "keras_hub", "keras_nlp", "keras_cv", "keras_rs", "Addons", "Vision", "Text"}
)
"""Packages under which the Keras family registers its own classes."""


def _filepath(config: Any) -> str:
    path = config.get("filepath") if isinstance(config, dict) else None
    return quoted(path) if isinstance(path, str) else "a SavedModel that lies elsewhere"
