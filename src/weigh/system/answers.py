"""What an HTTP answer says about itself, and how a failed one is told to the user."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weigh.core.errors import NotFoundError, OfflineError, UnknownAnswerError, WeighError
from weigh.system.urls import without_credentials

if TYPE_CHECKING:
    import httpx2

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class ContentRange:
    """The part a server says it sends: bytes `start` (inclusive) to `end` (exclusive) of `total`."""

    start: int
    end: int
    total: int


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """The part that a 206 states (RFC 9110, 14.4); None when it states none, or an impossible one."""
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return None
    start, last, total = (int(g) for g in match.groups())
    return ContentRange(start, last + 1, total) if start <= last < total else None


def content_length(headers: Mapping[str, str]) -> int:
    """Bytes of the body as stated, -1 when nothing usable is."""
    stated = headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 20 else -1


def raise_for_status(url: str, raw: "httpx2.Response") -> None:
    """Let 200, 206 and 416 pass; close and tell every other answer.

    Raises:
        NotFoundError: 404 or 410.
        UnknownAnswerError: everything else; the hint names credentials where they are wanted.
    """
    status = raw.status_code
    if status in {200, 206, 416}:
        return
    raw.close()
    shown = without_credentials(url)
    if status in {404, 410}:
        raise NotFoundError(f"nothing lies at {shown}", why=f"the server answered {status}")
    hint = ""
    if status in {401, 403, 407}:
        hint = "put the user and password for this host into pip's index-url"
    raise UnknownAnswerError(f"cannot read {shown}", why=f"the server answered {status}", hint=hint)


def is_certificate(error: Exception) -> bool:
    """Whether a connection failed because the server's certificate was not accepted."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def unreachable(url: str, error: Exception) -> WeighError:
    """The error for a connection that never came about."""
    shown = without_credentials(url)
    if is_certificate(error):
        return UnknownAnswerError(
            f"cannot trust the server of {shown}",
            why="its certificate is not signed by an authority this machine trusts",
            hint="set PIP_CERT or SSL_CERT_FILE to your organisation's certificate file",
        )
    return OfflineError(
        f"cannot reach {shown}",
        why=str(error) or type(error).__name__,
        hint="check the network and the proxy settings; what is already stored works with --offline",
    )


def dropped(url: str, position: int, error: Exception) -> OfflineError:
    """The error for a connection that broke too often."""
    return OfflineError(
        f"the connection to {without_credentials(url)} broke after {position:,} bytes",
        why=str(error) or type(error).__name__,
        hint="run again; whole files go on where they stopped",
    )
