"""A commit: one version, what it came from, who says so, and why."""

import json
from dataclasses import dataclass, field

import msgspec

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError

SCHEMA = "weigh.commit/1"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the author says of how a version was made. Declared, never verified here.

    Attributes:
        base: refs of the models it was made from, `hf:org/name@commit`.
        data: digest of the training data, "" when not told.
        code: commit of the code that made it.
        run: address or id of the training run.
        metrics: (name, value) pairs.
        evidence: digests of evidence in the ledger.
        made_by: how weigh itself made it, e.g. `merge --strategy ties`; "" when it did not.
    """

    base: tuple[str, ...] = ()
    data: str = ""
    code: str = ""
    run: str = ""
    metrics: tuple[tuple[str, float], ...] = ()
    evidence: tuple[str, ...] = ()
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """One version.

    Attributes:
        tree: id of the tree, 64 hexadecimal digits.
        parents: ids of the versions it follows; two after a merge, none at the beginning.
        author: as `Name <address>`.
        time: seconds since the epoch.
        message: its first line is the title.
        provenance: how it was made.
    """

    tree: str
    parents: tuple[str, ...]
    author: str
    time: int
    message: str
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.strip().split("\n", 1)[0]


class _Provenance(msgspec.Struct, forbid_unknown_fields=True):
    base: tuple[str, ...] = ()
    data: str = ""
    code: str = ""
    run: str = ""
    metrics: dict[str, float] = msgspec.field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    made_by: str = ""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    tree: str
    parents: tuple[str, ...]
    author: str
    time: int
    message: str
    provenance: _Provenance = msgspec.field(default_factory=_Provenance)


def dump_commit(commit: Commit) -> bytes:
    """The commit as it is stored: canonical JSON; its BLAKE3 is its id."""
    told = commit.provenance
    values = {
        "base": list(told.base), "data": told.data, "code": told.code, "run": told.run,
        "metrics": dict(told.metrics), "evidence": list(told.evidence), "made_by": told.made_by,
    }  # fmt: skip
    return dumps(
        {
            "schema": SCHEMA, "tree": commit.tree, "parents": list(commit.parents), "author": commit.author,
            "time": commit.time, "message": commit.message,
            "provenance": {name: value for name, value in values.items() if value},
        }
    )  # fmt: skip


def load_commit(data: "bytes | memoryview") -> Commit:
    """The inverse.

    Raises:
        MalformedError: it is no commit.
    """
    try:
        document = msgspec.convert(json.loads(bytes(data)), _Document)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise MalformedError("a stored commit is damaged", why=str(error)) from error
    if document.schema != SCHEMA or not all(_is_id(i) for i in (document.tree, *document.parents)):
        raise MalformedError("a stored commit is damaged", why="it is of another kind or names no tree")
    told = document.provenance
    provenance = Provenance(
        told.base, told.data, told.code, told.run, tuple(sorted(told.metrics.items())), told.evidence,
        told.made_by,
    )  # fmt: skip
    return Commit(
        document.tree, document.parents, document.author, document.time, document.message, provenance
    )


def _is_id(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
