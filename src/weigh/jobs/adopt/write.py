"""Put a report into a folder: the page for people and the JSON for programs, of one and the same run."""

import os
from pathlib import Path

from weigh.core.errors import UsageError
from weigh.core.report import Report
from weigh.render.html import page
from weigh.render.report_json import to_json
from weigh.store.blobs import Blobs
from weigh.store.keeper import BlobKeeper
from weigh.system.atomic import write_bytes
from weigh.system.places import places
from weigh.watch.shipped import ARTIFACT, CHECK as SHIPPED

PAGE, DATA, PROFILE = "report.html", "report.json", "profile.json"
OTHER = "--out weigh-report"


def write_report(report: Report, folder: Path, *, command: str = "") -> tuple[Path, ...]:
    """Write `report.html`, `report.json` and, where one was made, `profile.json`; returns their paths.

    Args:
        report: what a job returned.
        folder: made when it is not there; files of an earlier report are replaced.
        command: the command line that makes the report again, shown on the page.

    Raises:
        UsageError: `folder` is a file.
        StorageError: it cannot be written.
    """
    require_folder(folder)
    # All are made before any is written, so that a folder never holds halves of two runs.
    data, html = to_json(report), page(report, command=command).encode("utf-8")
    profile = _profile(report)
    write_bytes(folder / DATA, data + b"\n")
    write_bytes(folder / PAGE, html)
    if profile is None:
        # One of an earlier run would be taken for this run's.
        (folder / PROFILE).unlink(missing_ok=True)
        return folder / PAGE, folder / DATA
    write_bytes(folder / PROFILE, profile)
    return folder / PAGE, folder / DATA, folder / PROFILE


def _profile(report: Report) -> bytes | None:
    """The profile that the report's evidence names, out of this user's store."""
    answer = report.answer(SHIPPED.id)
    artifact = answer.evidence.artifact(ARTIFACT) if answer is not None else None
    if artifact is None:
        return None
    return BlobKeeper(Blobs(places(os.environ).store)).load_bytes(artifact)


def require_folder(folder: Path) -> None:
    """Refuse, before any work is done, a place that cannot hold a report.

    Raises:
        UsageError: it, or what should hold it, is a file or cannot be written.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise UsageError(f"--out {folder}: {nearest} is a file", why="a report is a folder", hint=OTHER)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(
            f"--out {folder} cannot be written", why=f"no right to write in {nearest}", hint=OTHER
        )
