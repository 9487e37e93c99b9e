"""Words of a licence file that stand in none of the licences found there: they may take back a grant.

A word is explained when it lies in a five-word run of a licence that was found. What is left is read
strictly: lines that only name who holds the copyright are dropped, and sentences that only say under
which licence something comes; everything else is added terms, whatever they say.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.checks.licence.shingles import MAX_WORDS, WIDTH, shingle, words_of

FEWEST_ADDED = 5
"""Words in one run that are not in `PLAIN`. Names of persons and products reach 4."""
MOST_SAID_IN_PASSING = 12
"""Such words in one run that has no binding word; a longer one is terms of its own, whatever they say."""
MOST_OF_A_HOLDER = 20
"""Words of a line that names a holder of rights; a longer one says more than that."""
FEWEST_FOREIGN = 2
"""Letters of another script in one line: two are enough for a prohibition in Chinese."""
MOST_RUNS = 20
MOST_SHOWN = 160
"""Characters that are kept of one run."""
WORDS_BEFORE = 8
"""Words that are kept before the first that binds."""

BINDING = frozenset(
    [
        "not",
        "no",
        "non",
        "noncommercial",
        "nonprofit",
        "commercial",
        "commercially",
        "only",
        "solely",
        "exclusively",
        "prohibited",
        "prohibits",
        "forbidden",
        "except",
        "excluding",
        "unless",
        "restricted",
        "restrictions",
        "evaluation",
        "academic",
        "academia",
        "educational",
        "research",
        "internal",
        "personal",
        "never",
        "additional",
        "addendum",
        "supplemental",
        "eula",
        "denied",
        "refused",
        "withheld",
        "education",
        "students",
        "trial",
        "sale",
        "sell",
        "resell",
        "profit",
        "nc",
        "none",
        "agree",
        "agrees",
        "pay",
        "payment",
        "fee",
        "fees",
        "royalty",
        "royalties",
        "require",
        "required",
        "requires",
        "consent",
        "permission",
        "limited",
        "prohibit",
        "forbid",
        "exclude",
        "excluded",
        "excludes",
        "banned",
        "disallowed",
        "illegal",
        "unauthorized",
        "unauthorised",
        "terminate",
        "terminates",
        "revoke",
        "revoked",
        "expires",
        "may",
        "must",
        "shall",
        "cannot",
        "permitted",
        "military",
    ]
)
"""Words that take something away or ask for something: one of them is enough."""

IN_NAMES = frozenset(
    ["limited", "research", "academic", "academia", "educational", "personal", "military", "may"]
)
"""Binding words that stand in names of companies, institutes and months."""
FOR_A_USE = frozenset(["use", "uses", "purpose", "purposes"])
"""Words that stand in no name: a line with one of them says more than who holds the copyright."""

PLAIN = frozenset(
    [
        "a",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "available",
        "be",
        "below",
        "both",
        "by",
        "c",
        "clause",
        "code",
        "come",
        "comes",
        "copyright",
        "copyrighted",
        "distributed",
        "either",
        "file",
        "files",
        "following",
        "follows",
        "for",
        "found",
        "from",
        "full",
        "have",
        "here",
        "holder",
        "holders",
        "in",
        "included",
        "includes",
        "including",
        "is",
        "it",
        "its",
        "license",
        "licensed",
        "licenses",
        "made",
        "name",
        "names",
        "new",
        "nor",
        "notice",
        "of",
        "on",
        "or",
        "original",
        "package",
        "part",
        "parts",
        "portions",
        "project",
        "public",
        "released",
        "reproduced",
        "reserved",
        "rights",
        "see",
        "software",
        "source",
        "such",
        "terms",
        "text",
        "that",
        "the",
        "these",
        "this",
        "to",
        "under",
        "version",
        "was",
        "which",
        "with",
        "http",
        "https",
        "www",
        "org",
        "com",
        "github",
        "0bsd",
        "apache",
        "bsd",
        "cc",
        "gnu",
        "gpl",
        "gplv2",
        "gplv3",
        "isc",
        "lgpl",
        "mit",
        "mpl",
        "mozilla",
    ]
)
"""Words of sentences that only say under which licence something comes."""

SAME = frozenset({("non", "infringement"), ("noninfringement",)})
"""Runs that are another spelling of what the licences say."""

_HOLDER = re.compile(r"\W*(?:copyright|©|\(c\)|all rights reserved)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class Added:
    """Words that belong to no licence found.

    Attributes:
        text: the words, cut (hostile text).
        binds: they may take back what the licence grants; else they only say where something comes from.
    """

    text: str
    binds: bool


def added_runs(text: str, known: frozenset[int]) -> tuple[Added, ...]:
    """Runs of words that belong to no licence found, cut, those that bind first.

    Args:
        text: of a licence file.
        known: shingles of the licences that were found in it; none explain nothing.
    """
    body = "\n".join(line for line in text.splitlines() if not _names_a_holder(line))
    found: list[Added] = []
    for run in _unexplained(words_of(body), known):
        own = [word for word in run if word not in PLAIN and not _NUMBER.fullmatch(word)]
        if tuple(run) not in SAME and (len(own) >= FEWEST_ADDED or BINDING.intersection(run)):
            found.append(Added(_shown(run), len(own) > MOST_SAID_IN_PASSING or _binding(run) is not None))
    found += [
        Added(line.strip()[:MOST_SHOWN], binds=True) for line in body.splitlines() if foreign_letters(line)
    ]
    # What binds must not be crowded out by what does not.
    return tuple(sorted(found, key=lambda one: not one.binds)[:MOST_RUNS])


def _binding(run: list[str]) -> int | None:
    """Place of the first binding word."""
    return next((place for place, word in enumerate(run) if word in BINDING), None)


def _shown(run: list[str]) -> str:
    """The words round the first that binds."""
    first = _binding(run)
    start = max(0, first - WORDS_BEFORE) if first is not None else 0
    return " ".join(run[start : start + MOST_SHOWN])[:MOST_SHOWN]


def binds(text: str) -> bool:
    """Whether a text has words that take something away, or words that cannot be read."""
    return bool(BINDING.intersection(words_of(text))) or any(map(foreign_letters, text.splitlines()))


def foreign_letters(line: str) -> bool:
    """Whether a line has letters of a script that no licence of the index is written in."""
    if line.isascii():
        return False
    plain = unicodedata.normalize("NFKD", line)
    return sum(c.isalpha() and not c.isascii() for c in plain) >= FEWEST_FOREIGN


def _names_a_holder(line: str) -> bool:
    """A line that says who holds the copyright, and nothing more."""
    if len(line) > 20 * MOST_OF_A_HOLDER or _HOLDER.match(line) is None or foreign_letters(line):
        return False
    words = words_of(line)
    binding = BINDING - IN_NAMES | FOR_A_USE
    return len(words) <= MOST_OF_A_HOLDER and binding.isdisjoint(words)


def _unexplained(words: list[str], known: frozenset[int]) -> Iterator[list[str]]:
    """Consecutive words that lie in no known shingle."""
    covered = bytearray(len(words))
    for at in range(len(words) - WIDTH + 1) if known else ():
        if shingle(words[at : at + WIDTH]) in known:
            covered[at : at + WIDTH] = b"\1" * WIDTH
    run: list[str] = []
    for word, known_here in zip(words, covered, strict=True):
        if not known_here:
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def was_cut(words: int) -> bool:
    """Whether a text has more words than are read."""
    return words >= MAX_WORDS
