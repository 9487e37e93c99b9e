"""Hostile ExecuTorch programs, one for each rule and way. Inert."""

import struct
from typing import Any

from hostile_tflite import Table, flatbuffer, patched

TENSOR, INT, LIST = 5, 2, 10


def value(kind: int, body: Table) -> Table:
    return Table({0: ("B", kind), 1: ("t", body)})


def tensor(sizes: list[int] | None = None, *, buffer: int = 0, kind: int = 6, **more: Any) -> Table:
    sizes = [2, 2] if sizes is None else sizes
    own = {0: ("b", kind), 2: ("*i", sizes), 3: ("*B", list(range(len(sizes))))}
    own |= {5: ("I", buffer)} if buffer else {6: ("t", Table({0: ("I", 1)}))}
    return value(TENSOR, Table({**own, **more.get("fields", {})}))


def call(kind: int, body: dict[int, tuple[str, Any]]) -> Table:
    return Table({0: ("B", kind), 1: ("t", Table(body))})


KERNEL = call(1, {0: ("i", 0), 1: ("*i", [0, 1])})


def plan(**more: Any) -> Table:
    fields = {
        0: ("s", "forward"),
        2: ("v", [tensor(), tensor(buffer=1)]),
        3: ("*i", [0]),
        4: ("*i", [1]),
        5: ("v", [Table({2: ("v", [KERNEL])})]),
        6: ("v", [Table({0: ("s", "aten::add"), 1: ("s", "out")})]),
    }
    return Table({**fields, **more.get("fields", {})})


def header(size: int, base: int, length: int = 24) -> bytes:
    return b"eh00" + struct.pack("<IQQ", length, size, base)


def program(*plans: Table, head: bytes = b"", tail: bytes = b"", **more: Any) -> bytes:
    fields = {
        0: ("I", 0),
        1: ("v", list(plans) or [plan()]),
        2: ("v", [Table(), Table({0: ("*B", list(bytes(16)))})]),
    }
    return flatbuffer(Table({**fields, **more.get("fields", {})}), b"ET12", head) + tail


def segments(
    *places: tuple[int, int], size: int = 32, base: int | None = None, tail: bytes | None = None
) -> bytes:
    """A program whose constants lie in a segment behind the tables."""
    listed = [Table({0: ("Q", at), 1: ("Q", length)}) for at, length in places]
    more = {4: ("v", listed), 5: ("t", Table({0: ("I", 0), 1: ("*Q", [0, 0])}))}
    tables = program(head=header(0, 0), fields=more)
    tables += bytes(-len(tables) % 16)
    tables = patched(tables, 16, "Q", len(tables))
    tables = patched(tables, 24, "Q", len(tables) if base is None else base)
    return tables + (bytes(size) if tail is None else tail)


WHOLE = program()
SOUND: dict[str, bytes] = {
    "plain": WHOLE,
    "segments": segments((0, 16)),
    "delegate": program(
        plan(
            fields={
                7: ("v", [Table({0: ("s", "XnnpackBackend"), 1: ("t", Table({0: ("b", 0), 1: ("I", 0)}))})])
            }
        ),
        fields={3: ("v", [Table({0: ("*B", [1, 2])})])},
    ),
    "lists": program(plan(fields={2: ("v", [tensor(), tensor(), value(LIST, Table({0: ("*i", [0, -1])}))])})),
}

CASES: dict[str, tuple[bytes, str]] = {
    "cut": (WHOLE[: len(WHOLE) // 2], "WGH-TL001"),
    "header-length": (program(head=header(100, 100, 5)), "WGH-TL001"),
    "segment-behind-the-end": (segments((0, 4096)), "WGH-TL001"),
    "root-of-2-to-the-32": (patched(WHOLE, 0, "I", 2**32 - 1), "WGH-TL002"),
    "base-of-2-to-the-63": (segments((0, 16), base=2**63), "WGH-TL002"),
    "base-inside-tables": (segments((0, 16), base=64), "WGH-TL002"),
    "segment-wraps": (segments((2**64 - 8, 16)), "WGH-TL002"),
    "segment-of-2-to-the-60": (segments((0, 2**60)), "WGH-TL002"),
    "input-outside": (program(plan(fields={3: ("*i", [99])})), "WGH-TL003"),
    "output-negative": (program(plan(fields={4: ("*i", [-1])})), "WGH-TL003"),
    "buffer-outside": (program(plan(fields={2: ("v", [tensor(), tensor(buffer=77)])})), "WGH-TL003"),
    "operator-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(1, {0: ("i", 9), 1: ("*i", [0])})])})])})),
        "WGH-TL003",
    ),
    "argument-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(1, {0: ("i", 0), 1: ("*i", [2**30])})])})])})),
        "WGH-TL003",
    ),
    "delegate-call-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(2, {0: ("i", 3)})])})])})),
        "WGH-TL003",
    ),
    "move-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(3, {0: ("i", -1), 1: ("i", 0)})])})])})),
        "WGH-TL003",
    ),
    "jump-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(4, {0: ("i", 0), 1: ("i", 500)})])})])})),
        "WGH-TL003",
    ),
    "free-outside": (
        program(plan(fields={5: ("v", [Table({2: ("v", [call(5, {0: ("i", 50)})])})])})),
        "WGH-TL003",
    ),
    "list-outside": (
        program(plan(fields={2: ("v", [tensor(), tensor(), value(LIST, Table({0: ("*i", [9])}))])})),
        "WGH-TL003",
    ),
    "order-repeated": (
        program(plan(fields={2: ("v", [tensor(), tensor(fields={3: ("*B", [0, 7])})])})),
        "WGH-TL003",
    ),
    "storage-negative": (
        program(plan(fields={2: ("v", [tensor(), tensor(fields={1: ("i", -4)})])})),
        "WGH-TL003",
    ),
    "delegate-data-outside": (
        program(
            plan(fields={7: ("v", [Table({0: ("s", "XnnpackBackend"), 1: ("t", Table({1: ("I", 9)}))})])})
        ),
        "WGH-TL003",
    ),
    "named-outside": (program(fields={7: ("v", [Table({0: ("s", "k"), 1: ("I", 9)})])}), "WGH-TL003"),
    "constants-outside": (program(fields={5: ("t", Table({0: ("I", 9), 1: ("*Q", [0])}))}), "WGH-TL003"),
    "operator-strange": (program(plan(fields={6: ("v", [Table({0: ("s", "evil::run")})])})), "WGH-TL005"),
    "delegate-strange": (program(plan(fields={7: ("v", [Table({0: ("s", "EvilBackend")})])})), "WGH-TL005"),
    "sizes-negative": (program(plan(fields={2: ("v", [tensor(), tensor([-1, 2])])})), "WGH-TL006"),
    "sizes-overflow": (program(plan(fields={2: ("v", [tensor(), tensor([2**31 - 1] * 3)])})), "WGH-TL006"),
    "too-many-dimensions": (program(plan(fields={2: ("v", [tensor(), tensor([1] * 40)])})), "WGH-TL006"),
    "constant-too-small": (
        program(plan(fields={2: ("v", [tensor(), tensor([100], buffer=1)])})),
        "WGH-TL007",
    ),
    "plans-of-thousands": (program(*[Table({0: ("s", "p")})] * 1001), "WGH-TL009"),
    "program-in-segment": (segments((0, 16), tail=b"\x7fELF" + bytes(28)), "WGH-TL011"),
}
"""Name → the file and the rule it breaks."""
NAMES: dict[str, str] = {}
ERRORS = frozenset({"WGH-TL001"})
REVIEWS = frozenset({"WGH-TL005"})
