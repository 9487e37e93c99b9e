"""DARE: the keys that say which changes of a tensor stay."""

from weigh.store.packs.objects import content_id
from weigh.store.recipes.dare import Dare
from weigh.versions.strategies.weighted import working

SIDES = ("ours", "theirs")


def dare(
    name: str, dtypes: tuple[str, ...], target: str, *, weights: tuple[float, ...], density: float, seed: int
) -> Dare:
    """The rule for one tensor; the sources are base, ours, theirs.

    Args:
        name: of the tensor, so that no two tensors lose the same places.
        dtypes: types of the sources.
        target: type that is made.
        weights: of the changes.
        density: share of the changes that stays, above 0 and up to 1.
        seed: of the merge.
    """
    keys = tuple(key_of(seed, name, side) for side in SIDES)
    return Dare(working(*dtypes), weights, keys, density, dtypes, target)


def key_of(seed: int, name: str, side: str) -> int:
    """The generator's key: the first 8 bytes, the lowest first, of the BLAKE3 of `seed`, side and name.

    The three are joined by zero bytes; the name comes last, so that none can be taken for another.
    """
    text = f"{seed}\0{side}\0{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(content_id(text)[:8], "little")
