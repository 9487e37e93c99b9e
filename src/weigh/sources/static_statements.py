"""Statements followed one after the other: what they make of the variables, on every way they may go."""

import ast
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from weigh.sources import static_expressions as folding
from weigh.sources.static_modules import Modules
from weigh.sources.static_names import Frame, Names, TooMuchError
from weigh.sources.static_values import UNKNOWN, Class, Function, Imported, Instance, each, one_of, truth

MAX_STEPS = 400_000
"""Statements and expressions followed for one answer: some seconds."""
MAX_ROUNDS = 2000
"""Rounds of one loop."""


class Statements(Names):
    """Follows statements; every step is counted."""

    def __init__(self, modules: Modules) -> None:
        super().__init__(modules)
        self._steps = 0

    @abstractmethod
    def _value(self, node: ast.expr, frame: Frame) -> Any:
        """The value of an expression."""

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuchError(f"following its code took more than {MAX_STEPS:,} steps")

    def _block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        for statement in body:
            if frame.ended:
                return
            self._step()
            self._statement(statement, frame)

    def _statement(self, node: ast.stmt, frame: Frame) -> None:  # noqa: C901, PLR0912 - one case a statement
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for decorator in node.decorator_list:
                    self._value(decorator, frame)
                outer = {} if frame.names is frame.module.names else {**frame.outer, **frame.names}
                frame.names[node.name] = Function(frame.module, node, outer=outer)
            case ast.ClassDef():
                frame.names[node.name] = self._class(node, frame)
            case ast.Import() | ast.ImportFrom():
                self._imports(node, frame)
            case ast.Assign():
                made = self._value(node.value, frame)
                for target in node.targets:
                    self._assign(target, made, frame)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, self._value(node.value, frame), frame)
            case ast.AugAssign():
                self._augmented(node, frame)
            case ast.Expr():
                self._value(node.value, frame)
            case ast.Return():
                frame.returned.append(self._value(node.value, frame) if node.value else None)
                frame.ended = True
            case ast.Raise() | ast.Continue() | ast.Break():
                frame.ended = True
            case ast.If():
                self._branches(self._value(node.test, frame), (node.body, node.orelse), frame)
            case ast.For() | ast.AsyncFor():
                self._loop(node, frame)
            case ast.While():
                self._value(node.test, frame)
                self._maybe((node.body, node.orelse, ()), frame)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    entered = self._value(item.context_expr, frame)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, entered, frame)
                self._block(node.body, frame)
            case ast.Try():
                self._maybe(([*node.body, *node.orelse], *(h.body for h in node.handlers)), frame)
                self._block(node.finalbody, frame)
            case ast.Match():
                self._value(node.subject, frame)
                self._maybe((*(case.body for case in node.cases), ()), frame)
            case ast.Assert():
                self._value(node.test, frame)
            case _:
                pass

    def _imports(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                frame.names[alias.asname or name] = Imported(name, "")
            return
        source = self._modules.absolute(frame.module, node.module or "", node.level)
        for alias in node.names:
            if alias.name != "*":
                frame.names[alias.asname or alias.name] = Imported(source, alias.name)
                continue
            module = self._modules.find(source)
            if module is not None:
                self._enter(module)
                public = {k: v for k, v in module.names.items() if not k.startswith("_")}
                frame.names.update({k: v for k, v in public.items() if k not in frame.names})

    def _branches(self, test: Any, bodies: tuple[Iterable[ast.stmt], ...], frame: Frame) -> None:
        known = truth(test)
        if known is not None:
            self._block(bodies[0 if known else 1], frame)
        else:
            self._maybe(bodies, frame)

    def _maybe(self, bodies: Iterable[Iterable[ast.stmt]], frame: Frame) -> None:
        """Follow each of several ways from here; afterwards a variable is what any of them made it."""
        before = dict(frame.names)
        ends: list[dict[str, Any]] = []
        for body in bodies:
            way = Frame(frame.module, dict(before), frame.outer, frame.returned)
            self._block(body, way)
            if not way.ended:
                ends.append(way.names)
        frame.ended = not ends
        for name in {n for end in ends for n in end}:
            values = [end[name] for end in ends if name in end]
            same = all(v is values[0] for v in values)
            frame.names[name] = values[0] if same else one_of(values)

    def _loop(self, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
        items = self._value(node.iter, frame)
        rounds = list(items)[:MAX_ROUNDS] if isinstance(items, list | tuple | dict) else [UNKNOWN]
        for item in rounds:
            inner = Frame(frame.module, frame.names, frame.outer, frame.returned)
            self._assign(node.target, item, inner)
            self._block(node.body, inner)
        self._block(node.orelse, frame)

    def _assign(self, target: ast.expr, made: Any, frame: Frame) -> None:
        match target:
            case ast.Name():
                frame.names[target.id] = made
            case ast.Tuple() | ast.List():
                parts = made if isinstance(made, list | tuple) else None
                for place, inner in enumerate(target.elts):
                    fits = parts is not None and len(parts) == len(target.elts)
                    self._assign(inner, parts[place] if fits and parts else UNKNOWN, frame)
            case ast.Starred():
                self._assign(target.value, UNKNOWN, frame)
            case ast.Attribute():
                for owner in each(self._value(target.value, frame)):
                    if isinstance(owner, Instance):
                        owner.names[target.attr] = made
            case ast.Subscript():
                self._store(target, made, frame)
            case _:
                pass

    def _store(self, target: ast.Subscript, made: Any, frame: Frame) -> None:
        holder, key = self._value(target.value, frame), self._value(target.slice, frame)
        if isinstance(holder, dict) and isinstance(key, str | int) and len(holder) < 100_000:
            holder[key] = made

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        if isinstance(node.target, ast.Name):
            made = folding.binary(node.op, self._name(node.target.id, frame), self._value(node.value, frame))
            frame.names[node.target.id] = made

    def _class(self, node: ast.ClassDef, frame: Frame) -> Class:
        made = Class(frame.module, node, bases=tuple(self._value(b, frame) for b in node.bases))
        inner = Frame(frame.module, made.names, {**frame.outer, **frame.names} if frame.outer else {})
        self._block(node.body, inner)
        return made
