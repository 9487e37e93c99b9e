"""What a walk over a syntax tree remembers: scopes, functions met, effects found, and what it has cost."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weigh.code.constants import Tag, Value
from weigh.code.effects import MOST_EFFECTS, Effect, EffectKind, When
from weigh.code.syntax import MAX_TREE_DEPTH

MOST_STEPS = 400_000
"""Expressions and statements looked at in one source, those of followed calls counted each time."""

Keywords = dict[str, Value]
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True)
class Local:
    """A function or class of this source.

    Attributes:
        node: where it is defined.
        frame: the scope around it.
        members: of a class, those of its parents included.
        owner: the class a method belongs to.
        bases: names of a class's parents that are not of this source.
    """

    node: AnyFunction | ast.ClassDef
    frame: "Frame"
    members: dict[str, list[Value]] = field(default_factory=dict)
    owner: "Local | None" = None
    bases: tuple[str, ...] = ()


@dataclass(slots=True)
class Frame:
    """Names of one scope, and when its code runs."""

    names: dict[str, list[Value]]
    parent: "Frame | None"
    when: When
    returns: list[Value] = field(default_factory=list)

    def lookup(self, name: str) -> list[Value]:
        """What a name may stand for here; empty when it is not of this source."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.parent
        return []


class ExhaustedError(Exception):
    """The walk has taken as many steps as are allowed."""


@dataclass(slots=True)
class Site:
    """A call: where it stands and in which scope."""

    node: ast.AST
    frame: Frame


class Walk(ABC):
    """State of a walk, and the parts that its layers give each other.

    Args:
        nested: sources around this one.
        module: the outermost scope.
        steps: taken already.
    """

    def __init__(self, nested: int, module: Frame, steps: int) -> None:
        self.effects: dict[tuple[EffectKind, int, str], Effect] = {}
        self.unread = ""
        self.steps = steps
        self.nested = nested
        self.module = module
        self.depth = 0
        self.folded = 0
        self.inlined: list[ast.AST] = []
        self.attributes: dict[str, list[Value]] = {}
        self.waiting: list[tuple[Local, When]] = []
        self.written: dict[str, frozenset[Tag]] = {}
        self.known: dict[tuple[ast.AST, When], Value] = {}

    @abstractmethod
    def value(self, node: ast.expr, frame: Frame) -> Value:
        """What is known of an expression; its effects are noted."""

    @abstractmethod
    def attribute(self, owner: Value, name: str, frame: Frame) -> Value:
        """`owner.name`."""

    @abstractmethod
    def named(self, name: str, frame: Frame) -> Value:
        """What a name stands for."""

    @abstractmethod
    def call(self, node: ast.Call, frame: Frame) -> Value:
        """A call as it is written."""

    @abstractmethod
    def call_value(self, function: Value, args: list[Value], keywords: Keywords, site: Site) -> Value:
        """A call of a value."""

    @abstractmethod
    def enter(self, local: Local, args: list[Value], keywords: Keywords, when: When) -> Value:
        """Follow a function of this source."""

    @abstractmethod
    def block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        """Follow statements."""

    @abstractmethod
    def bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """`target = value`."""

    @abstractmethod
    def replaced(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> None:
        """An attribute is set anew."""

    @abstractmethod
    def inside(self, text: str, site: Site) -> None:
        """Constant text that is evaluated."""

    def step(self) -> bool:
        """Count one step; whether the tree is still shallow enough to go on.

        Raises:
            ExhaustedError: there were too many.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ExhaustedError
        if self.depth > MAX_TREE_DEPTH:
            self.unread = "it is nested too deeply to follow"
            return False
        return True

    def add(self, kind: EffectKind, node: ast.AST | None, detail: str, when: When) -> None:
        """Note an effect; alike ones of a line once, the first of a kind always."""
        line = getattr(node, "lineno", 0)
        key = (kind, line, detail[:80])
        if len(self.effects) < MOST_EFFECTS or not any(k[0] is kind for k in self.effects):
            self.effects.setdefault(key, Effect(kind, line, detail[:400], when))

    def locals_of(self, values: Iterable[Value]) -> Iterator[Local]:
        """The functions and classes of this source among values."""
        for value in values:
            if isinstance(value.local, Local):
                yield value.local
