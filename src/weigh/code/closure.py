"""The source a module rests on: itself and every weigh module it imports, transitively.

The digest of that source is part of every Request, so that an answer is asked anew when, and only
when, code that could change it has changed. Imports are read from the text; nothing is imported.
"""

import re
from functools import lru_cache
from pathlib import Path

from weigh.core.digest import of_value, sha256_hex

PACKAGE = "weigh"

# Statements of this package's own style (tests/code holds them against the syntax trees): reading them as
# text takes a tenth of the time, and every command waits for it.
_FROM = re.compile(r"^[ \t]*from (weigh[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_PLAIN = re.compile(r"^[ \t]*import ([^\n]*\bweigh\b[^\n]*)", re.MULTILINE)
_NAME = re.compile(r"\bweigh(?:\.\w+)*")
_NAMES = re.compile(r"(?:^|[(,])\s*(\w+)")


def code_digest(module: str, *, data_files: tuple[str, ...] = ()) -> str:
    """`sha256:<hex>` of a module's transitive source and of the rule data it names.

    Args:
        module: dotted name inside this package.
        data_files: paths of rule data, relative to the package folder.
    """
    sources = [(name, _source(name)[1]) for name in closure(module)]
    data = [(name, sha256_hex((_root() / name).read_bytes())) for name in sorted(data_files)]
    return of_value([sources, data])


@lru_cache(maxsize=512)
def closure(module: str) -> tuple[str, ...]:
    """Every module of this package that `module` reaches by imports, itself included, sorted."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting.extend(_imports(name))
    return tuple(sorted(seen))


@lru_cache(maxsize=512)
def _imports(module: str) -> tuple[str, ...]:
    text, _ = _source(module)
    found = {name for line in _PLAIN.findall(text) for name in _NAME.findall(line)}
    for source, names in _FROM.findall(text):
        found.add(source)
        found.update(f"{source}.{name}" for name in _NAMES.findall(names))
    return tuple(sorted(name for name in found if _path(name) is not None))


@lru_cache(maxsize=512)
def _source(module: str) -> tuple[str, str]:
    path = _path(module)
    if path is None:
        raise LookupError(f"no module {module} in this package")
    data = path.read_bytes()
    return data.decode("utf-8"), sha256_hex(data)


def _path(module: str) -> Path | None:
    head, _, rest = module.partition(".")
    if head != PACKAGE:
        return None
    place = _root().joinpath(*rest.split(".")) if rest else _root()
    for path in (place.with_suffix(".py") if rest else None, place / "__init__.py"):
        if path is not None and path.is_file():
            return path
    return None


@lru_cache(maxsize=1)
def _root() -> Path:
    return Path(__file__).resolve().parents[1]
