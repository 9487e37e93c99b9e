"""Expressions followed: their values, as far as those can be known without running anything."""

import ast
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from weigh.sources import static_expressions as folding
from weigh.sources.static_names import Frame
from weigh.sources.static_statements import MAX_ROUNDS, Statements
from weigh.sources.static_values import UNKNOWN, Function, each, one_of, truth


class Expressions(Statements):
    """Gives the values of expressions."""

    @abstractmethod
    def _call(self, node: ast.Call, frame: Frame) -> Any:
        """The value of a call."""

    def _value(self, node: ast.expr, frame: Frame) -> Any:  # noqa: C901, PLR0912 - one case an expression
        self._step()
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._name(node.id, frame)
            case ast.Attribute():
                owners = each(self._value(node.value, frame))
                return one_of(self._attribute(owner, node.attr) for owner in owners)
            case ast.Call():
                return self._call(node, frame)
            case ast.JoinedStr():
                return folding.formatted([self._value(part, frame) for part in node.values])
            case ast.FormattedValue():
                spec = self._value(node.format_spec, frame) if node.format_spec else ""
                value = self._value(node.value, frame)
                if not isinstance(spec, str):
                    return UNKNOWN
                return folding.with_format(value, spec, node.conversion)
            case ast.BinOp():
                return folding.binary(node.op, self._value(node.left, frame), self._value(node.right, frame))
            case ast.Compare():
                return self._compare(node, frame)
            case ast.BoolOp():
                return self._either(node, frame)
            case ast.UnaryOp(op=ast.Not()):
                negated = truth(self._value(node.operand, frame))
                return UNKNOWN if negated is None else not negated
            case ast.UnaryOp(op=ast.USub()):
                return folding.combine(lambda v: -v, self._value(node.operand, frame))
            case ast.IfExp():
                test = truth(self._value(node.test, frame))
                ways = [node.body, node.orelse] if test is None else [node.body if test else node.orelse]
                return one_of(self._value(way, frame) for way in ways)
            case ast.List() | ast.Set():
                return [self._value(item, frame) for item in node.elts]
            case ast.Tuple():
                return tuple(self._value(item, frame) for item in node.elts)
            case ast.Dict():
                return self._dict(node, frame)
            case ast.Subscript():
                return folding.subscript(self._value(node.value, frame), self._value(node.slice, frame))
            case ast.Lambda():
                return Function(frame.module, node, outer={**frame.outer, **frame.names})
            case ast.NamedExpr():
                made = self._value(node.value, frame)
                self._assign(node.target, made, frame)
                return made
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, frame)
            case ast.Await() | ast.Starred():
                return self._value(node.value, frame)
            case _:
                return UNKNOWN

    def _compare(self, node: ast.Compare, frame: Frame) -> Any:
        if len(node.ops) != 1:
            return UNKNOWN
        left, right = self._value(node.left, frame), self._value(node.comparators[0], frame)
        return folding.compare(node.ops[0], left, right)

    def _either(self, node: ast.BoolOp, frame: Frame) -> Any:
        stops_at = isinstance(node.op, ast.Or)
        kept = []
        for part in node.values:
            value = self._value(part, frame)
            known = truth(value)
            if known is stops_at or part is node.values[-1]:
                kept.append(value)
                break
            if known is None:
                kept.append(value)
        return one_of(kept)

    def _dict(self, node: ast.Dict, frame: Frame) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            held = self._value(value, frame)
            if key is None:
                made.update(held if isinstance(held, dict) else {})
                continue
            name = self._value(key, frame)
            if isinstance(name, str | int | float | bool):
                made[name] = held
        return made

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame
    ) -> Any:
        listed: list[Any] = []
        mapped: dict[Any, Any] = {}
        for inner in self._rounds(node.generators, frame):
            if inner is None or len(listed) + len(mapped) > MAX_ROUNDS:
                return UNKNOWN
            if isinstance(node, ast.DictComp):
                key = self._value(node.key, inner)
                if isinstance(key, str | int):
                    mapped[key] = self._value(node.value, inner)
            else:
                listed.append(self._value(node.elt, inner))
        return mapped if isinstance(node, ast.DictComp) else listed

    def _rounds(self, generators: list[ast.comprehension], frame: Frame) -> Iterator[Frame | None]:
        """Variables of each round of a comprehension; None where its rounds are not known."""
        if not generators:
            yield frame
            return
        first = generators[0]
        items = self._value(first.iter, frame)
        if not isinstance(items, list | tuple | dict):
            yield None
            return
        for item in list(items)[:MAX_ROUNDS]:
            inner = Frame(frame.module, dict(frame.names), frame.outer)
            self._assign(first.target, item, inner)
            if all(truth(self._value(test, inner)) is not False for test in first.ifs):
                yield from self._rounds(generators[1:], inner)
