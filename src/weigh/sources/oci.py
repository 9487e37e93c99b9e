"""`oci:` refs: the layers of an artifact in an OCI registry, as files.

A tag is resolved to the digest of its manifest first. The manifest is held against that digest, and each
layer against the digest that the manifest names, so everything below one sha256 is verified. Source of
the protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md; of its tokens:
https://distribution.github.io/distribution/spec/auth/token/. Not for use by several threads.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import msgspec

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError, UnknownAnswerError, UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef, parse_ref
from weigh.sources.downloads import Wanted, download
from weigh.sources.host_http import HostHttp
from weigh.sources.members import copy_member, naming, selected
from weigh.sources.oci_manifest import (
    INDEXES,
    MANIFESTS,
    Index,
    Layer,
    malformed,
    only_one,
    read_manifest,
)
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.addresses import is_loopback
from weigh.system.archives import nested_members
from weigh.system.credentials import Login
from weigh.system.urls import host_and_port, split

if TYPE_CHECKING:
    from weigh.system.http import Page

_T = TypeVar("_T")
MAX_MANIFEST = 8 * 1024 * 1024
"""Bytes; registries must take at least 4 MiB (distribution specification, "Pushing Manifests")."""
MAX_TOKEN = 64 * 1024
_ACCEPT = ", ".join((*MANIFESTS, *INDEXES))
_REF = re.compile(
    r"(?P<registry>[a-z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?)/(?P<path>[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?",
    re.ASCII,
)
_TOKENS = {"registry-1.docker.io": "auth.docker.io", "registry.gitlab.com": "gitlab.com"}
"""Registries whose tokens are made by another host of theirs."""
_CHALLENGE = re.compile(r'([a-zA-Z]+)="([^"]*)"')

LoginFor = Callable[[str, str], Login | None]
"""The user's login for a registry (`host[:port]`) and the path of a repository in it."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A ref taken apart.

    Attributes:
        registry: `host[:port]`.
        path: of the repository.
        tag: that was asked for, "" for none.
        digest: hexadecimal sha256 of the manifest, "" when none was named.
    """

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def home(self) -> str:
        """The registry's address: plain http on this machine only."""
        host = split(f"https://{self.registry}").hostname or ""
        server = {"docker.io": "registry-1.docker.io"}.get(self.registry, self.registry)
        return f"{'http' if is_loopback(host) else 'https'}://{server}"


class OciSource:
    """Answers for `oci:` refs.

    Args:
        http: the way to registries.
        login: the user's logins, `oci_credentials.registry_login` with the environment bound.
        events: told about progress in bytes.
        sink: layers that are archives are kept in it for listing.
    """

    def __init__(self, *, http: HostHttp, login: LoginFor, events: EventSink, sink: StoredFiles) -> None:
        self._http = http
        self._login = login
        self._events = events
        self._sink = sink
        self._tokens: dict[tuple[str, str], str] = {}
        self._found: dict[Artifact, tuple[str, tuple[Layer, ...]]] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The layers of the artifact by their names, those below a folder, one, or members of an archive."""
        artifact = artifact_of(ref)
        digest, layers = self._manifest(artifact)
        exact = exact_ref(ref, artifact, digest)
        if not ref.members:
            return tuple(Entry(x.path, exact.member(x.path), x.size, x.sha256) for x in layers)
        first = ref.members[0].rstrip("/")
        single = next((x for x in layers if x.path == first), None)
        if single is not None and len(ref.members) > 1:
            self._fetch_layer(artifact, single, self._sink)
            outer = ref.members[:-1]
            found = nested_members(self._sink.path(single.sha256), outer[1:])
            return selected(found, ref.members[-1], lambda path: exact.member(*outer, path))
        if single is not None:
            return (Entry(first.rpartition("/")[2], exact.member(first), single.size, single.sha256),)
        below = [x for x in layers if x.path.startswith(first + "/")]
        if not below:
            near = ", ".join(x.path for x in layers[:8])
            raise NotFoundError(
                f"there is no {first!r} in {artifact.path}", why=f"its files are: {near or 'none'}"
            )
        cut = len(first) + 1
        return tuple(Entry(x.path[cut:], exact.member(x.path), x.size, x.sha256) for x in below)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: the card and the licence of an artifact are among its layers."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one layer, or the one member of a layer, that `entry_ref` names into `sink`."""
        artifact = artifact_of(entry_ref)
        if not entry_ref.members:
            raise UsageError(f"{entry_ref} is an artifact, not a file", hint="name a file of it behind #")
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        path, *inner = entry_ref.members
        _, layers = self._manifest(artifact)
        layer = next((x for x in layers if x.path == path), None)
        if layer is None:
            raise NotFoundError(f"there is no {path!r} in {artifact.path}")
        promised = (locked.file_sha256 if inner else locked.sha256) if locked else layer.sha256
        if promised and promised != layer.sha256:
            raise IntegrityError(
                f"{entry_ref} is not what was locked",
                why=f"the registry's manifest names {layer.sha256[:12]}…, the lock {promised[:12]}…",
            )
        with naming(entry_ref):
            transferred = self._fetch_layer(artifact, layer, sink)
        how = "whole" if transferred else "present"
        if not inner:
            return Fetched(
                layer.sha256, layer.size, transferred, "whole" if transferred else "present", "", ""
            )
        sha256, size = copy_member(sink.path(layer.sha256), tuple(inner), sink, entry_ref, locked)
        return Fetched(sha256, size, transferred, "whole" if how == "whole" else "local", path, layer.sha256)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the layers that are not in the store."""
        lines = [p for r, p in locked_refs.items() if r.name == ref.name and r.revision == ref.revision]
        sizes = [(p.sha256, p.size) for p in lines] or [(e.sha256, e.size) for e in self.entries(ref)]
        needed = sum(size for sha256, size in sizes if not (sha256 and self._sink.has(sha256)))
        return FetchCost(needed, sum(size for _, size in sizes), "whole" if needed else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref at the digest its tag means now. A registry does not say who owns a repository."""
        artifact = artifact_of(ref)
        digest, _ = self._manifest(artifact)
        moving = not artifact.digest
        tag = moving and artifact.tag not in {"", "latest"}
        exact = exact_ref(ref, artifact, digest)
        return Origin(exact, moving=moving, declared_version=artifact.tag, tag=tag)

    def _manifest(self, artifact: Artifact) -> tuple[str, tuple[Layer, ...]]:
        if artifact not in self._found:
            name = f"{artifact.registry}/{artifact.path}"
            body, digest = self._read(artifact, artifact.digest, artifact.tag)
            found = read_manifest(name, body)
            if isinstance(found, Index):
                chosen = only_one(name, found)
                body, _ = self._read(artifact, chosen.digest.removeprefix("sha256:"), "")
                found = read_manifest(name, body)
            if isinstance(found, Index):
                raise malformed(name, "it is an index of indexes")
            self._found[artifact] = (digest, found)
        return self._found[artifact]

    def _read(self, artifact: Artifact, digest: str, tag: str) -> tuple[bytes, str]:
        """A manifest and its own digest, which is held against the one that was asked for."""
        wanted = f"sha256:{digest}" if digest else tag or "latest"
        url = f"{artifact.home}/v2/{artifact.path}/manifests/{wanted}"
        page = self._asking(
            artifact, lambda: self._http.page(url, {"accept": _ACCEPT}, max_bytes=MAX_MANIFEST)
        )
        made = hashlib.sha256(page.body).hexdigest()
        if digest and made != digest:
            raise IntegrityError(
                f"{artifact.registry} gives out another manifest of {artifact.path} than its name says",
                why=f"its sha256 is {made[:12]}…, asked for was {digest[:12]}…",
                hint="do not use it; ask whoever runs the registry",
            )
        return page.body, made

    def _fetch_layer(self, artifact: Artifact, layer: Layer, sink: StoredFiles) -> int:
        if sink.has(layer.sha256):
            return 0
        url = f"{artifact.home}/v2/{artifact.path}/blobs/sha256:{layer.sha256}"
        wanted = Wanted(layer.path, url, layer.sha256, layer.size)
        return self._asking(artifact, lambda: download(self._http, wanted, sink, self._events)).transferred

    def _asking(self, artifact: Artifact, ask: Callable[[], _T]) -> _T:
        """Ask; when the registry wants a token first, get one, bound to its host, and ask again."""
        with self._with_token(artifact):
            try:
                return ask()
            except UnknownAnswerError as error:
                if not error.why.endswith(" 401"):
                    raise
                challenge = self._http.challenge(f"{artifact.home}/v2/{artifact.path}/tags/list")
        self._tokens[artifact.registry, artifact.path] = self._token(artifact, challenge)
        with self._with_token(artifact):
            return ask()

    @contextmanager
    def _with_token(self, artifact: Artifact) -> Iterator[None]:
        header = self._tokens.get((artifact.registry, artifact.path), "")
        with self._http.bound(artifact.home, {"authorization": header} if header else {}):
            yield

    def _token(self, artifact: Artifact, challenge: str) -> str:
        """The header that the registry wants, made of the user's login for it or, without one, as a guest."""
        login = self._login(artifact.registry, artifact.path)
        if challenge.lower().startswith("basic"):
            if login is None:
                raise _no_login(artifact)
            return login.header()
        stated = dict(_CHALLENGE.findall(challenge))
        realm = stated.get("realm", "")
        if not challenge.lower().startswith("bearer ") or not realm.startswith(("https://", "http://")):
            raise malformed(artifact.path, "it wants a login in a way that is not known")
        query = {"service": stated.get("service", ""), "scope": f"repository:{artifact.path}:pull"}
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
        headers = {}
        if login is not None:
            if not _at_home(artifact, realm):
                raise RefusedError(
                    f"will not log in to {artifact.registry}",
                    why=f"it wants the login to be told to another host, {host_and_port(realm)}",
                    hint="without a login for it, what is public can be read as a guest",
                )
            headers = {"authorization": login.header()}
        with self._http.bound(realm, headers):
            page: Page = self._http.page(url, max_bytes=MAX_TOKEN)
        return f"Bearer {_read_token(artifact, page.body)}"


class _Token(msgspec.Struct):
    token: str = ""
    access_token: str = ""


def _read_token(artifact: Artifact, body: bytes) -> str:
    try:
        found = msgspec.json.decode(body, type=_Token)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(artifact.path, "its token is none") from error
    text = found.token or found.access_token
    if not text.isascii() or not text.isprintable() or " " in text:
        raise malformed(artifact.path, "its token is none")
    return text


def _at_home(artifact: Artifact, realm: str) -> bool:
    """Whether a login for a registry may go to where its tokens are made."""
    home, there = split(artifact.home), split(realm)
    if (there.scheme, there.hostname, there.port) == (home.scheme, home.hostname, home.port):
        return True
    return (
        there.scheme == "https" and there.port in {None, 443} and _TOKENS.get(home.netloc) == there.hostname
    )


def _no_login(artifact: Artifact) -> UnknownAnswerError:
    return UnknownAnswerError(
        f"{artifact.registry} does not let you read {artifact.path}",
        why="it wants a login, and there is none for it",
        hint=f"docker login {artifact.registry}, or podman, or oras",
    )


def artifact_of(ref: ArtifactRef) -> Artifact:
    """The registry, repository, tag and digest that a ref names.

    Raises:
        UsageError: it names none.
    """
    # Read from its text: a port, a tag and a digest are all written behind a colon.
    text = str(replace(ref, members=())).removeprefix("oci:").removeprefix("//")
    match = _REF.fullmatch(text)
    if match is None or (
        "." not in match["registry"] and ":" not in match["registry"] and match["registry"] != "localhost"
    ):
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why="an artifact ref is oci:REGISTRY/NAME[:TAG][@sha256:DIGEST][#PATH]",
            hint="oci:ghcr.io/acme/tiny-model:1.0#model.safetensors",
        )
    return Artifact(match["registry"], match["path"], match["tag"] or "", match["digest"] or "")


def exact_ref(ref: ArtifactRef, artifact: Artifact, digest: str) -> ArtifactRef:
    """The ref at a digest, what was asked for kept in it."""
    tag = f":{artifact.tag}" if artifact.tag else ""
    slashes = "//" if ref.name.startswith("//") else ""
    head = parse_ref(f"oci:{slashes}{artifact.registry}/{artifact.path}{tag}@sha256:{digest}")
    return replace(head, members=ref.members)
