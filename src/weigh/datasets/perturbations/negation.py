"""Negation, in English: a "not" is put in or taken out, so that the text says something else."""

import re

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation

# Verbs that take a "not" after them. Those that are as often main verbs (have, do) or names (may) are left
# out: "I have not a car" is no sentence of our time.
_VERB = re.compile(
    r"\b(?:is|are|was|were|am|can|could|will|would|should|must|might|does|did)\b(?!['’]|\s+not\b)",
    re.IGNORECASE,
)
# The possessive quantifier and the look behind it keep a long run of white space linear.
_NEGATION = re.compile(
    r"\b(?P<irregular>can['’]t|cannot|won['’]t|shan['’]t)\b"
    r"|\b(?P<verb>is|are|was|were|do|does|did|has|have|had|could|would|should|must|might|need)n['’]t\b"
    r"|(?<!\s)\s++not\b",
    re.IGNORECASE,
)
_REGULAR = {"c": "can", "w": "will", "s": "shall"}


def _insert(text: str, _: Generator) -> str:
    found = _VERB.search(text)
    if found is None:
        return text
    verb = found.group()
    return f"{text[: found.end()]} {'NOT' if verb.isupper() else 'not'}{text[found.end() :]}"


def _remove(text: str, _: Generator) -> str:
    found = _NEGATION.search(text)
    if found is None:
        return text
    kept = found.group("verb") or ""
    if found.group("irregular"):
        plain = _REGULAR[found.group().lower()[0]]
        kept = _like(found.group(), plain)
    return text[: found.start()] + kept + text[found.end() :]


def _like(model: str, word: str) -> str:
    """The word in the letter case of the model."""
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


NEGATION_PUT_IN = TextPerturbation(
    "negation-put-in", 'a "not" is put behind the first verb that takes one', Expectation.CHANGES, _insert
)
NEGATION_TAKEN_OUT = TextPerturbation(
    "negation-taken-out", "the first negation is taken out", Expectation.CHANGES, _remove
)
