"""A worker closes itself down, tries whether that worked, and says what holds.

This happens before any library is imported: some start threads when they are imported, and Landlock
and dropped capabilities bind only the calling thread and those it starts afterwards.
"""

import contextlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from weigh.runtimes.settings import WorkerSettings
from weigh.system import landlock, limits, namespaces, seccomp

_MECHANISMS = {
    "network": ("seccomp", "network namespace"),
    "processes": ("seccomp",),
    "files": ("Landlock",),
    "signals": ("seccomp", "Landlock signals"),
    "privileges": ("no new privileges", "no capabilities"),
    "tracing": ("not dumpable",),
    "orphans": ("parent-death signal",),
}
"""Limit → the mechanisms of which one is enough; for `privileges` both are needed."""


_TRUNCATION = "shortening files"


@dataclass(slots=True)
class Walls:
    """Which mechanisms stand, and why the others do not."""

    standing: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)

    def put_up(self, mechanism: str, action: Callable[[], object]) -> None:
        """Try one mechanism and note what came of it."""
        try:
            action()
        except (OSError, AttributeError) as error:
            self.missing[mechanism] = str(error)
        else:
            self.standing.add(mechanism)


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What holds now.

    Attributes:
        enforced: `limit: mechanism, mechanism`.
        not_enforced: (limit, why).
    """

    enforced: tuple[str, ...]
    not_enforced: tuple[tuple[str, str], ...]


def close_down(settings: WorkerSettings) -> Enforcement:
    """Put up every wall this system has. There is no way back."""
    walls = Walls()
    walls.put_up("parent-death signal", lambda: limits.die_with_parent(settings.parent))
    walls.put_up("network namespace", namespaces.enter)
    # Only now: a process that is not dumpable may not write its own user-id map.
    walls.put_up("not dumpable", limits.hide_from_others)
    unset = limits.apply_resource_limits(settings.resources)
    walls.put_up("no new privileges", limits.forbid_new_privileges)
    walls.put_up("Landlock", lambda: _restrict_files(settings, walls))
    walls.put_up("no capabilities", limits.drop_capabilities)
    walls.put_up("seccomp", lambda: seccomp.install(os.getpid()))
    return _tally(walls, dict(unset), settings)


def _restrict_files(settings: WorkerSettings, walls: Walls) -> None:
    rules = [landlock.PathRule(Path(path), landlock.READ) for path in settings.readable]
    rules.append(landlock.PathRule(Path(settings.work_folder), landlock.WRITE))
    # Libraries open it when they are imported (dill does), and nothing is kept there.
    rules.append(landlock.PathRule(Path(os.devnull), landlock.WRITE))
    applied = landlock.restrict(rules)
    if applied.signals:
        walls.standing.add("Landlock signals")
    if applied.truncate:
        walls.standing.add(_TRUNCATION)


def _tally(walls: Walls, unset: dict[str, str], settings: WorkerSettings) -> Enforcement:
    enforced: list[str] = []
    gaps: list[tuple[str, str]] = []
    open_still = _what_is_still_possible(settings)
    for limit, mechanisms in _MECHANISMS.items():
        standing = [m for m in mechanisms if m in walls.standing]
        if why := _why_open(limit, mechanisms, walls) or open_still.get(limit, ""):
            gaps.append((limit, why))
        else:
            enforced.append(f"{limit}: {', '.join(standing)}")
    for limit in ("memory", "cpu", "file_size", "open_files", "core_dumps"):
        if limit in unset:
            gaps.append((limit, unset[limit]))
        else:
            enforced.append(f"{limit}: resource limit")
    return Enforcement(tuple(enforced), tuple(gaps))


def _why_open(limit: str, mechanisms: tuple[str, ...], walls: Walls) -> str:
    """Why too few mechanisms stand for a limit, "" when there are enough."""
    standing = walls.standing.intersection(mechanisms)
    if limit == "files" and standing and not walls.standing & {_TRUNCATION, "seccomp"}:
        return f"{_TRUNCATION}: Landlock is too old to know of it; seccomp: {walls.missing['seccomp']}"
    if standing == set(mechanisms) or (standing and limit != "privileges"):
        return ""
    reasons = (f"{m}: {walls.missing[m]}" for m in mechanisms if m in walls.missing)
    return "; ".join(reasons) or "this system has nothing for it"


def _what_is_still_possible(settings: WorkerSettings) -> dict[str, str]:
    """Try the doors: a wall that was put up but does not hold must not be claimed."""
    found = {}
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
        # A socket in an empty network namespace reaches nobody: that is a wall, too.
        if socket.if_nameindex() != [(1, "lo")]:
            found["network"] = "a socket could still be opened"
    with contextlib.suppress(OSError):
        os.close(os.open("/", os.O_RDONLY))
        found["files"] = "the root folder could still be read"
    outside = Path(settings.work_folder).parent / "outside"
    with contextlib.suppress(OSError):
        os.close(os.open(outside, os.O_WRONLY | os.O_CREAT, 0o600))
        outside.unlink()
        found["files"] = "a file could still be written outside the work folder"
    return found
