"""What a call gives: of functions and classes of the program, and of the library calls that are known."""

import ast
from typing import TYPE_CHECKING

from weigh.code import attributes, classes, known_calls, methods, parameters
from weigh.code.abstract import (
    Abstract,
    Class,
    Frame,
    Function,
    Instance,
    Known,
    Named,
    Possible,
    Prepared,
    union,
    unknown,
)
from weigh.code.scopes import Scope, Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator


def call(engine: "Evaluator", node: ast.Call, site: Site, frame: Frame | None) -> Possible:
    """What a call may give."""
    func = node.func
    if isinstance(func, ast.Attribute) and not attributes.is_super(func.value):
        holder = engine.value(func.value, site, frame)
        done = methods.of_holder(engine, holder, node, site, frame)
        if done is not None:
            return done
    callee = engine.value(func, site, frame)
    if not callee.items:
        return Possible((), callee.why or "result of something that is not known", callee.cut)
    parts = [applied(engine, item, node, site, frame) for item in callee.items]
    found = union(parts)
    return Possible(found.items, found.why, found.cut or callee.cut)


def applied(engine: "Evaluator", item: Abstract, node: ast.Call, site: Site, frame: Frame | None) -> Possible:
    """What calling one value gives."""
    if isinstance(item, Function):
        return inlined(engine, item.scope, node, site, frame, item.receiver)
    if isinstance(item, Class):
        return _made(engine, item, node, site, frame)
    if isinstance(item, Prepared):
        whole = engine.merged(item, node, site, frame)
        inner = engine.force(item.callee)
        return union(applied(engine, callee, whole, site, frame) for callee in inner.items)
    if isinstance(item, Named):
        return known_calls.result(engine, item, node, site, frame)
    if isinstance(item, Instance):
        found = classes.instance_attribute(engine, item, "__call__")
        return union(applied(engine, i, node, site, frame) for i in found.items if isinstance(i, Function))
    return unknown("result of something that is not known")


def inlined(
    engine: "Evaluator",
    scope: Scope,
    node: ast.Call,
    site: Site,
    frame: Frame | None,
    receiver: Abstract | None,
) -> Possible:
    """What a function of the program gives for this call."""
    inner = engine.frame(scope, node, site, frame, receiver)
    if inner is None:
        return Possible((), f"{scope.name}() calls itself or is called too deeply", cut=True)
    marks = {classes.mark(d) for d in scope.decorators}
    if marks & {"contextmanager", "asynccontextmanager"}:
        return parameters.returned(engine, scope, inner)
    if "fixture" in marks and not node.args:
        return parameters.returned(engine, scope, None)
    return parameters.returned(engine, scope, inner)


def _made(engine: "Evaluator", item: Class, node: ast.Call, site: Site, frame: Frame | None) -> Possible:
    """An object of a class; of an enumeration the member with that value."""
    if not classes.is_enum(engine, item.scope):
        return Possible((engine.instance(item, node, site, frame),))
    members = union(found for _, found in classes.members(engine, item.scope))
    wanted = engine.value(node.args[0], site, frame) if node.args else unknown("nothing is given")
    values = {i.value for i in wanted.items if isinstance(i, Known)}
    kept = tuple(i for i in members.items if isinstance(i, Known) and i.value in values)
    if kept and not wanted.why:
        return Possible(kept)
    return members
