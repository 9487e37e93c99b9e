"""Remotes: where the versions of a history are exchanged with others."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from weigh import __version__
from weigh.jobs.desk import Desk
from weigh.store.remotes.address import Reaching, checked_address, open_remote
from weigh.store.remotes.layout import Remote
from weigh.system.credentials import read_credentials
from weigh.versions.refs import REMOTES
from weigh.versions.remotes import USUAL, add_remote, address_of, read_remotes, remove_remote
from weigh.versions.working_folder import open_history, open_own


def listed(desk: Desk, folder: Path) -> Mapping[str, str]:
    """Address of each remote of the history of a folder, by name."""
    return read_remotes(open_history(desk, folder).root)


def add(desk: Desk, folder: Path, name: str, address: str) -> str:
    """Remember a remote of the history of a folder; returns its address in full.

    Raises:
        UsageError: the address is none, or the name is taken.
    """
    full = checked_address(address, folder)
    add_remote(open_own(desk, folder).root, name, full)
    return full


def remove(desk: Desk, folder: Path, name: str) -> str:
    """Forget a remote of the history of a folder; returns where it was.

    Raises:
        NotFoundError: there is none of that name.
    """
    history = open_own(desk, folder)
    address = remove_remote(history.root, name)
    # Where another remote of that name stands is not known; a lease must not rest on this one.
    for ref, stands in tuple(history.refs.all(f"{REMOTES}{name}/")):
        history.refs.move(ref, stands, "", why=f"remote {name} forgotten", time=int(desk.clock.now()))
    return address


@contextmanager
def reached(desk: Desk, address: str) -> Iterator[Remote]:
    """The remote at an address, with this user's own logins."""
    credentials = read_credentials(desk.places.config, os.environ)
    remote = open_remote(address, Reaching(os.environ, credentials, user_agent=f"weigh/{__version__}"))
    try:
        yield remote
    finally:
        remote.close()


def usual_address(root: Path, name: str) -> tuple[str, str]:
    """Name and address of the remote that is meant; "" means the usual one, or the only one.

    Raises:
        NotFoundError: there is no such remote.
    """
    known = read_remotes(root)
    chosen = name or (next(iter(known)) if len(known) == 1 else USUAL)
    return chosen, address_of(root, chosen)
