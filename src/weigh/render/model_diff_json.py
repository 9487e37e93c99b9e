"""The JSON of `weigh diff` for models (schema `weigh/model-diff/1`): every difference, nothing shortened."""

import json

from weigh.core.canonical import plain
from weigh.core.model_diff import ModelDiff
from weigh.render.escape import interoperable, json_text

SCHEMA = "weigh/model-diff/1"


def to_json(diff: ModelDiff) -> str:
    """The comparison as JSON, keys as the values of `weigh.core.model_diff` name them."""
    value = {"schema": SCHEMA, "differs": diff.differs, **plain(diff)}
    return json_text(interoperable(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))) + "\n"
