"""A code base read without running it: its calls, what they call, and what their arguments may be."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from posixpath import commonprefix
from typing import Literal

from weigh.code import classes, parameters
from weigh.code.abstract import (
    HOLE,
    Class,
    Deferred,
    FromFile,
    Function,
    Instance,
    Items,
    Known,
    Named,
    Possible,
    Prepared,
    unknown,
)
from weigh.code.alternatives import MOST_ALTERNATIVES, TOO_MANY, Alternative, Alternatives, FileValue, Spot
from weigh.code.codebase import CodeBase, dotted_name, last_name
from weigh.code.evaluate import Evaluator, Held, StartedWith
from weigh.code.indexing import index
from weigh.code.notebook_cells import joined_cells, notebook_cells
from weigh.code.scopes import CallSite, ModuleCode, Site
from weigh.code.syntax import Parsed, parse_source, parse_text

MOST_SOURCE = 64 * 1024 * 1024
"""Bytes of source of one program that are kept as trees; a tree takes some forty times its source."""
MOST_OF_FILE = 4 * 1024 * 1024
"""Bytes of one source file that are parsed."""
NAME_STEPS = 400
"""Expressions that are looked at to find out what is called; there are very many calls."""
SHOWN = 200
"""Characters of an expression that are shown."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source file to be read.

    Attributes:
        path: relative POSIX path.
        data: its bytes.
        kind: a Python module or a notebook.
    """

    path: str
    data: bytes
    kind: Literal["python", "notebook"] = "python"


@dataclass(slots=True, eq=False)
class Call:
    """A call in the source.

    Attributes:
        path: of the file.
        spot: where it begins.
        end: line and column behind it, counted from 1; of a notebook, within the cell.
        node: its syntax.
        tail: the last name of the callee, known without following anything: `from_pretrained`.
    """

    path: str
    spot: Spot
    end: tuple[int, int]
    node: ast.Call
    tail: str
    _program: "Program" = field(repr=False)
    _site: Site = field(repr=False)
    _names: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted names that the callee may stand for; `?.name` for a method of something unknown."""
        if self._names is None:
            self._names = self._program.names_of(self.node.func, self._site)
        return self._names

    def argument(self, position: int | None, *keywords: str) -> ast.expr | None:
        """The argument at a position or under one of the keywords; None when it is not given.

        `*` and `**` are spread as far as they are known; where a mapping that is not known may hold it,
        the answer is an expression whose values are not known.
        """
        return self._program.argument_of(self.node, self._site, position, keywords)

    def values(self, argument: ast.expr) -> Alternatives:
        """What an argument of this call, or any expression at its place, may be."""
        return self._program.values(argument, self._site)

    def source(self, node: ast.expr | None = None) -> str:
        """The text of an expression, shortened to 200 characters; of the call itself without one."""
        return self._program.text_of(self.node if node is None else node)

    def inside(self) -> "Iterator[ast.Call]":
        """The calls that stand among its own arguments."""
        for part in [*self.node.args, *(keyword.value for keyword in self.node.keywords)]:
            for inner in ast.walk(part):
                if isinstance(inner, ast.Call):
                    yield inner

    @property
    def in_test_of(self) -> str:
        """The name of the function it stands in, "" at the level of the module."""
        scope = self._site.scope
        while scope.kind not in {"function", "module"} and scope.outer is not None:
            scope = scope.outer.scope
        return scope.name if scope.kind == "function" else ""


class Program:
    """All Python of a code base.

    Args:
        sources: its files.
        started_with: what the environment is set to where the program is started, for the name of a variable.

    Attributes:
        unread: files or cells that were not read, with the reason.
        lines: lines read.
    """

    def __init__(self, sources: Iterable[SourceText], started_with: StartedWith | None = None) -> None:
        unread: list[tuple[str, str]] = []
        modules: list[ModuleCode] = []
        self.lines = 0
        room = MOST_SOURCE
        for source in sources:
            room -= len(source.data) if source.kind == "python" else 0
            if room < 0:
                unread.append((source.path, f"more than {MOST_SOURCE} bytes of source in one program"))
                continue
            module = _notebook(source, unread) if source.kind == "notebook" else _module(source, unread)
            if module is None:
                continue
            self.lines += len(module.lines)
            modules.append(module)
            unread += [
                (module.path, f"line {n} is nested too deeply to be followed") for n in module.too_deep[:3]
            ]
        self.unread = tuple(unread)
        self._code = CodeBase(modules)
        self._engine = Evaluator(self._code, started_with)
        self._placed: dict[int, Deferred] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that were read."""
        return tuple(self._code.modules)

    def calls(self, path: str) -> Iterator[Call]:
        """Every call of a file in the order in which they are written, decorators included."""
        module = self._code.modules.get(path)
        if module is None:
            return
        for site in module.calls:
            yield self._call(module, site)

    def _call(self, module: ModuleCode, site: CallSite) -> Call:
        node = site.node
        end = module.spot_at(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        tail = last_name(node.func)
        return Call(module.path, module.spot(node), (end.line, end.column), node, tail, self, site.site)

    def imports(self, path: str) -> tuple[tuple[str, Spot], ...]:
        """The dotted names that a file imports: modules, and names taken out of them."""
        module = self._code.modules.get(path)
        if module is None:
            return ()
        found = []
        for source, name, _, node in module.imports:
            full = self._code.full_name(source, module)
            dotted = f"{full}.{name}" if name and name != "*" else full
            found.append((dotted.strip("."), module.spot(node)))
        return tuple(found)

    def attributes(self, path: str) -> Iterator[tuple[str, ast.Attribute, Spot]]:
        """Names of libraries that a file reads without calling them: `torchaudio.pipelines.WAV2VEC2_BASE`."""
        module = self._code.modules.get(path)
        if module is None:
            return
        for node, site in module.attributes:
            for name in self.names_of(node, site):
                if not name.startswith("?"):
                    yield name, node, module.spot(node)

    def values(self, argument: ast.expr, site: Site | None = None) -> Alternatives:
        """What an argument of a call may be."""
        placed = self._placed.get(id(argument))
        if placed is not None:
            found = self._engine.force_question(placed)
        elif isinstance(argument, Held):
            found = self._engine.force_question(argument.deferred)
        elif site is not None:
            found = self._engine.question(argument, site)
        else:
            found = unknown("an expression of no call that was asked about")
        return self._alternatives(found)

    def _alternatives(self, found: Possible) -> Alternatives:  # noqa: C901 - a case a kind
        items: list[Alternative] = []
        names: list[str] = []
        files: list[FileValue] = []
        partials: list[str] = []
        why = found.why
        for item in self._flat(found):
            if isinstance(item, Known):
                if item.name:
                    names.append(item.name)
                if item.open:
                    partials += [str(item.value)] if str(item.value) != HOLE else []
                elif item.spot is not None and not isinstance(item.value, float | complex):
                    items.append(Alternative(item.value, item.how or ("literal",), item.spot, item.name))
                elif item.spot is not None:
                    items.append(Alternative(item.value, item.how or ("literal",), item.spot))
            elif isinstance(item, Named | Class | Function):
                name = _name(item)
                if isinstance(item, Named) and item.made:
                    why = why or f"result of {name}"
                elif not name.startswith("?"):
                    names.append(name)
                why = why or ("" if not name.startswith("?") else "an object that is not known")
            elif isinstance(item, Items) and item.why:
                why = why or item.why
            elif isinstance(item, FromFile):
                files.append(FileValue(item.file, item.keys, item.why))
                why = why or item.why
            else:
                why = why or "an object, no constant"
        unique = tuple({(type(i.value), i.value, i.spot): i for i in items}.values())
        kept = unique[:MOST_ALTERNATIVES]
        why = why or (TOO_MANY if len(unique) > len(kept) else "")
        if why == TOO_MANY:
            # texts put together from that many choices are mostly choices that never meet
            joined = [str(item.value) for item in kept if "joined" in item.how]
            partials += [commonprefix(joined) + HOLE, *joined] if joined else []
            kept = tuple(item for item in kept if "joined" not in item.how)
        if not kept and not names:
            why = why or "nothing gives it a value"
        partly = tuple(dict.fromkeys(partials))[:MOST_ALTERNATIVES]
        return Alternatives(kept, not why, why, partly, tuple(dict.fromkeys(names)), tuple(files))

    def _flat(self, found: Possible) -> "Iterator[object]":
        """The values, with the items of lists in their place."""
        for item in found.items:
            if isinstance(item, Items):
                for part in item.items[:MOST_ALTERNATIVES]:
                    yield from self._engine.force_question(part).items
                if item.why:
                    yield Items((), item.why)
            else:
                yield item

    def names_of(self, node: ast.expr, site: Site) -> tuple[str, ...]:
        """Dotted names that an expression may stand for."""
        found = self._engine.question(node, site, steps=NAME_STEPS)
        names = [_name(item) for item in found.items if not isinstance(item, Known | Items)]
        names = [name for name in dict.fromkeys(names) if name]
        if not names:
            tail = last_name(node)
            return (f"?.{tail}",) if isinstance(node, ast.Attribute) else ((f"?{tail}",) if tail else ())
        return tuple(names)

    def argument_of(
        self, node: ast.Call, site: Site, position: int | None, keywords: tuple[str, ...]
    ) -> ast.expr | None:
        """The argument of a call, as `Call.argument` says."""
        try:
            call = self._whole(node, site)
            taken = parameters.given(self._engine, call, site, None)
        except RecursionError:
            return Held(Deferred(None, site, None, unknown("it is nested too deeply")))
        found = next((taken.named[name] for name in keywords if name in taken.named), None)
        if found is None and position is not None and 0 <= position < len(taken.positional):
            found = taken.positional[position]
        if found is None and taken.more and (position is not None or not self._handed_through(node)):
            found = Deferred(None, site, None, unknown(taken.more))
        return self._expression(found) if found is not None else None

    def _whole(self, node: ast.Call, site: Site) -> ast.Call:
        """The call with the arguments that a partial already holds."""
        for item in self._engine.question(node.func, site).items:
            if isinstance(item, Prepared):
                return self._engine.merged(item, node, site, None)
        return node

    def _handed_through(self, node: ast.Call) -> bool:
        """Whether what is spread is a parameter like `**kwargs`, which holds what callers wish to add."""
        return all(isinstance(k.value, ast.Name) for k in node.keywords if k.arg is None)

    def _expression(self, found: Deferred) -> ast.expr:
        if found.expression is None:
            return Held(found)
        if isinstance(found.expression, Held):
            return found.expression
        self._placed[id(found.expression)] = found
        return found.expression

    def text_of(self, node: ast.expr) -> str:
        """The text of an expression on one line, shortened to 200 characters."""
        if isinstance(node, Held):
            inner = node.deferred.expression
            return self.text_of(inner) if inner is not None else ""
        try:
            text = " ".join(ast.unparse(node).split())
        except (RecursionError, ValueError):
            return "(an expression that is nested too deeply)"
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _name(item: object) -> str:
    if isinstance(item, Named):
        return f"{item.dotted}()" if item.made else item.dotted
    if isinstance(item, Class | Function):
        return classes.dotted(item.scope)
    if isinstance(item, Instance):
        return f"{classes.dotted(item.of)}()"
    if isinstance(item, Prepared):
        return "functools.partial()"
    return ""


def _module(source: SourceText, unread: list[tuple[str, str]]) -> ModuleCode | None:
    parsed = parse_source(source.data)
    if parsed.tree is None and parsed.trouble.startswith("it has ") and len(source.data) <= MOST_OF_FILE:
        parsed = _parse_large(parsed)
    return _indexed(source.path, parsed, unread, *dotted_name(source.path))


def _parse_large(parsed: Parsed) -> Parsed:
    """A file beyond the bounds that hold for the code of a model: a project's own files may be longer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return replace(parsed, tree=ast.parse(parsed.text), trouble="")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return replace(parsed, trouble=f"{parsed.trouble}, and it cannot be parsed: {type(error).__name__}")


def _notebook(source: SourceText, unread: list[tuple[str, str]]) -> ModuleCode | None:
    read = notebook_cells(source.data)
    if read.why:
        unread.append((source.path, read.why))
    joined = joined_cells(read.cells)
    unread += [(source.path, f"cell {number}: {why}") for number, why in joined.left_out]
    if not joined.starts:
        return None
    return _indexed(source.path, parse_text(joined.text), unread, "", False, joined.starts)


def _indexed(
    path: str,
    parsed: Parsed,
    unread: list[tuple[str, str]],
    dotted: str,
    package: bool,  # noqa: FBT001 - two callers
    cells: tuple[tuple[int, int], ...] = (),
) -> ModuleCode | None:
    if parsed.tree is None or parsed.hidden:
        unread.append((path, parsed.trouble))
        return None
    if parsed.trouble:
        unread.append((path, f"{parsed.trouble}; what could be read of it was"))
    module = ModuleCode(path, dotted, package, parsed.text.splitlines(), parsed.tree, cells)
    index(module)
    return module
