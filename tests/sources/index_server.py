"""A package index on 127.0.0.1 that speaks both page forms and Range, and can lie in every way we know."""

import hashlib
import html
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON_FORM = "application/vnd.pypi.simple.v1+json"


@dataclass
class Behaviour:
    """How the server answers. Defaults are honest.

    Attributes:
        form: `json` or `html` index pages.
        ranges: answers Range requests with 206.
        drop_after: closes the connection after that many body bytes, `drops` times.
        busy: answers 503 that many times first.
        states: filename → sha256 written on the page instead of the right one ("" for none).
        sizes: filename → size written on the page instead of the right one (JSON form only).
        lie: `other-range`, `no-content-range`, `short-part`, `new-tag`, `total` or "".
        redirects: path → Location.
        status: path → status code.
    """

    form: str = "json"
    ranges: bool = True
    drop_after: int = 0
    drops: int = 0
    busy: int = 0
    states: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)
    lie: str = ""
    redirects: dict[str, str] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: "IndexServer"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, told = self.server, self.server.behaviour
        path = self.path.partition("?")[0]
        server.seen.append(
            (path, self.headers.get("Range", ""), {k.lower(): v for k, v in self.headers.items()})
        )
        if told.busy:
            told.busy -= 1
            return self._send(503, b"busy", "text/plain")
        if path in told.redirects:
            return self._send(302, b"", "text/plain", {"Location": told.redirects[path]})
        if path in told.status:
            return self._send(told.status[path], b"no", "text/plain")
        page = re.fullmatch(r"/simple/([^/]+)/", path)
        if page:
            return self._page(page.group(1))
        name = path.rpartition("/")[2]
        if path.startswith("/files/") and name in server.files:
            return self._file(server.files[name])
        if path in server.bodies:
            kind, body = server.bodies[path]
            return self._send(200, body, kind)
        return self._send(404, b"not here", "text/plain")

    def _page(self, project):
        told = self.server.behaviour
        names = [n for n in self.server.files if n.lower().replace("_", "-").startswith(project + "-")]
        if not names:
            return self._send(404, b"no project", "text/plain")
        rows = []
        for name in names:
            digest = told.states.get(name, hashlib.sha256(self.server.files[name]).hexdigest())
            size = told.sizes.get(name, len(self.server.files[name]))
            rows.append((name, digest, size, name in told.yanked))
        if told.form == "json":
            files = [
                {
                    "filename": n,
                    "url": f"../../files/{n}",
                    "hashes": {"sha256": d} if d else {},
                    "yanked": y,
                    **({"size": s} if s >= 0 else {}),
                }
                for n, d, s, y in rows
            ]
            body = json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files}).encode()
            return self._send(200, body, JSON_FORM)
        anchors = [
            f'<a href="../../files/{html.escape(n)}{"#sha256=" + d if d else ""}"'
            f"{' data-yanked=x' if y else ''}>{html.escape(n)}</a>"
            for n, d, _, y in rows
        ]
        anchors += [f'<a href="{link}">x</a>' for link in told.links]
        return self._send(200, ("<html><body>" + "<br>".join(anchors)).encode(), "text/html; charset=utf-8")

    def _file(self, data):
        told = self.server.behaviour
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if told.lie == "new-tag":
            tag = f'"{len(self.server.seen)}"'
        if not asked or not told.ranges:
            return self._send(200, data, "application/octet-stream", {"ETag": tag})
        total = len(data)
        if asked.group(1):
            start = int(asked.group(1))
            end = min(int(asked.group(2)) + 1, total) if asked.group(2) else total
        else:
            start, end = max(0, total - int(asked.group(2))), total
        if start >= total:
            return self._send(416, b"", "text/plain", {"Content-Range": f"bytes */{total}"})
        part = data[start:end]
        if told.lie == "other-range" and start:
            start, end = start - 1, end - 1
            part = data[start:end]
        if told.lie == "total":
            total += 1
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{total}", "ETag": tag}
        if told.lie == "no-content-range":
            del headers["Content-Range"]
        if told.lie == "short-part":
            part = part[:-1]
        if told.lie == "other-bytes":
            part = bytes(b ^ 1 for b in part)
        return self._send(206, part, "application/octet-stream", headers)

    def _send(self, status, body, kind, headers=None):
        told = self.server.behaviour
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in {**self.server.headers, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if told.drops and 0 < told.drop_after < len(body):
            told.drops -= 1
            self.wfile.write(body[: told.drop_after])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(body)


class IndexServer(ThreadingHTTPServer):
    """Start with `with IndexServer() as index:`; put distribution files into `index.files`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = Behaviour()
        self.files: dict[str, bytes] = {}
        self.bodies: dict[str, tuple[str, bytes]] = {}
        self.headers: dict[str, str] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request, client_address):
        # A client that hangs up on an answer it has judged is part of these tests.
        pass

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self):
        return f"http://{self.address}"

    @property
    def simple(self):
        return f"{self.url}/simple"

    def ranges_of(self, name):
        """The Range headers of the requests for one file, "" for whole ones."""
        return [asked for path, asked, _ in self.seen if path.endswith("/" + name)]
