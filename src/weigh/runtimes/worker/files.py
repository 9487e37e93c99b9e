"""Reads what the worker was handed and checks that it is what was cleared: the very bytes that are used."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class MismatchError(Exception):
    """A file is not the one that was cleared.

    Attributes:
        which: `model`, `tokenizer` or the path of external data.
        found: sha256 of what is there.
    """

    which: str
    found: str


class TooLargeError(Exception):
    """A file does not fit in the memory the worker may take."""


def read_checked(descriptor: int, sha256: str, *, which: str, limit: int) -> bytearray:
    """The whole file behind an open descriptor.

    Args:
        descriptor: open for reading.
        sha256: what was cleared.
        which: name for errors.
        limit: bytes that may be read.

    Raises:
        MismatchError: the content is another.
        TooLargeError: it is larger than `limit`.
    """
    size = os.fstat(descriptor).st_size
    if size > limit:
        raise TooLargeError(f"the {which} has {size} bytes, {limit} may be read")
    data = bytearray()
    while piece := os.pread(descriptor, _CHUNK, len(data)):
        data += piece
        if len(data) > limit:
            raise TooLargeError(f"the {which} grows while it is read")
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise MismatchError(which, found)
    return data


def check_file(path: Path, sha256: str, *, which: str) -> None:
    """Hash a file that a library will open by its path.

    Raises:
        MismatchError: the content is another.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise MismatchError(which, found)
