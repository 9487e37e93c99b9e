"""Push: versions of this history go to a remote."""

from collections.abc import Sequence
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.desk import Desk
from weigh.jobs.remote import reached, usual_address
from weigh.versions.history import History
from weigh.versions.pushing import Force, Pushed, push as push_refs
from weigh.versions.refs import HEADS, TAGS
from weigh.versions.working_folder import open_history


def push(
    desk: Desk,
    folder: Path,
    remote: str = "",
    branches: Sequence[str] = (),
    *,
    tags: bool = False,
    force: Force = Force.NEVER,
) -> Pushed:
    """Bring branches to a remote.

    Args:
        desk: where to work.
        folder: in a working folder.
        remote: its name, "" for the usual one.
        branches: names of branches or tags; empty for the branch that is checked out.
        tags: every tag, too.
        force: whether branches may be moved elsewhere than forward.

    Raises:
        ConflictError: the remote has versions that these do not follow.
        NotFoundError: there is no such remote or branch.
    """
    history = open_history(desk, folder)
    name, address = usual_address(history.root, remote)
    refs = [_ref(history, branch) for branch in branches] or [_checked_out(history)]
    if tags:
        refs += [ref for ref, _ in history.refs.all(TAGS) if ref not in refs]
    with reached(desk, address) as opened:
        return push_refs(
            history, opened, name, refs, time=int(desk.clock.now()), events=desk.events, force=force
        )


def _ref(history: History, name: str) -> str:
    for prefix in (HEADS, TAGS):
        if ".." not in name and history.refs.get(prefix + name):
            return prefix + name
    raise NotFoundError(f"there is no branch or tag {name!r}", hint="weigh branch")


def _checked_out(history: History) -> str:
    head = history.refs.head
    if not head:
        raise UsageError("no branch is checked out", hint="name the branch: weigh push REMOTE BRANCH")
    if not history.refs.get(head):
        raise NotFoundError(f"the history {history.name} has no version yet", hint="weigh commit")
    return head
