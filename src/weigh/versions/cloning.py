"""Cloning: a history that lies at a remote, here, with a working folder."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from weigh.core.errors import NotFoundError, RefusedError
from weigh.core.events import EventSink
from weigh.store.remotes.layout import Remote
from weigh.system.atomic import make_folder
from weigh.system.locks import locked
from weigh.versions.checked_out import read_checked_out, write_checked_out
from weigh.versions.checkout import CheckedOutNow, checkout, checkout_paths, pick
from weigh.versions.exchange import LOCK
from weigh.versions.history import History
from weigh.versions.pulling import Fetched, Wanted, fetch
from weigh.versions.refs import FIRST, HEADS, REMOTES, Refs
from weigh.versions.remotes import USUAL, Partial, add_remote, read_remotes, remove_remote, write_partial
from weigh.versions.working_folder import FOLDER, HasPlaces, attach, exists, open_objects, root_of


def open_clone(bench: HasPlaces, name: str, address: str) -> History:
    """The history that a clone fills: a new one, or that of a clone of the same address that was cut off.

    Raises:
        RefusedError: there is another history of that name.
    """
    root = root_of(bench, name)
    known = read_remotes(root)
    begun = known == {USUAL: address} and not any((root / HEADS).rglob("*"))
    # Nothing came from where it was to be cloned from, and no folder belongs to it: a mistyped address.
    abandoned = not exists(root) and not (root / "folders").exists()
    if not begun and not abandoned and (known or exists(root)):
        raise RefusedError(
            f"you have a history {name!r} already",
            why="a clone would mix it with another one",
            hint="--history gives the clone another name; in a folder of that history `weigh pull` does it",
        )
    if known:
        _begin_again(root, known)
    add_remote(root, USUAL, address)
    return History(root, open_objects(bench))


def _begin_again(root: Path, known: Iterable[str]) -> None:
    """Forget what an earlier attempt was to bring; the objects that came stay, and do not come again.

    Raises:
        StorageError: another process is at it.
    """
    # Whoever is cloning this very moment is not disturbed.
    with locked(root / LOCK, timeout=0, what=f"cloning {root.name}"):
        refs = Refs(root)
        for ref, stands in tuple(refs.all()):
            refs.move(ref, stands, "", why="clone begins again", time=0)
        write_partial(root, Partial())
        for name in known:
            remove_remote(root, name)


def require_empty(folder: Path) -> None:
    """That a folder can become a working folder.

    Raises:
        RefusedError: there is something in it.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RefusedError(f"{folder} is no folder")
    if folder.is_dir() and any(path.name != FOLDER for path in folder.iterdir()):
        raise RefusedError(f"{folder} is not empty", hint="name another folder")


def clone(
    bench: HasPlaces,
    history: History,
    remote: Remote,
    folder: Path,
    *,
    branch: str,
    wanted: Wanted,
    time: int,
    events: EventSink,
) -> tuple[Fetched, str, CheckedOutNow | None]:
    """Fetch a history, make its branch, and check it out.

    Args:
        bench: the user's places.
        history: as `open_clone` gave it.
        remote: asked.
        folder: becomes the working folder.
        branch: that is checked out; "" for `main`, or the only one.
        wanted: what is fetched.
        time: now, seconds since the epoch.
        events: told about the progress.

    Returns:
        What was fetched, the branch, and what was put in place (None when the remote has no version yet).

    Raises:
        NotFoundError: the remote has no such branch.
        IntegrityError: it serves other bytes than it names; nothing of them is here.
    """
    fetched = fetch(history, remote, USUAL, time=time, events=events, wanted=wanted)
    prefix = f"{REMOTES}{USUAL}/"
    there = {ref.removeprefix(prefix): name for ref, name in history.refs.all(prefix)}
    chosen = branch or _usual(tuple(there))
    if chosen not in there and branch:
        raise NotFoundError(f"{remote.address} has no branch {branch!r}")
    if chosen in there:
        pick(history.tree_of(there[chosen]), wanted.only, chosen)
    make_folder(folder)
    if chosen not in there:
        attach(bench, folder, history.name)
        return fetched, "", None
    here = attach(bench, folder, history.name)
    if here.refs.get(HEADS + chosen) != there[chosen]:
        here.refs.move(HEADS + chosen, here.refs.get(HEADS + chosen), there[chosen], why="clone", time=time)
    # For folders that come later, and for whoever names the history without a folder.
    history.refs.point_head(HEADS + chosen)
    here.refs.point_head(HEADS + chosen)
    return fetched, chosen, _placed(here, chosen, wanted.only, events)


def _usual(branches: Sequence[str]) -> str:
    return FIRST if FIRST in branches or not branches else min(branches)


def _placed(history: History, branch: str, only: Sequence[str], events: EventSink) -> CheckedOutNow:
    if not only:
        return checkout(history, branch, events=events)
    done = checkout_paths(history, branch, only, events=events)
    assert history.place is not None, "it was attached just now"
    # The folder is that version's, though some of its files were left out.
    write_checked_out(history.place, done.id, read_checked_out(history.place).files)
    return done
