"""The desk: what the verbs of version control work at. Places, clock and whoever watches; no network."""

import os
from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.core.events import EventSink
from weigh.core.ports import Clock
from weigh.store.blobs import Blobs
from weigh.system.atomic import storing
from weigh.system.clock import SystemClock
from weigh.system.places import Places, places as find_places


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a verb of version control works with. One a run.

    Attributes:
        places: folders of this user.
        events: whoever is watching.
        clock: time.
    """

    places: Places
    events: EventSink
    clock: Clock

    @property
    def blobs(self) -> Blobs:
        """Whole verified files."""
        return Blobs(self.places.store)


def open_desk(events: EventSink) -> Desk:
    """The desk of this user on this machine.

    Args:
        events: whoever is watching.

    Raises:
        UsageError: WEIGH_HOME is a relative path.
        StorageError: it cannot be made.
    """
    places = find_places(os.environ)
    # What is kept came from the user's own files: nobody else on the machine may read it.
    with storing(places.home):
        places.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Desk(places, events, SystemClock())


def existing_folder(path: Path) -> Path:
    """The folder that a person named.

    Raises:
        UsageError: it is none.
    """
    if not path.is_dir():
        raise UsageError(f"there is no folder {str(path)!r}")
    return path.resolve()
