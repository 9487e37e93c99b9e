"""Ports: what lower rooms offer to upper ones, as protocols. Core itself does nothing."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from weigh.core.evidence import Artifact
from weigh.core.facts import Fact, FileFacts
from weigh.core.snapshot import Snapshot


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


class BlobWriter(Protocol):
    """An open, not yet visible file.

    `size` is the number of bytes already in it: more than zero when an interrupted fetch resumes.
    """

    @property
    def size(self) -> int:
        """Bytes written so far, those of an earlier, interrupted attempt included."""
        ...

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        ...

    def restart(self) -> None:
        """Throw away everything written so far and begin again at byte 0."""
        ...


class BlobSink(Protocol):
    """Where a source puts bytes. They become visible only when their digest has been checked."""

    def has(self, sha256: str) -> bool:
        """Whether the verified file is there already."""
        ...

    def writer(
        self, *, sha256: str = "", size: int = -1, resume_key: str = ""
    ) -> AbstractContextManager[BlobWriter]:
        """Open a writer. Leaving the block without an error verifies and publishes the file.

        Args:
            sha256: promised digest, "" when none is known.
            size: promised size in bytes, -1 when none is known; also the bound on what is accepted.
            resume_key: under this name the bytes of an interrupted attempt are kept.

        Raises:
            IntegrityError: digest or size differ; nothing becomes visible.
            StorageError: the disk is full or cannot be written.
        """
        ...

    def last_sha256(self) -> str:
        """Digest of the file this sink published last."""
        ...


class RangeReader(Protocol):
    """Random access to untrusted bytes."""

    @property
    def size(self) -> int:
        """Total bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; shorter only at the end of the file."""
        ...


class ModelViewPort(Protocol):
    """What a static check sees of a model. Nothing of the model runs."""

    @property
    def snapshot(self) -> Snapshot:
        """The files."""
        ...

    def facts(self, path: str) -> FileFacts:
        """Facts of one file."""
        ...

    def all_facts(self) -> Sequence[FileFacts]:
        """Facts of every file, in path order."""
        ...

    def fact(self, name: str) -> Fact | None:
        """A fact about the model as a whole."""
        ...

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Bytes of one file; shorter only at its end."""
        ...


class Keeper(Protocol):
    """Keeps what an answer produced, by digest, and gives it back verified."""

    def keep_bytes(self, name: str, data: bytes) -> Artifact:
        """Keep bytes under a name of the evidence."""
        ...

    def keep_arrays(
        self, name: str, arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None
    ) -> Artifact:
        """Keep named numeric arrays and text metadata, in one deterministic form."""
        ...

    def load_bytes(self, artifact: Artifact) -> bytes:
        """The bytes of an artifact, verified."""
        ...

    def load_arrays(self, artifact: Artifact) -> tuple[dict[str, Any], dict[str, str]]:
        """The arrays and metadata of an artifact, verified."""
        ...
