"""Where an ONNX file's external data may lie, and what its entries may say.

The format allows a path relative to the folder of the model file and nothing else. Known attacks:
paths that leave the folder (CVE-2022-25882, CVE-2024-27318, CVE-2025-51480), memory markers that
ONNX Runtime writes for itself, and keys that a loader sets as attributes of its own objects.
"""

import posixpath
import re
from dataclasses import dataclass

from weigh.core.snapshot import is_safe_path

KEYS = frozenset({"location", "offset", "length", "checksum"})
"""Every key the format defines for `external_data`."""

_NUMBER = re.compile(r"[0-9]{1,19}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MEMORY_MARKER = "_ORT_MEM_ADDR_"


@dataclass(frozen=True, slots=True)
class ExternalEntry:
    """What a tensor says of its external data.

    Attributes:
        location: as written, hostile text.
        path: inside the snapshot, "" where the location is refused.
        refused: why it is refused, "" where it is not.
        offset: first byte, -1 where it is no number.
        length: bytes, -1 where it is not stated, -2 where it is no number.
        strange: keys the format does not define.
    """

    location: str
    path: str
    refused: str
    offset: int
    length: int
    strange: tuple[str, ...]


def external_entry(entries: list[tuple[str, str]], model_path: str) -> ExternalEntry:
    """Read the key-value pairs of one tensor's `external_data`; the last of equal keys counts."""
    values = dict(entries)
    location = values.get("location", "")
    refused = why_refused(location)
    path = "" if refused else posixpath.join(posixpath.dirname(model_path), posixpath.normpath(location))
    offset = values.get("offset", "0")
    length = values.get("length")
    return ExternalEntry(
        location,
        path,
        refused,
        int(offset) if _NUMBER.fullmatch(offset) else -1,
        -1 if length is None else int(length) if _NUMBER.fullmatch(length) else -2,
        tuple(sorted(values.keys() - KEYS)),
    )


def why_refused(location: str) -> str:
    """Why a location is not a plain path below the model's folder, or "" when it is one."""
    if not location:
        return "it is empty"
    if _MEMORY_MARKER in location:
        return "it is the marker ONNX Runtime uses for an address in memory"
    if location.startswith(("/", "\\", "~")) or _SCHEME.match(location):
        return "it is absolute, or an address"
    if ".." in re.split(r"[/\\]", location):
        return "it leaves the folder"
    if not is_safe_path(posixpath.normpath(location)):
        return "it is not a plain relative path"
    return ""
