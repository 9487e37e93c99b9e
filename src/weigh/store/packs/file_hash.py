"""The name of a file: BLAKE3 of its content."""

from weigh.core.ports import RangeReader
from weigh.store.codecs.codec import CHUNK


def hash_of(reader: RangeReader) -> bytes:
    """BLAKE3 of all bytes of a file."""
    from blake3 import blake3

    state = blake3()
    for at in range(0, reader.size, CHUNK):
        state.update(reader.read(at, CHUNK))
    return state.digest()
