"""What is kept of a fit: named arrays and canonical JSON, never a pickle."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.adapt.arm import Fitted
from weigh.core.canonical import dumps, loads
from weigh.core.digest import of_value, sha256_hex
from weigh.core.errors import MalformedError

SETTINGS = "settings"
# Numbers and bytes. Objects and strings are refused: reading them back would need pickle or guessing.
KINDS = "biuf"


def to_arrays(fitted: Fitted) -> dict[str, NDArray[Any]]:
    """Return every array by name, the settings among them as UTF-8 canonical JSON.

    Raises:
        MalformedError: when an array holds anything but numbers, or takes the name of the settings.
    """
    for name, array in fitted.arrays.items():
        if name == SETTINGS or array.dtype.kind not in KINDS:
            raise MalformedError("a fit cannot be kept", why=f"array {name!r} of {array.dtype}")
    settings = np.frombuffer(dumps(fitted.settings), dtype=np.uint8).copy()
    return {**fitted.arrays, SETTINGS: settings}


def from_arrays(arrays: dict[str, NDArray[Any]]) -> Fitted:
    """Return the fit of `to_arrays`.

    Raises:
        MalformedError: when the settings are missing or not a JSON object, or an array is not of numbers.
    """
    if SETTINGS not in arrays:
        raise MalformedError("a stored fit is broken", why="its settings are missing")
    kept = {name: array for name, array in arrays.items() if name != SETTINGS}
    bad = [name for name, array in kept.items() if array.dtype.kind not in KINDS]
    if bad:
        raise MalformedError("a stored fit is broken", why=f"array {bad[0]!r} is not of numbers")
    try:
        settings = loads(np.asarray(arrays[SETTINGS], dtype=np.uint8).tobytes())
    except ValueError as error:
        raise MalformedError("a stored fit is broken", why=f"its settings are not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise MalformedError("a stored fit is broken", why="its settings are not an object")
    return Fitted(kept, settings)


def digest(fitted: Fitted) -> str:
    """`sha256:<hex>` of names, types, shapes and bytes of the arrays, and of the settings."""
    return of_value(
        {
            name: [array.dtype.str, list(array.shape), sha256_hex(np.ascontiguousarray(array).tobytes())]
            for name, array in to_arrays(fitted).items()
        }
    )
