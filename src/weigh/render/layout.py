"""Laying text out in a terminal's cells: hanging indents, wrapped parts, the column of step names."""

from weigh.render.escape import cells, clip

STEP_WIDTH = 10
"""Cells of the column that holds step names and the screen's own labels."""

INDENT = STEP_WIDTH
SEPARATOR = " · "


def wrap(text: str, width: int, *, lines: int) -> list[str]:
    """Already visible text in at most `lines` lines of at most `width` cells, broken at spaces.

    A word that is wider than a line is cut with it; what does not fit in the last line ends in `…`.
    """
    out: list[str] = []
    rest = text
    while rest:
        if len(out) == lines - 1 or cells(rest) <= width:
            out.append(clip(rest, width))
            break
        head = _fitting(rest, width)
        cut = head.rfind(" ")
        # A break far to the left wastes the line; a long path or name is cut where the line ends.
        cut = cut if cut > len(head) // 3 else len(head)
        out.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return out or [""]


def parts(pieces: list[str], width: int, *, lines: int) -> list[str]:
    """Pieces joined by ` · `, broken only between pieces where that is possible."""
    out: list[str] = []
    for piece in pieces:
        joined = f"{out[-1]}{SEPARATOR}{piece}" if out else piece
        if out and cells(joined) <= width:
            out[-1] = joined
        elif out and len(out) == lines:
            out[-1] = clip(joined, width)
        else:
            out.append(clip(piece, width))
    return out


def _fitting(text: str, width: int) -> str:
    used = 0
    for at, c in enumerate(text):
        used += cells(c)
        if used > width:
            return text[: max(at, 1)]
    return text
