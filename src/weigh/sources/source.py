"""What a source is: it lists what a ref names and puts the bytes of one file into a sink."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from weigh.core.ports import BlobSink
from weigh.core.ref import ArtifactRef

FetchMethod = Literal["range", "whole", "local", "present"]
"""`range`: only the locked member's bytes crossed the network; `whole`: the whole distribution file
did; `local`: read from this machine's disk; `present`: the sink had the file already."""

STEP = "fetch"
"""The step named in progress events."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of what a ref names.

    Attributes:
        path: relative POSIX path below what the ref names; the file's own name when the ref names
            exactly one file.
        ref: names exactly this file, the distribution file included.
        size: bytes, -1 when unknown.
        sha256: as the source states it, "" when it states none. A promise, not a measurement.
    """

    path: str
    ref: ArtifactRef
    size: int = -1
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock line promises about one file.

    Attributes:
        file: name of the distribution file it lies in, "" when it is one itself.
        file_sha256: digest of that distribution file, "" when there is none.
        size: bytes of the file.
        sha256: digest of the file.
    """

    file: str
    file_sha256: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """How one file came into the sink.

    Attributes:
        sha256: digest of the file as verified or, without any promise, as measured.
        size: bytes of the file.
        transferred: bytes of file content that crossed the network for it; index pages not counted.
        method: how.
        file: name of the distribution file it lies in, or of itself.
        file_sha256: digest of that distribution file as measured or, when only a locked member was
            read out of it, as the lock says; "" when neither is known.
        promised: whether a lock, an index or the sink's own digest vouched for the distribution
            file; False means that its digest was first measured here.
    """

    sha256: str
    size: int
    transferred: int
    method: FetchMethod
    file: str
    file_sha256: str
    promised: bool = True


@dataclass(frozen=True, slots=True)
class FetchCost:
    """What fetching would cost, for `--dry-run`.

    Attributes:
        bytes_needed: that would cross the network; -1 when the source does not say.
        bytes_whole: of the distribution file (or files) in full; -1 when the source does not say.
        method: how it would be done.
    """

    bytes_needed: int
    bytes_whole: int
    method: FetchMethod


@dataclass(frozen=True, slots=True)
class Origin:
    """What a ref resolves to now, and who answers to its name.

    Attributes:
        exact: the ref at the commit, version or digest it means today; the same bytes for ever, as far as
            its source can promise that.
        moving: whether the ref that was asked for can mean something else tomorrow: a branch, a tag, or
            no revision at all.
        owner: evidence of who owns the name, "" when the source gives none. A change of it between two
            locks means that the name may have passed to somebody else.
        declared_version: what the source calls this version, "" when it has no name for it.
        tag: whether what was asked for is a tag: it can move, but whoever moves it breaks a promise. A
            branch moves as a matter of course.
    """

    exact: ArtifactRef
    moving: bool
    owner: str = ""
    declared_version: str = ""
    tag: bool = False


class StoredFiles(BlobSink, Protocol):
    """A sink whose whole files can be read back, as `store.blobs.Blobs` is."""

    def path(self, sha256: str) -> Path:
        """Where the verified file lies, read-only."""
        ...


class Source(Protocol):
    """One kind of place artifacts come from. It never falls through to another one."""

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The files that `ref` names, sorted by path.

        Raises:
            NotFoundError: there is nothing by that name.
            UsageError: the ref does not single out one artifact; the message lists the choices.
        """
        ...

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """Metadata and licence files of the package that the files of `ref` are taken out of.

        Their paths begin with `papers/`. Empty where `ref` is not part of a package.
        """
        ...

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file `entry_ref` names into `sink`, verified before it is visible.

        Raises:
            IntegrityError: its bytes are not those that were promised.
            OfflineError: the network is needed and not there.
        """
        ...

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """What fetching everything `ref` names would cost, given the lock lines by file ref."""
        ...

    def origin(self, ref: ArtifactRef) -> Origin:
        """What `ref` resolves to now, whether it can move, and who owns its name.

        Raises:
            NotFoundError: there is nothing by that name or revision.
            OfflineError: the network is needed and not there.
        """
        ...
