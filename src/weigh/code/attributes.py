"""What an attribute, an item or an element of a value may be."""

import ast
from typing import TYPE_CHECKING

from weigh.code import classes, declared_defaults, folding, names
from weigh.code.abstract import (
    Abstract,
    Arguments,
    Class,
    Deferred,
    Frame,
    FromFile,
    Function,
    Instance,
    Items,
    Known,
    LocalModule,
    Named,
    Possible,
    Prepared,
    Table,
    longer,
    union,
    unknown,
)
from weigh.code.indexing import chain_of
from weigh.code.scopes import Scope, Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_CONFIGURATIONS = frozenset(["cfg", "config", "conf", "hparams", "hydra"])


def read(engine: "Evaluator", node: ast.Attribute, site: Site, frame: Frame | None) -> Possible:
    """What `value.attr` may be."""
    if is_super(node.value):
        return _above(engine, node.attr, site, frame)
    holder = engine.value(node.value, site, frame)
    chain = chain_of(node)
    local = _stored_here(engine, chain, site, frame) if chain else None
    if local is not None:
        return names.guarded(local, chain, site, engine)
    parts = [attribute(engine, item, node.attr) for item in holder.items if not _nameless(item)]
    if not parts:
        found = _of_unknown(engine, node, chain, holder, site)
    else:
        found = union(parts)
        found = Possible(found.items, found.why or holder.why, found.cut or holder.cut)
    return names.guarded(found, chain, site, engine) if chain else found


def _nameless(item: Abstract) -> bool:
    return isinstance(item, Named) and item.dotted.startswith("?")


def is_super(node: ast.expr) -> bool:
    """Whether an expression is `super()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _above(engine: "Evaluator", attr: str, site: Site, frame: Frame | None) -> Possible:
    """`super().attr`: of the classes after the one that the method stands in."""
    scope: Scope | None = site.scope
    method = None
    while scope is not None and scope.kind != "class":
        method = scope if scope.kind == "function" else method
        scope = scope.outer.scope if scope.outer is not None else None
    if scope is None:
        return unknown("super() outside of a class")
    line = classes.line_of(engine, scope)
    receiver = _receiver(method, frame) or engine.same(Instance(scope, exact=False))
    for part in line.own[1:]:
        if attr in part.bindings:
            return classes.member_of(engine, part, attr, receiver)
    if line.foreign:
        return Possible(tuple(Named(f"{name}.{attr}") for name in line.foreign))
    return Possible((Named(f"?.{attr}"),), "an object that is not known")


def _receiver(method: Scope | None, frame: Frame | None) -> Abstract | None:
    while frame is not None and method is not None:
        if frame.function is method.node:
            return frame.receiver
        frame = frame.parent
    return None


def _stored_here(engine: "Evaluator", chain: str, site: Site, frame: Frame | None) -> Possible | None:
    """`name.attr = value` in the same scope, on an object that is not one of the program's own classes."""
    attr = chain.rpartition(".")[2]
    found = []
    for stored in site.scope.module.stored.get(attr, ()):
        same = stored.binding.site.scope is site.scope and chain_of(stored.target) == chain
        if same and stored.binding.site.order < site.order:
            found.append(stored.binding)
    if not found or chain.partition(".")[0] in {"self", "cls"}:
        return None
    from weigh.code.scopes import reaching

    reached = reaching(found, site)
    covering = [b for b in reached if any(b.site.block is part for part in site.block.above())]
    if not covering:
        return None
    return union(names.bound_value(engine, "", b, frame).via("attribute") for b in reached)


def attribute(engine: "Evaluator", item: Abstract, attr: str) -> Possible:  # noqa: C901 - one line a kind
    """What an attribute of one value may be."""
    match item:
        case Known():
            return _of_constant(item, attr)
        case Named():
            return _of_name(engine, item, attr)
        case Class():
            return classes.class_attribute(engine, item, attr)
        case Instance():
            return classes.instance_attribute(engine, item, attr)
        case LocalModule():
            found = names.member(engine, item.module, attr, frozenset())
            full = f"{classes.module_name(item.module)}.{attr}"
            return found if found is not None else Possible((Named(full),))
        case Arguments() if attr == "__dict__":
            return Possible((item,))
        case Arguments():
            return declared_defaults.option(engine, item.module, attr)
        case FromFile():
            return Possible((item.item(attr),), item.item(attr).why)
        case Table():
            found = entry(engine, item, attr)
            if found is not None:
                return found
            return Possible((Named(f"dict.{attr}"),), item.why or f"no {attr} is set")
        case Items():
            return Possible((item,)) if attr == "value" else Possible((Named(f"list.{attr}"),))
        case Function():
            if attr == "__name__":
                return Possible(
                    (Known(item.scope.name, ("function name",), item.scope.module.spot(item.scope.node)),)
                )
            return Possible((Named(f"{classes.dotted(item.scope)}.{attr}"),))
        case Prepared():
            return Possible((Named(f"functools.partial.{attr}"),))


def _of_constant(item: Known, attr: str) -> Possible:
    if item.name and attr == "value":
        return Possible((item,))
    if item.name and attr == "name":
        return Possible((Known(item.name.rpartition(".")[2], item.how, item.spot),))
    if isinstance(item.value, str):
        part = folding.path_part(item.value, attr)
        if part is not None:
            return Possible((Known(part, longer("joined", item.how), item.spot, open=item.open),))
        if attr == "parents":
            return Possible((item,))
        return Possible((Named(f"str.{attr}"),))
    return Possible((Named(f"?.{attr}"),), "an attribute of a constant")


def _of_name(engine: "Evaluator", item: Named, attr: str) -> Possible:
    if item.made:
        if item.dotted.endswith("get_flags") or item.dotted.endswith("flags.FLAGS"):
            return declared_defaults.option(engine, None, attr)
        owner = class_made(item.dotted)
        return Possible((Named(f"{owner}.{attr}" if owner else f"{item.dotted}().{attr}"),))
    if item.dotted.endswith("flags.FLAGS"):
        return declared_defaults.option(engine, None, attr)
    module = engine.code.named(f"{item.dotted}.{attr}")
    if module is not None:
        return Possible((LocalModule(module),))
    return Possible((Named(f"{item.dotted}.{attr}"),))


def class_made(dotted: str) -> str:
    """The class whose object a call of a library gives, told by the names; "" where they do not tell."""
    head, _, last = dotted.rpartition(".")
    if last[:1].isupper():
        return dotted
    if last.startswith(("from_", "get_peft")) and head.rpartition(".")[2][:1].isupper():
        return head
    return ""


def _of_unknown(
    engine: "Evaluator", node: ast.Attribute, chain: str, holder: Possible, site: Site
) -> Possible:
    """An attribute of something that is not known: what the command line declares, or what is put there."""
    if holder.cut:
        return Possible((), holder.why, cut=True)
    owner = chain.split(".")[-2] if chain.count(".") else ""
    if declared_defaults.reads_options(owner):
        declared = declared_defaults.declared_option(engine, site.scope.module, node.attr)
        if declared is not None:
            return declared
    if chain.count(".") >= 2:
        put_there = _same_end(engine, chain)
        if put_there is not None:
            return put_there
    why = holder.why or "an object that is not known"
    words = chain.split(".")
    last = max((at for at, word in enumerate(words[:-1]) if word in _CONFIGURATIONS), default=-1)
    if last >= 0 and not why.startswith("read from"):
        given = FromFile("", tuple(words[last + 1 :]), ".".join(words[: last + 1]))
        return Possible((given,), given.why)
    return Possible((Named(f"?.{node.attr}"),), why)


def _same_end(engine: "Evaluator", chain: str) -> Possible | None:
    """`_C.MODEL.NAME = value` where `cfg.MODEL.NAME` is read."""
    tail = chain.split(".", 1)[1]
    parts = [
        names.bound_value(engine, "", stored.binding, None).via("attribute")
        for stored in engine.code.stored.get(tail.rpartition(".")[2], ())[:40]
        if chain_of(stored.target).partition(".")[2] == tail
    ]
    return union(parts) if parts else None


# items


def subscript(engine: "Evaluator", node: ast.Subscript, site: Site, frame: Frame | None) -> Possible:
    """What `value[key]` may be."""
    holder = engine.value(node.value, site, frame)
    if isinstance(node.slice, ast.Slice):
        return _slice(engine, holder, node.slice, site, frame)
    key = engine.value(node.slice, site, frame)
    if not holder.items:
        return Possible((), holder.why or "an object that is not known", holder.cut)
    found = union(_item_here(engine, item, key, site) for item in holder.items)
    why = found.why or (holder.why if not isinstance(holder.items[0], FromFile) else found.why)
    return Possible(found.items, why, found.cut or holder.cut or key.cut)


def _item_here(engine: "Evaluator", item: Abstract, key: Possible, site: Site) -> Possible:
    wanted = names.single(key)
    if isinstance(item, Named) and item.dotted in {"os.environ", "environ"} and wanted is not None:
        return declared_defaults.environment(engine, str(wanted.value), None, site.scope.module)
    return item_at(engine, item, key)


def _slice(
    engine: "Evaluator", holder: Possible, cut: ast.Slice, site: Site, frame: Frame | None
) -> Possible:
    ends: list[int | None] = []
    for end in (cut.lower, cut.upper, cut.step):
        value = names.single(engine.value(end, site, frame)) if end is not None else None
        if end is not None and (value is None or not isinstance(value.value, int)):
            return Possible(
                tuple(i for i in holder.items if isinstance(i, Items)), "a part that is not known"
            )
        ends.append(value.value if value is not None and isinstance(value.value, int) else None)
    if ends[2] == 0:
        return unknown("a step of nothing")
    parts: list[Abstract] = []
    for item in holder.items:
        if isinstance(item, Known) and isinstance(item.value, str) and not item.open:
            text = item.value[slice(*ends)]
            parts.append(Known(text, longer("joined", item.how), item.spot, turns=item.turns))
        elif isinstance(item, Items):
            parts.append(Items(item.items if item.why else item.items[slice(*ends)], item.why))
    return Possible(tuple(parts), holder.why or ("" if parts else "a part of something that is not known"))


def item_at(engine: "Evaluator", item: Abstract, key: Possible) -> Possible:  # noqa: C901 - a case a kind
    """What an item of one value may be."""
    wanted = names.single(key)
    if isinstance(item, Table):
        return _table_item(engine, item, key)
    if isinstance(item, Items):
        if wanted is not None and isinstance(wanted.value, int) and not item.why:
            if -len(item.items) <= wanted.value < len(item.items):
                return engine.force(item.items[wanted.value]).via("list")
            return unknown("an item that is not in the list")
        found = union(engine.force(part) for part in item.items)
        return Possible(found.items, found.why or item.why, found.cut).via("list")
    if isinstance(item, FromFile):
        name = str(wanted.value) if wanted is not None else "?"
        deeper = item.item(name)
        return Possible((deeper,), deeper.why)
    if isinstance(item, Class) and classes.is_enum(engine, item.scope):
        chosen = [v for n, v in classes.members(engine, item.scope) if wanted is None or n == wanted.value]
        return union(chosen)
    if isinstance(item, Named) and item.dotted.endswith(".__dict__") and not item.made:
        return _of_module(item, key)
    if isinstance(item, Named):
        return _named_item(engine, item, wanted)
    if isinstance(item, Arguments) and wanted is not None and isinstance(wanted.value, str):
        return declared_defaults.option(engine, item.module, wanted.value)
    if isinstance(item, Known) and isinstance(item.value, str) and wanted is not None:
        return _character_or_parent(item, wanted)
    if isinstance(item, Instance):
        return _record_item(engine, item, wanted)
    return unknown("an item of something that is not known")


def _record_item(engine: "Evaluator", item: Instance, wanted: Known | None) -> Possible:
    if wanted is not None and isinstance(wanted.value, str):
        return classes.instance_attribute(engine, item, wanted.value)
    if wanted is not None and isinstance(wanted.value, int):
        fields = classes.field_names(engine, item.of)
        if -len(fields) <= wanted.value < len(fields):
            return classes.instance_attribute(engine, item, fields[wanted.value])
    return unknown("an item of something that is not known")


def _character_or_parent(item: Known, wanted: Known) -> Possible:
    text, place = str(item.value), wanted.value
    if not isinstance(place, int) or item.open:
        return unknown("a part that is not known")
    if "/" in text and 0 <= place < 16:
        for _ in range(place + 1):
            text = folding.path_part(text, "parent") or "."
        return Possible((Known(text, item.how, item.spot),))
    if -len(text) <= place < len(text):
        return Possible((Known(text[place], item.how, item.spot),))
    return unknown("a part that is not known")


def _named_item(engine: "Evaluator", item: Named, wanted: Known | None) -> Possible:
    if item.dotted in {"os.environ", "environ"}:
        return declared_defaults.environment(engine, str(wanted.value) if wanted is not None else "", None)
    if item.dotted == "sys.argv":
        place = wanted.value if wanted is not None and isinstance(wanted.value, int) else "?"
        return unknown(f"command line argument sys.argv[{place}]")
    if item.made:
        return unknown(f"an item of what {item.dotted}() gives")
    if wanted is not None and isinstance(wanted.value, str) and item.dotted.rpartition(".")[2][:1].isupper():
        return Possible((Named(f"{item.dotted}.{wanted.value}"),))
    return Possible((item,))


def _of_module(item: Named, key: Possible) -> Possible:
    """`module.__dict__[name]` of a library: what it holds under the names that the key may be."""
    module = item.dotted.removesuffix(".__dict__")
    known = [i.value for i in key.items if isinstance(i, Known) and isinstance(i.value, str) and not i.open]
    found = tuple(Named(f"{module}.{name}") for name in dict.fromkeys(known) if name.isidentifier())
    return Possible(found, key.why or ("" if found else f"a name in {module}"), key.cut)


def _table_item(engine: "Evaluator", table: Table, key: Possible) -> Possible:
    """The entries that a key may mean; all of them when it is not known."""
    wanted = {item.value for item in key.items if isinstance(item, Known) and not item.open}
    sure = bool(key.items) and not key.why and len(wanted) == len(key.items)
    chosen: list[Possible] = []
    others: list[Possible] = []
    for name, value in table.entries:
        given = engine.force(name)
        known = [item for item in given.items if isinstance(item, Known)]
        fits = any(item.value in wanted for item in known)
        exact = not given.why and len(known) == 1
        if fits:
            chosen.append(engine.force(value))
        elif not sure or not exact:
            others.append(engine.force(value))
    if chosen and sure:
        return union(chosen).via("dict")
    found = union([*chosen, *others])
    missing = "" if found.items or table.entries else "a mapping that holds nothing yet"
    if sure and not found.items:
        missing = "a key that the mapping does not hold"
    return Possible(found.items, found.why or table.why or missing, found.cut or key.cut).via("dict")


def entry(engine: "Evaluator", table: Table, key: str) -> Possible | None:
    """The value under a key that is known; None when the table does not hold it."""
    parts = []
    for name, value in table.entries:
        if any(isinstance(item, Known) and item.value == key for item in engine.force(name).items):
            parts.append(engine.force(value))
    return union(parts).via("dict") if parts else None


# elements


def elements(engine: "Evaluator", item: Abstract) -> Items:
    """What looping over one value gives."""
    match item:
        case Items():
            return item
        case Table():
            return Items(tuple(key for key, _ in item.entries), item.why)
        case Class() if classes.is_enum(engine, item.scope):
            inside = Site(item.scope, item.scope.base, 0)
            found = [Deferred(None, inside, None, v) for _, v in classes.members(engine, item.scope)]
            return Items(tuple(found))
        case FromFile():
            return Items((), item.why)
        case Named():
            return Items((), f"items of {item.dotted}{'()' if item.made else ''}")
        case _:
            return Items((), "items that are not known")


def unpacked(engine: "Evaluator", of: Possible, place: int | slice) -> Possible:
    """The value at a place when a value is unpacked."""
    parts: list[Possible] = []
    for item in of.items:
        if isinstance(item, Instance) and isinstance(place, int):
            parts.append(_record_item(engine, item, Known(place, (), None)))
            continue
        items = elements(engine, item)
        if isinstance(place, slice):
            kept = items.items if items.why else items.items[place]
            parts.append(Possible((Items(kept, items.why),)))
        elif not items.why and -len(items.items) <= place < len(items.items):
            parts.append(engine.force(items.items[place]))
        elif isinstance(item, Named | Arguments):
            parts.append(Possible((item,), items.why) if isinstance(item, Arguments) else unknown(items.why))
        else:
            found = union(engine.force(part) for part in items.items)
            parts.append(
                Possible(found.items, found.why or items.why or "an item that is not known", found.cut)
            )
    found = union(parts)
    return Possible(found.items, found.why or of.why, found.cut or of.cut)
