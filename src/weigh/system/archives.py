"""Archives on disk, read confined and bounded: zip, and tar plain or packed by gzip, bzip2 or xz.

The kind is told by content, never by name. An archive with an absolute path, a `..`, or a name that
stands twice is refused as a whole. Links and device files are listed but never followed or read.
What unpacking may produce is bounded three ways: by the caller's `max_size`, by a ratio to the packed
bytes, and by `MAX_UNPACKED`.
"""

import bz2
import errno
import gzip
import io
import lzma
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import IO, Self, cast

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError, StorageError
from weigh.core.ports import RangeReader
from weigh.core.snapshot import is_safe_path
from weigh.system.zip_directory import read_directory, read_entry

MAX_UNPACKED = 64 * 1024**3
"""Bytes that one archive may unpack to: more than the largest single weight file in use."""
MAX_RATIO = 1200
"""Unpacked bytes per packed byte. Deflate cannot exceed 1032; runs of zeros in bzip2 and xz can."""
_RATIO_FREE = 64 * 1024**2
"""Unpacked bytes below which the ratio is not looked at."""
MAX_MEMBERS = 200_000
_MAX_READ = 1024 * 1024
"""Largest single read that a tar header may cause: a longer path or extended header is hostile."""
_SPOOL = 16 * 1024**2
_CHUNK = 256 * 1024
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ValueError)


class MemberKind(StrEnum):
    """What a member is. Only files can be opened."""

    FILE = "file"
    LINK = "link"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One member of an archive.

    Attributes:
        path: relative POSIX path.
        size: unpacked bytes as the archive claims; checked when the member is read.
        kind: file, link or special.
    """

    path: str
    size: int
    kind: MemberKind = MemberKind.FILE


class FileRanges:
    """A `RangeReader` over an open file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        self._file.seek(offset)
        return self._file.read(length)


def is_archive(path: Path) -> bool:
    """Whether the file starts like an archive this module reads."""
    with path.open("rb") as file:
        return _kind(file) != ""


def members(path: Path) -> tuple[Member, ...]:
    """The members of an archive, folders left out, sorted by path.

    Raises:
        MalformedError: it is no readable archive, or breaks a rule above.
    """
    with path.open("rb") as file:
        return _members(file)


@contextmanager
def open_member(path: Path, name: str, max_size: int) -> Iterator[Iterator[bytes]]:
    """The bytes of one member in chunks; more than `max_size` of them are refused.

    Raises:
        NotFoundError: there is no such member.
        RefusedError: it is a link or encrypted.
        IntegrityError: it claims to be larger than `max_size`.
        MalformedError: the archive is damaged.
    """
    with open_nested(path, (name,), max_size) as chunks:
        yield chunks


@contextmanager
def open_nested(path: Path, names: tuple[str, ...], max_size: int) -> Iterator[Iterator[bytes]]:
    """Like `open_member`, through archives inside archives: each name but the last is an archive."""
    with path.open("rb") as file, _innermost(file, names[:-1]) as inner:
        yield _read(inner, names[-1], max_size)


@contextmanager
def open_nested_in(
    outer: Iterator[bytes], names: tuple[str, ...], max_size: int
) -> Iterator[Iterator[bytes]]:
    """Like `open_nested`, for an outermost archive that comes as a stream of bytes."""
    with spooled(outer) as file, _innermost(file, names[:-1]) as inner:
        yield _read(inner, names[-1], max_size)


def nested_members(path: Path, names: tuple[str, ...]) -> tuple[Member, ...]:
    """The members of the archive that `names` lead to; of the file itself when there are none."""
    with path.open("rb") as file, _innermost(file, names) as inner:
        return _members(inner)


@contextmanager
def spooled(chunks: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """Keep a stream in memory while it is small, else in an unnamed temporary file.

    Raises:
        StorageError: the temporary folder is full.
    """
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as file:
        try:
            for chunk in chunks:
                file.write(chunk)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            raise StorageError(
                "cannot unpack an archive",
                why=f"the temporary folder {tempfile.gettempdir()} is full",
                hint="free space or set TMPDIR to a larger disk",
            ) from error
        file.seek(0)
        # A spooled file is an IO[bytes] in all but its declared bases.
        yield file


@contextmanager
def _innermost(file: IO[bytes], names: tuple[str, ...]) -> Iterator[IO[bytes]]:
    with ExitStack() as stack:
        for name in names:
            file = stack.enter_context(spooled(_read(file, name, MAX_UNPACKED)))
        yield file


def _kind(file: IO[bytes]) -> str:
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return "zip"
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head[:3] == b"BZh":
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\x00":
        return "xz"
    return "tar" if head[257:262] == b"ustar" else ""


def zip_members(reader: RangeReader) -> tuple[Member, ...]:
    """Like `members`, for a zip of which only parts can be read cheaply."""
    return _accepted(_zip_members(reader))


def _members(file: IO[bytes]) -> tuple[Member, ...]:
    return _accepted(_zip_members(FileRanges(file)) if _kind(file) == "zip" else _tar_members(file))


def _accepted(found: Iterator[Member]) -> tuple[Member, ...]:
    listed = sorted(found)
    for member in listed:
        if not is_safe_path(member.path) or not _is_text(member.path):
            raise MalformedError(
                "an archive is refused",
                why=f"its member {member.path!r} is not a plain relative path",
                rule="archive-path",
            )
    for before, after in pairwise(listed):
        if before.path == after.path:
            raise _twice(after.path)
    return tuple(listed)


def _read(file: IO[bytes], name: str, max_size: int) -> Iterator[bytes]:
    if _kind(file) == "zip":
        ranges = FileRanges(file)
        for entry in read_directory(ranges):
            if plain_name(entry.name) == name:
                return read_entry(ranges, entry, max_size=min(max_size, MAX_UNPACKED))
        raise _missing(name)
    return _tar_member(file, name, max_size)


def _zip_members(reader: RangeReader) -> Iterator[Member]:
    for entry in read_directory(reader):
        if not entry.name.endswith("/"):
            kind = MemberKind.LINK if entry.link else MemberKind.FILE
            yield Member(plain_name(entry.name), entry.size, kind)


def _tar_members(file: IO[bytes]) -> Iterator[Member]:
    with _opened_tar(file) as archive:
        for info in _headers(archive):
            if info.isdir():
                continue
            link = info.issym() or info.islnk()
            kind = MemberKind.LINK if link else MemberKind.FILE if info.isreg() else MemberKind.SPECIAL
            yield Member(plain_name(info.name), info.size, MemberKind.SPECIAL if info.issparse() else kind)


def _tar_member(file: IO[bytes], name: str, max_size: int) -> Iterator[bytes]:
    found = False
    with _opened_tar(file) as archive:
        for info in _headers(archive):
            if plain_name(info.name) != name or info.isdir():
                continue
            if found:
                raise _twice(name)
            if not info.isreg() or info.issparse():
                raise RefusedError(f"will not read the member {name!r}", why="it is a link or special file")
            if info.size > max_size:
                raise IntegrityError(
                    f"will not unpack the member {name!r}",
                    why=f"it claims {info.size:,} bytes, {max_size:,} are expected at most",
                )
            yield from _contents(archive, info)
            found = True
    if not found:
        raise _missing(name)


def _contents(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    with _as_malformed():
        member = archive.extractfile(info)
        done = 0
        while member is not None and (chunk := member.read(_CHUNK)):
            done += len(chunk)
            yield chunk
        if done != info.size:
            raise MalformedError(
                "a tar archive is malformed", why=f"it ends inside {info.name!r}", rule="tar"
            )


def _headers(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for count in range(MAX_MEMBERS + 1):
        with _as_malformed():
            info = archive.next()
        if info is None:
            return
        if count == MAX_MEMBERS:
            break
        yield info
        # Headers already seen are not kept: their number is the archive's choice.
        archive.members = []  # type: ignore[attr-defined]
    raise MalformedError("an archive is refused", why=f"it has more than {MAX_MEMBERS} members", rule="tar")


@contextmanager
def _opened_tar(file: IO[bytes]) -> Iterator[tarfile.TarFile]:
    kind = _kind(file)
    packed = file.seek(0, io.SEEK_END)
    file.seek(0)
    with ExitStack() as stack:
        if kind == "gzip":
            plain = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb")))
        elif kind == "bzip2":
            plain = stack.enter_context(bz2.BZ2File(file))
        elif kind == "xz":
            plain = stack.enter_context(lzma.LZMAFile(file))
        elif kind == "tar":
            plain = file
        else:
            raise MalformedError(
                "this file is no archive",
                why="it is neither a zip nor a tar (plain, gzip, bzip2, xz)",
                rule="archive-kind",
                offset=0,
            )
        limit = min(MAX_UNPACKED, max(_RATIO_FREE, packed * MAX_RATIO))
        with _as_malformed():
            archive = tarfile.TarFile(fileobj=_Forward(plain, limit), mode="r")
        yield stack.enter_context(archive)


class _Forward(io.RawIOBase):
    """A stream that tarfile may only read forwards, in small pieces, and not without end."""

    def __init__(self, inner: IO[bytes], limit: int) -> None:
        super().__init__()
        self._inner = inner
        self._limit = limit
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise MalformedError(
                "a tar archive is malformed",
                why=f"a header claims {size} bytes",
                offset=self._at,
                rule="tar-header",
            )
        raw = self._inner.read(size)
        self._at += len(raw)
        if self._at > self._limit:
            raise MalformedError(
                "an archive is refused",
                why=f"it unpacks to more than {self._limit:,} bytes, a decompression bomb",
                rule="archive-bomb",
            )
        return raw

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET or offset < self._at:
            raise MalformedError(
                "a tar archive is malformed",
                why="a header points backwards",
                offset=self._at,
                rule="tar-header",
            )
        while self._at < offset and self.read(min(_CHUNK, offset - self._at)):
            pass
        return self._at


class _as_malformed:  # noqa: N801 - used like a function in `with`
    """Turn whatever the decompressors and tarfile raise on damaged input into MalformedError."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        # bz2 tells damage by a bare OSError, which unlike one of the disk has no number.
        bare = isinstance(error, OSError) and error.errno is None
        if bare or isinstance(error, _DAMAGE):
            raise MalformedError("an archive is damaged", why=str(error), rule="tar") from error


def plain_name(name: str) -> str:
    """Archivers write `./a` for `a`; nothing else is forgiven."""
    return name.removeprefix("./")


def _missing(name: str) -> NotFoundError:
    return NotFoundError(f"no member {name!r} in the archive", why="the archive has no file by that name")


def _twice(name: str) -> MalformedError:
    return MalformedError(
        "an archive is refused", why=f"{name!r} stands twice in it", rule="archive-duplicate"
    )


def _is_text(name: str) -> bool:
    """Whether the name's bytes were valid UTF-8; tarfile smuggles others through as surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
