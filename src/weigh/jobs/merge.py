"""Merge: another version into the one that is checked out here."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.jobs.desk import Desk
from weigh.versions.history import History
from weigh.versions.merge import Asked, Forward, Merged, merge as bring_together
from weigh.versions.provenance import author_of
from weigh.versions.strategies.settings import Settings
from weigh.versions.working_folder import open_history, working_folder_of

_MOST_MESSAGE = 64 * 1024


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """What `weigh merge` was asked.

    Attributes:
        revision: branch, tag, `origin/main`, id or its first digits.
        settings: strategies and their numbers.
        message: of the new version, "" for the usual one.
        forward: whether the branch is only moved where that is enough.
    """

    revision: str
    settings: Settings = field(default_factory=Settings)
    message: str = ""
    forward: Forward = Forward.USUAL


def merge(desk: Desk, here: Path, options: MergeOptions) -> tuple[History, Merged]:
    """Merge another version into the one that is checked out.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        options: what was asked.

    Returns:
        The history, and what was done; with conflicts nothing was written.

    Raises:
        UsageError: an option makes no sense.
        NotFoundError: there is no such version.
        RefusedError: the folder holds changes that no version has; nothing was done.
        ConflictError: the branch was moved by somebody else.
    """
    if len(options.message) > _MOST_MESSAGE:
        raise UsageError("the message is too long")
    history = open_history(desk, here)
    folder = working_folder_of(here) or here.resolve()
    author = author_of(os.environ, folder)
    asked = Asked(
        options.revision, options.settings.check(), options.message.strip(), author, int(desk.clock.now()),
        options.forward,
    )  # fmt: skip
    return history, bring_together(history, asked, events=desk.events)
