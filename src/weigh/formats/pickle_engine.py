"""The state of the pickle machine, and what each acting opcode does to it.

Follows CPython's C unpickler (Modules/_pickle.c): what it would execute before an error is executed here too.
"""

import re
from typing import TYPE_CHECKING

from weigh.core.facts import Use
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.pickle_held import (
    MOST_KEPT,
    PLAIN,
    BrokenError,
    EnoughError,
    Held,
    makes_tensors,
)
from weigh.formats.pickle_literals import SHORTEST, looks_like_file, looks_like_source
from weigh.formats.pickle_nested import Nested
from weigh.formats.pickle_opcodes import MARGIN
from weigh.formats.pickle_symbols import COMPUTED, name_of, name_of_call
from weigh.formats.pickle_uses import Row, UseTable
from weigh.formats.pickle_values import (
    ABSENT,
    LONG_TEXT,
    UNKNOWN,
    Blob,
    Call,
    DictNode,
    Global,
    How,
    ListNode,
    Literal,
    Persistent,
    PlainTuple,
    SetNode,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from weigh.formats.pickle_machine import OnBuild, OnPersistent, PickleLimits

MOST_NESTED = 1000
"""Literals of one stream that are looked into."""
MOST_CALLS = 100_000
"""Calls after which alike ones share one node, once plain data is no longer kept."""
MOST_NAMES = 100_000
"""Different names imported by one stream, and imports after which alike ones share one node."""
ABSURD = 2**48
"""A declared length beyond this is no damage of an honest file's length; no file has so many bytes."""

DUNDERS = frozenset(
    f"__{name}__"
    for name in (
        *("setstate", "class", "reduce", "reduce_ex", "getattr", "getattribute", "setattr", "delattr", "del"),
        *("call", "init", "new", "init_subclass", "subclasshook", "bases", "mro", "subclasses", "globals"),
        *("code", "builtins", "import", "getitem", "setitem", "enter", "exit", "eq", "hash", "iter", "next"),
        *("len", "get", "set", "set_name", "index", "instancecheck", "class_getitem", "array", "repr", "str"),
    )
)
"""Keys no honest instance has in its state: they would replace what Python itself looks up."""
RECONSTRUCTORS = frozenset(
    {
        ("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor"),
        ("copyreg", "__newobj__"), ("copy_reg", "__newobj__"),
        ("copyreg", "__newobj_ex__"), ("copy_reg", "__newobj_ex__"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.ma.core", "_mareconstruct"),
    }
)  # fmt: skip
"""Functions that make an instance of the class they are given first."""
_OWN_PROTOCOL = frozenset({"defaultdict", "deque", "dict", "list", "set", "_reconstructor", "__newobj__"})
"""Lower-case names whose results take items by their own pickling protocol."""
_NO_CONTAINER = re.compile(r"(?:Tensor|Storage|Parameter|[Nn]darray|Buffer)(?:\.__new__)?$")
"""Classes whose instances no pickler fills item by item."""
_EXTENSION = ("copyreg", "copy_reg")


class Engine(Held):
    """What an unpickler holds while it follows a stream, and what each acting opcode does to it."""

    def __init__(
        self,
        reader: RangeReader,
        start: int,
        limits: "PickleLimits",
        on_persistent: "OnPersistent | None",
        on_build: "OnBuild | None",
    ) -> None:
        super().__init__(reader, start, limits)
        self.on_persistent = on_persistent
        self.on_build = on_build
        self.uses = UseTable()
        self.nested: list[Nested] = []
        self.globals: list[Global] = []
        self.extensions: dict[int, tuple[str, str]] = {}
        self.canonical: dict[int, Call] = {}
        self.sources: set[str] = set()
        self.shared = 0
        self.protocol = 0
        self.frame_end = -1

    # Names and calls.

    def make_global(self, module: str, name: str) -> Global:
        """Something imported by name."""
        made = Global(module, name, self.op)
        known = (module, name) in self.names
        if not known:
            if len(self.names) >= MOST_NAMES:
                raise EnoughError("it imports more names than are followed")
            self.names.add((module, name))
        if not known or len(self.globals) < MOST_NAMES:
            self.globals.append(made)
        return made

    def reduce(
        self, function: Value, arguments: Value, *, how: How = How.CALL, keywords: Value = None
    ) -> Value:
        """The result of a call."""
        if self.frugal:
            arguments = ordinary(arguments)
        call = Call(function, arguments, how, self.op)
        self.calls += 1
        if type(function) is Global and not keywords and not self.sources:
            row = function.row if how is How.CALL else function.new_row
            if row is None:
                row = self._row_of(function, how)
            call.use = self.uses.count(row, self.op, arguments)
            if arguments:
                for item in arguments if type(arguments) is tuple else ():
                    if type(item) is Call and item.depth >= call.depth:
                        call.depth = item.depth + 1
            if row.module in _EXTENSION and row.name == "add_extension":
                self._register(arguments)
        else:
            self._odd_call(call, keywords)
        if not self.frugal:
            return call
        return self._one_of_many(call)

    def _row_of(self, function: Global, how: How) -> Row:
        """Where calls of a global are counted; it is remembered there."""
        function.called = True
        if how is How.CALL:
            row = function.row = self.uses.row(Use.CALL, function.module, function.name)
        else:
            row = function.new_row = self.uses.row(Use.CALL, function.module, f"{function.name}.__new__")
        return row

    def _odd_call(self, call: Call, keywords: Value) -> None:
        """Count a call of what is no plain global, with keywords, or where texts that act were seen."""
        function, arguments = call.function, call.arguments
        if type(function) is Global:
            function.called = True
        elif type(function) is not Call:
            self._calls_no_callable(function)
        call.depth = _depth(arguments)
        if type(keywords) is DictNode and keywords.pairs:
            call.keywords = keywords
        module, name = name_of_call(call)
        row = self.uses.row(Use.CALL, module, name)
        call.use = self.uses.count(row, self.op, arguments, call.keywords)
        if module in _EXTENSION and name == "add_extension":
            self._register(arguments)
        if self.sources:
            self._look_for_source(arguments, module, name)

    def class_of(self, call: Call) -> tuple[str, str]:
        """Module and name of what a call makes an instance of, as far as names tell."""
        given = call.arguments
        if call.called in RECONSTRUCTORS and type(given) is tuple and given and type(given[0]) is Global:
            return given[0].module, given[0].name
        return name_of(call.function)

    def build(self, target: Value, state: Value) -> None:
        """Set the state of what lies on the stack."""
        if self.frugal:
            state = ordinary(state)
        if type(target) is Call:
            self._refuse_dunders(state)
            self.uses.add(Use.SET_STATE, self.class_of(target), self.op, (state,))
            if self.tensors and target.state is not ABSENT and type(state) not in PLAIN:
                self.merged = True
            target.state = state
        elif type(target) is Global:
            name = quoted(f"{target.module}.{target.name}")
            self.found.add("WGH-PK014", f"it sets the state of {name} itself", offset=self.op)
            self.change(target, (state,))
        else:
            self.change(target, (state,))
            if type(target) in PLAIN or type(target) in _CONTAINERS:
                raise BrokenError("WGH-PK003", "a state is set on what has none")

    def change(self, target: Value, values: tuple[Value, ...]) -> None:
        """Note that something not made as a container in this stream is changed."""
        match target:
            case Global():
                target.called = True
                self.uses.add(Use.CHANGE, (target.module, target.name), self.op, values)
            case Call():
                self.uses.add(Use.CHANGE, name_of(target.function), self.op, values)
            case Persistent():
                self.uses.add(Use.CHANGE, ("", "(persistent id)"), self.op, values)
            case Unknown() if self.frugal:
                return
            case Unknown():
                self.uses.add(Use.CHANGE, ("", COMPUTED), self.op, values)
            case _:
                return

    def extend(self, target: Value, items: list[Value]) -> None:
        """APPEND(S) and ADDITEMS on what is no list or set made by an opcode."""
        if type(target) is Call and self._fills(target):
            if target.items is None:
                target.items = []
            if not self.frugal:
                target.items += items
            else:
                self.keep(target.items, items)
        else:
            self._change_items(target, items)

    def update(self, target: Value, pairs: list[Value]) -> None:
        """SETITEM(S) on what is no dict made by an opcode."""
        if type(target) is Call and self._fills(target):
            if target.pairs is None:
                target.pairs = []
            if not self.frugal:
                target.pairs += pairs
            else:
                self.keep(target.pairs, pairs, step=2)
        elif type(target) is ListNode:
            return  # sets items of a list by their places; honest writers do not, and it does no harm
        else:
            self._change_items(target, pairs)

    def _change_items(self, target: Value, items: list[Value]) -> None:
        if type(target) is Global:
            name = quoted(f"{target.module}.{target.name}")
            self.found.add("WGH-PK014", f"it puts items into {name} itself", offset=self.op)
        elif (type(target) in PLAIN and not self.frugal) or type(target) in {tuple, Blob}:
            raise BrokenError("WGH-PK003", "items are put into what holds none")
        self.change(target, tuple(items[:16]))

    def _fills(self, call: Call) -> bool:
        """Whether the instance takes items by its class's own protocol."""
        function = call.function
        if type(function) is not Global or call.how is How.NEW:
            return self._name_fills(call)
        if function.fills is None:
            function.fills = self._name_fills(call)
        return function.fills

    def _name_fills(self, call: Call) -> bool:
        if call.how is How.NEW:
            return _NO_CONTAINER.search(name_of(call.function)[1]) is None
        last = name_of(call.function)[1].rpartition(".")[2]
        if last.endswith("()") or _NO_CONTAINER.search(last):
            return False
        return last in _OWN_PROTOCOL or last.lstrip("_")[:1].isupper()

    def _calls_no_callable(self, function: Value) -> None:
        if type(function) in PLAIN and type(function) is not Unknown:
            raise BrokenError("WGH-PK003", "it calls a constant")
        if type(function) in _CONTAINERS or type(function) is Blob:
            raise BrokenError("WGH-PK003", "it calls a container")

    def _one_of_many(self, call: Call) -> Value:
        """One call stands for all that are alike, once too many values are held; those of tensors stay."""
        function = call.function
        tensor = makes_tensors(*name_of(function)) if type(function) is not Global else function.tensor
        if tensor is None:
            tensor = function.tensor = makes_tensors(function.module, function.name)
        if tensor:
            self.tensors += 1
            if self.tensors <= MOST_KEPT:
                return call
        elif self.calls <= MOST_CALLS:
            return call
        kept = self.canonical.setdefault(call.use, call)
        self.lost = self.lost or (tensor and kept is not call)
        return kept

    def _register(self, arguments: Value) -> None:
        match arguments:
            case (str(module), str(name), int(code)):
                self.extensions[code] = (module, name)

    def _look_for_source(self, arguments: Value, module: str, name: str) -> None:
        for item in arguments if type(arguments) is tuple else ():
            text = (
                item
                if type(item) is str
                else item.head.decode("utf-8", "replace")
                if type(item) is Blob
                else ""
            )
            if text in self.sources:
                shown = quoted(looks_like_source(text))
                called = quoted(f"{module}.{name}")
                self.found.add("WGH-PK012", f"{called} is given source code: {shown}", offset=self.op)

    def _refuse_dunders(self, state: Value) -> None:
        for part in state if type(state) is tuple and len(state) == 2 else (state,):
            if type(part) is DictNode:
                for key in part.pairs[::2]:
                    if type(key) is str and key in DUNDERS:
                        self.found.add("WGH-PK013", f"the state sets {key}", offset=self.op)

    # Literals.

    def literal(self, offset: int, length: int, kind: Literal) -> Value:
        """A literal of any length whose bytes begin at `offset`; moves past it."""
        if length < 0 or length > self.size - offset:
            rule = "WGH-PK005" if length < 0 or length >= ABSURD else "WGH-PK006"
            raise BrokenError(rule, f"a literal of {length} bytes, {self.size - offset} are left")
        place = offset - self.base
        kept = min(length, LONG_TEXT)
        if place < 0 or place + kept > len(self.data) - MARGIN:
            head = self.reader.read(offset, kept)
        else:
            head = self.data[place : place + kept]
        self.at = offset + length
        if length >= SHORTEST:
            self.probe(offset, length, head, kind)
        self.literals += kept
        if self.frugal and length > 255:
            head = head[:256]
            if kind is Literal.TEXT or kind is Literal.STRING:
                return UNKNOWN
        if length > LONG_TEXT or kind is Literal.BYTES or kind is Literal.BYTEARRAY:
            return Blob(offset, length, kind, head)
        return self._text(offset, head, kind)

    def _text(self, offset: int, head: bytes, kind: Literal) -> Value:
        try:
            if kind is Literal.STRING:
                return head.decode("ascii")
            return head.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            if kind is Literal.STRING:
                return Blob(offset, len(head), kind, head)
            raise BrokenError("WGH-PK007", "a text is not UTF-8") from None

    def probe(self, offset: int, length: int, head: bytes, kind: Literal) -> None:
        """See whether a literal is more than data."""
        looks = looks_like_file(head[:512])
        if looks:
            self.note_nested(offset, length, looks)
        if kind in {Literal.TEXT, Literal.STRING, Literal.BYTES} and (self.hot or length > LONG_TEXT):
            text = head.decode("utf-8", "replace")
            if looks_like_source(text):
                self.note_source(text)

    def note_source(self, text: str) -> None:
        """Remember a text that acts, should a call be given it."""
        if len(self.sources) < MOST_NESTED:
            self.sources.add(text)

    def note_nested(self, offset: int, length: int, looks: str, data: bytes = b"") -> None:
        """Remember a literal to look into."""
        if len(self.nested) < MOST_NESTED:
            self.nested.append(Nested(offset, length, looks, data))
        elif not self.reason:
            self.reason = f"it holds more than {MOST_NESTED} literals that look like files"


def ordinary(value: Value) -> Value:
    """Arguments, or a state, with ordinary tuples in them."""
    kind = type(value)
    if kind is PlainTuple or (kind is tuple and PlainTuple in map(type, value)):
        return tuple([ordinary(item) if type(item) is PlainTuple else item for item in value])
    return value


def _depth(arguments: Value) -> int:
    """Calls nested in arguments, and the one they are given to."""
    deepest = 0
    for item in arguments if type(arguments) is tuple else ():
        if type(item) is Call and item.depth > deepest:
            deepest = item.depth
    return deepest + 1


_CONTAINERS = frozenset({tuple, ListNode, DictNode, SetNode})
