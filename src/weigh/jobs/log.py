"""Log: the versions that one follows, the youngest first."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from weigh.jobs.desk import Desk
from weigh.versions.history import History, Logged
from weigh.versions.refs import DETACHED, HEADS, REMOTES, TAGS
from weigh.versions.working_folder import open_history, open_named


@dataclass(frozen=True, slots=True)
class Line:
    """One version, and the names that stand at it.

    Attributes:
        logged: the commit with its id.
        names: branches, `tag: …`, branches of remotes; HEAD first.
    """

    logged: Logged
    names: tuple[str, ...]


def log(
    desk: Desk, here: Path, revision: str = "HEAD", *, most: int = 0, every: bool = False, history: str = ""
) -> tuple[Line, ...]:
    """The versions that `revision` follows.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        revision: where to begin.
        most: how many at most, 0 for all.
        every: begin at every branch, tag and branch of a remote.
        history: another history by its name, "" for the folder's own.

    Raises:
        NotFoundError: there is no such history or version.
    """
    opened = open_named(desk, history) if history else open_history(desk, here)
    starts = [opened.find(revision)]
    if every:
        starts = sorted({*starts, *(stands for _, stands in opened.refs.all())})
    names = names_at(opened)
    walked = opened.log(*starts)
    chosen = itertools.islice(walked, most) if most > 0 else walked
    return tuple(Line(logged, names.get(logged.id, ())) for logged in chosen)


def names_at(history: History) -> dict[str, tuple[str, ...]]:
    """The names that stand at each commit."""
    found: dict[str, list[str]] = {}
    current = history.refs.current()
    if current:
        branch = history.refs.head.removeprefix(HEADS)
        found[current] = [f"HEAD → {branch}" if branch else "HEAD"]
    for ref, stands in history.refs.all():
        if ref == history.refs.head or ref.startswith(DETACHED):
            continue
        shown = ref.removeprefix(HEADS).removeprefix(REMOTES)
        found.setdefault(stands, []).append(
            f"tag: {ref.removeprefix(TAGS)}" if ref.startswith(TAGS) else shown
        )
    return {name: tuple(names) for name, names in found.items()}
