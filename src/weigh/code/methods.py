"""What methods of texts, lists, mappings and files give."""

import ast
from typing import TYPE_CHECKING

from weigh.code import attributes, declared_defaults, folding, parameters
from weigh.code.abstract import (
    Abstract,
    Arguments,
    Deferred,
    Frame,
    FromFile,
    Items,
    Known,
    Named,
    Possible,
    Table,
    longer,
    union,
    unknown,
)
from weigh.code.scopes import Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_SPLITS = frozenset(["split", "rsplit", "splitlines", "partition", "rpartition"])


def of_holder(
    engine: "Evaluator", holder: Possible, node: ast.Call, site: Site, frame: Frame | None
) -> Possible | None:
    """What a method gives, where all that the holder may be has such methods; None to look further."""
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    if not holder.items:
        return None if holder.cut else _get_of_unknown(engine, holder, node, site, frame)
    texts = tuple(item for item in holder.items if isinstance(item, Known) and isinstance(item.value, str))
    others = tuple(item for item in holder.items if item not in texts and not isinstance(item, Known))
    parts: list[Possible] = []
    if texts:
        parts.append(_of_text(engine, Possible(texts, holder.why), name, node, site, frame))
    for item in others:
        found = _of_other(engine, item, name, node, site, frame)
        if found is None:
            return None
        parts.append(found)
    if not parts:
        return None
    joined = union(parts)
    return Possible(joined.items, joined.why or holder.why, joined.cut or holder.cut)


def _of_other(
    engine: "Evaluator", item: Abstract, name: str, node: ast.Call, site: Site, frame: Frame | None
) -> Possible | None:
    taken = parameters.given(engine, node, site, frame)
    if isinstance(item, Table):
        return _of_table(engine, item, name, taken)
    if isinstance(item, Items):
        return _of_items(engine, item, name, taken)
    if isinstance(item, FromFile):
        if name in {"get", "pop"} and taken.positional:
            deeper = attributes.item_at(engine, item, engine.force(taken.positional[0]))
            default = [engine.force(taken.positional[1]).via("default")] if len(taken.positional) > 1 else []
            return union([*default, deeper])
        return Possible((item,), item.why)
    if (
        isinstance(item, Named)
        and item.dotted in {"os.environ", "environ"}
        and name in {"get", "setdefault", "pop"}
    ):
        return from_environment(engine, taken)
    if isinstance(item, Arguments) and name in {"get", "pop"} and taken.positional:
        return attributes.item_at(engine, item, engine.force(taken.positional[0]))
    return None


def from_environment(engine: "Evaluator", taken: "parameters.Given") -> Possible:
    """`os.environ.get(name, default)` and its relatives."""
    name = ""
    first = taken.positional[0] if taken.positional else taken.named.get("key")
    if first is not None:
        for item in engine.force(first).items:
            if isinstance(item, Known) and isinstance(item.value, str):
                name = item.value
    second = taken.positional[1] if len(taken.positional) > 1 else taken.named.get("default")
    reader = first.site.scope.module if first is not None else None
    if second is not None:
        return declared_defaults.environment(engine, name, engine.force(second), reader)
    found = declared_defaults.environment(engine, name, None, reader)
    if found.items:
        return found
    spot = first.site.scope.module.spot(first.expression) if first is not None and first.expression else None
    return Possible((Known(None, ("environment",), spot),), found.why)


def _get_of_unknown(
    engine: "Evaluator", holder: Possible, node: ast.Call, site: Site, frame: Frame | None
) -> Possible | None:
    """`mapping.get(key, default)` of a mapping that is not known: the default is one of the values.

    So it is of `settings.value(key, default_value=…)` and other methods whose argument says that it is one.
    """
    assert isinstance(node.func, ast.Attribute)
    taken = parameters.given(engine, node, site, frame)
    default = told_default(taken)
    if node.func.attr == "get" and len(taken.positional) == 2:
        default = taken.positional[1]
    if default is None:
        return None
    found = engine.force(default).via("default")
    return Possible(found.items, holder.why or "a mapping that is not known", found.cut)


def told_default(taken: "parameters.Given") -> Deferred | None:
    """The argument that a call of something unknown calls its default, None where it has none."""
    return next(
        (taken.named[name] for name in ("default_value", "fallback", "default") if name in taken.named), None
    )


def _of_table(engine: "Evaluator", table: Table, name: str, taken: "parameters.Given") -> Possible | None:
    if name in {"get", "pop", "setdefault"} and taken.positional:
        return _taken_out(engine, table, taken)
    if name == "keys":
        return Possible((Items(tuple(key for key, _ in table.entries), table.why),))
    if name == "values":
        return Possible((Items(tuple(value for _, value in table.entries), table.why),))
    if name == "items":
        pairs = []
        for key, value in table.entries:
            pair = Items((key, value))
            pairs.append(Deferred(None, key.site, None, Possible((pair,))))
        return Possible((Items(tuple(pairs), table.why),))
    if name in {"copy", "clone", "deepcopy", "to_dict", "dict", "freeze"}:
        return Possible((table,))
    return None


def _taken_out(engine: "Evaluator", table: Table, taken: "parameters.Given") -> Possible:
    """`mapping.get(key, default)`: the default too, unless the key is surely there."""
    key = engine.force(taken.positional[0])
    wanted = {item.value for item in key.items if isinstance(item, Known)}
    held: set[object] = set()
    for entry_key, _ in table.entries:
        held |= {item.value for item in engine.force(entry_key).items if isinstance(item, Known)}
    sure = bool(wanted) and not key.why
    default = taken.positional[1] if len(taken.positional) > 1 else taken.named.get("default")
    parts: list[Possible] = []
    if not sure or wanted & held or table.why:
        parts.append(attributes.item_at(engine, table, key))
    if not (sure and wanted <= held):
        if default is not None:
            parts.append(engine.force(default).via("default"))
        elif sure and not table.why:
            parts.append(Possible((Known(None, ("default",), None),)))
    found = union(parts)
    return Possible(found.items, "" if default is not None and found.items and sure else found.why, found.cut)


def _of_items(engine: "Evaluator", items: Items, name: str, taken: "parameters.Given") -> Possible | None:
    if name in {"copy", "tolist"}:
        return Possible((items,))
    if name in {"pop", "popleft"}:
        if taken.positional:
            return attributes.item_at(engine, items, engine.force(taken.positional[0]))
        return union(engine.force(item) for item in items.items)
    return None


def _of_text(
    engine: "Evaluator", text: Possible, name: str, node: ast.Call, site: Site, frame: Frame | None
) -> Possible:
    taken = parameters.given(engine, node, site, frame)
    if name == "format":
        if taken.more:
            return unknown(taken.more)
        return folding.format_call(engine, text, list(taken.positional), taken.named)
    if name == "format_map" and taken.positional:
        for item in engine.force(taken.positional[0]).items:
            if isinstance(item, Table):
                return folding.percent(engine, text, Possible((item,)))
    if name == "join" and taken.positional:
        return _joined(engine, text, taken)
    given = [engine.force(argument) for argument in taken.positional[:3]]
    if name in _SPLITS:
        return _split(text, name, given, site)
    if name in {"joinpath", "replace", "with_suffix", "with_name"} and not given:
        return unknown("a part of the text is not known")
    if any(not isinstance(item, Known) for value in given for item in value.items):
        return unknown(f"result of a text's {name}()")
    found = engine.combined([text, *given], lambda p: folding.text_method(name, str(p[0]), p[1:]))
    kept = tuple(
        Known(i.value, i.how, i.spot, turns=i.turns)
        if isinstance(i, Known) and not isinstance(i.value, str)
        else i
        for i in found.items
    )
    return Possible(kept, found.why, found.cut)


def _joined(engine: "Evaluator", text: Possible, taken: "parameters.Given") -> Possible:
    items = engine.elements(engine.force(taken.positional[0]))
    if items.why or len(items.items) > 64:
        return unknown(items.why or "a text of very many parts")
    parts = [engine.force(item) for item in items.items]
    return engine.combined([text, *parts], lambda p: str(p[0]).join(str(part) for part in p[1:]))


def _split(text: Possible, name: str, given: list[Possible], site: Site) -> Possible:
    """Parts of a text; a hole stays within its part."""
    arguments = []
    for value in given:
        if len(value.items) != 1 or not isinstance(value.items[0], Known) or value.why:
            return unknown("a text that is split in a way that is not known")
        arguments.append(value.items[0].value)
    found: list[Abstract] = []
    for item in text.items:
        if not isinstance(item, Known) or item.open:
            continue
        parts = folding.split_text(name, str(item.value), arguments)
        if parts is not None and len(parts) <= 1024:
            how = longer("joined", item.how)
            whole = (Possible((Known(part, how, item.spot, turns=item.turns),)) for part in parts)
            found.append(Items(tuple(Deferred(None, site, None, value) for value in whole)))
    return Possible(tuple(found), text.why or ("" if found else "a part of the text is not known"))
