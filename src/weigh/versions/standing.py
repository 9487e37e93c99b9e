"""Where a working folder stands: the version its files came from, and a checkout that did not end."""

from pathlib import Path

from weigh.core.errors import ConflictError, NotFoundError
from weigh.system.atomic import storing
from weigh.versions.checked_out import CheckedOut
from weigh.versions.history import History
from weigh.versions.refs import HEADS

UNDER_WAY = "under-way"


def standing(history: History, checked: CheckedOut) -> str:
    """The version that the files of the folder came from, "" when none is known.

    A recording that was killed after its note and before the branch moved does not count.
    """
    current = history.refs.current()
    if not checked.commit or checked.commit == current:
        return checked.commit
    try:
        parents = history.commit(checked.commit).parents
    except NotFoundError:
        return ""
    return current if current in parents else checked.commit


def under_way(place: Path | None) -> str:
    """The id of the version that an unfinished checkout was to reach, "" when there is none."""
    if place is None:
        return ""
    path = place / UNDER_WAY
    with storing(path):
        try:
            return path.read_text(encoding="ascii", errors="replace").strip()[:64]
        except FileNotFoundError:
            return ""


def require_finished(history: History, place: Path) -> None:
    """That no checkout of the folder was interrupted.

    Raises:
        ConflictError: one was; some files are of one version, some of another.
    """
    name = under_way(place)
    if name:
        raise ConflictError(
            f"a checkout of {name[:12]} was interrupted",
            why="some files of this folder are of that version, others of the one before",
            hint=f"weigh checkout {label_of(history, name)} goes on with it; weigh checkout HEAD goes back",
        )


def label_of(history: History, name: str) -> str:
    """A branch that stands at a version, else its first digits."""
    at = [ref.removeprefix(HEADS) for ref, stands in history.refs.all(HEADS) if stands == name]
    return at[0] if at else name[:12]
