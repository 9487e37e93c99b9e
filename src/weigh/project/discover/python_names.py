"""Names of models in Python that no known loader takes: told by the key they stand under, or by their looks.

A program may hand a name to a library that is not in the table, or keep it in a list that a person picks
from.
Only literals in assignments, defaults, displays and keyword arguments count; what is compared, printed
or documented does not.
"""

import ast
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from weigh.code.notebook_cells import notebook_cells, python_of
from weigh.code.syntax import parse_source, parse_text
from weigh.core.usage import Certainty, ModelUse, Place, Role
from weigh.project.discover.model_keys import is_model_key, is_other_key, plain_key
from weigh.project.discover.model_names import is_hub_id, pin_of_ref
from weigh.project.discover.naming import name_in

_CANDIDATE = re.compile(
    rb"""["'](?:[A-Za-z0-9][\w.-]{1,60}/[\w.-]{2,96}(?:@[\w.-]+)?|https?://[^\s"']{8,400}|[A-Za-z0-9][\w.:-]{3,80})["']"""
)
_WORTH = re.compile(
    rb"/|-|http|gpt|claude|gemini|:|_(?:core|dep|ent|sent|msdd)_|marblenet|titanet|conformer|citrinet|quartznet"
)
_WORTH_TOLD = re.compile(rb"tiny|base|small|medium|large|turbo|RN50|RN101|" + _WORTH.pattern)
"""What is worth a look in a file that speaks of a library whose names are plain words."""
_WORTH_ANY = re.compile(rb"[a-z]")
"""Ollama's names are words of any kind."""
_DATA_WORDS = re.compile(r"data_?set|load_data|corpus|metric", re.IGNORECASE)
_SAID = frozenset(
    """
    print warn warning info debug error exception log format write fail skip xfail exit
    """.split()  # noqa: SIM905 - words
)
_KINDS_OF_FIELD = frozenset(
    """
    model_type architecture model_class name_or_title price pricing tokenizer_class task library
    description help doc title summary media_type content_type mime_type url_docs homepage citation
    """.split()  # noqa: SIM905 - words
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A literal in its place: the key that names it, and what it is an argument of."""

    node: ast.Constant
    key: str
    callee: str


def read_names(
    path: str, data: bytes, kind: str, role: Role, covered: Container[tuple[int, int]]
) -> list[ModelUse]:
    """Models named by literals of one file.

    Args:
        path: of the file.
        data: its bytes.
        kind: `python` or `notebook`.
        role: what it is for.
        covered: (cell, line) of what is known already.
    """
    if kind == "notebook":
        return _of_notebook(path, data, role, covered)
    if not _worth_parsing(data, covered):
        return []
    tree = parse_source(data).tree
    return [] if tree is None else list(_of_tree(tree, path, 0, role, covered))


def _worth_parsing(data: bytes, covered: Container[tuple[int, int]]) -> bool:
    """Whether some text on a line that is not covered may name a model; most files hold none."""
    line, at = 1, 0
    key = "_".join(word for word in ("whisper", "clip", "ollama") if word.encode() in data)
    worth = _WORTH_ANY if "ollama" in key else _WORTH_TOLD if key else _WORTH
    for one in _CANDIDATE.finditer(data):
        if not worth.search(one[0]):
            continue
        line, at = line + data.count(b"\n", at, one.start()), one.start()
        if (0, line) in covered:
            continue
        if name_in(one[0][1:-1].decode("utf-8", "replace"), sure=True, key=key):
            return True
    return False


def _of_notebook(path: str, data: bytes, role: Role, covered: Container[tuple[int, int]]) -> list[ModelUse]:
    found: list[ModelUse] = []
    for cell in notebook_cells(data).cells:
        if cell.kind != "python" or not _CANDIDATE.search(cell.source.encode("utf-8", "replace")):
            continue
        tree = parse_text(python_of(cell.source)).tree
        if tree is not None:
            found += _of_tree(tree, path, cell.number, role, covered)
    return found


def _of_tree(
    tree: ast.Module, path: str, cell: int, role: Role, covered: Container[tuple[int, int]]
) -> Iterator[ModelUse]:
    seen: set[tuple[int, str]] = set()
    beginnings = _beginnings(tree)
    for one in _literals(tree):
        if one.key in beginnings:
            continue
        place = Place(path, one.node.lineno, one.node.col_offset + 1, cell)
        if (cell, place.line) in covered:
            continue
        use = _use(one, place, role)
        if use is not None and (place.line, use.ref) not in seen:
            seen.add((place.line, use.ref))
            yield use


def _beginnings(tree: ast.Module) -> frozenset[str]:
    """Names whose texts are only beginnings or ends of other texts: `name.startswith(FAMILIES)`."""
    return frozenset(
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"startswith", "endswith"}
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
    )


def _use(one: _Seen, place: Place, role: Role) -> ModelUse | None:
    text = one.node.value
    assert isinstance(text, str)
    key = plain_key(one.key)
    if (
        is_other_key(one.key)
        or _DATA_WORDS.search(one.callee)
        or key in _KINDS_OF_FIELD
        or _DATA_WORDS.search(key)
    ):
        return None
    named = is_model_key(one.key)
    found = name_in(text, sure=named, key=one.key)
    if found is None or (found.ref.startswith(("endpoint:", "file:")) and not named):
        return None
    certainty = Certainty.KEY if named else found.certainty
    return ModelUse(
        place=place,
        ref=found.ref,
        loader="named",
        expression=one.key or one.callee,
        how=found.how,
        pin=pin_of_ref(found.ref),
        role=role,
        certainty=certainty,
    )


def _literals(tree: ast.Module) -> Iterator[_Seen]:
    """Texts of a module that are values of something, with the name of what they are values of."""
    waiting: list[tuple[ast.AST, str, str]] = [(tree, "", "")]
    while waiting:
        node, key, callee = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and 2 < len(node.value) <= 500 and (key or callee):
                yield _Seen(node, key, callee)
            continue
        waiting += _inside(node, key, callee)


def _inside(node: ast.AST, key: str, callee: str) -> list[tuple[ast.AST, str, str]]:
    match node:
        case ast.Assign(targets=[*targets], value=value):
            return [(value, _target(targets[0]), "")]
        case ast.AnnAssign(target=target, value=value):
            return [(value, _target(target), "")] if value is not None else []
        case ast.For(target=target, iter=ast.List() | ast.Tuple() | ast.Set() as chosen):
            rest = [*node.body, *node.orelse]
            return [(chosen, _target(target), ""), *((statement, "", "") for statement in rest)]
        case ast.Dict(keys=keys, values=values):
            return [(v, _key(k, key), callee) for k, v in zip(keys, values, strict=True)]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if _all_models(elements):
            return [(element, key if is_model_key(key) else "models", callee) for element in elements]
        case ast.List() | ast.Tuple() | ast.Set() | ast.BoolOp() | ast.IfExp() | ast.Starred():
            inner = [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.Compare)]
            return [(n, key, callee) for n in inner if n is not getattr(node, "test", None)]
        case ast.Call():
            return _call(node, key)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return _function(node)
        case ast.Expr(value=ast.Constant()) | ast.Compare() | ast.JoinedStr() | ast.Assert() | ast.Raise():
            return []
        case _:
            return [(n, "", "") for n in ast.iter_child_nodes(node) if not isinstance(n, ast.expr_context)]


def _all_models(elements: list[ast.expr]) -> bool:
    """Whether a list holds only models: all have the form of a hub's id, and one can be nothing else."""
    texts = [one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if len(texts) < 2 or len(texts) < len(elements) or not all(is_hub_id(text) for text in texts):
        return False
    return any(name_in(text, sure=False) for text in texts)


def _call(node: ast.Call, key: str) -> list[tuple[ast.AST, str, str]]:
    name = _target(node.func)
    if name in _SAID:
        return []
    environment = name in {
        "getenv",
        "get",
        "Field",
        "field",
        "Option",
        "setdefault",
        "pop",
        "StringVar",
        "env",
    }
    inner: list[tuple[ast.AST, str, str]] = [(node.func, "", "")]
    if environment:
        first = node.args[0] if node.args else None
        text = key
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            text = first.value
        inner += [(one, text, name) for one in node.args[1:] or node.args[:1]]
    elif name == "add_argument":
        flag = node.args[0] if node.args else None
        option = flag.value if isinstance(flag, ast.Constant) else ""
        wanted = [kw.value for kw in node.keywords if kw.arg in {"default", "const"}]
        return inner + [(value, str(option).lstrip("-"), "") for value in wanted]
    else:
        inner += [(one, "", name) for one in node.args]
    default = _named_first(node) or key
    return inner + [
        (kw.value, default if kw.arg == "default" else kw.arg or "", name) for kw in node.keywords
    ]


def _named_first(node: ast.Call) -> str:
    """The option that a call declares where it names a model: `option("model_id", default=a)`, else ""."""
    first = node.args[0] if node.args else None
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return text if is_model_key(text) else ""


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[tuple[ast.AST, str, str]]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True))
    pairs += [
        (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
    ]
    inner: list[tuple[ast.AST, str, str]] = [(default, name.arg, "") for name, default in pairs]
    body = [node.body] if isinstance(node, ast.Lambda) else [*node.body, *node.decorator_list]
    return inner + [(statement, "", "") for statement in body]


def _target(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Subscript(value=value):
            return _target(value)
    return ""


def _key(node: ast.expr | None, around: str) -> str:
    """The key of an entry; one that says nothing leaves the word to what the mapping is called."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if is_model_key(node.value) or is_other_key(node.value) else around or node.value
    return around
