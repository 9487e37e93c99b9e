"""Plain folders of the project, `.weigh/models/NAME`, for programs that open files by path."""

from collections.abc import Iterable

from weigh.project.materialise.unit import MODELS, Claim, Placed, Unit, folder_unit


def path_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """Each model as a folder with all its files, papers included."""
    return [
        folder_unit(f"{MODELS}/{c.key}", (Placed.of(f.path, f) for f in c.files), (c.section,))
        for c in claims
    ], []
