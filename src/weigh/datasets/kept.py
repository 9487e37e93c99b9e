"""A Table as named arrays and text metadata, and back: the form in which used rows are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps, loads
from weigh.datasets.packing import BYTES, pack, unpack
from weigh.datasets.table import DigestArray, FeatureColumns, Table

_DIGESTS = ("row_digests", "contents", "group_digests")


def to_arrays(table: Table) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays of numbers and bytes, and JSON metadata."""
    arrays: dict[str, NDArray[Any]] = {"labels": table.labels, "groups": table.groups}
    arrays |= {name: _digest_bytes(getattr(table, name)) for name in _DIGESTS}
    arrays |= pack("ids", table.ids)
    for place, name in enumerate(sorted(table.columns)):
        arrays |= pack(f"column.{place}", table.columns[name].tolist())
    metadata: dict[str, Any] = {
        "classes": table.classes,
        "columns": sorted(table.columns),
        "grouped": table.grouped,
        "rows_read": table.rows_read,
    }
    if table.texts is not None:
        arrays |= pack("texts", table.texts)
    if table.features is not None:
        features = table.features
        arrays |= {"numeric": features.numeric, "categorical": features.categorical}
        metadata["features"] = [features.numeric_names, features.categorical_names, features.categories]
    return arrays, {"table": dumps(metadata).decode("utf-8")}


def from_arrays(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Table:
    """The Table of `to_arrays`."""
    told = loads(metadata["table"])
    columns = {
        name: np.array(unpack(f"column.{place}", arrays), dtype=np.str_)
        for place, name in enumerate(told["columns"])
    }
    digests = {name: _as_digests(arrays[name]) for name in _DIGESTS}
    return Table(
        ids=tuple(unpack("ids", arrays)),
        classes=tuple(told["classes"]),
        labels=arrays["labels"],
        texts=unpack("texts", arrays) if "texts" + BYTES in arrays else None,
        features=_features(arrays, told["features"]) if "features" in told else None,
        columns=columns,
        groups=arrays["groups"],
        grouped=told["grouped"],
        row_digests=digests["row_digests"],
        contents=digests["contents"],
        group_digests=digests["group_digests"],
        rows_read=told["rows_read"],
    )


def _features(arrays: Mapping[str, NDArray[Any]], told: Sequence[Any]) -> FeatureColumns:
    numeric, categorical, categories = told
    return FeatureColumns(
        arrays["numeric"],
        tuple(numeric),
        arrays["categorical"],
        tuple(categorical),
        tuple(tuple(c) for c in categories),
    )


def _digest_bytes(digests: DigestArray) -> NDArray[np.uint8]:
    return np.frombuffer(digests.tobytes(), dtype=np.uint8).reshape(len(digests), 32)


def _as_digests(array: NDArray[np.uint8]) -> DigestArray:
    return np.frombuffer(array.tobytes(), dtype="S32")
