"""What is known of a value while code is followed without running it.

A value is a plain constant, a list, tuple or dict of values, one of the classes below, or `UNKNOWN`.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

MAX_CHOICES = 64
"""Values one expression may have that are told apart; beyond them it is unknown."""
MAX_TEXT = 64 * 1024
"""Characters of a text that is put together."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Choices:
    """One of several values."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class External:
    """Something of a package that is not followed, by its dotted name."""

    name: str


@dataclass(slots=True, eq=False)
class Module:
    """A source file that is followed.

    Attributes:
        path: in the code base.
        dotted: name by which it is imported.
        names: its variables; filled when it is first looked into.
    """

    path: str
    dotted: str
    names: dict[str, Any] = field(default_factory=dict, repr=False)
    entered: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """A name of a module that has not been looked up yet."""

    module: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function, method or lambda of the code base.

    Attributes:
        module: it stands in.
        node: its syntax tree.
        owner: value of its first parameter when it is bound, None otherwise.
        outer: variables of the function around it.
    """

    module: Module
    node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
    owner: Any = None
    outer: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def dotted(self) -> str:
        """Its module and name."""
        return f"{self.module.dotted}.{getattr(self.node, 'name', '<lambda>')}"


@dataclass(slots=True, eq=False)
class Class:
    """A class of the code base; `names` is what its body defines, `bases` the values of its bases."""

    module: Module
    node: ast.ClassDef
    names: dict[str, Any] = field(default_factory=dict, repr=False)
    bases: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(slots=True, eq=False)
class Instance:
    """An object made by calling a class of the code base, or a member of an enum."""

    of: Class
    names: dict[str, Any] = field(default_factory=dict, repr=False)


def each(value: Any) -> Iterator[Any]:
    """The values that a value may be."""
    if isinstance(value, Choices):
        yield from value.items
    else:
        yield value


def one_of(values: Iterable[Any]) -> Any:
    """A value that is one of several; equal constants count once."""
    kept: list[Any] = []
    for value in values:
        for item in each(value):
            if not any(_same(item, k) for k in kept):
                kept.append(item)
    if not kept or len(kept) > MAX_CHOICES:
        return UNKNOWN
    return kept[0] if len(kept) == 1 else Choices(tuple(kept))


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    plain = (str, bytes, int, float, bool, type(None), External, Unknown, Imported)
    return type(a) is type(b) and isinstance(a, plain) and bool(a == b)


def truth(value: Any) -> bool | None:
    """Whether a value counts as true, None when that is not known."""
    found = {_truth(item) for item in each(value)}
    return found.pop() if len(found) == 1 else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, Unknown | External | Imported):
        return None
    if isinstance(value, Function | Class | Instance | Module):
        return True
    return bool(value)


def is_plain(value: Any) -> bool:
    """Whether it is a constant, or made of constants only."""
    if isinstance(value, list | tuple):
        return all(is_plain(v) for v in value)
    return isinstance(value, str | bytes | int | float | bool | type(None))


def texts(value: Any) -> tuple[tuple[str, ...], bool]:
    """The texts a value may be, and whether it can be nothing else (None aside)."""
    found = [item for item in each(value) if isinstance(item, str)]
    others = [item for item in each(value) if not isinstance(item, str) and item is not None]
    return tuple(found), not others and bool(found)
