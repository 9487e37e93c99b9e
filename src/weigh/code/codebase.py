"""All source files of a program together: which module an import means, and where a name is called."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from weigh.code.scopes import CallSite, ModuleCode, Scope, Stored

_ROOTS = ("", "src", "lib", "python")
_NEVER_LOCAL = frozenset(
    [
        "torch",
        "torchvision",
        "torchaudio",
        "tensorflow",
        "keras",
        "transformers",
        "diffusers",
        "datasets",
        "timm",
        "numpy",
        "os",
        "sys",
        "json",
        "typing",
        "re",
        "pathlib",
        "huggingface_hub",
        "sentence_transformers",
        "spacy",
        "nltk",
        "gensim",
        "openai",
        "jax",
        "flax",
        "onnxruntime",
    ]
)
"""Libraries: a folder of the program with such a name is them only where it is on the way of the import."""


class CodeBase:
    """The modules of a program and what is looked up across them."""

    def __init__(self, modules: Iterable[ModuleCode]) -> None:
        self.modules = {module.path: module for module in modules}
        self._endings: dict[str, list[ModuleCode]] = defaultdict(list)
        self.calls: dict[str, list[CallSite]] = defaultdict(list)
        self.stored: dict[str, list[Stored]] = defaultdict(list)
        self.renamed: dict[str, set[str]] = defaultdict(set)
        self._found: dict[tuple[str, str], ModuleCode | None] = {}
        self.methods: dict[str, list[Scope]] = defaultdict(list)
        self.derived: dict[str, list[Scope]] = defaultdict(list)
        for module in self.modules.values():
            self._add(module)

    def _add(self, module: ModuleCode) -> None:  # noqa: C901 - one pass, an index a line
        parts = module.dotted.split(".") if module.dotted else []
        for start in range(len(parts)):
            self._endings[".".join(parts[start:])].append(module)
        for call in module.calls:
            first = call.node.func
            name = last_name(first) or (f"{last_name(first.func)}()" if isinstance(first, ast.Call) else "")
            if name:
                self.calls[name].append(call)
        for name, stored in module.stored.items():
            self.stored[name] += stored
        for _, name, renamed, _ in module.imports:
            if renamed and name and renamed != name:
                self.renamed[name].add(renamed)
        for scope in module.scopes.values():
            if scope.kind == "function" and scope.class_around() is not None:
                self.methods[scope.name].append(scope)
            elif scope.kind == "class" and isinstance(scope.node, ast.ClassDef):
                for base in scope.node.bases:
                    self.derived[last_name(base)].append(scope)

    def find(self, dotted: str, importer: ModuleCode) -> ModuleCode | None:
        """The module of the program that an import in `importer` means; None for one of a library."""
        key = (dotted, importer.path)
        if key not in self._found:
            self._found[key] = self._relative(dotted, importer) if dotted[:1] == "." else self._absolute(*key)
        return self._found[key]

    def named(self, dotted: str) -> ModuleCode | None:
        """The module with a dotted name that starts at a root of the program."""
        for module in self._endings.get(dotted, ()):
            root = module.dotted.removesuffix(dotted).rstrip(".").replace(".", "/")
            if root in _ROOTS:
                return module
        return None

    def full_name(self, dotted: str, importer: ModuleCode) -> str:
        """A relative import's module by its absolute name, as far as it has one."""
        level = len(dotted) - len(dotted.lstrip("."))
        if not level:
            return dotted
        package = importer.dotted.split(".") if importer.package else importer.dotted.split(".")[:-1]
        package = package[: len(package) - level + 1] if level > 1 else package
        return ".".join([*package, *dotted[level:].split(".")]).strip(".")

    def _relative(self, dotted: str, importer: ModuleCode) -> ModuleCode | None:
        level = len(dotted) - len(dotted.lstrip("."))
        folder = PurePosixPath(importer.path).parent
        for _ in range(level - 1):
            folder = folder.parent
        place = str(folder.joinpath(*filter(None, dotted[level:].split("."))))
        return self.modules.get(f"{place}.py") or self.modules.get(str(PurePosixPath(place, "__init__.py")))

    def _absolute(self, dotted: str, importer_path: str) -> ModuleCode | None:
        folder = PurePosixPath(importer_path).parent
        above = [str(part) for part in [folder, *folder.parents]]
        best: tuple[int, int, ModuleCode] | None = None
        for module in self._endings.get(dotted, ()):
            root = module.dotted.removesuffix(dotted).rstrip(".").replace(".", "/") or "."
            rank = self._rank(root, above, dotted)
            if rank and (best is None or (rank, -len(module.path)) > best[:2]):
                best = (rank, -len(module.path), module)
        return best[2] if best else None

    def _rank(self, root: str, above: list[str], dotted: str) -> int:
        """How likely a folder is one that imports start from; 0 where it is not."""
        if root in above:
            return 1000 - above.index(root)
        if root.removeprefix(".") in _ROOTS or root.rpartition("/")[2] == "src":
            return 100
        if dotted.partition(".")[0] in _NEVER_LOCAL or f"{root}/__init__.py" in self.modules:
            return 0
        return 10


def dotted_name(path: str) -> tuple[str, bool]:
    """A file's dotted name below the root of the program, and whether it is a package."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    package = bool(parts) and parts[-1] == "__init__"
    return ".".join(parts[:-1] if package else parts), package


def last_name(node: ast.expr) -> str:
    """The last name of a callee: `c` of `a.b.c(...)`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
