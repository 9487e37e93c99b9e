"""Typing mistakes: a key beside the right one, two letters swapped, one left out, one typed twice."""

import re
from enum import IntEnum

from numpy.random import Generator

from weigh.datasets.perturbations.perturbation import Expectation, TextPerturbation, some

# Share of the letters that are mistyped. Giskard 2 uses the same rate.
RATE = 0.05

# Three rows of a QWERTY keyboard, each shifted to the right by about half a key.
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

# Words of at least three letters: a shorter one may turn into another word.
_WORD = re.compile(r"[^\W\d_]{3,}")


class _Slip(IntEnum):
    BESIDE = 0
    SWAPPED = 1
    LEFT_OUT = 2
    TWICE = 3


def _neighbours() -> dict[str, str]:
    found = {}
    for row, keys in enumerate(_KEYS):
        for place, key in enumerate(keys):
            near = (
                *((row, place - 1), (row, place + 1)),
                *((row - 1, place), (row - 1, place + 1)),
                *((row + 1, place - 1), (row + 1, place)),
            )
            found[key] = "".join(
                _KEYS[r][p] for r, p in near if 0 <= r < len(_KEYS) and 0 <= p < len(_KEYS[r])
            )
    return found


_BESIDE = _neighbours()


def _mistype(text: str, drawn: Generator) -> str:
    letters = [place for word in _WORD.finditer(text) for place in range(*word.span())]
    parts = list(text)
    # From the right, so that what was already changed lies behind.
    for place in reversed(some(letters, RATE, drawn)):
        _slip(parts, place, _Slip(int(drawn.integers(len(_Slip)))), drawn)
    return "".join(parts)


def _slip(parts: list[str], place: int, slip: _Slip, drawn: Generator) -> None:
    letter = parts[place]
    if slip is _Slip.BESIDE and letter.lower() in _BESIDE:
        near = _BESIDE[letter.lower()]
        other = near[int(drawn.integers(len(near)))]
        parts[place] = other.upper() if letter.isupper() else other
    elif slip is _Slip.SWAPPED and place + 1 < len(parts) and _swappable(letter, parts[place + 1]):
        parts[place], parts[place + 1] = parts[place + 1], letter
    elif slip is _Slip.LEFT_OUT:
        parts[place] = ""
    else:
        parts[place] = letter * 2


def _swappable(letter: str, following: str) -> bool:
    return following.isalpha() and following != letter


TYPOS = TextPerturbation("typos", "1 letter in 20 is mistyped", Expectation.KEEPS, _mistype)
