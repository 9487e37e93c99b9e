"""Cache: what is kept on this machine, and making room without losing an answer."""

import os
from contextlib import closing
from pathlib import Path

from weigh.core.events import Silent
from weigh.jobs.workbench import open_workbench
from weigh.project.lock import FILE_NAME, read_lock
from weigh.project.materialise.place import FOLDER
from weigh.project.materialise.record import FILE_NAME as RECORD, read_record
from weigh.store.prune import Share, prune, usage
from weigh.system.places import places


def kept() -> tuple[tuple[str, int, int], ...]:
    """(kind, files, bytes) of everything weigh keeps for this user."""
    found = usage(places(os.environ))
    shares = (
        ("files", found.blobs),
        ("derived", found.derived),
        ("unfinished", found.unfinished),
        ("corrupt", found.quarantine),
        ("ledger", found.ledger),
        ("project", placed(Path.cwd())),
    )
    return tuple((name, share.files, share.size) for name, share in shares)


def placed(start: Path) -> Share:
    """What `weigh sync` put into the nearest project; most of it shares its bytes with the store."""
    for folder in (start, *start.parents):
        if (folder / FOLDER / RECORD).is_file():
            record = read_record(folder / FOLDER)
            traces = record.files.values() if record is not None else ()
            return Share(len(traces), sum(trace.size for trace in traces))
    return Share()


def _nearest_lock(start: Path) -> Path | None:
    """The lock of the project here. One out of a bundle has no models.toml beside it."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def make_room(older_than_days: float, *, corrupt: bool, dry_run: bool) -> int:
    """Delete what neither this project's lock nor any recorded answer names; returns bytes freed."""
    with closing(open_workbench(Silent(), offline=True)) as bench:
        if not dry_run:
            bench.ledger.tidy()
        keep = set(bench.ledger.artifacts())
        path = _nearest_lock(Path.cwd())
        if path is not None:
            keep |= {file.sha256 for file in read_lock(path).files.values()}
        return prune(
            bench.blobs,
            keep=keep,
            older_than_days=older_than_days,
            quarantined=corrupt,
            dry_run=dry_run,
            clock=bench.clock,
        )
