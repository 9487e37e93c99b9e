"""The inner loop of the pickle machine."""

import re
from itertools import repeat
from operator import length_hint
from struct import Struct

from weigh.core.symbol import MOST_ITEMS
from weigh.formats.pickle_engine import Engine
from weigh.formats.pickle_held import EACH_HOLDER, PLAIN, BrokenError, EnoughError
from weigh.formats.pickle_literals import FIRST, SHORTEST
from weigh.formats.pickle_rare import rare
from weigh.formats.pickle_values import (
    UNKNOWN,
    Blob,
    Call,
    DictNode,
    Global,
    ListNode,
    Literal,
    PlainTuple,
    Value,
)

NUMBERS = re.compile(rb"\((?:K.|M..|J....|G.{8}|[N\x88\x89])++[et]", re.DOTALL).match
"""MARK, numbers, and TUPLE or APPENDS."""
LONG_RUN = 9 * MOST_ITEMS + 2
"""Bytes of MARK, numbers and TUPLE that are more values than a symbol shows."""
_I4 = Struct("<i").unpack_from
_U4 = Struct("<I").unpack_from
_U2 = Struct("<H").unpack_from
_F8 = Struct(">d").unpack_from
_DULL = PLAIN | {tuple}
_SHARED = frozenset({tuple, ListNode, DictNode})


def follow(engine: Engine) -> Value:  # noqa: C901, PLR0912, PLR0915 - see the docstring
    """Follow a stream to its STOP and return what it makes.

    One function, because a call for every opcode would cost more than the opcode: a pickle may have tens of
    millions. The frequent opcodes stand here in a tree of comparisons; `pickle_rare` has the others. What
    the loop holds in local variables is written back to the engine before anything else looks at it.

    Raises:
        BrokenError: the stream breaks a rule.
        EnoughError: a bound is met.
        AgainError: it is to be called again.
    """
    stack, meta, memo = engine.stack, engine.meta, engine.memo
    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
    pos = engine.at - base
    text_from = text_to = 0
    append = stack.append
    frugal = engine.frugal
    dense = isinstance(memo, list) and not frugal
    thrifty = isinstance(memo, list) and frugal
    remember = memo.append if isinstance(memo, list) else _never
    cold, note_cold = engine.cold, engine.cold.append
    room = engine.room
    op = holders = joined = 0
    counter = repeat(None, engine.limits.opcodes - engine.opcodes)
    try:
        for _ in counter:
            if pos >= limit:
                engine.op = engine.at = base + pos
                if engine.at_end:
                    raise BrokenError("WGH-PK001", "the file ends before the stream does")
                engine.stack = stack
                engine.load(base + pos)
                data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                pos = 0
                text_to = -1
                engine.opcodes = engine.limits.opcodes - length_hint(counter) + joined
                engine.cost += EACH_HOLDER * holders
                holders = 0
                engine.check()
                room = engine.room
                if engine.frugal:
                    frugal, dense, thrifty = True, False, isinstance(memo, list)
            op = data[pos]
            if op >= 0x80:
                if op == 0x94:  # MEMOIZE
                    pos += 1
                    if dense:
                        remember(stack[-1])
                    elif not thrifty:
                        memo[len(memo)] = stack[-1]
                    elif type(stack[-1]) is str and text_to + 1 == pos:
                        remember(cold)
                        note_cold((base + text_from) << 12 | (text_to - text_from))
                    else:
                        value = stack[-1]
                        drop = type(value) is PlainTuple or (engine.full and type(value) is not Global)
                        remember(UNKNOWN if drop else value)
                        note_cold(0)
                elif op == 0x8C:  # SHORT_BINUNICODE
                    text_from = pos + 2
                    text_to = pos = text_from + data[pos + 1]
                    value = data[text_from:pos].decode()
                    append(value)
                    if pos - text_from >= SHORTEST and (hot or data[text_from] in FIRST):
                        engine.op = base + text_from
                        engine.probe(engine.op, pos - text_from, data[text_from:pos], Literal.TEXT)
                    if dense and data[pos] == 0x94 and pos < limit:
                        remember(value)
                        pos += 1
                        joined += 1
                elif op == 0x86:  # TUPLE2
                    pos += 1
                    second = stack.pop()
                    value = stack[-1]
                    if frugal and (type(value) in _DULL or type(second) in _DULL):
                        stack[-1] = engine.tuple_of_many((value, second))
                    else:
                        stack[-1] = (value, second)
                elif op == 0x85:  # TUPLE1
                    pos += 1
                    value = stack[-1]
                    stack[-1] = (
                        engine.tuple_of_many((value,)) if frugal and type(value) in _DULL else (value,)
                    )
                elif op == 0x87:  # TUPLE3
                    pos += 1
                    third = stack.pop()
                    second = stack.pop()
                    value = stack[-1]
                    value = (value, second, third)
                    stack[-1] = engine.tuple_of_many(value) if frugal else value
                elif op == 0x88:
                    pos += 1
                    append(True)
                elif op == 0x89:
                    pos += 1
                    append(False)
                else:
                    engine.op = base + pos
                    engine.at = engine.op + 1
                    engine.stack = stack
                    rare(engine, op)
                    stack, memo = engine.stack, engine.memo
                    append = stack.append
                    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                    pos = engine.at - base
            elif op <= 0x52:
                if op == 0x4B:  # BININT1
                    append(data[pos + 1])
                    pos += 2
                elif op == 0x28:  # MARK
                    if frugal and (run := NUMBERS(data, pos)) is not None:
                        # numbers only, of which nothing is kept any more: stepped over at once
                        if data[run.end() - 1] == 0x74 and run.end() - pos > LONG_RUN:
                            append(UNKNOWN)
                            pos = run.end()
                            continue
                        if data[run.end() - 1] == 0x65 and type(stack[-1]) is ListNode:
                            stack[-1].dropped += 1
                            pos = run.end()
                            continue
                    pos += 1
                    meta.append(stack)
                    stack = []
                    append = stack.append
                elif op == 0x4D:  # BININT2
                    append(_U2(data, pos + 1)[0])
                    pos += 3
                elif op == 0x4A:  # BININT
                    append(_I4(data, pos + 1)[0])
                    pos += 5
                elif op == 0x47:  # BINFLOAT
                    append(_F8(data, pos + 1)[0])
                    pos += 9
                elif op == 0x4E:  # NONE
                    pos += 1
                    append(None)
                elif op == 0x52:  # REDUCE
                    engine.op = base + pos
                    pos += 1
                    arguments = stack.pop()
                    stack[-1] = engine.reduce(stack[-1], arguments)
                elif op == 0x29:  # EMPTY_TUPLE
                    pos += 1
                    append(())
                elif op == 0x43:  # SHORT_BINBYTES
                    size = data[pos + 1]
                    pos += 2
                    head = data[pos : pos + size]
                    append(Blob(base + pos, size, Literal.BYTES, head))
                    holders += 1
                    if size >= SHORTEST and (hot or data[pos] in FIRST):
                        engine.op = base + pos
                        engine.probe(engine.op, size, head, Literal.BYTES)
                    pos += size
                elif op == 0x2E:  # STOP
                    engine.op = base + pos
                    engine.at = engine.op + 1
                    engine.stack = stack
                    if engine.at > engine.size:
                        raise BrokenError("WGH-PK001", "the file ends inside an opcode")
                    return stack.pop()
                else:
                    engine.op = base + pos
                    engine.at = engine.op + 1
                    engine.stack = stack
                    rare(engine, op)
                    stack, memo = engine.stack, engine.memo
                    append = stack.append
                    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                    pos = engine.at - base
            elif op <= 0x68:
                if op == 0x68:  # BINGET
                    index = data[pos + 1]
                    value = memo[index] if dense else engine.get(index)
                    if type(value) in _SHARED:
                        engine.shared += 1
                    pos += 2
                    append(value)
                elif op == 0x65:  # APPENDS
                    items = stack
                    stack = meta.pop()
                    append = stack.append
                    target = stack[-1]
                    if type(target) is ListNode:
                        kept = target.items
                        if len(kept) + len(items) <= room:
                            kept += items
                        elif frugal:
                            before = len(kept)
                            engine.keep(kept, items)
                            target.dropped += max(0, before + len(items) - len(kept))
                        elif not PLAIN.issuperset(map(type, items)):
                            kept += items
                        else:
                            target.dropped += len(items)
                    else:
                        engine.op = base + pos
                        engine.extend(target, items)
                    pos += 1
                elif op == 0x58:  # BINUNICODE
                    size = _U4(data, pos + 1)[0]
                    if size < 256:
                        text_from = pos + 5
                        text_to = pos = text_from + size
                        append(data[text_from:pos].decode())
                        if size >= SHORTEST and (hot or data[text_from] in FIRST):
                            engine.op = base + text_from
                            engine.probe(engine.op, size, data[text_from:pos], Literal.TEXT)
                    else:
                        engine.op = base + pos
                        engine.at = engine.op + 5
                        value = engine.literal(engine.at, size, Literal.TEXT)
                        append(value)
                        pos = engine.at - base
                elif op == 0x5D:  # EMPTY_LIST
                    pos += 1
                    append(engine.list_of_many() if frugal else ListNode())
                    holders += 1
                elif op == 0x61:  # APPEND
                    value = stack.pop()
                    target = stack[-1]
                    if type(target) is ListNode:
                        kept = target.items
                        if len(kept) < room or type(value) not in PLAIN:
                            kept.append(value)
                        else:
                            target.dropped += 1
                    else:
                        engine.op = base + pos
                        engine.extend(target, [value])
                    pos += 1
                elif op == 0x62:  # BUILD
                    engine.op = base + pos
                    pos += 1
                    value = stack.pop()
                    engine.build(stack[-1], value)
                    if engine.on_build is not None and type(stack[-1]) is Call:
                        further = engine.on_build(stack[-1], base + pos)
                        if further is not None:
                            pos = further - base
                            if pos < 0 or pos > limit:
                                engine.load(further)
                                data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                                pos = 0
                else:
                    engine.op = base + pos
                    engine.at = engine.op + 1
                    engine.stack = stack
                    rare(engine, op)
                    stack, memo = engine.stack, engine.memo
                    append = stack.append
                    data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                    pos = engine.at - base
                    dense = dense and isinstance(memo, list)
            elif op == 0x6A:  # LONG_BINGET
                index = _U4(data, pos + 1)[0]
                value = memo[index] if dense else engine.get(index)
                if type(value) in _SHARED:
                    engine.shared += 1
                pos += 5
                append(value)
            elif op == 0x71:  # BINPUT
                index = data[pos + 1]
                pos += 2
                if dense and index == len(memo):
                    remember(stack[-1])
                elif index == len(memo) and isinstance(memo, list):
                    _memoize(engine, stack[-1], base + text_from, base + text_to, base + pos - 2)
                else:
                    engine.op = engine.at = base + pos
                    engine.put(index, stack[-1])
                    memo = engine.memo
                    dense = dense and isinstance(memo, list)
            elif op == 0x74:  # TUPLE
                pos += 1
                items = stack
                stack = meta.pop()
                append = stack.append
                append(engine.tuple_of_many(tuple(items)) if frugal else tuple(items))
            elif op == 0x75:  # SETITEMS
                items = stack
                stack = meta.pop()
                append = stack.append
                target = stack[-1]
                if len(items) & 1:
                    raise BrokenError("WGH-PK003", "a dict of an odd number of keys and values")
                if type(target) is DictNode:
                    kept = target.pairs
                    if len(kept) + len(items) <= room:
                        kept += items
                    elif frugal:
                        before = len(kept)
                        engine.keep(kept, items, step=2)
                        target.dropped += max(0, (before + len(items) - len(kept)) >> 1)
                    elif not PLAIN.issuperset(map(type, items)):
                        kept += items
                    else:
                        target.dropped += len(items) >> 1
                else:
                    engine.op = base + pos
                    engine.update(target, items)
                pos += 1
            elif op == 0x72:  # LONG_BINPUT
                index = _U4(data, pos + 1)[0]
                pos += 5
                if dense and index == len(memo):
                    remember(stack[-1])
                elif index == len(memo) and isinstance(memo, list):
                    _memoize(engine, stack[-1], base + text_from, base + text_to, base + pos - 5)
                else:
                    engine.op = engine.at = base + pos
                    engine.put(index, stack[-1])
                    memo = engine.memo
                    dense = dense and isinstance(memo, list)
            elif op == 0x7D:  # EMPTY_DICT
                pos += 1
                append(engine.dict_of_many() if frugal else DictNode())
                holders += 1
            elif op == 0x73:  # SETITEM
                value = stack.pop()
                key = stack.pop()
                target = stack[-1]
                if type(target) is DictNode:
                    kept = target.pairs
                    if len(kept) < room or type(value) not in PLAIN or type(key) not in PLAIN:
                        kept.append(key)
                        kept.append(value)
                    else:
                        target.dropped += 1
                else:
                    engine.op = base + pos
                    engine.update(target, [key, value])
                pos += 1
            else:
                engine.op = base + pos
                engine.at = engine.op + 1
                engine.stack = stack
                rare(engine, op)
                stack, memo = engine.stack, engine.memo
                append = stack.append
                data, base, limit, hot = engine.data, engine.base, engine.limit, engine.hot
                pos = engine.at - base
                dense = dense and isinstance(memo, list)
        engine.op = engine.at = base + pos
        raise EnoughError(f"it has more than {engine.limits.opcodes} opcodes", final=True)
    except IndexError:
        engine.op = engine.at = base + pos
        if op in {0x68, 0x6A}:
            raise BrokenError("WGH-PK004", "it asks for a memo entry that was never made") from None
        raise BrokenError("WGH-PK003", f"opcode 0x{op:02x} finds too little on the stack") from None
    except UnicodeDecodeError:
        # half a surrogate, which CPython takes, or no UTF-8: the careful reading of this one opcode decides
        engine.op = base + text_from - (2 if op == 0x8C else 5)
        engine.at = engine.op + 1
        engine.stack = stack
        rare(engine, op)
        raise AgainError from None
    finally:
        engine.opcodes = engine.limits.opcodes - length_hint(counter) + joined


class AgainError(Exception):
    """One opcode was followed outside the loop; `follow` is to be called again."""


def _never(value: Value) -> None:
    """Stands for appending to a memo that is no list."""
    raise AssertionError(value)


def _memoize(engine: Engine, value: Value, text_from: int, text_to: int, at: int) -> None:
    """BINPUT of the next number, where so much is held that texts are no longer kept in the memo.

    Args:
        engine: its memo is a list.
        value: what is remembered.
        text_from: offset of the text that was read last.
        text_to: and its end.
        at: offset of the opcode.
    """
    memo = engine.memo
    if isinstance(memo, dict):
        memo[len(memo)] = value
        return
    size = text_to - text_from
    if engine.frugal and type(value) is str and text_to == at and size <= 0xFFF:
        memo.append(engine.cold)
        engine.cold.append(text_from << 12 | size)
        return
    drop = type(value) is PlainTuple or (engine.full and type(value) is not Global)
    memo.append(UNKNOWN if drop else value)
    if engine.frugal:
        engine.cold.append(0)
