"""What an expression may stand for while it is followed: constants, names, code and containers."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from weigh.code.alternatives import MOST_ALTERNATIVES, TOO_MANY, Constant, Spot

if TYPE_CHECKING:
    from weigh.code.scopes import ModuleCode, Scope, Site

HOLE = "{}"
"""Stands in a text for a part that is not known."""
MOST_STEPS = 8
"""Steps of a way that are kept."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Known:
    """A constant, where its literal stands and how it came here.

    Attributes:
        value: the constant.
        how: the steps from the expression to the literal.
        spot: of the literal.
        open: it is a text with holes.
        name: dotted name of the enum member it is.
        turns: of the loops and functions it came through, each by its identity, the number of the turn or
            call: what other turns give never meets it.
    """

    value: Constant
    how: tuple[str, ...]
    spot: Spot | None
    open: bool = False
    name: str = ""
    turns: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Something of a library by its dotted name; `made`: what calling it gave."""

    dotted: str
    made: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A call that is being looked into: which function, with which arguments.

    Attributes:
        function: what is called.
        call: the call; its arguments are read at `site` in `parent`.
        skipped: parameters in front that the call does not give (`self`).
        receiver: what `self` or `cls` is.
    """

    function: FunctionNode | None
    call: ast.Call
    site: "Site"
    parent: "Frame | None"
    depth: int
    skipped: int = 0
    receiver: "Abstract | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """An expression at a place, not yet looked at. `why` instead when it is known to be unknown."""

    expression: ast.expr | None
    site: "Site"
    frame: Frame | None = None
    ready: "Possible | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or lambda of the program; `receiver` when it was taken from an object or class."""

    scope: "Scope"
    receiver: "Abstract | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the program. `exact` is False for `cls`, which may be a subclass."""

    scope: "Scope"
    exact: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class of the program; without a call, any of them."""

    of: "Scope"
    call: ast.Call | None = None
    site: "Site | None" = None
    frame: Frame | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list, tuple, set or what is looped over. `why`: there may be items that are not known."""

    items: tuple[Deferred, ...]
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping, or an object that is filled like one. `why`: there may be more entries."""

    entries: tuple[tuple[Deferred, Deferred], ...]
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A `functools.partial`: the callable and the call that holds its first arguments."""

    callee: Deferred
    call: ast.Call
    site: "Site"
    frame: Frame | None


@dataclass(frozen=True, slots=True, eq=False)
class LocalModule:
    """A module of the program."""

    module: "ModuleCode"


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """What parsing the command line gave: read by the names that the parser was told."""

    module: "ModuleCode"


@dataclass(frozen=True, slots=True, eq=False)
class FromFile:
    """Read from a file: which, and the keys taken so far. `told`: the variable that holds a configuration."""

    file: str
    keys: tuple[str, ...] = ()
    told: str = ""

    def item(self, key: str) -> "FromFile":
        """What the file holds under one key more."""
        return FromFile(self.file, (*self.keys, key), self.told)

    @property
    def why(self) -> str:
        """The reason that is shown."""
        if self.told:
            return f"a configuration gives {'.'.join((self.told, *self.keys))[:80]}"
        name = self.file or "a file"
        return f"read from {name}" + (f": {'.'.join(self.keys)}" if self.keys else "")


Abstract = (
    Known
    | Named
    | Function
    | Class
    | Instance
    | Items
    | Table
    | Prepared
    | LocalModule
    | Arguments
    | FromFile
)


@dataclass(frozen=True, slots=True)
class Possible:
    """What an expression may be. `why` is "" when nothing else is possible as far as the program shows."""

    items: tuple[Abstract, ...] = ()
    why: str = ""
    cut: bool = field(default=False, compare=False)

    def in_turn(self, loop: int, number: int) -> "Possible":
        """The same, as one turn of a loop or one call of a function gives it."""
        changed: list[Abstract] = []
        for item in self.items:
            if isinstance(item, Known):
                others = tuple(turn for turn in item.turns if turn[0] != loop)
                item = replace(item, turns=(*others, (loop, number))[-MOST_STEPS:])  # noqa: PLW2901 - the same value
            changed.append(item)
        return Possible(tuple(changed), self.why, self.cut)

    def via(self, step: str) -> "Possible":
        """The same, reached by one step more."""
        if not any(isinstance(item, Known) for item in self.items):
            return self
        changed = tuple(
            replace(item, how=longer(step, item.how)) if isinstance(item, Known) else item
            for item in self.items
        )
        return Possible(changed, self.why, self.cut)


def truth(item: Abstract) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if isinstance(item, Known):
        return None if item.open else bool(item.value)
    if isinstance(item, Items):
        return True if item.items else (None if item.why else False)
    if isinstance(item, Table):
        return True if item.entries else (None if item.why else False)
    if isinstance(item, Function | Class | Instance) or (isinstance(item, Named) and not item.made):
        return True
    return None


def longer(step: str, how: tuple[str, ...]) -> tuple[str, ...]:
    """A way with one step more in front; a step repeated at once is one step."""
    if how and how[0] == step:
        return how
    return (step, *how)[:MOST_STEPS]


NOTHING = Possible()
"""No value at all: of code that is not reached, or of a value that is only made of itself."""


def unknown(why: str) -> Possible:
    """Nothing is known, for this reason."""
    return Possible((), why)


def union(parts: Iterable[Possible]) -> Possible:
    """Any of several."""
    waiting = list(parts)
    if len(waiting) == 1:
        return waiting[0]
    kept: dict[object, Abstract] = {}
    why = ""
    cut = False
    for part in waiting:
        why = why or part.why
        cut = cut or part.cut
        for item in part.items:
            kept.setdefault(_identity(item), item)
    if len(kept) > MOST_ALTERNATIVES:
        # too many to tell turns apart
        plain = (replace(i, turns=()) if isinstance(i, Known) and i.turns else i for i in kept.values())
        kept = {_identity(item): item for item in plain}
    if len(kept) > MOST_ALTERNATIVES:
        return Possible(tuple(kept.values())[:MOST_ALTERNATIVES], TOO_MANY, cut)
    return Possible(tuple(kept.values()), why, cut)


def _identity(item: Abstract) -> object:
    if isinstance(item, Known):
        return (type(item.value), item.value, item.open, item.spot, item.turns)
    if isinstance(item, Named):
        return item
    if isinstance(item, Function):
        return ("function", id(item.scope), id(item.receiver) if item.receiver else 0)
    if isinstance(item, Class):
        return ("class", id(item.scope))
    if isinstance(item, Instance):
        return ("instance", id(item.of), id(item.call), id(item.frame))
    if isinstance(item, LocalModule):
        return ("module", id(item.module))
    if isinstance(item, Arguments):
        return ("arguments", id(item.module))
    if isinstance(item, FromFile):
        return ("file", item.file, item.keys)
    return id(item)
