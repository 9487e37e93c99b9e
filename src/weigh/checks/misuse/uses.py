"""Declared uses held against what the card rules out. What a licence forbids the check `licence` asks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.checks.misuse.capabilities import card_fact
from weigh.core.ports import ModelViewPort


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


WORDS_OF_USE = {
    "commercial": _like(r"\bcommercial"),
    # "For research only" and "nothing but research" rule it in.
    "research": _like(
        r"(?<!only for )(?<!other than )(?<!except )(?<!except for )(?<!nothing but )(?<!beyond )(?<!non-)"
        r"\b(academic|scientific|research|teaching|education\w*)\b(?![\w ]{0,30}\bonly\b)"
    ),
    "medical": _like(r"\b(medic\w*|clinical\w*|diagnos\w*|health ?care|patients?)\b"),
    "legal": _like(r"\b(legal (advice|decision)\w*|law enforcement|judicial|justice|courts?)\b"),
    "biometric": _like(
        r"\b(biometric\w*|fac(e|ial)[- ]recognition|identify(ing)? (people|persons|individuals))"
    ),
    "surveillance": _like(
        r"\b(surveill\w*|track(ing)? (of )?(people|persons|individuals)|monitor(ing)? people)"
    ),
    "military": _like(r"\b(militar\w*|weapon\w*|warfare|combat)\b"),
    "hosting": _like(r"\b(hosted|as a service|api access)\b"),
    "fine-tune": _like(r"\bfine-?tun\w*"),
    "training-other-models": _like(r"\b(train(ing)? (of )?other models|distil\w*|improve (any )?other)\b"),
    "redistribution": _like(r"\bredistribut\w*"),
}
"""Use as it is declared → words by which a card rules it out."""

RULED_OUT = _like(
    r"out[- ]of[- ]scope|misuse|malicious|prohibited|not (intended|suitable|to be used)|acceptable use|"
    r"restrict|disallowed|unintended"
)
"""Headings of sections that rule uses out."""

_NOT_FOR = _like(
    r"\b(must not|should not|shall not|may not|not (be )?(intended|suitable|designed|meant|used)|do not use|"
    r"prohibited|forbidden|non-?commercial)\b"
)
"""Words of a sentence that rules something out, wherever it stands."""

_SENTENCE_END = re.compile(r"[.\n]")

MOST_RULINGS = 2_000
"""Passages of a card that are looked at; a section has 4,000 characters at most."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A passage of the card that rules uses out.

    Attributes:
        where: file and line.
        text: the passage (hostile text).
        headed: it is a section of its own; else one sentence elsewhere.
    """

    where: str
    text: str
    headed: bool


def rulings(view: ModelViewPort) -> tuple[Ruling, ...]:
    """What the card rules out: whole sections first, then single sentences in others."""
    fact = card_fact(view, "card.sections")
    sections = fact.value if fact is not None else []
    path = fact.where if fact is not None else ""
    headed, single = [], []
    level = 0
    for section in sections:
        inside = 0 < level < section["level"]
        if not inside:
            level = section["level"] if RULED_OUT.search(section["title"]) else 0
        where = f"{path} line {section['line']}"
        if level and not section["empty"]:
            headed.append(Ruling(where, section["text"], headed=True))
        elif not level:
            single += [Ruling(where, text, headed=False) for text in _sentences(section["text"])]
    return tuple((headed + single)[:MOST_RULINGS])


def _sentences(text: str) -> Iterator[str]:
    """Sentences that rule something out."""
    for sentence in _SENTENCE_END.split(text):
        if _NOT_FOR.search(sentence):
            yield sentence.strip()


EU_AI_ACT = {
    "biometric": ("Annex III 1", "Art. 5(1)(e)", "Art. 5(1)(g)", "Art. 5(1)(h)"),
    "surveillance": ("Art. 5(1)(h)", "Annex III 1"),
    "legal": ("Annex III 6", "Annex III 8"),
    "medical": ("Annex III 5", "Art. 6(1) with Regulation 2017/745"),
    "military": ("Art. 2(3)",),
}
"""Declared use → places of Regulation (EU) 2024/1689 that a person has to read for it. Not legal advice."""
