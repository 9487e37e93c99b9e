"""What a pickle would make, as values that are only described: nothing is imported, called or built.

Small constants stand for themselves: `None`, `bool`, `int`, `float`, short `str`, and `tuple` of values. The
rest are the nodes below. They form a graph that may share nodes and have cycles: use `walk`, or remember the
`id` of nodes seen. They are never compared, hashed by content, or shown as text.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

Value = Any
"""None, bool, int, float, str, a tuple of values, or a node of this file."""

LONG_TEXT = 4096
"""Bytes of one literal that are kept; longer ones keep this beginning and their place in the file."""
MOST_WALKED = 2_000_000
"""Nodes that `walk` visits."""
CLASS_OF_GLOBAL = 20
"""What the likeness of a global begins with."""
MOST_NAME = 512
"""Characters of a dotted name; hostile nesting could make it as long as the file."""


class How(Enum):
    """Which way a call is made."""

    CALL = "call"
    """REDUCE, OBJ or INST: `function(*arguments)`."""
    NEW = "new"
    """NEWOBJ or NEWOBJ_EX: `function.__new__(function, *arguments, **keywords)`."""


class Literal(Enum):
    """What kind of literal a blob is."""

    BYTES = "bytes"
    BYTEARRAY = "bytearray"
    TEXT = "text"
    STRING = "string"
    """Text of Python 2: bytes whose encoding the loader chooses."""


class _Absent(Enum):
    """Marks an attribute that was never set, where None is a value."""

    ABSENT = "absent"


ABSENT = _Absent.ABSENT


class Unknown:
    """A value that is not followed: it lies past a bound, or its making cannot be told from the bytes."""

    __slots__ = ()


UNKNOWN = Unknown()


class PlainTuple(tuple[Any, ...]):
    """A short tuple of constants, made where plain data is no longer kept.

    Containers and the memo pass it over as they do constants; calls and states are given an ordinary tuple.
    """

    __slots__ = ()


class Blob:
    """A literal of bytes, or a long text, in its place.

    Attributes:
        offset: its first byte in the file, after the opcode's length (of escaped forms: of the line).
        length: bytes it takes there.
        literal: what it is.
        head: its first bytes, at most LONG_TEXT; text as UTF-8.
        plain: whether the bytes in the file are the value's own bytes, without escapes.
    """

    __slots__ = ("head", "length", "literal", "offset", "plain")

    def __init__(
        self, offset: int, length: int, literal: Literal, head: bytes, *, plain: bool = True
    ) -> None:
        self.offset = offset
        self.length = length
        self.literal = literal
        self.head = head
        self.plain = plain

    @property
    def whole(self) -> bool:
        """Whether `head` is all of it."""
        return len(self.head) == self.length


class Global:
    """Something that is imported by name.

    Attributes:
        module: as the file writes it (hostile text).
        name: likewise; may be dotted.
        offset: of the opcode.
        called: whether it was ever called or changed in the stream.
        like: what tells it from other globals.
        row, new_row: where its calls by REDUCE, and by NEWOBJ, are counted; None while there was none.
        tensor: whether calls may make what a reader lists as tensors; None while not asked.
        fills: whether a call's result takes items by its own protocol; None while not asked.
    """

    __slots__ = ("called", "fills", "like", "module", "name", "new_row", "offset", "row", "tensor")

    def __init__(self, module: str, name: str, offset: int) -> None:
        self.module = module
        self.name = name
        self.offset = offset
        self.called = False
        self.like = (CLASS_OF_GLOBAL, module, name)
        self.row: Any = None
        self.new_row: Any = None
        self.tensor: bool | None = None
        self.fills: bool | None = None

    def is_one_of(self, names: frozenset[tuple[str, str]]) -> bool:
        """Whether (module, name) stands in `names`."""
        return (self.module, self.name) in names


class Call:
    """The result of a call; where a class is called, its instance.

    Attributes:
        function: what is called: a Global; of hostile files anything.
        arguments: positional arguments; UNKNOWN when they are no literal tuple.
        keywords: of NEWOBJ_EX a DictNode; else None.
        how: which way.
        offset: of the opcode.
        state: what BUILD sets last, or ABSENT.
        items: what APPEND(S) and ADDITEMS put in.
        pairs: what SETITEM(S) put in: keys and values by turns.
        use: number of the use this call is counted under, -1 when not counted.
        depth: calls nested in its arguments, itself included.
    """

    __slots__ = (
        "arguments",
        "depth",
        "function",
        "how",
        "items",
        "keywords",
        "offset",
        "pairs",
        "state",
        "use",
    )

    def __init__(self, function: Value, arguments: Value, how: How, offset: int) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords: DictNode | None = None
        self.how = how
        self.offset = offset
        self.state: Value = ABSENT
        self.items: list[Value] | None = None
        self.pairs: list[Value] | None = None
        self.use = -1
        self.depth = 1

    def calls(self, module: str, name: str) -> bool:
        """Whether this is a call of that global."""
        made_by = self.function
        return type(made_by) is Global and made_by.module == module and made_by.name == name

    @property
    def called(self) -> tuple[str, str]:
        """Module and name of what is called, two empty texts when that is no global."""
        made_by = self.function
        return (made_by.module, made_by.name) if type(made_by) is Global else ("", "")


class Persistent:
    """A value that the loader finds by an id, e.g. a storage of torch.

    Attributes:
        id: the id: for torch a tuple `("storage", Global, key, location, elements)`; a text in protocol 0.
        offset: of the opcode.
        value: what `on_persistent` gave for it.
    """

    __slots__ = ("id", "offset", "value")

    def __init__(self, persistent_id: Value, offset: int) -> None:
        self.id = persistent_id
        self.offset = offset
        self.value: Any = None


class ListNode:
    """A list. Past a bound, plain constants are counted in `dropped` and not kept; nodes always are."""

    __slots__ = ("dropped", "items")

    def __init__(self, items: list[Value] | None = None) -> None:
        self.items: list[Value] = [] if items is None else items
        self.dropped = 0


class DictNode:
    """A dict: keys and values by turns in `pairs`, in order; a key may come twice.

    Past a bound, pairs of plain constants are counted in `dropped` and not kept.
    """

    __slots__ = ("dropped", "pairs")

    def __init__(self, pairs: list[Value] | None = None) -> None:
        self.pairs: list[Value] = [] if pairs is None else pairs
        self.dropped = 0

    def get(self, key: str) -> Value:
        """The last value set for a text key, or None."""
        pairs = self.pairs
        for place in range(len(pairs) - 2, -1, -2):
            if type(pairs[place]) is str and pairs[place] == key:
                return pairs[place + 1]
        return None

    def entries(self) -> Iterator[tuple[Value, Value]]:
        """Keys with their values, in order."""
        return zip(self.pairs[::2], self.pairs[1::2], strict=False)


class SetNode:
    """A set or frozenset."""

    __slots__ = ("dropped", "frozen", "items")

    def __init__(self, items: list[Value] | None = None, *, frozen: bool = False) -> None:
        self.items: list[Value] = [] if items is None else items
        self.frozen = frozen
        self.dropped = 0


class Buffer:
    """A buffer that the loader is handed beside the stream (NEXT_BUFFER)."""

    __slots__ = ("offset",)

    def __init__(self, offset: int) -> None:
        self.offset = offset


def walk(root: Value) -> Iterator[tuple[str, Value]]:
    """Every node under `root` once, with a dotted name that tells where it hangs.

    Names are keys of dicts, places in lists, keys of an instance's state: `model.layers.0.weight`. The state
    and items of a call carry the call's own name, its arguments `name.(n)`. A caller that knows a call (a
    tensor) can simply not look at the nodes below it: they come after it.
    """
    seen: set[int] = set()
    kept: list[Value] = []  # nodes may be made on the way; an id must not be given out twice
    todo: list[tuple[str, Value]] = [("", root)]
    while todo and len(seen) < MOST_WALKED:
        name, node = todo.pop()
        if type(node) in _PLAIN or id(node) in seen:
            continue
        seen.add(id(node))
        kept.append(node)
        yield name, node
        todo += reversed([pair for pair in children(name, node) if type(pair[1]) not in _PLAIN])


def children(name: str, node: Value) -> "list[tuple[str, Value]]":
    """What hangs directly under a node, with the names `walk` gives."""
    kind = type(node)
    start = f"{name[-MOST_NAME:]}." if name else ""
    if kind is tuple:
        return [(f"{start}{place}", item) for place, item in enumerate(node)]
    if kind is DictNode:
        found = [((start + _key(key))[-MOST_NAME:], value) for key, value in node.entries()]
        return found + [(f"{start}(key)", key) for key in node.pairs[::2] if type(key) not in _PLAIN]
    if kind is ListNode or kind is SetNode:
        return [(f"{start}{place}", item) for place, item in enumerate(node.items)]
    if kind is Call:
        return _below_call(name, start, node)
    return [(f"{start}(id)", node.id)] if kind is Persistent else []


def _below_call(name: str, start: str, call: Call) -> "list[tuple[str, Value]]":
    found: list[tuple[str, Value]] = [(f"{start}(function)", call.function)]
    if type(call.arguments) is tuple:
        found += [(f"{start}({n})", item) for n, item in enumerate(call.arguments)]
    else:
        found.append((f"{start}(arguments)", call.arguments))
    if call.keywords is not None:
        found.append((name, call.keywords))
    if call.items:
        found += [(f"{start}{place}", item) for place, item in enumerate(call.items)]
    if call.pairs:
        found.append((name, DictNode(call.pairs)))
    if call.state is not ABSENT:
        found.append((name, call.state))
    return found


def _key(key: Value) -> str:
    return key if type(key) is str else str(key) if type(key) in {int, bool} else "(key)"


_PLAIN = frozenset({type(None), bool, int, float, str, Unknown, PlainTuple})
"""Types of values that hold no others."""
