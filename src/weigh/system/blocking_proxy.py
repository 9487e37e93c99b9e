"""A proxy on this machine that tunnels to everywhere but to some hosts, and remembers who was refused.

It speaks what clients expect of an HTTP proxy (RFC 9110, 9.3.6 CONNECT; RFC 9112, 3.2.2 absolute form) and
looks into nothing that passes through. A program that does not use proxies is not stopped by it.
"""

import base64
import hmac
import secrets
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BufferedReader
from typing import Self
from urllib.parse import unquote, urlsplit

from weigh.core.errors import UsageError
from weigh.system.trust import Trust, proxy_for

TIMEOUT = 30.0
"""Seconds to reach a host."""

_PIECE = 1 << 16
_MOST_REMEMBERED = 100
_HOP_BY_HOP = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive"})


class BlockingProxy:
    """Start with `with BlockingProxy(hosts) as proxy:`; `proxy.address` is for the `*_PROXY` variables.

    Args:
        refused: hosts that are not tunnelled to, those below them included.
        allowed: hosts that are, although one of `refused` covers them.
        message: is told to whoever is refused.
        trust: the user's own proxy, if there is one, is gone through.
    """

    def __init__(
        self,
        refused: Iterable[str],
        *,
        allowed: Iterable[str] = (),
        message: str = "",
        trust: Trust | None = None,
    ) -> None:
        self._refused = tuple(host.lower().strip(".") for host in refused)
        self._allowed = tuple(host.lower().strip(".") for host in allowed)
        self._trust = trust or Trust()
        self._hosts: dict[str, None] = {}
        self._secret = secrets.token_urlsafe(16)
        self.message = message
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )

    @property
    def address(self) -> str:
        """Address with the credentials that this proxy asks for, so that nobody else goes through it."""
        return f"http://weigh:{self._secret}@127.0.0.1:{self._server.server_address[1]}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts that were asked for and refused, in order."""
        return tuple(self._hosts)

    def refuses(self, host: str) -> bool:
        """Whether this host is not tunnelled to; one that is refused is remembered."""
        host = host.lower().strip(".")
        if _covers(self._allowed, host) or not _covers(self._refused, host):
            return False
        if len(self._hosts) < _MOST_REMEMBERED:
            self._hosts.setdefault(host)
        return True

    def knows(self, header: str) -> bool:
        """Whether these are the credentials of the address."""
        expected = "Basic " + base64.b64encode(f"weigh:{self._secret}".encode()).decode()
        return hmac.compare_digest(header.encode("latin-1", "replace"), expected.encode())

    def connect(self, scheme: str, host: str, port: int) -> tuple[socket.socket, str]:
        """A connection towards a host, and the credentials of the proxy that will read the request.

        The text is "" when no proxy reads it, and "-" when one does that wants none.

        Raises:
            OSError: it cannot be reached.
        """
        proxy = proxy_for(self._trust, scheme, host, port)
        if not proxy:
            return socket.create_connection((host, port), TIMEOUT), ""
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        way = socket.create_connection((parts.hostname or "", parts.port or 80), TIMEOUT)
        user = ""
        if parts.username:
            plain = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            user = "Basic " + base64.b64encode(plain.encode()).decode()
        if scheme == "https":
            _through(way, host, port, user)
            return way, ""
        return way, user or "-"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def require_usable(trust: Trust) -> None:
    """Refuse a proxy of the user that cannot be gone through.

    Raises:
        UsageError: it is not plain HTTP.
    """
    for scheme in ("https", "http"):
        proxy = proxy_for(trust, scheme, "example.com", 443)
        if "://" in proxy and urlsplit(proxy).scheme != "http":
            raise UsageError(
                "cannot go through the configured proxy",
                why=f"its address is {urlsplit(proxy).scheme}://…, and only http:// is spoken here",
                hint="use weigh run --no-network, or a proxy with an http:// address",
            )


def _covers(hosts: Iterable[str], host: str) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in hosts)


def _through(way: socket.socket, host: str, port: int, user: str) -> None:
    """Ask the user's proxy for a tunnel."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [
        f"CONNECT {target} HTTP/1.1",
        f"Host: {target}",
        *([f"Proxy-Authorization: {user}"] if user else []),
    ]
    way.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    answer = b""
    # One byte at a time: what follows the empty line belongs to the tunnel.
    while not answer.endswith(b"\r\n\r\n") and len(answer) < _PIECE:
        got = way.recv(1)
        if not got:
            break
        answer += got
    status = answer.split(b" ", 2)[1:2]
    if status != [b"200"]:
        way.close()
        raise ConnectionRefusedError("the configured proxy gives no tunnel")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: BlockingProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 600

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Nothing is written down."""

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        self._pass("https", host.strip("[]"), port, None)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.scheme != "http" or not parts.hostname:
            self._answer(HTTPStatus.BAD_REQUEST, "this is a proxy")
            return
        self._pass(
            "http",
            parts.hostname,
            str(parts.port or 80),
            parts.path + (f"?{parts.query}" * bool(parts.query)),
        )

    do_HEAD = do_GET  # noqa: N815 - the names are the library's
    do_POST = do_GET  # noqa: N815 - as above
    do_PUT = do_GET  # noqa: N815 - as above
    do_DELETE = do_GET  # noqa: N815 - as above
    do_PATCH = do_GET  # noqa: N815 - as above
    do_OPTIONS = do_GET  # noqa: N815 - as above

    def _pass(self, scheme: str, host: str, port: str, path: str | None) -> None:
        self.close_connection = True
        proxy = self.server.proxy
        if not proxy.knows(self.headers.get("Proxy-Authorization", "")):
            self.send_response(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
            self.send_header("Proxy-Authenticate", 'Basic realm="weigh run"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if proxy.refuses(host):
            self._answer(HTTPStatus.FORBIDDEN, f"{host}: {proxy.message}")
            return
        try:
            way, user = proxy.connect(scheme, host, int(port))
        except (OSError, ValueError):
            self._answer(HTTPStatus.BAD_GATEWAY, f"{host} cannot be reached")
            return
        with way:
            if path is None:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                way.sendall(self._request(path or "/", user))
            _both_ways(self.connection, way, self.rfile)

    def _request(self, path: str, user: str) -> bytes:
        """The request as it goes on: in absolute form to another proxy, else in origin form."""
        lines = [f"{self.command} {self.path if user else path} HTTP/1.1"]
        lines += [
            f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP
        ]
        if user not in {"", "-"}:
            lines.append(f"Proxy-Authorization: {user}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = f"weigh: {text}\n".encode()
        reason = (
            text
            if status is HTTPStatus.FORBIDDEN and text.isascii() and text.isprintable()
            else status.phrase
        )
        self.close_connection = True
        self.send_response(status, reason)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)


def _both_ways(client: socket.socket, way: socket.socket, buffered: BufferedIOBase) -> None:
    """Hand bytes on in both directions until both sides have ended."""
    early = _early(client, buffered)
    client.settimeout(None)
    way.settimeout(None)
    if early:
        way.sendall(early)
    back = threading.Thread(target=_pour, args=(way, client), daemon=True)
    back.start()
    _pour(client, way)
    back.join()


def _early(client: socket.socket, buffered: BufferedIOBase) -> bytes:
    """What came together with the head of the request, and was read with it."""
    client.setblocking(False)
    try:
        return buffered.peek(1) if isinstance(buffered, BufferedReader) else b""
    except OSError:
        return b""
    finally:
        client.setblocking(True)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
