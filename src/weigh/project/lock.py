"""models.lock: exactly which bytes the declared models and data are.

Deterministic TOML without time stamps and without index addresses: a line for each file with its
size and sha256, and the distribution file (name and sha256) it lies in where there is one; a table for
each declared thing with what was asked for, what that was found to be, and a digest over its files; and
the loader calls of the project's code whose model could not be found out.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from weigh.core.digest import is_sha256
from weigh.core.errors import UsageError
from weigh.core.snapshot import SnapshotFile, is_safe_path

FILE_NAME = "models.lock"
VERSION = 2
MAX_BYTES = 64 * 1024 * 1024
"""About half a million files; a larger lock is refused before it is parsed."""

_ANOTHER = "take the file from version control, or delete it and run weigh lock"


class Family(StrEnum):
    """Caches that unmodified programs read, and `path` for a plain folder of the project."""

    HF = "hf"
    TORCH_HUB = "torch-hub"
    TORCH_CHECKPOINT = "torch-checkpoint"
    TFHUB = "tfhub"
    KAGGLE = "kaggle"
    KERAS = "keras"
    PATH = "path"


@dataclass(frozen=True, slots=True, order=True)
class LockedFile:
    """One locked file.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        path: in the snapshot.
        ref: the file's own ref, distribution file named.
        size: bytes.
        sha256: of the file.
        distribution: name of the distribution file it lies in, "" when it is one itself.
        distribution_sha256: digest of that, "" when there is none.
    """

    section: str
    path: str
    ref: str
    size: int
    sha256: str
    distribution: str = ""
    distribution_sha256: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Another artifact that a model says it was made of, or needs.

    Attributes:
        relation: `base`, `adapter`, `quantized`, `finetune`, `merge`, `remote-code` …
        ref: text of the other's ref.
    """

    relation: str
    ref: str


@dataclass(frozen=True, slots=True, order=True)
class Materialisation:
    """A place in a cache that `weigh sync` fills.

    Attributes:
        family: which cache.
        key: its name there; see docs/reference/models-lock.md.
    """

    family: str
    key: str


@dataclass(frozen=True, slots=True)
class LockedModel:
    """What one section of models.toml was found to be.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        requested: refs as declared, in the order of the declaration.
        exact: what each of them was found to be: a commit, a version or a digest is named.
        owner: evidence of who owned each of them, "" where the source gives none.
        declared: digest of which files were asked for and where they go.
        tree: sha256 over the files, see `tree_digest`.
        licence: as the model declares it, "" when it declares none.
        licence_files: (path, sha256) of the licence texts among the files.
        code: paths of the files that a loader allowed to run the model's own code would run.
        base: what it was made of or needs.
        signer: who is expected to have signed it, "" for nobody.
        materialise: where `weigh sync` puts it.
    """

    section: str
    requested: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    declared: str = ""
    tree: str = ""
    licence: str = ""
    licence_files: tuple[tuple[str, str], ...] = ()
    code: tuple[str, ...] = ()
    base: tuple[Edge, ...] = ()
    signer: str = ""
    materialise: tuple[Materialisation, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class LockedUnresolved:
    """Loader calls of the project whose model could not be found out by reading.

    Attributes:
        path: the source file.
        loader: which kind of loader.
        expression: the argument as it stands there; hostile text.
        count: how many such calls the file has.
    """

    path: str
    loader: str
    expression: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Lock:
    """Everything that is locked.

    Attributes:
        files: by section and path.
        models: by section; empty in a lock of version 1.
        unresolved: in order.
    """

    files: Mapping[tuple[str, str], LockedFile] = field(default_factory=dict)
    models: Mapping[str, LockedModel] = field(default_factory=dict)
    unresolved: tuple[LockedUnresolved, ...] = ()

    @classmethod
    def of(
        cls,
        files: Iterable[LockedFile],
        models: Iterable[LockedModel] = (),
        unresolved: Iterable[LockedUnresolved] = (),
    ) -> "Lock":
        """A lock of these lines."""
        return cls(
            {(f.section, f.path): f for f in files}, {m.section: m for m in models}, tuple(sorted(unresolved))
        )

    def section(self, name: str) -> tuple[LockedFile, ...]:
        """The files of one section, in path order."""
        return tuple(f for key, f in sorted(self.files.items()) if key[0] == name)


def tree_digest(files: Iterable[LockedFile]) -> str:
    """sha256 over the lines `path NUL size NUL sha256 LF` of the files, sorted by path."""
    lines = sorted(f"{f.path}\0{f.size}\0{f.sha256}\n" for f in files)
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


class _Line(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    section: str = msgspec.field(name="for")
    path: str
    ref: str
    size: int
    sha256: str
    distribution: str = ""
    distribution_sha256: str = ""


class _Edge(msgspec.Struct, forbid_unknown_fields=True):
    relation: str
    ref: str


class _Place(msgspec.Struct, forbid_unknown_fields=True):
    family: Family
    key: str


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    sha256: str


class _Model(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    section: str = msgspec.field(name="for")
    tree: str
    requested: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    declared: str = ""
    licence: str = ""
    licence_files: tuple[_Text, ...] = ()
    code: tuple[str, ...] = ()
    base: tuple[_Edge, ...] = ()
    signer: str = ""
    materialise: tuple[_Place, ...] = ()


class _Unresolved(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    loader: str
    expression: str
    count: int = 1


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    model: tuple[_Model, ...] = ()
    file: tuple[_Line, ...] = ()
    unresolved: tuple[_Unresolved, ...] = ()


def read_lock(path: Path) -> Lock:
    """Read a models.lock; a missing one is an empty lock.

    Raises:
        UsageError: it comes from a newer version, was damaged or edited, or names a file twice.
    """
    if not path.is_file():
        return Lock()
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path.name}", why=str(error.strerror)) from error
    return parse_lock(raw, path.name)


def parse_lock(raw: bytes, name: str = FILE_NAME) -> Lock:
    """The lock that these bytes are; `name` is what messages call it.

    Raises:
        UsageError: it comes from a newer version, was damaged or edited, or names a file twice.
    """
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES} bytes", hint=_ANOTHER)
    try:
        table = tomllib.loads(raw.decode("utf-8"))
        _require_known(name, table)
        document = msgspec.convert(table, _Document)
    except RecursionError as error:
        raise UsageError(f"cannot read {name}", why="it is nested too deeply", hint=_ANOTHER) from error
    except (ValueError, msgspec.ValidationError) as error:
        # Not UTF-8, not TOML, or a number with more digits than Python converts.
        raise UsageError(f"cannot read {name}", why=str(error), hint=_ANOTHER) from error
    return _checked(name, document)


def _require_known(name: str, table: Mapping[str, Any]) -> None:
    version = table.get("version")
    if isinstance(version, int) and version > VERSION:
        raise UsageError(
            f"cannot read {name}",
            why=f"it has version {version}, this weigh reads up to {VERSION}",
            hint="upgrade weigh",
        )
    if isinstance(version, int) and version < 1:
        raise UsageError(f"cannot read {name}", why=f"there is no version {version}", hint=_ANOTHER)


def _checked(name: str, document: _Document) -> Lock:
    files: dict[tuple[str, str], LockedFile] = {}
    for line in document.file:
        locked = LockedFile(
            line.section, line.path, line.ref, line.size, line.sha256, line.distribution,
            line.distribution_sha256,
        )  # fmt: skip
        key = (locked.section, locked.path)
        SnapshotFile(locked.path, locked.size, locked.sha256)
        if key in files or (locked.distribution_sha256 and not is_sha256(locked.distribution_sha256)):
            raise _edited(name, f"{locked.path} of {locked.section} stands twice or has a malformed digest")
        files[key] = locked
    models = {m.section: _model(m) for m in document.model}
    if len(models) != len(document.model):
        raise _edited(name, "a [[model]] stands twice")
    unresolved = tuple(LockedUnresolved(u.path, u.loader, u.expression, u.count) for u in document.unresolved)
    lock = Lock(files, models, unresolved)
    if document.version > 1:
        _require_whole(name, lock)
    return lock


def _model(read: _Model) -> LockedModel:
    return LockedModel(
        section=read.section,
        requested=read.requested,
        exact=read.exact,
        owner=read.owner,
        declared=read.declared,
        tree=read.tree,
        licence=read.licence,
        licence_files=tuple((t.path, t.sha256) for t in read.licence_files),
        code=read.code,
        base=tuple(Edge(e.relation, e.ref) for e in read.base),
        signer=read.signer,
        materialise=tuple(Materialisation(p.family.value, p.key) for p in read.materialise),
    )


def _require_whole(name: str, lock: Lock) -> None:
    """Refuse a lock whose tables do not belong together: somebody edited it, or a merge went wrong."""
    for section in sorted({key[0] for key in lock.files} - set(lock.models)):
        raise _edited(name, f"{section} has files and no [[model]]")
    for section, model in sorted(lock.models.items()):
        files = lock.section(section)
        if tree_digest(files) != model.tree:
            raise _edited(name, f"the tree digest of {section} is not that of its files")
        if not len(model.requested) == len(model.exact) == len(model.owner):
            raise _edited(name, f"requested, exact and owner of {section} have different lengths")
        digests = {f.path: f.sha256 for f in files}
        for path, sha256 in model.licence_files:
            if digests.get(path) != sha256:
                raise _edited(name, f"{path}, a licence text of {section}, is not among its files")
        for path in model.code:
            if path not in digests:
                raise _edited(name, f"{path}, code of {section}, is not among its files")
        for place in model.materialise:
            require_key(place, f"{name}, {section}")


def require_key(place: Materialisation, told_by: str) -> None:
    """Refuse a place in a cache that could lie outside of that cache.

    Raises:
        UsageError: the key is empty, holds control characters or leads upwards.
    """
    plain = place.key.removeprefix("https://") if place.family == Family.TFHUB else place.key
    if not is_safe_path(plain.split("?")[0]) or not is_safe_path(plain.replace("?", "_")):
        raise UsageError(
            f"{told_by}: {place.family}:{place.key!r} is no place in a cache",
            why="a place is a relative path without `..`",
            hint="weigh lock",
        )


def _edited(name: str, why: str) -> UsageError:
    return UsageError(
        f"cannot read {name}",
        why=f"{why}; it was edited by hand, or two versions were merged",
        hint=_ANOTHER,
    )


def format_lock(lock: Lock) -> str:
    """The one text of a lock: sorted, so that locking again changes nothing."""
    lines = ["# Made by `weigh lock`; commit it, do not edit it.", f"version = {VERSION}", ""]
    sections = sorted({*lock.models, *(key[0] for key in lock.files)})
    for section in sections:
        files = lock.section(section)
        model = lock.models.get(section) or LockedModel(section, tree=tree_digest(files))
        lines += [*_model_lines(model), ""]
        for file in files:
            lines += [*_file_lines(file), ""]
    for call in sorted(lock.unresolved):
        lines += ["[[unresolved]]", f"path = {_text(call.path)}", f"loader = {_text(call.loader)}"]
        lines += [f"expression = {_text(call.expression)}", f"count = {call.count}", ""]
    return "\n".join(lines)


def _model_lines(model: LockedModel) -> Iterator[str]:
    yield "[[model]]"
    yield f"for = {_text(model.section)}"
    yield f"requested = {_texts(model.requested)}"
    yield f"exact = {_texts(model.exact)}"
    yield f"owner = {_texts(model.owner)}"
    yield f"declared = {_text(model.declared)}"
    yield f"tree = {_text(model.tree)}"
    if model.licence:
        yield f"licence = {_text(model.licence)}"
    yield from _tables("licence-files", ({"path": p, "sha256": d} for p, d in sorted(model.licence_files)))
    if model.code:
        yield f"code = {_texts(sorted(model.code))}"
    yield from _tables("base", ({"relation": e.relation, "ref": e.ref} for e in sorted(model.base)))
    if model.signer:
        yield f"signer = {_text(model.signer)}"
    yield from _tables("materialise", ({"family": m.family, "key": m.key} for m in sorted(model.materialise)))


def _file_lines(file: LockedFile) -> Iterator[str]:
    yield "[[file]]"
    yield f"for = {_text(file.section)}"
    yield f"path = {_text(file.path)}"
    yield f"ref = {_text(file.ref)}"
    yield f"size = {file.size}"
    yield f"sha256 = {_text(file.sha256)}"
    if file.distribution:
        yield f"distribution = {_text(file.distribution)}"
        yield f"distribution-sha256 = {_text(file.distribution_sha256)}"


def _tables(key: str, rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """A list of inline tables, one a line, so that a diff shows which one changed."""
    told = [", ".join(f"{name} = {_text(value)}" for name, value in row.items()) for row in rows]
    if told:
        yield f"{key} = ["
        yield from (f"  {{ {row} }}," for row in told)
        yield "]"


def _texts(values: Iterable[str]) -> str:
    told = [_text(v) for v in values]
    return "[" + ", ".join(told) + "]"


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML 1.0 does not allow unescaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
