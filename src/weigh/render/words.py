"""Command lines as people would type them."""

import re
import shlex

_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_DOUBLE = re.compile(r"[^\"$`\\!\x00-\x1f\x7f]*")


def quoted(word: str) -> str:
    """One word for a POSIX shell: bare, in double quotes where nothing in it acts, else in single ones."""
    if _PLAIN.fullmatch(word):
        return word
    if _DOUBLE.fullmatch(word):
        return f'"{word}"'
    return shlex.quote(word)
