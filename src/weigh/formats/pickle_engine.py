"""The state of the pickle machine, and what each acting opcode does to it.

Follows CPython's C unpickler (Modules/_pickle.c): what it would execute before an error is executed here too.
"""

import re
from array import array
from typing import TYPE_CHECKING

from weigh.core.facts import Use
from weigh.core.ports import RangeReader
from weigh.core.symbol import MOST_ITEMS
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.pickle_literals import SHORTEST, SOURCE_MARKS, looks_like_file, looks_like_source
from weigh.formats.pickle_nested import Nested
from weigh.formats.pickle_opcodes import MARGIN, WINDOW
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

FIRST_WINDOW = 1024
"""Bytes read first: a file may hold thousands of small streams."""
MOST_NESTED = 1000
"""Literals of one stream that are looked into."""
FRUGAL = 80_000_000
"""Bytes, by the estimate below, that kept values take; then plain data is counted and no longer kept."""
EACH_OPCODE = 30
EACH_HOLDER = 100
EACH_CALL = 60
"""Bytes that an opcode's value takes, and on top a list, dict or literal of bytes, and a call: measured."""
MOST_LITERALS = 24 * 1024**2
"""Bytes of longer literals kept before that."""
MOST_KEPT = 100_000
"""Values kept in the memo after that: containers of calls, arrays."""
MOST_CONTAINERS = 100_000
"""Lists and dicts that are still told apart after that."""
MOST_SHORT = 8
"""Constants of one tuple that is still told to a call after that."""
MOST_ITEMS_KEPT = 400_000
"""Items of lists, dicts and tuples that are no constants and are kept after that."""
MOST_FILLED = 10_000
"""Lists and dicts whose first plain items are still kept after that, `FEW` of each."""
KEPT = 4096
"""Items of one list, or keys and values of one dict, that are kept even when they are plain constants."""
FEW = 2 * MOST_ITEMS
MOST_SUNK = 100_000
"""Values kept of all lists, and of all dicts, that are no longer told apart."""
MOST_CALLS = 100_000
"""Calls after which alike ones share one node, once plain data is no longer kept."""
MOST_NAMES = 100_000
"""Different names imported by one stream, and imports after which alike ones share one node."""
MOST_STACK = 4_000_000
"""Values on the stack at once: a tuple or frozenset is written without batches."""
MOST_STACKED = 400_000
"""Of them such as are no constants."""
LONG_STACK = 100_000
"""Values on one stack after which those that lie deep lose what they are."""
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
_TENSOR_ROOMS = ("torch", "numpy", "joblib")
_MAKES_TENSORS = re.compile(r"_rebuild_|_reconstruct|_frombuffer|Wrapper|Tensor|Storage|Parameter|ndarray")
PLAIN = frozenset({type(None), bool, int, float, str, Unknown, PlainTuple})
"""Types of values that hold nothing that acts."""


class BrokenError(Exception):
    """The stream breaks a rule; an unpickler stops here. Never leaves the machine."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail


class EnoughError(Exception):
    """A bound of ours is met. Never leaves the machine.

    Attributes:
        final: the rest is not walked either.
    """

    def __init__(self, detail: str, *, final: bool = False) -> None:
        super().__init__(detail)
        self.final = final


class Engine:
    """What an unpickler holds while it follows a stream.

    Attributes:
        op: offset of the opcode being followed.
        at: offset of the next byte to read.
        data: the window; `base` is the offset of its first byte, `limit` the place in it up to which
            opcodes may begin. MARGIN zero bytes follow the window.
        sink_list, sink_dict: stand for every list and dict made once plain data is no longer kept.
        hot: whether the window holds anything that looks like source code.
        frugal: whether plain data is no longer kept.
        full: whether the memo keeps no more values either, except imported names and places of texts.
        lost: whether tensors may lie in what was not kept.
        tensors: calls that may make tensors, once plain data is no longer kept; `merged` whether values were
            put together after the first of them.
    """

    def __init__(
        self,
        reader: RangeReader,
        start: int,
        limits: "PickleLimits",
        on_persistent: "OnPersistent | None",
        on_build: "OnBuild | None",
    ) -> None:
        self.reader = reader
        self.start = start
        self.limits = limits
        self.on_persistent = on_persistent
        self.on_build = on_build
        self.size = reader.size
        self.stack: list[Value] = []
        self.meta: list[list[Value]] = []
        self.memo: list[Value] | dict[int, Value] = []
        self.cold = array("Q")
        self.cold_from = -1
        self.uses = UseTable()
        self.found = AnomalyList()
        self.nested: list[Nested] = []
        self.globals: list[Global] = []
        self.names: set[tuple[str, str]] = set()
        self.extensions: dict[int, tuple[str, str]] = {}
        self.sink_list = ListNode()
        self.sink_dict = DictNode()
        self.canonical: dict[int, Call] = {}
        self.sources: set[str] = set()
        self.protocol = 0
        self.opcodes = 0
        self.shared = 0
        self.cost = 0
        self.containers = 0
        self.room = KEPT
        self.calls = 0
        self.merged = False
        self.kept_items = 0
        self.thinned: list[Value] | None = None
        self.thin = 0
        self.thick = 0
        self.tensors = 0
        self.frugal = False
        self.full = False
        self.literals = 0
        self.kept = 0
        self.seen = 0
        self.lost = False
        self.reason = ""
        self.frame_end = -1
        self.first = True
        self.window = FIRST_WINDOW
        self.at = start
        self.op = start
        self.load(start)

    # The window.

    def load(self, at: int, need: int = 0) -> None:
        """Move the window to `at`, with at least `need` bytes where the file has them."""
        wanted = max(self.window, need) + MARGIN
        self.window = min(WINDOW, self.window * 4)
        data = self.reader.read(at, wanted)
        self.base = at
        self.at_end = len(data) < wanted or at + len(data) >= self.size
        self.limit = len(data) if self.at_end else len(data) - MARGIN
        self.data = data + bytes(MARGIN)
        self.hot = any(mark in data for mark in SOURCE_MARKS)
        self.cost += len(data)

    def take(self, count: int) -> bytes:
        """The next `count` bytes, at most a few; moves on."""
        place = self.at - self.base
        if place < 0 or place + count > len(self.data) - MARGIN:
            self.load(self.at, count)
            place = 0
        if place + count > self.limit and self.at_end:
            raise BrokenError("WGH-PK001", "the file ends inside an opcode")
        self.at += count
        return self.data[place : place + count]

    def line(self) -> bytes:
        """The next line without its end; moves past it."""
        place = self.at - self.base
        end = self.data.find(b"\n", place) if place <= self.limit else -1
        if end < 0:
            self.load(self.at, 4 * WINDOW)
            place = 0
            end = self.data.find(b"\n")
        if end < 0:
            if self.at_end:
                raise BrokenError("WGH-PK001", "the file ends inside a line")
            raise EnoughError("a line is longer than is read")
        self.at = self.base + end + 1
        return self.data[place:end]

    def check(self) -> None:
        """See what is held; called once for each window."""
        stacked = len(self.stack) + sum(map(len, self.meta))
        held = len(self.memo) + stacked
        cost = self.cost + EACH_OPCODE * self.opcodes + EACH_CALL * self.calls
        if not self.frugal and (cost > FRUGAL or self.literals > MOST_LITERALS):
            self.frugal = True
            self.cold_from = len(self.memo)
            self.room = FEW
            self.tensors = sum(_makes_tensors(*name) for name in self.names)
        elif self.frugal and isinstance(self.memo, list) and not self.full:
            fresh = self.memo[self.seen :]
            elsewhere = sum(map(fresh.count, (self.cold, UNKNOWN, self.sink_list, self.sink_dict)))
            self.kept += len(fresh) - elsewhere
            self.full = self.kept > MOST_KEPT
        self.seen = len(self.memo)
        if stacked > LONG_STACK:
            self._thin()
        if self.containers > MOST_FILLED:
            self.room = 0
        for kept in (self.sink_list.items, self.sink_dict.pairs):
            if len(kept) > MOST_SUNK:
                del kept[MOST_SUNK:]
                self.merged = self.merged or self.tensors > 0
        if held > self.limits.nodes or stacked > MOST_STACK:
            raise EnoughError("it holds more values than are followed")

    def _thin(self) -> None:
        """Forget the constants that lie deep in the longest stack: whatever takes them only counts them."""
        longest = max((self.stack, *self.meta), key=len)
        if longest is not self.thinned:
            self.thinned, self.thin, self.thick = longest, 0, 0
        upto = len(longest) - MOST_ITEMS
        for place in range(min(self.thin, max(upto, 0)), upto):
            if type(longest[place]) in PLAIN:
                longest[place] = UNKNOWN
            else:
                self.thick += 1
        self.thin = upto
        if self.thick > MOST_STACKED:
            raise EnoughError("it holds more values than are followed")

    def list_of_many(self) -> ListNode:
        """A list once plain data is no longer kept: the later ones are not told apart."""
        self.containers += 1
        return ListNode() if self.containers < MOST_CONTAINERS else self.sink_list

    def tuple_of_many(self, items: tuple[Value, ...]) -> Value:
        """A tuple once plain data is no longer kept: a short one is, until its call or state is made."""
        kinds = set(map(type, items))
        if kinds <= PLAIN:
            return PlainTuple(items) if len(items) <= MOST_SHORT and PlainTuple not in kinds else UNKNOWN
        self.kept_items += len(items)
        if (
            self.kept_items > MOST_ITEMS_KEPT and tuple in kinds
        ):  # a chain of tuples could be as long as the file
            self.merged = self.merged or self.tensors > 0
            return UNKNOWN
        return items

    def keep(self, kept: list[Value], items: list[Value], *, step: int = 1) -> None:
        """Put into a container what is not plain, with the key it belongs to where `step` is 2."""
        if step == 2:
            for place in range(0, len(items) - 1, 2):
                if type(items[place + 1]) not in PLAIN or type(items[place]) not in PLAIN:
                    kept += items[place : place + 2]
                    self.kept_items += 2
        else:
            some = [item for item in items if type(item) not in PLAIN]
            kept += some
            self.kept_items += len(some)
        if self.kept_items > MOST_ITEMS_KEPT:
            self._drop(kept, step)

    def _drop(self, kept: list[Value], step: int) -> None:
        """Keep of a container only what may hold tensors, once very much is kept."""
        if self.tensors and len(kept) < MOST_ITEMS_KEPT:
            return
        if len(kept) > MOST_ITEMS:
            del kept[MOST_ITEMS // step * step :]
            self.merged = self.merged or self.tensors > 0

    def dict_of_many(self) -> DictNode:
        """The same for a dict."""
        self.containers += 1
        return DictNode() if self.containers < MOST_CONTAINERS else self.sink_dict

    # The memo.

    def put(self, index: int, value: Value) -> None:
        """Remember a value under a number that is not simply the next one."""
        memo = self.memo
        if index > 65_536 + self.at - self.start:
            self.found.add("WGH-PK008", f"memo entry {index} in a stream of so few values", offset=self.op)
        if isinstance(memo, list):
            if index < len(memo):
                memo[index] = value
                return
            if index == len(memo):
                memo.append(value)
                return
            memo = self.memo = dict(enumerate(memo))
        memo[index] = value

    def get(self, index: int) -> Value:
        """What a number stands for."""
        try:
            value = self.memo[index] if index >= 0 else None
        except (IndexError, KeyError):
            index = -1
            value = None
        if index < 0:
            raise BrokenError("WGH-PK004", "it asks for a memo entry that was never made")
        if value is self.cold:
            return self.warm(index)
        return value

    def warm(self, index: int) -> Value:
        """Read again a text that was not kept."""
        packed = self.cold[index - self.cold_from] if index >= self.cold_from >= 0 else 0
        if not packed:
            return UNKNOWN
        raw = self.reader.read(packed >> 12, packed & 0xFFF)
        return raw.decode("utf-8", "replace")

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
        tensor = _makes_tensors(*name_of(function)) if type(function) is not Global else function.tensor
        if tensor is None:
            tensor = function.tensor = _makes_tensors(function.module, function.name)
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
    if kind is PlainTuple:
        return tuple(value)
    if kind is tuple and PlainTuple in map(type, value):
        return tuple([tuple(item) if type(item) is PlainTuple else item for item in value])
    return value


def _makes_tensors(module: str, name: str) -> bool:
    """Whether what a call gives may be, or hold, an array that a reader lists."""
    return module.partition(".")[0] in _TENSOR_ROOMS and _MAKES_TENSORS.search(name) is not None


def _depth(arguments: Value) -> int:
    """Calls nested in arguments, and the one they are given to."""
    deepest = 0
    for item in arguments if type(arguments) is tuple else ():
        if type(item) is Call and item.depth > deepest:
            deepest = item.depth
    return deepest + 1


_CONTAINERS = frozenset({tuple, ListNode, DictNode, SetNode})
