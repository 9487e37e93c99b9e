"""What still acts past the bounds of the machine: volume must not hide a call.

Where a stream holds more than is followed, the rest is walked opcode by opcode without stack or values. Names
that run code are listed with arguments that are not known; everything else there stays unread.
"""

from weigh.core.facts import Use
from weigh.formats.pickle_engine import Engine
from weigh.formats.pickle_held import BrokenError
from weigh.formats.pickle_opcodes import COUNTED, FIXED, LINES, WINDOW
from weigh.formats.pickle_values import UNKNOWN, Global

MOST_OPCODES = 20_000_000
"""Opcodes walked so, a few seconds."""
MOST_LISTED = 10_000
"""Names listed, and texts remembered, past the bounds."""
LONGEST_NAME = 200

_RUNNERS = frozenset(
    {
        "os", "posix", "nt", "subprocess", "sys", "importlib", "runpy", "code", "codeop", "pty", "socket",
        "shutil", "ctypes", "_ctypes", "platform", "commands", "popen2", "marshal", "webbrowser", "asyncio",
        "multiprocessing", "threading", "_thread", "timeit", "cProfile", "profile", "pdb", "bdb", "doctest",
        "trace", "site", "pydoc", "imp", "pip", "pickle", "_pickle", "_posixsubprocess", "ensurepip",
        "venv", "distutils", "setuptools", "urllib", "urllib2", "requests", "ftplib", "smtplib",
        "telnetlib", "nturl2path", "antigravity", "idlelib", "lib2to3", "zipimport", "_frozen_importlib",
        "pkgutil", "modulefinder", "rlcompleter",
    }
)  # fmt: skip
"""Modules of Python, and of its installers, that run code or reach outside."""
_BUILTINS = frozenset({"builtins", "__builtin__", "__builtins__"})
_ACTING = frozenset(
    {
        "eval", "exec", "execfile", "compile", "__import__", "open", "file", "getattr", "setattr",
        "delattr", "globals", "locals", "vars", "input", "breakpoint", "apply", "map", "filter", "reduce",
        "help", "exit", "quit",
    }
)  # fmt: skip
_FIXED = {op[0]: size for op, size in FIXED.items()}
_LINES = {op[0]: count for op, count in LINES.items()}
_COUNTED = {op[0]: size for op, size in COUNTED.items()}
_TEXTS = frozenset(b"X\x8c\x8dUT")
_CALLS = frozenset(b"Rob\x81\x92")
_NO_VALUE = frozenset(b"\x80\x95\x94qrp(")


class _Rest:
    """A walk over the rest of a stream."""

    __slots__ = ("engine", "known", "last", "memoized", "pending")

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.memoized = len(engine.memo)
        self.known: dict[int, str] = {}
        self.last: list[str | None] = [None, None]
        self.pending: dict[tuple[str, str], int] = {}

    def walk(self) -> None:
        """Go on until the file, or what may be spent, ends."""
        engine = self.engine
        for _ in range(MOST_OPCODES):
            place = engine.at - engine.base
            if not 0 <= place < engine.limit:
                if engine.at >= engine.size:
                    return
                engine.load(engine.at)
                place = 0
            op = engine.data[place]
            engine.op = engine.at
            if op == 0x2E:  # another stream may follow; its memo begins anew
                engine.at += 1
                engine.memo, self.memoized = [], 0
                self.known.clear()
                continue
            if not self.step(op):
                return

    def step(self, op: int) -> bool:
        """Pass over one opcode; whether it is one."""
        engine = self.engine
        if op in _FIXED:
            argument = engine.take(_FIXED[op])[1:]
            self.plain(op, argument)
        elif op in _LINES:
            engine.at += 1
            self.lines(op, [self.line() for _ in range(_LINES[op])])
        elif op in _COUNTED:
            engine.at += 1
            length = int.from_bytes(engine.take(_COUNTED[op]), "little")
            text = op in _TEXTS and length <= LONGEST_NAME
            self.push(engine.take(length).decode("utf-8", "replace") if text else None)
            engine.at += 0 if text else length
        else:
            return False
        return True

    def push(self, value: str | None) -> None:
        """Something is put on the stack; only its text matters."""
        self.last = [self.last[1], value]

    def plain(self, op: int, argument: bytes) -> None:
        """An opcode of a fixed size."""
        if op in _CALLS:
            self.call()
        if op == 0x93:
            module, name = self.last
            self.push(None)
            if module is not None and name is not None:
                self.named(module, name)
        elif op in {0x94, 0x71, 0x72}:
            self.remember(self.memoized if op == 0x94 else int.from_bytes(argument, "little"))
            self.memoized += op == 0x94
        elif op in {0x68, 0x6A}:
            self.recall(int.from_bytes(argument, "little"))
        elif op not in _NO_VALUE:
            self.push(None)

    def lines(self, op: int, lines: list[str]) -> None:
        """An opcode followed by lines."""
        if op in b"ci":
            self.push(None)
            self.named(lines[0], lines[1])
            if op == 0x69:
                self.call()
        elif op in b"gp":
            index = int(lines[0]) if lines[0].isdecimal() and len(lines[0]) < 20 else -1
            if op == 0x70:
                self.remember(index)
            else:
                self.recall(index)
        elif op in b"SV":
            self.push(lines[0].strip("'\" ") if op == 0x53 else lines[0])
        else:
            self.push(None)

    def remember(self, index: int) -> None:
        """The memo is given what lies on top."""
        value = self.last[1]
        if value is not None and (value.partition(".")[0] in _RUNNERS or len(self.known) < MOST_LISTED):
            if len(self.known) < 10 * MOST_LISTED:
                self.known[index] = value
        else:
            self.known.pop(index, None)

    def recall(self, index: int) -> None:
        """A memo entry is put on the stack."""
        value = self.known.get(index)
        if value is None:
            try:
                found = self.engine.get(index)
            except BrokenError:
                found = UNKNOWN
            if type(found) is Global:
                self.named(found.module, found.name)
            value = found if type(found) is str else None
        self.push(value)

    def line(self) -> str:
        """The beginning of the next line; moves past its end, however far that is."""
        engine = self.engine
        first = b""
        while engine.at < engine.size:
            place = engine.at - engine.base
            if not 0 <= place < len(engine.data):
                engine.load(engine.at, WINDOW)
                place = 0
            end = engine.data.find(b"\n", place)
            if end >= 0 and engine.base + end < engine.size:
                first = first or engine.data[place : min(end, place + LONGEST_NAME)]
                engine.at = engine.base + end + 1
                break
            first = first or engine.data[place : place + LONGEST_NAME]
            engine.at = engine.base + len(engine.data)
        return first.decode("utf-8", "replace")

    def named(self, module: str, name: str) -> None:
        """Something is imported."""
        module, name = module.strip(), name.strip()
        acts = (
            name.partition(".")[0] in _ACTING if module in _BUILTINS else module.partition(".")[0] in _RUNNERS
        )
        if acts and len(self.pending) < MOST_LISTED:
            self.pending.setdefault((module, name), self.engine.op)

    def call(self) -> None:
        """Something is called: every name that was met may be it."""
        for name, offset in self.pending.items():
            if offset >= 0:
                self.engine.uses.add(Use.CALL, name, offset, UNKNOWN)
                self.pending[name] = -1


def walk_rest(engine: Engine) -> None:
    """List what acts in the part of a stream, from the opcode at `engine.op`, that is not followed."""
    rest = _Rest(engine)
    engine.at = engine.op
    for made in engine.globals[-MOST_LISTED:]:
        if not made.called:
            rest.named(made.module, made.name)
    try:
        rest.walk()
    except BrokenError:
        return
    finally:
        for name, offset in rest.pending.items():
            if offset >= 0:
                engine.uses.add(Use.IMPORT, name, offset)
