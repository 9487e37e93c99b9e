"""What an expression may be: followed on demand through names, calls, containers and files; nothing runs."""

import ast
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, product
from typing import Any

from weigh.code import attributes, calling, classes, folding, names, parameters
from weigh.code.abstract import (
    HOLE,
    MOST_STEPS,
    NOTHING,
    Abstract,
    Class,
    Deferred,
    Frame,
    Function,
    Instance,
    Items,
    Known,
    Possible,
    Prepared,
    Table,
    longer,
    truth,
    union,
    unknown,
)
from weigh.code.alternatives import MOST_ALTERNATIVES, Constant, Spot
from weigh.code.codebase import CodeBase
from weigh.code.scopes import CallSite, Scope, Site

MAX_DEPTH = 90
"""Expressions that are followed inside one another; each takes a few frames of our own stack."""
MAX_STEPS = 4_000
"""Expressions that are looked at for one question."""
MOST_CHOICES = 65_536
"""Choices of parts that are looked through to put a text together."""
MOST_ITEMS = 4096
"""Items of a container that are looked through."""

Followed = Callable[[ast.expr, Site, Frame | None], Possible]
StartedWith = Callable[[str], Sequence[tuple[str, Spot]]]
"""Values that a variable of the environment is given outside of the program, with where."""


class Held(ast.expr):
    """An expression that was already placed, as an argument of a call that is put together."""

    def __init__(self, deferred: Deferred) -> None:
        super().__init__()
        self.deferred = deferred
        shown = deferred.expression
        self.lineno = getattr(shown, "lineno", 1)
        self.col_offset = getattr(shown, "col_offset", 0)


class Evaluator:
    """Answers what expressions of a code base may be, and remembers the answers."""

    def __init__(self, code: CodeBase, started_with: StartedWith | None = None) -> None:
        self.code = code
        self._known: dict[tuple[int, int], Possible] = {}
        self._running: set[tuple[int, int]] = set()
        self._frames: dict[tuple[int, int, int, int], Frame] = {}
        self._kept: dict[int, object] = {}
        self._steps = 0
        self._answers: dict[tuple[object, ...], Possible | None] = {}
        self._provisional: list[tuple[dict[Any, Any], tuple[object, ...]]] = []
        self._turning: set[tuple[object, ...]] = set()
        self.lines: dict[int, classes.Line] = {}
        self.given: dict[tuple[int, int], parameters.Given] = {}
        self.uses: dict[int, tuple[parameters.Use, ...]] = {}
        self.options: dict[str, list[CallSite]] | None = None
        self.started_with: StartedWith = started_with or (lambda _name: ())
        self.variables: dict[str, list[tuple[ast.expr, Site]]] | None = None
        self._same: dict[tuple[object, ...], Abstract] = {}
        self._calls: dict[tuple[object, ...], ast.Call] = {}
        self._follow: dict[type, Followed] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.JoinedStr: self._joined,
            ast.FormattedValue: self._formatted,
            ast.BinOp: self._operation,
            ast.BoolOp: self._choice,
            ast.IfExp: self._ternary,
            ast.UnaryOp: self._unary,
            ast.Subscript: self._subscript,
            ast.List: self._items,
            ast.Tuple: self._items,
            ast.Set: self._items,
            ast.Dict: self._table,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._mapping_comprehension,
            ast.Lambda: self._function,
            ast.NamedExpr: self._walrus,
            ast.Await: self._awaited,
            ast.Starred: self._starred,
            Held: self._held,
        }

    def question(
        self, node: ast.expr, site: Site, frame: Frame | None = None, *, steps: int = MAX_STEPS
    ) -> Possible:
        """What an expression may be, asked from outside: with fresh bounds.

        What was cut short because it went round in a circle holds for this question only.
        """
        self._steps = MAX_STEPS - steps
        try:
            return self.value(node, site, frame)
        except RecursionError:
            return unknown("it is nested too deeply")
        finally:
            self._running.clear()
            self._turning.clear()
            for answers, key in self._provisional:
                answers.pop(key, None)
            self._provisional.clear()

    def value(self, node: ast.expr, site: Site, frame: Frame | None = None) -> Possible:
        """What an expression may be at a place, within the calls that are being looked into."""
        frame = fitting(frame, site.scope)
        key = (id(node), id(frame))
        done = self._known.get(key)
        if done is not None:
            return done
        if key in self._running:
            return Possible(cut=True)
        self._steps += 1
        if self._steps > MAX_STEPS or len(self._running) > MAX_DEPTH:
            return Possible((), "there is too much to follow", cut=True)
        follow = self._follow.get(type(node))
        if follow is None:
            return unknown("not a value that is followed")
        self._running.add(key)
        try:
            found = follow(node, site, frame)
        finally:
            self._running.discard(key)
        self._known[key] = found
        if found.cut:
            self._provisional.append((self._known, key))
        return found

    def once(self, key: tuple[object, ...], find: Callable[[], Possible | None]) -> Possible | None:
        """An answer under another key than an expression, found once; nothing where it goes round."""
        if key in self._answers:
            return self._answers[key]
        if key in self._turning:
            return Possible(cut=True)
        self._turning.add(key)
        try:
            found = find()
        finally:
            self._turning.discard(key)
        self._answers[key] = found
        if found is not None and found.cut:
            self._provisional.append((self._answers, key))
        return found

    def force(self, deferred: Deferred) -> Possible:
        """What a placed expression may be."""
        if deferred.ready is not None:
            return deferred.ready
        if deferred.expression is None:
            return unknown("nothing is given")
        return self.value(deferred.expression, deferred.site, deferred.frame)

    def frame(
        self, scope: Scope, call: ast.Call, site: Site, parent: Frame | None, receiver: Abstract | None
    ) -> Frame | None:
        """The call of a function to look into; None where calls are already too deep or go round."""
        around, depth = parent, 1
        while around is not None:
            if around.function is scope.node or depth > 6:
                return None
            around, depth = around.parent, depth + 1
        key = (id(scope), id(call), id(parent), id(receiver) if receiver is not None else 0)
        if key not in self._frames:
            node = scope.node
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            skipped = int(receiver is not None)
            self._frames[key] = Frame(node, call, site, parent, depth, skipped, receiver)
            self.keep(call)
            self.keep(receiver)
        return self._frames[key]

    def force_question(self, deferred: Deferred) -> Possible:
        """What a placed expression may be, asked from outside."""
        if deferred.ready is not None:
            return deferred.ready
        if deferred.expression is None:
            return unknown("nothing is given")
        return self.question(deferred.expression, deferred.site, deferred.frame)

    # things made once: their identity stands in keys

    def same(self, made: Function | Class | Instance) -> Abstract:
        """The one value that stands for a function, a class, or any object of one."""
        if isinstance(made, Function):
            key: tuple[object, ...] = ("function", id(made.scope), id(made.receiver))
        elif isinstance(made, Class):
            key = ("class", id(made.scope), made.exact)
        else:
            key = ("object", id(made.of), made.exact)
        return self._same.setdefault(key, made)

    def instance(self, of: Class, call: ast.Call, site: Site, frame: Frame | None) -> Abstract:
        """The object that one call of a class makes."""
        key = ("made", id(of.scope), of.exact, id(call), id(frame))
        if key not in self._same:
            self._same[key] = Instance(of.scope, call, site, frame, of.exact)
            self.keep(call)
        return self._same[key]

    def keep(self, thing: object) -> None:
        """Keeps a value alive whose identity stands in a key."""
        self._kept.setdefault(id(thing), thing)

    def empty_call(self, scope: Scope) -> ast.Call:
        """A call without arguments, as asking a property is one."""
        key = ("empty", id(scope))
        if key not in self._calls:
            self._calls[key] = ast.Call(ast.Name(scope.name), [], [])
        return self._calls[key]

    def merged(self, first: Prepared, call: ast.Call, site: Site, frame: Frame | None) -> ast.Call:
        """The call of a partial with the arguments that it already holds in front."""
        key = ("merged", id(first.call), id(first.frame), id(call), id(frame))
        if key not in self._calls:
            early = parameters.given(self, first.call, first.site, first.frame)
            late = parameters.given(self, call, site, frame)
            named = {**early.named, **late.named}
            arguments: list[ast.expr] = [Held(part) for part in (*early.positional[1:], *late.positional)]
            more = early.more or late.more
            keywords = [ast.keyword(name, Held(value)) for name, value in named.items()]
            if more:
                keywords.append(ast.keyword(None, Held(Deferred(None, site, None, unknown(more)))))
            self._calls[key] = ast.Call(call.func, arguments, keywords)
            self.keep(first)
            self.keep(call)
        return self._calls[key]

    def built(self, call: ast.Call, arguments: tuple[ast.expr | Deferred, ...]) -> ast.Call:
        """A call of the first with the others, as `map` makes it."""
        key = ("built", id(call), tuple(map(id, arguments[1:])))
        if key not in self._calls:
            held: list[ast.expr] = [a if isinstance(a, ast.expr) else Held(a) for a in arguments[1:]]
            self._calls[key] = ast.Call(call.func, held, [])
            self.keep(call)
            self.keep(arguments)
            for argument in arguments:
                self.keep(argument)
        return self._calls[key]

    def handed(self, call: ast.Call, site: Site, way: int) -> ast.Call:
        """The call that another makes of a function it is given.

        Its arguments stand after the function (0), are the items of lists (-1), or in `args` (-2).
        """
        key = ("handed", id(call), way)
        if key in self._calls:
            return self._calls[key]
        arguments: list[ast.expr] = list(call.args[1:])
        keywords = [k for k in call.keywords if k.arg not in {"target", "args", "kwargs", "name", "daemon"}]
        if way == -1:
            columns = [self.elements(self.value(part, site)) for part in call.args[1:]]
            each = [union(self.force(i) for i in column.items) for column in columns]
            whole = [Possible(e.items, e.why or c.why) for e, c in zip(each, columns, strict=True)]
            arguments = [Held(Deferred(None, site, None, part)) for part in whole]
        elif way == -2:
            given = {k.arg: k.value for k in call.keywords if k.arg}
            arguments = [ast.Starred(given["args"])] if "args" in given else []
            keywords = [ast.keyword(None, given["kwargs"])] if "kwargs" in given else []
        self._calls[key] = ast.Call(call.func, arguments, keywords)
        return self._calls[key]

    def parser_kinds(self, maker: ast.expr | None, reader: Site) -> list[Deferred]:
        """The dataclasses that a parser of the command line was made for, of the reader's file first."""
        calls = [
            site for name in ("HfArgumentParser", "ArgumentParser") for site in self.code.calls.get(name, ())
        ]
        names = {maker.id} if isinstance(maker, ast.Name) else set()
        found: list[Deferred] = []
        for site in calls:
            if maker is site.node or names or not isinstance(maker, ast.Call):
                given = parameters.given(self, site.node, site.site, None)
                found += given.positional[:1] or [
                    d for n, d in given.named.items() if "class" in n or "types" in n
                ]
        here = [d for d in found if d.site.scope.module is reader.scope.module]
        return here or found

    # single expressions

    def _constant(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:  # noqa: ARG002 - one of a table
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str | int | float | bool | bytes | None):
            return unknown("not a value that is followed")
        return Possible((Known(node.value, (), site.scope.module.spot(node)),))

    def _name(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Name)
        return names.lookup(self, node, site, frame)

    def _attribute(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Attribute)
        return attributes.read(self, node, site, frame)

    def _call(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Call)
        return calling.call(self, node, site, frame)

    def _held(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:  # noqa: ARG002 - one of a table
        assert isinstance(node, Held)
        return self.force(node.deferred)

    def _function(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:  # noqa: ARG002 - one of a table
        return Possible((Function(site.scope.module.scopes[id(node)]),))

    def _walrus(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.NamedExpr)
        return self.value(node.value, site, frame)

    def _awaited(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Await)
        return self.value(node.value, site, frame)

    def _starred(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Starred)
        return self.value(node.value, site, frame)

    def _unary(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.UnaryOp)
        inner = self.value(node.operand, site, frame)
        found: list[Abstract] = []
        for item in inner.items:
            if isinstance(item, Known) and isinstance(node.op, ast.Not):
                found.append(Known(not item.value, item.how, item.spot))
            elif (
                isinstance(item, Known)
                and isinstance(item.value, int | float)
                and isinstance(node.op, ast.USub)
            ):
                found.append(Known(-item.value, item.how, item.spot))
        return Possible(tuple(found), inner.why or ("" if found else "not a value that is followed"))

    # choices

    def _choice(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        """`a or b`, `a and b`. What is named after a value that may be missing is a default."""
        assert isinstance(node, ast.BoolOp)
        either = isinstance(node.op, ast.Or)
        kept: list[Possible] = []
        for number, operand in enumerate(node.values):
            found = self.value(operand, site, frame)
            found = found.via("default" if either else "branch") if number else found
            if number == len(node.values) - 1:
                kept.append(found)
                break
            stays = tuple(i for i in found.items if truth(i) is not (not either))
            passes = bool(found.why) or any(truth(i) is not either for i in found.items)
            missing = any(truth(i) is (not either) for i in found.items)
            kept.append(Possible(stays, "" if missing else found.why, found.cut))
            if not passes and not found.cut:
                break
        return union(kept)

    def _ternary(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.IfExp)
        decided = names.decided(self, node.test, site, frame)
        if decided is not None:
            return self.value(node.body if decided else node.orelse, site, frame)
        parts = []
        for branch, holds in ((node.body, True), (node.orelse, False)):
            if isinstance(branch, ast.JoinedStr):
                found = self._joined(branch, site, frame, (node.test, holds))
            else:
                found = self.value(branch, site, frame)
            if isinstance(branch, ast.Name):
                found = names.narrowed(found, branch.id, node.test, holds)
            parts.append(found.via("branch"))
        return union(parts)

    # texts

    def _joined(
        self, node: ast.expr, site: Site, frame: Frame | None, told: tuple[ast.expr, bool] | None = None
    ) -> Possible:
        """A text with values in it; `told` is a test around it and whether it holds."""
        assert isinstance(node, ast.JoinedStr)
        parts: list[Possible] = []
        for part in node.values:
            found = self.value(part, site, frame)
            if told is not None and isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
                found = names.narrowed(found, part.value.id, *told)
            parts.append(_without_none(found))
        return self.combined(parts, lambda texts: "".join(map(str, texts)))

    def _formatted(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.FormattedValue)
        value = self.value(node.value, site, frame)
        if node.conversion not in {-1, 115}:
            return unknown("a text in another writing")
        if node.format_spec is None:
            return value
        spec = self.value(node.format_spec, site, frame)
        return self.combined([value, spec], lambda p: folding.formatted(p[0], str(p[1])))

    def _operation(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.BinOp)
        left, right = self.value(node.left, site, frame), self.value(node.right, site, frame)
        return self.operated(left, node.op, right)

    def operated(self, left: Possible, sign: ast.operator, right: Possible) -> Possible:
        """Two values and a sign between them: texts, paths, lists, mappings, numbers."""
        whole = folding.containers(left, sign, right)
        if whole is not None:
            return whole
        if isinstance(sign, ast.Mod) and any(isinstance(i, Items | Table) for i in right.items):
            return folding.percent(self, left, right)
        return self.combined([left, right], lambda p: folding.operation(p[0], sign, p[1]), sign=sign)

    def combined(
        self,
        parts: list[Possible],
        make: Callable[[list[Constant]], Constant],
        *,
        sign: ast.operator | None = None,
    ) -> Possible:
        """A constant made of parts: one for each choice of them, with a hole for a part that is not known."""
        why = next((part.why for part in parts if part.why), "")
        cut = any(part.cut for part in parts)
        choices: list[list[Known]] = []
        for part in parts:
            if part == NOTHING and not part.cut:
                return NOTHING  # the tests around it leave no value: it is never put together
            known = [item for item in part.items if isinstance(item, Known)]
            if part.why or len(known) < len(part.items) or not known:
                if cut and not part.items:
                    return Possible((), why, cut=True)
                why = why or "a part of the text is not known"
                spot = known[0].spot if known else None
                known = [*known, Known(HOLE, (), spot, open=True)] if spot else [_HOLE]
            choices.append(known)
        made: list[Possible] = []
        meeting = (chosen for chosen in islice(product(*choices), MOST_CHOICES) if _meet(chosen))
        for chosen in islice(meeting, MOST_ALTERNATIVES + 1):
            open_ = any(item.open for item in chosen)
            try:
                value = make([item.value for item in chosen])
            except folding.NotFoldedError as error:
                made.append(unknown(why or str(error)))
                continue
            if open_ and (sign is not None and not isinstance(value, str)):
                made.append(unknown(why))
                continue
            made.append(Possible((_made_of(value, chosen, open_),), why if open_ else ""))
        found = union(made)
        return Possible(found.items, found.why or why, cut)

    # containers

    def _items(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        items: list[Deferred] = []
        why = ""
        for part in islice(node.elts, MOST_ITEMS):
            if isinstance(part, ast.Starred):
                inner = self.elements(self.value(part.value, site, frame))
                items += inner.items
                why = why or inner.why
            else:
                items.append(Deferred(part, site, frame))
        if len(node.elts) > MOST_ITEMS:
            why = f"more than {MOST_ITEMS} items"
        return Possible((Items(tuple(items), why),))

    def _table(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Dict)
        entries: list[tuple[Deferred, Deferred]] = []
        why = ""
        for key, value in islice(zip(node.keys, node.values, strict=True), MOST_ITEMS):
            if key is not None:
                entries.append((Deferred(key, site, frame), Deferred(value, site, frame)))
                continue
            inner = self.value(value, site, frame)
            for item in inner.items:
                if isinstance(item, Table):
                    entries += item.entries
                    why = why or item.why
            why = why or inner.why
        return Possible((Table(tuple(entries), why),))

    def _comprehension(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp)
        inside = _within(site, node)
        return Possible((Items((Deferred(node.elt, inside, frame),)),))

    def _mapping_comprehension(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.DictComp)
        inside = _within(site, node)
        return Possible((Table(((Deferred(node.key, inside, frame), Deferred(node.value, inside, frame)),)),))

    def _subscript(self, node: ast.expr, site: Site, frame: Frame | None) -> Possible:
        assert isinstance(node, ast.Subscript)
        return attributes.subscript(self, node, site, frame)

    def elements(self, of: Possible) -> Items:
        """What looping over a value gives."""
        items: list[Deferred] = []
        why = of.why
        for item in of.items:
            inner = attributes.elements(self, item)
            items += inner.items
            why = why or inner.why
        return Items(tuple(items[:MOST_ITEMS]), why)

    def at(self, of: Possible, path: Iterable[int | slice], step: str = "") -> Possible:
        """The place of an unpacked value."""
        for place in path:
            of = attributes.unpacked(self, of, place)
        return of.via(step) if step else of


_HOLE = Known(HOLE, (), None, open=True)


def _without_none(part: Possible) -> Possible:
    """A part of a text without None: a default that stands for "not given", and no word of a name."""
    kept = tuple(item for item in part.items if not (isinstance(item, Known) and item.value is None))
    if len(kept) == len(part.items):
        return part
    return Possible(kept, part.why or ("" if kept else "a part of the text may be None"), part.cut)


def _made_of(value: Constant, parts: tuple[Known, ...], open_: bool) -> Known:  # noqa: FBT001 - one caller
    """A constant made of others stands where the longest of them stands."""
    placed = [part for part in parts if part.spot is not None] or [*parts]
    main = max(placed, key=lambda part: len(str(part.value)) if not part.open else 0)
    turns = tuple(dict.fromkeys(turn for part in parts for turn in part.turns))[:MOST_STEPS]
    return Known(value, longer("joined", main.how), main.spot, open=open_, turns=turns)


def _meet(parts: tuple[Known, ...]) -> bool:
    """Whether parts can stand in one text: none of them comes from another turn of the same loop."""
    turns: dict[int, int] = {}
    return all(turns.setdefault(loop, number) == number for part in parts for loop, number in part.turns)


def _within(site: Site, node: ast.expr) -> Site:
    scope = site.scope.module.scopes[id(node)]
    return Site(scope, scope.base, 1 << 60)


def fitting(frame: Frame | None, scope: Scope) -> Frame | None:
    """The innermost call being looked into that the scope lies in; None at the level of a module."""
    if frame is None:
        return None
    around: set[int] = set()
    place: Scope | None = scope
    while place is not None:
        around.add(id(place.node))
        place = place.outer.scope if place.outer is not None else None
    while frame is not None and id(frame.function) not in around:
        frame = frame.parent
    return frame
