"""What constant expressions of a template come to, without running it.

Values are followed through assignments whatever the order of the flow: a name has every constant it is ever
given. Sizes are bounded, so that no template can make the folding costly.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

from weigh.formats.jinja_syntax import Form, Node

MAX_TEXT = 4096
"""Characters of a folded text; names that lead out of a template are short."""
MAX_VALUES = 24
"""Constants one expression may come to."""
_CANNOT = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What Python says when constants do not suit an operation; the template would fail there, too."""
MAX_STEPS = 200_000
"""Nodes folded in one template."""
_WIDE = re.compile(r"[0-9]{4,}")
_PERCENT = re.compile(r"%[-#0 +]*\d{0,3}(?:\.\d{1,3})?[csdxXora%]")
_PLACE = re.compile(r"\{(\d*)(?::[^{}]{0,8})?\}")

Values = tuple[Any, ...]
_TEXT_METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(str, name)
    for name in (
        "lower", "upper", "strip", "lstrip", "rstrip", "replace", "split", "rsplit", "title", "capitalize",
        "swapcase", "casefold", "removeprefix", "removesuffix", "partition", "rpartition", "splitlines",
    )
}  # fmt: skip
_FILTERS: dict[str, Callable[[Any], Any]] = {
    "lower": lambda v: str(v).lower(),
    "upper": lambda v: str(v).upper(),
    "capitalize": lambda v: str(v).capitalize(),
    "title": lambda v: str(v).title(),
    "string": str,
    "trim": lambda v: str(v).strip(),
    "safe": lambda v: v,
    "list": list,
    "reverse": lambda v: v[::-1] if isinstance(v, str) else list(v)[::-1],
    "first": lambda v: next(iter(v), None),
    "last": lambda v: list(v)[-1],
    "sort": sorted,
    "unique": lambda v: list(dict.fromkeys(v)),
    "length": len,
    "count": len,
    "int": int,
    "e": str,
    "escape": str,
    "forceescape": str,
    "join": lambda v: "".join(str(item) for item in v),
}


class Folder:
    """Follows constants through one template.

    Args:
        tree: its syntax tree.
    """

    def __init__(self, tree: Node) -> None:
        self._names: dict[str, Values] = {}
        self._steps = MAX_STEPS
        for node in tree.walk():
            self._learn(node)

    def _learn(self, node: Node) -> None:
        if node.form is Form.SET:
            self._give(node.parts[0], self.values(node.parts[1]))
        elif node.form is Form.SET_BLOCK:
            self._give(node.parts[0], self._output(node.parts[1]))
        elif node.form is Form.MACRO:
            self._note(node.text, self._output(node.parts[0]))
        elif node.form is Form.FOR:
            for iterable in self.values(node.parts[1]):
                if isinstance(iterable, list | str | tuple):
                    for item in islice(iterable, MAX_VALUES):
                        self._give(node.parts[0], (item,))
        elif node.form is Form.CALL and node.parts[0].form is Form.NAME and node.keywords:
            for name, place in node.keywords:
                self._note(f".{name}", self.values(node.parts[place]))

    def _give(self, target: Node, values: Values) -> None:
        if target.form is Form.NAME:
            self._note(target.text, values)
        elif target.form is Form.ATTRIBUTE:
            self._note(f".{target.text}", values)
        elif target.form is Form.TUPLE:
            for value in values:
                if isinstance(value, list | tuple | str):
                    for part, item in zip(target.parts, value, strict=False):
                        self._give(part, (item,))

    def _note(self, name: str, values: Values) -> None:
        before = self._names.get(name, ())
        new = tuple(v for v in values if v not in before)
        self._names[name] = (before + new)[:MAX_VALUES]

    def values(self, node: Node) -> Values:
        """The constants an expression may come to; none where none is known."""
        self._steps -= 1
        if self._steps < 0:
            return ()
        found: list[Any] = []
        try:
            for value in islice(self._fold(node), MAX_VALUES):
                weight = _weight(value)
                self._steps -= weight // 64
                if weight <= MAX_TEXT:
                    found.append(value)
        except _CANNOT:
            return tuple(found)
        return tuple(found)

    @property
    def exhausted(self) -> bool:
        """Whether the template is too much to be folded, so that names may have been missed."""
        return self._steps < 0

    def _fold(self, node: Node) -> Iterator[Any]:
        parts = node.parts
        match node.form:
            case Form.CONSTANT:
                yield node.value
            case Form.NAME | Form.ATTRIBUTE:
                point = "." if node.form is Form.ATTRIBUTE else ""
                yield from self._names.get(point + node.text, ())
            case Form.CHOICE:
                yield from self.values(parts[1])
                yield from self.values(parts[2])
            case Form.ITEM:
                yield from self._item(parts[0], parts[1])
            case Form.FILTER:
                yield from self._filter(node)
            case Form.CALL:
                yield from self._call(node)
            case form if form in _JOINED:
                for items in self._each(parts, unknown=form is Form.DICT):
                    yield _JOINED[form](node.text, items)

    def _each(self, parts: tuple[Node, ...], *, unknown: bool = False) -> Iterator[tuple[Any, ...]]:
        """Every way to choose one constant for each part."""
        choices = [self.values(part) or ((None,) if unknown else ()) for part in parts]
        return islice(product(*choices), MAX_VALUES)

    def _item(self, holder: Node, index: Node) -> Iterator[Any]:
        if index.form is Form.SLICE:
            bounds = [self.values(part) or (None,) for part in index.parts]
            for items in islice(product(self.values(holder), *bounds), MAX_VALUES):
                yield items[0][slice(*items[1:])]
            return
        for items in self._each((holder, index)):
            yield items[0][items[1]]

    def _filter(self, node: Node) -> Iterator[Any]:
        operand, arguments = node.parts[0], node.positional()[1:]
        if node.text == "join":
            for items in self._each((operand, *arguments[:1])):
                yield str(items[1] if arguments else "").join(str(item) for item in items[0])
        elif node.text in _FOLDED_WITH:
            for items in self._each((operand, *arguments)):
                yield _FOLDED_WITH[node.text](items)
        elif node.text in {"default", "d"}:
            yield from self.values(operand)
            yield from (v for part in arguments[:1] for v in self.values(part))
        elif node.text == "map" and arguments:
            yield from self._mapped(operand, arguments[0])
        elif node.text in _FILTERS:
            yield from (_FILTERS[node.text](value) for value in self.values(operand))

    def _mapped(self, operand: Node, name: Node) -> Iterator[Any]:
        for filtered, items in product(self.values(name), self.values(operand)):
            if filtered in _FILTERS:
                yield [_FILTERS[filtered](item) for item in items]

    def _call(self, node: Node) -> Iterator[Any]:
        called, arguments = node.parts[0], node.positional()[1:]
        if called.form is Form.NAME:
            if called.text == "dict":
                yield {
                    name: next(iter(self.values(node.parts[place])), None) for name, place in node.keywords
                }
            elif called.text == "range" and len(arguments) <= 3:
                for items in self._each(arguments):
                    yield list(islice(range(*items), MAX_VALUES))
            else:
                yield from self._names.get(called.text, ())
        elif called.form is Form.ATTRIBUTE:
            yield from self._method(called, arguments)

    def _method(self, called: Node, arguments: tuple[Node, ...]) -> Iterator[Any]:
        for items in self._each((called.parts[0], *arguments)):
            value, name = items[0], called.text
            if isinstance(value, str) and name in _TEXT_METHODS:
                yield _TEXT_METHODS[name](value, *items[1:])
            elif isinstance(value, str) and name == "join":
                yield value.join(str(item) for item in items[1])
            elif isinstance(value, str) and name == "format":
                yield _placed(value, items[1:])
            elif isinstance(value, dict) and name in {"keys", "values", "items"}:
                yield [list(i) if isinstance(i, tuple) else i for i in getattr(value, name)()]
            elif isinstance(value, dict) and name == "get":
                yield value.get(items[1])

    def _output(self, body: Node) -> Values:
        """What a block of statements writes, where that is constant."""
        texts: list[Values] = []
        for part in body.parts:
            if part.form is Form.DATA:
                texts.append((part.value,))
            elif part.form is Form.OUTPUT:
                texts.append(self.values(part.parts[0]) or ("",))
        found = tuple("".join(str(t) for t in items) for items in islice(product(*texts), MAX_VALUES))
        return tuple(text.strip() for text in found if len(text) <= MAX_TEXT)


def _sum(items: tuple[Any, ...]) -> Any:
    total = items[0]
    for item in items[1:]:
        total = total + item
    return total


def _operate(name: str, items: tuple[Any, ...]) -> Any:
    left = items[0]
    if name == "+1":
        return +left
    if name == "-":
        return -left if len(items) == 1 else left - items[1]
    if name == "%":
        right = items[1]
        if not isinstance(left, str):
            return left % right
        return _percent(left, tuple(right) if isinstance(right, list) else (right,))
    if name == "*":
        longest = max((len(i) for i in items if isinstance(i, str | list)), default=0)
        if longest and max(i for i in items if isinstance(i, int)) * longest > MAX_TEXT:
            raise ValueError
        return left * items[1]
    if name == "or":
        return next((item for item in items if item), items[-1])
    if name == "and":
        return items[-1]
    raise ValueError


def _weight(value: Any) -> int:
    """Characters and items of a value, with all that lies in it; counted up to a bound."""
    total, stack = 0, [value]
    while stack and total <= MAX_TEXT:
        item = stack.pop()
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, list | tuple):
            total += 1 + len(item)
            stack.extend(item[: MAX_TEXT + 1])
        elif isinstance(item, dict):
            total += 1 + len(item)
            stack += [*item.keys(), *item.values()]
        else:
            total += 1 if not isinstance(item, int) else 1 + item.bit_length() // 8
    return max(total, len(value)) if isinstance(value, str | list) else total


def _percent(form: str, arguments: tuple[Any, ...]) -> str:
    if _WIDE.search(form) or _PERCENT.sub("", form).count("%"):
        raise ValueError
    return form % arguments


def _placed(form: str, arguments: tuple[Any, ...]) -> str:
    """`str.format` with plain places only."""
    if _WIDE.search(form) or "{" in _PLACE.sub("", form):
        raise ValueError
    return form.format(*arguments)


_JOINED: dict[Form, Callable[[str, tuple[Any, ...]], Any]] = {
    Form.LIST: lambda _, items: list(items),
    Form.TUPLE: lambda _, items: list(items),
    Form.DICT: lambda _, items: dict(zip(items[::2], items[1::2], strict=True)),
    Form.CONCAT: lambda _, items: "".join(str(item) for item in items),
    Form.SUM: lambda _, items: _sum(items),
    Form.OPERATION: _operate,
}
_FOLDED_WITH: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "format": lambda items: _percent(str(items[0]), items[1:]),
    "replace": lambda items: str(items[0]).replace(str(items[1]), str(items[2])),
}
