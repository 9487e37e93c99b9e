"""A server on 127.0.0.1 whose answers a test writes as one function."""

import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request: its method, path with query, headers by name in lower case, and body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def login(self):
        return self.headers.get("authorization", "")


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    wbufsize = 1 << 16  # a head and its body in one packet: two wait for each other

    def log_message(self, *_):
        pass

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {k.lower(): v for k, v in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.owner.seen.append(asked)
        answer = self.server.owner.respond(asked)
        if isinstance(answer, bytes):
            answer = Answer(answer)
        answer = answer or Answer(b"nothing here", 404)
        sent, status, extra = answer.body, answer.status, dict(answer.headers or {})
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
        if part and status == 200 and self.command == "GET" and "Content-Range" not in extra:
            start, total = int(part[1]), len(sent)
            end = min(int(part[2]) + 1, total) if part[2] else total
            sent, status = sent[start:end], 206
            extra["Content-Range"] = f"bytes {start}-{end - 1}/{total}"
        self.send_response(status)
        extra.setdefault("Content-Length", str(len(sent)))
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sent)
        if extra["Content-Length"] != str(len(sent)):
            self.close_connection = True

    do_GET = do_POST = do_HEAD = _answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle is no news here."""


class Loopback:
    """`with Loopback(respond) as server:`; `respond` takes an `Asked`, gives bytes, an `Answer`, or None."""

    def __init__(self, respond=None):
        self.respond = respond or (lambda asked: None)
        self.seen = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def host(self):
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self):
        return f"http://{self.host}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
