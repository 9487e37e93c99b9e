"""A hub on 127.0.0.1, its content network on a second port; speaks the protocol and can lie in every way.

Folders and dictionaries are served as repositories with commits, files kept by git or by LFS, paginated
trees, ranges, redirects, tokens and gates. Unmodified huggingface_hub downloads from it, which
tests/clients checks.
"""

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


def git_oid(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def pointer(data):
    digest = hashlib.sha256(data).hexdigest()
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"
    return text.encode()


@dataclass
class Commit:
    files: dict[str, bytes]
    lfs: set[str]

    @property
    def sha(self):
        listed = sorted((path, git_oid(data)) for path, data in self.files.items())
        return hashlib.sha1(json.dumps(listed).encode()).hexdigest()


@dataclass
class Repo:
    """`refs` are branches and, those in `tags`, tags; the first one made is `main`.

    `number` is the hub's own of the repository, "" for a hub that gives none.
    """

    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    tags: set[str] = field(default_factory=set)
    number: str = ""
    author: str = ""

    def commit(self, files, *, lfs=(".safetensors", ".onnx", ".bin"), ref="main"):
        kept = {path for path in files if path.endswith(tuple(lfs))}
        made = Commit(dict(files), kept)
        self.commits[made.sha] = made
        self.refs[ref] = made.sha
        return made.sha


@dataclass
class Lies:
    """How the server differs from an honest one.

    Attributes:
        bodies: path → other bytes that are sent.
        sizes, digests: path → what the tree says instead.
        headers: header → value in answers for files, None to leave it out.
        range: `ignore`, `other`, `total`, `short`, `no-header` or "".
        drops: that many answers break after `drop_after` bytes.
        link: the address of the next page, whatever was asked.
        moved: repository → its new name, by redirect.
        called: repository → the id that the answer has.
        location: where files are redirected to, "" for the content network.
        api_location: where questions are redirected to.
        tree: body of every tree.
        no_refs: branches and tags are not listed.
    """

    bodies: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    range: str = ""
    drops: int = 0
    drop_after: int = 0
    link: str = ""
    moved: dict[str, str] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    location: str = ""
    api_location: str = ""
    tree: bytes | None = None
    no_refs: bool = False


@dataclass
class Seen:
    host: str
    path: str
    range: str
    token: str


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(self.server.hub)

    def do_GET(self):
        self.answer(self.server.hub)

    def note(self, host):
        authorization = self.headers.get("Authorization", "")
        self.server.hub.seen.append(Seen(host, self.path, self.headers.get("Range", ""), authorization))

    def plain(self, status, body=b"", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        self.send(status, body, {"Content-Type": "text/plain", **named})

    def json(self, value, headers=None):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status, body, headers):
        lies = self.server.hub.lies
        self.send_response(status)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "HEAD":
            return
        if lies.drops and 0 < lies.drop_after < len(body):
            lies.drops -= 1
            self.wfile.write(body[: lies.drop_after])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(body)

    def bytes(self, data, headers):
        """A file, or the part of it that was asked for."""
        lies, total = self.server.hub.lies, len(data)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers}
        if not asked or lies.range == "ignore":
            return self.send(200, data, headers)
        start, end = int(asked[1]), min(int(asked[2]) + 1, total) if asked[2] else total
        if start >= total:
            return self.send(416, b"", headers | {"Content-Range": f"bytes */{total}"})
        if lies.range == "other" and start:
            start, end = start - 1, end - 1
        part = data[start : end - 1] if lies.range == "short" else data[start:end]
        stated = total + 1 if lies.range == "total" else total
        if lies.range != "no-header":
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{stated}"
        return self.send(206, part, headers)


class _Cdn(_Quiet):
    """Gives out LFS files by digest; a signed address ends when `hub.expired` is set."""

    def answer(self, hub):
        self.note("cdn")
        parts = urlsplit(self.path)
        data = hub.objects.get(parts.path.strip("/"))
        if data is None:
            return self.plain(404)
        if parse_qs(parts.query).get("signature") != [str(hub.signature)]:
            return self.plain(403, b"expired")
        return self.bytes(data, {"ETag": f'"{parts.path.strip("/")}"'})


class _Hub(_Quiet):
    def answer(self, hub):
        self.note("hub")
        path = unquote(urlsplit(self.path).path)
        if not path.startswith(hub.prefix):
            return self.plain(404)
        path = path.removeprefix(hub.prefix)
        if path == "/api/models":
            return self.listed(hub)
        below = r"(?:/(revision|tree|refs)(?:/([^/]+)(?:/(.*))?)?)?"
        api = re.fullmatch(r"/api/(models|datasets)/(.+?)" + below, path)
        if api:
            return self.api(hub, *api.groups())
        file = re.fullmatch(r"/(.+?)/resolve/([^/]+)/(.+)", path)
        if file:
            return self.file(hub, *file.groups())
        return self.plain(404)

    def allowed(self, hub, name, repo, commit=""):
        """Whether the asker may see this repository; the refusal is sent."""
        if name in hub.lies.moved:
            self.plain(307, Location=self.path.replace(name, hub.lies.moved[name]))
            return False
        if repo is None or (repo.private and not self.knows_token(hub)):
            self.plain(401, b"no", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
            return False
        if commit and repo.gated and not self.knows_token(hub):
            said = f"Access to model {name} is restricted."
            self.plain(401, b"no", X_Error_Code="GatedRepo", X_Error_Message=said)
            return False
        return True

    def knows_token(self, hub):
        return self.headers.get("Authorization", "") == f"Bearer {hub.token}"

    def api(self, hub, kind, name, what, revision, _below):
        name = name if kind == "models" else f"datasets/{name}"
        repo = hub.repos.get(name)
        if hub.lies.api_location:
            return self.plain(302, Location=hub.lies.api_location)
        if not self.allowed(hub, name, repo):
            return None
        if what == "refs":
            listed = {
                kind: [{"name": ref, "targetCommit": sha} for ref, sha in repo.refs.items() if ref in chosen]
                for kind, chosen in (("branches", set(repo.refs) - repo.tags), ("tags", repo.tags))
            }
            return self.plain(404) if hub.lies.no_refs else self.json(listed | {"converts": []})
        sha = repo.refs.get(revision or "main", revision)
        if sha not in repo.commits:
            return self.plain(404, X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        if what == "tree":
            return self.tree(hub, repo.commits[sha])
        called = hub.lies.called.get(name, name.removeprefix("datasets/"))
        siblings = [{"rfilename": path} for path in sorted(repo.commits[sha].files)]
        said = {"id": called, "sha": sha, "siblings": siblings, "private": False, "tags": []}
        owner = {"_id": repo.number, "author": repo.author or called.partition("/")[0]} if repo.number else {}
        return self.json(owner | said)

    def listed(self, hub):
        """The list of models, by words of their names; the other filters are not known here."""
        asked = parse_qs(urlsplit(self.path).query)
        words = asked.get("search", [""])[0].lower().split()
        fitting = [name for name in hub.repos if all(word in name.lower() for word in words)]
        models = [{"id": n, **hub.shown.get(n, {})} for n in fitting if not n.startswith("datasets/")]
        return self.json(sorted(models, key=lambda m: -m.get("downloads", 0)))

    def tree(self, hub, commit):
        if hub.lies.tree is not None:
            return self.send(200, hub.lies.tree, {"Content-Type": "application/json"})
        items = [self.item(hub, commit, path) for path in sorted(commit.files)]
        folders = {p.rpartition("/")[0] for p in commit.files if "/" in p}
        items += [{"type": "directory", "path": f, "size": 0, "oid": "0" * 40} for f in sorted(folders)]
        at = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        page, headers = items[at : at + hub.page], {}
        if at + hub.page < len(items):
            where = urlsplit(self.path).path
            follow = f"{hub.root}{where}?recursive=true&expand=false&cursor={at + hub.page}"
            headers["Link"] = f'<{hub.lies.link or follow}>; rel="next"'
        return self.json(page, headers)

    def item(self, hub, commit, path):
        data, lies = commit.files[path], hub.lies
        size = lies.sizes.get(path, len(data))
        item = {"type": "file", "path": path, "size": size, "oid": lies.digests.get(path, git_oid(data))}
        if path in commit.lfs:
            held = pointer(data)
            digest = lies.digests.get(path, hashlib.sha256(data).hexdigest())
            item |= {"oid": git_oid(held), "lfs": {"oid": digest, "size": size, "pointerSize": len(held)}}
        return item

    def file(self, hub, name, revision, path):
        repo = hub.repos.get(name)
        if not self.allowed(hub, name, repo, commit="file"):
            return None
        sha = repo.refs.get(revision, revision)
        if sha not in repo.commits:
            return self.plain(404, X_Error_Code="RevisionNotFound")
        commit = repo.commits[sha]
        if path not in commit.files:
            return self.plain(404, X_Error_Code="EntryNotFound", X_Repo_Commit=sha)
        true = commit.files[path]
        data = hub.lies.bodies.get(path, true)
        digest = hashlib.sha256(true).hexdigest() if path in commit.lfs else git_oid(true)
        headers = {"X-Repo-Commit": sha, "X-Linked-Size": len(true), "X-Linked-Etag": f'"{digest}"'}
        headers |= {"ETag": f'"{digest}"'}
        headers |= {k: v for k, v in hub.lies.headers.items() if v is not None}
        headers = {k: v for k, v in headers.items() if hub.lies.headers.get(k, "") is not None}
        if path not in commit.lfs:
            return self.bytes(data, headers)
        hub.objects[digest] = data
        there = hub.lies.location or f"{hub.cdn}/{digest}?signature={hub.signature}"
        return self.send(302, b"", headers | {"Location": there})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler, hub):
        super().__init__(("127.0.0.1", 0), handler)
        self.hub = hub
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle is no news here."""


class HubServer:
    """Start with `with HubServer() as hub:`; `hub.endpoint` is what HF_ENDPOINT is to be.

    Attributes:
        repos: by name, `datasets/` included.
        token: that opens gated and private repositories.
        page: entries of one page of a tree.
        prefix: path of the endpoint, "" or `/something`.
        cdn_host: name by which the content network is called; some clients take one host for one server.
        seen: every request.
        shown: by repository, what the list of models says of it.
    """

    def __init__(self):
        self.shown: dict[str, dict] = {}
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.lies = Lies()
        self.token = "hf_loopback"
        self.page = 1000
        self.prefix = ""
        self.cdn_host = "127.0.0.1"
        self.signature = 1
        self.seen: list[Seen] = []
        self._servers = (_Server(_Hub, self), _Server(_Cdn, self))

    @property
    def root(self):
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def endpoint(self):
        return self.root + self.prefix

    @property
    def cdn(self):
        return f"http://{self.cdn_host}:{self._servers[1].server_port}"

    def repo(self, name, files, **options):
        """Make a repository with one commit; returns it."""
        made = self.repos.setdefault(name, Repo())
        made.commit(files, **options)
        return made

    def folder(self, name, folder: Path, **options):
        """Serve the files of a folder as a repository."""
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
        return self.repo(name, {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}, **options)

    def asked(self, host="hub"):
        return [s for s in self.seen if s.host == host]

    def __enter__(self):
        for server in self._servers:
            server.thread.start()
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.shutdown()
            server.thread.join()
            server.server_close()
