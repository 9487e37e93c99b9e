"""The catalogue of torchvision: enums of weights beside the functions that build models.

Source: `torchvision/models/**/*.py` and `_api.py` of torchvision 0.13 and later: a class derived from
`WeightsEnum` has members `NAME = Weights(url=…)`, an alias `DEFAULT = NAME`, and a builder names the enum in
the annotation of its parameter `weights`; `handle_legacy_interface` says what `pretrained=True` means. A
file name ends in `-` and the beginning of its sha256, which torchvision checks (`check_hash=True`).
"""

import ast
import re
from collections.abc import Iterator

from weigh.code.syntax import parse_source
from weigh.sources.catalogued import CataloguedFile, CataloguedModel, Package
from weigh.sources.remote_files import file_name

LEGACY = "pretrained"
"""Name for the weights that `pretrained=True` means."""
_ENUM = re.compile(r"\b\w+_(?:Quantized)?Weights\b")
_HASH = re.compile(r"-([0-9a-f]+)\.[^.]+$")


class TorchvisionCatalogue:
    """Reads the catalogue of an installed torchvision."""

    library = "torchvision"
    packages = ("torchvision",)
    distributions = ("torchvision",)

    def names(self, package: Package) -> tuple[str, ...]:
        """Every builder that takes weights; those of quantised models as `quantized_NAME`."""
        return tuple(sorted(_Read(package).builders))

    def model(self, package: Package, name: str) -> CataloguedModel | None:
        """The weights of one builder. `DEFAULT` and `pretrained` are names for one of them."""
        read = _Read(package)
        wanted = name.removeprefix("models.").replace("quantization.", "quantized_")
        found = read.builders.get(wanted) or read.builders.get(wanted.rpartition(".")[2])
        if found is None:
            return None
        weights: dict[str, tuple[CataloguedFile, ...]] = {}
        aliases: dict[str, str] = {}
        for enum in found[0]:
            weights |= read.weights.get(enum, {})
            aliases |= {k: v for k, v in read.aliases.get(enum, {}).items() if k not in aliases}
        if found[1]:
            aliases[LEGACY] = found[1]
        default = next(iter(weights)) if len(weights) == 1 else ""
        return CataloguedModel(name, weights, aliases, default)


class _Read:
    """What the source files say.

    Attributes:
        weights: enum → member → its file.
        aliases: enum → other name → member.
        builders: name of the function → (its enums, what `pretrained=True` means).
    """

    def __init__(self, package: Package) -> None:
        self.weights: dict[str, dict[str, tuple[CataloguedFile, ...]]] = {}
        self.aliases: dict[str, dict[str, str]] = {}
        self.builders: dict[str, tuple[tuple[str, ...], str]] = {}
        for path, read in package.text_files("models").items():
            tree = parse_source(read()).tree
            for node in tree.body if tree else ():
                if isinstance(node, ast.ClassDef):
                    self._enum(node)
                elif isinstance(node, ast.FunctionDef):
                    self._builder(node, quantised="quantization/" in path)

    def _enum(self, node: ast.ClassDef) -> None:
        if not any(_last(base) == "WeightsEnum" for base in node.bases):
            return
        members: dict[str, tuple[CataloguedFile, ...]] = {}
        aliases: dict[str, str] = {}
        for name, value in _assignments(node.body):
            if isinstance(value, ast.Name):
                aliases[name] = value.id
            elif isinstance(value, ast.Attribute):
                # DEFAULT of a quantised enum may be a member of the plain one.
                aliases[name] = value.attr
            elif url := _url(value):
                found = _HASH.search(file_name(url))
                members[name] = (CataloguedFile(url, file_name(url), prefix=found[1] if found else ""),)
        self.weights[node.name] = members
        self.aliases[node.name] = aliases

    def _builder(self, node: ast.FunctionDef, *, quantised: bool) -> None:
        wanted = next((a for a in [*node.args.kwonlyargs, *node.args.args] if a.arg == "weights"), None)
        if wanted is None or wanted.annotation is None or node.name.startswith("_"):
            return
        enums = tuple(dict.fromkeys(_ENUM.findall(ast.unparse(wanted.annotation))))
        if enums:
            name = f"quantized_{node.name}" if quantised else node.name
            self.builders[name] = (enums, _legacy(node))


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for item in body:
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            yield item.targets[0].id, item.value


def _url(value: ast.expr) -> str:
    """The address in `Weights(url=…)`, "" when there is none."""
    if not isinstance(value, ast.Call) or _last(value.func) != "Weights":
        return ""
    given = next((k.value for k in value.keywords if k.arg == "url"), value.args[0] if value.args else None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def _legacy(node: ast.FunctionDef) -> str:
    """The member that `pretrained=True` means, by the decorator; of a choice the unquantised one."""
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or _last(decorator.func) != "handle_legacy_interface":
            continue
        for keyword in decorator.keywords:
            if keyword.arg == "weights" and isinstance(keyword.value, ast.Tuple):
                members = [
                    n.attr
                    for n in ast.walk(keyword.value.elts[-1])
                    if isinstance(n, ast.Attribute) and _ENUM.fullmatch(_last(n.value))
                ]
                return members[-1] if members else ""
    return ""


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
