"""Which place of which cache a locked model belongs to, told by what its files came from."""

import re
from collections.abc import Iterable, Iterator

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.project.lock import Family, LockedFile, Materialisation, require_key
from weigh.project.manifest import Declaration
from weigh.sources.inner_ref import CHECKPOINTS, inner_ref

BRANCH = "main"
"""What a program asks for that names no revision; for torch.hub, too, since `master` is tried besides."""

_CHECKPOINT = (".pt", ".pth", ".pt2", ".ckpt", ".bin")
_KERAS = (".h5", ".keras", ".hdf5")
_KERAS_FOLDER = "models"
"""Where keras.utils.get_file puts files below KERAS_HOME for keras.applications (`cache_subdir`)."""
_TORCH_LIBRARIES = frozenset({"torchvision", "torchaudio", "torchtext"})
"""Catalogues whose files these libraries look for in torch.hub's folder of checkpoints."""
_HUB_ID = re.compile(r"(?:datasets/)?(?:[\w-][\w.-]{0,95}/)?[\w-][\w.-]{0,95}", re.ASCII)


def cache_keys(declaration: Declaration, files: Iterable[LockedFile]) -> tuple[Materialisation, ...]:
    """Where `weigh sync` puts the files of a section, sorted; empty for data that no cache is for.

    Raises:
        UsageError: a name in a cache would lead out of it, or is missing where none is implied.
    """
    lines = tuple(files)
    implied = sorted({place for line in lines for place in _of_file(declaration, line)})
    implied += _aliases(declaration, implied)
    if declaration.put_as:
        places = {p for said in declaration.put_as for p in _said(declaration, said, implied, lines)}
    else:
        places = set(implied)
    for place in places:
        require_key(place, declaration.section)
    return tuple(sorted(places))


def _of_file(declaration: Declaration, line: LockedFile) -> Iterator[Materialisation]:
    ref = parse_ref(line.ref)
    name = line.path.rsplit("/", 1)[-1]
    inner = inner_ref(ref) if ref.kind is RefKind.CATALOGUE else None
    if inner is not None and inner.kind is RefKind.HF:
        ref = inner
    if ref.kind is RefKind.HF:
        yield Materialisation(Family.HF, f"{ref.name}@{ref.revision or BRANCH}")
    elif declaration.spec is not None:
        return
    elif ref.kind is RefKind.TORCHHUB and line.path.startswith(f"{CHECKPOINTS}/"):
        yield Materialisation(Family.TORCH_CHECKPOINT, name)
    elif ref.kind is RefKind.TORCHHUB:
        yield Materialisation(Family.TORCH_HUB, _hub_key(declaration, ref))
    elif ref.kind is RefKind.TFHUB:
        yield Materialisation(Family.TFHUB, ref.name)
    elif ref.kind is RefKind.KAGGLE:
        yield Materialisation(Family.KAGGLE, f"{ref.name}/{ref.file}" if ref.file else ref.name)
    elif _is_checkpoint(ref, name):
        yield Materialisation(Family.TORCH_CHECKPOINT, name)
    elif _is_keras(ref, name):
        yield Materialisation(Family.KERAS, f"{_KERAS_FOLDER}/{name}")
    else:
        yield Materialisation(Family.PATH, declaration.name)


def _is_checkpoint(ref: ArtifactRef, name: str) -> bool:
    if ref.kind is RefKind.CATALOGUE:
        return ref.name.split("/")[0] in _TORCH_LIBRARIES
    return ref.kind is RefKind.HTTPS and not ref.members and name.lower().endswith(_CHECKPOINT)


def _is_keras(ref: ArtifactRef, name: str) -> bool:
    if ref.kind is RefKind.CATALOGUE:
        return ref.name.split("/")[0] == "keras"
    return ref.kind is RefKind.HTTPS and not ref.members and name.lower().endswith(_KERAS)


def _hub_key(declaration: Declaration, ref: ArtifactRef) -> str:
    """The name by which the code asks: with the ref as declared, not with the commit it was found at."""
    asked = next((p.ref for p in declaration.parts if (p.ref.kind, p.ref.name) == (ref.kind, ref.name)), ref)
    return f"{ref.name}:{asked.revision or BRANCH}"


def _aliases(declaration: Declaration, implied: list[Materialisation]) -> list[Materialisation]:
    """An alias that looks like a hub's id is one more repository of the hub's cache."""
    revisions = sorted({p.key.rpartition("@")[2] for p in implied if p.family == Family.HF})
    names = [alias for alias in declaration.aliases if _HUB_ID.fullmatch(alias)]
    return [Materialisation(Family.HF, f"{name}@{revision}") for name in names for revision in revisions]


def _said(
    declaration: Declaration,
    said: Materialisation,
    implied: list[Materialisation],
    lines: tuple[LockedFile, ...],
) -> Iterator[Materialisation]:
    if said.key:
        # The hub's cache has no place without a revision.
        bare = said.family == Family.HF and "@" not in said.key
        yield Materialisation(said.family, f"{said.key}@{BRANCH}" if bare else said.key)
        return
    same = [place for place in implied if place.family == said.family]
    name = lines[0].path.rsplit("/", 1)[-1] if len(lines) == 1 else ""
    made = {
        Family.PATH: declaration.name,
        Family.TORCH_CHECKPOINT: name,
        Family.KERAS: f"{_KERAS_FOLDER}/{name}" if name else "",
    }
    if not same and not made.get(Family(said.family)):
        raise UsageError(
            f"{declaration.section} cannot be put as {said.family!r} without a name",
            why="its refs do not say what it is called there",
            hint=f'as = ["{said.family}:NAME"]',
        )
    yield from same or [Materialisation(said.family, made[Family(said.family)])]
