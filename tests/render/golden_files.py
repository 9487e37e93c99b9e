"""Goldens: what a person or a machine reads, kept as files. WEIGH_UPDATE_GOLDEN=1 writes them anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check(name, produced):
    file = FOLDER / name
    if os.environ.get("WEIGH_UPDATE_GOLDEN") == "1":
        file.write_bytes(produced)
    assert produced.decode() == file.read_bytes().decode()
