"""Predictions: what a predictor answered on a test set, kept as named arrays, never pickled."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError
from weigh.datasets.table import IntArray, StrArray

VERSION = 1

_BYTES, _OFFSETS = "_utf8", "_offsets"


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
        """int64 [n] most probable class, the first of equally probable ones."""
        return np.argmax(self.proba, axis=1).astype(np.int64)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """bool [n] whether the most probable class is the true one."""
        return self.predicted == self.labels

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of everything in it."""
        arrays, metadata = self.to_arrays()
        total = hashlib.sha256(dumps(metadata))
        for name in sorted(arrays):
            array = arrays[name]
            total.update(dumps([name, array.dtype.str, list(array.shape)]))
            total.update(np.ascontiguousarray(array).tobytes())
        return "sha256:" + total.hexdigest()

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays (little-endian numbers; text as UTF-8 bytes with offsets) and JSON metadata."""
        names = sorted(self.columns)
        arrays: dict[str, NDArray[Any]] = {
            "labels": self.labels.astype("<i8"),
            "proba": self.proba.astype("<f8"),
            "groups": self.groups.astype("<i8"),
        }
        _pack(arrays, "ids", self.ids)
        for i, name in enumerate(names):
            _pack(arrays, f"column{i}", self.columns[name].tolist())
        metadata = {
            "version": VERSION,
            "test": self.test,
            "classes": list(self.classes),
            "columns": names,
        }
        return arrays, metadata

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]) -> "Predictions":
        """The inverse of `to_arrays`.

        Raises:
            MalformedError: something is missing, or shapes, types or values contradict each other.
        """
        if metadata.get("version") != VERSION:
            raise _malformed(f"version {metadata.get('version')!r} is not {VERSION}")
        classes, names = _strings(metadata, "classes"), _strings(metadata, "columns")
        proba = _numbers(arrays, "proba", "<f8", 2).astype(np.float64)
        ids = _unpack(arrays, "ids")
        rows = len(ids)
        labels = _numbers(arrays, "labels", "<i8", 1).astype(np.int64)
        groups = _numbers(arrays, "groups", "<i8", 1).astype(np.int64)
        columns = {name: np.array(_unpack(arrays, f"column{i}"), np.str_) for i, name in enumerate(names)}
        if proba.shape != (rows, len(classes)):
            raise _malformed(f"probabilities are {proba.shape}, not {(rows, len(classes))}")
        if any(len(a) != rows for a in (labels, groups, *columns.values())):
            raise _malformed(f"some columns do not have {rows} rows")
        if rows and not (labels.min() >= 0 and labels.max() < len(classes)):
            raise _malformed("a label is no class")
        if not np.isfinite(proba).all():
            raise _malformed("a probability is not finite")
        return Predictions(tuple(ids), labels, proba, classes, columns, groups, str(metadata.get("test", "")))


def _pack(arrays: dict[str, NDArray[Any]], name: str, texts: tuple[str, ...] | list[str]) -> None:
    encoded = [text.encode() for text in texts]
    arrays[name + _BYTES] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    arrays[name + _OFFSETS] = np.cumsum([0, *(len(e) for e in encoded)]).astype("<i8")


def _unpack(arrays: Mapping[str, NDArray[Any]], name: str) -> list[str]:
    data = _numbers(arrays, name + _BYTES, "|u1", 1).tobytes()
    offsets = _numbers(arrays, name + _OFFSETS, "<i8", 1)
    if not offsets.size or offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 0).any():
        raise _malformed(f"the offsets of {name} do not fit its bytes")
    ends = offsets.tolist()
    try:
        return [data[start:end].decode() for start, end in zip(ends[:-1], ends[1:], strict=True)]
    except UnicodeDecodeError as error:
        raise _malformed(f"{name} is not UTF-8") from error


def _numbers(arrays: Mapping[str, NDArray[Any]], name: str, dtype: str, dimensions: int) -> NDArray[Any]:
    array = arrays.get(name)
    if array is None:
        raise _malformed(f"{name} is missing")
    if array.dtype.newbyteorder("<") != np.dtype(dtype) or array.ndim != dimensions:
        raise _malformed(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array


def _strings(metadata: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = metadata.get(key)
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise _malformed(f"{key} is not a list of names")
    return tuple(values)


def _malformed(why: str) -> MalformedError:
    return MalformedError("stored predictions cannot be read", why=why, hint="ask again with --refresh")
