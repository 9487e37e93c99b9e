"""Command lines as people would type them."""

import re
import shlex

from weigh.render.escape import cells

_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+|\S""")
_DOUBLE = re.compile(r"[^\"$`\\!\x00-\x1f\x7f]*")


def quoted(word: str) -> str:
    """One word for a POSIX shell: bare, in double quotes where nothing in it acts, else in single ones."""
    if _PLAIN.fullmatch(word):
        return word
    if _DOUBLE.fullmatch(word):
        return f'"{word}"'
    return shlex.quote(word)


def continued(command: str, width: int) -> list[str]:
    """A command line on several lines, each but the last ending in a backslash, as a shell reads it.

    Broken between words only, so that it stays the same command; a word wider than a line is left whole.

    Args:
        command: words as `quoted` writes them, with one space between them.
        width: cells of a line.
    """
    lines = [""]
    for word in _WORD.findall(command):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1].strip() and cells(joined) > width - 2:
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] = joined
    return lines
