"""The manifest of a file: which payloads and which bytes it consists of. MessagePack, so ids stay bytes."""

from dataclasses import dataclass

import msgspec

from weigh.core.errors import MalformedError
from weigh.store.packs.spans import Span

MOST_MANIFEST = 1 << 28
"""Bytes of one manifest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A span and the id of the payload that fills it."""

    span: Span
    id: bytes


@dataclass(frozen=True, slots=True)
class FileManifest:
    """What a file consists of.

    Attributes:
        size: bytes.
        sha256: 64 hexadecimal digits; "" where it was not kept.
        pieces: in order, without gaps.
        format: what the file was read as.
    """

    size: int
    sha256: str
    pieces: tuple[Piece, ...]
    format: str = ""

    def tensors(self) -> dict[str, Piece]:
        """The tensors by name; of two with one name, the first."""
        found: dict[str, Piece] = {}
        for piece in self.pieces:
            if piece.span.dtype:
                found.setdefault(piece.span.name, piece)
        return found


class _Line(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    length: int
    id: bytes
    name: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    encoding: str = ""


class _Document(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    size: int
    sha256: bytes
    format: str
    lines: tuple[_Line, ...]


def dump_manifest(manifest: FileManifest) -> bytes:
    """The manifest as it is stored."""
    lines = tuple(
        _Line(p.span.end - p.span.begin, p.id, p.span.name, p.span.dtype, p.span.shape, p.span.encoding)
        for p in manifest.pieces
    )
    digest = bytes.fromhex(manifest.sha256)
    return msgspec.msgpack.encode(_Document(1, manifest.size, digest, manifest.format, lines))


def load_manifest(data: "bytes | memoryview") -> FileManifest:
    """The inverse.

    Raises:
        MalformedError: it is no manifest, or does not cover the file it describes.
    """
    try:
        document = msgspec.msgpack.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("a stored manifest is damaged", why=str(error)) from error
    pieces, at = [], 0
    for line in document.lines:
        if line.length <= 0 or len(line.id) != 32:
            raise MalformedError("a stored manifest is damaged", why="a piece of it has no size or no id")
        span = Span(at, at + line.length, line.name, line.dtype, line.shape, line.encoding)
        pieces.append(Piece(span, line.id))
        at += line.length
    if at != document.size or len(document.sha256) != 32 or document.version != 1:
        raise MalformedError("a stored manifest is damaged", why="its pieces do not make up the file")
    return FileManifest(document.size, document.sha256.hex(), tuple(pieces), document.format)
