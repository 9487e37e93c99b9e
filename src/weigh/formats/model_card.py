"""README.md of a model: the YAML front matter that hubs read, and the prose below it by its headings."""

from typing import Any

from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.card_sections import sections
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
    "metrics",
    "co2_eq_emissions",
    "new_version",
)
"""Keys of the hub's model card metadata that become facts `card.<key>`."""

MAX_RESULTS = 500
"""Evaluation results of a card that are kept."""


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
    told = _prose(text, path)
    if front is None:
        return FileFacts(path, FORMAT, Coverage.COMPLETE, metadata=told)
    values, unread = read_yaml_map(front)
    facts = [
        Fact(f"card.{key}", values[key], Basis.DECLARED, path)
        for key in FIELDS
        if values.get(key) not in (None, "", [])
    ]
    results = evaluation_results(values.get("model-index"))
    if results:
        facts.append(Fact("card.results", results, Basis.DECLARED, path))
    if unread:
        # the front matter starts on the second line of the file
        places = [f"line {u.line + 1}: {u.reason}" for u in unread[:50]]
        facts.append(Fact("card.unread", places, Basis.DETECTED, path))
    return FileFacts(path, FORMAT, Coverage.COMPLETE, metadata=(*facts, *told))


def _prose(text: str, path: str) -> tuple[Fact, ...]:
    """The headings below the front matter, their line numbers counted in the file."""
    lines = text.split("\n")
    end = _front_end(lines)
    skipped = 0 if end is None else end + 1
    found = sections("\n".join(lines[skipped:]))
    for section in found:
        section["line"] += skipped
    return (Fact("card.sections", found, Basis.DECLARED, path),) if found else ()


def evaluation_results(index: Any) -> list[dict[str, str]]:
    """The results of `model-index` (hub-docs, modelcard.md), one entry a metric; "" where nothing is said.

    Returns:
        At most `MAX_RESULTS` of `model`, `task`, `dataset`, `split`, `metric`, `value`.
    """
    found: list[dict[str, str]] = []
    for model in _maps(index):
        for result in _maps(model.get("results")):
            dataset = result.get("dataset")
            dataset = dataset if isinstance(dataset, dict) else {"name": dataset}
            task = result.get("task")
            place = {
                "model": _text(model.get("name")),
                "task": _text(task.get("type") if isinstance(task, dict) else task),
                "dataset": _text(dataset.get("type")) or _text(dataset.get("name")),
                "split": _text(dataset.get("split")),
            }
            found += [
                {**place, "metric": _text(metric.get("type")), "value": _text(metric.get("value"))}
                for metric in _maps(result.get("metrics")) or [{}]
            ]
    return found[:MAX_RESULTS]


def _maps(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)][:MAX_RESULTS] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return str(value)[:200] if isinstance(value, str | int | float) else ""


def front_matter(text: str) -> str | None:
    """What stands between a first line `---` and the next one, or None."""
    lines = text.split("\n")
    end = _front_end(lines)
    return None if end is None else "\n".join(lines[1:end])


def _front_end(lines: list[str]) -> int | None:
    """Place of the line that ends the front matter, or None."""
    if lines[0].rstrip() != "---":
        return None
    return next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)


def texts(value: Any) -> list[str]:
    """A card's field that may hold one text or a list of them."""
    found = value if isinstance(value, list) else [value]
    return [str(item) for item in found if isinstance(item, str | int | float) and item != ""]
