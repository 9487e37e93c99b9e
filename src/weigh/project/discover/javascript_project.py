"""All scripts of a project: what one file exports another one loads, and what one passes another one gets.

Each script is read once. A script that imports texts of another one, or whose functions another one calls
with a text, is read a second time with them.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from weigh.core.usage import FileUses, Role
from weigh.project.discover.javascript import is_worth_reading, note_script, read_javascript, script_program
from weigh.project.discover.javascript_program import (
    Outside,
    Program,
    Text,
    arguments,
    expression_end,
    properties,
)
from weigh.project.discover.javascript_values import texts
from weigh.project.discover.sightings import Sightings

MAX_NAMES = 2_000
"""Texts that one file gives to others."""
_LINKED = re.compile(rb"\bexport\b|\bexports\b|\bimport\b|\brequire\(")
_NAME_LIKE = re.compile(
    rb"(?<!from )(?<!import )(?<!import\()(?<!require\()['\"`][A-Za-z0-9][\w.-]*/[\w.-]+['\"`]"
)
_IMPORTING = frozenset({"import", "const", "let", "var", "export"})


@dataclass(frozen=True, slots=True)
class _Imported:
    """A name that a script takes from another one: as it is called there, and where that is."""

    there: str
    module: str


@dataclass(slots=True)
class _Links:
    """What one script gives to others and takes from them."""

    exports: dict[str, list[Text]] = field(default_factory=dict)
    imports: dict[str, _Imported] = field(default_factory=dict)
    passed: dict[tuple[str, str, int], list[Text]] = field(default_factory=dict)


def read_scripts(files: Iterable[tuple[str, Role]], content: Callable[[str], bytes | None]) -> list[FileUses]:
    """The models of all scripts of a project, in the order of the files.

    Args:
        files: path and role of each.
        content: the bytes of a file, None for one that cannot be read.
    """
    roles = dict(files)
    found: dict[str, FileUses] = {}
    links: dict[str, _Links] = {}
    for path, role in roles.items():
        data = content(path)
        if data is not None:
            found[path], links[path] = _first(data, path, role)
    for path, outside in _joined(links).items():
        data = content(path)
        if data is not None:
            found[path] = read_javascript(data, path, roles[path], outside=outside)
    return list(found.values())


def _first(data: bytes, path: str, role: Role) -> tuple[FileUses, _Links]:
    sightings = Sightings(path, role)
    worth = is_worth_reading(data)
    if not worth and not (_LINKED.search(data) and _NAME_LIKE.search(data)):
        return sightings.result(), _Links()
    quiet = sightings if worth else Sightings(path, role)
    program = script_program(data, path, quiet)
    if program is None:
        return sightings.result(), _Links()
    if worth:
        note_script(program, data.decode("utf-8-sig", errors="replace"), sightings)
    return sightings.result(), _links(program, path)


def _links(program: Program, path: str) -> _Links:
    links = _Links()
    for at, token in enumerate(program.tokens):
        if token.text == "export" and token.kind == "name":
            _exported(program, at, path, links)
        elif token.text == "exports" and token.kind == "name":
            _commonjs(program, at, path, links)
        elif token.kind == "string" and program.word(at - 1) == "from":
            _names(program, at - 2, token.text, links)
        elif token.kind == "string" and program.word(at - 2) in {"require", "import"}:
            front = at - 4 if program.word(at - 3) in {"=", "await"} else at
            _names(program, front - 1 if program.word(front) == "=" else front, token.text, links)
    _handed(program, path, links)
    return links


def _exported(program: Program, at: int, path: str, links: _Links) -> None:
    after = program.word(at + 1)
    if after in {"const", "let", "var", "enum"}:
        _give(program, program.word(at + 2), path, links)
    elif after == "default":
        found = texts(program, at + 2, expression_end(program, at + 2))
        _keep(links, "default", found, path)
        _members(program, at + 2, "default", path, links)
    elif after == "{" and program.word(program.ends.get(at + 1, -2) + 1) != "from":
        for start in arguments(program, at + 1):
            public = program.word(start + 2) if program.word(start + 1) == "as" else program.word(start)
            _give(program, program.word(start), path, links, public)


def _commonjs(program: Program, at: int, path: str, links: _Links) -> None:
    """`module.exports = { … }`, `exports.name = …`."""
    if program.mark(at + 1) == "=" and program.mark(at + 2) == "{":
        for name, start in properties(program, at + 2).items():
            _keep(links, name, texts(program, start, expression_end(program, start)), path)
            _members(program, start, name, path, links)
    elif program.mark(at + 1) == "." and program.mark(at + 3) == "=":
        found = texts(program, at + 4, expression_end(program, at + 4))
        _keep(links, program.word(at + 2), found, path)


def _give(program: Program, name: str, path: str, links: _Links, public: str = "") -> None:
    for start, _ in program.values.get(name, ()):
        _keep(links, public or name, texts(program, start, expression_end(program, start)), path)
        _members(program, start, public or name, path, links)


def _members(program: Program, start: int, name: str, path: str, links: _Links) -> None:
    """Keep the texts of an object under `name.key` and of all of it under `name.*`."""
    if program.mark(start) == "[" and start in program.ends:
        places = [("*", at) for at in arguments(program, start)]
    elif program.mark(start) == "{" and start in program.ends:
        places = list(properties(program, start).items())
    else:
        return
    for key, at in places[:200]:
        found = texts(program, at, expression_end(program, at))
        _keep(links, f"{name}.{key}", found, path)
        if key != "*":
            _keep(links, f"{name}.*", found, path)
        if program.mark(at) == "{" and name.count(".") < 3:
            _members(program, at, f"{name}.{key}", path, links)


def _keep(links: _Links, name: str, found: list[Text], path: str) -> None:
    known = [replace(text, path=text.path or path) for text in found if text.known]
    if known and len(links.exports) < MAX_NAMES:
        links.exports.setdefault(name, []).extend(known)


def _names(program: Program, at: int, module: str, links: _Links) -> None:
    """The names of `import a, { b as c } from`, read from its end to its beginning."""
    if not module.startswith((".", "@/", "~/", "#", "src/", "$lib/")):
        return
    braces = False
    while at >= 0 and program.word(at) not in _IMPORTING:
        token = program.tokens[at]
        if token.kind == "mark":
            braces = {"}": True, "{": False}.get(token.text, braces)
        elif token.kind == "name" and token.text not in {"as", "type", "await"}:
            renamed = program.word(at - 1) in {"as", ":"} and braces
            there = program.word(at - 2) if renamed else token.text if braces else "default"
            links.imports[token.text] = _Imported(there, module)
            at -= 2 if renamed else 0
        at -= 1


def _handed(program: Program, path: str, links: _Links) -> None:
    """What the script passes to imported functions, to methods and constructors of imported classes."""
    for at, token in enumerate(program.tokens):
        if token.kind != "name" or token.text not in links.imports or program.word(at - 1) in {".", "?."}:
            continue
        method, opened = "", at + 1
        if program.mark(at + 1) == "." and program.mark(at + 3) == "(":
            method, opened = program.word(at + 2), at + 3
        elif program.word(at - 1) == "new":
            method = "constructor"
        if program.mark(opened) != "(" or opened not in program.ends or len(links.passed) >= MAX_NAMES:
            continue
        for position, start in enumerate(arguments(program, opened)[:6]):
            end = min(expression_end(program, start), program.ends[opened])
            known = [text for text in texts(program, start, end) if text.known and len(text.text) < 300]
            if known:
                rows = links.passed.setdefault((token.text, method, position), [])
                rows += [replace(text, path=text.path or path) for text in known]


def _joined(links: Mapping[str, _Links]) -> dict[str, Outside]:
    """What each script hears from the others; a script that hears nothing is left out."""
    taken: dict[str, dict[str, list[Text]]] = {}
    passed: dict[str, dict[tuple[str, int], list[Text]]] = {}
    stems = _stems(links)
    for path, mine in links.items():
        targets = {name: _target(path, one.module, stems) for name, one in mine.imports.items()}
        for name, one in mine.imports.items():
            for public, found in links[targets[name]].exports.items() if targets[name] else ():
                first, dot, rest = public.partition(".")
                # `import * as m` and a default import both stand for the whole module
                whole = one.there == "default" and first != "default"
                if first == one.there or whole:
                    local = f"{name}.{public}" if whole else name + dot + rest
                    taken.setdefault(path, {}).setdefault(local, []).extend(found)
        for (name, method, position), found in mine.passed.items():
            if targets.get(name):
                place = (method or mine.imports[name].there, position)
                passed.setdefault(targets[name], {}).setdefault(place, []).extend(found)
    return {
        path: Outside(taken.get(path, {}), passed.get(path, {}))
        for path in links
        if path in taken or path in passed
    }


def _stems(paths: Iterable[str]) -> dict[str, str]:
    """Each path under the names by which a module may be imported: with and without its ending."""
    stems: dict[str, str] = {}
    for path in paths:
        stems.setdefault(path, path)
        stem = path.rpartition(".")[0]
        stems.setdefault(stem, path)
        if stem.rpartition("/")[2] == "index":
            stems.setdefault(stem.rpartition("/")[0], path)
    return stems


def _target(path: str, module: str, stems: Mapping[str, str]) -> str:
    """The file that a module's name stands for, "" for one that is not in the project."""
    if module.startswith("."):
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
        return stems.get(wanted, "") or stems.get(re.sub(r"\.[cm]?js$", "", wanted), "")
    wanted = module.partition("/")[2]
    folder = posixpath.dirname(path)
    while wanted:
        for base in (folder, posixpath.join(folder, "src"), posixpath.join(folder, "lib")):
            found = stems.get(posixpath.normpath(posixpath.join(base, wanted)))
            if found:
                return found
        if not folder:
            return ""
        folder = posixpath.dirname(folder)
    return ""
