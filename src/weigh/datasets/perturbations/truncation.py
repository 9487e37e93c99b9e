"""Truncation: the beginning or the end of a text is lost, at a border between words."""

import re

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation

_WORD = re.compile(r"\S+")


def _without_first_half(text: str, _: Generator) -> str:
    starts = [word.start() for word in _WORD.finditer(text)]
    return text if len(starts) < 2 else text[starts[len(starts) // 2] :]


def _without_last_third(text: str, _: Generator) -> str:
    ends = [word.end() for word in _WORD.finditer(text)]
    # The last third of two words is the second one.
    return text if len(ends) < 2 else text[: ends[2 * len(ends) // 3 - 1]]


FIRST_HALF_LOST = TextPerturbation(
    "first-half-lost", "the first half of the words is lost", Expectation.LOSES, _without_first_half
)
LAST_THIRD_LOST = TextPerturbation(
    "last-third-lost", "the last third of the words is lost", Expectation.LOSES, _without_last_third
)
