"""Putting one identity word in the place of another, and a word of the same group there as control."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from weigh.checks.fairness.identity_terms import FAMILIES, Family, TermGroup

# Texts are searched in an order of chance until so many were seen.
MOST_SEARCHED = 5_000
# A text is searched up to here; no model that answers about whole texts reads as far.
MOST_CHARACTERS = 20_000

_WORD = re.compile(r"\b[^\W\d_]+\b")
_ARTICLE = re.compile(r"\b([Aa])([Nn]?)(\s+)\Z")
_VOWELS = frozenset("aeio")
# A word that begins with u sounds like a vowel (uncle), except where it sounds like "you".
_CONSONANT_U = ("uga", "uni", "use")


@dataclass(frozen=True, slots=True)
class Source:
    """A word that can be replaced.

    Attributes:
        family: its family.
        group: its group.
        lemma: what its forms have in common; all words of one lemma are replaced together.
        form: how the new word is put, with `{}` for the word and `{s}` for its plural.
    """

    family: Family
    group: TermGroup
    lemma: str
    form: str


@dataclass(frozen=True, slots=True)
class Swap:
    """One text in three versions.

    Attributes:
        row: place of the text among those given.
        family: id of the family.
        unit: which unit's words were put in.
        source: group of the word that stood there.
        target: group of the word that was swapped in.
        original: the text.
        swapped: with a word of another group.
        control: with another word of the same group.
    """

    row: int
    family: str
    unit: int
    source: str
    target: str
    original: str
    swapped: str
    control: str


@cache
def _sources(family: Family) -> Mapping[str, Source]:
    """Return every word that is found, in lower case; a word that two groups share is in none."""
    found: dict[str, Source] = {}
    shared: set[str] = set()
    for group in (one for one in family.groups if one.against):
        for word, lemma, form in _found_words(family, group):
            shared |= {word} & found.keys()
            found[word] = Source(family, group, lemma, form)
    return {word: source for word, source in found.items() if word not in shared}


def _found_words(family: Family, group: TermGroup) -> Iterator[tuple[str, str, str]]:
    """Return (word, lemma, form) of every word of a group, in lower case."""
    for word in (*group.words, *group.also):
        if word in family.never_found:
            continue
        yield word.lower(), word.lower(), "{}"
        if family.plurals:
            yield family.plural(word).lower(), word.lower(), "{s}"
    for word, form in group.forms:
        yield word, group.forms[0][0], form


def sources_in(text: str) -> dict[str, Source]:
    """Return the first word of each family that a text has, by the family's id."""
    everything = _everything()
    found: dict[str, Source] = {}
    for word in _WORD.findall(text, 0, MOST_CHARACTERS):
        for source in everything.get(word.lower(), ()):
            found.setdefault(source.family.id, source)
    return found


@cache
def _everything() -> Mapping[str, tuple[Source, ...]]:
    """Return every word of every family with what it is there."""
    words: dict[str, tuple[Source, ...]] = {}
    for family in FAMILIES:
        for word, source in _sources(family).items():
            words[word] = (*words.get(word, ()), source)
    return words


def replaced(text: str, source: Source, word: str) -> str:
    """Return the text with every form of the source's lemma replaced by a word, in the case it had.

    Articles before it are made to fit. What lies behind the first 20,000 characters stays.
    """
    sources, family = _sources(source.family), source.family
    parts: list[str] = []
    end = 0
    for found in _WORD.finditer(text, 0, MOST_CHARACTERS):
        here = sources.get(found.group().lower())
        if here is None or here.lemma != source.lemma or here.group is not source.group:
            continue
        new = here.form.replace("{s}", family.plural(word)).replace("{}", word)
        new = _cased(new, like=found.group())
        before = text[end : found.start()]
        parts += [before if here.form != "{}" else _fitted(before, new), new]
        end = found.end()
    return "".join([*parts, text[end:]])


def _cased(new: str, *, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if like[0].isupper() else new.lower()


def _fitted(before: str, new: str) -> str:
    """Return what stands before a word with its indefinite article made to fit."""
    found = _ARTICLE.search(before[-20:])
    if found is None:
        return before
    low = new.lower()
    vowel = low[0] in _VOWELS or (low[0] == "u" and not low.startswith(_CONSONANT_U))
    n = ("N" if found[2].isupper() or (found[1].isupper() and new.isupper()) else "n") if vowel else ""
    return before[: len(before) - len(found.group())] + found[1] + n + found[3]


def plan(texts: Sequence[str], *, most: int, fewest: int, seed: int) -> tuple[list[Swap], dict[str, int]]:
    """Return swaps of at most `most` texts, shared out among the families that have at least `fewest`.

    The units of a family are dealt out in turn, so that each is used about equally often.

    Args:
        texts: the texts, in any order; the seed chooses among them.
        most: swaps in all.
        fewest: a family with fewer texts gets none.
        seed: of the choice.

    Returns:
        The swaps, and for each family how many of the texts searched have one of its words.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    having: dict[str, list[tuple[int, Source]]] = {family.id: [] for family in FAMILIES}
    for row in rng.permutation(len(texts))[:MOST_SEARCHED].tolist():
        for name, source in sources_in(texts[row]).items():
            having[name].append((row, source))
    sizes = {name: len(found) for name, found in having.items()}
    share = _shared({name: size for name, size in sizes.items() if size >= fewest}, most)
    swaps = [
        swap
        for family in FAMILIES
        for swap in _dealt(family, having[family.id][: share.get(family.id, 0)], texts, rng)
    ]
    return swaps, sizes


def _shared(sizes: Mapping[str, int], most: int) -> dict[str, int]:
    """Return how many texts each family gets: equal shares, what one does not need goes to the others."""
    share: dict[str, int] = {}
    left = most
    for place, name in enumerate(sorted(sizes, key=lambda name: (sizes[name], name))):
        share[name] = min(sizes[name], left // (len(sizes) - place))
        left -= share[name]
    return share


def _dealt(
    family: Family, found: Sequence[tuple[int, Source]], texts: Sequence[str], rng: np.random.Generator
) -> Iterator[Swap]:
    units = rng.permutation(family.units).tolist()
    for turn, (row, source) in enumerate(found):
        free = [unit for unit in units if source.group.words[unit].lower() != source.lemma]
        unit = free[turn % len(free)]
        target = family.group(source.group.against[int(rng.integers(len(source.group.against)))])
        yield Swap(
            row=row,
            family=family.id,
            unit=unit,
            source=source.group.name,
            target=target.name,
            original=texts[row],
            swapped=replaced(texts[row], source, target.words[unit]),
            control=replaced(texts[row], source, source.group.words[unit]),
        )
