"""Names and birth dates: kinds without a form, known by a column's name and what its cells look like."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 0.7
"""Share of the filled cells that must look like the kind."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")

_SURE_NAME = re.compile(
    r"(?:^|_)(?:(?:first|last|sur|family|given|full|middle|maiden|fore|fathers?|mothers?)_?names?"
    r"|(?:person|patient|customer|client|employee|user|student|applicant|contact|author|owner)_?name"
    r"|vorname|nachname|familienname|prenom|nom_de_famille|apellidos?|cognome|achternaam|voornaam)(?:$|_)"
)
_LIKE_NAME = re.compile(r"names?|first|last|middle|nom|nombre|nome")
_BIRTH = re.compile(
    r"(?:^|_)(?:dob|d_o_b|birth_?date|birth_?day|date_of_birth|born|born_on|geburtsdatum|geburtstag|geb_?datum"
    r"|date_de_naissance|naissance|fecha_(?:de_)?nacimiento|nacimiento|data_di_nascita|geboortedatum)(?:$|_)"
)
_NAME_CELL = re.compile(r"[^\W\d_]{1,30}(?:[ ,'’.-]{1,2}[^\W\d_]{1,30}){0,5}[.]?")
_YEAR = r"(?:18[89][0-9]|19[0-9]{2}|20[0-9]{2})"
_DATE_CELL = re.compile(
    rf"(?:{_YEAR}[-/.]?(?:0?[1-9]|1[0-2])[-/.]?(?:0?[1-9]|[12][0-9]|3[01])"
    rf"|(?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:{_YEAR}|[0-9]{{2}})"
    rf"|[0-9]{{1,2}}[ -][A-Za-z]{{3,9}}[ -]{_YEAR})(?:[T ][0-9:.]{{4,15}}Z?)?"
)


class ColumnKind(StrEnum):
    """Closed set of kinds that a column shows by its name."""

    NAME = "person-name"
    BIRTH_DATE = "birth-date"


def normal(name: str) -> str:
    """`DateOfBirth`, `date of birth` and `date-of-birth` as `date_of_birth`; at most 200 characters."""
    return _OTHER.sub("_", _CAMEL.sub("_", name[:200]).lower()).strip("_")


@dataclass(slots=True)
class Likeness:
    """What has been seen of a column whose name announces a kind.

    Attributes:
        kind: the kind.
        sure: the name can hardly mean anything else.
        filled: cells that are not empty.
        alike: of these, those that look like the kind.
        distinct: hashes of the cells that do, up to a bound; they stay in memory.
    """

    kind: ColumnKind
    sure: bool
    filled: int = 0
    alike: int = 0
    distinct: set[int] | None = None

    @property
    def holds(self) -> bool:
        """Whether the cells bear out the name: enough look like it, and names do not repeat like classes."""
        if not self.alike or self.alike < ENOUGH * self.filled:
            return False
        if self.kind is ColumnKind.BIRTH_DATE:
            return True
        return len(self.distinct or ()) >= min(MOST_DISTINCT_NEEDED, max(2.0, 0.2 * self.filled))


MOST_DISTINCT_NEEDED = 100
"""Different cells after which a column of names is no list of classes."""


def announced(column: str) -> Likeness | None:
    """The kind a column's name announces, with nothing seen of its cells yet; None when it announces none."""
    name = normal(column)
    if _BIRTH.search(name):
        return Likeness(ColumnKind.BIRTH_DATE, sure=True)
    if _SURE_NAME.search(name):
        return Likeness(ColumnKind.NAME, sure=True, distinct=set())
    if _LIKE_NAME.fullmatch(name):
        return Likeness(ColumnKind.NAME, sure=False, distinct=set())
    return None


def is_date(text: str) -> bool:
    """Whether the whole of a text is a date as birth dates are written."""
    return _DATE_CELL.fullmatch(text[:80]) is not None


def look(likeness: Likeness, values: Iterable[str]) -> None:
    """Take cells into account."""
    cell = _DATE_CELL if likeness.kind is ColumnKind.BIRTH_DATE else _NAME_CELL
    for value in values:
        text = value[:200].strip()
        if not text or text == "?":
            continue
        likeness.filled += 1
        # A name has at least two letters, and a longer cell is a sentence.
        if len(text) <= 80 and cell.fullmatch(text) and (len(text) > 1 or likeness.distinct is None):
            likeness.alike += 1
            if likeness.distinct is not None and len(likeness.distinct) <= MOST_DISTINCT_NEEDED:
                likeness.distinct.add(hash(text))
