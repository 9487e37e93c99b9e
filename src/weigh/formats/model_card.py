"""README.md of a model: the YAML front matter that hubs read. The prose below it is not judged."""

from typing import Any

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.text_files import read_text
from weigh.formats.yaml_subset import read_yaml_map

FORMAT = "model-card"
MAX_CARD = 1024 * 1024
"""Bytes in which the front matter must end."""

FIELDS = (
    "license",
    "license_name",
    "license_link",
    "base_model",
    "base_model_relation",
    "datasets",
    "language",
    "library_name",
    "pipeline_tag",
    "tags",
)
"""Keys of the hub's model card metadata that become facts `card.<key>`."""


def read_model_card(reader: RangeReader, path: str) -> FileFacts:
    """The facts of a card. Never raises for what the file holds.

    What of the front matter was not understood stands in the fact `card.unread`; a card is inert
    text, so the file still counts as read.
    """
    text_facts = read_text(reader, path)
    if text_facts.coverage is not Coverage.COMPLETE:
        return FileFacts(path, FORMAT, text_facts.coverage, text_facts.reason, anomalies=text_facts.anomalies)
    # a character may be cut in half at the bound
    text = reader.read(0, MAX_CARD).decode("utf-8", "replace").removeprefix("\ufeff")
    front = front_matter(text)
    if front is None:
        return FileFacts(path, FORMAT, Coverage.COMPLETE)
    values, unread = read_yaml_map(front)
    facts = [
        Fact(f"card.{key}", values[key], Basis.DECLARED, path)
        for key in FIELDS
        if values.get(key) not in (None, "", [])
    ]
    if unread:
        # the front matter starts on the second line of the file
        places = [f"line {u.line + 1}: {u.reason}" for u in unread[:50]]
        facts.append(Fact("card.unread", places, Basis.DETECTED, path))
    return FileFacts(path, FORMAT, Coverage.COMPLETE, metadata=tuple(facts))


def front_matter(text: str) -> str | None:
    """What stands between a first line `---` and the next one, or None."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None
    for place, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:place])
    return None


def texts(value: Any) -> list[str]:
    """A card's field that may hold one text or a list of them."""
    found = value if isinstance(value, list) else [value]
    return [str(item) for item in found if isinstance(item, str | int | float) and item != ""]
