"""Changing models.toml without touching what a person wrote in it: comments, order and spacing stay.

Whole lines are put in or taken out, and the result is read again: it must say what was said before with
exactly the wanted change, or nothing is written. A TOML library that keeps formatting counts a comment to
the table above it, so taking out a section would take the next one's comment along.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.ref import RefKind, parse_ref
from weigh.project.manifest import parse_manifest
from weigh.project.manifest_document import MAX_BYTES, decode_document
from weigh.system.atomic import storing, write_bytes

MAX_NAME = 64
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[.*\]\s*(?:#.*)?\r?")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model to declare, in the short form.

    Attributes:
        ref: what to fetch.
        name: its section; "" for one made out of the ref.
        used_by: places of the project that use it.
        title: one line for people.
        include: patterns of the wanted files; empty for all.
        exclude: patterns of the files that are not wanted.
        groups: parts of the project that use it.
        aliases: other names by which code asks for it.
        put_as: caches it goes to, instead of what the ref implies.
        remote_code: `deny` or `pinned`.
    """

    ref: str
    name: str = ""
    used_by: tuple[str, ...] = ()
    title: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    put_as: tuple[str, ...] = ()
    remote_code: str = "deny"


def name_for(ref: str) -> str:
    """A name of a section for a ref: the last word of what it names, as TOML needs no quotes for it."""
    parsed = parse_ref(ref)
    inner = parsed.members[-1] if parsed.members and parsed.kind is RefKind.FILE else parsed.name
    words = [word for word in inner.split("?")[0].rstrip("/").split("/") if word]
    # The last word of a versioned handle is a number, which names nothing.
    named = [word for word in words if not word.isdigit()] or words or ["model"]
    last = named[-1]
    if parsed.kind in {RefKind.HTTPS, RefKind.FILE}:
        last = last.rpartition(".")[0] or last
    return _UNFIT.sub("-", last)[:MAX_NAME].strip("-") or "model"


def add_models(path: Path, entries: Iterable[NewModel]) -> tuple[str, ...]:
    """Declare models in the models.toml at `path`, which is made when missing.

    What is declared already, by its name or by its ref, is left as it is.

    Returns:
        The names of the sections that were added.

    Raises:
        UsageError: the file cannot be read, or an entry cannot be declared.
        StorageError: it cannot be written.
    """
    before = read_text(path)
    after, names = with_models(path, before, entries)
    if names:
        write_text(path, after)
    return names


def with_models(path: Path, text: str, entries: Iterable[NewModel]) -> tuple[str, tuple[str, ...]]:
    """The text of a manifest with more models declared, and the names of their sections.

    Raises:
        UsageError: the text is no manifest, or would be none.
    """
    document = decode_document(text.encode("utf-8"), path.name)
    taken = set(document.models)
    refs = {str(parse_ref(m.ref)) for m in document.models.values() if m.ref}
    refs |= {str(parse_ref(m.files[0].source)) for m in document.models.values() if len(m.files) == 1}
    added: list[str] = []
    for entry in entries:
        ref = str(parse_ref(entry.ref))
        if ref in refs or entry.name in taken:
            continue
        name = entry.name or _free(name_for(ref), taken)
        text = _added(path, text, name, _values(entry, ref))
        taken.add(name)
        refs.add(ref)
        added.append(name)
    parse_manifest(path, text.encode("utf-8"))
    return text, tuple(added)


def remove_model(path: Path, name: str) -> None:
    """Take `[models.NAME]` out of the models.toml at `path`.

    Raises:
        NotFoundError: there is no such model.
        UsageError: the file cannot be read, or is written in a way that cannot be edited safely.
        StorageError: it cannot be written.
    """
    before = read_text(path)
    write_text(path, without_model(path, before, name))


def without_model(path: Path, text: str, name: str) -> str:
    """The text of a manifest without one of its models.

    Raises:
        NotFoundError: there is no such model.
        UsageError: the text is no manifest, or is written in a way that cannot be edited safely.
    """
    document = decode_document(text.encode("utf-8"), path.name)
    if name not in document.models:
        known = ", ".join(document.models) or "none"
        why = f"it is data; its models: {known}" if name in document.data else f"its models: {known}"
        hint = f"take [data.{name}] out by hand, then weigh lock" if name in document.data else ""
        raise NotFoundError(f"{path.name} declares no model {name!r}", why=why, hint=hint)
    wanted = tomllib.loads(text)
    del wanted["models"][name]
    lines = text.split("\n")
    gone: set[int] = set()
    for header, end in _sections(lines, ("models", name)):
        gone |= set(range(_first_of(lines, header), end))
    after = "\n".join(line for place, line in enumerate(lines) if place not in gone)
    if not wanted["models"] and not _says(after, wanted):
        # Without its last table, `models` itself is no longer there.
        del wanted["models"]
    return _checked(path, after, wanted, name)


def new_manifest(project: str) -> str:
    """The text of a models.toml that declares nothing yet."""
    heading = "# What this project learned from others: docs/reference/models-toml.md tells the keys.\n"
    return f"{heading}\n[project]\nname = {_text(project)}\n"


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _values(entry: NewModel, ref: str) -> dict[str, str | list[str]]:
    """Keys of the section in the order people read them; what says nothing is left out."""
    listed = {
        "include": entry.include,
        "exclude": entry.exclude,
        "groups": entry.groups,
        "aliases": entry.aliases,
        "as": entry.put_as,
        "used-by": entry.used_by,
    }
    values: dict[str, str | list[str]] = {"title": entry.title} if entry.title else {}
    values["ref"] = ref
    values |= {key: list(value) for key, value in listed.items() if value}
    if entry.remote_code != "deny":
        values["remote-code"] = entry.remote_code
    return values


def _added(path: Path, text: str, name: str, values: Mapping[str, str | list[str]]) -> str:
    """The text with one more section, behind the last one of its kind or at the end."""
    wanted = tomllib.loads(text)
    wanted.setdefault("models", {})[name] = dict(values)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    section = end_of_line.join(_section_lines(name, values))
    lines = text.split("\n")
    ends = [end for _, end in _sections(lines, ("models",))]
    if ends:
        head, tail = "\n".join(lines[: ends[-1]]), "\n".join(lines[ends[-1] :])
        after = f"{head}\n{end_of_line}{section}{end_of_line}{tail}"
        if _says(after, wanted):
            return after
    gap = end_of_line if not text or text.endswith("\n") else 2 * end_of_line
    return _checked(path, f"{text}{gap}{section}{end_of_line}", wanted, name)


def _section_lines(name: str, values: Mapping[str, str | list[str]]) -> Iterator[str]:
    yield f"[models.{name if _BARE.fullmatch(name) else _text(name)}]"
    for key, value in values.items():
        if isinstance(value, str):
            yield f"{key} = {_text(value)}"
        elif len(value) < 3:
            yield f"{key} = [{', '.join(_text(v) for v in value)}]"
        else:
            yield f"{key} = ["
            yield from (f"  {_text(v)}," for v in value)
            yield "]"


def _sections(lines: list[str], key: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """(line of the header, line after its last key) of the tables whose name begins with `key`."""
    headers = [(place, _name(line)) for place, line in enumerate(lines) if _HEADER.fullmatch(line)]
    for number, (place, name) in enumerate(headers):
        if name[: len(key)] != key:
            continue
        end = headers[number + 1][0] if number + 1 < len(headers) else len(lines)
        # Comments and gaps before the next header belong to what follows.
        while end > place + 1 and lines[end - 1].strip()[:1] in {"", "#"}:
            end -= 1
        yield place, end


def _first_of(lines: list[str], header: int) -> int:
    """The line where a section begins with the comment that stands right above it, and one gap before."""
    first = header
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first - 1 if first and not lines[first - 1].strip() else first


def _name(header: str) -> tuple[str, ...]:
    """The dotted name in a header line; empty where the line only looks like one."""
    try:
        table: Any = tomllib.loads(header.strip())
    except ValueError:
        return ()
    name: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        (key,) = table
        name.append(key)
        table = table[key]
    return tuple(name)


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except ValueError:
        return False


def _checked(path: Path, after: str, wanted: Mapping[str, Any], name: str) -> str:
    """The new text, if it says exactly what was wanted and nothing else changed."""
    if not _says(after, wanted):
        raise UsageError(
            f"cannot edit {path.name}",
            why=f"it is written in a way in which [models.{name}] cannot be changed alone",
            hint="edit it by hand",
        )
    return after


def read_text(path: Path) -> str:
    """The text of a manifest; of a missing one, the text that a new one begins with.

    Raises:
        UsageError: it cannot be read as a manifest.
    """
    if not path.exists():
        return new_manifest(path.absolute().parent.name)
    with storing(path), path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    decode_document(raw, path.name)
    return raw.decode("utf-8")


def write_text(path: Path, text: str) -> None:
    """Write a manifest, whole or not at all; a link stays a link, and who may read it may still do so.

    Raises:
        StorageError: it cannot be written.
    """
    place = path.resolve()
    with storing(path):
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
    write_bytes(place, text.encode("utf-8"), mode=mode)


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML 1.0 does not allow unescaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
