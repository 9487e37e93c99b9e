"""Texts seen from outside: how long, in which script, and how many of their words the reference knows."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from weigh.core.profile import FEWEST_ROWS, Text
from weigh.watch import bins, categories
from weigh.watch.categories import hashed

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_WORDS = 512
MOST_LETTERS = 2_000
"""Characters of one text that are looked at for its words and letters; its length is counted whole."""

SCRIPTS = ("latin", "cyrillic", "greek", "arabic", "hebrew", "han", "kana", "hangul", "devanagari", "other")
NO_LETTERS = "none"

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_NAMED = {"cjk": "han", "hiragana": "kana", "katakana": "kana"}


def summarise(
    learned: Sequence[str], shown: Sequence[str], every: Sequence[str], *, salt: str, fullest: float
) -> Text:
    """Learn the common words from some texts and describe others.

    Args:
        learned: texts the vocabulary is from.
        shown: texts whose share of unknown words is the reference; none of them in `learned`, or they
            would look too familiar.
        every: texts whose other traits are the reference.
        salt: of the profile.
        fullest: share of the rows a bin may hold.
    """
    vocabulary = _vocabulary(learned, salt)
    known = frozenset(vocabulary)
    traits = tuple(
        bins.summarise(name, values, fullest=fullest)
        for name, values in (
            *_traits(every).items(),
            (UNKNOWN_WORDS, unknown_words(shown, known, salt)),
        )
    )
    codes = scripts(every)
    script = categories.summarise("script", codes, (*SCRIPTS, NO_LETTERS), salt=salt)
    return Text(vocabulary, traits, script)


UNKNOWN_WORDS = "unknown words"


def traits_of(text: Text, texts: Sequence[str], *, salt: str) -> dict[str, FloatArray]:
    """The traits of new texts by name, float64 [n] each."""
    return {**_traits(texts), UNKNOWN_WORDS: unknown_words(texts, frozenset(text.vocabulary), salt)}


def scripts(texts: Sequence[str]) -> IntArray:
    """Place in SCRIPTS of the script of most letters of each text; the place after it without letters."""
    return np.array([_script(text) for text in texts], dtype=np.int64)


def unknown_words(texts: Sequence[str], known: frozenset[str], salt: str) -> FloatArray:
    """Share of the words of each text that are not in the vocabulary; NaN for a text without words."""

    @lru_cache(maxsize=100_000)
    def unknown(word: str) -> bool:
        return hashed(salt, word) not in known

    def share(text: str) -> float:
        words = _words(text)
        return sum(map(unknown, words)) / len(words) if words else float("nan")

    return np.array([share(text) for text in texts], dtype=np.float64)


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:MOST_LETTERS].lower())


def _vocabulary(texts: Sequence[str], salt: str) -> tuple[str, ...]:
    """The words of most texts, each in five texts at least."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_words(text)))
    order = sorted(counts, key=lambda word: (-counts[word], word))
    return tuple(sorted(hashed(salt, word) for word in order[:MOST_WORDS] if counts[word] >= FEWEST_ROWS))


def _traits(texts: Sequence[str]) -> dict[str, FloatArray]:
    measured: tuple[tuple[str, Callable[[str], float]], ...] = (
        ("characters", len),
        ("words", lambda text: len(text.split())),
        ("upper case", _upper),
        ("digits", lambda text: _share(text, str.isdigit)),
        ("punctuation", lambda text: _share(text, _is_punctuation)),
        ("not ASCII", lambda text: _share(text, lambda c: ord(c) > 127)),
        ("web addresses", lambda text: len(_ADDRESS.findall(text))),
    )
    return {name: np.array([float(trait(t)) for t in texts], dtype=np.float64) for name, trait in measured}


def _share(text: str, holds: Callable[[str], bool]) -> float:
    looked = text[:MOST_LETTERS]
    return sum(map(holds, looked)) / len(looked) if looked else float("nan")


def _upper(text: str) -> float:
    letters = [c for c in text[:MOST_LETTERS] if c.isalpha()]
    return sum(map(str.isupper, letters)) / len(letters) if letters else float("nan")


def _is_punctuation(character: str) -> bool:
    return not (character.isalnum() or character.isspace())


def _script(text: str) -> int:
    counts = Counter(_script_of(c) for c in text[:MOST_LETTERS] if c.isalpha())
    if not counts:
        return len(SCRIPTS)
    return max(sorted(counts), key=lambda place: counts[place])


@lru_cache(maxsize=10_000)
def _script_of(letter: str) -> int:
    """The first word of a letter's Unicode name is its script for all that are told apart here."""
    word = unicodedata.name(letter, "other").split(" ")[0].split("-")[0].lower()
    word = _NAMED.get(word, word)
    return SCRIPTS.index(word) if word in SCRIPTS else len(SCRIPTS) - 1
