"""One file behind one address: fetched once, resumable, held against every promise there is.

Used by the sources whose files lie at plain addresses (`https:`, `catalogue:`, `torchhub:` checkpoints,
`tfhub:`, `kaggle:`). An interrupted fetch goes on where it stopped: under the promised sha256 when there
is one, else only while the server gives the same strong entity tag (or date of change) and size, so that
bytes of two versions of a file are never put together (RFC 9110, 8.8 and 13.1.5).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from weigh.core.digest import is_sha256
from weigh.core.errors import IntegrityError, UsageError
from weigh.core.events import EventSink, Progress
from weigh.core.ports import BlobWriter
from weigh.core.snapshot import is_safe_path
from weigh.sources.source import STEP, Fetched, Locked, StoredFiles
from weigh.system.http import Http, Response
from weigh.system.urls import without_credentials

MAX_UNSTATED = 64 * 1024**3
"""Bytes taken from a server that does not say how many it sends."""

# torch.hub.HASH_REGEX: the first group of hex digits between "-" and "."; torch compares it with the
# beginning of the sha256 when `check_hash` is on. Fewer digits than six are a version, not a hash.
_NAMED_HASH = re.compile(r"-([0-9a-f]{6,64})\.")
_CLIENT_ERRORS = (binascii.Error, ValueError)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address, and what somebody promised about it.

    Attributes:
        url: where it lies; may carry a query, never shown.
        size: bytes, -1 when nobody said.
        sha256: promised digest, "" when none is.
        prefix: hex digits its sha256 begins with, "" when none are promised.
        md5: promised hex digest, "" when none is. Weak, but what older catalogues carry.
        promise: who promised, for messages.
        headers: that the server wants; never credentials.
    """

    url: str
    size: int = -1
    sha256: str = ""
    prefix: str = ""
    md5: str = ""
    promise: str = "the lock"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Last part of the address's path: the name clients keep the file under."""
        return file_name(self.url)

    @property
    def promised(self) -> bool:
        """Whether any digest, or the beginning of one, was promised."""
        return bool(self.sha256 or self.prefix or self.md5)


@dataclass(frozen=True, slots=True)
class Described:
    """What a server says of a file before sending it.

    Attributes:
        size: bytes, -1 when it does not say.
        tag: strong entity tag or date of change, "" when it gives neither.
        url: final address.
    """

    size: int
    tag: str
    url: str


def file_name(url: str) -> str:
    """The file name at the end of an address.

    Raises:
        UsageError: it has none, or one that is no plain name.
    """
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    if not name or not is_safe_path(name):
        raise UsageError(
            f"cannot use the address {without_credentials(url)}",
            why="its path does not end in the name of a file",
        )
    return name


def named_hash(name: str) -> str:
    """The beginning of the sha256 that a file name carries as torch's do, "" when it carries none."""
    found = _NAMED_HASH.search(name)
    # A date (20240131) is made of digits only; so is one hash of 43 with eight hex digits, which then
    # goes unchecked here and is still measured.
    return found[1] if found and not found[1].isdigit() else ""


class RemoteFiles:
    """Fetches files behind addresses into a sink.

    Args:
        http: the client.
        events: told about progress in bytes.
    """

    def __init__(self, http: Http, events: EventSink) -> None:
        self.http = http
        self._events = events

    def describe(self, file: RemoteFile) -> Described:
        """Size and entity tag as the server states them; one byte is asked for."""
        with self.http.stream(file.url, range_start=0, range_end=1, headers=file.headers) as response:
            return Described(response.total, _tag(response), response.url)

    def fetch(self, file: RemoteFile, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """The whole file in the sink, verified by every promise.

        Raises:
            IntegrityError: its size, digest or beginning of a digest is not what was promised.
        """
        sha256 = locked.sha256 if locked else file.sha256
        size = locked.size if locked else file.size
        if sha256 and sink.has(sha256):
            return Fetched(sha256, sink.path(sha256).stat().st_size, 0, "present", file.name, sha256)
        if sha256:
            transferred = self._resumable(file, sink, sha256, size)
        else:
            transferred = self._measured(file, sink, size)
        digest = sink.last_sha256()
        length = sink.path(digest).stat().st_size
        promised = locked is not None or file.promised
        return Fetched(digest, length, transferred, "whole", file.name, digest, promised)

    def _resumable(self, file: RemoteFile, sink: StoredFiles, sha256: str, size: int) -> int:
        """Fetch under a promised digest: what is left of another day is as good as today's."""
        with sink.writer(sha256=sha256, size=size, resume_key=f"url/{sha256}") as writer:
            begin = writer.size
            if begin and begin == size:
                return 0
            if begin:
                with self.http.stream(file.url, range_start=begin, headers=file.headers) as response:
                    if _continues(response, begin, size):
                        return self._pour(file, response, writer)
                writer.restart()
            with self.http.stream(file.url, headers=file.headers) as response:
                _expect_whole(file, response, size)
                return self._pour(file, response, writer)

    def _measured(self, file: RemoteFile, sink: StoredFiles, size: int) -> int:
        """Fetch without a promised sha256: go on only with bytes the server calls the same."""
        with ExitStack() as stack:
            response = stack.enter_context(self.http.stream(file.url, headers=file.headers))
            _expect_whole(file, response, size)
            total, tag = response.total, _tag(response)
            # A promise that is held against all the bytes needs to see all of them go by.
            whole = file.md5 or file.prefix
            key = f"url/{file.url}/{tag}/{total}" if tag and total > 0 and not whole else ""
            limit = total if total >= 0 else size
            writer = stack.enter_context(sink.writer(size=limit, resume_key=key))
            if writer.size == total:
                return 0
            if not writer.size:
                return self._pour(file, response, writer)
            response.close()
            asked = {**file.headers, "if-range": tag}
            rest = stack.enter_context(self.http.stream(file.url, range_start=writer.size, headers=asked))
            if _continues(rest, writer.size, total) and _tag(rest) == tag:
                return self._pour(file, rest, writer)
            rest.close()
            writer.restart()
            response = stack.enter_context(self.http.stream(file.url, headers=file.headers))
            _expect_whole(file, response, total)
            return self._pour(file, response, writer)

    def _pour(self, file: RemoteFile, response: Response, writer: BlobWriter) -> int:
        begin, received, total = writer.size, 0, response.total
        digests = _Digests(file, response) if not begin else None
        for chunk in response.iter_bytes():
            received += len(chunk)
            if total < 0 and received > MAX_UNSTATED:
                raise _lie(file, f"it sends more than {MAX_UNSTATED:,} bytes without saying how many")
            writer.write(chunk)
            if digests is not None:
                digests.update(chunk)
            self._events.emit(Progress(STEP, writer.size, max(total, 0), "bytes"))
        part = response.content_range
        due = part.end - part.start if part else total
        if due >= 0 and received != due:
            raise _lie(file, f"it announced {due:,} bytes and sent {received:,}", begin=begin)
        if digests is not None:
            digests.check()
        return received


class _Digests:
    """The digests that promises other than a whole sha256 need, fed with all of the content."""

    def __init__(self, file: RemoteFile, response: Response) -> None:
        self._file = file
        self._stated = _google_md5(response.headers)
        self._hashes: dict[str, hashlib._Hash] = {}
        if file.md5 or self._stated:
            self._hashes["md5"] = hashlib.md5(usedforsecurity=False)
        if file.prefix:
            self._hashes["sha256"] = hashlib.sha256()

    def update(self, chunk: bytes) -> None:
        for made in self._hashes.values():
            made.update(chunk)

    def check(self) -> None:
        """Raise where a promise is broken: inside the writer's block, so nothing becomes visible."""
        file = self._file
        found = {name: made.hexdigest() for name, made in self._hashes.items()}
        if file.md5 and found["md5"] != file.md5.lower():
            raise _broken(file, "md5", found["md5"], file.md5)
        if file.prefix and not found["sha256"].startswith(file.prefix.lower()):
            raise _broken(file, "sha256", found["sha256"], f"{file.prefix}…")
        if self._stated and found["md5"] != self._stated:
            raise _broken(file, "md5", found["md5"], self._stated, by="the server's own X-Goog-Hash")


def _tag(response: Response) -> str:
    """What names exactly these bytes: a strong entity tag, else the date of their last change."""
    tag = response.entity_tag
    if tag:
        return "" if tag.startswith("W/") else tag[:512]
    return response.headers.get("last-modified", "")[:64]


def _continues(response: Response, begin: int, total: int) -> bool:
    part = response.content_range
    if part is None:
        return False
    return part.start == begin and part.end == part.total and total in {-1, part.total}


def _expect_whole(file: RemoteFile, response: Response, size: int) -> None:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise _lie(file, f"it comes {encoding[:20]}-encoded, which was not asked for")
    if response.status != 200:
        raise _lie(file, f"asked for the whole file, the server answered {response.status}")
    if size >= 0 <= response.total != size:
        raise _lie(file, f"{size:,} bytes are promised, the server sends {response.total:,}")


def _google_md5(headers: Mapping[str, str]) -> str:
    """Hex digest that Google's storage states (`X-Goog-Hash: crc32c=…,md5=BASE64`), "" when none."""
    for part in headers.get("x-goog-hash", "")[:512].split(","):
        name, _, value = part.strip().partition("=")
        if name == "md5":
            try:
                raw = base64.b64decode(value, validate=True)
            except _CLIENT_ERRORS:
                return ""
            return raw.hex() if len(raw) == 16 else ""
    return ""


def _lie(file: RemoteFile, why: str, *, begin: int = 0) -> IntegrityError:
    after = f" after {begin:,} that were here" if begin else ""
    return IntegrityError(
        f"{without_credentials(file.url)} is not what was announced",
        why=why + after,
        hint="do not use this file; run again, and if it stays so ask whoever runs the server",
    )


def _broken(file: RemoteFile, kind: str, found: str, wanted: str, *, by: str = "") -> IntegrityError:
    return IntegrityError(
        f"{without_credentials(file.url)} is not the file that was promised",
        why=f"its {kind} is {found}, {by or file.promise} says {wanted}",
        hint="do not use this file; ask whoever publishes it",
    )


def checked_sha256(text: str) -> str:
    """The text when it is a whole sha256 in hex, "" otherwise."""
    lowered = text.lower()
    return lowered if is_sha256(lowered) else ""
