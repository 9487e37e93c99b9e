"""Where a code base uses models: call sites found by reading it, and those that could not be resolved."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What the file that uses a model is for, told by where it lies and what it is called."""

    RUNTIME = "runtime"
    TRAINING = "training"
    TEST = "test"
    DOCS = "docs"


class Pin(StrEnum):
    """How firmly a use names the bytes it gets.

    `exact`: a commit, a version of a registry that never changes one, or a digest. `tag`: a name that its
    owner can move. `branch`: a name that is meant to move. `none`: nothing was named; `unknown`: a
    revision is given and its value could not be found out.
    """

    EXACT = "exact"
    TAG = "tag"
    BRANCH = "branch"
    NONE = "none"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """How a use was recognised: by a loader call, by a key or variable that names models, or by its looks."""

    CALL = "call"
    KEY = "key"
    LOOKS = "looks"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the code base.

    Attributes:
        path: relative POSIX path of the file.
        line: counted from 1; of a notebook, the line within the cell.
        column: counted from 1, 0 when not known.
        cell: of a notebook, counted from 1; 0 elsewhere.
    """

    path: str
    line: int
    column: int = 0
    cell: int = 0


@dataclass(frozen=True, slots=True)
class ModelUse:
    """One model that one place uses. A call with several possible models gives one use for each.

    Attributes:
        place: of the call, or of the line in a configuration.
        ref: text of an ArtifactRef, as `models.toml` would name it: `hf:org/name`, `hf:org/name@rev`,
            `torchhub:owner/repo:ref#entry`, `catalogue:torchvision/resnet50@IMAGENET1K_V2`,
            `https://host/file.pt`, `endpoint:openai/gpt-4o`, `file:weights/a.pt` …
        loader: which kind of loader, `transformers.from_pretrained`; a row's id of the loader table.
        expression: the source text of the argument, shortened to 200 characters; hostile text.
        how: the way the name was found, outermost first: `literal`, `constant`, `dict`, `default`,
            `argparse`, `environment`, `branch`, `import`, `wrapper`, `implied` …
        pin: how firmly it names its bytes.
        remote_code: the call allows code of the repository to run.
        role: what the file is for; of a name that only a test hands in, TEST.
        certainty: how it was recognised.
        alternatives: how many models this place may use; 1 when there is no choice.
        where: for a value found elsewhere, the place of the literal itself; it is what a person edits.
        revision: the revision as written, "" when none was.
        span: (start line, start column, end line, end column) of the call, counted from 1; None outside
            of Python.
    """

    place: Place
    ref: str
    loader: str
    expression: str = ""
    how: tuple[str, ...] = ("literal",)
    pin: Pin = Pin.NONE
    remote_code: bool = False
    role: Role = Role.RUNTIME
    certainty: Certainty = Certainty.CALL
    alternatives: int = 1
    where: Place | None = None
    revision: str = ""
    span: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class UnresolvedUse:
    """A loader call whose model could not be found out by reading. Never left out.

    Attributes:
        place: of the call.
        loader: which kind of loader.
        expression: the argument as it stands in the source, shortened to 200 characters; hostile text.
        why: what stopped the search: `parameter of a function that is called from elsewhere`, …
        role: what the file is for.
        partial: what is known of the text, with `{}` for the unknown parts; "" when nothing is.
    """

    place: Place
    loader: str
    expression: str
    why: str
    role: Role = Role.RUNTIME
    partial: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was not read, or not wholly, with the reason.

    Attributes:
        path: of the file, or of a folder with all in it.
        why: in words.
        failed: it would have been read, and could not be; else it is left out on purpose.
    """

    path: str
    why: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """What reading a code base found.

    Attributes:
        uses: in order of place and ref.
        unresolved: in order of place.
        unread: files left out, with the reason.
        files: files read.
        lines: lines read.
    """

    uses: tuple[ModelUse, ...] = ()
    unresolved: tuple[UnresolvedUse, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class FileUses:
    """What one reader of one kind of file found in one file."""

    uses: tuple[ModelUse, ...] = ()
    unresolved: tuple[UnresolvedUse, ...] = ()
    unread: tuple[Unread, ...] = field(default=())
