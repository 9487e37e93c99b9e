"""Clone: a history that lies at a remote, here, with a working folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.jobs.desk import Desk
from weigh.jobs.remote import reached
from weigh.store.remotes.address import checked_address
from weigh.versions.checkout import CheckedOutNow
from weigh.versions.cloning import clone as clone_history, open_clone, require_empty
from weigh.versions.pulling import Fetched, Wanted
from weigh.versions.remotes import check_only
from weigh.versions.working_folder import check_history_name, history_name_for


@dataclass(frozen=True, slots=True)
class Cloned:
    """What a clone did.

    Attributes:
        history: its name here.
        folder: the working folder.
        branch: that is checked out, "" when the remote has no version yet.
        fetched: what came.
        files: what was put in place, None when there was no version.
    """

    history: str
    folder: Path
    branch: str
    fetched: Fetched
    files: CheckedOutNow | None


def clone(
    desk: Desk,
    here: Path,
    address: str,
    folder: str = "",
    *,
    name: str = "",
    branch: str = "",
    wanted: Wanted | None = None,
) -> Cloned:
    """Fetch a history and check it out.

    Args:
        desk: where to work.
        here: the current folder.
        address: of the remote.
        folder: the working folder; "" for one called like the history.
        name: of the history here; "" for the last part of the address.
        branch: that is checked out; "" for `main`, or the first.
        wanted: what is fetched.

    Raises:
        RefusedError: the folder is not empty, or there is another history of that name.
        IntegrityError: the remote serves other bytes than it names.
    """
    full = checked_address(address, here)
    chosen = check_history_name(name or history_name_for(Path(full.rpartition(":")[2])))
    target = here / (folder or chosen)
    asked = wanted or Wanted()
    if asked.depth < 0:
        raise UsageError("--depth counts versions: 1 or more")
    asked = replace(asked, only=check_only(asked.only))
    require_empty(target)
    history = open_clone(desk, chosen, full)
    with reached(desk, full) as remote:
        fetched, branch, files = clone_history(
            desk,
            history,
            remote,
            target,
            branch=branch,
            wanted=asked,
            time=int(desk.clock.now()),
            events=desk.events,
        )
    return Cloned(chosen, target, branch, fetched, files)
