"""The verbs as functions, for programs and notebooks: the command line's options as keywords."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weigh.core.errors import UsageError
from weigh.core.events import EventSink, Silent
from weigh.core.report import Report
from weigh.jobs.adopt import job
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.adopt.write import write_report

DEFAULTS: dict[str, Any] = {
    "task": "",
    "metric": "accuracy",
    "positive": "",
    "test": "",
    "split": "",
    "slices": (),
    "protected": (),
    "shift": "",
    "train_where": (),
    "min_gain": 0.01,
    "budget": "10m",
    "seed": 0,
    "policy": "personal",
    "uses": (),
    "trained_on": (),
    "show_examples": False,
    "project": "",
    "offline": False,
    "full_fetch": False,
    "accept_review": False,
    "accept_sandbox_gaps": False,
    "refresh": False,
}
"""Every other option of `weigh adopt` with its default; lists of names are given as sequences."""


def adopt(
    model: str,
    *,
    data: str,
    label: str,
    text: str = "",
    features: Sequence[str] = (),
    events: EventSink | None = None,
    **options: Any,
) -> Report:
    """May we depend on this model, and how? The job of `weigh adopt`.

    Args:
        model: a name from models.toml, a path or ref; `none` for no model.
        data: a name from models.toml, a path or ref.
        label: column or expression that gives the right answer.
        text: column the model reads, for text.
        features: columns to predict from, for tables.
        events: is told of progress; None for silence.
        options: any key of DEFAULTS.

    Returns:
        The report; `headline`, `recommendation`, `verdict`, `unknown` and `answers` are its parts, and
        `weigh.save` writes it.

    Raises:
        WeighError: with what happened, why, and what to try.
    """
    unknown = sorted(set(options) - set(DEFAULTS))
    if unknown:
        raise UsageError(f"adopt has no option {unknown[0]!r}", why=f"it has: {', '.join(sorted(DEFAULTS))}")
    asked = {"model": model, "data": data, "label": label, "text": text, "features": tuple(features)}
    return job.adopt(AdoptOptions.of({**DEFAULTS, **options, **asked}), events or Silent())


def save(report: Report, folder: str | Path) -> tuple[Path, ...]:
    """Write `report.html`, `report.json` and `profile.json` into a folder; returns their paths.

    Raises:
        WeighError: the folder cannot be written.
    """
    return write_report(report, Path(folder))
