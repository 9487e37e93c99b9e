"""Lines that connect versions with what they follow, drawn beside a log."""

from collections.abc import Iterator, Sequence

_MOST = 24
"""Columns that are drawn; a history that is wider than that is not understood from a drawing."""


def graph(commits: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[tuple[str, str]]:
    """Rows of a drawing: the cells of a row, and the id of the version it stands for, "" for none.

    Every version stands before its parents. A column waits for one version; where two wait for the same,
    they join, and a version with two parents opens a column.

    Args:
        commits: (id, ids of its parents), the youngest first.
    """
    columns: list[str] = []
    for name, parents in commits:
        if name not in columns:
            columns.append(name)
        at = columns.index(name)
        # Others that waited for the same version end here.
        joining = [i for i, waiting in enumerate(columns) if waiting == name and i != at]
        if joining:
            yield _row(len(columns), dict.fromkeys(joining, "╯") | {at: "├"}), ""
            for i in reversed(joining):
                del columns[i]
        yield _row(len(columns), {at: "●"}), name
        if not parents:
            del columns[at]
            continue
        columns[at] = parents[0]
        others = dict.fromkeys(parent for parent in parents[1:] if parent != parents[0])
        # A parent that another column waits for is led to as well; it is no less a parent.
        met = {columns.index(parent) for parent in others if parent in columns}
        first = len(columns)
        columns.extend(parent for parent in others if parent not in columns)
        if others:
            yield _row(len(columns), _leading(at, met, range(first, len(columns)))), ""


def _leading(at: int, met: set[int], opened: range) -> dict[int, str]:
    """The marks of a row that leads from one column to others, some of which begin there."""
    places = {at, *met, *opened}
    begin, end = min(places), max(places)
    marks = {i: "├" if i == begin else "┤" if i == end else "┼" for i in places}
    return marks | {i: "╮" if i == end else "┬" for i in opened}


def _row(width: int, marks: dict[int, str]) -> str:
    """One row; between the leftmost and the rightmost mark of several runs a line."""
    begin, end = min(marks), max(marks)
    out = []
    for i in range(min(width, _MOST)):
        inside = len(marks) > 1 and begin < i < end
        out.append(marks.get(i, "┼" if inside else "│"))
        out.append("─" if len(marks) > 1 and begin <= i < end else " ")
    return "".join(out).rstrip()
