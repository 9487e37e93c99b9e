"""Which licence a text is: the shipped fingerprints of licence texts, and the search among them.

The fingerprints are made by `licences/build_index.py`; no text is shipped. A found licence is the text
that is in the file, whatever the file's first line claims to be.
"""

import json
import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from weigh.checks.licence.added import Added, added_runs
from weigh.checks.licence.records import Records
from weigh.checks.licence.shingles import shingles_of, words_of
from weigh.core.errors import StorageError

FILE_NAME = "licence_index.bin"
MAGIC = b"weigh licence index 1\n"

FEWEST_SHARE = 0.5
"""Share of a licence text that must stand in a file. Dropping every 40th word leaves about 0.85 of it,
prose about licences reaches 0.1; the gap is measured by benchmarks/licence_texts.py."""

MOST_FOUND = 8
"""Licence texts looked for in one file."""

TWINS = 0.97
"""Texts whose score is at least this share of the best one's are told apart by the version they name."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """One text of the index.

    Attributes:
        licence: id of the licence it belongs to.
        notice: it only refers to the licence, and is not its text.
        shingles: hashed five-word runs.
    """

    licence: str
    notice: bool
    shingles: frozenset[int]


@dataclass(frozen=True, slots=True)
class Match:
    """A licence text found in a file.

    Attributes:
        licence: its id.
        notice: only a reference to the licence was found, not its text.
        share: fraction 0..1 of the licence's shingles that stand in the file.
        shingles: number of the licence's shingles.
    """

    licence: str
    notice: bool
    share: float
    shingles: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a text.

    Attributes:
        matches: best first.
        words: of the whole text.
        unexplained: shingles of the text that belong to none of the matches.
        added: runs of words that belong to none of the licences found.
    """

    matches: tuple[Match, ...]
    words: int
    unexplained: int
    added: tuple[Added, ...] = ()


def search(text: str, index: Sequence[Fingerprint], records: Records) -> Found:
    """Licence texts in `text`, each part of it used once, the best fitting first."""
    words = words_of(text)
    left = set(shingles_of(words))
    candidates = [c for c in index if len(left & c.shingles) >= FEWEST_SHARE * len(c.shingles)]
    matches: list[Match] = []
    while candidates and len(matches) < MOST_FOUND:
        scored = [(2 * len(left & c.shingles) - len(c.shingles), c) for c in candidates]
        top = max(score for score, _ in scored)
        if top <= 0:
            break
        best = _by_version([c for score, c in scored if score >= TWINS * top], scored, words, records)
        share = len(left & best.shingles) / len(best.shingles)
        matches.append(Match(best.licence, best.notice, share, len(best.shingles)))
        left -= best.shingles
        candidates = [c for c in candidates if len(left & c.shingles) >= FEWEST_SHARE * len(c.shingles)]
    known = known_shingles({match.licence for match in matches}, index)
    return Found(tuple(_each_once(matches)), len(words), len(left), added_runs(text, known))


def known_shingles(ids: Collection[str], index: Sequence[Fingerprint]) -> frozenset[int]:
    """The shingles of every text of these licences."""
    return frozenset[int]().union(*(entry.shingles for entry in index if entry.licence in ids))


def _by_version(
    near: list[Fingerprint],
    scored: Iterable[tuple[int, Fingerprint]],
    words: list[str],
    records: Records,
) -> Fingerprint:
    """The best of texts that are nearly the same: the one whose version the text names most often."""
    scores = {id(c): score for score, c in scored}
    plain = " ".join(words)
    named = {
        id(c): sum(plain.count(" ".join(words_of(mark))) for mark in records.marks(c.licence)) for c in near
    }
    return max(near, key=lambda c: (named[id(c)] if len(near) > 1 else 0, scores[id(c)]))


def _each_once(matches: Iterable[Match]) -> Iterator[Match]:
    """One match a licence; the full text counts before a notice that refers to it."""
    kept: dict[str, Match] = {}
    for match in matches:
        known = kept.get(match.licence)
        if known is None or (known.notice and not match.notice):
            kept[match.licence] = match
    yield from kept.values()


@lru_cache(maxsize=1)
def shipped_index() -> tuple[Fingerprint, ...]:
    """The fingerprints that come with this version.

    Raises:
        StorageError: the file of the installed package is damaged.
    """
    return read_index(files("weigh.checks.licence").joinpath(FILE_NAME).read_bytes())


def read_index(data: bytes) -> tuple[Fingerprint, ...]:
    """Fingerprints from their bytes.

    Raises:
        StorageError: these are no fingerprints.
    """
    head, _, rest = data.removeprefix(MAGIC).partition(b"\n")
    if not data.startswith(MAGIC):
        raise StorageError("the index of licence texts is damaged", hint="install weigh again")
    listed = json.loads(head)
    if 4 * sum(entry["shingles"] for entry in listed) != len(rest):
        raise StorageError("the index of licence texts is damaged", hint="install weigh again")
    numbers = array("I")
    numbers.frombytes(rest)
    if sys.byteorder == "big":
        numbers.byteswap()
    found: list[Fingerprint] = []
    at = 0
    for entry in listed:
        end = at + entry["shingles"]
        found.append(Fingerprint(entry["licence"], entry["notice"], frozenset(numbers[at:end])))
        at = end
    return tuple(found)


def write_index(fingerprints: Iterable[Fingerprint]) -> bytes:
    """The bytes of an index; the same fingerprints always give the same bytes."""
    ordered = sorted(fingerprints, key=lambda f: (f.licence, f.notice, sorted(f.shingles)))
    listed = [{"licence": f.licence, "notice": f.notice, "shingles": len(f.shingles)} for f in ordered]
    head = json.dumps(listed, separators=(",", ":")).encode("ascii")
    body = b"".join(h.to_bytes(4, "little") for f in ordered for h in sorted(f.shingles))
    return MAGIC + head + b"\n" + body
