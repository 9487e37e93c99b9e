"""The cache of kagglehub: `models/OWNER/MODEL/FRAMEWORK/VARIATION/VERSION` and an empty `VERSION.complete`.

As kagglehub 1.0.2 reads it (`cache.py`), which keeps a marker for each file, too, in
`models/OWNER/MODEL/FRAMEWORK/VARIATION/.complete/VERSION/PATH.complete`. A handle without a version is always
looked up at Kaggle first, so a program that names none cannot be pinned from here; that is said.
"""

from collections.abc import Iterable

from weigh.core.errors import UsageError
from weigh.project.materialise.unit import CACHE, Claim, Placed, Unit, file_unit, folder_unit

FOLDER = f"{CACHE}/kaggle/models"
_PARTS = 5


def kaggle_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """A folder and its marker for each version; a note for each handle that was declared without one."""
    units: list[Unit] = []
    notes: list[str] = []
    for claim in claims:
        parts = claim.key.split("/")
        if len(parts) != _PARTS or not parts[-1].isdecimal():
            raise UsageError(
                f"{claim.key!r} is no version of a Kaggle model",
                why="it is owner/model/framework/variation/VERSION",
                hint="weigh lock",
            )
        root = f"{FOLDER}/{claim.key}"
        files = [Placed.of(f.path, f) for f in claim.files if not f.path.startswith("papers/")]
        units.append(folder_unit(root, files, (claim.section,)))
        units.append(file_unit(f"{root}.complete", Placed.made("", b""), (claim.section,)))
        handle = "/".join(parts[:-1])
        markers = [Placed.made(f"{file.path}.complete", b"") for file in files]
        units.append(folder_unit(f"{FOLDER}/{handle}/.complete/{parts[-1]}", markers, (claim.section,)))
        if any(text.removeprefix("kaggle:") == handle for text in claim.model.requested):
            notes.append(
                f"kaggle:{handle} names no version: kagglehub asks Kaggle for the newest and never looks in "
                f"a cache, so code has to write {claim.key}"
            )
    return units, notes
