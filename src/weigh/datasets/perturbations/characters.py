"""Characters that look the same, or like nothing at all, and are other code points."""

import re

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation, some

# Share of the places that are disturbed; at least one.
RATE = 0.1

# Latin letters with a Cyrillic one that fonts draw alike (Unicode Technical Standard 39, confusables).
_ALIKE = dict(
    zip(
        "aceijopsxyABCEHKMOPTX",
        "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443"
        "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
        strict=True,
    )
)
_MARKS = "\u0300\u0301\u0302\u0308"
_ZERO_WIDTH_SPACE = "\u200b"
# The full-width forms of U+0021 to U+007E lie this much higher; the space has one of its own.
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_LETTER_BEFORE_LETTER = re.compile(r"[^\W\d_](?=[^\W\d_])")


def _homoglyphs(text: str, drawn: Generator) -> str:
    parts = list(text)
    for place in some([i for i, letter in enumerate(text) if letter in _ALIKE], RATE, drawn):
        parts[place] = _ALIKE[parts[place]]
    return "".join(parts)


def _accents(text: str, drawn: Generator) -> str:
    parts = list(text)
    for place in some([i for i, letter in enumerate(text) if letter.isalpha()], RATE, drawn):
        parts[place] += _MARKS[int(drawn.integers(len(_MARKS)))]
    return "".join(parts)


def _zero_width(text: str, drawn: Generator) -> str:
    parts = list(text)
    for place in some([found.start() for found in _LETTER_BEFORE_LETTER.finditer(text)], RATE, drawn):
        parts[place] += _ZERO_WIDTH_SPACE
    return "".join(parts)


def _full_width(text: str, _: Generator) -> str:
    return text.translate(_FULL_WIDTH)


HOMOGLYPHS = TextPerturbation(
    "homoglyphs", "1 letter in 10 is a Cyrillic one that looks alike", Expectation.HIDES, _homoglyphs
)
ACCENTS = TextPerturbation("accents", "1 letter in 10 carries an accent", Expectation.KEEPS, _accents)
ZERO_WIDTH = TextPerturbation(
    "zero-width", "1 letter in 10 has an invisible space behind it", Expectation.HIDES, _zero_width
)
FULL_WIDTH = TextPerturbation(
    "full-width", "all characters are of the full-width form", Expectation.HIDES, _full_width
)
