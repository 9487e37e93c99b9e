"""Whether the libraries that version control needs are installed. Imports nothing of them."""

import os
from importlib.util import find_spec

from weigh.core.errors import MissingExtraError

NEEDED = ("blake3", "numpy", "zstandard")


def require_extra() -> None:
    """That version control can work here; the modules that import these libraries are imported afterwards.

    Raises:
        MissingExtraError: one of them is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"{missing[0]} is not installed", extra="versions")
    # Matrices are multiplied here only now and then: threads that wait for it cost a third of the start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
