"""The source files of a code base as modules: found by their dotted names, parsed when first looked into."""

import ast
from collections.abc import Callable, Mapping

from weigh.code.syntax import parse_source
from weigh.sources.static_values import Module

MAX_MODULES = 600
"""Modules that are looked into for one answer."""


class Modules:
    """The modules of a code base.

    Args:
        files: relative POSIX path → what gives its bytes.
        roots: folders that dotted names start at, best first.
        package: dotted name of what lies at the root itself, "" for nothing.
    """

    def __init__(
        self,
        files: Mapping[str, Callable[[], bytes]],
        roots: tuple[str, ...] = ("", "src/"),
        package: str = "",
    ) -> None:
        self._files = files
        self._roots = roots
        self._package = f"{package}." if package else ""
        self._made: dict[str, Module] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self.unread: list[tuple[str, str]] = []

    def find(self, dotted: str) -> Module | None:
        """The module or package of a dotted name, None when it is not part of this code base."""
        if self._package:
            if f"{dotted}." == self._package:
                return self._at("__init__.py", dotted) if "__init__.py" in self._files else None
            if not dotted.startswith(self._package):
                return None
        below = dotted.removeprefix(self._package).replace(".", "/")
        for root in self._roots:
            for path in (f"{root}{below}.py", f"{root}{below}/__init__.py"):
                if path in self._files:
                    return self._at(path, dotted)
        return None

    def tree(self, module: Module) -> ast.Module | None:
        """Its syntax tree, None when it cannot be parsed; `unread` then says why."""
        if module.path not in self._trees:
            if len(self._trees) >= MAX_MODULES:
                self.unread.append((module.path, f"more than {MAX_MODULES} files are reached"))
                return None
            parsed = parse_source(self._files[module.path]())
            self._trees[module.path] = parsed.tree if not parsed.trouble else None
            if parsed.trouble:
                self.unread.append((module.path, parsed.trouble))
        return self._trees[module.path]

    def absolute(self, module: Module, name: str, level: int) -> str:
        """The dotted name of `from ..name import`, seen from a module."""
        if not level:
            return name
        parts = module.dotted.split(".")
        up = level - 1 if module.path.endswith("__init__.py") else level
        kept = parts[: len(parts) - up] if up else parts
        return ".".join([*kept, *([name] if name else [])])

    def _at(self, path: str, dotted: str) -> Module:
        if path not in self._made:
            self._made[path] = Module(path, dotted)
        return self._made[path]
