"""The cache of `keras.utils.get_file`: `KERAS_HOME/SUBFOLDER/NAME`, `models` for the built-in networks."""

from collections.abc import Iterable

from weigh.project.materialise.unit import CACHE, Claim, Placed, Unit, file_unit

FOLDER = f"{CACHE}/keras"
DEFAULT_SUBFOLDER = "models"


def keras_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """Each file under the name that the program asks for."""
    units: list[Unit] = []
    for claim in claims:
        key = claim.key if "/" in claim.key else f"{DEFAULT_SUBFOLDER}/{claim.key}"
        units.append(file_unit(f"{FOLDER}/{key}", Placed.of("", claim.named(key)), (claim.section,)))
    return units, []
