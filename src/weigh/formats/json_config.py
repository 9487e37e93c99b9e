"""config.json and its relatives: what the JSON files of a Hugging Face layout say and would call."""

import re
from collections.abc import Iterator
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, CallableUse, Coverage, Fact, FileFacts, Use
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import malformed
from weigh.formats.json_text import MAX_JSON, read_json

FORMAT = "json"
MAX_TEMPLATE = 1024 * 1024
MAX_KEYS = 1_000
_STANDARD_MODULES = re.compile(r"sentence_transformers(\.[A-Za-z_][A-Za-z0-9_]*)+")


def read_json_config(reader: RangeReader, path: str) -> FileFacts:
    """The facts of one JSON file. Never raises for what the file holds.

    Its top-level keys, Jinja templates (chat templates), and the classes that a loader would import
    because the file names them (`auto_map`, own modules of sentence-transformers).
    """
    if reader.size > MAX_JSON:
        return FileFacts(path, FORMAT, Coverage.UNREAD, f"JSON is read up to {MAX_JSON} bytes")
    try:
        value = read_json(reader)
    except MalformedError as error:
        return malformed(path, FORMAT, error)
    templates = tuple(_templates(value))
    reason = "it holds a template, which this version does not judge" if templates else ""
    keys = sorted(value)[:MAX_KEYS] if isinstance(value, dict) else []
    facts = [Fact("json.keys", keys, Basis.DETECTED, path)] if keys else []
    return FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL if templates else Coverage.COMPLETE,
        reason,
        callables=tuple(_callables(value)),
        templates=templates,
        metadata=tuple(facts),
    )


def _templates(value: Any) -> Iterator[str]:
    """`chat_template` is one template, or a list of named ones."""
    if not isinstance(value, dict):
        return
    found = value.get("chat_template")
    named = found if isinstance(found, list) else [found]
    for entry in named:
        text = entry.get("template") if isinstance(entry, dict) else entry
        if isinstance(text, str):
            yield text[:MAX_TEMPLATE]


def _callables(value: Any) -> Iterator[CallableUse]:
    for target in auto_map(value):
        module, _, name = target.rpartition(".")
        yield CallableUse(module, name, -1, Use.IMPORT)
    for kind in _module_types(value):
        if not _STANDARD_MODULES.fullmatch(kind):
            module, _, name = kind.rpartition(".")
            yield CallableUse(module, name, -1, Use.IMPORT)


def auto_map(value: Any) -> list[str]:
    """The classes `auto_map` names: code that comes with the model."""
    found = value.get("auto_map") if isinstance(value, dict) else None
    if isinstance(found, str):
        return [found]
    targets = list(found.values()) if isinstance(found, dict) else []
    flat = [t for target in targets for t in (target if isinstance(target, list) else [target])]
    return [t for t in flat if isinstance(t, str)]


def _module_types(value: Any) -> Iterator[str]:
    """The `type` of each entry of a sentence-transformers `modules.json`."""
    if not isinstance(value, list):
        return
    for entry in value:
        if isinstance(entry, dict) and isinstance(entry.get("type"), str) and "path" in entry:
            yield entry["type"]
