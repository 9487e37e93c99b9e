"""Which words of a text stand, eight in a row, in other texts too.

Texts are compared as words: NFKC, case folded, punctuation dropped; an ideograph counts as a word. The
texts asked about are indexed and the others streamed past, so memory follows the smaller side.
Runs of eight words as the unit: T. Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C,
use 13; shorter runs find rows in which words were replaced.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

RUN = 8
"""Words in a row that must be the same."""

MAX_CHARACTERS = 100_000
"""Of one text that are compared."""

_BATCH = 4_000
"""Texts turned into numbers at once."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+")
# Odd constants of splitmix64 (Steele, Lea and Flood, OOPSLA 2014). An odd base makes order count.
_BASE = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    cut = text[:MAX_CHARACTERS]
    plain = cut.lower() if cut.isascii() else unicodedata.normalize("NFKC", cut).casefold()
    return _WORD.findall(plain)


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """What texts have in common with one set of other texts.

    Attributes:
        covered: float64 [n], share of a text's words that lie in a common run; 0 for short texts.
        same: bool [n], texts shorter than a run that stand there as a whole.
        given: texts of the other set.
        compared: those of them that have words.
    """

    covered: "Array"
    same: "Array"
    given: int
    compared: int


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Texts made ready to be looked for.

    Attributes:
        lengths: int64 [n], words of each text.
    """

    lengths: "Array"
    _vocabulary: Mapping[str, int]
    _mixed: "Array"
    _starts: "Array"
    _runs: "Array"
    _run_of: "Array"
    _short: Mapping[str, list[int]] = field(default_factory=dict)

    @property
    def short(self) -> "Array":
        """Which texts, bool [n], have words, but fewer than a run."""
        found: Array = (self.lengths > 0) & (self.lengths < RUN)
        return found

    def common_with(self, texts: Iterable[str]) -> Common:
        """Stream other texts past and note which runs they have.

        Args:
            texts: any number of them; only a batch is held at once.
        """
        import numpy as np

        seen = np.zeros(self._runs.size, dtype=np.bool_)
        same = np.zeros(self.lengths.size, dtype=np.bool_)
        given = compared = 0
        for batch in _batches(texts):
            split = [words(text) for text in batch]
            given += len(split)
            compared += sum(map(bool, split))
            for found in split:
                if 0 < len(found) < RUN:
                    same[self._short.get(" ".join(found), [])] = True
            codes, lengths = _codes(split, self._vocabulary)
            hashes, _ = _hashes(self._mixed[codes], lengths)
            _mark(seen, self._runs, hashes)
        return Common(self._covered(seen), same, given, compared)

    def _covered(self, seen: "Array") -> "Array":
        """Share of each text's words inside a run that was seen."""
        import numpy as np

        total = int(self.lengths.sum())
        steps = np.zeros(total + 1, dtype=np.int64)
        starts = self._starts[seen[self._run_of]] if seen.size else self._starts[:0]
        np.add.at(steps, starts, 1)
        np.add.at(steps, starts + RUN, -1)
        inside = np.cumsum(steps[:-1]) > 0
        owner = np.repeat(np.arange(self.lengths.size), self.lengths)
        hits = np.bincount(owner[inside], minlength=self.lengths.size)
        shares: Array = hits / np.maximum(self.lengths, 1)
        return shares


def ask(texts: Sequence[str]) -> Asked:
    """Index texts by their runs."""
    import numpy as np

    split = [words(text) for text in texts]
    vocabulary: dict[str, int] = {}
    for found in split:
        for word in found:
            # 0 stands for every word that no text asked about has.
            vocabulary.setdefault(word, len(vocabulary) + 1)
    codes, lengths = _codes(split, vocabulary)
    mixed = _mix(np.arange(len(vocabulary) + 1, dtype=np.uint64))
    hashes, starts = _hashes(mixed[codes], lengths)
    runs, run_of = np.unique(hashes, return_inverse=True)
    short: dict[str, list[int]] = {}
    for place, found in enumerate(split):
        if 0 < len(found) < RUN:
            short.setdefault(" ".join(found), []).append(place)
    return Asked(lengths, vocabulary, mixed, starts, runs, run_of, short)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    stream = iter(texts)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _codes(split: list[list[str]], vocabulary: Mapping[str, int]) -> "tuple[Array, Array]":
    """(int64 codes of all words one after the other, int64 words of each text)."""
    import numpy as np

    lengths = np.fromiter(map(len, split), dtype=np.int64, count=len(split))
    code = vocabulary.get
    flat = (code(word, 0) for found in split for word in found)
    return np.fromiter(flat, dtype=np.int64, count=int(lengths.sum())), lengths


def _hashes(mixed: "Array", lengths: "Array") -> "tuple[Array, Array]":
    """uint64 hash of every run that lies within one text, and the place of its first word."""
    import numpy as np

    if mixed.size < RUN:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    owner = np.repeat(np.arange(lengths.size), lengths)
    starts = np.flatnonzero(owner[: 1 - RUN] == owner[RUN - 1 :])
    total = np.zeros(starts.size, dtype=np.uint64)
    for step in range(RUN):
        total = total * np.uint64(_BASE) + mixed[starts + step]
    return _mix(total), starts


def _mix(values: "Array") -> "Array":
    """splitmix64's finaliser: equal values stay equal, others look random; wraps at 64 bits."""
    import numpy as np

    z = values + np.uint64(_BASE)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    mixed: Array = z ^ (z >> np.uint64(31))
    return mixed


def _mark(seen: "Array", runs: "Array", hashes: "Array") -> None:
    """Note which of the sorted `runs` stand among `hashes`."""
    import numpy as np

    if runs.size and hashes.size:
        places = np.minimum(np.searchsorted(runs, hashes), runs.size - 1)
        seen[places[runs[places] == hashes]] = True
