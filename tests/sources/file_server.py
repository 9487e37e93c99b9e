"""Files on 127.0.0.1, with ranges, entity tags, redirects and logins; it can lie in every way."""

import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Seen:
    path: str
    range: str
    authorization: str
    if_range: str


@dataclass
class Lies:
    """How it differs from an honest server.

    Attributes:
        length: added to the stated length of a whole answer.
        ranges: `ignore`, `other` or "".
        drops: that many answers break after `drop_after` bytes.
        chunked: no length is stated.
        encoding: value of Content-Encoding.
    """

    length: int = 0
    ranges: str = ""
    drops: int = 0
    drop_after: int = 0
    chunked: bool = False
    encoding: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *_):
        pass

    def do_GET(self):
        site = self.server.site
        site.seen.append(
            Seen(
                self.path,
                self.headers.get("Range", ""),
                self.headers.get("Authorization", ""),
                self.headers.get("If-Range", ""),
            )
        )
        path = unquote(urlsplit(self.path).path)
        for known in (self.path, path):
            if known in site.redirects:
                return self.whole(302, b"", {"Location": site.redirects[known]})
        login = site.logins.get(path)
        if login and self.headers.get("Authorization", "") != login:
            return self.whole(401, b"no", {})
        data = site.files.get(self.path, site.files.get(path))
        if data is None:
            return self.whole(404, b"", {})
        return self.file(site, path, data)

    def file(self, site, path, data):
        headers = {"Accept-Ranges": "bytes", **site.headers.get(path, {})}
        if path in site.tags:
            headers["ETag"] = site.tags[path]
        if site.lies.encoding:
            headers["Content-Encoding"] = site.lies.encoding
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", "") in {"", headers.get("ETag", "")}
        if not asked or site.lies.ranges == "ignore" or not same:
            return self.whole(200, data, headers)
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(data)) if asked[2] else len(data)
        if start >= len(data):
            return self.whole(416, b"", headers | {"Content-Range": f"bytes */{len(data)}"})
        if site.lies.ranges == "other" and start:
            start -= 1
        stated = f"bytes {start}-{end - 1}/{len(data)}"
        return self.whole(206, data[start:end], headers | {"Content-Range": stated})

    def whole(self, status, body, headers):
        lies = self.server.site.lies
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if lies.chunked and status == 200:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body) + (lies.length if status == 200 else 0)))
        self.end_headers()
        if lies.drops and 0 < lies.drop_after < len(body):
            lies.drops -= 1
            body = body[: lies.drop_after]
            self.close_connection = True
        if lies.length:
            self.close_connection = True
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle is no news here."""


class FileServer:
    """Start with `with FileServer() as site:`.

    Attributes:
        files: path, or path and query → bytes.
        tags, headers, redirects, logins: by path.
        seen: every request.
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.redirects: dict[str, str] = {}
        self.logins: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.lies = Lies()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def place(self):
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def root(self):
        return f"http://{self.place}"

    def put(self, path, data, tag=""):
        self.files[path] = data
        if tag:
            self.tags[path] = tag
        return self.root + path

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
