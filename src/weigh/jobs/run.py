"""Run: a program that finds the locked models, verified, and no others."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import IntegrityError, NotFoundError, RefusedError, UnknownAnswerError, UsageError
from weigh.jobs.admit import POLICY, admissions
from weigh.jobs.sync import first_disagreement
from weigh.jobs.verify import synced_sections
from weigh.project.asked_outside import asked_outside, missed_a_model
from weigh.project.lock import FILE_NAME, Lock, read_lock
from weigh.project.manifest import FILE_NAME as MANIFEST, read_manifest
from weigh.project.materialise.check import Difference, Trouble, check
from weigh.project.materialise.place import place_of
from weigh.project.materialise.plan import plan
from weigh.project.materialise.record import read_record
from weigh.project.materialise.torch_hub import FOLDER as TORCH_HUB
from weigh.project.run_environment import child_environment, refused_hosts
from weigh.system.blocking_proxy import BlockingProxy, require_usable
from weigh.system.child import Tail, run_child
from weigh.system.trust import Trust

MESSAGE = "weigh run keeps model hubs away; only what models.lock holds is loaded"
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit codes of a program that cannot be started, as shells give them."""

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a program is run.

    Attributes:
        no_network: it has no network at all.
        allowed: hosts that it may reach although they are model hubs.
        full: read every byte of the caches first, instead of only what looks touched.
        frozen: do not ask whether models.toml was changed since.
    """

    no_network: bool = False
    allowed: tuple[str, ...] = ()
    full: bool = False
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """How the program ended.

    Attributes:
        code: its exit code; 128 and the number for one ended by a signal; 126, 127 when it could not start.
        asked: refs of models it seems to have asked for that are not locked.
        refused: hosts that it was kept away from.
        missed: a client said that a model is not in its cache.
        started: whether there was a program at all.
    """

    code: int
    asked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    missed: bool = False
    started: bool = True


def run(folder: Path, command: Sequence[str], options: RunOptions) -> Ran:
    """Verify the caches, then run a program that sees nothing else.

    Args:
        folder: of models.lock.
        command: program and arguments.
        options: how.

    Raises:
        NotFoundError: there is no lock, or nothing was synced.
        IntegrityError: a file in the caches is not the one that was locked.
        RefusedError: something lies in the caches that is not locked.
        UnknownAnswerError: the network cannot be taken away here.
    """
    lock = _lock_in_step(folder, options)
    place = place_of(folder)
    _require_synced(place, lock, options)
    _require_admitted(folder, place, lock)
    tail = Tail()
    with ExitStack() as stack:
        private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weigh-run-")))
        words, proxy = list(command), None
        if options.no_network:
            words = _without_network(words)
        else:
            require_usable(Trust())
            proxy = stack.enter_context(
                BlockingProxy(refused_hosts(os.environ), allowed=options.allowed, message=MESSAGE)
            )
        address = proxy.address if proxy is not None else ""
        try:
            code = run_child(
                words, child_environment(os.environ, place.absolute(), private, address), tail.add
            )
        except FileNotFoundError:
            return Ran(NOT_FOUND, started=False)
        except OSError:
            return Ran(NOT_EXECUTABLE, started=False)
    _sweep_compiled(place)
    asked = asked_outside(tail.text(), lock) if code else ()
    missed = code != 0 and missed_a_model(tail.text())
    return Ran(code, asked, proxy.hosts if proxy is not None else (), missed)


def _lock_in_step(folder: Path, options: RunOptions) -> Lock:
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no models.lock in {folder}", hint="weigh lock, then weigh sync")
    lock = read_lock(path)
    manifest = folder / MANIFEST
    if not options.frozen and manifest.is_file():
        stale = first_disagreement(read_manifest(manifest), lock)
        if stale:
            raise UsageError(
                "models.lock and models.toml disagree", why=stale, hint="weigh sync, or --frozen"
            )
    return lock


def _require_synced(place: Path, lock: Lock, options: RunOptions) -> None:
    record = read_record(place)
    wanted = plan(lock, synced_sections(place, lock, record))
    if record is None and any(m.materialise for m in lock.models.values()) and not wanted.sections:
        raise NotFoundError(
            "the locked models are not in place", why=f"{place} holds none", hint="weigh sync"
        )
    _sweep_compiled(place)
    found = check(place, wanted, trust=None if options.full else record)
    if found.differences:
        raise _not_as_locked(found.differences)


def _require_admitted(folder: Path, place: Path, lock: Lock) -> None:
    """Refuse models that were placed under another policy than the one that stands now."""
    record = read_record(place)
    if record is None and not (folder / POLICY).is_file():
        return
    sections = synced_sections(place, lock, record)
    known = record.admitted if record is not None else {}
    stale = [s for s, digest in admissions(folder, lock, sections).items() if known.get(s) != digest]
    if stale:
        raise RefusedError(
            f"{stale[0]} was not asked about under the policy that stands now",
            why=f"{POLICY}, the lock or this version of weigh changed since weigh sync",
            hint="weigh sync",
        )


def _not_as_locked(differences: Sequence[Difference]) -> IntegrityError | RefusedError:
    named = [f"{d.path} ({d.trouble.value})" for d in differences[:_MOST_NAMED]]
    if len(differences) > _MOST_NAMED:
        named.append(f"and {len(differences) - _MOST_NAMED} more")
    if all(d.trouble is Trouble.EXTRA for d in differences):
        return RefusedError(
            "the caches hold what models.lock does not name", why=", ".join(named), hint="weigh sync --prune"
        )
    return IntegrityError(
        "the caches do not hold what models.lock says", why=", ".join(named), hint="weigh sync repairs them"
    )


def _sweep_compiled(place: Path) -> None:
    """Take compiled copies of locked code away: Python believes them without looking into the code again."""
    for folder in sorted((place / TORCH_HUB).glob("**/__pycache__")):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _without_network(command: Sequence[str]) -> list[str]:
    if sys.platform != "linux":
        raise UnknownAnswerError(
            "the network cannot be taken away here",
            why="this system has no network namespaces",
            hint="leave --no-network out; model hubs are then kept away by a proxy",
        )
    return [sys.executable, "-P", "-m", "weigh.system.no_network", "--", *command]
