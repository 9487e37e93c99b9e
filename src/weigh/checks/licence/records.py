"""What is known of licences: their names, and what each says to each use. Read from licences.toml."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from weigh.core.licence import Permission, Use

FILE_NAME = "licences.toml"

MOST_NAME = 400
"""Characters of a licence's name; the longest known has 90."""

_TOKEN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*(?:\.[a-z0-9]+)?(?:\+\+)?")
_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)([a-z]?)")
_SILENT = frozenset({"the", "license", "licenses", "version", "v", "under", "software", "only"})
_LATER = re.compile(r"\bor[\s_-]+(?:any[\s_-]+)?(?:later|newer|above|greater)\b|\bplus\b")


@dataclass(frozen=True, slots=True)
class Term:
    """What one licence says to one use.

    Attributes:
        permission: the answer.
        clause: where in the licence it stands, "" when unknown.
        what: the answer in a few words.
    """

    permission: Permission
    clause: str = ""
    what: str = ""


UNKNOWN_TERM = Term(Permission.UNKNOWN, "", "no record of what the licence says to this use")


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence.

    Attributes:
        id: SPDX id, else the hubs' tag.
        name: in full.
        kind: its class, e.g. `permissive`, `non-commercial`, `use-restricted`.
        terms: by use; a use that is missing is unknown.
    """

    id: str
    name: str
    kind: str
    terms: Mapping[Use, Term]


@dataclass(frozen=True, slots=True)
class Family:
    """A word that stands for several licences, or for none that it names.

    Attributes:
        id: the word.
        what: what it leaves open.
        members: ids of the licences it may mean.
    """

    id: str
    what: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """All records, with the ways to find them.

    Attributes:
        licences: by id.
        families: by id.
        names: normal form of a name → id of a family or licence; a family outvotes a licence.
        links: part of an address → id of a licence, or of a family where one address holds every version.
        version_marks: words by which nearly equal texts are told apart, by licence.
    """

    licences: Mapping[str, Licence]
    families: Mapping[str, Family]
    names: Mapping[str, str]
    links: Mapping[str, str]
    version_marks: Mapping[str, tuple[str, ...]]

    def marks(self, licence: str) -> tuple[str, ...]:
        """Words that name the version of a licence."""
        return self.version_marks.get(licence, ())

    def members(self, id_: str) -> frozenset[str]:
        """The licences that an id may mean: itself, or a family's."""
        family = self.families.get(id_)
        return frozenset(family.members) if family is not None else frozenset({id_} & self.licences.keys())

    def kind(self, id_: str) -> str:
        """The class of a licence, "" for a family or what is not known."""
        found = self.licences.get(id_)
        return found.kind if found is not None else ""

    def term(self, id_: str, use: Use) -> Term:
        """What a licence says to a use; a family only what all its members agree on."""
        found = self.licences.get(id_)
        if found is not None:
            return found.terms.get(use, UNKNOWN_TERM)
        members = sorted(self.members(id_))
        said = [self.licences[member].terms.get(use, UNKNOWN_TERM) for member in members]
        if len({term.permission for term in said}) != 1:
            return UNKNOWN_TERM
        clauses = {term.clause for term in said}
        clause = said[0].clause if len(clauses) == 1 else f"in {members[0]} {said[0].clause}"
        return Term(said[0].permission, clause, said[0].what)


def normal(name: str) -> str:
    """A name's normal form: words in lower case, versions without `v` and without `.0` at the end.

    "" when it holds anything that would be left out: a restriction may stand in another script.
    """
    if len(name) > MOST_NAME or not (name.isascii() or all(map(_is_mark, name))):
        return ""
    words: list[str] = []
    plain = _LATER.sub(" ", name.lower().replace("licence", "license"))
    for token in _TOKEN.findall(plain):
        version = _VERSION.fullmatch(token)
        if version is not None:
            words.append(re.sub(r"(?:\.0)+$", "", version[1]) + version[2])
        elif token not in _SILENT:
            words.append(token)
    return " ".join(words)


def _is_mark(char: str) -> bool:
    """Whether a character is ASCII, or one that says nothing: a mark, a space, a sign of a right."""
    return char.isascii() or char in "©®™" or unicodedata.category(char)[0] in "PZ"


@lru_cache(maxsize=1)
def shipped_records() -> Records:
    """The records that come with this version."""
    return read_records(files("weigh.checks.licence").joinpath(FILE_NAME).read_text(encoding="utf-8"))


def read_records(text: str) -> Records:
    """Records from the text of licences.toml."""
    table = tomllib.loads(text)
    classes = table["class"]
    licences = {id_: _licence(id_, entry, classes[entry["class"]]) for id_, entry in table["licence"].items()}
    families = {
        id_: Family(id_, entry["what"], tuple(entry["members"])) for id_, entry in table["family"].items()
    }
    names: dict[str, str] = {}
    for id_, entry in (*table["licence"].items(), *table["family"].items()):
        for name in (id_, entry.get("name", id_), *entry.get("aliases", ())):
            names[normal(name)] = id_
    both = (*table["licence"].items(), *table["family"].items())
    links = {link: id_ for id_, entry in both for link in entry.get("links", ())}
    marks = {id_: tuple(entry["marks"]) for id_, entry in table["licence"].items() if "marks" in entry}
    return Records(licences, families, names, links, marks)


def _licence(id_: str, entry: Mapping[str, Any], common: Mapping[str, list[str]]) -> Licence:
    answers = {**common, **entry.get("uses", {})}
    places = {key: entry.get(key, "") for key in ("grant", "conditions", "restrictions")}
    terms = {Use(use): _term(answer, places) for use, answer in answers.items()}
    return Licence(id_, entry["name"], entry["class"], terms)


def _term(answer: Iterable[str], places: Mapping[str, str]) -> Term:
    permission, clause, what = answer
    return Term(Permission(permission), clause.format_map(places), what)
