"""The syntax tree of a Jinja template."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Form(Enum):
    """What a node is. The comments say what its parts are."""

    CONSTANT = "constant"  # value
    NAME = "name"  # text
    ATTRIBUTE = "attribute"  # text; object
    ITEM = "item"  # object, index
    SLICE = "slice"  # from, to, step (NOTHING where left out)
    NOTHING = "nothing"
    CALL = "call"  # what is called, arguments
    FILTER = "filter"  # text; operand, arguments
    TEST = "test"  # text; operand, arguments
    CHOICE = "choice"  # condition, then, else
    CONCAT = "concat"  # operands of ~
    SUM = "sum"  # operands of +
    OPERATION = "operation"  # text: another operator; operands
    LIST = "list"
    TUPLE = "tuple"
    DICT = "dict"  # keys and values by turns
    DATA = "data"  # value: text between the tags
    OUTPUT = "output"  # expression
    FOR = "for"  # target, iterable, filter, body, else
    IF = "if"  # condition, body, else
    SET = "set"  # target, value
    SET_BLOCK = "set block"  # target, body, filters
    MACRO = "macro"  # text; body, defaults; value: names of the arguments
    BODY = "body"  # statements
    STATEMENT = "statement"  # text: tag; whatever stands in it
    LOAD = "load"  # text: include, import, extends, from; the template


@dataclass(frozen=True, slots=True)
class Node:
    """One node.

    Attributes:
        form: what it is.
        at: character offset in the template.
        text: a name.
        parts: nodes below.
        value: of a constant.
        keywords: keyword arguments as (name, place in `parts`).
        depth: levels below, this one included.
    """

    form: Form
    at: int
    text: str = ""
    parts: "tuple[Node, ...]" = ()
    value: Any = None
    keywords: tuple[tuple[str, int], ...] = ()
    depth: int = 1

    def walk(self) -> Iterator["Node"]:
        """This node and all below, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.parts))

    def positional(self) -> "tuple[Node, ...]":
        """The parts that are no keyword arguments."""
        named = {place for _, place in self.keywords}
        return tuple(part for place, part in enumerate(self.parts) if place not in named)

    def keyword(self, name: str) -> "Node | None":
        """A keyword argument, or None."""
        return next((self.parts[place] for key, place in self.keywords if key == name), None)
