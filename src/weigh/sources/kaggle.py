"""`kaggle:` refs: one version of a variation of a model on Kaggle.

`kaggle:OWNER/MODEL/FRAMEWORK/VARIATION[/VERSION][#PATH]`. Source: the API that kagglesdk documents beside
its requests (`models/types/model_api_service.py`): `GET /api/v1/models/{owner}/{model}/{framework}/
{variation}/get` names the current version, `…/{version}/files` lists, `…/{version}/download/{path}` gives
one file, by a redirect to Google's storage, whose md5 (`X-Goog-Hash`) is checked as kagglehub does. A ref
without a version is resolved when it is locked, and the lock names the version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError, UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef
from weigh.core.snapshot import is_safe_path
from weigh.sources.kaggle_settings import KaggleSettings
from weigh.sources.members import naming
from weigh.sources.remote_files import RemoteFile, RemoteFiles
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.http import Http

MAX_ANSWER = 16 * 1024 * 1024
MAX_FILES = 100_000
PAGE = 200
"""Files asked for in one page of a list."""
_T = TypeVar("_T")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


class _Instance(msgspec.Struct, rename="camel"):
    version_number: int
    id: int = 0
    license_name: str = ""


class _File(msgspec.Struct, rename="camel"):
    name: str
    size: int = -1
    total_bytes: int = -1


class _Files(msgspec.Struct, rename="camel"):
    files: list[_File] = []
    next_page_token: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """A handle of Kaggle taken apart.

    Attributes:
        name: `owner/model/framework/variation`.
        version: in decimal digits, "" when none was named.
    """

    name: str
    version: str = ""

    @property
    def api(self) -> str:
        """Its path below `/api/v1/models/`."""
        return "/".join(quote(part, safe="") for part in self.name.split("/"))

    @property
    def text(self) -> str:
        """As kagglehub writes it."""
        return f"{self.name}/{self.version}" if self.version else self.name


class KaggleSource:
    """Answers for `kaggle:` refs.

    Args:
        http: the way to Kaggle, which gives it, and nobody else, the user's login.
        settings: where Kaggle is.
        events: told about progress.
        sink: what is in it is not counted as a cost.
    """

    def __init__(self, *, http: Http, settings: KaggleSettings, events: EventSink, sink: StoredFiles) -> None:
        self._http = http
        self._files = RemoteFiles(http, events)
        self._root = f"{settings.endpoint}/api/v1/models"
        self._sink = sink
        self._instances: dict[str, _Instance] = {}
        self._lists: dict[Handle, tuple[_File, ...]] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The files of the version, or those at or below the ref's path; each names its version.

        Raises:
            NotFoundError: no such model, version or path.
            UsageError: the handle is malformed.
        """
        handle = self._exact(ref)
        wanted = _path(ref)
        folder = f"{wanted.rstrip('/')}/" if wanted else ""
        listed = self._list(handle)
        single = [f for f in listed if f.name == wanted]
        found = single or [f for f in listed if f.name.startswith(folder)]
        if not found:
            near = sorted({f.name.partition("/")[0] for f in listed})[:8]
            raise NotFoundError(
                f"there is no {wanted!r} in {handle.text}",
                why=f"at its top lie: {', '.join(near) or 'nothing'}",
            )
        head = ArtifactRef(ref.kind, handle.name, "", handle.version)
        if single:
            return (Entry(wanted.rpartition("/")[2], head.member(wanted), _size(single[0])),)
        return tuple(Entry(f.name.removeprefix(folder), head.member(f.name), _size(f)) for f in found)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: Kaggle names a licence, and gives out no file of it."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file that `entry_ref` names into `sink`."""
        path = _path(entry_ref)
        if not path:
            raise UsageError(f"{entry_ref} is a model, not a file of it", hint="name a file of it behind #")
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        handle = self._exact(entry_ref)
        size = -1
        if locked is None:
            known = next((f for f in self._list(handle) if f.name == path), None)
            if known is None:
                raise NotFoundError(f"there is no {path!r} in {handle.text}")
            size = _size(known)
        url = f"{self._root}/{handle.api}/{handle.version}/download/{quote(path)}"
        with naming(entry_ref):
            fetched = self._files.fetch(RemoteFile(url, size=size), sink, locked=locked)
        return replace(fetched, file="", file_sha256="")

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store."""
        asked = parse_handle(ref)
        lines = [p for r, p in locked_refs.items() if r.kind is ref.kind and _covers(asked, parse_handle(r))]
        if lines:
            missing = [line.size for line in lines if not self._sink.has(line.sha256)]
            whole = sum(line.size for line in lines)
            return FetchCost(sum(missing), whole, "whole" if missing else "present")
        sizes = [entry.size for entry in self.entries(ref)]
        whole = sum(sizes) if all(size >= 0 for size in sizes) else -1
        return FetchCost(whole, whole, "whole")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The version it is at, and the owner with Kaggle's own number of the variation."""
        handle = self._exact(ref)
        owner = handle.name.partition("/")[0]
        number = self._instance(handle.name).id
        exact = ArtifactRef(ref.kind, handle.name, "", handle.version, ref.members)
        evidence = f"{owner} {number}" if number else owner
        return Origin(exact, not parse_handle(ref).version, evidence, handle.version)

    def licence(self, ref: ArtifactRef) -> str:
        """The licence that Kaggle names for the variation, "" when it names none."""
        return self._instance(parse_handle(ref).name).license_name

    def _exact(self, ref: ArtifactRef) -> Handle:
        handle = parse_handle(ref)
        if handle.version:
            return handle
        return replace(handle, version=str(self._instance(handle.name).version_number))

    def _instance(self, name: str) -> _Instance:
        if name not in self._instances:
            handle = Handle(name)
            found = self._ask(f"{self._root}/{handle.api}/get", handle, _Instance)
            if not 0 < found.version_number < 10**9:
                raise _malformed(handle, f"its version is {found.version_number}")
            self._instances[name] = found
        return self._instances[name]

    def _list(self, handle: Handle) -> tuple[_File, ...]:
        if handle not in self._lists:
            self._lists[handle] = tuple(sorted(self._pages(handle), key=lambda f: f.name))
        return self._lists[handle]

    def _pages(self, handle: Handle) -> list[_File]:
        found: dict[str, _File] = {}
        token, asked = "", set[str]()
        while True:
            query = urlencode({"page_size": PAGE, **({"page_token": token} if token else {})})
            page = self._ask(f"{self._root}/{handle.api}/{handle.version}/files?{query}", handle, _Files)
            for file in page.files:
                if not is_safe_path(file.name) or "!/" in file.name:
                    raise RefusedError(
                        f"will not read {handle.text}", why=f"it has a file called {file.name[:200]!r}"
                    )
                if file.name in found:
                    raise _malformed(handle, f"it lists {file.name!r} twice")
                found[file.name] = file
            token = page.next_page_token
            if not token:
                return list(found.values())
            if token in asked or not page.files or len(found) > MAX_FILES:
                raise RefusedError(
                    f"will not read {handle.text}",
                    why=f"the list of its files goes round in circles or on past {MAX_FILES:,}",
                )
            asked.add(token)

    def _ask(self, url: str, handle: Handle, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(self._http.get(url, max_bytes=MAX_ANSWER), type=kind)
        except NotFoundError as error:
            raise NotFoundError(
                f"Kaggle has no {handle.text}",
                why=error.why,
                hint="check the handle; a private model needs a login in KAGGLE_USERNAME and KAGGLE_KEY",
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _malformed(handle, str(error)) from error


def parse_handle(ref: ArtifactRef) -> Handle:
    """The handle of a ref.

    Raises:
        UsageError: it has not four parts and a version, or a part that no handle has.
    """
    text = f"{ref.name}/{ref.file}" if ref.file else ref.name
    parts = text.split("/")
    good = len(parts) in {4, 5} and all(_PART.fullmatch(p) and ".." not in p for p in parts[:4])
    if not good or (len(parts) == 5 and not _VERSION.fullmatch(parts[4])):
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why="a model of Kaggle is named OWNER/MODEL/FRAMEWORK/VARIATION[/VERSION]",
            hint="kaggle:google/bert/tensorFlow2/en-uncased-l-2-h-128-a-2/2",
        )
    return Handle("/".join(parts[:4]), parts[4] if len(parts) == 5 else "")


def _covers(asked: Handle, own: Handle) -> bool:
    return asked.name == own.name and asked.version in {"", own.version}


def _path(ref: ArtifactRef) -> str:
    if len(ref.members) > 1:
        raise UsageError(
            f"cannot look inside {ref.members[0]!r} of {ref.name}",
            why="files inside archives of a model on Kaggle are not taken out",
            hint="name the archive itself",
        )
    return ref.members[0] if ref.members else ""


def _size(file: _File) -> int:
    """Bytes of a file; a list may name them in either of two fields, and 0 when it does not know."""
    stated = file.total_bytes if file.total_bytes > 0 else file.size
    if stated >= 1 << 53:
        raise IntegrityError(f"what Kaggle says of {file.name!r} cannot be", why=f"it has {stated} bytes")
    return stated if stated > 0 else -1


def _malformed(handle: Handle, why: str) -> MalformedError:
    return MalformedError(
        f"cannot read what Kaggle says about {handle.text}",
        why=why,
        hint="run again; if it stays so, something between you and the server changes its answers",
        rule="kaggle-answer",
    )
