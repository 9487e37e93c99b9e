"""What went to a remote, what came from it, and where branches stand now: short screens."""

from collections.abc import Iterable, Sequence

from weigh.render import numbers
from weigh.render.escape import visible

MOST = 10
"""Lines of one list; `--json` has all."""
_SHORT = 12


def pushed_screen(*, address: str, moved: Sequence[tuple[str, str, str]], objects: int, size: int) -> str:
    """The end of a push.

    Args:
        address: of the remote.
        moved: (ref, id before or "", id now); hostile names.
        objects: that were sent.
        size: bytes that were sent.
    """
    if not moved:
        return f"{visible(address)} is up to date\n"
    sent = f"{objects} objects, {numbers.size(size)} sent" if objects else "it had everything already"
    return "\n".join([f"to {visible(address)}: {sent}", *_moves(moved)]) + "\n"


def fetched_screen(*, address: str, moved: Sequence[tuple[str, str, str]], objects: int, size: int) -> str:
    """The end of a fetch; arguments as for `pushed_screen`."""
    if not moved and not objects:
        return f"nothing new at {visible(address)}\n"
    came = f"{objects} objects, {numbers.size(size)} received, every one verified"
    return "\n".join([f"from {visible(address)}: {came}", *_moves(moved)]) + "\n"


def forwarded_screen(
    *,
    branch: str,
    old: str,
    new: str,
    written: Sequence[tuple[str, int]],
    removed: Sequence[str],
    ahead: bool,
) -> str:
    """What a pull did to the branch that is checked out.

    Args:
        branch: its name.
        old: id before.
        new: id now.
        written: paths that were put in place, with bytes; hostile.
        removed: paths that were deleted; hostile.
        ahead: it has versions that the remote lacks.
    """
    if old == new:
        more = "; it has versions that the remote lacks: weigh push" if ahead else ""
        return f"{visible(branch)} is up to date{more}\n"
    lines = [f"{visible(branch)} went from {old[:_SHORT] or 'nothing'} to {new[:_SHORT]}"]
    lines += _listed(f"  {visible(path)}  {numbers.size(size)}" for path, size in written)
    lines += _listed(f"  deleted {visible(path)}" for path in removed)
    return "\n".join(lines) + "\n"


def cloned_screen(
    *, history: str, folder: str, branch: str, files: Sequence[tuple[str, int]], objects: int, size: int
) -> str:
    """The end of a clone.

    Args:
        history: its name here.
        folder: the working folder.
        branch: that is checked out, "" when the remote has no version.
        files: paths that were put in place, with bytes; hostile.
        objects: that came.
        size: bytes that came.
    """
    if not branch:
        return f"the history {visible(history)} has no version yet; {visible(folder)} is its working folder\n"
    lines = [
        f"the history {visible(history)}, branch {visible(branch)}, in {visible(folder)}",
        f"  {objects} objects, {numbers.size(size)} received, every one verified",
    ]
    lines += _listed(f"  {visible(path)}  {numbers.size(length)}" for path, length in files)
    return "\n".join(lines) + "\n"


def _moves(moved: Sequence[tuple[str, str, str]]) -> list[str]:
    return _listed(
        f"  {visible(ref)}  {f'{old[:_SHORT]} to ' if old else 'new, '}{new[:_SHORT]}"
        for ref, old, new in moved
    )


def _listed(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    more = [f"  and {len(found) - MOST} more; --json has all"] if len(found) > MOST else []
    return found[:MOST] + more
