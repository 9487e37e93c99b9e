"""Digests: the names things get from their content.

A file's digest is written as 64 hex digits in a field called `sha256`. The digest of a value (a
request, evidence, a predictor) is written `sha256:<hex>` and is the hash of its canonical JSON.
"""

import hashlib
import re
from typing import Any

from weigh.core.canonical import dumps

HEX_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_hex(data: bytes | bytearray | memoryview) -> str:
    """SHA-256 of bytes as 64 lower-case hex digits (FIPS 180-4)."""
    return hashlib.sha256(data).hexdigest()


def of_value(value: Any) -> str:
    """`sha256:<hex>` of a value's canonical JSON (RFC 8785)."""
    return "sha256:" + sha256_hex(dumps(value))


def is_sha256(text: str) -> bool:
    """Whether `text` is a lower-case hex sha256."""
    return HEX_SHA256.fullmatch(text) is not None


def short(digest: str) -> str:
    """The first 12 hex digits, for people; never used as a key."""
    return digest.removeprefix("sha256:")[:12]
