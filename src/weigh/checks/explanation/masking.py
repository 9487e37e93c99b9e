"""What of a row may be shown, where the user allowed it: words, but nothing that names or numbers somebody.

A net with holes: a name spelt like any other word passes it. That is why rows are shown only on request.
"""

import re

from weigh.datasets.wording import shown

MASK = "‹masked›"
# No ordinary word is longer; tokens, keys and hashes are.
LONGEST_WORD = 30

# An address or a handle (anything with @), a link, anything with a digit in it.
_TELLING = re.compile(r"@|://|\bwww\.|\d", re.IGNORECASE)


def masked(words: str) -> str:
    """The words with each one that holds an address, a handle, a link or a digit replaced, on one line."""
    return shown(" ".join(_one(word) for word in words.split()))


def _one(word: str) -> str:
    return MASK if len(word) > LONGEST_WORD or _TELLING.search(word) else word
