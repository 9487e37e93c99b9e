"""A Hugging Face hub cache of the locked models, to be copied to where HF_HUB_CACHE points."""

from pathlib import Path

from weigh.core.errors import UsageError
from weigh.project.export_tree import Copied, write_tree
from weigh.project.lock import Family, Lock
from weigh.project.materialise.plan import plan
from weigh.store.blobs import Blobs

_ROOT = "models--", "datasets--"


def hf_cache(target: Path, lock: Lock, blobs: Blobs) -> tuple[int, tuple[str, ...]]:
    """Write the cache; returns its bytes and what it leaves out.

    Raises:
        UsageError: no locked model is one of that hub, or something is at the target.
    """
    files: list[Copied] = []
    for unit in plan(lock).units:
        parts = unit.root.split("/")
        top = next((i for i, part in enumerate(parts) if part.startswith(_ROOT)), None)
        if top is not None:
            below = "/".join(parts[top:])
            files += [Copied("/".join(p for p in (below, f.path) if p), f.sha256, f.data) for f in unit.files]
    if not files:
        raise UsageError(
            "no locked model comes from the Hugging Face hub", hint="weigh vendor copies any model"
        )
    others = sorted(
        section
        for section, model in lock.models.items()
        if not any(place.family == Family.HF for place in model.materialise)
    )
    return write_tree(target, sorted(files, key=lambda f: f.path), blobs), tuple(others)
