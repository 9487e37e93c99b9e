"""Import: a Hugging Face cache, folders or files become versions of a history."""

import os
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.desk import Desk
from weigh.versions.history import History
from weigh.versions.importing import (
    Imported,
    folder_as_found,
    folders_in,
    repositories,
    snapshots_of,
    take_in,
)
from weigh.versions.provenance import author_of
from weigh.versions.refs import FIRST, check_name
from weigh.versions.working_folder import history_name_for, open_objects, root_of

HF_CACHE = "hf-cache"
"""Written instead of a path: the cache that Hugging Face's clients use."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What `weigh import` was asked.

    Attributes:
        paths: `hf-cache`, caches, folders or files, oldest first.
        history: that they go to, "" for one named after each cached repository or the first folder.
        branch: that grows.
        each: the folders and files in each path are versions, not the path itself.
        only: repositories of a cache, `org/name`; none for all.
    """

    paths: tuple[str, ...]
    history: str = ""
    branch: str = FIRST
    each: bool = False
    only: tuple[str, ...] = ()


def import_versions(desk: Desk, options: ImportOptions) -> tuple[Imported, ...]:
    """Take versions in. What was taken in before is passed over, so an interrupted import goes on.

    Raises:
        NotFoundError: a path does not exist, or the cache has no such repository.
        RefusedError: a file cannot be kept.
        ConflictError: somebody else moved the branch.
    """
    branch = check_name(options.branch)
    author = author_of(os.environ, Path.cwd())
    done: list[Imported] = []
    plain: list[Path] = []
    for text in options.paths:
        path = _hub_cache() if text == HF_CACHE else Path.cwd() / text
        cached = [] if options.each else list(repositories(path))
        if text == HF_CACHE and not cached:
            raise NotFoundError(f"there is no cache at {path}", hint="name the folder, or set HF_HUB_CACHE")
        if not cached and options.only:
            raise UsageError(f"--only names repositories of a cache, and {text!r} is none")
        if not cached:
            plain.extend(folders_in(path) if options.each and path.is_dir() else (path,))
            continue
        chosen = [r for r in cached if not options.only or r.ref.removeprefix("hf:") in options.only]
        if not chosen:
            known = ", ".join(r.ref.removeprefix("hf:") for r in cached[:8])
            raise NotFoundError(f"the cache has no {', '.join(options.only)}", why=f"it has: {known}")
        if options.history and len(chosen) > 1:
            raise UsageError("several repositories cannot become one history", hint="choose with --only")
        for repository in chosen:
            history = _history(desk, options.history or repository.name)
            found = snapshots_of(repository)
            done.append(take_in(history, found, author=author, branch=branch, events=desk.events))
    if plain:
        history = _history(desk, options.history or history_name_for(plain[0].parent))
        found = tuple(folder_as_found(path) for path in plain)
        done.append(take_in(history, found, author=author, branch=branch, events=desk.events))
    return tuple(done)


def _history(desk: Desk, name: str) -> History:
    return History(root_of(desk, name), open_objects(desk))


def _hub_cache() -> Path:
    """Where Hugging Face's clients keep their cache (huggingface_hub, environment variables)."""
    environ = os.environ
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environ.get(name):
            return Path(environ[name]).expanduser()
    home = environ.get("HF_HOME") or f"{environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"
