"""Fetch and pull: versions of a remote come here."""

from pathlib import Path

from weigh.core.errors import UsageError
from weigh.jobs.desk import Desk
from weigh.jobs.remote import reached, usual_address
from weigh.versions.history import History
from weigh.versions.pulling import (
    Fetched,
    Forwarded,
    Wanted,
    fast_forward,
    fetch as fetch_refs,
    require_followed,
)
from weigh.versions.refs import HEADS
from weigh.versions.working_folder import open_history


def fetch(desk: Desk, folder: Path, remote: str = "", *, force: bool = False, depth: int = 0) -> Fetched:
    """Bring the versions of a remote here and note where its branches stand; no branch of one's own moves.

    Args:
        desk: where to work.
        folder: in a working folder.
        remote: its name, "" for the usual one.
        force: follow branches that were moved elsewhere than forward.
        depth: versions of each branch that come, 0 for all.

    Raises:
        IntegrityError: the remote serves other bytes than it names.
        ConflictError: a branch there was moved elsewhere than forward; the others were followed.
    """
    return _fetched(desk, open_history(desk, folder), remote, Wanted(force=force, depth=depth))[1]


def pull(desk: Desk, folder: Path, remote: str = "", branch: str = "") -> tuple[Fetched, Forwarded]:
    """Fetch, then bring the branch that is checked out and its folder forward.

    Args:
        desk: where to work.
        folder: in a working folder.
        remote: its name, "" for the usual one.
        branch: of the remote; "" for the one of the same name.

    Raises:
        ConflictError: both have versions that the other lacks: merge them.
        RefusedError: a changed file is in the way; what was fetched is here.
        UsageError: no branch is checked out.
    """
    history = open_history(desk, folder)
    head = history.refs.head
    if not head:
        raise UsageError("no branch is checked out", hint="weigh checkout BRANCH, or weigh fetch")
    if branch and branch != head.removeprefix(HEADS):
        raise UsageError(
            f"{head.removeprefix(HEADS)} is checked out, not {branch}",
            hint=f"weigh fetch, then weigh merge origin/{branch}",
        )
    name, fetched = _fetched(desk, history, remote, Wanted())
    time = int(desk.clock.now())
    return fetched, fast_forward(history, name, head.removeprefix(HEADS), time=time, events=desk.events)


def _fetched(desk: Desk, history: History, remote: str, wanted: Wanted) -> tuple[str, Fetched]:
    name, address = usual_address(history.root, remote)
    with reached(desk, address) as opened:
        time = int(desk.clock.now())
        fetched = fetch_refs(history, opened, name, time=time, events=desk.events, wanted=wanted)
    require_followed(fetched)
    return name, fetched
