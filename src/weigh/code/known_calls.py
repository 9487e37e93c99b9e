"""What well-known calls of the language and of libraries give: paths, containers, the command line."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from weigh.code import attributes, classes, declared_defaults, folding, methods
from weigh.code.abstract import (
    HOLE,
    Abstract,
    Arguments,
    Class,
    Deferred,
    Frame,
    FromFile,
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
from weigh.code.parameters import Given, given
from weigh.code.scopes import Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_SAME = frozenset(
    [
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "reversed",
        "iter",
        "str",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.expanduser",
        "os.fspath",
        "os.path.normpath",
        "os.path.expandvars",
        "copy.copy",
        "copy.deepcopy",
        "tqdm.tqdm",
        "tqdm",
        "tqdm.auto.tqdm",
        "tqdm.notebook.tqdm",
        "rich.progress.track",
        "track",
        "itertools.cycle",
        "typing.cast",
        "pathlib.Path",
        "Path",
        "pathlib.PurePath",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "next",
        "types.MappingProxyType",
        "functools.lru_cache",
        "pytest.param",
        "torch.device",
        "itertools.islice",
        "shlex.quote",
        "sys.intern",
        "omegaconf.OmegaConf.create",
        "ml_collections.ConfigDict",
        "OmegaConf.create",
        "omegaconf.DictConfig",
        "click.Path",
        "os.path.normcase",
    ]
)
"""Calls that give their first argument, as far as it matters here."""
_MAPPINGS = frozenset(
    [
        "dict",
        "collections.OrderedDict",
        "OrderedDict",
        "types.SimpleNamespace",
        "SimpleNamespace",
        "argparse.Namespace",
        "Namespace",
        "easydict.EasyDict",
        "EasyDict",
        "edict",
        "munch.Munch",
        "Munch",
        "addict.Dict",
        "box.Box",
        "Box",
        "yacs.config.CfgNode",
        "CfgNode",
        "collections.ChainMap",
        "transformers.utils.ModelOutput",
        "bunch.Bunch",
        "attrdict.AttrDict",
        "AttrDict",
        "ConfigDict",
        "collections.UserDict",
        "mmcv.Config",
        "mmcv.ConfigDict",
        "mmengine.ConfigDict",
    ]
)
_DEFAULTS = frozenset(
    [
        "Option",
        "Argument",
        "Field",
        "field",
        "ib",
        "attrib",
        "Query",
        "Form",
        "Body",
        "Header",
        "Cookie",
        "Parameter",
        "Opt",
        "Arg",
        "LazyField",
    ]
)
"""Calls that stand in place of a default and hold it."""
_COMMAND_LINE = frozenset(
    ["parse_args", "parse_known_args", "parse_intermixed_args", "parse_known_intermixed_args"]
)
_RECORD_PARSERS = frozenset(
    [
        "parse_args_into_dataclasses",
        "parse_dict",
        "parse_json_file",
        "parse_yaml_file",
        "cli",
        "parse",
        "CLI",
        "entrypoint",
    ]
)
_READERS = frozenset(
    [
        "yaml.safe_load",
        "yaml.load",
        "yaml.full_load",
        "json.load",
        "json.loads",
        "toml.load",
        "tomllib.load",
        "tomli.load",
        "toml.loads",
        "tomllib.loads",
        "yaml.safe_load_all",
        "omegaconf.OmegaConf.load",
        "OmegaConf.load",
        "pandas.read_csv",
        "configparser.ConfigParser",
        "mmcv.Config.fromfile",
        "mmengine.Config.fromfile",
        "jsonlines.open",
        "anyconfig.load",
        "ruamel.yaml.load",
        "hocon.load",
        "dotenv.dotenv_values",
        "orjson.loads",
        "ujson.load",
    ]
)


def result(  # noqa: C901 - a case a kind of call
    engine: "Evaluator", item: Named, node: ast.Call, site: Site, frame: Frame | None
) -> Possible:
    """What calling something of a library gives."""
    dotted = item.dotted.removeprefix("builtins.")
    taken = given(engine, node, site, frame)
    if item.made:
        return _made(engine, taken, dotted, Named(f"{dotted}()", made=True))
    last = dotted.rpartition(".")[2]
    special = _SPECIAL.get(dotted)
    if special is not None:
        return special(engine, taken, node, site, frame)
    if dotted in _SAME:
        return _first(engine, taken, dotted)
    if dotted in _MAPPINGS:
        return _mapping(engine, taken, site)
    if dotted in _READERS:
        return _read_file(engine, taken)
    if last in _COMMAND_LINE and "." in dotted:
        return _command_line(last, site)
    if last in _RECORD_PARSERS:
        found = _records(engine, item, node, taken, site)
        if found is not None:
            return found
    if last in _DEFAULTS:
        return _held_default(engine, taken, node, site, last)
    if last.startswith("DEFINE_") and len(taken.positional) > 1:
        return _entries(engine, {"value": taken.positional[1]}, site)
    if dotted == "super":
        return unknown("super() outside of a class")
    if last[:1].islower():
        return _made(engine, taken, dotted, Named(dotted, made=True))
    return Possible((Named(dotted, made=True),), f"result of {dotted}()")


def _made(engine: "Evaluator", taken: Given, dotted: str, what: Named) -> Possible:
    """What a function of a library gives: an object, or the default that it is told."""
    made = Possible((what,), f"result of {dotted}()")
    default = methods.told_default(taken)
    if default is None and dotted.endswith(".QSettings.value") and len(taken.positional) > 1:
        default = taken.positional[1]
    if default is None:
        return made
    found = engine.force(default).via("default")
    return Possible(found.items, made.why, found.cut) if found.items else made


def _first(engine: "Evaluator", taken: Given, dotted: str) -> Possible:
    if not taken.positional:
        return (
            Possible((Items(()),)) if dotted in {"list", "tuple", "set"} else unknown(f"result of {dotted}()")
        )
    if dotted == "typing.cast" and len(taken.positional) > 1:
        return engine.force(taken.positional[1])
    found = engine.force(taken.positional[0])
    if dotted in {"pathlib.Path", "Path", "pathlib.PurePath"} and len(taken.positional) > 1:
        return _path(engine, taken, None, None, None)
    if dotted in {"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"}:
        return Possible((engine.elements(found),)) if found.items else found
    if dotted == "next":
        items = engine.elements(found)
        inner = union(engine.force(part) for part in items.items)
        return Possible(inner.items, inner.why or items.why, inner.cut)
    if dotted == "str":
        changed = tuple(
            replace(i, value=str(i.value)) if isinstance(i, Known) and i.value is not None else i
            for i in found.items
        )
        return Possible(changed, found.why, found.cut)
    return found


def _path(
    engine: "Evaluator", taken: Given, _node: ast.Call | None, _site: Site | None, _frame: Frame | None
) -> Possible:
    if taken.more:
        return unknown(taken.more)
    parts = [engine.force(part) for part in taken.positional]
    return engine.combined(parts, lambda p: folding.joined_path([str(part) for part in p]))


def _part(name: str) -> "_Special":
    def part(
        engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
    ) -> Possible:
        if not taken.positional:
            return unknown("a path that is not given")
        value = engine.force(taken.positional[0])
        return engine.combined([value], lambda p: folding.path_part(str(p[0]), name) or "")

    return part


def _mapping(engine: "Evaluator", taken: Given, site: Site) -> Possible:
    entries: list[tuple[Deferred, Deferred]] = []
    why = taken.more
    for whole in taken.positional[:8]:
        value = engine.force(whole)
        why = why or value.why
        for item in value.items:
            if isinstance(item, Table):
                entries += item.entries
                why = why or item.why
            elif isinstance(item, Items):
                entries += _pairs(engine, item)
            elif isinstance(item, Named | FromFile | Arguments | Instance):
                why = why or "a mapping that is not known"
    entries += [(_text(name, site), value) for name, value in taken.named.items()]
    return Possible((Table(tuple(entries), why),))


def _pairs(engine: "Evaluator", items: Items) -> list[tuple[Deferred, Deferred]]:
    found = []
    for pair in items.items:
        rows = [item for item in engine.force(pair).items if isinstance(item, Items)]
        found += [(row.items[0], row.items[1]) for row in rows if len(row.items) == 2]
    return found


def _text(text: str, site: Site) -> Deferred:
    return Deferred(None, site, None, Possible((Known(text, (), None),)))


def _entries(_engine: "Evaluator", entries: dict[str, Deferred], site: Site) -> Possible:
    return Possible((Table(tuple((_text(name, site), value) for name, value in entries.items())),))


def _read_file(engine: "Evaluator", taken: Given) -> Possible:
    """What is read from a file, with its name as far as it is known."""
    name = ""
    if taken.positional:
        for item in engine.force(taken.positional[0]).items:
            if isinstance(item, FromFile):
                name = item.file
            elif isinstance(item, Known) and isinstance(item.value, str) and len(item.value) < 200:
                name = item.value
    found = FromFile(name)
    return Possible((found,), found.why)


def _open(engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None) -> Possible:
    return _read_file(engine, taken)


def _command_line(last: str, site: Site) -> Possible:
    parsed = Possible((Arguments(site.scope.module),))
    if "known" not in last:
        return parsed
    rest = Possible((Items((), "further command line arguments"),))
    parts = tuple(Deferred(None, site, None, part) for part in (parsed, rest))
    return Possible((Items(parts),))


def _records(engine: "Evaluator", item: Named, node: ast.Call, taken: Given, place: Site) -> Possible | None:
    """Objects of dataclasses filled from the command line: HfArgumentParser, tyro, simple-parsing."""
    last = item.dotted.rpartition(".")[2]
    kinds: list[Deferred] = list(taken.positional[:1])
    if "HfArgumentParser" in item.dotted or "ArgumentParser" in item.dotted:
        maker = node.func.value if isinstance(node.func, ast.Attribute) else None
        kinds = engine.parser_kinds(maker, place)
    found: list[Abstract] = []
    for kind in kinds:
        for value in engine.force(kind).items:
            whole = (
                [engine.force(part) for part in value.items]
                if isinstance(value, Items)
                else [Possible((value,))]
            )
            found += [
                engine.same(Instance(i.scope, exact=False))
                for p in whole
                for i in p.items
                if isinstance(i, Class)
            ]
    if not found:
        return None
    if last in {"cli", "parse", "CLI", "entrypoint"}:
        return Possible(tuple(found))
    site = kinds[0].site
    return Possible((Items(tuple(Deferred(None, site, None, Possible((i,))) for i in found)),))


def _held_default(engine: "Evaluator", taken: Given, node: ast.Call, site: Site, last: str) -> Possible:
    """`Field("x")`, `field(default="x")`, `typer.Option("x")`: the default that it holds."""
    if "default" in taken.named:
        return _not_ellipsis(engine.force(taken.named["default"]), last)
    for name in ("default_factory", "factory"):
        if name in taken.named:
            return _of_factory(engine, taken.named[name], node, site)
    if taken.positional and last not in {"field", "ib", "attrib"}:
        return _not_ellipsis(engine.force(taken.positional[0]), last)
    return unknown("a field without a default")


def _not_ellipsis(found: Possible, last: str) -> Possible:
    return found if found.items else unknown(found.why if found.cut else f"{last}() holds no default")


def _of_factory(engine: "Evaluator", factory: Deferred, _node: ast.Call, site: Site) -> Possible:
    from weigh.code import calling

    empty = engine.empty_call(site.scope)
    parts = [calling.applied(engine, i, empty, site, None) for i in engine.force(factory).items]
    return union(parts)


def _environment(
    engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    return methods.from_environment(engine, taken)


def _partial(_engine: "Evaluator", taken: Given, node: ast.Call, site: Site, frame: Frame | None) -> Possible:
    if not taken.positional:
        return unknown("a partial call of nothing")
    made = Prepared(taken.positional[0], node, site, frame)
    return Possible((made,))


def _enumerate(
    engine: "Evaluator", taken: Given, _node: ast.Call, site: Site, _frame: Frame | None
) -> Possible:
    if not taken.positional:
        return unknown("nothing to count")
    items = engine.elements(engine.force(taken.positional[0]))
    number = Deferred(None, site, None, unknown("a number that is counted"))
    return Possible((Items(tuple(_pair(site, number, item) for item in items.items), items.why),))


_MOST_COUNTED = 64


def _range(engine: "Evaluator", taken: Given, node: ast.Call, site: Site, _frame: Frame | None) -> Possible:
    """`range(1, 4)` of a few numbers that are known."""
    numbers: list[int] = []
    for part in taken.positional:
        found = engine.force(part)
        held = found.items[0] if len(found.items) == 1 and not found.why else None
        if not isinstance(held, Known) or not isinstance(held.value, int):
            return unknown("numbers that are counted")
        numbers.append(held.value)
    if not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        return unknown("numbers that are counted")
    counted = range(*numbers)
    if len(counted) > _MOST_COUNTED:
        return unknown("very many numbers")
    spot = site.scope.module.spot(node)
    ready = (Possible((Known(number, ("counted",), spot),)) for number in counted)
    return Possible((Items(tuple(Deferred(None, site, None, one) for one in ready)),))


def _pair(site: Site, *parts: Deferred) -> Deferred:
    return Deferred(None, site, None, Possible((Items(parts),)))


def _zip(engine: "Evaluator", taken: Given, _node: ast.Call, site: Site, _frame: Frame | None) -> Possible:
    """Items side by side; where one of the lists is not known, its places are not."""
    columns = [engine.elements(engine.force(part)) for part in taken.positional]
    known = [len(column.items) for column in columns if not column.why]
    rows = min(known) if known else max((len(column.items) for column in columns), default=0)
    hidden = Deferred(None, site, None, unknown("an item of something that is not known"))
    each = range(rows)
    columns = [c if not c.why else Items((hidden,) * rows) for c in columns]
    found = [_pair(site, *(c.items[n] if n < len(c.items) else hidden for c in columns)) for n in each]
    return Possible((Items(tuple(found), taken.more),))


def _product(
    engine: "Evaluator", taken: Given, _node: ast.Call, site: Site, _frame: Frame | None
) -> Possible:
    """Rows of `itertools.product`: one a value of the longest list is enough, each value appears."""
    columns = [engine.elements(engine.force(part)) for part in taken.positional]
    rows = max((len(column.items) for column in columns), default=0)
    why = taken.more or next((column.why for column in columns if column.why), "")
    if not rows or any(not column.items for column in columns):
        return Possible((Items((), why or "items that are not known"),))
    found = [_pair(site, *(column.items[n % len(column.items)] for column in columns)) for n in range(rows)]
    return Possible((Items(tuple(found), why),))


def _chain(engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None) -> Possible:
    columns = [engine.elements(engine.force(part)) for part in taken.positional]
    why = taken.more or next((column.why for column in columns if column.why), "")
    return Possible((Items(tuple(item for column in columns for item in column.items), why),))


def _mapped(engine: "Evaluator", taken: Given, node: ast.Call, site: Site, frame: Frame | None) -> Possible:
    """`map(f, items)`: what the function gives for each."""
    from weigh.code import calling

    if len(taken.positional) < 2:
        return unknown("nothing to map")
    items = engine.elements(engine.force(taken.positional[1]))
    parts = []
    for item in items.items[:64]:
        call = engine.built(node, (node.args[0] if node.args else ast.Name("?"), item))
        found = union(
            calling.applied(engine, f, call, site, frame) for f in engine.force(taken.positional[0]).items
        )
        parts.append(Deferred(None, site, None, found))
    return Possible((Items(tuple(parts), items.why),))


def _filtered(
    engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    if len(taken.positional) < 2:
        return unknown("nothing to filter")
    return Possible((engine.elements(engine.force(taken.positional[1])),))


def _getattr(
    engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    """`getattr(value, name, default)`."""
    if len(taken.positional) < 2:
        return unknown("an attribute that is not known")
    holder, wanted = engine.force(taken.positional[0]), engine.force(taken.positional[1])
    names = [
        i.value for i in wanted.items if isinstance(i, Known) and isinstance(i.value, str) and not i.open
    ]
    parts = [attributes.attribute(engine, item, name) for item in holder.items for name in names[:64]]
    if len(taken.positional) > 2:
        parts.append(engine.force(taken.positional[2]).via("default"))
    found = union(parts)
    return Possible(found.items, found.why or wanted.why or holder.why, found.cut)


def _vars(engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None) -> Possible:
    return engine.force(taken.positional[0]) if taken.positional else unknown("names of the place")


def _new_mapping(
    _engine: "Evaluator", _taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    return Possible((Table(()),))


def _type_of(
    engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    found = engine.force(taken.positional[0]) if taken.positional else unknown("nothing")
    kinds: list[Abstract] = [
        engine.same(Class(i.of, exact=i.exact)) for i in found.items if isinstance(i, Instance)
    ]
    kinds += [Named(attributes.class_made(i.dotted)) for i in found.items if isinstance(i, Named) and i.made]
    return Possible(tuple(kinds), found.why if not kinds else "")


def _module(
    engine: "Evaluator", taken: Given, _node: ast.Call, _site: Site, _frame: Frame | None
) -> Possible:
    """`importlib.import_module("name")`."""
    found = engine.force(taken.positional[0]) if taken.positional else unknown("nothing")
    named = tuple(
        Named(i.value)
        for i in found.items
        if isinstance(i, Known) and isinstance(i.value, str) and not i.open
    )
    return Possible(named, found.why or ("" if named else f"a module {HOLE}"))


_Special = Callable[["Evaluator", Given, ast.Call, Site, "Frame | None"], Possible]
_SPECIAL: dict[str, _Special] = {
    "os.path.join": _path,
    "posixpath.join": _path,
    "os.path.dirname": _part("parent"),
    "os.path.basename": _part("name"),
    "os.getenv": _environment,
    "os.environ.get": _environment,
    "os.environ.setdefault": _environment,
    "os.environ.pop": _environment,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "enumerate": _enumerate,
    "range": _range,
    "zip": _zip,
    "itertools.product": _product,
    "itertools.chain": _chain,
    "map": _mapped,
    "filter": _filtered,
    "getattr": _getattr,
    "vars": _vars,
    "dataclasses.asdict": _vars,
    "attr.asdict": _vars,
    "open": _open,
    "io.open": _open,
    "collections.defaultdict": _new_mapping,
    "defaultdict": _new_mapping,
    "type": _type_of,
    "importlib.import_module": _module,
}

__all__ = ["classes", "declared_defaults", "result"]
