"""What a model's card, licence files and metadata declare of its origin."""

from collections.abc import Iterator, Mapping

from weigh.core.facts import Basis, Fact, FileFacts
from weigh.formats.model_card import texts

Files = Mapping[str, FileFacts]

_LICENCE_NAMES = ("license", "licence", "copying", "notice")
_LISTS = (("base_model", "card.base_model"), ("datasets", "card.datasets"), ("languages", "card.language"))
_METADATA = ("onnx.metadata", "safetensors.metadata")


def card_facts(files: Files) -> Iterator[Fact]:
    """`licence.declared`, `base_model`, `datasets`, `languages`, `library`, `task.declared`."""
    card = next((files[path] for path in ("README.md", "readme.md") if path in files), None)
    licences = list(_licences(files, card))
    if licences:
        sources = ", ".join(entry["source"] for entry in licences)
        yield Fact("licence.declared", licences, Basis.DECLARED, sources)
    if card is not None:
        for name, key in _LISTS:
            fact = card.fact(key)
            if fact is not None:
                yield Fact(name, texts(fact.value), Basis.DECLARED, card.path)
        for name, key in (("library", "card.library_name"), ("task.declared", "card.pipeline_tag")):
            fact = card.fact(key)
            if fact is not None and isinstance(fact.value, str):
                yield Fact(name, fact.value, Basis.DECLARED, card.path)
    if "modules.json" in files:
        yield Fact("library", "sentence-transformers", Basis.DERIVED, "modules.json")


def _licences(files: Files, card: FileFacts | None) -> Iterator[dict[str, str]]:
    """Every place that states a licence, with the words it uses; a check judges what they mean."""
    for key in ("card.license", "card.license_name") if card is not None else ():
        fact = card.fact(key) if card is not None else None
        for text in texts(fact.value) if fact is not None else ():
            yield {"source": card.path if card is not None else "", "text": text}
    for path, facts in sorted(files.items()):
        name = path.rpartition("/")[2].lower()
        if name.startswith(_LICENCE_NAMES) and facts.format == "text":
            first = facts.fact("text.first_line")
            yield {"source": path, "text": str(first.value) if first is not None else ""}
        for key in _METADATA:
            fact = facts.fact(key)
            stated = fact.value.get("license") if fact is not None else None
            if isinstance(stated, str) and stated:
                yield {"source": path, "text": stated[:200]}
