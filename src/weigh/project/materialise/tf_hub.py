"""The cache of tensorflow_hub: a folder named by the sha1 of the handle, and its description beside it.

The handle is hashed as the program writes it, without `tf-hub-format` (tensorflow_hub 0.16.1, `resolver.py`,
`compressed_module_resolver.py`), so another spelling of the same address is another folder.
"""

import hashlib
from collections.abc import Iterable

from weigh.project.materialise.unit import CACHE, Claim, Placed, Unit, file_unit, folder_unit

FOLDER = f"{CACHE}/tfhub"


def tfhub_units(claims: Iterable[Claim]) -> tuple[list[Unit], list[str]]:
    """A SavedModel folder for each handle."""
    units: list[Unit] = []
    for claim in claims:
        name = hashlib.sha1(claim.key.encode(), usedforsecurity=False).hexdigest()
        files = [Placed.of(f.path, f) for f in claim.files if not f.path.startswith("papers/")]
        units.append(folder_unit(f"{FOLDER}/{name}", files, (claim.section,)))
        # The client writes a time here; without one the file is the same on every machine.
        text = f"Module: {claim.key}\nDownloader: weigh sync\n".encode()
        units.append(file_unit(f"{FOLDER}/{name}.descriptor.txt", Placed.made("", text), (claim.section,)))
    return units, []
