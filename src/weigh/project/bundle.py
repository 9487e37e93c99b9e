"""Bundles: a lock and the files it names in one plain tar, the same bytes whenever it is made again.

```
manifest.json            {"files": [{"name", "sha256", "size"} …], "format": "weigh/bundle/1"}, canonical JSON
models.lock              restricted to what the bundle holds
blobs/sha256/<sha256>    each file once, sorted by digest
```

Members stand in that order, and every header is the one that `header` makes (POSIX.1-1988 ustar; above
8 GiB the size in base 256, as GNU tar and libarchive write and read it). So a reader needs no tar parser: it
compares each header with the one that must stand there. There is no compression, no link, no folder and no
path that anybody else chose.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from weigh.core.canonical import dumps
from weigh.core.digest import is_sha256, sha256_hex
from weigh.core.errors import IntegrityError, MalformedError, UsageError
from weigh.project.lock import FILE_NAME, MAX_BYTES, Lock, format_lock, parse_lock
from weigh.store.blobs import Blobs
from weigh.system.atomic import make_folder, publish, storing, temporary, write_all

FORMAT = "weigh/bundle/1"
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_FILES = 500_000
MAX_SIZE = 2**53 - 1
_BLOCK = 512
_CHUNK = 1 << 20
_FOLDER = "blobs/sha256/"
_ENDING = b"\0" * (2 * _BLOCK)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a bundle: its name, size in bytes and sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundled:
    """What a bundle holds: the lock inside, how many files, and their bytes."""

    lock: Lock
    files: int
    size: int


def restricted(lock: Lock, sections: Iterable[str]) -> Lock:
    """The part of a lock that is about these sections; calls in code stay behind with the code.

    Raises:
        UsageError: a section is not locked.
    """
    wanted = tuple(dict.fromkeys(sections))
    for section in wanted:
        if not lock.section(section) and section not in lock.models:
            raise UsageError(f"{section} is not in models.lock", hint="weigh lock")
    models = [lock.models[s] for s in wanted if s in lock.models]
    return Lock.of((f for s in wanted for f in lock.section(s)), models)


def write_bundle(out: Path, lock: Lock, blobs: Blobs) -> Bundled:
    """Write a bundle of everything the lock names; every file must be in the store.

    The file is seen whole or not at all, and each stored file is hashed again on its way.

    Raises:
        NotFoundError: a file is not in the store.
        StorageError: a stored file is corrupt, or the disk is full.
    """
    text = format_lock(lock).encode("utf-8")
    sizes = {f.sha256: f.size for f in lock.files.values()}
    members = [Member(FILE_NAME, len(text), sha256_hex(text))]
    members += [Member(_FOLDER + sha256, sizes[sha256], sha256) for sha256 in sorted(sizes)]
    manifest = dumps(
        {"format": FORMAT, "files": [{"name": m.name, "sha256": m.sha256, "size": m.size} for m in members]}
    )
    make_folder(out.parent)
    draft = temporary(out.parent)
    try:
        with storing(out):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                for piece in _pieces(manifest, text, members[1:], blobs):
                    write_all(descriptor, piece)
                publish(descriptor, draft, out, mode=0o644)
            finally:
                os.close(descriptor)
    finally:
        with suppress(OSError):
            draft.unlink()
    return Bundled(lock, len(members) - 1, sum(m.size for m in members[1:]))


def _pieces(manifest: bytes, lock: bytes, members: list[Member], blobs: Blobs) -> Iterator[bytes]:
    for name, data in ((MANIFEST, manifest), (FILE_NAME, lock)):
        yield header(name, len(data)) + data + _padding(len(data))
    for member in members:
        yield header(member.name, member.size)
        yield from _stored(member, blobs)
        yield _padding(member.size)
    yield _ENDING


def _stored(member: Member, blobs: Blobs) -> Iterator[bytes]:
    digest, left = hashlib.sha256(), member.size
    with blobs.path(member.sha256).open("rb") as stream:
        while chunk := stream.read(min(_CHUNK, left + 1)):
            digest.update(chunk)
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left or digest.hexdigest() != member.sha256:
        # It hashes the file once more, moves it to the quarantine and says so.
        blobs.verify(member.sha256)
        raise IntegrityError(
            f"the lock and the store disagree on the size of {member.sha256}",
            why=f"the lock says {member.size} bytes",
            hint="weigh lock",
        )


def header(name: str, size: int) -> bytes:
    """The tar header of a regular file: mode 0644, no owner, no time."""
    octal = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    fields = (
        name.encode("ascii").ljust(100, b"\0"),
        b"0000644\0", b"0000000\0", b"0000000\0",
        octal, b"00000000000\0", b" " * 8, b"0",
        bytes(100), b"ustar\x0000", bytes(64), b"0000000\0", b"0000000\0", bytes(167),
    )  # fmt: skip
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def read_bundle(path: Path) -> tuple[Lock, tuple[Member, ...]]:
    """The lock of a bundle and its files, checked against each other; no file is read yet.

    Raises:
        MalformedError: it is not a bundle as `weigh bundle` writes it, was cut, or something was added.
        IntegrityError: the lock inside is not the one that its manifest names.
        UsageError: the lock inside comes from a newer version, or was edited.
    """
    with storing(path), path.open("rb") as stream:
        members = _manifest(stream)
        # Sizes are known now: a bundle that was cut or has something behind it is told before any work.
        whole = stream.tell() + sum(_BLOCK + m.size + len(_padding(m.size)) for m in members) + len(_ENDING)
        if os.fstat(stream.fileno()).st_size != whole:
            raise _broken(f"its manifest makes it {whole} bytes, it has {os.fstat(stream.fileno()).st_size}")
        _expect(stream, members[0])
        raw = _exact(stream, members[0].size)
        if any(_exact(stream, len(_padding(members[0].size)))):
            raise _broken(f"there is something behind {FILE_NAME}")
        if sha256_hex(raw) != members[0].sha256:
            raise IntegrityError("the lock in the bundle is not the one its manifest names", hint=_AGAIN)
    lock = parse_lock(raw, f"{FILE_NAME} in {path.name}")
    named = {_FOLDER + f.sha256: f.size for f in lock.files.values()}
    if named != {m.name: m.size for m in members[1:]}:
        raise _broken("its files are not those that its lock names")
    return lock, members[1:]


def unpack_bundle(path: Path, blobs: Blobs) -> Bundled:
    """Put the files of a bundle into the store, each verified before it is visible.

    Raises:
        MalformedError: see `read_bundle`.
        IntegrityError: a file is not the one its name says; it does not become visible.
        StorageError: the disk is full or cannot be written.
    """
    lock, members = read_bundle(path)
    with storing(path), path.open("rb") as stream:
        first = _manifest(stream)[0]
        stream.seek(_BLOCK + first.size + len(_padding(first.size)), os.SEEK_CUR)
        for member in members:
            _expect(stream, member)
            _store(stream, member, blobs)
        if _exact(stream, len(_ENDING)) != _ENDING:
            raise _broken("it does not end as a tar does")
    return Bundled(lock, len(members), sum(m.size for m in members))


def _store(stream: IO[bytes], member: Member, blobs: Blobs) -> None:
    with blobs.writer(sha256=member.sha256, size=member.size) as writer:
        left = member.size
        while left:
            chunk = _exact(stream, min(_CHUNK, left))
            writer.write(chunk)
            left -= len(chunk)
    if any(_exact(stream, len(_padding(member.size)))):
        raise _broken(f"there is something between {member.name} and what follows it")


def _manifest(stream: IO[bytes]) -> tuple[Member, ...]:
    """The members that must follow; the stream stands behind the manifest."""
    block = stream.read(_BLOCK)
    digits = block[124:135]
    size = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else -1
    if not 0 <= size <= MAX_MANIFEST or block != header(MANIFEST, size):
        raise _broken(f"it does not begin with the header of {MANIFEST}")
    raw = _exact(stream, size)
    if any(_exact(stream, len(_padding(size)))):
        raise _broken(f"there is something behind {MANIFEST}")
    return _members(raw)


def _members(raw: bytes) -> tuple[Member, ...]:
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _broken(f"{MANIFEST} is not JSON") from error
    if not isinstance(value, Mapping) or set(value) != {"format", "files"} or value["format"] != FORMAT:
        raise _broken(f"{MANIFEST} is not of the format {FORMAT}")
    listed = value["files"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_FILES:
        raise _broken(f"{MANIFEST} lists no files, or more than {MAX_FILES}")
    members = tuple(_member(item) for item in listed)
    names = [m.name for m in members[1:]]
    if members[0].name != FILE_NAME or members[0].size > MAX_BYTES or names != sorted(set(names)):
        raise _broken(f"{MANIFEST} does not list {FILE_NAME} and then each file once, in order")
    if dumps(value) != raw:
        raise _broken(f"{MANIFEST} is not in its canonical form")
    return members


def _member(item: Any) -> Member:
    match item:
        case {"name": str(name), "sha256": str(sha256), "size": int(size), **rest}:
            plain = name in {FILE_NAME, _FOLDER + sha256}
            if plain and is_sha256(sha256) and 0 <= size <= MAX_SIZE and not rest and type(size) is int:
                return Member(name, size, sha256)
    raise _broken(f"{MANIFEST} has a line that is none")


def _expect(stream: IO[bytes], member: Member) -> None:
    if stream.read(_BLOCK) != header(member.name, member.size):
        raise _broken(f"the header of {member.name} is not where, or what, it must be")


def _exact(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise _broken("it ends too early")
    return data


_AGAIN = "copy it again from where it was made, or make it again with weigh bundle"


def _broken(why: str) -> MalformedError:
    return MalformedError("this is not a bundle as weigh writes it", why=why, hint=_AGAIN, rule="bundle")
