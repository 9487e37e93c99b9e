"""A remote on a web server that only hands out files: read in parts, never written."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError
from weigh.store.remotes.layout import LISTING, MOST_LISTING, PACKS, Held, load_listing
from weigh.system.http import Http, Response


class HttpRemote:
    """A remote below an address. What lies there is read out of its `listing.json`.

    Args:
        http: the client; it knows the login of the host.
        url: of the folder.
    """

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._packs: dict[str, int] | None = None
        self._refs: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Its address."""
        return self._url

    def _listed(self) -> dict[str, int]:
        if self._packs is None:
            try:
                data = self._http.get(f"{self._url}/{LISTING}", max_bytes=MOST_LISTING)
            except NotFoundError as error:
                raise NotFoundError(
                    f"there is no remote at {self._url}",
                    why="it has no listing.json, which every push writes",
                    hint="check the address: it is that of the folder which holds weigh.json",
                ) from error
            self._packs, self._refs = load_listing(data)
        return self._packs

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of what lies below a prefix; refs have 65 bytes."""
        packs = self._listed()
        listed = packs.items() if prefix == PACKS else ((name, 65) for name in self._refs)
        yield from sorted(listed)

    def get(self, name: str, most: int) -> Held | None:
        """A small object, None when there is none. Refs are those of the listing, all of one moment."""
        self._listed()
        if name in self._refs:
            return Held(f"{self._refs[name]}\n".encode(), "")
        try:
            return Held(self._http.get(f"{self._url}/{name}", max_bytes=most), "")
        except NotFoundError:
            return None

    def parts(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """The bytes of each span, one request each."""
        for begin, end in spans:
            url = f"{self._url}/{name}"
            with self._http.stream(url, range_start=begin, range_end=end) as response:
                yield self._taken(response, name, begin, end)

    def _taken(self, response: Response, name: str, begin: int, end: int) -> bytes:
        """The part that was asked for, out of an answer that may be the whole file."""
        encoding = response.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise IntegrityError(
                f"cannot read {self._url}/{name}", why=f"it came {encoding}-encoded, unasked"
            )
        skip = begin
        if response.status == 206:
            part = response.content_range
            if part is None or (part.start, part.end) != (begin, end):
                raise self._lying(name, f"asked for bytes {begin:,} to {end:,}, it says it sends others")
            skip = 0
        body = bytearray()
        for chunk in response.iter_bytes():
            fresh = chunk[skip:]
            skip = max(0, skip - len(chunk))
            body += fresh
            if len(body) >= end - begin:
                break
        if len(body) < end - begin or (response.status == 206 and len(body) > end - begin):
            raise self._lying(name, f"bytes {begin:,} to {end:,} came as {len(body):,} bytes")
        return bytes(body[: end - begin])

    def _lying(self, name: str, why: str) -> IntegrityError:
        return IntegrityError(f"{self._url}/{name} cannot be read in parts", why=why)

    def put(self, name: str, data: bytes) -> None:
        """Refused."""
        raise self._read_only(name, len(data))

    def put_file(self, name: str, path: Path) -> None:
        """Refused."""
        raise self._read_only(name, path.stat().st_size)

    def swap(self, name: str, held: Held | None, data: bytes) -> None:
        """Refused."""
        raise self._read_only(name, len(data) if held is None else 0)

    def _read_only(self, name: str, size: int) -> RefusedError:
        return RefusedError(
            f"cannot write {name} ({size} bytes) to {self._url}",
            why="a web server only hands out files",
            hint="push to the folder or bucket that it serves",
        )

    def close(self) -> None:
        """End the connections."""
        self._http.close()
