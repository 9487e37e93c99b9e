"""The fast walk over a pickle that is nothing but data: no import, no call, no id for the loader to find.

It builds nothing: it checks that the opcodes follow one another as they must, and looks at literals. Whatever
it does not know, or finds odd, it leaves to the machine, by giving up.
"""

import math
from dataclasses import dataclass
from itertools import repeat

from weigh.core.ports import RangeReader
from weigh.formats.pickle_engine import Engine
from weigh.formats.pickle_held import BrokenError, EnoughError
from weigh.formats.pickle_literals import FIRST, SHORTEST
from weigh.formats.pickle_loop import NUMBERS
from weigh.formats.pickle_machine import FEWEST_SHARED, LARGE, LIMITS
from weigh.formats.pickle_nested import Nested
from weigh.formats.pickle_opcodes import COUNTED, HIGHEST_PROTOCOL
from weigh.formats.pickle_values import Literal

MOST_MEMO = 5_000_000
"""Memo entries; more is the machine's to judge."""


@dataclass(frozen=True, slots=True)
class DataRun:
    """A stream that is only data.

    Attributes:
        end: the byte after STOP.
        protocol: of its PROTO, 0 without one.
        nested: literals to look into.
    """

    end: int
    protocol: int
    nested: tuple[Nested, ...]


# Size and change of depth of the opcodes that are only stepped over; every one leaves a value on the stack.
_SIMPLE = {
    "K": (2, 1), "M": (3, 1), "J": (5, 1), "G": (9, 1), "N": (1, 1), ")": (1, 1), "]": (1, 1), "}": (1, 1),
    "\x88": (1, 1), "\x89": (1, 1), "\x8f": (1, 1), "\x85": (1, 0), "\x86": (1, -1), "\x87": (1, -2),
    "a": (1, -1), "s": (1, -2),
}  # fmt: skip
_SIZE = bytes(_SIMPLE.get(chr(op), (0, 0))[0] for op in range(256))
_DEPTH = tuple(_SIMPLE.get(chr(op), (0, 0))[1] for op in range(256))
_LITERALS = {
    ord("X"): Literal.TEXT, 0x8C: Literal.TEXT, 0x8D: Literal.TEXT, ord("B"): Literal.BYTES,
    ord("C"): Literal.BYTES, 0x8E: Literal.BYTES, 0x96: Literal.BYTEARRAY, ord("U"): Literal.STRING,
}  # fmt: skip
_LENGTHS = {ord(op): size for op, size in ((o.decode("latin-1"), s) for o, s in COUNTED.items())}


def walk_data(reader: RangeReader, start: int) -> DataRun | None:
    """The stream at `start` if it is sound and only data; None if the machine must look.

    Raises:
        StorageError: the bytes cannot be had at all.
    """
    engine = Engine(reader, start, LIMITS, None, None)
    try:
        end = _walk(engine)
    except (BrokenError, EnoughError, IndexError, UnicodeDecodeError):
        return None
    if end < 0 or end > reader.size or engine.sources or engine.reason or len(engine.found):
        return None
    return DataRun(end, engine.protocol, tuple(engine.nested))


def _walk(engine: Engine) -> int:  # noqa: C901, PLR0912, PLR0915 - one loop, as `pickle_loop.follow` explains
    """The end of the stream, -1 where the machine must look."""
    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
    pos = engine.at - base
    depth = floor = 0
    shared: dict[int, int] = {}
    marks: list[int] = []
    kinds = bytearray()
    size_of, depth_of = _SIZE, _DEPTH
    for _ in repeat(None, engine.limits.opcodes):
        if pos >= limit:
            if engine.at_end or len(kinds) > MOST_MEMO:
                return -1
            engine.load(base + pos)
            data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
            pos = 0
        op = data[pos]
        size = size_of[op]
        if size:
            while size:  # the zero bytes after the window end this, since 0 is no opcode
                pos += size
                depth += depth_of[op]
                if depth <= floor:
                    return -1
                op = data[pos]
                size = size_of[op]
            if pos >= limit:
                continue
        if op in {0x8C, 0x58, 0x43, 0x55}:
            if op != 0x58:
                length = data[pos + 1]
                pos += 2
            else:
                length = data[pos + 1] | data[pos + 2] << 8 | data[pos + 3] << 16 | data[pos + 4] << 24
                pos += 5
            if length >= 256:
                engine.op = base + pos
                engine.literal(engine.op, length, Literal.TEXT)
                pos = engine.at - base
                if pos > limit:
                    engine.load(engine.at)
                    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                    pos = 0
            else:
                if length >= SHORTEST and (hot or data[pos] in FIRST):
                    engine.op = base + pos
                    engine.probe(engine.op, length, data[pos : pos + length], _LITERALS[op])
                if op >= 0x58 and not data[pos : pos + length].isascii():
                    data[pos : pos + length].decode("utf-8", "surrogatepass")
                pos += length
            depth += 1
            if data[pos] == 0x94:
                pos += 1
                kinds.append(0)
        elif op == 0x28:
            run = NUMBERS(data, pos)
            if run is not None:
                pos = run.end()
                depth += data[pos - 1] == 0x74
                if depth <= floor:
                    return -1
                continue
            pos += 1
            marks.append(floor)
            floor = depth
        elif op == 0x94:
            pos += 1
            if depth <= floor:
                return -1
            kinds.append(1)
        elif op in {0x75, 0x65}:
            pos += 1
            if op == 0x75 and (depth - floor) & 1:
                return -1
            depth = floor
            floor = marks.pop()
            if depth <= floor:
                return -1
        elif op == 0x74:
            pos += 1
            depth = floor + 1
            floor = marks.pop()
        elif op in {0x71, 0x72}:
            index = data[pos + 1] if op == 0x71 else int.from_bytes(data[pos + 1 : pos + 5], "little")
            pos += 2 if op == 0x71 else 5
            if index != len(kinds) or depth <= floor:
                return -1
            kinds.append(1)
        elif op in {0x68, 0x6A}:
            index = data[pos + 1] if op == 0x68 else int.from_bytes(data[pos + 1 : pos + 5], "little")
            pos += 2 if op == 0x68 else 5
            if index >= len(kinds):
                return -1
            if kinds[index]:
                shared[index] = shared.get(index, 1) + 1
                if len(shared) > FEWEST_SHARED:
                    return -1
            depth += 1
        elif op == 0x2E:
            sound = depth == 1 and not marks and math.prod(shared.values()) < LARGE // 1000
            return base + pos + 1 if sound else -1
        elif op in _LITERALS:
            count = _LENGTHS[op]
            length = int.from_bytes(data[pos + 1 : pos + 1 + count], "little")
            engine.op = base + pos
            engine.literal(engine.op + 1 + count, length, _LITERALS[op])
            depth += 1
            pos = engine.at - base
            if pos > limit:
                engine.load(engine.at)
                data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                pos = 0
        elif op == 0x8A:
            depth += 1
            pos += 2 + data[pos + 1]
        elif op == 0x95:
            left = engine.size - base - pos - 9
            if int.from_bytes(data[pos + 1 : pos + 9], "little") > left:
                return -1
            pos += 9
        elif op == 0x80 and base + pos == engine.start and data[pos + 1] <= HIGHEST_PROTOCOL:
            engine.protocol = data[pos + 1]
            pos += 2
        elif op in {0x90, 0x91}:
            pos += 1
            depth = floor + (op == 0x91)
            floor = marks.pop()
            if depth <= floor:
                return -1
        else:
            return -1
    return -1
