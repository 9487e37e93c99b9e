"""Models that the files of a model name: the base of an adapter, code that lies elsewhere.

Such files lie in a tree when somebody keeps a fine-tuned model in it.
Sources: peft's adapter_config.json,
transformers' config.json (`_name_or_path`, `auto_map`), sentence-transformers' modules.json, and the hub's
front
matter of a README (`base_model`).
"""

import re

from weigh.core.usage import Certainty, FileUses, Pin, Role
from weigh.project.discover.entries import Entry, Table
from weigh.project.discover.flow_entries import flow_entries
from weigh.project.discover.model_names import is_hub_id, pin_of_revision
from weigh.project.discover.naming import name_in
from weigh.project.discover.sightings import Seen, Sightings
from weigh.project.discover.yaml_entries import yaml_entries

MAX_BYTES = 4 * 1024 * 1024
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_ELSEWHERE = re.compile(r"([\w.-]+/[\w.-]+)--[\w.]+")
_CONFIG_MARKS = frozenset({"model_type", "architectures", "auto_map"})


def read_adapter_files(data: bytes, path: str, role: Role) -> FileUses:
    """The models that a file of a model names. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path: adapter_config.json, config.json, modules.json or README.md. A file of
        such a
            name that belongs to no model is read as any configuration.
        role: what the file is for.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"it is read up to {MAX_BYTES} bytes")
        return found.result()
    text = data.decode("utf-8-sig", errors="replace")
    if path.lower().endswith(".md"):
        front = _FRONT.match(text)
        if front is not None:
            _card(Table(yaml_entries("\n" + front[1])), found)
    elif not read_adapter_entries(Table(flow_entries(text)), path, found):
        from weigh.project.discover.configuration import read_configuration

        return read_configuration(data, path, role)
    return found.result()


def _card(table: Table, found: Sightings) -> None:
    for entry in table.entries:
        if entry.keys and entry.keys[0] == "base_model" and is_hub_id(entry.value):
            found.use(
                entry.line, f"hf:{entry.value}", Seen("card.base_model", entry.value, certainty=Certainty.KEY)
            )


def read_adapter_entries(table: Table, path: str, found: Sightings) -> bool:
    """Note the models of such a file; False when the entries are those of another file."""
    name = path.rpartition("/")[2]
    top = table.top()
    if name == "adapter_config.json" or {"peft_type", "base_model_name_or_path"} <= top:
        _adapter(table, found)
        return True
    if name == "config.json" and top & _CONFIG_MARKS:
        _configuration(table, found)
        return True
    return name == "modules.json" and any(
        e.key == "type" and "sentence_transformers" in e.value for e in table.entries
    )


def _named(entry: Entry, loader: str, found: Sightings, revision: str = "") -> None:
    named = name_in(entry.value, sure=True)
    if named is not None:
        seen = Seen(loader, entry.value, certainty=Certainty.KEY, revision=revision)
        found.use(entry.line, named.ref, seen, column=entry.column)


def _adapter(table: Table, found: Sightings) -> None:
    revision = next((e.value for e in table.entries if e.keys == ("revision",)), "")
    revision = "" if revision == "null" or pin_of_revision(revision) is Pin.UNKNOWN else revision
    for entry in table.entries:
        if entry.keys == ("base_model_name_or_path",):
            _named(entry, "peft.base_model", found, revision)


def _configuration(table: Table, found: Sightings) -> None:
    for entry in table.entries:
        if entry.keys == ("_name_or_path",) or (len(entry.keys) > 1 and entry.keys[-1] == "_name_or_path"):
            _named(entry, "transformers.name_or_path", found)
        elif entry.keys[:1] == ("auto_map",) and (match := _ELSEWHERE.match(entry.value)):
            seen = Seen("transformers.auto_map", entry.value, certainty=Certainty.KEY, remote_code=True)
            found.use(entry.line, f"hf:{match[1]}", seen)
