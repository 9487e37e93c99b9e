"""Defaults that are declared for the command line, the environment, fields and parametrised tests."""

import ast
from typing import TYPE_CHECKING

from weigh.code.abstract import Known, Possible, truth, union, unknown
from weigh.code.indexing import chain_of
from weigh.code.scopes import CallSite, ModuleCode, Scope, Site

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

_OPTION_NAMES = frozenset(
    [
        "args",
        "arg",
        "opt",
        "opts",
        "options",
        "arguments",
        "parsed_args",
        "cli_args",
        "flags",
        "FLAGS",
        "hparams",
        "params",
        "parsed",
        "ns",
        "namespace",
        "cmd_args",
        "parser_args",
        "_args",
        "conf",
        "known_args",
    ]
)
"""What people call the result of parsing a command line."""
_DEFINERS = (
    "DEFINE_string",
    "DEFINE_enum",
    "DEFINE_enum_class",
    "DEFINE_list",
    "DEFINE_multi_string",
    "DEFINE_spaceseplist",
    "DEFINE_bool",
    "DEFINE_boolean",
    "DEFINE_integer",
    "DEFINE_float",
)


def reads_options(name: str) -> bool:
    """Whether a variable is called as the parsed command line usually is."""
    return name in _OPTION_NAMES


def option(engine: "Evaluator", module: ModuleCode | None, name: str) -> Possible:
    """What an option of the command line is when it is not given, and what it may be."""
    found = declared_option(engine, module, name)
    if found is None:
        return unknown(f"option {name} of the command line, which is not declared here")
    return found


def declared_option(engine: "Evaluator", module: ModuleCode | None, name: str) -> Possible | None:
    """The same; None when the program declares no such option. Those of the same file come first."""
    found = _declarations(engine, name)
    here = [site for site in found if module is not None and site.site.scope.module is module]
    return union(_declared(engine, site, name) for site in (here or found)) if found else None


def _declarations(engine: "Evaluator", name: str) -> list[CallSite]:
    if engine.options is None:
        engine.options = {}
        for site in engine.code.calls.get("add_argument", ()):
            for option_name in _destination(site):
                engine.options.setdefault(option_name, []).append(site)
        for site in engine.code.calls.get("set_defaults", ()):
            for keyword in site.node.keywords:
                if keyword.arg:
                    engine.options.setdefault(keyword.arg, []).append(site)
        for definer in _DEFINERS:
            for site in engine.code.calls.get(definer, ()):
                first = _argument(site.node, 0, "name")
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    engine.options.setdefault(first.value, []).append(site)
    return engine.options.get(name, [])


def _destination(site: CallSite) -> list[str]:
    """The name under which `add_argument` puts what it reads."""
    dest = _keyword(site.node, "dest")
    if isinstance(dest, ast.Constant) and isinstance(dest.value, str):
        return [dest.value]
    written = [a.value for a in site.node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    long = [text for text in written if text.startswith("--")]
    chosen = (long or written)[:1]
    return [text.lstrip("-").replace("-", "_") for text in chosen]


def _declared(engine: "Evaluator", site: CallSite, name: str) -> Possible:
    """The default and the choices of one declaration."""
    call, where = site.node, site.site
    method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if method == "set_defaults":
        value = _keyword(call, name)
        return engine.value(value, where).via("argparse") if value is not None else unknown("no default")
    definer = method.startswith("DEFINE_")
    step = "flag" if definer else "argparse"
    default = _argument(call, 1, "default") if definer else _keyword(call, "default")
    choices = _argument(call, 2, "enum_values") if method == "DEFINE_enum" else _keyword(call, "choices")
    return declared(engine, default, choices, where, call, step=step, name=name)


def declared(
    engine: "Evaluator",
    default: ast.expr | None,
    choices: ast.expr | None,
    where: Site,
    call: ast.Call,
    *,
    step: str,
    name: str,
) -> Possible:
    """A default and choices, as the values that an option may have."""
    parts: list[Possible] = []
    if default is not None:
        parts.append(engine.value(default, where).via(step))
    if choices is not None:
        items = engine.elements(engine.value(choices, where))
        parts.append(union(engine.force(item) for item in items.items).via("choices").via(step))
    if parts:
        found = union(parts)
        only_none = all(isinstance(item, Known) and item.value is None for item in found.items)
        if found.items and only_none:
            return Possible(found.items, f"option {name} of the command line has no default")
        return found
    action = _keyword(call, "action")
    if isinstance(action, ast.Constant) and action.value in {"store_true", "store_false"}:
        spot = where.scope.module.spot(call)
        return Possible((Known(action.value == "store_false", (step,), spot),))
    why = f"option {name} of the command line has no default"
    if _keyword(call, "required") is not None or not _optional(call):
        return unknown(why)
    return Possible((Known(None, (step,), where.scope.module.spot(call)),), why)


def _optional(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("-")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    if place < len(call.args):
        return call.args[place]
    return _keyword(call, name)


def environment(
    engine: "Evaluator", name: str, default: Possible | None, reader: ModuleCode | None = None
) -> Possible:
    """A variable of the environment: what the program puts there, and the default it names.

    What another file puts there, a test say, is one value of it; whoever starts the program may give more.
    """
    placed = _set_variables(engine).get(name, ())
    parts = [engine.value(value, site).via("environment") for value, site in placed]
    given = engine.started_with(name) if name else ()
    parts += [Possible((Known(text, ("environment",), spot),)) for text, spot in given]
    if default is not None:
        parts.append(default.via("environment"))
    if not parts:
        return unknown(f"environment variable {name or '?'}, which has no default here")
    found = union(parts)
    names_one = default is not None and any(truth(item) is not False for item in default.items)
    if names_one or any(site.scope.module is reader for _, site in placed):
        return found
    why = found.why or f"environment variable {name}, which has no default here"
    return Possible(found.items, why if placed or given else found.why, found.cut)


def _set_variables(engine: "Evaluator") -> dict[str, list[tuple[ast.expr, Site]]]:
    """Variables that the program itself sets."""
    if engine.variables is None:
        engine.variables = {}
        for module in engine.code.modules.values():
            for scope in module.scopes.values():
                for chain in ("os.environ", "environ"):
                    for change in scope.changes.get(chain, ()):
                        key = change.values[0] if len(change.values) == 2 else None
                        if isinstance(key, ast.Constant) and isinstance(key.value, str):
                            engine.variables.setdefault(key.value, []).append((change.values[1], change.site))
    return engine.variables


# decorators


def fixture_call(scope: Scope) -> ast.expr | None:
    """The decorator that makes a function a fixture."""
    for decorator in scope.decorators:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if chain_of(called).rpartition(".")[2] in {"fixture", "yield_fixture"}:
            return decorator
    return None


def from_decorators(engine: "Evaluator", name: str, scope: Scope) -> Possible | None:
    """What click, typer or a parametrised test gives for a parameter; None when none of them does."""
    if scope.outer is None:
        return None
    parts: list[Possible] = []
    holder = scope.class_around()
    for decorator in [*scope.decorators, *(holder.decorators if holder is not None else ())]:
        if not isinstance(decorator, ast.Call):
            continue
        last = chain_of(decorator.func).rpartition(".")[2]
        if last in {"option", "argument"} and name in _click_names(decorator):
            parts.append(_click(engine, decorator, scope.outer, name))
        elif last == "parametrize":
            parts += _parametrized(engine, decorator, scope.outer, name)
        elif last == "expand":
            parts += _expanded(engine, decorator, scope, name)
    return union(parts) if parts else None


def _click_names(call: ast.Call) -> list[str]:
    """The parameter that an option of click fills."""
    written = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    plain = [text for text in written if text.isidentifier()]
    if plain:
        return plain[:1]
    parts = [text for whole in written for text in whole.split("/")]
    long = [text for text in parts if text.startswith("--")]
    return [text.lstrip("-").replace("-", "_").lower() for text in (long or parts)[:1]]


def _click(engine: "Evaluator", call: ast.Call, site: Site, name: str) -> Possible:
    kind = _keyword(call, "type")
    choices = None
    if isinstance(kind, ast.Call) and chain_of(kind.func).rpartition(".")[2] == "Choice" and kind.args:
        choices = kind.args[0]
    found = declared(engine, _keyword(call, "default"), choices, site, call, step="click", name=name)
    variable = _keyword(call, "envvar")
    return found.via("environment") if variable is not None and found.items else found


def _parametrized(engine: "Evaluator", call: ast.Call, site: Site, name: str) -> list[Possible]:
    """`pytest.mark.parametrize("a, b", [(1, 2), pytest.param(3, 4)])`."""
    first, values = _argument(call, 0, "argnames"), _argument(call, 1, "argvalues")
    if first is None or values is None:
        return []
    fields: list[str] = []
    for item in engine.value(first, site).items:
        if isinstance(item, Known) and isinstance(item.value, str):
            fields += [part.strip() for part in item.value.split(",")]
    if isinstance(first, ast.List | ast.Tuple):
        fields = [str(e.value) for e in first.elts if isinstance(e, ast.Constant)]
    if name not in fields:
        return []
    return [_rows(engine, values, site, fields.index(name) if len(fields) > 1 else None)]


def _rows(engine: "Evaluator", values: ast.expr, site: Site, place: int | None) -> Possible:
    items = engine.elements(engine.value(values, site))
    parts = []
    for row in items.items:
        call = row.expression
        if isinstance(call, ast.Call) and chain_of(call.func).rpartition(".")[2] == "param":
            number = place or 0
            if number < len(call.args):
                parts.append(engine.value(call.args[number], row.site, row.frame))
            continue
        value = engine.force(row)
        parts.append(value if place is None else engine.at(value, (place,)))
    found = union(parts)
    return Possible(found.items, found.why or items.why, found.cut).via("parameters")


def _expanded(engine: "Evaluator", call: ast.Call, scope: Scope, name: str) -> list[Possible]:
    """`parameterized.expand([("a", 1), ...])`: by place, after `self`."""
    node = scope.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not call.args or scope.outer is None:
        return []
    fields = [a.arg for a in node.args.args if a.arg != "self"]
    if name not in fields:
        return []
    place = fields.index(name)
    rows = engine.elements(engine.value(call.args[0], scope.outer))
    texts = all(isinstance(i, Known) for row in rows.items for i in engine.force(row).items)
    return [_rows(engine, call.args[0], scope.outer, None if texts and len(fields) == 1 else place)]
