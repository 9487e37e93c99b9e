"""One file from one address into the sink: resumable where a digest is promised, verified before visible."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from weigh.core.errors import IntegrityError
from weigh.core.events import EventSink, Progress
from weigh.core.ports import BlobWriter
from weigh.sources.source import STEP, StoredFiles
from weigh.system.http import Http, Response
from weigh.system.urls import without_credentials


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file and what is promised about it.

    Attributes:
        name: for people.
        url: where it lies.
        sha256: promised digest, "" when there is none.
        size: promised bytes, -1 when none are.
        others: further promised digests: name of the hash as `hashlib` has it, hexadecimal digest.
        limit: bytes that are accepted where no size is promised, -1 for any number.
    """

    name: str
    url: str
    sha256: str = ""
    size: int = -1
    others: tuple[tuple[str, str], ...] = ()
    limit: int = -1


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is in the sink: its digest, its size, and the bytes that crossed the network for it."""

    sha256: str
    size: int
    transferred: int


def download(http: Http, wanted: Wanted, sink: StoredFiles, events: EventSink) -> Downloaded:
    """Fetch a file.

    Raises:
        IntegrityError: its bytes are not those that were promised; none of them is visible.
    """
    # Without a sha256, bytes left from another day cannot be told from those of today.
    key = f"download/{wanted.sha256}" if wanted.sha256 else ""
    with sink.writer(sha256=wanted.sha256, size=wanted.size, resume_key=key) as writer:
        transferred = _resumed(http, wanted, writer, events) if writer.size else None
        if transferred is None:
            with http.stream(wanted.url) as response:
                if response.status != 200:
                    raise IntegrityError(
                        f"cannot fetch {wanted.name}",
                        why=f"asked for the whole file, the server answered {response.status}",
                    )
                transferred = _receive(wanted, response, writer, events)
        size = writer.size
    return Downloaded(sink.last_sha256(), size, transferred)


def _resumed(http: Http, wanted: Wanted, writer: BlobWriter, events: EventSink) -> int | None:
    """The bytes that were fetched to complete the file, None when it has to be begun again."""
    if writer.size == wanted.size and not wanted.others:
        return 0
    if not wanted.others:
        with http.stream(wanted.url, range_start=writer.size) as response:
            part = response.content_range
            if part is not None and part.start == writer.size and part.end == part.total:
                return _receive(wanted, response, writer, events)
    writer.restart()
    return None


def _receive(wanted: Wanted, response: Response, writer: BlobWriter, events: EventSink) -> int:
    total = response.total
    if total >= 0 <= wanted.size != total:
        raise IntegrityError(
            f"{wanted.name} has another size than was promised",
            why=f"promised are {wanted.size:,} bytes, the server sends {total:,}",
            hint="do not use this file; ask whoever runs the server",
        )
    return receive(wanted, response.iter_bytes(), writer, events, total=total)


def receive(
    wanted: Wanted, chunks: Iterable[bytes], writer: BlobWriter, events: EventSink, *, total: int = -1
) -> int:
    """Put a body into an open writer and hold it against the promised digests; returns its bytes.

    Raises:
        IntegrityError: a digest differs, or there is more than `wanted.limit` allows.
    """
    hashes = [(name, hashlib.new(name, usedforsecurity=False), stated) for name, stated in wanted.others]
    received = 0
    for chunk in chunks:
        writer.write(chunk)
        received += len(chunk)
        if 0 <= wanted.limit < received:
            raise IntegrityError(
                f"{wanted.name} is larger than it may be", why=f"more than {wanted.limit:,} bytes came"
            )
        for _, made, _ in hashes:
            made.update(chunk)
        events.emit(Progress(STEP, writer.size, max(total, wanted.size, 0), "bytes"))
    for name, made, stated in hashes:
        if made.hexdigest() != stated:
            # Raised inside the writer's block, so that nothing becomes visible.
            raise IntegrityError(
                f"{wanted.name} is not the file that {without_credentials(wanted.url)} was to give",
                why=f"its {name} is {made.hexdigest()[:16]}…, promised is {stated[:16]}…",
                hint="do not use this file; ask whoever runs the server",
            )
    return received
