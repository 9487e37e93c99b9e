"""What the pickle machine holds: the window on the file, the memo, and how much is kept of plain data.

Past a bound plain data is only counted: constants leave the containers and the memo, where their place in the
file stays. Calls, what they are given and what holds them stay, so that tensors and states are still told.
"""

import re
from array import array
from typing import TYPE_CHECKING

from weigh.core.ports import RangeReader
from weigh.core.symbol import MOST_ITEMS
from weigh.formats.anomalies import AnomalyList
from weigh.formats.pickle_literals import SOURCE_MARKS
from weigh.formats.pickle_opcodes import MARGIN, WINDOW
from weigh.formats.pickle_values import UNKNOWN, DictNode, ListNode, PlainTuple, Unknown, Value

if TYPE_CHECKING:
    from weigh.formats.pickle_machine import PickleLimits

FIRST_WINDOW = 1024
"""Bytes read first: a file may hold thousands of small streams."""
FRUGAL = 80_000_000
"""Bytes, by the estimate below, that kept values take; then plain data is counted and no longer kept."""
EACH_OPCODE = 30
EACH_HOLDER = 100
EACH_CALL = 90
"""Bytes that an opcode's value takes, and on top a list, dict or literal of bytes, and a call: measured."""
MOST_LITERALS = 24 * 1024**2
"""Bytes of longer literals kept before that."""
MOST_KEPT = 60_000
"""Values kept in the memo after that: containers of calls, arrays."""
MOST_CONTAINERS = 100_000
"""Lists and dicts that are still told apart after that."""
MOST_ITEMS_KEPT = 400_000
"""Items of lists, dicts and tuples that are no constants and are kept after that."""
MOST_FILLED = 10_000
"""Lists and dicts whose first plain items are still kept after that, `FEW` of each."""
KEPT = 4096
"""Items of one list, or keys and values of one dict, that are kept even when they are plain constants."""
FEW = 2 * MOST_ITEMS
MOST_SUNK = 100_000
"""Values kept of all lists, and of all dicts, that are no longer told apart."""
MOST_STACK = 4_000_000
"""Values on the stack at once: a tuple or frozenset is written without batches."""
MOST_STACKED = 400_000
"""Of them such as are no constants."""
LONG_STACK = 100_000
"""Values on one stack after which those that lie deep lose what they are."""
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


class Held:
    """The window, the stack and the memo of a machine.

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
    ) -> None:
        self.reader = reader
        self.start = start
        self.limits = limits
        self.size = reader.size
        self.stack: list[Value] = []
        self.meta: list[list[Value]] = []
        self.memo: list[Value] | dict[int, Value] = []
        self.cold = array("Q")
        self.cold_from = -1
        self.found = AnomalyList()
        self.names: set[tuple[str, str]] = set()
        self.sink_list = ListNode()
        self.sink_dict = DictNode()
        self.opcodes = 0
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
            self.tensors = sum(makes_tensors(*name) for name in self.names)
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
            short = len(items) <= MOST_ITEMS and not (PlainTuple in kinds and any(map(_is_nested, items)))
            return PlainTuple(items) if short else UNKNOWN
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


def _is_nested(value: Value) -> bool:
    return type(value) is PlainTuple and PlainTuple in map(type, value)


def makes_tensors(module: str, name: str) -> bool:
    """Whether what a call gives may be, or hold, an array that a reader lists."""
    return module.partition(".")[0] in _TENSOR_ROOMS and _MAKES_TENSORS.search(name) is not None
