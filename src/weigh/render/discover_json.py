"""A discovery as JSON: schema `weigh/discover/1`, the same bytes for the same files."""

import json
from collections.abc import Sequence
from typing import Any

from weigh.core.usage import Discovery, ModelUse, Place, UnresolvedUse
from weigh.render.escape import json_text

SCHEMA = "weigh/discover/1"


def to_json(found: Discovery, declared: frozenset[str], *, written: Sequence[str], exit_code: int) -> str:
    """The whole discovery, without places of this machine. Safe to print on a terminal."""
    document = {
        "schema": SCHEMA,
        "exit_code": exit_code,
        "files": found.files,
        "lines": found.lines,
        "uses": [_use(use, declared=use.ref in declared) for use in found.uses],
        "unresolved": [_unresolved(row) for row in found.unresolved],
        "unread": [{"path": one.path, "why": one.why} for one in found.unread],
        "written": list(written),
    }
    return json_text(json.dumps(document, ensure_ascii=True, indent=1)) + "\n"


def _use(use: ModelUse, *, declared: bool) -> dict[str, Any]:
    return {
        **_place(use.place),
        "ref": use.ref,
        "revision": use.revision,
        "pin": use.pin.value,
        "loader": use.loader,
        "expression": use.expression,
        "how": list(use.how),
        "remote_code": use.remote_code,
        "role": use.role.value,
        "certainty": use.certainty.value,
        "alternatives": use.alternatives,
        "literal": _place(use.where) if use.where is not None else None,
        "declared": declared,
    }


def _unresolved(row: UnresolvedUse) -> dict[str, Any]:
    return {
        **_place(row.place),
        "loader": row.loader,
        "expression": row.expression,
        "why": row.why,
        "partial": row.partial,
        "role": row.role.value,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "column": place.column, "cell": place.cell}
