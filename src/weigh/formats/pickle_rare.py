"""What the opcodes do that are not in the machine's inner loop: the seldom ones, and long literals."""

import re
from collections.abc import Callable
from types import MappingProxyType

from weigh.core.facts import Use
from weigh.formats.anomalies import quoted
from weigh.formats.pickle_engine import ABSURD, Engine
from weigh.formats.pickle_held import EACH_HOLDER, BrokenError
from weigh.formats.pickle_literals import SHORTEST
from weigh.formats.pickle_opcodes import HIGHEST_PROTOCOL
from weigh.formats.pickle_symbols import COMPUTED
from weigh.formats.pickle_values import (
    UNKNOWN,
    Blob,
    Buffer,
    Call,
    DictNode,
    Global,
    How,
    ListNode,
    Literal,
    Persistent,
    SetNode,
    Unknown,
    Value,
)

MOST_DIGITS = 4300
"""Digits of an integer in text; CPython refuses more by default since 3.11 (sys.int_info)."""
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*|<[\w.]+>|[\w.]+-[\w.-]+")


def rare(engine: Engine, op: int) -> None:
    """Follow one opcode, whose argument begins at `engine.at`.

    Raises:
        BrokenError: the stream breaks a rule here.
        EnoughError: a bound is met.
        IndexError: the stack holds too little.
    """
    handler = _HANDLERS.get(op)
    if handler is None:
        raise BrokenError("WGH-PK002", f"byte 0x{op:02x} is no opcode")
    handler(engine)


# Marks and the stack.


def _pop_mark(engine: Engine) -> list[Value]:
    if not engine.meta:
        raise BrokenError("WGH-PK003", "it goes back to a mark that was never set")
    items = engine.stack
    engine.stack = engine.meta.pop()
    return items


def _pop(engine: Engine) -> None:
    if engine.stack:
        engine.stack.pop()
    else:  # POP also takes a mark away
        _pop_mark(engine)


def _duplicate(engine: Engine) -> None:
    value = engine.stack[-1]
    if type(value) is tuple or type(value) in {ListNode, DictNode}:
        engine.shared += 1
    engine.stack.append(value)


def _list_of_marked(engine: Engine) -> None:
    items = _pop_mark(engine)
    engine.stack.append(ListNode(items))


def _dict_of_marked(engine: Engine) -> None:
    items = _pop_mark(engine)
    if len(items) % 2:
        raise BrokenError("WGH-PK003", "a dict of an odd number of keys and values")
    engine.stack.append(DictNode(items))


def _frozen_set(engine: Engine) -> None:
    items = _pop_mark(engine)
    engine.stack.append(SetNode(items, frozen=True))


def _empty_set(engine: Engine) -> None:
    engine.cost += EACH_HOLDER
    engine.stack.append(SetNode())


def _add_items(engine: Engine) -> None:
    items = _pop_mark(engine)
    target = engine.stack[-1]
    if type(target) is SetNode:
        target.items += items
    else:
        engine.extend(target, items)


# Imports and calls.


def _global(engine: Engine) -> None:
    module, name = _two_lines(engine)
    engine.stack.append(_named(engine, module, name))


def _two_lines(engine: Engine) -> tuple[str, str]:
    return _line_text(engine), _line_text(engine)


def _line_text(engine: Engine) -> str:
    raw = engine.line()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        engine.found.add("WGH-PK010", "a name to import is not UTF-8", offset=engine.op)
        text = raw.decode("utf-8", "replace")
    return text


def _named(engine: Engine, module: str, name: str) -> Global:
    if engine.protocol < 4 and "." in name and name.partition(".")[0]:
        engine.found.add(
            "WGH-PK020", f"a dotted name in protocol {engine.protocol}: {quoted(name)}", offset=engine.op
        )
    if not (_NAME.fullmatch(module) and _NAME.fullmatch(name)):
        stripped = (module.strip(" \r\t\0\v\f"), name.strip(" \r\t\0\v\f"))
        engine.found.add(
            "WGH-PK010", f"a name to import is odd: {quoted(f'{module} {name}')}", offset=engine.op
        )
        if stripped != (module, name):
            engine.uses.add(Use.IMPORT, stripped, engine.op)
    return engine.make_global(module, name)


def stack_global(engine: Engine) -> None:
    """STACK_GLOBAL: module and name lie on the stack."""
    name, module = engine.stack.pop(), engine.stack.pop()
    texts = [_as_text(value) for value in (module, name)]
    if None in texts:
        if type(module) in _COMPUTED or type(name) in _COMPUTED:
            engine.found.add("WGH-PK022", "a name to import is computed by a call", offset=engine.op)
        elif type(module) is not Unknown and type(name) is not Unknown:
            engine.found.add("WGH-PK022", "a name to import is no text", offset=engine.op)
            raise BrokenError("WGH-PK003", "STACK_GLOBAL needs two texts")
        else:
            engine.lost = True
        engine.stack.append(engine.make_global(texts[0] or COMPUTED, texts[1] or COMPUTED))
        return
    engine.stack.append(_named(engine, texts[0] or "", texts[1] or ""))


_COMPUTED = frozenset({Call, Persistent})


def _as_text(value: Value) -> str | None:
    if type(value) is str:
        return value
    if type(value) is Blob and value.literal in {Literal.TEXT, Literal.STRING}:
        return value.head[:400].decode("utf-8", "replace")
    return None


def _instance(engine: Engine) -> None:
    module, name = _two_lines(engine)
    arguments = tuple(_pop_mark(engine))
    made_by = _named(engine, module, name)
    engine.stack.append(engine.reduce(made_by, arguments))


def _object(engine: Engine) -> None:
    items = _pop_mark(engine)
    if not items:
        raise BrokenError("WGH-PK003", "OBJ without a class")
    engine.stack.append(engine.reduce(items[0], tuple(items[1:])))


def _new(engine: Engine) -> None:
    arguments, made_by = engine.stack.pop(), engine.stack.pop()
    engine.stack.append(engine.reduce(made_by, arguments, how=How.NEW))


def _new_with_keywords(engine: Engine) -> None:
    keywords, arguments, made_by = engine.stack.pop(), engine.stack.pop(), engine.stack.pop()
    engine.stack.append(engine.reduce(made_by, arguments, how=How.NEW, keywords=keywords))


def _extension(engine: Engine, size: int) -> None:
    code = int.from_bytes(engine.take(size), "little", signed=size == 4)
    registered = engine.extensions.get(code)
    engine.found.add("WGH-PK015", f"it uses extension code {code}", offset=engine.op)
    module, name = registered or ("copyreg", f"extension {code}")
    engine.stack.append(engine.make_global(module, name))


def _persistent(engine: Engine, value: Value) -> None:
    persistent = Persistent(value, engine.op)
    if engine.on_persistent is not None:
        persistent.value = engine.on_persistent(persistent)
        if type(persistent.value) is Global:  # torch gives the class itself for the id of its source
            engine.stack.append(persistent.value)
            return
    elif not _is_storage(value):
        engine.found.add("WGH-PK023", "a persistent id that is no storage of torch", offset=engine.op)
    engine.stack.append(persistent)


def _is_storage(value: Value) -> bool:
    if type(value) is not tuple or len(value) < 5 or value[0] != "storage":
        return False
    return (
        type(value[1]) is Global and type(value[2]) is str and type(value[3]) is str and type(value[4]) is int
    )


# Numbers and texts written as lines.


def _float(engine: Engine) -> None:
    raw = engine.line()
    try:
        engine.stack.append(float(raw))
    except ValueError:
        raise BrokenError("WGH-PK009", "a float that is none") from None


def _int(engine: Engine) -> None:
    raw = engine.line()
    if raw in {b"00", b"01"}:
        engine.stack.append(raw == b"01")
        return
    engine.stack.append(_integer(engine, raw))


def _long(engine: Engine) -> None:
    raw = engine.line()
    engine.stack.append(_integer(engine, raw.removesuffix(b"L")))


def _integer(engine: Engine, raw: bytes) -> Value:
    if len(raw) > MOST_DIGITS:
        engine.found.add("WGH-PK017", f"an integer of {len(raw)} digits in text", offset=engine.op)
        return UNKNOWN
    try:
        return int(raw, 0) if raw[:1] == b"0" else int(raw)
    except ValueError:
        raise BrokenError("WGH-PK009", "an integer that is none") from None


def _counted_integer(engine: Engine, size: int) -> None:
    length = int.from_bytes(engine.take(size), "little", signed=size == 4)
    if length < 0 or length > engine.size - engine.at:
        raise BrokenError("WGH-PK006", f"an integer of {length} bytes, {engine.size - engine.at} are left")
    if length > 4096:
        engine.at += length
        engine.stack.append(UNKNOWN)
        return
    engine.stack.append(int.from_bytes(engine.take(length), "little", signed=True))


def _string_line(engine: Engine) -> None:
    start = engine.at
    raw = engine.line().strip()
    if len(raw) < 2 or raw[:1] != raw[-1:] or raw[:1] not in {b"'", b'"'}:
        raise BrokenError("WGH-PK009", "a text without its quotes")
    inner = raw[1:-1]
    data = _unescaped(inner) if b"\\" in inner else inner
    _escaped(engine, start, data, Literal.STRING, plain=data == inner)


def _unicode_line(engine: Engine) -> None:
    start = engine.at
    raw = engine.line()
    text = raw.decode("latin-1")
    if "\\u" in text or "\\U" in text:
        text = _CODE_POINT.sub(_code_point, text)
    _escaped(
        engine,
        start,
        text.encode("utf-8", "surrogatepass"),
        Literal.TEXT,
        plain=text.isascii() and "\\" not in raw.decode("latin-1"),
    )


_CODE_POINT = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")


def _code_point(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number < 0x110000 else "\ufffd"


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|\n|.)", re.DOTALL)
_SIMPLE = {
    b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"\\": b"\\",
    b"'": b"'", b'"': b'"', b"\n": b"",
}  # fmt: skip


def _unescaped(raw: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        found = match[1]
        if found[:1] == b"x" and len(found) == 3:
            return bytes([int(found[1:], 16)])
        if found[:1].isdigit():
            return bytes([int(found, 8) & 0xFF])
        return _SIMPLE.get(found, b"\\" + found)

    return _ESCAPE.sub(one, raw)


def _escaped(engine: Engine, start: int, data: bytes, kind: Literal, *, plain: bool) -> None:
    """Push a text that was written as a line."""
    place = start + (1 if kind is Literal.STRING else 0)
    if len(data) >= SHORTEST:
        before = len(engine.nested)
        engine.probe(place, len(data), data, kind)
        if not plain and len(engine.nested) > before:
            last = engine.nested.pop()
            engine.note_nested(last.offset, engine.at - start, last.looks_like, data)
    try:
        engine.stack.append(data.decode("ascii" if kind is Literal.STRING else "utf-8", "strict"))
    except UnicodeDecodeError:
        head = data[:4096]
        engine.stack.append(Blob(place, len(data), kind, head, plain=plain))


# Literals with a length.


def _counted(size: int, kind: Literal, *, signed: bool = False) -> Callable[[Engine], None]:
    def handler(engine: Engine) -> None:
        length = int.from_bytes(engine.take(size), "little", signed=signed)
        engine.stack.append(engine.literal(engine.at, length, kind))

    return handler


# The stream itself.


def _protocol(engine: Engine) -> None:
    protocol = engine.take(1)[0]
    if protocol > HIGHEST_PROTOCOL:
        raise BrokenError("WGH-PK011", f"protocol {protocol}; the highest is {HIGHEST_PROTOCOL}")
    if engine.op != engine.start:
        engine.found.add("WGH-PK021", "a second PROTO inside the stream", offset=engine.op)
    engine.protocol = max(protocol, engine.protocol)


def _frame(engine: Engine) -> None:
    length = int.from_bytes(engine.take(8), "little")
    left = engine.size - engine.at
    if length > left:
        rule = "WGH-PK005" if length >= ABSURD else "WGH-PK018"
        engine.found.add(rule, f"a frame of {length} bytes, {left} are left", offset=engine.op)
    if engine.at - 9 < engine.frame_end:
        engine.found.add("WGH-PK018", "a frame begins inside another", offset=engine.op)
    engine.frame_end = engine.at + length


def _next_buffer(engine: Engine) -> None:
    engine.found.add("WGH-PK024", "it takes a buffer from outside the stream", offset=engine.op)
    engine.stack.append(Buffer(engine.op))


def _read_only(engine: Engine) -> None:
    if type(engine.stack[-1]) not in {Buffer, Blob}:
        raise BrokenError("WGH-PK003", "READONLY_BUFFER on what is no buffer")


def _get_line(engine: Engine) -> None:
    raw = engine.line()
    engine.stack.append(engine.get(_index(raw)))


def _put_line(engine: Engine) -> None:
    raw = engine.line()
    index = _index(raw)
    engine.put(index, engine.stack[-1])


def _index(raw: bytes) -> int:
    if len(raw) > 20 or not raw.strip().isdigit():
        raise BrokenError("WGH-PK009", "a memo entry whose number is none")
    return int(raw)


_HANDLERS = MappingProxyType(
    {
        ord("0"): _pop,
        ord("1"): lambda engine: (_pop_mark(engine), None)[1],
        ord("2"): _duplicate,
        ord("l"): _list_of_marked,
        ord("d"): _dict_of_marked,
        0x91: _frozen_set,
        0x8F: _empty_set,
        0x90: _add_items,
        ord("c"): _global,
        0x93: stack_global,
        ord("i"): _instance,
        ord("o"): _object,
        0x81: _new,
        0x92: _new_with_keywords,
        0x82: lambda engine: _extension(engine, 1),
        0x83: lambda engine: _extension(engine, 2),
        0x84: lambda engine: _extension(engine, 4),
        ord("P"): lambda engine: _persistent(engine, _line_text(engine)),
        ord("Q"): lambda engine: _persistent(engine, engine.stack.pop()),
        ord("F"): _float,
        ord("I"): _int,
        ord("L"): _long,
        0x8A: lambda engine: _counted_integer(engine, 1),
        0x8B: lambda engine: _counted_integer(engine, 4),
        ord("S"): _string_line,
        ord("V"): _unicode_line,
        ord("T"): _counted(4, Literal.STRING, signed=True),
        ord("U"): _counted(1, Literal.STRING),
        ord("X"): _counted(4, Literal.TEXT),
        0x8C: _counted(1, Literal.TEXT),
        0x8D: _counted(8, Literal.TEXT),
        ord("B"): _counted(4, Literal.BYTES),
        ord("C"): _counted(1, Literal.BYTES),
        0x8E: _counted(8, Literal.BYTES),
        0x96: _counted(8, Literal.BYTEARRAY),
        0x80: _protocol,
        0x95: _frame,
        0x97: _next_buffer,
        0x98: _read_only,
        ord("g"): _get_line,
        ord("p"): _put_line,
    }
)
