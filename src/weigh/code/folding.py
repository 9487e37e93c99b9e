"""Texts, numbers and paths put together as the language does it; nothing large and nothing that runs."""

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from weigh.code.abstract import Deferred, Items, Known, Possible, Table, unknown
from weigh.code.alternatives import Constant

if TYPE_CHECKING:
    from weigh.code.evaluate import Evaluator

MOST_TEXT = 16 * 1024
"""Characters of a text that folding may make."""
_SPEC = re.compile(r"[<>^]?0?\d{0,2}(\.\d)?[sdf]?")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}:!]*)(?:![rsa])?(?::([^{}]*))?\}")
_PERCENT = re.compile(r"%(?:\(([^)]*)\))?(0?\d{0,2}(?:\.\d)?)([sdrif%])")


class NotFoldedError(ValueError):
    """A value that is not made here; says why."""


def formatted(value: Constant, spec: str) -> str:
    """`format(value, spec)` for short plain specifications."""
    if not _SPEC.fullmatch(spec):
        raise NotFoldedError("a text in a format that is not followed")
    try:
        return format(value, spec) if not isinstance(value, bytes) and value is not None else str(value)
    except (ValueError, TypeError) as error:
        raise NotFoldedError("a text in a format that does not fit") from error


def operation(left: Constant, sign: ast.operator, right: Constant) -> Constant:
    """`left sign right` of two constants."""
    if isinstance(sign, ast.Div) and isinstance(left, str) and isinstance(right, str):
        return joined_path([left, right])
    if isinstance(left, str) and isinstance(right, str) and isinstance(sign, ast.Add):
        return short(left + right)
    if isinstance(left, str) and isinstance(sign, ast.Mod):
        return percent_text(left, [right], {})
    if isinstance(left, bytes) and isinstance(right, bytes) and isinstance(sign, ast.Add):
        return left + right
    if isinstance(left, int) and isinstance(right, int) and abs(left) < 1 << 64 and abs(right) < 1 << 64:
        return _number(left, sign, right)
    raise NotFoldedError("an operation that is not followed")


def _number(left: int, sign: ast.operator, right: int) -> int:
    if isinstance(sign, ast.Add):
        return left + right
    if isinstance(sign, ast.Sub):
        return left - right
    if isinstance(sign, ast.Mult):
        return left * right
    if isinstance(sign, ast.FloorDiv) and right:
        return left // right
    if isinstance(sign, ast.Mod) and right:
        return left % right
    raise NotFoldedError("an operation that is not followed")


def short(text: str) -> str:
    """A text that is not too long to keep."""
    if len(text) > MOST_TEXT:
        raise NotFoldedError("a text that is too long to follow")
    return text


def joined_path(parts: list[str]) -> str:
    """Parts of a path as `os.path.join` puts them together; a leading `./` and `a/../` fall away."""
    joined = posixpath.join(*parts) if parts else ""
    if ".." in joined or "/./" in joined:
        joined = posixpath.normpath(joined)
    return short(joined)


def percent_text(text: str, values: list[Constant], names: dict[str, Constant]) -> str:
    """`text % values` for plain conversions."""
    waiting = iter(values)

    def put(found: re.Match[str]) -> str:
        if found[3] == "%":
            return "%"
        value = names.get(found[1], "{}") if found[1] is not None else next(waiting, "{}")
        return formatted(value, found[2]) if found[2] and isinstance(value, int) else str(value)

    return short(_PERCENT.sub(put, text))


def format_text(text: str, values: list[Constant], names: dict[str, Constant]) -> str:
    """`text.format(...)` for plain fields; what is not given stays a hole."""
    counter = 0

    def put(found: re.Match[str]) -> str:
        nonlocal counter
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        field = found[1] or ""
        if not field:
            field, counter = str(counter), counter + 1
        value: Constant = "{}"
        if field.isdecimal():
            value = values[int(field)] if len(field) < 4 and int(field) < len(values) else "{}"
        elif field in names:
            value = names[field]
        return formatted(value, found[2]) if found[2] and value != "{}" else str(value)

    return short(_FIELD.sub(put, text))


def text_method(name: str, text: str, given: list[Constant]) -> Constant:  # noqa: C901 - a table of methods
    """`text.name(*given)` for methods that make a text."""
    texts = [str(value) for value in given if isinstance(value, str)]
    if name in {"lower", "upper", "title", "capitalize", "casefold", "swapcase"}:
        return str(getattr(text, name)())
    if name in {"strip", "lstrip", "rstrip"}:
        return str(getattr(text, name)(*texts[:1]))
    if name == "replace" and len(texts) >= 2:
        return short(text.replace(texts[0], texts[1])) if texts[0] else text
    if name in {"removeprefix", "removesuffix"} and texts:
        return str(getattr(text, name)(texts[0]))
    if name in {"startswith", "endswith"} and texts:
        return bool(getattr(text, name)(texts[0]))
    if name in {"encode", "decode", "expandtabs", "__str__", "as_posix", "resolve", "absolute", "expanduser"}:
        return text
    if name == "join":
        return short(text.join(texts))
    if name in {"joinpath", "__truediv__"}:
        return joined_path([text, *texts])
    if name == "with_suffix" and texts:
        return posixpath.splitext(text)[0] + texts[0]
    if name == "with_name" and texts:
        return joined_path([posixpath.dirname(text), texts[0]])
    if name == "zfill" and given and isinstance(given[0], int) and given[0] < 100:
        return text.zfill(given[0])
    raise NotFoldedError(f"result of a text's {name}()")


def split_text(name: str, text: str, given: list[Constant]) -> list[str] | None:
    """`text.split(...)` and its relatives; None for other methods."""
    separator = given[0] if given and isinstance(given[0], str) else None
    most = given[1] if len(given) > 1 and isinstance(given[1], int) else -1
    if name == "split":
        return text.split(separator or None, most)
    if name == "rsplit":
        return text.rsplit(separator or None, most)
    if name == "splitlines":
        return text.splitlines()
    if name == "partition" and separator:
        return list(text.partition(separator))
    if name == "rpartition" and separator:
        return list(text.rpartition(separator))
    return None


def path_part(text: str, attr: str) -> str | None:
    """`path.attr` of a path; None for other attributes."""
    name = posixpath.basename(text)
    if attr == "parent":
        return posixpath.dirname(text) or "."
    if attr == "name":
        return name
    if attr == "stem":
        return posixpath.splitext(name)[0]
    if attr == "suffix":
        return posixpath.splitext(name)[1]
    return None


def containers(left: Possible, sign: ast.operator, right: Possible) -> Possible | None:
    """Lists added and mappings joined; None where it is neither."""
    if isinstance(sign, ast.Add):
        items = [item for side in (left, right) for item in side.items if isinstance(item, Items)]
        if items:
            both = bool(left.items) and bool(right.items)
            why = next((i.why for i in items if i.why), "") or left.why or right.why
            why = why or ("" if both else "items that are not known")
            return Possible((Items(_together(items), why),))
    if isinstance(sign, ast.BitOr):
        tables = [item for side in (left, right) for item in side.items if isinstance(item, Table)]
        if tables:
            why = next((t.why for t in tables if t.why), "") or left.why or right.why
            return Possible((Table(tuple(e for t in tables for e in t.entries), why),))
    if isinstance(sign, ast.Mult) and any(isinstance(item, Items) for item in left.items):
        return left
    return None


def _together(lists: list[Items]) -> tuple[Deferred, ...]:
    """The items of several lists.

    Of more than two, some are choices of one side, which mostly share what they began with: there an item
    counts once, else each `+=` in a branch would double the list.
    """
    every = [item for one in lists for item in one.items]
    return tuple(every if len(lists) < 3 else {id(item): item for item in every}.values())


def percent(engine: "Evaluator", left: Possible, right: Possible) -> Possible:
    """`text % (a, b)` and `text % {"name": a}`."""
    item = right.items[0]
    if isinstance(item, Items):
        parts = [engine.force(part) for part in item.items]
        return engine.combined([left, *parts], lambda p: percent_text(str(p[0]), p[1:], {}))
    if isinstance(item, Table):
        names, values = _named_parts(engine, item)
        return engine.combined(
            [left, *values],
            lambda p: percent_text(str(p[0]), [], dict(zip(names, p[1:], strict=True))),
        )
    return unknown("a part of the text is not known")


def _named_parts(engine: "Evaluator", table: Table) -> tuple[list[str], list[Possible]]:
    names: list[str] = []
    values: list[Possible] = []
    for key, value in table.entries[:16]:
        for item in engine.force(key).items[:1]:
            if isinstance(item, Known) and isinstance(item.value, str):
                names.append(item.value)
                values.append(engine.force(value))
    return names, values


def format_call(
    engine: "Evaluator", text: Possible, given: list[Deferred], named: dict[str, Deferred]
) -> Possible:
    """`text.format(*given, **named)`."""
    parts = [text, *(engine.force(g) for g in given), *(engine.force(n) for n in named.values())]
    count = len(given)

    def put(values: list[Constant]) -> Constant:
        names = dict(zip(named, values[1 + count :], strict=True))
        return format_text(str(values[0]), values[1 : 1 + count], names)

    return engine.combined(parts, put)
