"""Arrays that joblib puts between the opcodes of a pickle, and the files beside it that it takes arrays from.

Source: joblib/numpy_pickle.py (NumpyArrayWrapper) and numpy_pickle_compat.py (NDArrayWrapper). When the state
of a wrapper is set, the loader reads the array from the file where the opcodes stop, and goes on behind it:
since 1.2 first a byte that counts padding, then the padding; then the items; in the place of Python objects a
pickle of its own.
"""

import math
from dataclasses import replace

from weigh.core.facts import ExternalReference, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import BETWEEN, Descent
from weigh.formats.npy_dtype import NpyType, type_of
from weigh.formats.npy_header import ABSURD, COUNTABLE, SHAPE_RULE
from weigh.formats.pickle_machine import run_pickle
from weigh.formats.pickle_values import ABSENT, Call, DictNode, Global, Value
from weigh.formats.torch_streams import facts_of

CUT_RULE = "WGH-NP020"
OUTSIDE_RULE = "WGH-NP022"
BESIDE_RULE = "WGH-NP023"
UNPLAIN_RULE = "WGH-NP024"
PADDING_RULE = "WGH-NP025"

MAX_ARRAYS = 500_000
MAX_DIMENSIONS = 64
_WRAPPERS = frozenset({"joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle"})
_OLD = frozenset(
    {
        f"{root}.{module}"
        for root in ("joblib", "sklearn.externals.joblib")
        for module in ("numpy_pickle", "numpy_pickle_compat")
    }
)
_HAS_OBJECTS = 0x01
"""Bit of a type's flags. Source: numpy/core/include/numpy/ndarraytypes.h, NPY_ITEM_HASOBJECT."""


class JoblibArrays:
    """Steps over the arrays of one stream; its `step` is the machine's `on_build`.

    Args:
        reader: the file.
        path: of the file inside the snapshot.
        descent: reads what lies inside the pickles of object arrays.
        found: notes what is wrong.
    """

    __slots__ = ("_descent", "_found", "_path", "_reader", "external", "members", "spans", "tensors")

    def __init__(self, reader: RangeReader, path: str, descent: Descent, found: AnomalyList) -> None:
        self._reader = reader
        self._path = path
        self._descent = descent
        self._found = found
        self.tensors: list[TensorInfo] = []
        self.members: list[FileFacts] = []
        self.external: list[ExternalReference] = []
        self.spans: list[tuple[int, int]] = []

    def step(self, call: Call, at: int) -> int | None:
        """Where the loader goes on after the state of `call` was set at `at`; None for right there."""
        module, name = wrapper_of(call)
        if name == "NumpyArrayWrapper" and module in _WRAPPERS:
            return self._array(call.state, at)
        if name in {"NDArrayWrapper", "ZNDArrayWrapper"} and module in _OLD:
            self._beside(call.state, at)
        return None

    def _array(self, state: Value, at: int) -> int | None:
        kind = _type_of(state.get("dtype")) if isinstance(state, DictNode) else None
        shape = _shape_of(state)
        if kind is None or shape is None or not isinstance(state, DictNode):
            self._found.add(UNPLAIN_RULE, "an array states no plain type and shape", offset=at)
            return None
        if kind.has_objects:
            return self._objects(at)
        start = self._after_padding(state, at)
        nbytes = math.prod(shape) * kind.size
        if any(n < 0 for n in shape) or math.prod(n or 1 for n in shape) > COUNTABLE or nbytes > ABSURD:
            self._found.add(SHAPE_RULE, f"an array has the shape {list(shape[:8])}", offset=at)
            return None
        if start + nbytes > self._reader.size:
            why = f"an array of {nbytes} bytes begins where {max(0, self._reader.size - start)} are left"
            self._found.add(CUT_RULE, why, offset=at)
        self.spans.append((at, start + nbytes))
        if len(self.tensors) < MAX_ARRAYS:
            self.tensors.append(self._tensor(state, kind, shape, (start, nbytes)))
        return start + nbytes

    def _after_padding(self, state: DictNode, at: int) -> int:
        if type(state.get("numpy_array_alignment_bytes")) is not int:
            return at
        count = self._reader.read(at, 1)
        padding = self._reader.read(at + 1, count[0]) if count else b""
        if padding.strip(b"\xff"):
            self._found.add(PADDING_RULE, f"{len(padding)} bytes before an array are no padding", offset=at)
        return at + 1 + (count[0] if count else 0)

    def _tensor(
        self, state: DictNode, kind: NpyType, shape: tuple[int, ...], place: tuple[int, int]
    ) -> TensorInfo:
        column_major = state.get("order") == "F" and sum(n > 1 for n in shape) > 1
        words = ", ".join(filter(None, (kind.encoding, "column-major" if column_major else "")))
        name = f"array{len(self.tensors)}"
        return TensorInfo(name, kind.dtype, (*shape, *kind.shape), self._path, *place, words)

    def _objects(self, at: int) -> int | None:
        """The pickle in the place of Python objects; where it ends."""
        run = run_pickle(self._reader, at)
        facts = facts_of(run, self._reader, f"{self._path}{BETWEEN}(objects at {at})", self._descent)
        self.members.append(facts)
        return run.end if run.end >= 0 else None

    def _beside(self, state: Value, at: int) -> None:
        file = state.get("filename") if isinstance(state, DictNode) else None
        if type(file) is not str:
            self._found.add(UNPLAIN_RULE, "an array lies in a file whose name is computed", offset=at)
            return
        self.external.append(ExternalReference(file, "joblib takes an array from it, pickles allowed", at))
        parts = file.replace("\\", "/").split("/")
        if ".." in parts or file.startswith(("/", "\\", "~")) or ":" in parts[0] or "\0" in file:
            self._found.add(OUTSIDE_RULE, f"it takes an array from {quoted(file)}", offset=at)
        else:
            self._found.add(BESIDE_RULE, f"it takes an array from {quoted(file)}", offset=at)


def wrapper_of(call: Call) -> tuple[str, str]:
    """Module and name of the class a call makes an instance of, `copyreg._reconstructor` seen through."""
    module, name = call.called
    if name == "_reconstructor" and isinstance(call.arguments, tuple) and call.arguments:
        made = call.arguments[0]
        return (made.module, made.name) if type(made) is Global else ("", "")
    return module, name


def _shape_of(state: Value) -> tuple[int, ...] | None:
    shape = state.get("shape") if isinstance(state, DictNode) else None
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        return None
    return shape if all(type(n) is int for n in shape) else None


def _type_of(value: Value) -> NpyType | None:
    """The type that `numpy.dtype("f8", False, True)` and its state make; None where it is not plain."""
    if not isinstance(value, Call) or value.called != ("numpy", "dtype"):
        return None
    arguments = value.arguments
    text = arguments[0] if isinstance(arguments, tuple) and arguments else None
    state = value.state if value.state is not ABSENT else ()
    if type(text) is not str or not isinstance(state, tuple):
        return None
    order = state[1] if len(state) > 1 and type(state[1]) is str else ""
    flags = state[7] if len(state) > 7 and type(state[7]) is int else 0
    kind = type_of(f"{order}{text}" if order in {"<", ">", "|", "="} else text)
    if kind is None:
        return None
    if len(state) > 3 and state[3] is not None:
        return NpyType(kind.size, "BLOCKS", f"record of {kind.size} bytes", bool(flags & _HAS_OBJECTS))
    return replace(kind, has_objects=kind.has_objects or bool(flags & _HAS_OBJECTS))
