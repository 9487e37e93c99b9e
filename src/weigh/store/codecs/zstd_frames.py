"""Plain zstd frames (RFC 8878), made and read by compressors of this thread's own."""

import threading
from typing import Any

from weigh.core.errors import MalformedError

_own = threading.local()


def compressor() -> Any:
    """This thread's compressor."""
    made = getattr(_own, "compressor", None)
    if made is None:
        import zstandard

        made = _own.compressor = zstandard.ZstdCompressor(
            level=1, write_checksum=False, write_content_size=True, write_dict_id=False
        )
    return made


def entropy_coder() -> Any:
    """This thread's compressor for bytes that hardly ever repeat in order."""
    made = getattr(_own, "entropy_coder", None)
    if made is None:
        import zstandard

        # 64 places of 7 bytes to look back at: next to nothing is found, and nothing is lost by looking.
        # A window of 128 KiB, because a block, which has a code of its own, is never larger than it.
        parameters = zstandard.ZstdCompressionParameters(
            window_log=17,
            hash_log=6,
            chain_log=6,
            search_log=1,
            min_match=7,
            target_length=0,
            strategy=zstandard.STRATEGY_FAST,
            write_checksum=False,
            write_content_size=True,
            write_dict_id=False,
        )
        made = _own.entropy_coder = zstandard.ZstdCompressor(compression_params=parameters)
    return made


def decompressed(data: memoryview, size: int) -> bytes:
    """A zstd frame that holds exactly `size` bytes.

    Raises:
        MalformedError: it is damaged or holds another number of bytes.
    """
    import zstandard

    reader = getattr(_own, "decompressor", None)
    if reader is None:
        reader = _own.decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    try:
        if zstandard.frame_content_size(data) != size:
            raise MalformedError("a stored chunk is damaged", why="its compressed size is another one")
        made: bytes = reader.decompress(data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise MalformedError("a stored chunk is damaged", why=str(error)) from error
    return made
