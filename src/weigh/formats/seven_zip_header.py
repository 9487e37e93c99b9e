"""The header of a 7z archive: packed streams, the coders they go through, and the files that come out.

Source: the LZMA SDK's 7zFormat.txt (7z format description 2.x). Every count is held against the bytes that
are left before anything is allocated for it.
"""

from dataclasses import dataclass, field

from weigh.core.errors import MalformedError

BROKEN = "WGH-AR040"
ABSURD_RULE = "WGH-AR041"
ABSURD = 2**48
"""Bytes; no honest file states sizes or places beyond 256 TiB."""
MAX_FILES = 100_000
MAX_CODERS = 8
"""Coders of one folder; 7-Zip writes at most five."""

_END, _HEADER, _PROPERTIES, _MORE_STREAMS, _STREAMS, _FILES = 0, 1, 2, 3, 4, 5
_PACK, _UNPACK, _SUB, _SIZE, _CRC, _FOLDER, _UNPACK_SIZE, _COUNT = 6, 7, 8, 9, 10, 11, 12, 13
_EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAMES, _ATTRIBUTES = 14, 15, 16, 17, 21
ENCODED = 23


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking: its method's id and properties, and how many streams go in and out."""

    method: bytes
    properties: bytes
    inputs: int = 1
    outputs: int = 1


@dataclass(slots=True)
class Folder:
    """Coders that turn packed streams into one unpacked one.

    Attributes:
        bonds: (input, output) pairs of coders' streams that are joined.
        packed: places of its packed streams, as (offset from the pack position, size).
        sizes: unpacked size of every coder's output.
        parts: sizes of the files in the unpacked stream.
        checksums: CRC-32 of each part, None where none is stated.
    """

    coders: tuple[Coder, ...]
    bonds: tuple[tuple[int, int], ...]
    packed_count: int
    packed: list[tuple[int, int]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    checksum: int | None = None
    parts: list[int] = field(default_factory=list)
    checksums: list[int | None] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of the unpacked stream: the one output that no other coder takes."""
        taken = {output for _, output in self.bonds}
        free = [size for place, size in enumerate(self.sizes) if place not in taken]
        return free[0] if free else 0


@dataclass(slots=True)
class SevenZipFile:
    """One entry of the archive; `mode` is a Unix mode, 0 where there is none."""

    name: str
    has_stream: bool = True
    folder: bool = False
    anti: bool = False
    mode: int = 0


class Cursor:
    """Reads a header from front to back."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if not 0 <= count <= self.left:
            raise bad(f"{count} bytes are wanted at byte {self._at}, {self.left} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number of one to nine bytes; the set bits of the first say how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for place in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * place
            value |= self.byte() << 8 * place
            mask >>= 1
        return value

    def count(self, most: int = 0) -> int:
        """A number of things, each of which takes at least a bit of what is left."""
        value = self.number()
        if value > (most or 8 * max(1, self.left)):
            raise bad(f"it counts {value} things in {self.left} bytes", ABSURD_RULE)
        return value

    def length(self) -> int:
        """A size or place in the archive."""
        value = self.number()
        if value > ABSURD:
            raise bad(f"it states {value} bytes", ABSURD_RULE)
        return value

    def bits(self, count: int) -> list[bool]:
        """So many flags, first one highest."""
        raw = self.take((count + 7) // 8)
        return [bool(raw[place >> 3] & 0x80 >> (place & 7)) for place in range(count)]

    def defined(self, count: int) -> list[bool]:
        """Flags that may be told as `all of them`."""
        return [True] * count if self.byte() else self.bits(count)

    def checksums(self, count: int) -> list[int | None]:
        """CRC-32 values, each of which may be missing."""
        return [int.from_bytes(self.take(4), "little") if there else None for there in self.defined(count)]

    def expect(self, wanted: int) -> None:
        """The next byte has to be this one."""
        got = self.byte()
        if got != wanted:
            raise bad(f"{got} stands where {wanted} has to")


def bad(why: str, rule: str = BROKEN) -> MalformedError:
    """The error for a header that breaks the format."""
    return MalformedError("the 7z header is broken", why=why, rule=rule)


def read_streams(cursor: Cursor) -> tuple[int, list[Folder]]:
    """The streams' part of a header: where packed bytes begin, and the folders.

    Raises:
        MalformedError: it breaks the format.
    """
    position = 0
    sizes: list[int] = []
    folders: list[Folder] = []
    while (kind := cursor.byte()) != _END:
        if kind == _PACK:
            position, sizes = _pack_info(cursor)
        elif kind == _UNPACK:
            folders = _unpack_info(cursor)
        elif kind == _SUB:
            _sub_streams(cursor, folders)
        else:
            raise bad(f"the unknown part {kind}")
    place, at = 0, 0
    for folder in folders:
        if not folder.parts and not folder.checksums:
            folder.parts, folder.checksums = [folder.size], [folder.checksum]
        for size in sizes[place : place + folder.packed_count]:
            folder.packed.append((at, size))
            at += size
        place += folder.packed_count
        if len(folder.packed) != folder.packed_count:
            raise bad("a folder has no packed bytes")
    return position, folders


def _pack_info(cursor: Cursor) -> tuple[int, list[int]]:
    position, count = cursor.length(), cursor.count()
    sizes: list[int] = []
    while (kind := cursor.byte()) != _END:
        if kind == _SIZE:
            sizes = [cursor.length() for _ in range(count)]
        elif kind == _CRC:
            cursor.checksums(count)
        else:
            raise bad(f"the unknown part {kind} of packed streams")
    return position, sizes


def _unpack_info(cursor: Cursor) -> list[Folder]:
    cursor.expect(_FOLDER)
    count = cursor.count()
    if cursor.byte():
        raise bad("its folders lie elsewhere")
    folders = [_folder(cursor) for _ in range(count)]
    cursor.expect(_UNPACK_SIZE)
    for folder in folders:
        folder.sizes = [cursor.length() for coder in folder.coders for _ in range(coder.outputs)]
    while (kind := cursor.byte()) != _END:
        if kind != _CRC:
            raise bad(f"the unknown part {kind} of folders")
        for folder, checksum in zip(folders, cursor.checksums(count), strict=True):
            folder.checksum = checksum
    return folders


def _folder(cursor: Cursor) -> Folder:
    coders = tuple(_coder(cursor) for _ in range(cursor.count(MAX_CODERS)))
    inputs, outputs = sum(c.inputs for c in coders), sum(c.outputs for c in coders)
    if not coders or outputs < 1 or inputs < outputs - 1:
        raise bad("a folder has no way from packed to unpacked")
    bonds = tuple((cursor.number(), cursor.number()) for _ in range(outputs - 1))
    packed = inputs - len(bonds)
    if packed > 1:
        for _ in range(packed):
            cursor.number()
    return Folder(coders, bonds, packed)


def _coder(cursor: Cursor) -> Coder:
    flags = cursor.byte()
    if flags & 0xC0:
        raise bad("a coder has reserved flags")
    method = cursor.take(flags & 15)
    inputs, outputs = (cursor.count(32), cursor.count(32)) if flags & 0x10 else (1, 1)
    properties = cursor.take(cursor.count()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _sub_streams(cursor: Cursor, folders: list[Folder]) -> None:
    """How many files lie in each folder's stream, and their sizes; the last one's follows from the rest."""
    counts, kind = [1] * len(folders), cursor.byte()
    if kind == _COUNT:
        counts = [cursor.count(MAX_FILES) for _ in folders]
        kind = cursor.byte()
    stated = kind == _SIZE
    for folder, count in zip(folders, counts, strict=True):
        parts = [cursor.length() for _ in range(count - 1)] if stated or count < 2 else []
        if count:
            parts.append(folder.size - sum(parts))
            if parts[-1] < 0:
                raise bad("files are larger than the stream they lie in", ABSURD_RULE)
        folder.parts = parts
        folder.checksums = [folder.checksum if count == 1 else None] * len(parts)
    if stated:
        kind = cursor.byte()
    while kind != _END:
        if kind != _CRC:
            raise bad(f"the unknown part {kind} of files in folders")
        open_ones = [(f, i) for f in folders for i in range(len(f.parts)) if f.checksums[i] is None]
        for (folder, place), value in zip(open_ones, cursor.checksums(len(open_ones)), strict=True):
            folder.checksums[place] = value
        kind = cursor.byte()


def read_header(cursor: Cursor) -> tuple[int, list[Folder], list[SevenZipFile]]:
    """A plain header behind its first byte: the streams and the files.

    Raises:
        MalformedError: it breaks the format.
    """
    position = 0
    folders: list[Folder] = []
    files: list[SevenZipFile] = []
    while (kind := cursor.byte()) != _END:
        if kind == _PROPERTIES:
            while cursor.byte() != _END:
                cursor.take(cursor.count())
        elif kind == _MORE_STREAMS:
            read_streams(cursor)
        elif kind == _STREAMS:
            position, folders = read_streams(cursor)
        elif kind == _FILES:
            files = _files(cursor)
        else:
            raise bad(f"the unknown part {kind}")
    return position, folders, files


def _files(cursor: Cursor) -> list[SevenZipFile]:
    count = cursor.count()
    if count > MAX_FILES:
        raise MalformedError("it has too many members", why=f"{count}", rule="WGH-AR024")
    files = [SevenZipFile("") for _ in range(count)]
    empty: list[SevenZipFile] = []
    while (kind := cursor.byte()) != _END:
        part = Cursor(cursor.take(cursor.length()))
        if kind == _EMPTY_STREAM:
            empty = [f for f, flag in zip(files, part.bits(count), strict=True) if flag]
            for file in empty:
                file.has_stream, file.folder = False, True
        elif kind in {_EMPTY_FILE, _ANTI}:
            for file, flag in zip(empty, part.bits(len(empty)), strict=True):
                file.folder = file.folder and not (flag and kind == _EMPTY_FILE)
                file.anti = file.anti or (flag and kind == _ANTI)
        elif kind == _NAMES:
            _name(files, part)
        elif kind == _ATTRIBUTES:
            _attributes(files, part)
    return files


def _name(files: list[SevenZipFile], part: Cursor) -> None:
    if part.byte():
        raise bad("its names lie elsewhere")
    raw = part.take(part.left)
    names = raw.decode("utf-16-le", "replace").split("\0")
    if len(raw) % 2 or names[-1] or len(names) - 1 != len(files):
        raise bad(f"it has {len(names) - 1} names for {len(files)} files")
    for file, name in zip(files, names, strict=False):
        file.name = name


def _attributes(files: list[SevenZipFile], part: Cursor) -> None:
    """Windows' attributes; where bit 15 is set, the upper half is a Unix mode."""
    defined = part.defined(len(files))
    if part.byte():
        raise bad("its attributes lie elsewhere")
    for file, there in zip(files, defined, strict=True):
        if there:
            value = int.from_bytes(part.take(4), "little")
            file.mode = value >> 16 if value & 0x8000 else 0
