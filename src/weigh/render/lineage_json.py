"""The JSON of `weigh lineage` (schema `weigh/lineage/1`): the graph and every comparison."""

import json

from weigh.core.canonical import plain
from weigh.core.lineage import Lineage
from weigh.render.escape import interoperable, json_text

SCHEMA = "weigh/lineage/1"


def to_json(found: Lineage) -> str:
    """The graph as JSON, keys as the values of `weigh.core.lineage` name them."""
    answer = {"answer": found.relations[0].descent.value} if found.question else {}
    value = {"schema": SCHEMA, **answer, **plain(found)}
    return json_text(interoperable(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))) + "\n"
