"""Diff: what is other between two locks, two revisions of this project's lock, or two models.

What is compared is told by what is named: lock files, or refs, names and folders of models.
"""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from weigh.core.change import LockChange
from weigh.core.errors import NotFoundError, UnknownAnswerError, UsageError
from weigh.jobs.adopt.bring import Project, declared, open_project
from weigh.jobs.workbench import Workbench
from weigh.project.content_diff import StoredContents
from weigh.project.lock import FILE_NAME, MAX_BYTES, Lock, LockedFile, parse_lock, read_lock
from weigh.project.lock_diff import compare_locks
from weigh.project.manifest import Declaration
from weigh.project.resolve import resolve

_GIT_SECONDS = 60
SECTION = "models.compared"
"""What two models that are held against each other are both called."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things compared: what it is called, and its lock."""

    name: str
    lock: Lock


def diff(bench: Workbench, things: tuple[str, ...], *, since: str = "", project: Path) -> LockChange:
    """Compare what is named.

    Args:
        bench: where to work.
        things: two lock files, two models (refs, declared names, folders); or with `since` at most one lock.
        since: a git revision; the lock of then is the old side.
        project: folder of models.toml.

    Raises:
        UsageError: not two things, or things of different kinds.
        NotFoundError: one of them does not exist.
    """
    old, new = _since(since, things, project) if since else _two(bench, things, project)
    return compare_locks(old.lock, new.lock, (old.name, new.name), StoredContents(bench.blobs).inside)


def are_locks(things: tuple[str, ...]) -> bool:
    """Whether one of the things named is a lock."""
    return any(_is_lock(thing) for thing in things)


def _two(bench: Workbench, things: tuple[str, ...], project: Path) -> tuple[Side, Side]:
    if len(things) != 2:
        raise UsageError(
            f"diff compares two things, {len(things)} are named",
            hint="weigh diff OLD.lock NEW.lock · weigh diff hf:org/name@A hf:org/name@B",
        )
    locks = [_is_lock(thing) for thing in things]
    if locks == [True, True]:
        first, second = things
        return Side(first, _lock(Path(first))), Side(second, _lock(Path(second)))
    if any(locks):
        raise UsageError("a lock cannot be compared with a model", hint="name two locks, or two models")
    declarations = open_project(project if (project / "models.toml").is_file() else None)
    return _model(bench, declarations, things[0]), _model(bench, declarations, things[1])


def _lock(path: Path) -> Lock:
    if not path.is_file():
        raise NotFoundError(f"there is no lock {str(path)!r}")
    return read_lock(path)


def _is_lock(thing: str) -> bool:
    return thing.endswith(".lock") and (Path(thing).is_file() or not Path(thing).exists())


def _model(bench: Workbench, project: Project, thing: str) -> Side:
    """A model by name, `NAME@REVISION`, ref or folder; both sides go under one section name."""
    declaration, lock = _declared(project, thing)
    found = resolve(declaration, lock, bench.source_of, bench.blobs)
    files = [_plain(file) for file in found.files]
    return Side(thing, Lock.of(files))


def _plain(file: LockedFile) -> LockedFile:
    # Where a file came from is what was asked to differ; only its bytes are compared.
    return replace(file, section=SECTION, ref="", distribution="", distribution_sha256="")


def _declared(project: Project, thing: str) -> tuple[Declaration, Lock]:
    name, at, revision = thing.rpartition("@")
    if at and name in project.manifest.models:
        declaration = project.manifest.models[name]
        if len(declaration.parts) != 1:
            raise UsageError(f"{name} is composed of several refs", hint="name two refs instead of revisions")
        part = declaration.parts[0]
        moved = replace(part, ref=replace(part.ref, revision=revision, file=""))
        return replace(declaration, section=SECTION, parts=(moved,)), Lock()
    declaration = declared(project, thing, data=False)
    return declaration, project.lock if declaration.name in project.manifest.models else Lock()


def _since(revision: str, things: tuple[str, ...], project: Path) -> tuple[Side, Side]:
    if len(things) > 1:
        raise UsageError("--since takes one lock at most", hint="weigh diff --since HEAD~1 models.lock")
    path = Path(things[0]) if things else project / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"there is no {path.name} in {path.parent}", hint="weigh lock writes one")
    name = f"{path.name} at {revision}"
    return Side(name, parse_lock(_at_revision(path, revision), name)), Side(path.name, read_lock(path))


def _at_revision(path: Path, revision: str) -> bytes:
    """The bytes of a file at a git revision, as they are stored; no filter of the repository runs."""
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise UsageError(f"cannot use the revision {revision!r}", why="it is not the name of a revision")
    done = _git(path.parent, ["cat-file", "blob", f"{revision}:./{path.name}"])
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotFoundError(
            f"git has no {path.name} at {revision}", why=lines[-1] if lines else "git said no more"
        )
    return done.stdout


def _git(folder: Path, arguments: list[str]) -> "subprocess.CompletedProcess[bytes]":
    command = ["git", "-C", str(folder.resolve()), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603 - arguments are checked, no shell
    except FileNotFoundError as error:
        raise UnknownAnswerError(
            "git is not installed", why="--since asks it for the lock of then"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UnknownAnswerError("git did not answer", why=f"within {_GIT_SECONDS} s") from error
    if len(done.stdout) > MAX_BYTES:
        raise UsageError(f"the lock of then is larger than {MAX_BYTES} bytes")
    return done
