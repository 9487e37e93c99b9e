"""The keys of models.toml, and the decoding of its text into them. What they mean is `manifest`'s matter."""

import difflib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from weigh.core.errors import UsageError

MAX_BYTES = 4 * 1024 * 1024
"""A manifest is written by hand; anything larger is a mistake."""

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)` - at `(?P<place>[^`]*)`", re.DOTALL)
_UNKNOWN_TOP = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)


class FilePart(msgspec.Struct, forbid_unknown_fields=True):
    """One line of `files`."""

    source: str = msgspec.field(name="from")
    to: str = ""
    only: tuple[str, ...] = ()
    constants: dict[str, str] = msgspec.field(default_factory=dict)


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """`[models.NAME.expect]`."""

    licence: str | tuple[str, ...] = ()
    params: str = ""
    library: str = ""


class Model(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """`[models.NAME]`: either `files`, or the short form with `ref`."""

    files: tuple[FilePart, ...] = ()
    ref: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    title: str = ""
    remote_code: Literal["deny", "pinned"] = "deny"
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    signer: str = ""
    put_as: tuple[str, ...] = msgspec.field(name="as", default=())
    expect: Expected = msgspec.field(default_factory=Expected)


class Data(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """`[data.NAME]`."""

    files: tuple[FilePart, ...]
    title: str = ""
    format: str = "auto"
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ""
    quote: str = '"'
    skip: int = 0
    where: str = ""
    group: str = ""


class Project(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """`[project]`."""

    name: str = ""
    requires_weigh: str = ""


class Approved(msgspec.Struct, forbid_unknown_fields=True):
    """One `[[approve]]`."""

    sha256: str
    names: tuple[str, ...]
    because: str
    date: date
    by: str = ""


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """All of models.toml."""

    project: Project = msgspec.field(default_factory=Project)
    models: dict[str, Model] = msgspec.field(default_factory=dict)
    data: dict[str, Data] = msgspec.field(default_factory=dict)
    approve: tuple[Approved, ...] = ()


_TABLES: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    (r"\$\.(?:models|data)\[\.\.\.\]\.files\[\d+\]", FilePart),
    (r"\$\.models\[\.\.\.\]\.expect", Expected),
    (r"\$\.models\[\.\.\.\]", Model),
    (r"\$\.data\[\.\.\.\]", Data),
    (r"\$\.project", Project),
    (r"\$\.approve\[\d+\]", Approved),
    (r"\$?", Document),
)
"""Which keys are known where; the places are written as msgspec writes them."""


def read_document(path: Path) -> Document:
    """Read a models.toml.

    Raises:
        UsageError: unreadable, not TOML, or an unknown or malformed key.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path.name}", why=str(error.strerror)) from error
    return decode_document(raw, path.name)


def decode_document(raw: bytes, name: str) -> Document:
    """The document that these bytes are; `name` is what messages call it.

    Raises:
        UsageError: too large, not TOML, or an unknown or malformed key.
    """
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES} bytes")
    try:
        table: dict[str, Any] = tomllib.loads(raw.decode("utf-8"))
        return msgspec.convert(table, Document)
    except RecursionError as error:
        raise UsageError(f"cannot read {name}", why="it is nested too deeply") from error
    except msgspec.ValidationError as error:
        raise UsageError(
            f"cannot use {name}", why=_told(str(error)), hint="see docs/reference/models-toml.md"
        ) from error
    except ValueError as error:  # not UTF-8, not TOML, or a number with more digits than Python converts
        raise UsageError(f"cannot read {name}", why=str(error)) from error


def _told(said: str) -> str:
    """What is wrong, with the known key that is nearest to an unknown one."""
    found = _UNKNOWN.fullmatch(said) or _UNKNOWN_TOP.fullmatch(said)
    if found is None:
        return said
    key, place = found["key"], found.groupdict().get("place", "")
    known = next((_keys(table) for where, table in _TABLES if re.fullmatch(where, place)), [])
    near = difflib.get_close_matches(key, known, 1)
    where = place.removeprefix("$").removeprefix(".") or "the top"
    nearest = f"did you mean {near[0]!r}?" if near else f"it knows: {', '.join(known)}"
    return f"unknown key {key!r} at {where}; {nearest}"


def _keys(table: type[msgspec.Struct]) -> list[str]:
    return [f.encode_name for f in msgspec.structs.fields(table)]
