"""How names and values that came from a file are shown inside a message."""

import difflib
from collections.abc import Sequence

LONGEST_SHOWN = 60
"""Characters of one name or value that a message repeats; the rest is `…`."""

MOST_LISTED = 12
"""Names that a message lists before it says how many more there are."""


def shown(text: str, *, limit: int = LONGEST_SHOWN) -> str:
    """`text` on one line: cut to `limit` characters, control characters written as escapes."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def listed(names: Sequence[str]) -> str:
    """Names with commas between them, at most `MOST_LISTED`, then how many more."""
    head = ", ".join(shown(name) for name in names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{head} and {more} more" if more > 0 else head


def nearest(name: str, names: Sequence[str]) -> str:
    """The name most like `name`, ignoring case; "" when none is similar."""
    by_folded = {known.casefold(): known for known in reversed(names)}
    found = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2,000 rows`; `plural` for nouns that take more than an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"
