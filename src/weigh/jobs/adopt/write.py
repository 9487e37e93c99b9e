"""Put a report into a folder: the page for people and the JSON for programs, of one and the same run."""

from pathlib import Path

from weigh.core.errors import UsageError
from weigh.core.report import Report
from weigh.render.html import page
from weigh.render.report_json import to_json
from weigh.system.atomic import write_bytes

PAGE, DATA = "report.html", "report.json"


def write_report(report: Report, folder: Path, *, command: str = "") -> tuple[Path, Path]:
    """Write `report.html` and `report.json`; returns their paths in this order.

    Args:
        report: what a job returned.
        folder: made when it is not there; files of an earlier report are replaced.
        command: the command line that makes the report again, shown on the page.

    Raises:
        UsageError: `folder` is a file.
        StorageError: it cannot be written.
    """
    require_folder(folder)
    # Both are made before either is written, so that a folder never holds halves of two runs.
    data, html = to_json(report), page(report, command=command).encode("utf-8")
    write_bytes(folder / DATA, data + b"\n")
    write_bytes(folder / PAGE, html)
    return folder / PAGE, folder / DATA


def require_folder(folder: Path) -> None:
    """Refuse, before any work is done, a place that cannot hold a report.

    Raises:
        UsageError: it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file", why="a report is a folder", hint="--out weigh-report")
