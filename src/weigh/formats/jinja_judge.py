"""What a Jinja template would do beyond writing text, seen from its syntax tree. Nothing is rendered.

Rules are listed in docs/formats/templates.md.
"""

import re
from itertools import islice

from weigh.core.facts import Anomaly
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.jinja_fold import Folder
from weigh.formats.jinja_hidden import judge_hidden
from weigh.formats.jinja_lexer import TemplateError
from weigh.formats.jinja_names import (
    CALLS_OUT,
    CHAT_NAMES,
    FILTERS,
    FUNCTIONS,
    GIVEN,
    METHODS,
    RUNTIME,
    STEMS,
    TESTS,
    is_internal,
    is_piece,
    names_internal,
    reaches,
)
from weigh.formats.jinja_statements import parse
from weigh.formats.jinja_syntax import Form, Node

MOST_COUNT = 10_000_000
"""Items or characters a template may ask for at once; Jinja's own sandbox stops ranges at 100,000."""

_ESCAPE = re.compile(r"__(?:" + "|".join(STEMS) + r")__|\bpopen\b|\\x5f\\x5f|\\137\\137")
MOST_ESCAPES = 1_000
"""Places looked at in a template that cannot be followed."""
_FIELD = re.compile(r"\{[^{}]*[.\[]\s*_")
_BY_ATTRIBUTE = {"map", "groupby", "sort", "sum", "min", "max", "unique", "selectattr", "rejectattr"}
_TAKES_FIRST = {"groupby", "selectattr", "rejectattr"}
_BY_FILTER = {"map", "select", "reject", "selectattr", "rejectattr"}


def judge_template(text: str) -> list[Anomaly]:
    """What is wrong with a template: chat templates, prompts.

    Args:
        text: the template, hostile.

    Returns:
        Anomalies; their offset is the character in the template.
    """
    found = AnomalyList()
    try:
        tree = parse(text)
    except TemplateError as error:
        if _escapes_in_tag(text):
            found.add(
                "WGH-JT001", "it names Python's insides, and is no template that can be followed", offset=0
            )
        why = f"{error.what}: {error.why}" if error.why else error.what
        found.add("WGH-JT006", f"the template cannot be followed: {why}", offset=error.offset or 0)
        return list(found.as_tuple())
    _Judge(tree, found).run()
    judge_hidden(tree, text, found)
    return list(found.as_tuple())


def _escapes_in_tag(text: str) -> bool:
    """Whether a name of Python's insides stands in a tag, in a text that is no template."""
    for found in islice(_ESCAPE.finditer(text), MOST_ESCAPES):
        before = text[max(0, found.start() - 2000) : found.start()]
        opened = max(before.rfind("{{"), before.rfind("{%"))
        if opened > max(before.rfind("}}"), before.rfind("%}")):
            return True
    return False


class _Judge:
    """Goes over one tree."""

    def __init__(self, tree: Node, found: AnomalyList) -> None:
        self.tree = tree
        self.found = found
        self.folder = Folder(tree)
        self.looks = {
            Form.ATTRIBUTE: self._attribute,
            Form.ITEM: self._item,
            Form.CALL: self._call,
            Form.FILTER: self._filter,
            Form.TEST: self._test,
            Form.CONSTANT: self._constant,
            Form.CONCAT: self._built,
            Form.SUM: self._built,
            Form.OPERATION: self._built,
            Form.NAME: self._name,
            Form.LOAD: self._load,
            Form.STATEMENT: self._statement,
        }
        self.macros = {n.text for n in tree.walk() if n.form is Form.MACRO}
        self.assigned = set(_assigned(tree))
        self.made = set(_made(tree))
        self.lists = _macro_lists(tree, self.macros)
        self.chat = any(n.form is Form.NAME and n.text in CHAT_NAMES for n in tree.walk())

    def run(self) -> None:
        for node in self.tree.walk():
            look = self.looks.get(node.form)
            if look is not None:
                look(node)
        if self.folder.exhausted:
            self._note("WGH-JT006", "it works out more than is followed", self.tree)

    def _test(self, node: Node) -> None:
        if node.text not in TESTS:
            self._note("WGH-JT005", f"the test {quoted(node.text)} is not known", node)

    def _statement(self, node: Node) -> None:
        if node.text == "debug":
            self._note("WGH-JT005", "it writes out everything it was given", node)

    def _note(self, rule: str, detail: str, node: Node) -> None:
        self.found.add(rule, detail, offset=node.at)

    def _internal(self, name: str, node: Node, how: str) -> None:
        self._note("WGH-JT001", f"it reaches {quoted(name)} {how}", node)

    def _attribute(self, node: Node) -> None:
        name, holder = node.text, node.parts[0]
        if is_internal(name):
            self._internal(name, node, "as an attribute")
        elif name.startswith("_") and len(name) > 1:
            self._note("WGH-JT005", f"it reads the private attribute {quoted(name)}", node)
        if holder.form is Form.NAME and holder.text in GIVEN - self.assigned:
            self._note("WGH-JT003", f"it reads {quoted(name)} of {quoted(holder.text)}", node)

    def _item(self, node: Node) -> None:
        holder, index = node.parts
        if index.form is Form.SLICE:
            return
        for value in self.folder.values(index):
            if isinstance(value, str) and is_internal(value):
                self._internal(value, node, "in brackets")
        if holder.form is Form.NAME and holder.text in GIVEN - self.assigned:
            self._note("WGH-JT003", f"it reads an item of {quoted(holder.text)}", node)
        if index.form is not Form.CONSTANT and any(_pieces(index)):
            self._note("WGH-JT001", "it puts together the name of one of Python's insides in brackets", node)

    def _constant(self, node: Node) -> None:
        text = node.value
        if not isinstance(text, str):
            return
        if (len(text) < 60 and (names_internal(text) or (text.startswith("{") and _FIELD.search(text)))) or (
            len(text) < 200 and reaches(text) and " " not in text
        ):
            self._internal(text, node, "as a text")

    def _built(self, node: Node) -> None:
        """Names that are put together, and texts that are too long."""
        for value in self.folder.values(node):
            if isinstance(value, str) and len(value) < 60 and is_internal(value) and reaches(value):
                self._internal(value, node, "put together")
        if node.form is Form.OPERATION and node.text in {"*", "**"}:
            self._power(node)

    def _power(self, node: Node) -> None:
        sizes = [v for part in node.parts for v in self.folder.values(part) if isinstance(v, int)]
        texts = any(isinstance(v, str | list) for part in node.parts for v in self.folder.values(part))
        if (texts and any(s >= MOST_COUNT for s in sizes)) or (
            node.text == "**" and len(sizes) > 1 and sizes[-1] > 10_000
        ):
            self._note("WGH-JT010", "it makes a value that fills the memory", node)

    def _name(self, node: Node) -> None:
        if node.text in self.assigned:
            return
        if (
            node.text in RUNTIME
            or (node.text.startswith("__") and node.text.strip("_"))
            or (node.text in {"lipsum", "get_flashed_messages", "url_for"} and self.chat)
        ):
            self._note("WGH-JT003", f"it uses {quoted(node.text)}", node)

    def _load(self, node: Node) -> None:
        names = self.folder.values(node.parts[0])
        plain = bool(names) and all(isinstance(n, str) and "." in n and not _leaves(n) for n in names)
        target = quoted(str(names[0])) if names else "a name that is worked out"
        if plain and not self.chat:
            self._note("WGH-JT012", f"it takes in another template, {target} ({node.text})", node)
        else:
            self._note("WGH-JT002", f"it takes in another file, {target} ({node.text})", node)

    def _call(self, node: Node) -> None:
        called = node.parts[0]
        for name, _ in node.keywords:
            if is_internal(name):
                self._internal(name, node, "as a keyword")
        if called.form is Form.NAME:
            self._call_name(node, called.text)
        elif called.form is Form.ATTRIBUTE:
            self._call_method(node, called, called.text)
        elif called.form is Form.ITEM:
            self._call_item(node, called)
        elif called.form is Form.FILTER and called.text == "attr":
            self._call_attr(node, called)
        else:
            self._note("WGH-JT005", "it calls what an expression comes to", node)

    def _call_name(self, node: Node, name: str) -> None:
        if name in self.macros or name in self.made:
            return
        if name in CALLS_OUT and name not in self.assigned:
            self._note("WGH-JT003", f"it calls {quoted(name)}", node)
        elif name == "range":
            numbers = [v for part in node.parts[1:] for v in self.folder.values(part) if isinstance(v, int)]
            if any(abs(number) >= MOST_COUNT for number in numbers):
                self._note("WGH-JT010", f"it counts to {max(map(abs, numbers))}", node)
        elif name not in FUNCTIONS:
            self._note("WGH-JT005", f"it calls {quoted(name)}, which templates are not given", node)

    def _call_method(self, node: Node, called: Node, name: str) -> None:
        if name in CALLS_OUT and name not in METHODS:
            self._note("WGH-JT003", f"it calls the method {quoted(name)}", node)
        elif name not in METHODS and called.parts[0].form is Form.NAME and called.parts[0].text == "self":
            return
        elif name not in METHODS:
            self._note("WGH-JT005", f"it calls the method {quoted(name)}, which is not known", node)
        elif name in {"format", "format_map"}:
            self._format(node, called.parts[0])
        elif name in {"center", "ljust", "rjust", "zfill"}:
            self._wide(node)

    def _format(self, node: Node, form: Node) -> None:
        for value in self.folder.values(form):
            if isinstance(value, str) and _FIELD.search(value):
                self._internal(value, node, "through a format")

    def _wide(self, node: Node) -> None:
        sizes = [v for part in node.parts[1:] for v in self.folder.values(part) if isinstance(v, int)]
        if any(size >= MOST_COUNT for size in sizes):
            self._note("WGH-JT010", f"it fills a text up to {max(sizes)} characters", node)

    def _call_item(self, node: Node, called: Node) -> None:
        names = [v for v in self.folder.values(called.parts[1]) if isinstance(v, str)]
        if called.parts[0].form is Form.NAME and called.parts[0].text in self.lists:
            return
        if not names:
            self._note("WGH-JT007", "it calls what a worked-out name in brackets stands for", node)
        for name in names:
            if name in CALLS_OUT:
                self._note("WGH-JT003", f"it calls {quoted(name)}", node)
            elif name not in METHODS:
                self._note("WGH-JT005", f"it calls {quoted(name)}, which is not known", node)

    def _call_attr(self, node: Node, called: Node) -> None:
        if len(called.parts) < 2 or not self.folder.values(called.parts[1]):
            self._note("WGH-JT007", "it calls an attribute whose name is worked out", node)

    def _filter(self, node: Node) -> None:
        arguments = node.positional()[1:]
        if node.text == "attr":
            self._by_name(node, arguments[0] if arguments else None)
        elif node.text not in FILTERS:
            self._note("WGH-JT005", f"the filter {quoted(node.text)} is not known", node)
        elif node.text in {"center", "indent", "wordwrap"}:
            self._wide(node)
        if node.text in _BY_ATTRIBUTE:
            self._path(node, node.keyword("attribute"))
            if node.text in _TAKES_FIRST and arguments:
                self._path(node, arguments[0])
        if node.text in _BY_FILTER:
            self._named_filter(node, arguments)
        operand = node.parts[0]
        if (
            operand.form is Form.NAME
            and operand.text in GIVEN - self.assigned
            and node.text in {"attr", "map", "list", "string"}
        ):
            self._note("WGH-JT003", f"it takes {quoted(operand.text)} apart", node)

    def _named_filter(self, node: Node, arguments: tuple[Node, ...]) -> None:
        """`map('attr', name)` applies a filter by name."""
        place = 1 if node.text in _TAKES_FIRST else 0
        if len(arguments) <= place:
            return
        names = [v for v in self.folder.values(arguments[place]) if isinstance(v, str)]
        if not names:
            self._note("WGH-JT004", f"the filter or test that {node.text} applies is worked out", node)
        for name in names:
            known = FILTERS if node.text == "map" else TESTS | {"==", "!=", "<", ">", "<=", ">="}
            if node.text == "map" and name == "attr":
                self._by_name(node, arguments[1] if len(arguments) > 1 else None)
            elif name not in known:
                self._note("WGH-JT005", f"{node.text} applies {quoted(name)}, which is not known", node)

    def _path(self, node: Node, argument: Node | None) -> None:
        """An attribute, or several with points between, that a filter looks up in each item."""
        if argument is None:
            return
        names = self.folder.values(argument)
        for name in names:
            if isinstance(name, str) and any(is_internal(part) for part in name.split(".")):
                self._internal(name, node, f"through the filter {node.text}")
        if not names and any(_pieces(argument)):
            self._internal("a name put together", node, f"through the filter {node.text}")

    def _by_name(self, node: Node, argument: Node | None) -> None:
        """`x|attr(name)`."""
        names = self.folder.values(argument) if argument is not None else ()
        for name in names:
            if isinstance(name, str) and is_internal(name):
                self._internal(name, node, "through the filter attr")
            elif isinstance(name, str) and (name.startswith("_") or name in CALLS_OUT):
                self._note("WGH-JT003", f"it reaches {quoted(name)} through the filter attr", node)
        if not names and argument is not None and any(_pieces(argument)):
            self._note("WGH-JT001", "it puts together the name of one of Python's insides for attr", node)
        elif not names:
            self._note("WGH-JT004", "the name of the attribute it reads is worked out", node)


def _pieces(node: Node) -> list[str]:
    """Constants in an expression that are parts of a name inside Python."""
    return [
        n.value
        for n in node.walk()
        if isinstance(n.value, str) and n.form is Form.CONSTANT and is_piece(n.value)
    ]


def _leaves(name: str) -> bool:
    """Whether the name of a template is a path that leaves its folder, or an address."""
    return name.startswith(("/", "\\", "~")) or ".." in re.split(r"[/\\]", name) or ":" in name


def _assigned(tree: Node) -> list[str]:
    """Names that the template itself gives values."""
    names: list[str] = []
    for node in tree.walk():
        if node.form in {Form.SET, Form.SET_BLOCK, Form.FOR}:
            target = node.parts[0]
            names += (
                n.text for n in target.walk() if n.form is Form.NAME and target.form is not Form.ATTRIBUTE
            )
        elif node.form is Form.MACRO:
            names += (node.text, *node.value)
        elif node.form is Form.STATEMENT and node.value:
            names += node.value
    return names


def _made(tree: Node) -> list[str]:
    """Names that are given a joiner or cycler, or macros through an argument; these are called."""
    return [
        node.parts[0].text
        for node in tree.walk()
        if node.form is Form.SET
        and node.parts[1].form is Form.CALL
        and node.parts[1].parts[0].text in {"joiner", "cycler"}
    ]


def _macro_lists(tree: Node, macros: set[str]) -> set[str]:
    """Names that are only ever given lists of the template's own macros."""
    given: dict[str, bool] = {}
    for node in tree.walk():
        if node.form is Form.SET and node.parts[0].form is Form.NAME:
            name = node.parts[0].text
            plain = {Form.LIST, Form.SUM, Form.NAME}
            sound = all(
                n.form in plain and (n.form is not Form.NAME or n.text in {name, *macros})
                for n in node.parts[1].walk()
            )
            given[name] = given.get(name, True) and sound
    return {name for name, sound in given.items() if sound}
