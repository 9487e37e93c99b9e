"""Literals inside a pickle that are read by themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nested:
    """A literal that looks like something to read by itself.

    Attributes:
        offset: its first byte in the file.
        length: bytes it takes there.
        looks_like: `pickle`, `zip`, `zlib`, `gzip`, `marshal`, `base64`, `hex`.
        data: its bytes where they do not lie plainly in the file (escapes), else empty.
    """

    offset: int
    length: int
    looks_like: str
    data: bytes = b""
