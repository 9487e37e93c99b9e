"""What a column may be called in the evidence: its name, or its number where the name could be a value.

A file without a header has its first row taken for one, and keys of JSON objects can be people. A name is
printed when the user named the column or when it reads like an identifier, and not when other names of
the file show that they are a row of values.
"""

import re
from collections.abc import Sequence

from weigh.checks.privacy.personal_columns import announced, is_date
from weigh.checks.privacy.personal_scan import Place

LONGEST = 60
"""Characters of a printed name."""

MOST_PARTS = 4
"""Parts of a printed path of JSON keys."""

MOST_WORDS = 4
"""Words of a printed name; a sentence has more."""

ROW_SHARE = 0.2
"""Share of names that are numbers, dates or values from which all are a row and not a header."""

_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ /:()%#$-]{1,2}[A-Za-z0-9_]+){0,8}[)%]?")
_PERSON = re.compile(r"[A-Z][a-z]+(?:[ -][A-Z][a-z]*\.?){1,3}")
_NUMBER = re.compile(r"[-+]?[0-9][0-9 .,:/-]*(?:[eE][-+]?[0-9]+)?%?")
_LONG_NUMBER = re.compile(r"[0-9]{5}")
_REPEATED = re.compile(r" \([0-9]{1,5}\)$")


def column_labels(names: Sequence[str], named: frozenset[str]) -> dict[str, str]:
    """What each column is called, by its name.

    Args:
        names: of all columns of one file, in order; hostile text.
        named: columns that the user named in the description of the data.
    """
    header = not _is_row(names)
    return {
        name: name if name in named or (header and _reads_like_a_name(name)) else f"column {number}"
        for number, name in enumerate(names, start=1)
    }


def _is_row(names: Sequence[str]) -> bool:
    """Whether the names are a row of values that was taken for a header."""
    values = sum(_is_value(_REPEATED.sub("", name)) for name in names)
    # Columns called 0, 1, 2, … are a header all the same, which costs their names nothing: they are numbers.
    return values > ROW_SHARE * len(names)


def _is_value(name: str) -> bool:
    text = name[:200].strip()
    return _NUMBER.fullmatch(text) is not None or is_date(text) or _has_a_form(text)


def _reads_like_a_name(name: str) -> bool:
    parts = _REPEATED.sub("", name).split(".")
    if len(name) > LONGEST or len(parts) > MOST_PARTS or _has_a_form(name):
        return False
    return all(_is_identifier(part) for part in parts)


def _is_identifier(part: str) -> bool:
    if _PART.fullmatch(part) is None or _LONG_NUMBER.search(part) or len(part.split()) > MOST_WORDS:
        return False
    # `Home Phone` says what it holds; `Mary Smith` may be somebody.
    return _PERSON.fullmatch(part) is None or announced(part) is not None or Place.column(part).hinted


def _has_a_form(text: str) -> bool:
    header = Place.column("")
    header.read([text])
    return any(tally.valid for tally in header.tallies)
