"""What the papers of a model state: card, configuration, package metadata. Read, never believed."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from weigh.core.facts import Fact, FileFacts
from weigh.core.ports import ModelViewPort
from weigh.formats.card_parts import Unread, card_of, unread_parts

READERS = (
    "formats/model_card.py",
    "formats/card_sections.py",
    "formats/layout.py",
    "formats/layout_card.py",
    "formats/layout_weights.py",
    "formats/package_metadata.py",
)
"""Whose facts a question about the papers rests on: another reader may give another answer."""

MOST_TEXT = 1024 * 1024
"""Characters of a section, with those below it, that are looked through: a card has no more."""

MOST_NAME = 200
"""Characters of a declared name that are kept."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the card.

    Attributes:
        title: its heading (hostile text).
        line: 1-based, in the file.
        text: its own text and that of the sections below it (hostile text).
        empty: it says nothing, or only that something is missing.
    """

    title: str
    line: int
    text: str
    empty: bool


@dataclass(frozen=True, slots=True)
class Papers:
    """Everything stated about one model.

    Attributes:
        view: its files and facts.
        card: facts of README.md; None when there is none.
        sections: of the card, each with those below it.
        package: facts of the packages it came in, by name, the first that states it.
        unread: what of the card was not read.
    """

    view: ModelViewPort
    card: FileFacts | None
    sections: tuple[Section, ...]
    package: Mapping[str, Fact]
    unread: tuple[Unread, ...] = ()

    @property
    def title(self) -> str:
        """The first heading, which commonly is the model's own name (hostile text)."""
        return next((section.title for section in self.sections if section.title), "")

    def stated(self, name: str) -> Fact | None:
        """A fact of the card (`card.…`), a package (`package.…`) or the model as a whole."""
        if name.startswith("card."):
            return self.card.fact(name) if self.card is not None else None
        if name.startswith("package."):
            return self.package.get(name)
        return self.view.fact(name)

    def text(self, name: str) -> str:
        """A fact that should be one text, cut; "" when it is not stated or no text."""
        fact = self.stated(name)
        return fact.value[:MOST_NAME] if fact is not None and isinstance(fact.value, str) else ""

    def headed(self, pattern: re.Pattern[str]) -> Section | None:
        """The first section that says something under a heading like this."""
        return next((s for s in self.sections if not s.empty and pattern.search(s.title)), None)

    def mentioned(self, pattern: re.Pattern[str]) -> Section | None:
        """The first section whose text has words like these."""
        return next((s for s in self.sections if pattern.search(s.text)), None)

    def has_file(self, name: str) -> bool:
        """Whether a file of that name, or with that ending, is there, in any folder."""
        paths = [file.path for file in self.view.snapshot.files]
        if name.startswith("."):
            return any(path.endswith(name) for path in paths)
        return any(posixpath.basename(path) == name for path in paths)


def papers_of(view: ModelViewPort) -> Papers:
    """The papers of a model."""
    files = view.all_facts()
    card = card_of(view)
    package: dict[str, Fact] = {}
    for facts in files:
        for fact in facts.metadata:
            if fact.name.startswith("package."):
                package.setdefault(fact.name, fact)
    return Papers(view, card, _sections(card), package, unread_parts(view, card))


def _sections(card: FileFacts | None) -> tuple[Section, ...]:
    fact = card.fact("card.sections") if card is not None else None
    found = fact.value if fact is not None else []
    return tuple(_section(found, place) for place in range(len(found)))


def _section(found: list[dict[str, Any]], place: int) -> Section:
    head = found[place]
    below = [head]
    for other in found[place + 1 :]:
        if other["level"] <= head["level"]:
            break
        below.append(other)
    # A title over everything would make every heading's section hold the whole card.
    whole = below if head["level"] > 1 else below[:1]
    text = "\n".join(part["text"] for part in whole)[:MOST_TEXT]
    return Section(head["title"], head["line"], text, all(part["empty"] for part in whole))


def as_texts(value: object) -> list[str]:
    """A declared value that may be one text or a list of them."""
    items: Iterable[object] = value if isinstance(value, list) else [value]
    return [
        str(item)[:MOST_NAME] for item in items if isinstance(item, str | int | float) and str(item).strip()
    ]
