"""HTTP for fetching: bounded, resumable, and careful whom it talks to.

What is guarded:

- `offline` stops every request before a name is looked up or a socket is opened.
- Loopback, private and link-local addresses are refused unless the host was configured. The address
  that was checked is the address that is connected to, so a name that resolves differently the
  second time (DNS rebinding) gains nothing.
- Redirects are followed by hand, at most five, each checked again; https never becomes http, and
  credentials do not follow to another host.
- Content encodings are not asked for, so no decompressor sees a hostile body here.

What is not covered: behind a proxy the proxy resolves names, so only literal addresses can be checked.
A server that sends bytes slowly for ever is bounded per read, not in all. Cookies are not kept.
"""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, unquote

from weigh.core.errors import (
    IntegrityError,
    OfflineError,
    RefusedError,
    UsageError,
)
from weigh.system.addresses import is_internal, is_loopback, literal_address, resolve
from weigh.system.answers import (
    ContentRange,
    content_length,
    content_range,
    dropped,
    is_certificate,
    raise_for_status,
    unreachable,
)
from weigh.system.trust import Trust, proxy_for, ssl_context
from weigh.system.urls import DEFAULT_PORTS, at_address, port_of, redirect_target, split, without_credentials

if TYPE_CHECKING:
    import ssl

    import httpx2

RETRIES = 3
MAX_REDIRECTS = 5
_WORTHWHILE = 256 * 1024
"""Bytes between two broken connections that make it worth going on."""
_RETRIED = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for the next bytes on it."""

    connect: float = 10.0
    read: float = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """A small body with what is needed to read it: its final address and its content type."""

    url: str
    content_type: str
    body: bytes


class Response:
    """An answer whose body has not been read yet.

    Attributes:
        status: 200, 206 or 416; other codes are raised as errors before there is a Response.
        url: final address, after redirects.
        headers: names in lower case.
    """

    def __init__(self, http: "Http", url: str, sent: Mapping[str, str], raw: "httpx2.Response") -> None:
        self._http = http
        self._sent = sent
        self._raw = raw
        self._position = 0
        self.url = url
        self.status = raw.status_code
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in raw.headers.items()}

    @property
    def content_range(self) -> ContentRange | None:
        """What a 206 says it holds; None when it does not say, or says something impossible."""
        return content_range(self.headers) if self.status == 206 else None

    @property
    def total(self) -> int:
        """Bytes of the whole resource, -1 when the server does not say."""
        if self.status == 206:
            return self.content_range.total if self.content_range else -1
        if self.status == 416:
            stated = self.headers.get("content-range", "").removeprefix("bytes */")
            return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 20 else -1
        return content_length(self.headers)

    @property
    def entity_tag(self) -> str:
        """The server's name for exactly these bytes, "" when it gives none."""
        return self.headers.get("etag", "")

    def iter_bytes(self) -> Iterator[bytes]:
        """The body in chunks. A dropped connection is taken up again where it broke.

        Raises:
            OfflineError: the connection broke more often than it was worth retrying.
            IntegrityError: the resource changed while it was being read.
        """
        import httpx2

        skip = failures = mark = 0
        while True:
            try:
                for chunk in self._raw.iter_raw():
                    fresh = chunk[skip:]
                    skip = max(0, skip - len(chunk))
                    self._position += len(fresh)
                    if fresh:
                        yield fresh
            except httpx2.TransportError as error:
                # A long download may break often; only one that gets nowhere is given up.
                failures = 0 if self._position - mark >= _WORTHWHILE else failures + 1
                mark = self._position
                if failures > RETRIES:
                    raise dropped(self.url, self._position, error) from error
                skip = self._take_up_again(failures)
            else:
                return

    def close(self) -> None:
        """Give the connection back, or break it when the body was not read to its end."""
        self._raw.close()

    def _take_up_again(self, attempt: int) -> int:
        """Ask for the rest; returns how many bytes of the new body are already known."""
        self._raw.close()
        self._http.pause(_backoff(attempt))
        part = self.content_range
        if self.status == 206 and part is None:
            raise IntegrityError(
                f"cannot take up {without_credentials(self.url)} again",
                why="the server did not say which part it was sending",
            )
        start = (part.start if part else 0) + self._position
        last = str(part.end - 1) if part else ""
        _, raw = self._http.send(self.url, {**self._sent, "range": f"bytes={start}-{last}"})
        headers = {k.lower(): v for k, v in raw.headers.items()}
        continued = content_range(headers) if raw.status_code == 206 else None
        total = continued.total if continued else content_length(headers)
        moved = raw.status_code == 206 and (continued is None or continued.start != start)
        tag = headers.get("etag", "")
        changed = tag != self.entity_tag or (self.total >= 0 <= total != self.total)
        if moved or changed or raw.status_code not in {200, 206}:
            raw.close()
            raise IntegrityError(
                f"{without_credentials(self.url)} changed while it was being read",
                why="after a dropped connection the server went on with other bytes",
                hint="run again",
            )
        self._raw = raw
        return start if raw.status_code == 200 else 0


class Http:
    """Reads from the network on behalf of sources.

    Args:
        timeouts: seconds for connecting and for each read.
        allowed_private_hosts: `host` or `host:port` that may have an internal address because the
            user configured them.
        offline: refuse every request.
        user_agent: what weigh calls itself.
        trust: certificates and proxies.
        pause: waits that many seconds between attempts.
    """

    def __init__(
        self,
        timeouts: Timeouts | None = None,
        *,
        allowed_private_hosts: frozenset[str] = frozenset(),
        offline: bool = False,
        user_agent: str = "weigh",
        trust: Trust | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.offline = offline
        self.pause = pause
        self._timeouts = timeouts or Timeouts()
        self.allowed_private_hosts = allowed_private_hosts
        self._user_agent = user_agent
        self._trust = trust or Trust()
        self._clients: dict[tuple[str, int, str], httpx2.Client] = {}
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all kept connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, max_bytes: int = 32 * 1024 * 1024
    ) -> bytes:
        """The whole body of a small resource."""
        return self.page(url, headers, max_bytes=max_bytes).body

    def page(
        self, url: str, headers: Mapping[str, str] | None = None, *, max_bytes: int = 32 * 1024 * 1024
    ) -> Page:
        """The whole body of a small resource, with its final address and content type.

        Raises:
            IntegrityError: it is larger than `max_bytes`, or encoded though that was not asked for.
        """
        with self.stream(url, headers=headers) as response:
            shown = without_credentials(response.url)
            encoding = response.headers.get("content-encoding", "identity")
            if encoding != "identity":
                raise IntegrityError(f"cannot read {shown}", why=f"it came {encoding}-encoded, unasked")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise IntegrityError(f"cannot read {shown}", why=f"it is larger than {max_bytes:,} bytes")
            return Page(response.url, response.headers.get("content-type", ""), bytes(body))

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        range_start: int = 0,
        range_end: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Response]:
        """Open a resource, or the part from `range_start` (inclusive) to `range_end` (exclusive).

        A negative `range_start` asks for that many bytes at the end. Whether the server honoured
        the range is the caller's to check: `status` is 206 and `content_range` says what came.

        Raises:
            OfflineError: no network, or it is forbidden.
            NotFoundError: the server has no such resource.
            RefusedError: the address may not be talked to.
            UnknownAnswerError: the server wants credentials, or fails.
        """
        sent = {k.lower(): v for k, v in (headers or {}).items()}
        if range_start < 0:
            sent["range"] = f"bytes={range_start}"
        elif range_start or range_end is not None:
            sent["range"] = f"bytes={range_start}-{'' if range_end is None else range_end - 1}"
        final, raw = self.send(url, sent)
        response = Response(self, final, sent, raw)
        try:
            yield response
        finally:
            response.close()

    def send(self, url: str, headers: Mapping[str, str]) -> tuple[str, "httpx2.Response"]:
        """Send a GET, follow its redirects, and return the final address and the open answer."""
        if self.offline:
            raise OfflineError(
                f"{without_credentials(url)} is not on this machine",
                why="fetching it needs the network, which --offline forbids",
                hint="run once without --offline",
            )
        for _ in range(MAX_REDIRECTS + 1):
            raw = self._attempts(url, headers)
            if raw.status_code not in _REDIRECTS:
                raise_for_status(url, raw)
                return url, raw
            raw.close()
            url = redirect_target(url, raw.headers.get("location", ""))
        raise RefusedError(
            f"{without_credentials(url)} is never reached", why=f"more than {MAX_REDIRECTS} redirects"
        )

    def _attempts(self, url: str, headers: Mapping[str, str]) -> "httpx2.Response":
        import httpx2

        for attempt in range(RETRIES + 1):
            try:
                raw = self._once(url, headers)
            except httpx2.TransportError as error:
                if attempt == RETRIES or is_certificate(error):
                    raise unreachable(url, error) from error
            except httpx2.InvalidURL as error:
                raise UsageError(f"cannot use the address {without_credentials(url)!r}") from error
            else:
                if raw.status_code not in _RETRIED or attempt == RETRIES:
                    return raw
                raw.close()
            self.pause(_backoff(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self, url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes | None = None
    ) -> "httpx2.Response":
        """Ask once, at the first permitted address that answers."""
        import httpx2

        parts = split(url)
        host, port = parts.hostname or "", port_of(parts)
        proxy = proxy_for(self._trust, parts.scheme, host, port)
        places = self._permitted(parts, host, port, proxied=bool(proxy))
        client = self._client(host, port, proxy)
        merged = self._headers(parts, host, port, headers)
        failure: httpx2.TransportError | None = None
        for place in places:
            # The name stays in the Host header and in the certificate check; only the connection
            # goes to the very address that was permitted.
            target = at_address(parts, place, port)
            request = client.build_request(
                method, target, headers=merged, content=body, extensions={"sni_hostname": host}
            )
            try:
                return client.send(request, stream=True)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
        raise failure or httpx2.ConnectError("the host has no address")

    def _headers(
        self, parts: SplitResult, host: str, port: int, headers: Mapping[str, str]
    ) -> dict[str, str]:
        named = f"[{host}]" if ":" in host else host
        merged = {
            "host": named if port == DEFAULT_PORTS[parts.scheme] else f"{named}:{port}",
            "user-agent": self._user_agent,
            "accept": "*/*",
            "accept-encoding": "identity",
            **headers,
        }
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            merged["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        return merged

    def _permitted(self, parts: SplitResult, host: str, port: int, *, proxied: bool) -> tuple[str, ...]:
        configured = host in self.allowed_private_hosts or f"{host}:{port}" in self.allowed_private_hosts
        trusted = self._trust.trusts(host, port)
        if parts.scheme == "http" and not trusted and not (configured and is_loopback(host)):
            raise RefusedError(
                f"will not talk to {host} over plain http",
                why="anyone on the way can change what it answers",
                hint="use https, or name the host in pip's trusted-host",
            )
        places = (host,) if proxied else resolve(host, port)
        inside = [p for p in places if literal_address(p) and is_internal(p)]
        if inside and not configured and not trusted:
            raise RefusedError(
                f"will not talk to {host}",
                why=f"its address {inside[0]} is inside a private network and was not configured",
                hint="if it is yours, name it as an index or in find-links of pip's configuration",
            )
        return places

    def _client(self, host: str, port: int, proxy: str) -> "httpx2.Client":
        # One client a host: connections are pooled by address, and two hosts behind one address must
        # not share a connection whose certificate was checked for only one of them.
        import httpx2

        key = (host, port, proxy)
        if key not in self._clients:
            _read_in_large_pieces()
            verified = not self._trust.trusts(host, port)
            if verified not in self._contexts:
                self._contexts[verified] = ssl_context(self._trust, verified=verified)
            timeout = httpx2.Timeout(self._timeouts.read, connect=self._timeouts.connect)
            try:
                self._clients[key] = httpx2.Client(
                    verify=self._contexts[verified],
                    proxy=proxy or None,
                    timeout=timeout,
                    trust_env=False,
                    follow_redirects=False,
                )
            except (ValueError, ImportError, httpx2.InvalidURL) as error:
                raise UsageError(
                    "cannot use the configured proxy",
                    why=f"its address {without_credentials(proxy)!r} is not one of an http proxy",
                    hint="check pip's proxy setting and the *_PROXY variables",
                ) from error
        return self._clients[key]


def _read_in_large_pieces() -> None:
    """Ask the socket for a mebibyte at a time, not 64 KiB: a large file then costs half the CPU time."""
    import httpcore2

    httpcore2.HTTP11Connection.READ_NUM_BYTES = 1 << 20


def _backoff(attempt: int) -> float:
    return 0.25 * float(2**attempt)
