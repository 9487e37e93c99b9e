"""Which models did a program ask for that are not locked? Read out of what clients print, for a hint.

The texts are those of huggingface_hub 0.36 to 2.4, transformers 5.23, torch 2.13, kagglehub 1.0.2; a client
that words it otherwise costs the hint, nothing else.
"""

import re
from collections.abc import Iterator

from weigh.core.errors import UsageError
from weigh.core.ref import RefKind, parse_ref
from weigh.project.lock import Family, Lock, LockedModel

MOST = 5
"""Models named in one hint."""

_KINDS: dict[str, RefKind] = {
    Family.HF: RefKind.HF,
    Family.TORCH_HUB: RefKind.TORCHHUB,
    Family.KAGGLE: RefKind.KAGGLE,
}
_NAME = r"[A-Za-z0-9][\w.-]{0,95}"
_HUB = re.compile(
    rf"https?://[^\s/'\"]+/(?:api/(?P<kind>models|datasets)/)?(?P<data>datasets/)?"
    rf"(?P<name>{_NAME}(?:/{_NAME})?)/(?:resolve|revision|tree)/(?P<revision>[^\s/'\"?]{{1,100}})"
)
_MODEL = re.compile(rf"https?://[^\s/'\"]+/api/models/(?P<name>{_NAME}/{_NAME})(?=[\s:'\"?]|$)")
_TEXTS = (
    re.compile(rf"(?P<name>{_NAME}/{_NAME}) is not the path to a directory containing a file named"),
    re.compile(rf"couldn't find (?:it|them) in the cached files[^\n]{{0,200}}?(?P<name>{_NAME}/{_NAME})"),
    re.compile(rf"Can't load [^\n]{{1,80}} for '(?P<name>{_NAME}/{_NAME})'"),
    re.compile(rf"Repo id[^\n]{{0,20}} '?(?P<name>{_NAME}/{_NAME})'?"),
)
_CALLED = re.compile(
    rf"(?:from_pretrained|pipeline|SentenceTransformer|CrossEncoder|snapshot_download|hf_hub_download)\("
    rf"[^\n]{{0,80}}?['\"](?P<name>{_NAME}/{_NAME})['\"]"
)
_OFFLINE = re.compile(
    r"couldn't find (?:it|them) in the cached files|OfflineModeIsEnabled|outgoing traffic has been disabled"
    r"|LocalEntryNotFoundError|no internet connection and the repo could not be found in the cache"
)
_GITHUB = re.compile(rf"https://(?:api\.)?github\.com/(?:repos/)?(?P<name>{_NAME}/{_NAME})")
_LOADED = re.compile(rf"hub\.load\(\s*['\"](?P<name>{_NAME}/{_NAME}(?::[\w./-]{{1,100}})?)['\"]")
_KAGGLE = re.compile(
    rf"model_download\(\s*(?:handle\s*=\s*)?['\"](?P<name>{_NAME}/{_NAME}/{_NAME}/{_NAME}(?:/\d+)?)['\"]"
)
_TFHUB = re.compile(r"https://tfhub\.dev/[^\s'\"?]{1,200}")
_WEIGHTS = re.compile(r"https://[^\s'\"?]{1,300}\.(?:pth?|ckpt|h5|keras|bin|safetensors|onnx)\b")


def asked_outside(said: str, lock: Lock) -> tuple[str, ...]:
    """Refs that the program seems to have asked for and that the lock does not hold, each once.

    Args:
        said: the end of what the program wrote to its error output; hostile.
        lock: what is locked.
    """
    held = {key for model in lock.models.values() for key in _held(model)}
    found: dict[str, None] = {}
    for text, name in _candidates(said):
        kind = text.partition(":")[0]
        known = any(key == (kind, name) or (key[0] == kind and key[1].startswith(f"{name}/")) for key in held)
        if not known and _is_ref(text):
            found.setdefault(text)
    return tuple(found)[:MOST]


def missed_a_model(said: str) -> bool:
    """Whether a client said that a model is not in its cache, without saying which."""
    return _OFFLINE.search(said) is not None


def _held(model: LockedModel) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything by which a program finds this model."""
    for text in model.exact + model.requested:
        ref = parse_ref(text)
        yield ref.kind.value, ref.name
    for place in model.materialise:
        kind = _KINDS.get(place.family)
        if kind is not None:
            yield kind.value, place.key.partition("@" if kind is RefKind.HF else ":")[0]


def _candidates(said: str) -> Iterator[tuple[str, str]]:
    """(ref, name that a lock would hold it under) of everything that may have been asked for."""
    yield from _from_hub(said)
    for pattern in (_LOADED, _GITHUB):
        for match in pattern.finditer(said):
            yield f"torchhub:{match['name']}", match["name"].partition(":")[0]
    for match in _KAGGLE.finditer(said):
        yield f"kaggle:{match['name']}", match["name"]
    for match in _TFHUB.finditer(said):
        yield f"tfhub:{match[0]}", match[0]
    for match in _WEIGHTS.finditer(said):
        if not _HUB.match(match[0]):
            yield match[0], match[0]


def _from_hub(said: str) -> Iterator[tuple[str, str]]:
    for match in _HUB.finditer(said):
        data = match["data"] or ("datasets/" if match["kind"] == "datasets" else "")
        named = match["revision"].rstrip(":;,.)")
        revision = "" if named == "main" else f"@{named}"
        yield f"hf:{data}{match['name']}{revision}", data + match["name"]
    for pattern in (_MODEL, *_TEXTS, _CALLED):
        for match in pattern.finditer(said):
            yield f"hf:{match['name']}", match["name"]


def _is_ref(text: str) -> bool:
    try:
        parse_ref(text)
    except UsageError:
        return False
    return True
