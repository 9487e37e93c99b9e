"""Unpacking a folder of a 7z archive with the decoders of the standard library.

Source: the LZMA SDK's Methods.txt for the ids. One coder, or a chain of filters that ends in LZMA or LZMA2;
other graphs (BCJ2), PPMd and encryption are stated as not read.
"""

from collections.abc import Iterator
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.seven_zip_header import Coder, Folder, bad
from weigh.formats.zip_unpack import (
    MAX_DICTIONARY,
    PIECE,
    Decoder,
    Inflate,
    Stepped,
    broken_stream,
    lzma_properties,
)

_COPY, _LZMA2, _LZMA, _DEFLATE, _BZIP2 = b"\x00", b"\x21", b"\x03\x01\x01", b"\x04\x01\x08", b"\x04\x02\x02"
_AES = b"\x06\xf1\x07\x01"
_FILTERS = {
    b"\x03": "FILTER_DELTA",
    b"\x04": "FILTER_X86",
    b"\x05": "FILTER_POWERPC",
    b"\x06": "FILTER_IA64",
    b"\x07": "FILTER_ARM",
    b"\x08": "FILTER_ARMTHUMB",
    b"\x09": "FILTER_SPARC",
    b"\x03\x03\x01\x03": "FILTER_X86",
    b"\x03\x03\x02\x05": "FILTER_POWERPC",
    b"\x03\x03\x04\x01": "FILTER_IA64",
    b"\x03\x03\x05\x01": "FILTER_ARM",
    b"\x03\x03\x07\x01": "FILTER_ARMTHUMB",
    b"\x03\x03\x08\x05": "FILTER_SPARC",
}


def unpacked_folder(reader: RangeReader, folder: Folder, base: int) -> Iterator[bytes]:
    """The unpacked stream of a folder, in pieces of at most 256 KiB; never more than it states.

    Args:
        reader: the archive.
        folder: as the header describes it.
        base: byte from which packed places count.

    Raises:
        MalformedError: a coder is not read, its stream breaks off, or lies beyond the file.
    """
    chain = _chain(folder)
    if len(folder.packed) != 1:
        raise _unread("several packed streams in one")
    place, size = folder.packed[0]
    start, end = base + place, base + place + size
    if end > reader.size:
        raise bad(f"packed bytes lie at [{start}, {end}) of {reader.size}")
    if chain[0].method == _COPY and len(chain) == 1:
        for at in range(start, min(end, start + folder.size), PIECE):
            yield reader.read(at, min(PIECE, end - at))
        return
    yield from _run(reader, _decoder(chain), (start, end), folder.size)


def _run(reader: RangeReader, decoder: Decoder, span: tuple[int, int], most: int) -> Iterator[bytes]:
    position, end = span
    given = 0
    while given < most and not decoder.eof:
        data = reader.read(position, min(PIECE, end - position)) if decoder.hungry else b""
        if not data and decoder.hungry:
            return
        position += len(data)
        with broken_stream("WGH-AR016", position):
            piece = decoder.step(data)[: most - given]
        given += len(piece)
        if piece:
            yield piece


def _chain(folder: Folder) -> tuple[Coder, ...]:
    """The coders from the unpacked side to the packed one, each of which takes what the next gives."""
    coders = folder.coders
    if any(coder.method == _AES for coder in coders):
        raise MalformedError("its members are encrypted", why="AES-256", rule="WGH-AR011")
    if any(coder.inputs != 1 or coder.outputs != 1 for coder in coders):
        raise _unread("coders of several streams")
    gives = dict(folder.bonds)
    taken = set(gives.values())
    first = next((place for place in range(len(coders)) if place not in taken), -1)
    order: list[int] = []
    while first >= 0 and first not in order and first < len(coders):
        order.append(first)
        first = gives.get(first, -1)
    if len(order) != len(coders):
        raise bad("its coders do not form a chain")
    return tuple(coders[place] for place in order)


def _decoder(chain: tuple[Coder, ...]) -> Decoder:
    last = chain[-1]
    if len(chain) == 1 and last.method == _DEFLATE:
        return Inflate()
    if len(chain) == 1 and last.method == _BZIP2:
        import bz2

        return Stepped(bz2.BZ2Decompressor())
    import lzma

    filters = [_filter(coder) for coder in chain]
    try:
        return Stepped(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters))
    except (lzma.LZMAError, ValueError) as error:
        raise bad(f"its coders cannot be joined: {error}") from error


def _filter(coder: Coder) -> dict[str, Any]:
    """A coder as liblzma's filter."""
    import lzma

    if coder.method == _LZMA:
        properties = lzma_properties(coder.properties)
        if properties is None:
            raise bad("the properties of LZMA are broken")
        return dict(properties)
    if coder.method == _LZMA2 and len(coder.properties) == 1 and coder.properties[0] <= 40:
        bits = coder.properties[0]
        size = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << bits // 2 + 11
        return {"id": lzma.FILTER_LZMA2, "dict_size": min(size, MAX_DICTIONARY)}
    name = _FILTERS.get(coder.method, "")
    if not name:
        raise _unread(f"the method {coder.method.hex()}")
    if name == "FILTER_DELTA":
        return {"id": lzma.FILTER_DELTA, "dist": (coder.properties or b"\0")[0] + 1}
    return {"id": getattr(lzma, name)}


def _unread(why: str) -> MalformedError:
    return MalformedError("a way of packing is not read", why=why, rule="WGH-AR012")
