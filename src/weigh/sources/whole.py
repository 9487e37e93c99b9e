"""Whole distribution files: fetched once, resumable, verified before anyone can read them."""

from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError
from weigh.core.events import EventSink, Progress
from weigh.core.ports import BlobWriter
from weigh.core.ref import ArtifactRef, RefKind
from weigh.sources.index import local_file
from weigh.sources.members import naming
from weigh.sources.pages import Distribution
from weigh.sources.source import STEP, Fetched, FetchMethod, StoredFiles
from weigh.system.http import Http, Response

_CHUNK = 1024 * 1024


class WholeFiles:
    """Puts distribution files into a sink, from the network or from a local index.

    Args:
        http: the client.
        events: told about progress in bytes.
    """

    def __init__(self, http: Http, events: EventSink) -> None:
        self._http = http
        self._events = events
        self._measured: dict[str, str] = {}
        self._unreported: dict[str, int] = {}

    def stored(self, file: Distribution, sink: StoredFiles) -> str:
        """Digest under which the sink has the file already, "" when it has not."""
        digest = file.sha256 or self._measured.get(file.url, "")
        return digest if digest and sink.has(digest) else ""

    def size(self, file: Distribution) -> int:
        """Bytes of the file as the index or its server states them, -1 when neither does."""
        place = local_file(file)
        if place is not None:
            return existing(place).stat().st_size
        if file.size >= 0:
            return file.size
        # One byte is asked for; the answer's header states the whole.
        with self._http.stream(file.url, range_start=0, range_end=1) as response:
            return response.total

    def fetch(self, file: Distribution, sink: StoredFiles) -> Fetched:
        """The whole file in the sink.

        Raises:
            IntegrityError: its size or digest is not the stated one; nothing becomes visible.
        """
        digest = self.stored(file, sink)
        if digest:
            size = sink.path(digest).stat().st_size
            earlier = self._unreported.pop(file.url, 0)
            method: FetchMethod = "whole" if earlier else "present"
            return Fetched(digest, size, earlier, method, file.filename, digest, bool(file.sha256))
        place = local_file(file)
        transferred = 0
        # Without a digest, bytes left from another day cannot be told from those of today.
        key = f"pypi/{file.filename}/{file.sha256}" if file.sha256 and place is None else ""
        with (
            naming(ArtifactRef(RefKind.FILE, file.filename)),
            sink.writer(sha256=file.sha256, size=file.size, resume_key=key) as writer,
        ):
            if place is None:
                transferred = self._download(file, writer)
            else:
                _copy(existing(place), writer)
        digest = sink.last_sha256()
        self._measured[file.url] = digest
        size = sink.path(digest).stat().st_size
        method = "whole" if place is None else "local"
        return Fetched(digest, size, transferred, method, file.filename, digest, bool(file.sha256))

    def fetch_to_list(self, file: Distribution, sink: StoredFiles) -> Path:
        """The whole file, because its members cannot be listed without it.

        What that transfers is reported by the next `fetch`, which then finds the file present.
        """
        fetched = self.fetch(file, sink)
        self._unreported[file.url] = fetched.transferred
        return sink.path(fetched.sha256)

    def _download(self, file: Distribution, writer: BlobWriter) -> int:
        """Append what is missing to `writer`; returns how many bytes crossed the network."""
        if writer.size and writer.size == file.size:
            return 0
        if writer.size:
            with self._http.stream(file.url, range_start=writer.size) as response:
                part = response.content_range
                if part is not None and part.start == writer.size and part.end == part.total:
                    return self._receive(file, response, writer)
                if response.status in {200, 416} and response.total == writer.size:
                    # All of it is here, be it from another process: the writer verifies it.
                    return 0
            writer.restart()
        with self._http.stream(file.url) as response:
            if response.status != 200:
                raise IntegrityError(
                    f"cannot fetch {file.filename}",
                    why=f"asked for the whole file, the server answered {response.status}",
                )
            return self._receive(file, response, writer)

    def _receive(self, file: Distribution, response: Response, writer: BlobWriter) -> int:
        total = response.total
        if total >= 0 <= file.size != total:
            raise IntegrityError(
                f"{file.filename} has another size than the index states",
                why=f"{file.index} states {file.size:,} bytes, the server sends {total:,}",
                hint="do not use this file; ask whoever runs the index",
            )
        received = 0
        for chunk in response.iter_bytes():
            writer.write(chunk)
            received += len(chunk)
            self._events.emit(Progress(STEP, writer.size, max(total, 0), "bytes"))
        return received


def existing(place: Path) -> Path:
    """The path itself, when a regular file lies there.

    Raises:
        NotFoundError: the local index lists a file that is not there.
    """
    if not place.is_file():
        raise NotFoundError(f"there is no file {place}", why="a local index lists it, but it is not there")
    return place


def _copy(place: Path, writer: BlobWriter) -> None:
    with place.open("rb") as file:
        while chunk := file.read(_CHUNK):
            writer.write(chunk)
