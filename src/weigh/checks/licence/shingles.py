"""A text as the set of its five-word shingles, hashed: what stays alike when a text is reflowed or touched.

Shingles and their resemblance: Broder, "On the resemblance and containment of documents", 1997.
"""

import hashlib
import re

WIDTH = 5
"""Words of a shingle. One changed word touches five shingles, so 2.5 % changed words keep about 88 %."""

MAX_WORDS = 300_000
"""Words that are read of one text; the longest licence has under 10,000."""

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*(?:\+\+)?")
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


def words_of(text: str) -> list[str]:
    """Words in lower case without marks; numbers with points stay whole, so that versions differ."""
    plain = text.lower().translate(_APOSTROPHES).replace("licence", "license")
    words = _WORD.findall(plain)
    return words[:MAX_WORDS]


def shingle(run: list[str]) -> int:
    """The 32-bit digest of one run of words."""
    data = " ".join(run).encode("utf-8")
    return int.from_bytes(hashlib.blake2b(data, digest_size=4).digest(), "little")


def shingles_of(words: list[str]) -> frozenset[int]:
    """The digests of every run of five words; empty for a shorter text."""
    return frozenset(shingle(words[at : at + WIDTH]) for at in range(len(words) - WIDTH + 1))
