"""Reads what the worker was handed and checks that it is what was cleared: the very bytes that are used."""

import hashlib
import os
from pathlib import Path


class UnfitError(Exception):
    """The model cannot be opened as planned; told to the parent in one sentence.

    Args:
        kind: `integrity` (other bytes than cleared), `size`, or `model` (it is not what its files say).
        why: the sentence.
    """

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


def read_checked(descriptor: int, sha256: str, *, which: str, limit: int) -> bytes:
    """The whole file behind an open descriptor.

    Args:
        descriptor: open for reading.
        sha256: what was cleared.
        which: name for errors.
        limit: bytes that may be read.

    Raises:
        UnfitError: the content is another, or larger than `limit`.
    """
    size = os.fstat(descriptor).st_size
    if size > limit:
        raise UnfitError("size", f"the {which} has {size} bytes, {limit} may be read into memory")
    data = os.pread(descriptor, size, 0)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise UnfitError("integrity", f"the {which} is sha256 {found}, cleared was {sha256}")
    return data


def check_file(path: Path, sha256: str, *, which: str) -> None:
    """Hash a file that a library will open by its path.

    Raises:
        UnfitError: the content is another.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise UnfitError("integrity", f"the {which} is sha256 {found}, cleared was {sha256}")
