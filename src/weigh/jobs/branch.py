"""Branches and tags: made, listed, renamed, taken away."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import ConflictError, NotFoundError, RefusedError
from weigh.jobs.desk import Desk
from weigh.versions.history import History
from weigh.versions.refs import HEADS, REMOTES, TAGS, check_name
from weigh.versions.working_folder import open_history, open_own


@dataclass(frozen=True, slots=True)
class Named:
    """A branch or tag.

    Attributes:
        name: without `refs/heads/`.
        id: of the version it stands at.
        title: of that version.
        current: it is checked out here.
    """

    name: str
    id: str
    title: str
    current: bool = False


def branches(desk: Desk, here: Path, *, remote: bool = False) -> tuple[Named, ...]:
    """Every branch, in order; with `remote` those of remotes, too."""
    history = open_history(desk, here)
    found = list(_listed(history, HEADS))
    return tuple(found + (list(_listed(history, REMOTES)) if remote else []))


def tags(desk: Desk, here: Path) -> tuple[Named, ...]:
    """Every tag, in order."""
    return tuple(_listed(open_history(desk, here), TAGS))


def _listed(history: History, prefix: str) -> Iterator[Named]:
    for ref, name in history.refs.all(prefix):
        title = history.commit(name).title
        yield Named(ref.removeprefix(prefix), name, title, current=ref == history.refs.head)


def make_branch(desk: Desk, here: Path, name: str, revision: str = "HEAD") -> Named:
    """A branch at a version. It is not checked out.

    Raises:
        ConflictError: there is one of that name.
    """
    return _make(desk, here, HEADS, (name, revision), "branch")


def make_tag(desk: Desk, here: Path, name: str, revision: str = "HEAD") -> Named:
    """A tag at a version.

    Raises:
        ConflictError: there is one of that name; tags are not moved.
    """
    return _make(desk, here, TAGS, (name, revision), "tag")


def _make(desk: Desk, here: Path, prefix: str, wanted: tuple[str, str], what: str) -> Named:
    name, revision = wanted
    history = open_own(desk, here)
    ref = _free(history, prefix, name, what)
    at = history.find(revision)
    history.refs.move(ref, "", at, why=f"{what} made", time=int(desk.clock.now()))
    return Named(name, at, history.commit(at).title)


def _free(history: History, prefix: str, name: str, what: str) -> str:
    """The ref of a name that nobody uses yet.

    Raises:
        ConflictError: the name, or one that it lies in, is in use.
    """
    ref = prefix + check_name(name)
    used = [r for r, _ in history.refs.all(prefix)]
    clashing = [r for r in used if r == ref or r.startswith(f"{ref}/") or ref.startswith(f"{r}/")]
    if clashing:
        taken = clashing[0].removeprefix(prefix)
        raise ConflictError(
            f"there is a {what} {taken} already",
            why="" if taken == name else f"{name} and {taken} cannot both be",
            hint=f"weigh {what} -d {taken} takes it away",
        )
    return ref


def rename_branch(desk: Desk, here: Path, old: str, new: str) -> Named:
    """Give a branch another name; where it is checked out here, the new one is.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        old: its name, "" for the one that is checked out.
        new: its new name.

    Raises:
        ConflictError: the new name is in use.
        RefusedError: another working folder has it checked out.
    """
    history = open_own(desk, here)
    was = HEADS + check_name(old) if old else history.refs.head
    at = history.refs.get(was) if was else ""
    if not at:
        raise NotFoundError(f"there is no branch {old or 'checked out'!r}")
    _require_not_elsewhere(history, was)
    ref = _free(history, HEADS, new, "branch")
    time = int(desk.clock.now())
    history.refs.move(ref, "", at, why=f"branch renamed from {was}", time=time)
    current = history.refs.head == was
    if current:
        history.refs.point_head(ref)
    history.refs.move(was, at, "", why=f"branch renamed to {ref}", time=time)
    return Named(new, at, history.commit(at).title, current)


def delete_branch(desk: Desk, here: Path, name: str, *, force: bool = False) -> Named:
    """Take a branch away; its versions stay until they are collected as garbage.

    Raises:
        RefusedError: it is checked out, or holds versions that nothing else leads to.
    """
    history = open_own(desk, here)
    ref = HEADS + check_name(name)
    at = history.refs.get(ref)
    if not at:
        raise NotFoundError(f"there is no branch {name!r}")
    if history.refs.head == ref:
        raise RefusedError(f"{name} is checked out", hint="check out another branch first")
    _require_not_elsewhere(history, ref)
    if not force and not _led_to(history, at, ref):
        raise RefusedError(
            f"{name} holds versions that no other branch has",
            why=f"without it nothing leads to {at[:12]}",
            hint=f"merge it, tag it, or: weigh branch -d --force {name}",
        )
    history.refs.move(ref, at, "", why="branch deleted", time=int(desk.clock.now()))
    return Named(name, at, history.commit(at).title)


def delete_tag(desk: Desk, here: Path, name: str) -> Named:
    """Take a tag away.

    Raises:
        NotFoundError: there is none of that name.
    """
    history = open_own(desk, here)
    ref = TAGS + check_name(name)
    at = history.refs.get(ref)
    if not at:
        raise NotFoundError(f"there is no tag {name!r}")
    history.refs.move(ref, at, "", why="tag deleted", time=int(desk.clock.now()))
    return Named(name, at, history.commit(at).title)


def _led_to(history: History, at: str, without: str) -> bool:
    starts = {stands for ref, stands in history.refs.all() if ref != without} | {history.refs.current()}
    return any(logged.id == at for logged in history.log(*(s for s in starts if s)))


def _require_not_elsewhere(history: History, ref: str) -> None:
    """That no other working folder has the branch checked out.

    Raises:
        RefusedError: one has.
    """
    for folder, head in history.refs.other_heads():
        if head == f"ref: {ref}":
            raise RefusedError(
                f"{ref.removeprefix(HEADS)} is checked out in {folder}",
                hint="check out another branch there first",
            )
