"""What a name stands for at a place: the bindings that reach it, through scopes, imports and star imports."""

import ast
import builtins
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from weigh.code import classes, parameters
from weigh.code.abstract import (
    Abstract,
    Class,
    Deferred,
    Frame,
    Function,
    Items,
    Known,
    LocalModule,
    Named,
    Possible,
    Table,
    truth,
    union,
    unknown,
)
from weigh.code.alternatives import Constant
from weigh.code.indexing import chain_of
from weigh.code.scopes import Binding, Change, Means, ModuleCode, Scope, Site, reaching

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_END = 1 << 60
_BUILTINS = frozenset(dir(builtins))


def lookup(engine: "Evaluator", node: ast.Name, site: Site, frame: Frame | None) -> Possible:
    """What a name may be where it is read."""
    found = named(engine, node.id, site, frame)
    return guarded(found, node.id, site, engine)


def named(engine: "Evaluator", name: str, site: Site, frame: Frame | None) -> Possible:
    """What a name may be at a place, before what the tests around it say."""
    scope: Scope = site.scope
    place: Site | None = site
    direct = True
    while True:
        if name in scope.elsewhere:
            scope, place = _elsewhere(scope, name), None
        bindings = scope.bindings.get(name)
        if bindings and (scope.kind != "class" or direct):
            return _bound(engine, name, scope, bindings, place, frame)
        if scope.outer is None:
            break
        inner = scope.kind in {"comprehension", "class"} and place is not None
        place = scope.outer if inner else None
        direct = direct and scope.kind == "comprehension"
        scope = scope.outer.scope
    starred = _starred(engine, scope, name, frozenset())
    if starred is not None:
        return starred
    return _unbound(name, scope.module)


def _elsewhere(scope: Scope, name: str) -> Scope:
    kind = scope.elsewhere[name]
    while scope.outer is not None:
        scope = scope.outer.scope
        if kind == "nonlocal" and scope.kind == "function" and name in scope.bindings:
            return scope
    return scope


def _unbound(name: str, module: ModuleCode) -> Possible:
    if name == "__file__":
        return Possible((Known(module.path, ("path",), module.spot(module.tree)),))
    if name == "__name__":
        return unknown("the name of the module")
    if name in _BUILTINS:
        return Possible((Named(name),))
    return Possible((Named(f"?{name}"),), f"{name} is not bound in this file")


def _bound(
    engine: "Evaluator",
    name: str,
    scope: Scope,
    bindings: Sequence[Binding],
    place: Site | None,
    frame: Frame | None,
) -> Possible:
    chosen = list(bindings)
    if place is not None and place.scope is scope and scope.kind in {"module", "function", "class"}:
        chosen = reaching(bindings, place) or chosen
    parts = _each(engine, name, chosen, frame)
    found = union(parts)
    changes = scope.changes.get(name)
    return changed(engine, found, changes, frame) if changes else found


def _each(engine: "Evaluator", name: str, chosen: list[Binding], frame: Frame | None) -> list[Possible]:
    """The values of the bindings, in the order of the file; a missing value that is replaced falls away."""
    parts: list[Possible] = []
    several = len(chosen) > 1
    for binding in sorted(chosen, key=lambda b: b.site.order):
        test = binding.site.block.test
        if test is not None and binding.site.scope.kind != "comprehension":
            told = partial(among, engine, binding.site)
            parts = [narrowed(part, name, test, holds=False, told=told) for part in parts]
        found = bound_value(engine, name, binding, frame)
        parts.append(found.via("branch") if several and binding.means is not Means.PARAMETER else found)
    return parts


def _added(engine: "Evaluator", name: str, binding: Binding, frame: Frame | None) -> Possible:
    """What a name is after `name += value`."""
    node = binding.node
    assert isinstance(node, ast.AugAssign)
    before = named(engine, name, binding.site, frame)
    return engine.operated(before, node.op, engine.value(node.value, binding.site, frame))


def bound_value(engine: "Evaluator", name: str, binding: Binding, frame: Frame | None) -> Possible:
    """What one binding gives."""
    node = binding.node
    if binding.means is Means.IMPORT:
        return imported(engine, binding)
    if binding.means is Means.DEFINED and binding.scope is not None:
        made = Class(binding.scope) if binding.scope.kind == "class" else Function(binding.scope)
        return Possible((_once(engine, made),))
    if binding.means is Means.PARAMETER:
        return parameters.parameter(engine, name, binding.site.scope, frame)
    if binding.means is Means.ADDED and isinstance(node, ast.AugAssign):
        # each of many additions asks for those before it: an answer is found once
        found = engine.once(("added", id(node), id(frame)), partial(_added, engine, name, binding, frame))
        return found if found is not None else Possible(cut=True)
    if not isinstance(node, ast.expr) or binding.means is Means.NEVER_KNOWN:
        return unknown("a value that only a run gives")
    value = engine.value(node, binding.site, frame)
    if binding.means is Means.ELEMENT:
        items = engine.elements(value)
        turns = (engine.at(engine.force(item), binding.path) for item in items.items)
        found = union(turn.in_turn(id(node), number) for number, turn in enumerate(turns))
        return Possible(found.items, found.why or items.why, found.cut or value.cut).via("loop")
    if binding.means is Means.ENTERED and any(isinstance(item, Items) for item in value.items):
        value = union(engine.force(item) for item in engine.elements(value).items)
    return engine.at(value, binding.path, "constant" if name else "")


def _once(engine: "Evaluator", made: Function | Class) -> Abstract:
    return engine.same(made)


def imported(engine: "Evaluator", binding: Binding) -> Possible:
    """What an import brings: a module of the program, something in one, or something of a library."""
    importer = binding.site.scope.module
    module = engine.code.find(binding.module, importer)
    full = engine.code.full_name(binding.module, importer)
    if not binding.name:
        return Possible((LocalModule(module),)) if module is not None else Possible((Named(full),))
    if module is not None:
        found = member(engine, module, binding.name, frozenset())
        if found is not None:
            return found.via("import")
    inner = binding.module + ("" if binding.module.endswith(".") else ".") + binding.name
    below = engine.code.find(inner, importer)
    if below is not None:
        return Possible((LocalModule(below),))
    return Possible((Named(f"{full}.{binding.name}" if full else binding.name),))


def member(engine: "Evaluator", module: ModuleCode, name: str, seen: frozenset[str]) -> Possible | None:
    """What a module of the program holds under a name after it ran; None when it does not bind it."""
    key = ("member", id(module), name)
    return engine.once(key, lambda: _member(engine, module, name, seen))


def _member(engine: "Evaluator", module: ModuleCode, name: str, seen: frozenset[str]) -> Possible | None:
    bindings = module.scope.bindings.get(name)
    if bindings:
        place = Site(module.scope, module.scope.base, _END)
        return _bound(engine, name, module.scope, bindings, place, None)
    found = _starred(engine, module.scope, name, seen)
    if found is not None:
        return found
    below = engine.code.find(f".{name}", module) if module.package else None
    return Possible((LocalModule(below),)) if below is not None else None


def _starred(engine: "Evaluator", scope: Scope, name: str, seen: frozenset[str]) -> Possible | None:
    """Through `from x import *`; of a library every one may hold it."""
    if scope.module.path in seen:
        return None
    libraries: list[Abstract] = []
    for star in scope.stars:
        module = engine.code.find(star, scope.module)
        if module is None:
            libraries.append(Named(f"{star}.{name}"))
            continue
        found = member(engine, module, name, seen | {scope.module.path})
        if found is not None:
            return found.via("import")
    if libraries and name not in _BUILTINS:
        return Possible(tuple(libraries), "" if len(libraries) == 1 else f"{name} comes from one of several")
    return None


# changes of containers


def changed(engine: "Evaluator", found: Possible, changes: Sequence[Change], frame: Frame | None) -> Possible:
    """Containers with what is put into them elsewhere in the scope."""
    if not any(isinstance(item, Items | Table) for item in found.items):
        return found
    return replace(found, items=tuple(_changed(engine, item, changes, frame) for item in found.items))


def _changed(  # noqa: C901 - a case a method
    engine: "Evaluator", item: Abstract, changes: Sequence[Change], frame: Frame | None
) -> Abstract:
    if isinstance(item, Items):
        items, why = list(item.items), item.why
        for change in changes:
            given = [Deferred(value, change.site, frame) for value in change.values]
            if change.method in {"append", "add", "insert", "appendleft"} and given:
                items.append(given[-1])
            elif change.method in {"extend", "update"} and given:
                more = engine.elements(engine.force(given[0]))
                items += more.items
                why = why or more.why
        return Items(tuple(items), why)
    if not isinstance(item, Table):
        return item
    entries, why = list(item.entries), item.why
    for change in changes:
        given = [Deferred(value, change.site, frame) for value in change.values]
        if change.method in {"[]", "setdefault"} and len(given) == 2:
            entries.append((given[0], given[1]))
        elif change.method == "update":
            for whole in given:
                value = engine.force(whole)
                why = why or value.why
                for inner in value.items:
                    entries += inner.entries if isinstance(inner, Table) else ()
            entries += [classes.entry(k.arg, k.value, change.site, frame) for k in change.keywords if k.arg]
    return Table(tuple(entries), why)


# tests


Told = Callable[[ast.expr], frozenset[Constant] | None]
"""The constants that a name or display holds, None where they are not all known."""


def guarded(found: Possible, chain: str, site: Site, engine: "Evaluator") -> Possible:
    """What is left of the values of a name or attribute where tests around the place decide about it."""
    if not found.items and not found.why:
        return found
    told = partial(among, engine, site)
    for block in site.block.above():
        if block.test is not None:
            found = narrowed(found, chain, block.test, holds=True, told=told)
        for test in block.failed:
            found = narrowed(found, chain, test, holds=False, told=told)
    return found


def narrowed(
    found: Possible,
    chain: str,
    test: ast.expr,
    holds: bool,  # noqa: FBT001 - a pair
    told: Told | None = None,
) -> Possible:
    """The values that a test on this name or attribute leaves.

    Args:
        found: the values.
        chain: the name or attribute.
        test: what is asked.
        holds: the answer.
        told: what a collection that is asked for the value holds.
    """
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for part in test.values:
            found = narrowed(found, chain, part, holds, told)
        return found
    if told is not None and (judged := _of_several(test, chain, told, found)) is not None:
        left = _filtered(found, lambda i: not isinstance(i, Known) or i.open or judged(i.value) is holds)
        if left.items or left.why or all(truth(item) is False for item in found.items):
            return left
        return Possible((), "no value that is known passes the test around it", found.cut)
    if chain_of(test) == chain:
        return _filtered(found, lambda item: truth(item) is not (not holds))
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and chain_of(test.left) == chain):
        return found
    sign, right = test.ops[0], test.comparators[0]
    if isinstance(sign, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) and isinstance(right, ast.Constant):
        equal = holds is isinstance(sign, ast.Is | ast.Eq)
        return _filtered(
            found, lambda i: not isinstance(i, Known) or i.open or (i.value == right.value) is equal
        )
    return found


def _of_several(test: ast.expr, chain: str, told: Told, found: Possible) -> Callable[[Constant], bool] | None:
    """What a test says of one value when it asks for one of several: `x in NAMES`, `x.startswith(NAMES)`."""
    if not any(isinstance(item, Known) and not item.open for item in found.items):
        return None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.In | ast.NotIn):
        right = test.comparators[0]
        asked = chain_of(test.left) == chain and not isinstance(right, ast.Constant)
        wanted = told(right) if asked else None
        inside = isinstance(test.ops[0], ast.In)
        return None if wanted is None else (lambda value: (value in wanted) is inside)
    if (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr in {"startswith", "endswith"}
        and len(test.args) == 1
        and chain_of(test.func.value) == chain
    ):
        given = told(test.args[0])
        parts = tuple(part for part in given or () if isinstance(part, str))
        if given is None or len(parts) < len(given):
            return None
        if test.func.attr == "startswith":
            return lambda value: isinstance(value, str) and value.startswith(parts)
        return lambda value: isinstance(value, str) and value.endswith(parts)
    return None


MOST_ASKED = 200
"""Members of a collection that a test asks; a longer one decides nothing."""


def among(engine: "Evaluator", site: Site, node: ast.expr) -> frozenset[Constant] | None:
    """The constants that a display or name holds, a text alone as itself; None where one is not known."""
    if isinstance(node, ast.Constant):
        return frozenset([node.value]) if isinstance(node.value, str) else None
    if not isinstance(node, ast.Name | ast.Attribute | ast.List | ast.Tuple | ast.Set | ast.Dict):
        return None
    whole = engine.value(node, site)
    if whole.why or whole.cut or len(whole.items) != 1 or isinstance(whole.items[0], Known):
        return None
    items = engine.elements(whole)
    values = [single(engine.force(item)) for item in items.items[: MOST_ASKED + 1]]
    known = frozenset(value.value for value in values if value is not None)
    sure = not items.why and values and len(values) <= MOST_ASKED and None not in values
    return known if sure else None


def _filtered(found: Possible, keep: "object") -> Possible:
    assert callable(keep)
    kept = tuple(item for item in found.items if keep(item))
    if len(kept) == len(found.items):
        return found
    missing = any(truth(item) is False for item in found.items if item not in kept)
    return Possible(kept, "" if missing and kept else found.why, found.cut)


def decided(engine: "Evaluator", test: ast.expr, site: Site, frame: Frame | None) -> bool | None:
    """Whether a test surely holds or fails in the call that is looked into; None when it may do both."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if frame is None:
        return None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = decided(engine, test.operand, site, frame)
        return None if inner is None else not inner
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(engine, test, site, frame)
    if isinstance(test, ast.Name | ast.Attribute):
        return one_truth(engine.value(test, site, frame))
    return None


def one_truth(found: Possible) -> bool | None:
    """Whether all of the values are true, or all of them false."""
    truths = {truth(item) for item in found.items}
    return truths.pop() if len(truths) == 1 and not found.why and not found.cut else None


def _compared(engine: "Evaluator", test: ast.Compare, site: Site, frame: Frame) -> bool | None:
    left = single(engine.value(test.left, site, frame))
    sign = test.ops[0]
    right_value = engine.value(test.comparators[0], site, frame)
    if left is None:
        return None
    if isinstance(sign, ast.In | ast.NotIn):
        return _contained(engine, left, right_value, wanted=isinstance(sign, ast.In))
    right = single(right_value)
    if right is None:
        return None
    if isinstance(sign, ast.Eq | ast.Is):
        return left.value == right.value
    if isinstance(sign, ast.NotEq | ast.IsNot):
        return left.value != right.value
    return None


def _contained(engine: "Evaluator", left: Known, right: Possible, *, wanted: bool) -> bool | None:
    text = single(right)
    if text is not None:
        both = isinstance(left.value, str) and isinstance(text.value, str)
        return (str(left.value) in str(text.value)) is wanted if both else None
    items = engine.elements(right)
    values = [single(engine.force(item)) for item in items.items[:200]]
    known = [value.value for value in values if value is not None]
    if left.value in known:
        return wanted
    return None if items.why or len(known) < len(items.items) or not right.items else not wanted


def single(found: Possible) -> Known | None:
    """The one constant it surely is."""
    if len(found.items) != 1 or found.why or found.cut:
        return None
    item = found.items[0]
    return item if isinstance(item, Known) and not item.open else None
