"""Predictions: what a predictor answered on a test set, kept as named arrays, never pickled."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import NotCanonicalError, dumps, loads
from weigh.datasets.packing import malformed, numbers, pack, unpack
from weigh.datasets.table import IntArray, StrArray

VERSION = 1

_KEY = "predictions"


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Answers to the rows of one test set.

    Attributes:
        ids: where each row came from.
        labels: int64 [n] true class, place in `classes`.
        proba: float64 [n, classes], each row sums to 1.
        classes: names of the classes.
        columns: str [n] values of slice columns.
        groups: int64 [n] group of each row.
        test: name of the test set.
    """

    ids: tuple[str, ...]
    labels: IntArray
    proba: NDArray[np.float64]
    classes: tuple[str, ...]
    columns: Mapping[str, StrArray]
    groups: IntArray
    test: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def predicted(self) -> IntArray:
        """Place of the most probable class, the first of equally probable ones. int64 [n]."""
        best: IntArray = np.argmax(self.proba, axis=1).astype(np.int64)
        return best

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the most probable class is the true one. bool [n]."""
        right: NDArray[np.bool_] = self.predicted == self.labels
        return right

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of everything in it."""
        arrays, metadata = self.to_arrays()
        total = hashlib.sha256(dumps(metadata))
        for name in sorted(arrays):
            little = arrays[name].astype(arrays[name].dtype.newbyteorder("<"))
            total.update(dumps([name, little.dtype.str, list(little.shape)]))
            total.update(np.ascontiguousarray(little).tobytes())
        return "sha256:" + total.hexdigest()

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
        """Arrays of numbers (texts as bytes and offsets), and JSON metadata, as a Keeper takes them."""
        names = sorted(self.columns)
        arrays: dict[str, NDArray[Any]] = {
            "labels": self.labels.astype(np.int64),
            "proba": self.proba.astype(np.float64),
            "groups": self.groups.astype(np.int64),
            **pack("ids", self.ids),
        }
        for place, name in enumerate(names):
            arrays |= pack(f"column.{place}", self.columns[name].tolist())
        told = {"version": VERSION, "test": self.test, "classes": self.classes, "columns": names}
        return arrays, {_KEY: dumps(told).decode()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> "Predictions":
        """The inverse of `to_arrays`.

        Raises:
            MalformedError: something is missing, or shapes, types or values contradict each other.
        """
        told = _told(metadata)
        classes, names = _names(told, "classes"), _names(told, "columns")
        found = Predictions(
            ids=tuple(unpack("ids", arrays)),
            labels=numbers("labels", arrays, "int64", dimensions=1),
            proba=numbers("proba", arrays, "float64", dimensions=2),
            classes=classes,
            columns={
                name: np.array(unpack(f"column.{place}", arrays), np.str_) for place, name in enumerate(names)
            },
            groups=numbers("groups", arrays, "int64", dimensions=1),
            test=str(told.get("test", "")),
        )
        _require_consistent(found)
        return found


def _told(metadata: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        told = loads(metadata.get(_KEY, ""))
    except (ValueError, NotCanonicalError, RecursionError) as error:
        raise malformed("the metadata is not JSON") from error
    if not isinstance(told, dict) or told.get("version") != VERSION:
        raise malformed(f"the metadata is not of version {VERSION}")
    return told


def _names(told: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = told.get(key)
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise malformed(f"{key} is not a list of names")
    return tuple(values)


def _require_consistent(found: Predictions) -> None:
    rows, classes = len(found.ids), len(found.classes)
    if found.proba.shape != (rows, classes):
        raise malformed(f"probabilities are {found.proba.shape}, not {(rows, classes)}")
    if any(len(a) != rows for a in (found.labels, found.groups, *found.columns.values())):
        raise malformed(f"some columns do not have {rows} rows")
    if rows and not (found.labels.min() >= 0 and found.labels.max() < classes):
        raise malformed("a label is no class")
    if not (np.isfinite(found.proba).all() and (found.proba >= 0).all()):
        raise malformed("a probability is negative or not finite")
