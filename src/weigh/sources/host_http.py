"""The way to hosts that may want a login: each request carries what is bound to its own host, or nothing.

The header is made for each request anew, from the host that is connected to, so a redirect to another host
carries that other host's own login or none.
"""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

from weigh.core.errors import IntegrityError, OfflineError, RefusedError, UnknownAnswerError
from weigh.system.answers import raise_for_status, unreachable
from weigh.system.credentials import Credentials
from weigh.system.http import Http, Page, Timeouts
from weigh.system.trust import Trust
from weigh.system.urls import port_of, split, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

MAX_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer that is read as a whole."""

OWN_FILE = "credentials.toml in weigh's configuration folder"
"""Where a login for a host is written when no other program keeps it."""

LoginOf = Callable[[str], str]
"""The Authorization header for an address, "" for none."""


class HostHttp(Http):
    """An `Http` that gives each host the login that the user bound to it, and can ask by POST.

    Args:
        login: what to tell the host of an address; `logins(credentials)` for the user's own file.
        allowed_private_hosts: `host:port` inside a private network that the user configured.
        offline: refuse every request.
        user_agent: what weigh calls itself.
        trust: certificates and proxies.
        where: tells the user, in an error, where a login is to be written.
    """

    def __init__(
        self,
        login: LoginOf,
        *,
        allowed_private_hosts: frozenset[str] = frozenset(),
        offline: bool = False,
        user_agent: str = "weigh",
        trust: Trust | None = None,
        timeouts: Timeouts | None = None,
        where: str = OWN_FILE,
    ) -> None:
        super().__init__(
            timeouts,
            allowed_private_hosts=allowed_private_hosts,
            offline=offline,
            user_agent=user_agent,
            trust=trust,
        )
        self._login = login
        self._where = where
        self._bound: dict[tuple[str, str, int], Mapping[str, str]] = {}

    @contextmanager
    def bound(self, url: str, headers: Mapping[str, str]) -> "Iterator[None]":
        """Send these headers, which may hold a secret, to the host of an address and to no other.

        What is given to `stream` and `post` as headers follows redirects; this does not.
        """
        key = _origin(split(url))
        before = self._bound.get(key)
        self._bound[key] = {k.lower(): v for k, v in headers.items()}
        try:
            yield
        finally:
            if before is None:
                del self._bound[key]
            else:
                self._bound[key] = before

    def send(self, url: str, headers: Mapping[str, str]) -> tuple[str, "httpx2.Response"]:
        """As `Http.send`; an error over a missing login says where to write one."""
        try:
            return super().send(url, headers)
        except UnknownAnswerError as error:
            if isinstance(error, OfflineError) or not error.why.endswith((" 401", " 403")):
                raise
            raise self._no_entry(error.what, error.why) from error

    def challenge(self, url: str) -> str:
        """What a host wants before it answers: the WWW-Authenticate header of its 401, "" without one."""
        raw = self._attempts(url, {})
        raw.close()
        return str(raw.headers.get("www-authenticate", "")) if raw.status_code == 401 else ""

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, max_bytes: int = MAX_ANSWER) -> Page:
        """The whole answer to a POST. It is sent once, and a redirect of it is not followed.

        Raises:
            RefusedError: it is redirected: what is asked is not for another address.
            IntegrityError: the answer is larger than `max_bytes`.
        """
        chunks, kind = self.post_stream(url, body, headers)
        answer = bytearray()
        for chunk in chunks:
            answer += chunk
            if len(answer) > max_bytes:
                chunks.close()
                raise IntegrityError(
                    f"cannot read {without_credentials(url)}", why=f"it is larger than {max_bytes:,} bytes"
                )
        return Page(url, kind, bytes(answer))

    def post_stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> "tuple[_Chunks, str]":
        """The answer to a POST in chunks, and its content type. Whoever stops early closes the chunks."""
        import httpx2

        shown = without_credentials(url)
        if self.offline:
            raise OfflineError(
                f"{shown} is not on this machine",
                why="asking it needs the network, which --offline forbids",
                hint="run once without --offline",
            )
        try:
            raw = self._once(url, {k.lower(): v for k, v in headers.items()}, method="POST", body=body)
        except httpx2.TransportError as error:
            raise unreachable(url, error) from error
        if 300 <= raw.status_code < 400:
            raw.close()
            raise RefusedError(f"will not follow {shown}", why="it redirects a question to another address")
        if raw.status_code in {401, 403}:
            raw.close()
            raise self._no_entry(f"cannot read {shown}", f"the server answered {raw.status_code}")
        raise_for_status(url, raw)
        if raw.headers.get("content-encoding", "identity") != "identity":
            raw.close()
            raise IntegrityError(
                f"cannot read {shown}", why="its answer is encoded though nobody asked for it"
            )
        return _Chunks(url, raw), str(raw.headers.get("content-type", ""))

    def _headers(
        self, parts: SplitResult, host: str, port: int, headers: Mapping[str, str]
    ) -> dict[str, str]:
        merged = super()._headers(parts, host, port, headers)
        # A token that the host made for one repository goes before the user's login.
        merged |= self._bound.get(_origin(parts), {})
        if "authorization" not in merged:
            login = self._login(parts.geturl())
            if login:
                merged["authorization"] = login
        return merged

    def _no_entry(self, what: str, why: str) -> UnknownAnswerError:
        return UnknownAnswerError(
            what, why=why, hint=f"check the name; a login for this host goes into {self._where}"
        )


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", port_of(parts)


class _Chunks:
    """The body of an answer, closed when it has been read or is not wanted any more."""

    def __init__(self, url: str, raw: "httpx2.Response") -> None:
        self._url = url
        self._raw = raw

    def __iter__(self) -> "Iterator[bytes]":
        import httpx2

        try:
            yield from self._raw.iter_raw()
        except httpx2.TransportError as error:
            raise unreachable(self._url, error) from error
        finally:
            self._raw.close()

    def close(self) -> None:
        """Break the connection when there is more."""
        self._raw.close()


def logins(credentials: Credentials) -> LoginOf:
    """What the user's own files say for the host of an address."""

    def header(url: str) -> str:
        found = credentials.for_url(url)
        return found.header() if found else ""

    return header
