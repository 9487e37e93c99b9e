"""Whether bytes without a magic number are a pickle."""

from weigh.core.ports import RangeReader


def looks_like_pickle(reader: RangeReader, head: bytes) -> bool:
    """Whether the content is a pickle of protocol 0 or 1, which have no magic number."""
    del reader, head
    return False
