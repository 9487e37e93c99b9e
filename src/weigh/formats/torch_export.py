"""Weights of a torch.export archive: raw records, described by a JSON record.

Source: torch/export/pt2_archive/constants.py and _package.py, torch/_export/serde/schema.py (ScalarType,
TensorMeta). Weights that the description says are pickled are archives or streams of torch.save.
"""

import json
import math
from typing import Any

from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.torch_layout import extent, is_contiguous
from weigh.formats.torch_records import Record, Records
from weigh.formats.torch_storage import COUNTABLE, DTYPES, MISSING_RULE, SHAPE_RULE

EXPORT_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
MAX_CONFIG = 8 * 1024 * 1024
"""Bytes of a description; a tensor takes about 400."""
MAX_WEIGHTS = 200_000
DESCRIPTION_RULE = "WGH-TO019"
_SCALARS = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16",
    29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz", 32: "float8_e5m2fnuz",
}  # fmt: skip
"""Source: torch/_export/serde/schema.py, ScalarType."""


def read_weights(
    content: RangeReader, record: Record, records: Records, found: AnomalyList, order: str
) -> tuple[list[TensorInfo], set[str]]:
    """The tensors one description names, and the records that hold nothing but their numbers.

    Args:
        content: the description.
        record: which record it is.
        records: the archive's.
        found: notes what is wrong with it.
        order: byte order of numbers where it is not the usual one.
    """
    rows = _rows(content, record, found)
    tensors: list[TensorInfo] = []
    owned: set[str] = set()
    folder = record.name.rpartition("/")[0]
    for name, row in rows.items():
        tensor, holder = _tensor(str(name)[:512], row, f"{folder}/", records, found, order)
        if tensor is not None:
            tensors.append(tensor)
            owned.add(holder)
    return tensors, owned


def _rows(content: RangeReader, record: Record, found: AnomalyList) -> dict[str, Any]:
    try:
        raw = json.loads(content.read(0, min(content.size, MAX_CONFIG)))
    except (ValueError, RecursionError):
        found.add(DESCRIPTION_RULE, f"{quoted(record.name)} is no JSON")
        return {}
    rows = raw.get("config") if isinstance(raw, dict) else None
    if not isinstance(rows, dict) or len(rows) > MAX_WEIGHTS:
        found.add(DESCRIPTION_RULE, f"{quoted(record.name)} describes no weights")
        return {}
    return rows


def _tensor(
    name: str, row: Any, folder: str, records: Records, found: AnomalyList, order: str
) -> tuple[TensorInfo | None, str]:
    if not isinstance(row, dict) or row.get("use_pickle"):
        return None, ""
    meta, file = row.get("tensor_meta"), row.get("path_name")
    if not isinstance(meta, dict) or not isinstance(file, str):
        return None, ""
    known = DTYPES.get(_SCALARS.get(meta.get("dtype", 0), ""))
    shape, strides = _numbers(meta.get("sizes")), _numbers(meta.get("strides"))
    first = _number(meta.get("storage_offset"))
    own = records.named(folder + file)
    if known is None or shape is None or strides is None or first is None:
        found.add(DESCRIPTION_RULE, f"the weight {quoted(name)} is not described plainly")
        return None, ""
    if own is None:
        found.add(MISSING_RULE, f"the record {quoted(file)} of the weight {quoted(name)} is not there")
        return None, ""
    span = (first + extent(shape, strides)) * known[1]
    if len(shape) != len(strides) or span > own.entry.size or math.prod(n or 1 for n in shape) > COUNTABLE:
        found.add(SHAPE_RULE, f"the weight {quoted(name)} needs {span} bytes of {own.entry.size}")
        return None, own.name
    place = records.place(own, order)
    steps = () if is_contiguous(shape, strides) else strides
    at = place.offset + first * known[1]
    span -= first * known[1]
    return TensorInfo(name, known[0], shape, place.file, at, span, place.encoding, steps), own.name


def _numbers(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > 64:
        return None
    numbers = tuple(_number(v) for v in value)
    return None if any(n is None for n in numbers) else tuple(n for n in numbers if n is not None)


def _number(value: Any) -> int | None:
    """A size as `{"as_int": 3}` or plainly; None for a symbol or a negative number."""
    inner = value.get("as_int") if isinstance(value, dict) else value
    return inner if type(inner) is int and 0 <= inner <= COUNTABLE else None
