"""Classes of the program: what they derive from, their members, fields and what their objects hold."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    Table,
    longer,
    union,
)
from weigh.code.indexing import chain_of
from weigh.code.scopes import Binding, CallSite, Means, ModuleCode, Scope, Site, Stored

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_ENUMS = frozenset(
    ["Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "BaseEnum", "ExplicitEnum", "MultiValueEnum"]
)
_RECORD_BASES = frozenset(
    [
        "BaseModel",
        "BaseSettings",
        "NamedTuple",
        "SQLModel",
        "TypedDict",
        "Struct",
        "HyperparameterBase",
        "BaseConfig",
        "Schema",
        "TrainingArguments",
        "Serializable",
    ]
)
_RECORD_MARKS = frozenset(
    [
        "dataclass",
        "define",
        "frozen",
        "mutable",
        "attrs",
        "s",
        "attributes",
        "dataclass_json",
        "configclass",
        "chz",
    ]
)
_MOST_STORES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A class with what it derives from: classes of the program, nearest first, and names of libraries."""

    own: tuple[Scope, ...]
    foreign: tuple[str, ...]


def line_of(engine: "Evaluator", scope: Scope) -> Line:
    """What a class derives from."""
    key = id(scope)
    known = engine.lines.get(key)
    if known is not None:
        return known
    engine.lines[key] = Line((scope,), ())
    own: list[Scope] = [scope]
    foreign: list[str] = []
    assert isinstance(scope.node, ast.ClassDef) and scope.outer is not None  # noqa: PT018 - one fact
    for base in scope.node.bases:
        if isinstance(base, ast.Subscript):
            base = base.value  # noqa: PLW2901 - a generic's class
        for item in engine.value(base, scope.outer).items:
            if isinstance(item, Class):
                above = line_of(engine, item.scope)
                own += above.own
                foreign += above.foreign
            elif isinstance(item, Named):
                foreign.append(item.dotted.removesuffix("()"))
    found = Line(tuple(dict.fromkeys(own)), tuple(dict.fromkeys(foreign)))
    engine.lines[key] = found
    return found


def below(engine: "Evaluator", scope: Scope) -> tuple[Scope, ...]:
    """The classes of the program that derive from one."""
    found: list[Scope] = []
    names = [scope.name, *engine.code.renamed.get(scope.name, ())]
    waiting = [s for name in names for s in engine.code.derived.get(name, ())]
    while waiting and len(found) < 100:
        other = waiting.pop()
        if other is not scope and other not in found and scope in line_of(engine, other).own:
            found.append(other)
            waiting += engine.code.derived.get(other.name, ())
    return tuple(found)


def is_enum(engine: "Evaluator", scope: Scope) -> bool:
    """Whether it is an enumeration."""
    return any(name.rpartition(".")[2] in _ENUMS for name in line_of(engine, scope).foreign)


def is_record(engine: "Evaluator", scope: Scope) -> bool:
    """Whether its constructor takes the fields of the class body."""
    line = line_of(engine, scope)
    if any(name.rpartition(".")[2] in _RECORD_BASES for name in line.foreign):
        return True
    for part in line.own:
        for decorator in part.decorators:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if chain_of(called).rpartition(".")[2] in _RECORD_MARKS:
                return True
    return False


def dotted(scope: Scope) -> str:
    """The full name of a class or function of the program."""
    parts: list[str] = []
    place: Scope | None = scope
    while place is not None and place.outer is not None:
        if place.kind != "comprehension":
            parts.append(place.name)
        place = place.outer.scope
    module = module_name(scope.module)
    return ".".join([*([module] if module else []), *reversed(parts)])


def module_name(module: ModuleCode) -> str:
    """What a module of the program is called when it is imported."""
    return module.dotted.removeprefix("src.").removeprefix("lib.")


def mark(decorator: ast.expr) -> str:
    """The last name of a decorator."""
    return chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]


def field_names(engine: "Evaluator", scope: Scope) -> list[str]:
    """The fields of a record in the order of its constructor."""
    found: dict[str, None] = {}
    for part in reversed(line_of(engine, scope).own):
        for name in part.bindings:
            if not name.startswith("_") and _is_field(part, name):
                found[name] = None
    return list(found)


def field_default(engine: "Evaluator", of: Instance, attr: str) -> Possible:
    """The default of a field; of any object of a class also what its subclasses say."""
    family: list[Scope] = list(line_of(engine, of.of).own)
    parts = [_body_value(engine, part, attr) for part in family if _is_field(part, attr)][:1]
    if not of.exact:
        parts += [_body_value(engine, part, attr) for part in below(engine, of.of) if _is_field(part, attr)]
    return union(parts)


def member_of(engine: "Evaluator", scope: Scope, attr: str, of: Abstract) -> Possible:
    """A member of one class of the line, taken from an object or class further down."""
    return _from_body(engine, scope, attr, of)


def entry(key: str, value: ast.expr, site: Site, frame: Frame | None) -> tuple[Deferred, Deferred]:
    """An entry of a mapping whose key is a keyword."""
    spot = site.scope.module.spot(value)
    return Deferred(None, site, None, Possible((Known(key, (), spot),))), Deferred(value, site, frame)


def members(engine: "Evaluator", scope: Scope) -> list[tuple[str, Possible]]:
    """The members of an enumeration."""
    found = []
    for name in scope.bindings:
        if name.startswith("_") or not any(b.means is Means.VALUE for b in scope.bindings[name]):
            continue
        found.append((name, _member(engine, scope, name)))
    return found


def _member(engine: "Evaluator", scope: Scope, name: str) -> Possible:
    full = f"{dotted(scope)}.{name}"
    found = _body_value(engine, scope, name)
    items: list[Abstract] = []
    for item in found.items:
        if isinstance(item, Known):
            items.append(Known(item.value, longer("enum", item.how), item.spot, open=item.open, name=full))
        elif isinstance(item, Items | Table):
            items.append(item)
    return Possible(tuple(items), found.why) if items else Possible((Named(full),), found.why)


def _body_value(engine: "Evaluator", scope: Scope, name: str) -> Possible:
    from weigh.code import names

    place = Site(scope, scope.base, 1 << 60)
    return names.named(engine, name, place, None)


def class_attribute(engine: "Evaluator", of: Class, attr: str) -> Possible:
    """What `Class.attr` may be; of a class that may be a subclass also what those have."""
    engine.keep(of)
    found = engine.once(("class", id(of), attr), lambda: _of_class(engine, of, attr))
    assert found is not None
    return found


def _of_class(engine: "Evaluator", of: Class, attr: str) -> Possible:
    scope = of.scope
    if is_enum(engine, scope) and attr in scope.bindings:
        return _from_body(engine, scope, attr, of) if _defines(scope, attr) else _member(engine, scope, attr)
    if attr == "__name__":
        return Possible((Known(scope.name, ("class name",), scope.module.spot(scope.node)),))
    parts = [_own(engine, scope, attr, of)]
    if not of.exact:
        parts += [_from_body(engine, s, attr, of) for s in below(engine, scope) if attr in s.bindings]
    parts += _stored_outside(engine, scope, attr, Class)
    present = [part for part in parts if part is not None]
    if present:
        return union(present)
    foreign = line_of(engine, scope).foreign
    if foreign:
        return Possible(tuple(Named(f"{name}.{attr}") for name in foreign))
    return Possible((Named(f"{dotted(scope)}.{attr}"),), f"{scope.name} has no {attr} that is written here")


def _own(engine: "Evaluator", scope: Scope, attr: str, of: Abstract) -> Possible | None:
    for part in line_of(engine, scope).own:
        if attr in part.bindings:
            return _from_body(engine, part, attr, of)
    return None


def _defines(scope: Scope, attr: str) -> bool:
    return any(b.means is Means.DEFINED for b in scope.bindings[attr])


def _from_body(engine: "Evaluator", scope: Scope, attr: str, of: Abstract) -> Possible:
    """A member of a class body: a method is bound, a property is asked."""
    found = _body_value(engine, scope, attr)
    items: list[Possible] = []
    for item in found.items:
        if not isinstance(item, Function):
            items.append(Possible((item,)))
            continue
        marks = {mark(decorator) for decorator in item.scope.decorators}
        if marks & {"property", "cached_property", "classproperty"}:
            items.append(_asked(engine, item.scope, of))
        elif "staticmethod" in marks or (isinstance(of, Class) and "classmethod" not in marks):
            items.append(Possible((item,)))
        else:
            receiver = _holder(engine, of) if "classmethod" in marks else of
            items.append(Possible((engine.same(Function(item.scope, receiver)),)))
    joined = union(items)
    return Possible(joined.items, joined.why or found.why, joined.cut or found.cut).via("attribute")


def _holder(engine: "Evaluator", of: Abstract) -> Abstract:
    if isinstance(of, Instance):
        return engine.same(Class(of.of, exact=of.exact))
    return of


def _asked(engine: "Evaluator", scope: Scope, of: Abstract) -> Possible:
    from weigh.code import calling

    call = engine.empty_call(scope)
    site = scope.outer
    assert site is not None
    return calling.inlined(engine, scope, call, site, None, of)


def instance_attribute(engine: "Evaluator", of: Instance, attr: str) -> Possible:
    """What `object.attr` may be."""
    engine.keep(of)
    found = engine.once(("object", id(of), attr), lambda: _of_instance(engine, of, attr))
    assert found is not None
    return found


def _of_instance(engine: "Evaluator", of: Instance, attr: str) -> Possible:
    from weigh.code import parameters

    scope = of.of
    family = line_of(engine, scope).own
    if attr == "__class__":
        return Possible((engine.same(Class(scope, exact=of.exact)),))
    if attr in {"value", "name"} and is_enum(engine, scope):
        return union(found for _, found in members(engine, scope))
    parts: list[Possible] = []
    if not of.exact:
        family = (*family, *below(engine, scope))
    record = is_record(engine, scope) and any(_is_field(part, attr) for part in family)
    if record:
        parts.append(parameters.field(engine, of, attr))
    parts += _stored_inside(engine, of, attr, family)
    parts += _stored_outside(engine, scope, attr, Instance)
    if not record:
        own = _own(engine, scope, attr, of)
        parts += [own] if own is not None else []
        if not of.exact:
            parts += [_from_body(engine, s, attr, of) for s in below(engine, scope) if attr in s.bindings]
    if parts:
        return with_changes(engine, union(parts), family, attr)
    foreign = line_of(engine, scope).foreign
    if foreign:
        return Possible(tuple(Named(f"{name}.{attr}") for name in foreign))
    return Possible((Named(f"{dotted(scope)}.{attr}"),), f"attribute {attr} that {scope.name} does not set")


def with_changes(engine: "Evaluator", found: Possible, family: Iterable[Scope], attr: str) -> Possible:
    """What methods put into a container that `self` holds."""
    from weigh.code import names

    for part in family:
        changes = part.changes.get(f"self.{attr}")
        if changes:
            found = names.changed(engine, found, changes, None)
    return found


def _is_field(scope: Scope, attr: str) -> bool:
    return attr in scope.bindings and not _defines(scope, attr)


def _stored_inside(engine: "Evaluator", of: Instance, attr: str, family: tuple[Scope, ...]) -> list[Possible]:
    """Values put into `self.attr` by the methods of the class."""
    parts = []
    wanted = set(map(id, family))
    for stored in engine.code.stored.get(attr, ()):
        method = method_of(stored)
        holder = method.class_around() if method is not None else None
        if method is None or holder is None or id(holder) not in wanted:
            continue
        frame = constructor_frame(engine, of, method)
        parts.append(_stored_value(engine, stored.binding, frame))
    return parts


def method_of(stored: Stored) -> Scope | None:
    """The method whose `self` an attribute is put into."""
    target = stored.target.value
    scope: Scope = stored.binding.site.scope
    while scope.kind in {"comprehension", "lambda"} and scope.outer is not None:
        scope = scope.outer.scope
    node = scope.node
    if not isinstance(target, ast.Name) or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    given = [*node.args.posonlyargs, *node.args.args]
    return scope if given and given[0].arg == target.id else None


def _stored_value(engine: "Evaluator", binding: Binding, frame: Frame | None) -> Possible:
    from weigh.code import names

    return names.bound_value(engine, "", binding, frame).via("attribute")


def _stored_outside(engine: "Evaluator", scope: Scope, attr: str, kind: type) -> list[Possible]:
    """Values put into the attribute of an object or class from elsewhere: `config.name = value`."""
    parts = []
    family = set(map(id, line_of(engine, scope).own))
    for stored in engine.code.stored.get(attr, ())[:_MOST_STORES]:
        if method_of(stored) is not None and method_of(stored).class_around() is not None:  # type: ignore[union-attr]
            continue
        for item in engine.value(stored.target.value, stored.binding.site).items:
            same = (isinstance(item, Instance) and id(item.of) in family) or (
                isinstance(item, Class) and id(item.scope) in family
            )
            if same and isinstance(item, kind):
                parts.append(_stored_value(engine, stored.binding, None))
    return parts


def constructor(engine: "Evaluator", scope: Scope) -> Scope | None:
    """The `__init__` that making an object of a class runs."""
    for part in line_of(engine, scope).own:
        for name in ("__init__", "__new__"):
            for binding in part.bindings.get(name, ()):
                if binding.scope is not None and binding.scope.kind == "function":
                    return binding.scope
    return None


def constructor_frame(engine: "Evaluator", of: Instance, method: Scope) -> Frame | None:
    """The call of a constructor by which an object was made, also through `super().__init__(...)`."""
    if of.call is None or of.site is None or method.name != "__init__":
        return None
    first = constructor(engine, of.of)
    if first is None:
        return None
    frame = engine.frame(first, of.call, of.site, of.frame, of)
    for _ in range(5):
        if frame is None or first is method:
            return frame
        above = _super_call(first)
        if above is None:
            return None
        holder = first.class_around()
        line = line_of(engine, of.of).own
        later = line[line.index(holder) + 1 :] if holder in line else ()
        upper = next(
            (b.scope for p in later for b in p.bindings.get("__init__", ()) if b.scope is not None), None
        )
        if upper is None:
            return None
        frame = engine.frame(upper, above.node, above.site, frame, of)
        first = upper
    return None


def _super_call(scope: Scope) -> CallSite | None:
    for call in scope.module.calls:
        func = call.node.func
        if call.site.scope is scope and isinstance(func, ast.Attribute) and func.attr == "__init__":
            return call
    return None
