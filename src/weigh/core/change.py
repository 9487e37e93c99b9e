"""Change: what is other in one set of models than in another one. Text in it is hostile."""

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to a model, a file or a key."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class TensorChangeKind(StrEnum):
    """What happened to a tensor; `unknown`: its form is the same and its values could not be compared."""

    ADDED = "added"
    REMOVED = "removed"
    RESHAPED = "reshaped"
    RETYPED = "retyped"
    VALUES = "values"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file.

    Attributes:
        path: in the snapshot.
        kind: what happened.
        old_size: bytes; -1 when it was not there.
        new_size: bytes; -1 when it is gone.
        old_sha256: "" when it was not there.
        new_sha256: "" when it is gone.
    """

    path: str
    kind: ChangeKind
    old_size: int = -1
    new_size: int = -1
    old_sha256: str = ""
    new_sha256: str = ""


@dataclass(frozen=True, slots=True)
class TensorChange:
    """One tensor, by name.

    Attributes:
        name: as the files write it.
        file: where it lies now, or lay.
        kind: what happened.
        old: type and shape, `F32 [2, 3]`; "" when it was not there.
        new: likewise; "" when it is gone.
    """

    name: str
    file: str
    kind: TensorChangeKind
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of a configuration.

    Attributes:
        file: in the snapshot.
        key: dotted path to the value.
        kind: what happened.
        old: JSON text, shortened; "" when there was none.
        new: likewise.
    """

    file: str
    key: str
    kind: ChangeKind
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A source file that comes with the model: the lines of a unified diff, without line ends."""

    path: str
    kind: ChangeKind
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turned:
    """Something that is stated otherwise now: a licence, an owner, a commit.

    Attributes:
        what: which statement, in words.
        old: as it was; "" when nothing was stated.
        new: as it is; "" when nothing is.
    """

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One model or data set.

    Attributes:
        section: `models.NAME` or `data.NAME`.
        kind: what happened to it as a whole.
        files: by path.
        tensors: by file and name.
        same_tensors: tensors found in both with the same bytes, in files that differ.
        values: keys of configurations.
        code: source files.
        statements: what is stated of it otherwise: what was asked for, its commit, owner, licence, base.
        unknown: what could not be compared, and why.
    """

    section: str
    kind: ChangeKind
    files: tuple[FileChange, ...] = ()
    tensors: tuple[TensorChange, ...] = ()
    same_tensors: int = 0
    values: tuple[ValueChange, ...] = ()
    code: tuple[CodeChange, ...] = ()
    statements: tuple[Turned, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockChange:
    """Two locks, or two models, held against each other.

    Attributes:
        old: what the first one is called.
        new: what the second one is called.
        models: those that differ, by section.
        same: how many sections are alike.
        calls: loader calls that could not be resolved, as statements: new ones, and those that are gone.
    """

    old: str
    new: str
    models: tuple[ModelChange, ...] = ()
    same: int = 0
    calls: tuple[Turned, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.models or self.calls)
