"""A Table as named arrays and text metadata, and back: the form in which used rows are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps, loads
from weigh.datasets.table import DigestArray, FeatureColumns, Table

_DIGESTS = ("row_digests", "contents", "group_digests")


def to_arrays(table: Table) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays of numbers and bytes, and JSON metadata."""
    arrays: dict[str, NDArray[Any]] = {"labels": table.labels, "groups": table.groups}
    arrays |= {name: _digest_bytes(getattr(table, name)) for name in _DIGESTS}
    arrays |= _pack("ids", table.ids)
    for place, name in enumerate(sorted(table.columns)):
        arrays |= _pack(f"column.{place}", table.columns[name].tolist())
    metadata: dict[str, Any] = {
        "classes": table.classes,
        "columns": sorted(table.columns),
        "grouped": table.grouped,
        "rows_read": table.rows_read,
    }
    if table.texts is not None:
        arrays |= _pack("texts", table.texts)
    if table.features is not None:
        features = table.features
        arrays |= {"numeric": features.numeric, "categorical": features.categorical}
        metadata["features"] = [features.numeric_names, features.categorical_names, features.categories]
    return arrays, {"table": dumps(metadata).decode("utf-8")}


def from_arrays(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Table:
    """The Table of `to_arrays`."""
    told = loads(metadata["table"])
    columns = {
        name: np.array(_unpack(f"column.{place}", arrays), dtype=np.str_)
        for place, name in enumerate(told["columns"])
    }
    digests = {name: _as_digests(arrays[name]) for name in _DIGESTS}
    return Table(
        ids=tuple(_unpack("ids", arrays)),
        classes=tuple(told["classes"]),
        labels=arrays["labels"],
        texts=_unpack("texts", arrays) if "texts.bytes" in arrays else None,
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


def _pack(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    # Text may hold lone surrogates (JSON can write them); they are kept, not judged, here.
    raw = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(r) for r in raw], dtype=np.int64)
    return {f"{name}.bytes": np.frombuffer(b"".join(raw), dtype=np.uint8), f"{name}.ends": ends}


def _unpack(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    raw = arrays[f"{name}.bytes"].tobytes()
    ends = arrays[f"{name}.ends"].tolist()
    starts = [0, *ends[:-1]]
    return [raw[a:b].decode("utf-8", "surrogatepass") for a, b in zip(starts, ends, strict=True)]


def _digest_bytes(digests: DigestArray) -> NDArray[np.uint8]:
    return np.frombuffer(digests.tobytes(), dtype=np.uint8).reshape(len(digests), 32)


def _as_digests(array: NDArray[np.uint8]) -> DigestArray:
    return np.frombuffer(array.tobytes(), dtype="S32")
