"""Configurations that a project writes in Python: mappings of settings, and the values that they hold.

`model_configs = {"d0": dict(id="d0", backbone_name="efficientnet_b0", size=512), …}` holds, under a key that
names models, what a program later takes as `config.backbone_name`.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from weigh.code.alternatives import Alternative, Spot
from weigh.code.syntax import parse_source
from weigh.project.discover.model_keys import is_model_key

FEWEST = 3
"""Entries of a mapping of settings; a smaller one is an argument of something."""
_CONFIGURATION = re.compile(r"conf|cfg|param|setting|zoo|preset|variant", re.IGNORECASE)
_MAKERS = frozenset(
    {"dict", "ConfigDict", "CfgNode", "CN", "EasyDict", "edict", "Box", "Munch", "SimpleNamespace", "create"}
)
_HOLDERS = frozenset({"h", "c", "cfg", "conf", "config", "configs", "hparams", "params", "settings"})


def is_telling_key(key: str) -> bool:
    """Whether a key alone tells a model's name from other settings: it says so, in more than one word."""
    return "_" in key.strip("_") and is_model_key(key)


def held_under(key: str, sources: Sequence[tuple[str, bytes]]) -> list[Alternative]:
    """The texts that configurations in Python hold under a key, each once.

    Args:
        key: as the program asks for it.
        sources: path and bytes of the project's modules.
    """
    found: dict[str, Alternative] = {}
    for path, data in sources:
        if key.encode() not in data or not (
            _CONFIGURATION.search(path) or _CONFIGURATION.search(data.decode("latin-1"))
        ):
            continue
        tree = parse_source(data).tree
        for node in (
            _values(tree, key, told=_CONFIGURATION.search(path) is not None) if tree is not None else ()
        ):
            spot = Spot(path, node.lineno, node.col_offset + 1)
            found.setdefault(str(node.value), Alternative(str(node.value), ("configuration",), spot))
    return list(found.values())


def _values(tree: ast.Module, key: str, *, told: bool) -> Iterator[ast.Constant]:
    """Texts under a key, in statements that are about a configuration."""
    for statement in tree.body:
        if not (told or _CONFIGURATION.search(_called(statement))):
            continue
        for node in ast.walk(statement):
            for name, value in _entries(node):
                if name == key and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value


def _called(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            return ast.unparse(target)
    return ""


def _entries(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """The entries of a mapping of settings, and a setting that is given to one."""
    match node:
        case ast.Dict(keys=keys, values=values) if len(keys) >= FEWEST:
            pairs = zip(keys, values, strict=True)
            return [(str(k.value), v) for k, v in pairs if isinstance(k, ast.Constant)]
        case ast.Call(func=func, keywords=keywords) if len(keywords) >= FEWEST and _last(func) in _MAKERS:
            return [(one.arg, one.value) for one in keywords if one.arg]
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=attr)], value=value):
            return [(attr, value)] if holder in _HOLDERS else []
    return []


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
