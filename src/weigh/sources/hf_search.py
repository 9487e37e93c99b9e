"""Searching the hub by its list of models.

Source: `GET /api/models` of the hub's OpenAPI description; parameters as huggingface_hub 2.4 sends them.
Answers are untrusted; a server that knows none of the filters gives more than was asked for, so whoever
calls this applies every wish again.
"""

from typing import Any
from urllib.parse import urlencode

import msgspec

from weigh.core.errors import MalformedError
from weigh.core.offer import Offer, Shelf, Wanted
from weigh.core.ref import ArtifactRef, RefKind
from weigh.sources.hf_http import HubHttp

MAX_ANSWER = 16 * 1024 * 1024
MOST = 200
"""Models that are asked for at once; what is left after a licence class was applied is often far less."""
_SHOWN = ("downloads", "gated", "library_name", "pipeline_tag", "safetensors", "tags")


class _Weights(msgspec.Struct):
    total: int = -1


class _Model(msgspec.Struct):
    id: str
    downloads: int = -1
    gated: bool | str = False
    library_name: str | None = None
    pipeline_tag: str | None = None
    safetensors: _Weights | None = None
    tags: tuple[str, ...] = ()


def search_hub(http: HubHttp, wanted: Wanted) -> tuple[Offer, ...]:
    """Models of the hub, the most downloaded first.

    Raises:
        OfflineError: the hub cannot be reached.
        MalformedError: its answer is no list of models.
    """
    asked: list[tuple[str, str]] = [("search", wanted.words), ("sort", "downloads"), ("limit", str(MOST))]
    if wanted.task:
        asked.append(("pipeline_tag", wanted.task))
    if wanted.library:
        asked.append(("filter", wanted.library))
    if wanted.most_parameters >= 0:
        asked.append(("num_parameters", f"max:{wanted.most_parameters}"))
    asked += [("expand", name) for name in _SHOWN]
    body = http.get(f"{http.settings.endpoint}/api/models?{urlencode(asked)}", max_bytes=MAX_ANSWER)
    try:
        listed = msgspec.json.decode(body, type=list[_Model])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("the hub's answer is no list of models", why=str(error)) from error
    return tuple(_offer(model) for model in listed[:MOST])


def _offer(model: _Model) -> Offer:
    stated = [tag.removeprefix("license:") for tag in model.tags if tag.startswith("license:")]
    weights: Any = model.safetensors
    return Offer(
        str(ArtifactRef(RefKind.HF, model.id)),
        Shelf.HUB,
        task=model.pipeline_tag or "",
        library=model.library_name or "",
        licence=stated[0] if stated else "",
        parameters=weights.total if weights is not None else -1,
        downloads=model.downloads,
        gated=bool(model.gated),
    )
