"""What a parameter may be: what the calls in the program give for it, what decorators and its default say."""

import ast
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from weigh.code import classes, declared_defaults
from weigh.code.abstract import (
    Abstract,
    Class,
    Deferred,
    Frame,
    Function,
    Instance,
    Items,
    Known,
    Named,
    Possible,
    Prepared,
    Table,
    union,
    unknown,
)
from weigh.code.codebase import last_name
from weigh.code.indexing import chain_of
from weigh.code.scopes import CallSite, Scope, Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

MOST_SITES = 300
"""Calls of one name that are looked at."""
MOST_TOLD_APART = 24
"""Calls of one function whose arguments are kept together, each with those of the same call."""
_HANDING_ON = {"partial": 0, "submit": 0, "map": -1, "imap": -1, "Thread": -2, "Process": -2}
"""Calls that are given a function: 0 with its arguments after it, -1 with lists of them, -2 in `args`."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The arguments of a call in order and by name. `more`: why there may be others."""

    positional: tuple[Deferred, ...]
    named: dict[str, Deferred]
    more: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A call of a function of the program, as far as its arguments are concerned."""

    call: ast.Call
    site: Site
    frame: Frame | None
    skipped: int


def given(engine: "Evaluator", call: ast.Call, site: Site, frame: Frame | None) -> Given:
    """The arguments of a call, with `*` and `**` spread as far as they are known."""
    key = (id(call), id(frame))
    known = engine.given.get(key)
    if known is not None:
        return known
    positional: list[Deferred] = []
    named: dict[str, Deferred] = {}
    more = ""
    for argument in call.args:
        if not isinstance(argument, ast.Starred):
            positional.append(Deferred(argument, site, frame))
            continue
        spread = engine.elements(engine.value(argument.value, site, frame))
        positional += spread.items
        more = more or spread.why
    for keyword in call.keywords:
        if keyword.arg is not None:
            named[keyword.arg] = Deferred(keyword.value, site, frame)
            continue
        spread_value = engine.value(keyword.value, site, frame)
        more = more or _spread(engine, spread_value, site, named)
    found = Given(tuple(positional), named, more)
    engine.given[key] = found
    return found


def _spread(engine: "Evaluator", value: Possible, site: Site, named: dict[str, Deferred]) -> str:
    """Puts the entries of a `**` mapping among the named arguments; why there may be more of them."""
    why = value.why
    for item in value.items:
        if not isinstance(item, Table):
            why = why or "keywords of a mapping that is not known"
            continue
        why = why or item.why
        for key, entry in item.entries:
            for name in engine.force(key).items:
                if isinstance(name, Known) and isinstance(name.value, str):
                    before = named.get(name.value)
                    both = (
                        [engine.force(entry)]
                        if before is None
                        else [engine.force(before), engine.force(entry)]
                    )
                    named[name.value] = entry if before is None else Deferred(None, site, None, union(both))
    return why


def of_use(engine: "Evaluator", scope: Scope, name: str, use: Use) -> Possible | None:
    """What one call gives for a parameter; None when it leaves it to the default."""
    arguments = _arguments(scope)
    front = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
    taken = given(engine, use.call, use.site, use.frame)
    if arguments.vararg is not None and arguments.vararg.arg == name:
        return Possible((Items(taken.positional[max(0, len(front) - use.skipped) :], taken.more),))
    if arguments.kwarg is not None and arguments.kwarg.arg == name:
        own = {*front, *(a.arg for a in arguments.kwonlyargs)}
        rest = [(k, v) for k, v in taken.named.items() if k not in own]
        entries = tuple((_text(k, use.site), v) for k, v in rest)
        return Possible((Table(entries, taken.more),))
    if name in front:
        place = front.index(name) - use.skipped
        if 0 <= place < len(taken.positional):
            return engine.force(taken.positional[place])
    if name in taken.named:
        return engine.force(taken.named[name])
    if taken.more and default_of(scope, name) is None:
        return unknown(taken.more)
    return None


def _text(text: str, site: Site) -> Deferred:
    return Deferred(None, site, None, Possible((Known(text, (), None),)))


def _arguments(scope: Scope) -> ast.arguments:
    node = scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    return node.args


def default_of(scope: Scope, name: str) -> ast.expr | None:
    """The default written for a parameter."""
    arguments = _arguments(scope)
    front = [*arguments.posonlyargs, *arguments.args]
    for parameter, default in zip(reversed(front), reversed(arguments.defaults), strict=False):
        if parameter.arg == name:
            return default
    for parameter, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if parameter.arg == name:
            return value
    return None


def parameter(engine: "Evaluator", name: str, scope: Scope, frame: Frame | None) -> Possible:
    """What a parameter of a function may be where the function's body reads it."""
    while frame is not None and frame.function is not scope.node:
        frame = frame.parent
    first = _first(scope)
    if name == first:
        receiver = _receiver(engine, scope, frame)
        if receiver is not None:
            return Possible((receiver,))
    if frame is not None:
        return _in_call(engine, name, scope, frame)
    special = declared_defaults.from_decorators(engine, name, scope)
    if special is not None:
        return special
    return _anywhere(engine, name, scope)


def _in_call(engine: "Evaluator", name: str, scope: Scope, frame: Frame) -> Possible:
    use = Use(frame.call, frame.site, frame.parent, frame.skipped)
    found = of_use(engine, scope, name, use)
    return found.via("wrapper") if found is not None else _default(engine, scope, name)


def _first(scope: Scope) -> str:
    """The name of `self` or `cls` of a method, else ""."""
    if scope.class_around() is None or scope.kind != "function":
        return ""
    if any(chain_of(d).rpartition(".")[2] == "staticmethod" for d in scope.decorators):
        return ""
    arguments = _arguments(scope)
    front = [*arguments.posonlyargs, *arguments.args]
    return front[0].arg if front else ""


def _receiver(engine: "Evaluator", scope: Scope, frame: Frame | None) -> Abstract | None:
    if frame is not None and frame.receiver is not None:
        return frame.receiver
    holder = scope.class_around()
    if holder is None:
        return None
    marks = {classes.mark(decorator) for decorator in scope.decorators}
    of_class = bool(
        marks & {"classmethod", "validator", "field_validator", "root_validator", "model_validator"}
    )
    if of_class or scope.name in {"__new__", "__init_subclass__", "__class_getitem__"}:
        return engine.same(Class(holder, exact=False))
    return engine.same(Instance(holder, exact=False))


def _default(engine: "Evaluator", scope: Scope, name: str) -> Possible:
    """The default, or why there is none."""
    arguments = _arguments(scope)
    if arguments.kwarg is not None and arguments.kwarg.arg == name:
        return Possible((Table(()),))
    if arguments.vararg is not None and arguments.vararg.arg == name:
        return Possible((Items(()),))
    value = default_of(scope, name)
    if value is not None and scope.outer is not None:
        return engine.value(value, scope.outer).via("default")
    return _without_default(engine, scope, name)


def _without_default(engine: "Evaluator", scope: Scope, name: str) -> Possible:
    why = f"parameter {name} of {scope.name}(), which nothing here calls with a known value"
    arguments = _arguments(scope)
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        note = argument.annotation
        if argument.arg == name and isinstance(note, ast.Name | ast.Attribute) and scope.outer is not None:
            for item in engine.value(note, scope.outer).items:
                if isinstance(item, Class) and not classes.is_enum(engine, item.scope):
                    return Possible((engine.same(Instance(item.scope, exact=False)),), why)
                if isinstance(item, Named) and "." in item.dotted and not item.made:
                    return Possible((Named(item.dotted, made=True),), why)
    return Possible((), why)


def _anywhere(engine: "Evaluator", name: str, scope: Scope) -> Possible:
    """From all calls of the function in the program, and the default where one of them leaves it out."""
    fixture = _fixture(engine, name, scope)
    if fixture is not None:
        return fixture
    given = [of_use(engine, scope, name, use) for use in uses(engine, scope)]
    if all(found is None for found in given):
        return _default(engine, scope, name)
    parts = [_default(engine, scope, name) if f is None else f.via("wrapper") for f in given]
    if 1 < len(parts) <= MOST_TOLD_APART:
        parts = [part.in_turn(id(scope), number) for number, part in enumerate(parts)]
    return union(parts)


def uses(engine: "Evaluator", scope: Scope) -> tuple[Use, ...]:
    """The calls in the program that run a function."""
    known = engine.uses.get(id(scope))
    if known is not None:
        return known
    engine.uses[id(scope)] = ()
    found: list[Use] = []
    for name in _called_names(engine, scope):
        for site in islice(engine.code.calls.get(name, ()), MOST_SITES):
            if site.node not in (use.call for use in found):
                found += _use_of(engine, scope, site.node, site.site)
    if scope.kind == "function":
        for name, way in _HANDING_ON.items():
            for site in islice(engine.code.calls.get(name, ()), MOST_SITES):
                found += _handed_on(engine, scope, site.node, site.site, way)
        for site in islice(engine.code.calls.get("delayed()", ()), MOST_SITES):
            found += _put_off(engine, scope, site)
    engine.uses[id(scope)] = tuple(found)
    return engine.uses[id(scope)]


def _called_names(engine: "Evaluator", scope: Scope) -> list[str]:
    if scope.kind != "function":
        outer = scope.outer.scope if scope.outer is not None else None
        held = outer.bindings if outer is not None else {}
        return [name for name, bound in held.items() if any(b.node is scope.node for b in bound)]
    names = [scope.name]
    holder = scope.class_around()
    if holder is not None and scope.name in {"__init__", "__new__"}:
        family = [holder, *classes.below(engine, holder)]
        names += ["cls", "__class__", *(c.name for c in family if classes.constructor(engine, c) is scope)]
    if scope.name == "__call__" and holder is not None:
        names += [n for n, b in holder.module.scope.bindings.items() if b and len(n) > 2][:50]
    renamed = [new for name in names for new in engine.code.renamed.get(name, ())]
    return list(dict.fromkeys([*names, *renamed]))


def _use_of(engine: "Evaluator", scope: Scope, call: ast.Call, site: Site) -> list[Use]:
    """The call as a use of the function, if it is one."""
    holder = scope.class_around()
    for item in engine.value(call.func, site).items:
        if isinstance(item, Function) and item.scope is scope:
            return [Use(call, site, None, int(item.receiver is not None))]
        if (
            isinstance(item, Class)
            and holder is not None
            and classes.constructor(engine, item.scope) is scope
        ):
            return [Use(call, site, None, 1)]
        if isinstance(item, Prepared):
            for inner in engine.force(item.callee).items:
                if isinstance(inner, Function) and inner.scope is scope:
                    whole = engine.merged(item, call, site, None)
                    return [Use(whole, site, None, int(inner.receiver is not None))]
        unsure = isinstance(item, Named) and item.dotted == f"?.{scope.name}"
        if unsure and holder is not None and len(engine.code.methods[scope.name]) == 1:
            return [Use(call, site, None, 1)]
    return []


def _handed_on(engine: "Evaluator", scope: Scope, call: ast.Call, site: Site, way: int) -> list[Use]:
    """`partial(f, a)`, `pool.submit(f, a)`, `map(f, items)`, `Thread(target=f, args=(a,))`."""
    first = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "target"), None)
    if first is None or last_name(first) not in {scope.name, *engine.code.renamed.get(scope.name, ())}:
        return []
    for item in engine.value(first, site).items:
        if isinstance(item, Function) and item.scope is scope:
            built = engine.handed(call, site, way)
            return [Use(built, site, None, int(item.receiver is not None))]
    return []


def _put_off(engine: "Evaluator", scope: Scope, site: CallSite) -> list[Use]:
    """`delayed(f)(a)` of joblib and dask: the call that it makes later."""
    first = site.node.func
    if not isinstance(first, ast.Call) or last_name(first.func) != "delayed" or not first.args:
        return []
    held = engine.value(first.args[0], site.site).items if last_name(first.args[0]) == scope.name else ()
    ours = any(isinstance(item, Function) and item.scope is scope for item in held)
    return [Use(site.node, site.site, None, 0)] if ours else []


# fields


def field(engine: "Evaluator", of: Instance, attr: str) -> Possible:
    """What a field of a record may be: what its constructor is given, else its default."""
    order = classes.field_names(engine, of.of)
    calls: list[tuple[ast.Call, Site, Frame | None]] = []
    if of.call is not None and of.site is not None:
        calls.append((of.call, of.site, of.frame))
    else:
        calls += _constructions(engine, of.of)
    parts: list[Possible] = []
    left_out = not calls
    for call, site, frame in calls:
        taken = given(engine, call, site, frame)
        place = order.index(attr) if attr in order else -1
        if attr in taken.named:
            parts.append(engine.force(taken.named[attr]))
        elif 0 <= place < len(taken.positional):
            parts.append(engine.force(taken.positional[place]))
        else:
            left_out = True
    if left_out:
        default = classes.field_default(engine, of, attr).via("default")
        if not calls and all(isinstance(i, Known) and i.value is None for i in default.items):
            # nothing here makes such an object: what does, a parser of the command line say, may fill it
            default = Possible(default.items, default.why or "a value that only a run gives", default.cut)
        parts.append(default)
    return union(parts)


def _constructions(engine: "Evaluator", scope: Scope) -> list[tuple[ast.Call, Site, Frame | None]]:
    found: list[tuple[ast.Call, Site, Frame | None]] = []
    for name in [scope.name, *engine.code.renamed.get(scope.name, ())]:
        for site in islice(engine.code.calls.get(name, ()), MOST_SITES):
            kinds = engine.value(site.node.func, site.site).items
            if any(isinstance(item, Class) and item.scope is scope for item in kinds):
                found.append((site.node, site.site, None))
    return found


# fixtures of pytest


def _fixture(engine: "Evaluator", name: str, scope: Scope) -> Possible | None:
    """The fixture that a test or another fixture takes by its name."""
    if name == "request" and declared_defaults.fixture_call(scope) is not None:
        return _request(engine, scope)
    if not scope.name.startswith("test") and declared_defaults.fixture_call(scope) is None:
        return None
    folder = PurePosixPath(scope.module.path).parent
    places = [scope.module.path, *(str(f / "conftest.py") for f in [folder, *folder.parents])]
    for place in places:
        module = engine.code.modules.get(place)
        holders = [s for s in (scope.class_around(), module.scope if module else None) if s is not None]
        for holder in holders:
            for binding in holder.bindings.get(name, ()):
                made = binding.scope
                if (
                    made is not None
                    and made is not scope
                    and declared_defaults.fixture_call(made) is not None
                ):
                    return returned(engine, made, None).via("fixture")
    return None


def _request(engine: "Evaluator", scope: Scope) -> Possible | None:
    mark = declared_defaults.fixture_call(scope)
    values = None
    if isinstance(mark, ast.Call):
        values = next((k.value for k in mark.keywords if k.arg == "params"), None)
    if values is None or scope.outer is None:
        return None
    items = engine.elements(engine.value(values, scope.outer))
    found = union(engine.force(item) for item in items.items)
    found = Possible(found.items, found.why or items.why, found.cut).via("parameters")
    return Possible((Table(((_text("param", scope.outer), Deferred(None, scope.outer, None, found)),)),))


def returned(engine: "Evaluator", scope: Scope, frame: Frame | None) -> Possible:
    """What a function gives back, of the returns that its call may reach."""
    from weigh.code import names

    if scope.yields:
        parts = tuple(Deferred(value, site, frame) for value, site in scope.yields)
        if declared_defaults.fixture_call(scope) is not None:
            return union(engine.force(part) for part in parts)
        return Possible((Items(parts),))
    found = []
    for value, site in scope.returns:
        if any(
            (block.test is not None and names.decided(engine, block.test, site, frame) is False)
            or any(names.decided(engine, test, site, frame) is True for test in block.failed)
            for block in site.block.above()
        ):
            continue
        found.append(engine.value(value, site, frame))
    if len(found) > 1:
        found = [part.via("branch") for part in found]
    if not scope.returns:
        return unknown(f"{scope.name}() gives nothing back")
    return union(found)
