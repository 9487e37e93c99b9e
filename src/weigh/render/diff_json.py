"""The JSON of `weigh diff` (schema `weigh/diff/1`): every difference, nothing shortened further."""

import json

from weigh.core.canonical import plain
from weigh.core.change import LockChange
from weigh.render.escape import interoperable, json_text

SCHEMA = "weigh/diff/1"


def to_json(change: LockChange) -> str:
    """The comparison as JSON, keys as the values of `weigh.core.change` name them."""
    value = {"schema": SCHEMA, "differs": change.differs, **plain(change)}
    return json_text(interoperable(json.dumps(value, ensure_ascii=False, indent=2))) + "\n"
