"""`mlflow:` refs: versions of registered models, and files of runs, on a tracking server.

`mlflow:models/NAME/3`, `mlflow:models/NAME@champion` or `mlflow:NAME@champion`, and `mlflow:runs/RUN/PATH`.
The server is the one of MLFLOW_TRACKING_URI. Files come through its artifact proxy; where it keeps them in
an object store that it does not stand before, the error names the ref to use, for a server does not decide
what this user's keys to a cloud are used for. Source of the protocol: https://mlflow.org/docs/latest/rest-api.html.
Not for use by several threads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef
from weigh.core.snapshot import is_safe_path
from weigh.sources.downloads import Wanted, download
from weigh.sources.host_http import HostHttp
from weigh.sources.members import naming
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.credentials import Credentials, Login
from weigh.system.urls import port_of, split, without_credentials

_T = TypeVar("_T")
MAX_ANSWER = 32 * 1024 * 1024
MAX_FILES = 200_000
_MAX_DEPTH = 64
_API = "api/2.0"
_NAME = re.compile(r"[^/:\x00-\x1f\x7f]{1,500}")
_RUN = re.compile(r"[0-9a-zA-Z_-]{1,64}")
_CLOUDS = {"s3": "s3", "gs": "gs", "wasbs": "az", "abfss": "az"}


@dataclass(frozen=True, slots=True)
class MlflowSettings:
    """How this user reaches a tracking server.

    Attributes:
        server: its address without a slash at the end.
        login: for it, None without one.
    """

    server: str
    login: Login | None = None

    def header(self, credentials: Credentials, url: str) -> str:
        """What to tell the host of an address: this login the server alone."""
        if self.login is not None and _origin(url) == _origin(self.server):
            return self.login.header()
        found = credentials.for_url(url)
        return found.header() if found else ""


def read_mlflow_settings(environ: Mapping[str, str]) -> MlflowSettings:
    """The settings that these variables make.

    Raises:
        UsageError: no server is named, or it is no address of one.
    """
    server = environ.get("MLFLOW_TRACKING_URI", "").strip().rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise UsageError(
            "cannot read mlflow: refs",
            why="no tracking server is named"
            if not server
            else "MLFLOW_TRACKING_URI is no http or https address",
            hint="set MLFLOW_TRACKING_URI to the address of your tracking server",
        )
    parts = split(server)
    port_of(parts)
    if parts.username is not None or parts.query:
        raise UsageError(
            f"cannot use the address {without_credentials(server)}",
            why="MLFLOW_TRACKING_URI is a plain address, without user, password or query",
            hint="put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        )
    token, user = environ.get("MLFLOW_TRACKING_TOKEN", ""), environ.get("MLFLOW_TRACKING_USERNAME", "")
    if user:
        return MlflowSettings(server, Login(user, environ.get("MLFLOW_TRACKING_PASSWORD", "")))
    return MlflowSettings(server, Login("", token) if token else None)


def _origin(url: str) -> tuple[str, str, int]:
    parts = split(url)
    return parts.scheme, parts.hostname or "", port_of(parts)


class _File(msgspec.Struct):
    path: str
    is_dir: bool = False
    file_size: int | str | None = None


class _Listing(msgspec.Struct):
    files: list[_File] = []


class _Version(msgspec.Struct):
    name: str = ""
    version: str = ""
    user_id: object = ""
    run_id: object = ""


class _VersionAnswer(msgspec.Struct):
    model_version: _Version


class _Uri(msgspec.Struct):
    artifact_uri: str


class _Info(msgspec.Struct):
    artifact_uri: str
    user_id: object = ""


class _Run(msgspec.Struct):
    info: _Info


class _RunAnswer(msgspec.Struct):
    run: _Run


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ref taken apart: a model with a version or an alias, or a run; and a path in it."""

    model: str = ""
    version: str = ""
    alias: str = ""
    run: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class _Root:
    """Where the files of a model version or a run lie below the proxy, and the version of a model."""

    folder: str
    version: str
    owner: str


class MlflowSource:
    """Answers for `mlflow:` refs.

    Args:
        http: the way to the tracking server.
        server: its address.
        events: told about progress in bytes.
        sink: what is in it is not counted as a cost.
    """

    def __init__(self, *, http: HostHttp, server: str, events: EventSink, sink: StoredFiles) -> None:
        self._http = http
        self._server = server
        self._events = events
        self._sink = sink
        self._roots: dict[_Asked, _Root] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """Every file of the model version or the run, those of a folder in it, or one file."""
        asked = _asked(ref)
        root = self._root(asked)
        exact = _at(ref, asked, root)
        wanted = asked.path.strip("/")
        files = self._files(root.folder, wanted)
        if not files and wanted:
            above, _, name = wanted.rpartition("/")
            files = {
                p: size for p, size in self._files(root.folder, above, deep=False).items() if p == wanted
            }
            return tuple(Entry(name, exact.member(p), size) for p, size in files.items()) or _nothing(ref)
        if not files:
            _nothing(ref)
        cut = len(wanted) + 1 if wanted else 0
        return tuple(Entry(p[cut:], exact.member(p), files[p]) for p in sorted(files))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: what a model says of itself is among its files."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file that `entry_ref` names into `sink`. The server states no digest of it."""
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        asked = _asked(entry_ref)
        if not asked.path:
            raise UsageError(f"{entry_ref} is a folder, not a file", hint="name a file of it behind #")
        root = self._root(asked)
        place = quote("/".join(part for part in (root.folder, asked.path) if part))
        url = f"{self._server}/{_API}/mlflow-artifacts/artifacts/{place}"
        promise = (locked.sha256, locked.size) if locked else ("", -1)
        with naming(entry_ref):
            got = download(self._http, Wanted(asked.path, url, *promise), sink, self._events)
        promised = locked is not None
        return Fetched(got.sha256, got.size, got.transferred, "whole", "", "", promised=promised)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store."""
        name = ref.name.removeprefix("models/")
        lines = [
            p
            for r, p in locked_refs.items()
            if r.name.removeprefix("models/") == name and r.revision.partition("/")[0] == ref.revision
        ]
        sizes = [(p.sha256, p.size) for p in lines] or [(e.sha256, e.size) for e in self.entries(ref)]
        needed = sum(max(size, 0) for sha256, size in sizes if not (sha256 and self._sink.has(sha256)))
        return FetchCost(needed, sum(max(size, 0) for _, size in sizes), "whole" if needed else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The version that an alias means now; a version that is named does not move, nor does a run."""
        asked = _asked(ref)
        root = self._root(asked)
        moving = not asked.version and not asked.run
        return Origin(_at(ref, asked, root), moving, root.owner, root.version)

    def _root(self, asked: _Asked) -> _Root:
        key = replace(asked, path="")
        if key not in self._roots:
            self._roots[key] = self._of_run(asked) if asked.run else self._of_model(asked)
        return self._roots[key]

    def _of_run(self, asked: _Asked) -> _Root:
        found = self._ask("runs/get", {"run_id": asked.run}, _RunAnswer).run.info
        return _Root(self._folder(found.artifact_uri), "", _text(found.user_id))

    def _of_model(self, asked: _Asked) -> _Root:
        named = {"name": asked.model}
        if asked.version:
            found = self._ask("model-versions/get", {**named, "version": asked.version}, _VersionAnswer)
        else:
            found = self._ask("registered-models/alias", {**named, "alias": asked.alias}, _VersionAnswer)
        version = found.model_version
        if version.name != asked.model or not version.version.isdigit() or len(version.version) > 18:
            raise _malformed(f"asked for {asked.model}, it answers for {version.name[:80]!r}")
        if asked.version and version.version != asked.version:
            raise _malformed(f"asked for version {asked.version}, it answers for {version.version}")
        where = {**named, "version": version.version}
        place = self._ask("model-versions/get-download-uri", where, _Uri).artifact_uri
        return _Root(self._folder(place), version.version, _text(version.user_id))

    def _folder(self, uri: str) -> str:
        """The folder below the server's own proxy that it says artifacts lie in."""
        parts = urlsplit(uri)
        path = parts.path.strip("/")
        if parts.scheme in {"http", "https"} and _origin(uri) == _origin(self._server):
            # A server that gives out addresses of its own proxy instead of names below it.
            path = path.rpartition("mlflow-artifacts/artifacts/")[2]
        elif parts.scheme != "mlflow-artifacts":
            kind = _CLOUDS.get(parts.scheme, "")
            raise UnknownAnswerError(
                "cannot read this model through its tracking server",
                why=f"its files lie at {without_credentials(uri)[:200]}, and it does not hand them out",
                hint=f"name them as {kind}:{parts.netloc.rpartition('@')[2]}/{path}" if kind else "",
            )
        elif parts.netloc and parts.netloc.rpartition("@")[2] != urlsplit(self._server).netloc:
            raise RefusedError(
                "will not follow the tracking server", why=f"it sends files to {parts.netloc[:100]!r}"
            )
        if path and not is_safe_path(path):
            raise _malformed(f"it keeps files at {path[:200]!r}")
        return path

    def _files(self, folder: str, below: str, *, deep: bool = True) -> dict[str, int]:
        """Size by path below `folder`, of the files in and under `below`; -1 where the server states none."""
        files: dict[str, int] = {}
        waiting = [below]
        seen = 0
        while waiting:
            here = waiting.pop()
            seen += 1
            if len(files) > MAX_FILES or seen > MAX_FILES or here.count("/") > _MAX_DEPTH:
                raise RefusedError("will not read this model", why="it holds more than a model does")
            for name, found in self._list(folder, here):
                path = f"{here}/{name}" if here else name
                if found.is_dir and deep:
                    waiting.append(path)
                elif not found.is_dir:
                    files[path] = _size(found)
        return files

    def _list(self, folder: str, here: str) -> list[tuple[str, _File]]:
        path = "/".join(part for part in (folder, here) if part)
        url = f"{self._server}/{_API}/mlflow-artifacts/artifacts?{urlencode({'path': path})}"
        try:
            body = self._http.get(url, max_bytes=MAX_ANSWER)
        except NotFoundError:
            return []
        listed = _decoded(body, _Listing).files
        # Servers give the bare name, or the path from where the proxy begins.
        named = [(f.path.removeprefix(path + "/") if path else f.path, f) for f in listed]
        for name, _ in named:
            if "/" in name or not is_safe_path(name) or "#" in name or "!/" in name:
                raise RefusedError("will not read this model", why=f"a file of it is called {name[:200]!r}")
        if len({name for name, _ in named}) != len(named):
            raise _malformed("it lists one file twice")
        return named

    def _ask(self, what: str, query: Mapping[str, str], kind: type[_T]) -> _T:
        url = f"{self._server}/{_API}/mlflow/{what}?{urlencode(query)}"
        try:
            return _decoded(self._http.get(url, max_bytes=MAX_ANSWER), kind)
        except NotFoundError as error:
            named = " ".join(query.values())
            raise NotFoundError(f"the tracking server has no {named}", why=error.why) from error


def _decoded(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(str(error)) from error


def _size(found: _File) -> int:
    size = -1 if found.file_size is None else found.file_size
    if isinstance(size, str):
        size = int(size) if size.isascii() and size.isdigit() and len(size) < 18 else -1
    if not -1 <= size < 1 << 53:
        raise IntegrityError("the tracking server states an impossible size", why=f"of {found.path[:200]!r}")
    return size


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() and len(value) < 200 else ""


def _nothing(ref: ArtifactRef) -> tuple[Entry, ...]:
    raise NotFoundError(f"nothing lies at {ref}", hint="check the path; the server lists nothing there")


def _asked(ref: ArtifactRef) -> _Asked:
    name, revision = ref.name, ref.revision
    if len(ref.members) > 1:
        raise UsageError(
            f"cannot look inside {ref.members[0]!r}", why="archives of a run are not taken apart"
        )
    path = ref.members[0] if ref.members else ""
    if name.startswith("runs/") and not revision and not ref.file:
        _, run, *below = name.split("/")
        path = "/".join((*(b for b in below if b), *((path,) if path else ())))
        if _RUN.fullmatch(run) and (not path or is_safe_path(path)):
            return _Asked(run=run, path=path)
        raise _unreadable(ref)
    model, slash, version = name.removeprefix("models/").partition("/")
    alias, _, exact = revision.partition("/")
    exact = ref.file or exact or version
    fine = not exact or (exact.isascii() and exact.isdigit() and len(exact) < 18)
    if not _NAME.fullmatch(model) or not fine or (slash and alias) or not (alias or exact):
        raise _unreadable(ref)
    return _Asked(model=model, version=exact, alias=alias, path=path)


def _at(ref: ArtifactRef, asked: _Asked, root: _Root) -> ArtifactRef:
    """The ref at its version, its name as it was written."""
    if asked.run:
        return replace(ref, name=f"runs/{asked.run}", members=(asked.path,) if asked.path else ())
    return replace(ref, revision=asked.alias, file=root.version if asked.alias else "")


def _unreadable(ref: ArtifactRef) -> UsageError:
    return UsageError(
        f"cannot read {str(ref)!r}",
        why="it is mlflow:models/NAME/VERSION, mlflow:models/NAME@ALIAS or mlflow:runs/RUN[/PATH]",
        hint="mlflow:models/churn@champion",
    )


def _malformed(why: str) -> MalformedError:
    return MalformedError(
        "cannot read what the tracking server says",
        why=why,
        hint="check that MLFLOW_TRACKING_URI is the address of a tracking server",
        rule="mlflow-answer",
    )
