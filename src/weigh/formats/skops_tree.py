"""The object tree of a skops file: what loading it would import, build and call.

`schema.json` is a tree of nodes. Each names a class (`__module__`, `__class__`) and the loader that rebuilds
it (`__loader__`). skops asks its user to trust every type it does not know; here a type is judged by what
it is.
Source: skops/io/_general.py, _numpy.py, _scipy.py, _sklearn.py and _audit.py of skops 0.3 to 0.14.
"""

import re
from typing import Any

from weigh.core.facts import CallableUse, Use
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.import_names import Standing, standing

RUNS = "WGH-SK001"
MISMATCH = "WGH-SK002"
FILE_OUTSIDE = "WGH-SK003"
FILE_ABSENT = "WGH-SK004"
UNKNOWN_TYPE = "WGH-SK005"
UNKNOWN_LOADER = "WGH-SK006"

MAX_CALLABLES = 2_000

_LOADERS = frozenset(
    {
        "DictNode", "DefaultDictNode", "ListNode", "SetNode", "TupleNode", "BytesNode", "BytearrayNode",
        "SliceNode", "FunctionNode", "MethodNode", "PartialNode", "TypeNode", "ConstructorFromReduceNode",
        "ObjectNode", "JsonNode", "OperatorFuncNode", "NdArrayNode", "MaskedArrayNode", "DTypeNode",
        "RandomStateNode", "RandomGeneratorNode", "SparseMatrixNode", "TreeNode", "LossNode", "ReduceNode",
        "SGDNode", "CachedNode", "QuantileForestNode", "_DictWithDeprecatedKeysNode", "UfuncNode",
        "BunchNode",
    }
)  # fmt: skip
_FIXED = {
    "ListNode": ("builtins.list",),
    "SetNode": ("builtins.set", "builtins.frozenset"),
    "SliceNode": ("builtins.slice",),
    "BytesNode": ("builtins.bytes",),
    "BytearrayNode": ("builtins.bytearray",),
    "DefaultDictNode": ("collections.defaultdict",),
    "PartialNode": ("functools.partial",),
    "NdArrayNode": ("numpy.ndarray", "numpy.matrix", "numpy.memmap", "numpy.recarray"),
}
"""Loaders that build one type each; another type there is a lie about what is built."""
_TRUSTED = re.compile(
    r"(?:sklearn|numpy|scipy|xgboost|lightgbm|catboost|imblearn|quantile_forest|pandas|interpret|mapie|skorch)\."
)
_GADGETS = re.compile(
    r"sklearn\.(?:datasets|externals|utils\._testing|utils\.fixes|_build_utils|__check_build|conftest)(?:\.|$)"
    r"|.*\.(?:fetch_\w+|load_\w+|read_\w+|save\w*|fromfile|fromregex|frombuffer|from_file|eval|exec|get_file"
    r"|run\w*|system|popen|query|to_pickle|open|memmap|genfromtxt|loadtxt)$"
)
_OPERATORS = {"attrgetter": False, "itemgetter": True, "methodcaller": False}
"""operator's makers of functions; True where what they make is harmless whatever its arguments."""
_PLAIN_JSON = frozenset(
    {"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.NoneType"}
)
_TYPES = frozenset({"list", "set", "map", "tuple", "dict", "str", "int", "float", "bool", "object", "bytes"})
_NAME = re.compile(r"[A-Za-z_]\w*")
_OUTSIDE = re.compile(r"^[\\/~]|^[A-Za-z]:|://|(?:^|[\\/])\.\.(?:[\\/]|$)|\0")


class Tree:
    """Looks at every node of a schema once, without recursion.

    Args:
        names: of the members of the archive.

    Attributes:
        found: what is wrong; callables: what outside the known libraries it would import.
        files: members that the tree refers to; raw: those of them that are plain bytes.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.found = AnomalyList()
        self.callables: list[CallableUse] = []
        self.files: set[str] = set()
        self.raw: set[str] = set()
        self.nodes = 0
        self._names = names

    def run(self, value: Any) -> None:
        """Visit everything below `value`."""
        stack: list[Any] = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, list):
                stack += item
            elif isinstance(item, dict):
                if "__loader__" in item or "__class__" in item:
                    self.nodes += 1
                    self._node(item)
                stack += item.values()

    def _node(self, node: dict[str, Any]) -> None:
        loader = node.get("__loader__")
        whole = f"{node.get('__module__')}.{node.get('__class__')}"
        if not isinstance(loader, str) or loader not in _LOADERS:
            self.found.add(UNKNOWN_LOADER, f"{quoted(whole)} has the loader {quoted(str(loader))}")
        if isinstance(node.get("file"), str):
            self._file(node["file"])
            if loader in {"BytesNode", "BytearrayNode"}:
                self.raw.add(node["file"])
        match loader:
            case "OperatorFuncNode":
                self._operator(node, whole)
            case "MethodNode":
                self._method(node, whole)
            case "JsonNode" if whole in _PLAIN_JSON:
                pass
            case "FunctionNode" if isinstance(node.get("content"), dict):
                # up to skops 0.9 a function stands in the content, its class only says that it is one
                content = node["content"]
                self._type(f"{content.get('module_path')}.{content.get('function')}", "FunctionNode")
            case str() if loader in _FIXED:
                if whole not in _FIXED[loader]:
                    self._unexpected(whole, loader)
            case _:
                self._type(whole, str(loader))

    def _unexpected(self, whole: str, loader: str) -> None:
        """Another type than the loader builds: a subclass at best."""
        if standing(whole) is Standing.RUNS:
            self._runs(whole, loader)
        elif _TRUSTED.match(whole) is None:
            self.found.add(MISMATCH, f"a {loader} claims to be {quoted(whole)}")

    def _type(self, whole: str, loader: str) -> None:
        """Judge what a node imports."""
        module, _, name = whole.rpartition(".")
        if module == "builtins" and (name in _TYPES or name in {"NoneType", "ellipsis"}):
            return
        if _GADGETS.match(whole) or not all(_NAME.fullmatch(part) for part in whole.split(".")):
            self._runs(whole, loader)
            return
        judged = standing(whole)
        if judged is Standing.DATA or (module, name) == ("collections", "OrderedDict"):
            return
        if judged is Standing.RUNS and not _CLASSES_OF_DATA.fullmatch(whole):
            self._runs(whole, loader)
        elif judged is Standing.OTHER and not _TRUSTED.match(whole):
            self.found.add(UNKNOWN_TYPE, f"it needs {quoted(whole)} ({loader})")

    def _runs(self, whole: str, loader: str) -> None:
        self.found.add(RUNS, f"a {loader} would import {quoted(whole)}")
        module, _, name = whole.rpartition(".")
        if len(self.callables) < MAX_CALLABLES:
            self.callables.append(CallableUse(module[:200], name[:200], -1, Use.IMPORT))

    def _operator(self, node: dict[str, Any], whole: str) -> None:
        """A function of `operator`: any other module, or a function that calls, is an attack."""
        name = str(node.get("__class__"))
        if node.get("__module__") not in {"operator", "_operator"} or name not in _OPERATORS:
            self.found.add(MISMATCH, f"an OperatorFuncNode calls {quoted(whole)}")
            return
        if _OPERATORS[name]:
            return
        words = _texts(node.get("attrs"))
        if any("__" in word or standing(word) is Standing.RUNS for word in words):
            self._runs(whole, f"OperatorFuncNode on {quoted(' '.join(words))}")
        else:
            self.found.add(UNKNOWN_TYPE, f"it builds {quoted(whole)} of {quoted(' '.join(words))}")

    def _method(self, node: dict[str, Any], whole: str) -> None:
        """A bound method: of the object it says, and by a plain name."""
        content = node.get("content")
        owner = content.get("obj") if isinstance(content, dict) else None
        method = content.get("func") if isinstance(content, dict) else None
        if not isinstance(owner, dict) or not isinstance(method, str):
            self.found.add(MISMATCH, "a MethodNode has no object or no method")
            return
        real = f"{owner.get('__module__')}.{owner.get('__class__')}"
        if real != whole and owner.get("__module__") != node.get("__module__"):
            # the node's module is where the method is written, which may be a base class of the owner
            kind = RUNS if Standing.RUNS in {standing(real), standing(whole)} else MISMATCH
            self.found.add(kind, f"a method of {quoted(whole)} is bound to {quoted(real)}")
        if _GADGETS.match(f"x.{method}") or not _NAME.fullmatch(method) or method.startswith("__"):
            self._runs(f"{real}.{method}", "MethodNode")

    def _file(self, name: str) -> None:
        if _OUTSIDE.search(name):
            self.found.add(FILE_OUTSIDE, f"it reads the file {quoted(name)}")
        elif name not in self._names:
            self.found.add(FILE_ABSENT, f"the file {quoted(name)} is not in the archive")
        self.files.add(name)


_CLASSES_OF_DATA = re.compile(
    r"(?:datetime|_?decimal|fractions|uuid|zoneinfo|enum|numbers|array|collections|pathlib|types|re|random)\."
    r"(?:[A-Z]\w*|datetime|date|time|timedelta|timezone|array|deque|defaultdict)"
)
"""Types of the standard library that skops can rebuild from their arguments and that hold data."""


def _texts(value: Any) -> list[str]:
    """The texts below a node's arguments, the first few."""
    found: list[str] = []
    stack = [value]
    while stack and len(found) < 32:
        item = stack.pop()
        if isinstance(item, dict):
            stack += [v for k, v in item.items() if not k.startswith("__")]
        elif isinstance(item, list):
            stack += item[:64]
        elif isinstance(item, str):
            found.append(item[:200].strip('"'))
    return found
