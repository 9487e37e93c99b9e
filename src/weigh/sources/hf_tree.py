"""What the hub says about a repository: its commit, its files, and what it promises about each.

Source: https://huggingface.co/docs/hub/api and the OpenAPI description at /.well-known/openapi.json;
git's object names: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects. Answers are untrusted.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from weigh.core.digest import is_sha256
from weigh.core.errors import MalformedError, RefusedError, UsageError
from weigh.core.ref import ArtifactRef
from weigh.core.snapshot import is_safe_path

MAX_FILES = 200_000
"""A repository with more is surely not a model; the hub itself advises fewer than 100,000."""
_MAX_SIZE = 1 << 53
"""Past this a JSON number is no exact integer."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"(?:datasets/)?(?:[\w-][\w.-]{0,95}/)?[\w-][\w.-]{0,95}", re.ASCII)
_DATASETS = "datasets/"
_OWNER = re.compile(r"[\w.-]{1,96}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HubRepo:
    """A repository on the hub.

    Attributes:
        name: as a ref names it: `org/name`, an old one-word `name`, or `datasets/org/name`.
    """

    name: str

    @property
    def api(self) -> str:
        """Its path below `/api/`."""
        return self.name if self.name.startswith(_DATASETS) else f"models/{self.name}"

    @property
    def id(self) -> str:
        """The name by which the hub's answers call it."""
        return self.name.removeprefix(_DATASETS)


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a commit, as the hub lists it.

    Attributes:
        path: in the repository.
        size: bytes of its content.
        oid: name of the git object: of the content itself, or of the pointer where `sha256` is set.
        sha256: of the content where it is kept by Git LFS, "" otherwise.
    """

    path: str
    size: int
    oid: str
    sha256: str = ""


def repo_of(ref: ArtifactRef) -> HubRepo:
    """The repository that a ref names.

    Raises:
        UsageError: the hub has no repositories of such a name.
    """
    name = ref.name
    if not _NAME.fullmatch(name) or "--" in name or ".." in name or name.endswith((".git", ".", "-")):
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why="a repository of the hub is named ORG/NAME, a data set datasets/ORG/NAME",
            hint="hf:sentence-transformers/all-MiniLM-L6-v2@main#model.safetensors",
        )
    return HubRepo(name)


def is_commit(text: str) -> bool:
    """Whether a revision names a commit by itself, so that it can never mean something else."""
    return _COMMIT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Revision:
    """What the hub says of a repository at one revision.

    Attributes:
        name: by which it calls the repository.
        commit: that the revision is at.
        owner: the account the repository belongs to and the hub's own number of the repository, which a
            new repository of the same name does not have; "" when it gives neither.
    """

    name: str
    commit: str
    owner: str = ""


class _Revision(msgspec.Struct):
    id: str
    sha: str
    number: object = msgspec.field(name="_id", default="")
    author: object = ""


class _Named(msgspec.Struct):
    name: str


class _Refs(msgspec.Struct):
    tags: list[_Named] = []


class _Lfs(msgspec.Struct):
    oid: str
    size: int


class _Item(msgspec.Struct):
    type: str
    path: str
    oid: str = ""
    size: int = 0
    lfs: _Lfs | None = None


def read_revision(repo: HubRepo, body: bytes) -> Revision:
    """The name the hub calls the repository by, its commit and owner, out of an answer to `/revision/`.

    Raises:
        MalformedError: it is no such answer.
    """
    try:
        found = msgspec.json.decode(body, type=_Revision)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(repo, str(error)) from error
    if not is_commit(found.sha):
        raise _malformed(repo, "it names no commit")
    evidence = (text for text in (found.author, found.number) if isinstance(text, str))
    return Revision(found.id, found.sha, " ".join(text for text in evidence if _OWNER.fullmatch(text)))


def read_tags(repo: HubRepo, body: bytes) -> frozenset[str]:
    """The names of the tags, out of an answer to `/refs`.

    Raises:
        MalformedError: it is no such answer.
    """
    try:
        found = msgspec.json.decode(body, type=_Refs)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(repo, str(error)) from error
    return frozenset(tag.name for tag in found.tags)


def read_tree(repo: HubRepo, body: bytes) -> tuple[HubFile, ...]:
    """The files of one page of a tree.

    Raises:
        MalformedError: it is no such page, or what it says of a file cannot be.
        RefusedError: a file has a name that leaves the folder it would be put in.
    """
    try:
        items = msgspec.json.decode(body, type=list[_Item])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(repo, str(error)) from error
    return tuple(_file(repo, item) for item in items if item.type != "directory")


def once_each(repo: HubRepo, files: Iterable[HubFile]) -> tuple[HubFile, ...]:
    """The files in path order.

    Raises:
        MalformedError: two have one name.
    """
    found: dict[str, HubFile] = {}
    for file in files:
        if file.path in found:
            raise _malformed(repo, f"it lists {file.path!r} twice")
        found[file.path] = file
    return tuple(found[path] for path in sorted(found))


class BlobName(Protocol):
    """A hash that is fed with the content of a file."""

    def update(self, data: bytes, /) -> None:
        """Feed it."""
        ...

    def hexdigest(self) -> str:
        """The name of the git object."""
        ...


def blob_name(size: int) -> BlobName:
    """What, fed with the content of a file of that size, gives the name of its git object."""
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


def _file(repo: HubRepo, item: _Item) -> HubFile:
    if item.type != "file":
        raise _malformed(repo, f"it lists something of the type {item.type[:40]!r}")
    if not is_safe_path(item.path) or "!/" in item.path:
        raise RefusedError(
            f"will not read the repository {repo.name}", why=f"it has a file called {item.path[:200]!r}"
        )
    size = item.size if item.lfs is None else item.lfs.size
    sha256 = "" if item.lfs is None else item.lfs.oid.removeprefix("sha256:")
    if (
        not 0 <= size < _MAX_SIZE
        or not is_commit(item.oid)
        or (item.lfs is not None and not is_sha256(sha256))
    ):
        raise _malformed(repo, f"what it says of {item.path!r} cannot be")
    return HubFile(item.path, size, item.oid, sha256)


def _malformed(repo: HubRepo, why: str) -> MalformedError:
    return MalformedError(
        f"cannot read what the hub says about {repo.name}",
        why=why,
        hint="check that HF_ENDPOINT is the address of a hub",
        rule="hub-answer",
    )
