"""What an OCI registry says of an artifact: its manifest, and the files that its layers are.

Sources: https://github.com/opencontainers/image-spec/blob/main/manifest.md (and image-index.md),
https://github.com/CloudNativeAI/model-spec (layers annotated `org.cncf.model.filepath`), ORAS
(`org.opencontainers.image.title`), and Ollama, whose layers are named by their media type. Untrusted.
"""

import re
from dataclasses import dataclass

import msgspec

from weigh.core.errors import MalformedError, RefusedError, UsageError
from weigh.core.snapshot import is_safe_path

MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MAX_LAYERS = 10_000
_MAX_SIZE = 1 << 53
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TITLES = ("org.cncf.model.filepath", "org.opencontainers.image.title")
_OLLAMA = "application/vnd.ollama.image."
_TAR = re.compile(r"(?:\.tar|[.+-]tar)(?:[.+](?:gzip|zstd))?$|rootfs\.diff\.tar")


class Descriptor(msgspec.Struct, rename="camel"):
    """One blob or manifest that a manifest points to."""

    digest: str
    size: int
    media_type: str = ""
    annotations: dict[str, str] = {}
    platform: dict[str, object] | None = None


class _Manifest(msgspec.Struct, rename="camel"):
    media_type: str = ""
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of an artifact.

    Attributes:
        path: as its annotation names it; `layers/DIGEST` where none does.
        sha256: its digest, which is also its address.
        size: bytes.
        archive: it is a tar of files, whose members `#path` may name with `!/`.
    """

    path: str
    sha256: str
    size: int
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """Several forms of one artifact, or one and what was attested about it."""

    manifests: tuple[Descriptor, ...]


def read_manifest(name: str, body: bytes) -> tuple[Layer, ...] | Index:
    """The layers of a manifest in path order, or the index that lies in its place.

    Raises:
        MalformedError: it is neither, or what it says cannot be.
        RefusedError: a layer is named so that it would leave the folder it is put in.
    """
    try:
        found = msgspec.json.decode(body, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(name, str(error)) from error
    if found.manifests is not None and found.layers is None:
        for entry in found.manifests:
            _check(name, entry)
        return Index(tuple(found.manifests[:MAX_LAYERS]))
    if found.layers is None or len(found.layers) > MAX_LAYERS:
        raise malformed(name, "it is no manifest of layers")
    layers: dict[str, Layer] = {}
    for number, entry in enumerate(found.layers):
        layer = _layer(name, entry, number)
        twin = layers.get(layer.path)
        if twin is not None and twin != layer:
            raise malformed(name, f"it lists {layer.path!r} twice")
        layers[layer.path] = layer
    return tuple(layers[path] for path in sorted(layers))


def only_one(name: str, index: Index) -> Descriptor:
    """The manifest of an index that holds one; attestations beside it are no choice.

    Raises:
        UsageError: there are several; the message lists them.
    """
    real = [
        d for d in index.manifests if d.annotations.get("vnd.docker.reference.type") != "attestation-manifest"
    ]
    if len(real) == 1:
        return real[0]
    shown = ", ".join(f"{d.digest} ({_platform(d)})" for d in real[:8])
    raise UsageError(
        f"{name} is not one artifact",
        why=f"it comes in {len(real)} forms: {shown or 'none'}",
        hint="name one by its digest: oci:REGISTRY/NAME@sha256:…",
    )


def _platform(entry: Descriptor) -> str:
    about = entry.platform or {}
    text = "/".join(str(about[key]) for key in ("os", "architecture", "variant") if key in about)
    return text[:60] or entry.media_type[:60]


def _layer(name: str, entry: Descriptor, number: int) -> Layer:
    _check(name, entry)
    digest = entry.digest.removeprefix("sha256:")
    path = next((entry.annotations[key] for key in _TITLES if key in entry.annotations), "")
    if not path and entry.media_type.startswith(_OLLAMA):
        path = _ollama_name(entry.media_type.removeprefix(_OLLAMA), number)
    path = path.removeprefix("./") or f"layers/{digest}"
    if not is_safe_path(path) or "!/" in path:
        raise RefusedError(f"will not read {name}", why=f"a layer of it is called {path[:200]!r}")
    return Layer(path, digest, entry.size, archive=bool(_TAR.search(entry.media_type)))


def _ollama_name(kind: str, number: int) -> str:
    return {"model": "model.gguf"}.get(kind, kind if kind.isalnum() else f"layer-{number}")


def _check(name: str, entry: Descriptor) -> None:
    if not _DIGEST.fullmatch(entry.digest) or not 0 <= entry.size < _MAX_SIZE:
        raise malformed(name, f"what it says of {entry.digest[:80]!r} cannot be")


def malformed(name: str, why: str) -> MalformedError:
    """The error for an answer of a registry that cannot be."""
    return MalformedError(f"cannot read what the registry says about {name}", why=why, rule="oci-answer")
