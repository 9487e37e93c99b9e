"""Punctuation and white space: what stands between the words."""

import re
import unicodedata

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation

_GAP = re.compile(r"\s+")
_GAPS = ("  ", "\t", "\n", " \n")


def _without_punctuation(text: str, _: Generator) -> str:
    kept = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
    # A text of nothing but punctuation would lose all it says.
    return kept if kept.strip() else text


def _other_gaps(text: str, drawn: Generator) -> str:
    if not text.strip():
        return text
    choices = iter(drawn.integers(len(_GAPS), size=len(text)).tolist())
    return f" {_GAP.sub(lambda _: _GAPS[next(choices)], text)} "


NO_PUNCTUATION = TextPerturbation(
    "no-punctuation", "all punctuation is gone", Expectation.KEEPS, _without_punctuation
)
WHITE_SPACE = TextPerturbation(
    "white-space", "spaces are doubled or are tabs and line breaks", Expectation.KEEPS, _other_gaps
)
