"""Tensors that a torch checkpoint would rebuild: names, types, shapes and places, from its value graph.

Source: torch/_utils.py and torch/_tensor.py (`_rebuild_*`), which say what the arguments mean. Names are the
keys on the way: `model.conv1.weight`; the dictionaries in which a module keeps its parts leave no trace.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.pickle_values import (
    ABSENT,
    Call,
    DictNode,
    Global,
    How,
    ListNode,
    Persistent,
    Unknown,
    Value,
    children,
)
from weigh.formats.torch_storage import (
    COUNT_RULE,
    COUNTABLE,
    DTYPES,
    MISSING_RULE,
    SHAPE_RULE,
    Place,
    Storage,
)

MAX_TENSORS = 500_000
MAX_NODES = 2_000_000
"""Values looked at; the graph may refer to one value many times."""
MAX_LEAVES = 1_000
"""Values other than tensors that are listed."""
MAX_DIMENSIONS = 64
_METADATA = "_metadata"
"""Where a state_dict keeps the versions of its modules; not listed among the leaves."""
_PARTS = frozenset({"_parameters", "_buffers", "_modules"})
"""Where an nn.Module keeps what it consists of."""
_LEAVES = (type(None), Unknown, str, int, float, bool, Global)
_NO_NODES = (*_LEAVES, Persistent)
"""Values that hold no others."""
_UTILS = frozenset({"torch._utils", "torch._tensor", "torch.nn.parameter"})


@dataclass(frozen=True, slots=True)
class Form:
    """A tensor over a storage, in elements.

    Attributes:
        storage: what it looks at; None for a tensor without data.
        dtype: our type; `item` bytes an element.
        first: elements of the storage before its first.
    """

    storage: Storage | None
    dtype: str
    item: int
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    encoding: str = ""


@dataclass(slots=True)
class Layout:
    """What a checkpoint holds.

    Attributes:
        tensors: in the order of the file; names are unique.
        leaves: other values as (name, what it is), the first MAX_LEAVES.
        dropped: leaves that are not listed.
        whole: whether everything was looked at.
    """

    tensors: list[TensorInfo] = field(default_factory=list)
    leaves: list[tuple[str, str]] = field(default_factory=list)
    dropped: int = 0
    whole: bool = True


def read_layout(root: Value, places: Mapping[str, Place], found: AnomalyList) -> Layout:
    """The tensors under `root`.

    Args:
        root: what the stream makes, with a Storage as the value of every persistent id.
        places: where each storage's bytes lie, by key.
        found: notes tensors that leave their storage.
    """
    return _Walk(places, found).run(root)


class _Walk:
    __slots__ = ("_found", "_kept", "_layout", "_left", "_names", "_places", "_todo")

    def __init__(self, places: Mapping[str, Place], found: AnomalyList) -> None:
        self._places = places
        self._found = found
        self._layout = Layout()
        self._names: dict[str, int] = {}
        self._kept: dict[int, Value] = {}  # nodes seen, kept alive so that no id is given out twice
        self._todo: list[tuple[str, Value]] = []
        self._left = MAX_NODES

    def run(self, root: Value) -> Layout:
        self._todo.append(("", root))
        while self._todo:
            self._left -= 1
            if self._left < 0 or len(self._layout.tensors) >= MAX_TENSORS:
                self._layout.whole = False
                break
            name, node = self._todo.pop()
            self._visit(name, node)
        return self._layout

    def _visit(self, name: str, node: Value) -> None:
        if isinstance(node, Call) and self._tensor(name, node):
            return
        if isinstance(node, Persistent) and isinstance(node.value, Form):
            self._add(name, node.value, node.offset)
            return
        if isinstance(node, _NO_NODES):
            self._leaf(name, node)
            return
        if id(node) in self._kept:
            return
        self._kept[id(node)] = node
        if isinstance(node, Call):
            parts = _pairs_of(node) or list(_below(name, node))
            if not parts:
                self._leaf(name, node)
        else:
            parts = [(n, c) for n, c in children("", node) if not n.endswith("(key)")]
        self._todo += [(_joined(name, n), c) for n, c in reversed(parts)]

    def _tensor(self, name: str, call: Call) -> bool:
        forms = _forms(call, 0)
        if forms is None:
            return False
        for suffix, form in forms:
            self._add(_joined(name, suffix), form, call.offset)
        return True

    def _add(self, name: str, form: Form, offset: int) -> None:
        fault = _fault(form)
        if fault:
            rule, why = fault
            self._found.add(rule, f"the tensor {quoted(name)} {why}", offset=offset)
            form = Form(None, form.dtype, form.item, 0, (0,), (), form.encoding)
        elif form.storage is not None and form.storage.key not in self._places:
            why = f"the storage {quoted(form.storage.key)} of the tensor {quoted(name)} is not there"
            self._found.add(MISSING_RULE, why, offset=offset)
        count = self._names[name] = self._names.get(name, 0) + 1
        shown = name if count == 1 else f"{name}#{count}"
        self._layout.tensors.append(self._info(shown, form))

    def _info(self, name: str, form: Form) -> TensorInfo:
        place = self._places.get(form.storage.key) if form.storage else None
        span = extent(form.shape, form.strides) * form.item
        strides = () if is_contiguous(form.shape, form.strides) else form.strides
        if place is None or form.storage is None:
            words = form.encoding or "no data"
            return TensorInfo(name, form.dtype, form.shape, "", -1, 0, words, strides)
        first = form.first * form.item + form.storage.first * form.storage.item
        at = place.offset + first if place.offset >= 0 else -1
        words = ", ".join(filter(None, (form.encoding, place.encoding)))
        return TensorInfo(name, form.dtype, form.shape, place.file, at, span, words, strides)

    def _leaf(self, name: str, node: Value) -> None:
        if _METADATA in name.split("."):
            return
        if len(self._layout.leaves) < MAX_LEAVES:
            self._layout.leaves.append((name, _words(node)))
        else:
            self._layout.dropped += 1


def _words(node: Value) -> str:
    match node:
        case Global():
            return f"{node.module} {node.name}"
        case Persistent():
            return "storage"
        case Call():
            return f"{node.called[0]} {node.called[1]}".strip() or "object"
        case str():
            return f"text of {len(node)} characters"
        case None:
            return "none"
        case Unknown():
            return "unknown"
        case _:
            return str(node)[:40]


def _below(name: str, call: Call) -> Iterator[tuple[str, Value]]:
    """What hangs under an object: its items, pairs and state; of a function also its arguments."""
    del name
    if type(call.arguments) is tuple:
        place = "" if len(call.arguments) == 1 else None
        for n, item in enumerate(call.arguments):
            if not isinstance(item, _LEAVES):
                yield place if place is not None else f"({n})", item
    for n, item in enumerate(call.items or ()):
        yield str(n), item
    if call.pairs:
        yield "", DictNode(call.pairs)
    if call.state is not ABSENT:
        yield "", call.state


def _pairs_of(call: Call) -> list[tuple[str, Value]] | None:
    """The entries of `OrderedDict([[key, value], …])`, the form in which Python 2 wrote it."""
    if call.called[1] != "OrderedDict" or not isinstance(call.arguments, tuple) or len(call.arguments) != 1:
        return None
    rows = call.arguments[0]
    if not isinstance(rows, ListNode):
        return None
    found: list[tuple[str, Value]] = []
    for row in rows.items:
        pair = row.items if isinstance(row, ListNode) else row
        if isinstance(pair, list | tuple) and len(pair) == 2 and type(pair[0]) is str:
            found.append((pair[0], pair[1]))
    if call.pairs:
        found.append(("", DictNode(call.pairs)))
    return found


def _joined(name: str, last: str) -> str:
    if not last or last in _PARTS:
        return name
    return (f"{name}.{last}" if name else last)[-512:]


def _fault(form: Form) -> tuple[str, str] | None:
    if len(form.shape) != len(form.strides) or len(form.shape) > MAX_DIMENSIONS:
        return SHAPE_RULE, f"has {len(form.shape)} sizes and {len(form.strides)} strides"
    if any(n < 0 for n in (*form.shape, *form.strides, form.first)):
        return SHAPE_RULE, "has a negative size, stride or offset"
    if math.prod(n or 1 for n in form.shape) > COUNTABLE or form.first > COUNTABLE:
        return COUNT_RULE, f"of shape {list(form.shape[:8])} has more elements than can be counted"
    if form.storage is None or not math.prod(form.shape):
        return None
    need = (form.first + extent(form.shape, form.strides)) * form.item
    held = form.storage.nbytes - form.storage.first * form.storage.item
    return (SHAPE_RULE, f"needs {need} bytes of a storage of {held}") if need > held else None


def extent(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """Elements from a tensor's first to its last, both counted."""
    if any(n == 0 for n in shape):
        return 0
    return 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=False))


def is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether the elements follow each other without gaps in row-major order."""
    expected = 1
    for size, step in zip(reversed(shape), reversed(strides), strict=False):
        if size != 1 and step != expected:
            return not math.prod(shape)
        expected *= size
    return True


Forms = list[tuple[str, Form]]


def _forms(call: Call, depth: int) -> Forms | None:
    """The tensors a call rebuilds, with what to add to the name; None when it rebuilds none."""
    if type(call.function) is not Global or depth > 8 or not isinstance(call.arguments, tuple):
        return None
    module, name = call.called
    if call.how is not How.CALL or module not in _UTILS:
        return None
    rebuild = _REBUILDERS.get(name)
    return rebuild(call.arguments, depth) if rebuild is not None else None


def _plain(a: tuple[Value, ...], depth: int) -> Forms | None:
    """`_rebuild_tensor(storage, offset, size, stride, …)`, and version 2."""
    del depth
    form = _form(a[:4])
    return [("", form)] if form else None


def _typed(a: tuple[Value, ...], depth: int) -> Forms | None:
    """`_rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, …)`."""
    del depth
    form = _form(a[:4])
    known = _dtype(a[6]) if len(a) > 6 else None
    if form is None or known is None:
        return None
    words = "packed numbers of less than a byte" if known[0] == "BLOCKS" else ""
    return [("", Form(form.storage, known[0], known[1], form.first, form.shape, form.strides, words))]


def _quantised(a: tuple[Value, ...], depth: int) -> Forms | None:
    form = _form(a[:4])
    if form is None or len(a) < 5 or not isinstance(a[4], tuple):
        return None
    scheme = a[4][0].name if a[4] and type(a[4][0]) is Global else "unknown scheme"
    shown = [str(v)[:24] for v in a[4][1:3] if isinstance(v, int | float)]
    words = f"quantised {scheme}" + (f": scale {shown[0]}, zero {shown[1]}" if len(shown) == 2 else "")
    main = Form(form.storage, form.dtype, form.item, form.first, form.shape, form.strides, words)
    below = [(f"({n})", v) for n, v in enumerate(a[4]) if isinstance(v, Call)]
    words = "part of a quantised tensor"
    parts = [(n, replace(part, encoding=words)) for n, v in below for _, part in _forms(v, depth + 1) or []]
    return [("", main), *parts]


def _inner(a: tuple[Value, ...], depth: int) -> Forms | None:
    """`_rebuild_parameter(data, …)`: the tensor inside."""
    return _forms(a[0], depth + 1) if a and isinstance(a[0], Call) else None


def _of_type(a: tuple[Value, ...], depth: int) -> Forms | None:
    """`_rebuild_from_type_v2(function, type, arguments, state)`."""
    if len(a) < 3 or type(a[0]) is not Global or not isinstance(a[2], tuple):
        return None
    return _forms(Call(a[0], a[2], How.CALL, 0), depth + 1)


def _sparse(a: tuple[Value, ...], depth: int) -> Forms | None:
    if len(a) < 2 or not isinstance(a[1], tuple):
        return None
    calls = [v for v in a[1] if isinstance(v, Call) and _forms(v, depth + 1)]
    names = ("indices", "values") if len(calls) == 2 else _COMPRESSED
    return [
        (part, Form(f.storage, f.dtype, f.item, f.first, f.shape, f.strides, "part of a sparse tensor"))
        for part, call in zip(names, calls, strict=False)
        for _, f in _forms(call, depth + 1) or []
    ]  # fmt: skip


def _nested(a: tuple[Value, ...], depth: int) -> Forms | None:
    parts = zip(("buffer", "sizes", "strides", "offsets"), a, strict=False)
    found = [(n, f) for n, v in parts if isinstance(v, Call) for _, f in _forms(v, depth + 1) or []]
    return found or None


def _without_data(a: tuple[Value, ...], depth: int) -> Forms | None:
    """`_rebuild_meta_tensor_no_storage(dtype, size, stride, requires_grad)`."""
    del depth
    known = _dtype(a[0]) if a else None
    shape, strides = (_sizes(v) for v in (*a[1:3], None, None)[:2])
    if known is None or shape is None or strides is None:
        return None
    return [("", Form(None, known[0], known[1], 0, shape, strides, "no data"))]


_COMPRESSED = ("compressed_indices", "plain_indices", "values")
_REBUILDERS: Mapping[str, Callable[[tuple[Value, ...], int], Forms | None]] = {
    "_rebuild_tensor": _plain,
    "_rebuild_tensor_v2": _plain,
    "_rebuild_tensor_v3": _typed,
    "_rebuild_qtensor": _quantised,
    "_rebuild_parameter": _inner,
    "_rebuild_parameter_with_state": _inner,
    "_rebuild_device_tensor_from_cpu_tensor": _inner,
    "_rebuild_from_type": _of_type,
    "_rebuild_from_type_v2": _of_type,
    "_rebuild_sparse_tensor": _sparse,
    "_rebuild_sparse_csr_tensor": _sparse,
    "_rebuild_nested_tensor": _nested,
    "_rebuild_meta_tensor_no_storage": _without_data,
}


def _form(a: tuple[Value, ...]) -> Form | None:
    if len(a) != 4 or not isinstance(a[0], Persistent) or not isinstance(a[0].value, Storage):
        return None
    storage, first = a[0].value, a[1]
    shape, strides = _sizes(a[2]), _sizes(a[3])
    if type(first) is not int or shape is None or strides is None:
        return None
    words = "packed numbers of less than a byte" if storage.dtype == "BLOCKS" else ""
    return Form(storage, storage.dtype, storage.item, first, shape, strides, words)


def _sizes(value: Value) -> tuple[int, ...] | None:
    if isinstance(value, Call) and value.called == ("torch", "Size") and isinstance(value.arguments, tuple):
        value = value.arguments[0] if len(value.arguments) == 1 else None
    if isinstance(value, ListNode) and not value.dropped:
        value = tuple(value.items)
    if not isinstance(value, tuple) or not all(type(n) is int for n in value):
        return None
    return value


def _dtype(value: Value) -> tuple[str, int] | None:
    if type(value) is not Global or value.module != "torch":
        return None
    return DTYPES.get(value.name)
