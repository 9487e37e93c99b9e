"""`npm:` refs: files of packages of an npm registry. Nothing is installed, and no script of a package runs.

A version is published once, and its tarball is held against the registry's `integrity` (sha512) or, for
old packages, `shasum` (sha1); the sha256 measured here goes into the lock. Source of the answers' form:
https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md. Not for several threads.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

import msgspec

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, UsageError
from weigh.core.events import EventSink, Warned
from weigh.core.ref import ArtifactRef
from weigh.sources.downloads import Wanted, download
from weigh.sources.host_http import HostHttp
from weigh.sources.members import copy_member, naming, selected
from weigh.sources.npm_configuration import NpmConfiguration
from weigh.sources.source import Entry, FetchCost, Fetched, FetchMethod, Locked, Origin, StoredFiles
from weigh.system.archives import nested_members
from weigh.system.urls import without_credentials

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of a package's metadata; those of packages with thousands of versions have some ten million."""
MAX_TARBALL = 8 * 1024**3
_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_TAG = re.compile(r"[A-Za-z][\w.-]{0,100}", re.ASCII)
_PERSON = re.compile(r"[\w.~-]{1,214}", re.ASCII)
_SHORT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
_STRENGTH = ("sha512", "sha384", "sha256", "sha1")


class _Dist(msgspec.Struct):
    tarball: str
    integrity: str = ""
    shasum: str = ""


class _Version(msgspec.Struct):
    version: str
    dist: _Dist
    deprecated: object = None


class _Person(msgspec.Struct):
    name: str = ""


class _Package(msgspec.Struct):
    name: str
    versions: dict[str, _Version] = {}
    tags: dict[str, str] = msgspec.field(name="dist-tags", default_factory=dict)
    maintainers: list[_Person] = []


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ref taken apart: the name, the version or tag that was asked for, the version it was found at."""

    name: str
    revision: str
    exact: str


class NpmSource:
    """Answers for `npm:` refs.

    Args:
        http: the way to the registry; its logins are `configuration.login`.
        configuration: npm's.
        events: told about progress in bytes.
        sink: keeps whole tarballs, so that listing and fetching read them once.
    """

    def __init__(
        self, *, http: HostHttp, configuration: NpmConfiguration, events: EventSink, sink: StoredFiles
    ) -> None:
        self._http = http
        self._configuration = configuration
        self._events = events
        self._sink = sink
        self._packages: dict[str, _Package] = {}
        self._measured: dict[tuple[str, str], str] = {}
        self._unreported: dict[tuple[str, str], int] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The tarball itself, or the files at or below the ref's path inside it."""
        asked, version = self._resolved(ref)
        exact = _at(ref, asked, version.version)
        if not ref.members:
            return (Entry(_file_name(asked.name, version.version), exact),)
        whole = self._whole(asked.name, version, self._sink, None)
        outer = ref.members[:-1]
        found = nested_members(self._sink.path(whole), outer)
        return selected(found, ref.members[-1], lambda path: exact.member(*outer, path))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: name `#package/package.json` and the licence file as further files of the model."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the tarball, or the one member that `entry_ref` names, into `sink`."""
        name = _file_name(*_shown(entry_ref))
        around = (locked.file_sha256 if entry_ref.members else locked.sha256) if locked else ""
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", name, around)
        if around and sink.has(around) and entry_ref.members:
            sha256, size = copy_member(sink.path(around), entry_ref.members, sink, entry_ref, locked)
            return Fetched(sha256, size, 0, "local", name, around)
        asked, version = self._resolved(entry_ref)
        with naming(entry_ref):
            whole = self._whole(asked.name, version, sink, around)
        key = (asked.name, version.version)
        transferred = self._unreported.pop(key, 0)
        method: FetchMethod = "whole" if transferred else "present"
        if not entry_ref.members:
            return Fetched(whole, sink.path(whole).stat().st_size, transferred, method, name, whole)
        sha256, size = copy_member(sink.path(whole), entry_ref.members, sink, entry_ref, locked)
        return Fetched(sha256, size, transferred, "whole" if transferred else "local", name, whole)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The size of the tarball as its server states it, where anything of it is missing."""
        lines = [p for r, p in locked_refs.items() if r.name == ref.name and r.revision == ref.revision]
        if lines and all(self._sink.has(p.sha256) or self._sink.has(p.file_sha256) for p in lines):
            return FetchCost(0, sum(p.size for p in lines), "present")
        asked, version = self._resolved(ref)
        if (asked.name, version.version) in self._measured:
            return FetchCost(0, 0, "present")
        with self._http.stream(version.dist.tarball, range_start=0, range_end=1) as response:
            return FetchCost(response.total, response.total, "whole")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The version that a ref means now; the owners are the accounts that may publish the package."""
        asked, version = self._resolved(ref)
        people = self._package(asked.name, owners=True).maintainers
        owner = ", ".join(sorted({p.name for p in people if _PERSON.fullmatch(p.name)}))
        moving = not asked.exact and not _VERSION.fullmatch(asked.revision)
        exact = _at(ref, asked, version.version)
        return Origin(exact, moving=moving, owner=owner, declared_version=version.version)

    def _resolved(self, ref: ArtifactRef) -> tuple[_Asked, _Version]:
        asked = _asked(ref)
        package = self._package(asked.name)
        wanted = asked.exact or asked.revision
        if not wanted:
            newest = package.tags.get("latest", "")
            hint = f"npm:{asked.name}@{newest}" if newest else ""
            raise UsageError(f"{ref} names no version", why="a model is depended on by version", hint=hint)
        version = package.versions.get(package.tags.get(wanted, wanted))
        if version is None:
            known = ", ".join(list(package.versions)[-8:])
            raise NotFoundError(
                f"the registry has no {wanted} of {asked.name}", why=f"versions there are: {known or 'none'}"
            )
        if version.version != package.tags.get(wanted, wanted):
            raise _malformed(asked.name, f"its {wanted} calls itself {version.version[:40]!r}")
        return asked, version

    def _package(self, name: str, *, owners: bool = False) -> _Package:
        key = f"{name} owners" if owners else name
        if key not in self._packages:
            url = self._configuration.registry_for(name) + quote(name, safe="@")
            headers = {} if owners else {"accept": _SHORT}
            body = self._http.get(url, headers, max_bytes=MAX_ANSWER)
            try:
                found = msgspec.json.decode(body, type=_Package)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise _malformed(name, str(error)) from error
            if found.name != name:
                raise _malformed(name, f"it answers for {found.name[:80]!r}")
            self._packages[key] = found
        return self._packages[key]

    def _whole(self, name: str, version: _Version, sink: StoredFiles, locked: str | None) -> str:
        """Digest of the tarball, which is then in the sink."""
        key = (name, version.version)
        digest = locked or self._measured.get(key, "")
        if digest and sink.has(digest):
            return digest
        if version.deprecated:
            self._events.emit(Warned(f"{name} {version.version} is marked as deprecated by its publisher"))
        promises = _promises(name, version.dist)
        wanted = Wanted(
            _file_name(name, version.version),
            version.dist.tarball,
            locked or promises.pop("sha256", ""),
            others=tuple(promises.items()),
            limit=MAX_TARBALL,
        )
        got = download(self._http, wanted, sink, self._events)
        self._measured[key] = got.sha256
        self._unreported[key] = got.transferred
        return got.sha256


def _promises(name: str, dist: _Dist) -> dict[str, str]:
    """The strongest digest that the registry states (https://www.w3.org/TR/SRI/), by name of the hash."""
    if not dist.tarball.startswith(("https://", "http://")):
        raise _malformed(name, f"its tarball lies at {without_credentials(dist.tarball)[:80]!r}")
    stated = {}
    for word in dist.integrity.split():
        kind, _, text = word.partition("-")
        try:
            digest = base64.b64decode(text.partition("?")[0], validate=True).hex()
        except (binascii.Error, ValueError) as error:
            raise _malformed(name, "its integrity is no digest") from error
        if kind in _STRENGTH:
            stated[kind] = digest
    if re.fullmatch(r"[0-9a-f]{40}", dist.shasum):
        stated.setdefault("sha1", dist.shasum)
    best = next((kind for kind in _STRENGTH if kind in stated), "")
    if not best:
        raise IntegrityError(
            f"will not fetch {name}",
            why="its registry states no digest of it",
            hint="ask whoever runs the registry",
        )
    return {best: stated[best]}


def _asked(ref: ArtifactRef) -> _Asked:
    revision, exact = ref.revision, ref.file
    if not exact and "/" in revision:
        revision, _, exact = revision.partition("/")
    fine = not revision or _VERSION.fullmatch(revision) or _TAG.fullmatch(revision)
    if not _NAME.fullmatch(ref.name) or not fine or (exact and not _VERSION.fullmatch(exact)):
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why="a package ref is npm:[@SCOPE/]NAME@VERSION[#PATH], its version exact or a tag",
            hint="npm:@ricky0123/vad-web@0.0.31#package/dist/silero_vad_v5.onnx",
        )
    return _Asked(ref.name, revision, exact)


def _at(ref: ArtifactRef, asked: _Asked, version: str) -> ArtifactRef:
    exact = "" if asked.revision == version else version
    return replace(ref, name=asked.name, revision=asked.revision, file=exact)


def _shown(ref: ArtifactRef) -> tuple[str, str]:
    asked = _asked(ref)
    return asked.name, asked.exact or asked.revision


def _file_name(name: str, version: str) -> str:
    """The tarball's name, made here: a server's own could be anything."""
    return f"{name.rpartition('/')[2]}-{version}.tgz"


def _malformed(name: str, why: str) -> MalformedError:
    return MalformedError(
        f"cannot read what the registry says about {name}",
        why=why,
        hint="check that npm's registry setting is the address of a registry",
        rule="npm-answer",
    )
