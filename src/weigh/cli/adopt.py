"""`weigh adopt`: parse, run the job, draw, exit."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.cli.words import quoted
from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.core.report import Report
    from weigh.jobs.adopt.options import AdoptOptions
    from weigh.render.progress import TerminalEvents


@click.command()
@click.argument("model", metavar="MODEL|none")
@click.option("--data", required=True, metavar="NAME|REF", help="Declared data, a path, or a ref.")
@click.option("--text", default="", metavar="COL", help="Column with the text.")
@click.option(
    "--features", multiple=True, metavar="COL…", help="Feature column; repeat, or separate by commas."
)
@click.option("--label", required=True, metavar="COL|EXPR", help="Column or expression that gives the class.")
@click.option("--task", default="", metavar="T", help="Task; by default what the columns imply.")
@click.option(
    "--metric",
    default="accuracy",
    type=click.Choice(["accuracy", "balanced_accuracy", "macro_f1"]),
    show_default=True,
    help="What is decided on.",
)
@click.option("--positive", default="", metavar="V", help="The class of interest in a two-class task.")
@click.option("--test", default="", metavar="REF", help="Separate test data with the same columns.")
@click.option("--split", default="", metavar="COL", help="Column that says train or test.")
@click.option("--slice", "slices", multiple=True, metavar="COL…", help="Also evaluate by this column.")
@click.option("--shift", default="", metavar="COL", help="Column of domains to test across.")
@click.option("--train-where", multiple=True, metavar="COL=V", help="Train only on these rows.")
@click.option(
    "--min-gain", default=0.01, show_default=True, type=click.FloatRange(0, 1), help="Smallest useful gain."
)
@click.option(
    "--budget",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="Time for the whole job, e.g. 90s, 10m.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Seed of everything random.",
)
@click.option("--policy", default="personal", show_default=True, metavar="NAME|FILE", help="Who decides.")
@click.option("--use", "uses", multiple=True, hidden=True)
@click.option(
    "--project", default="", metavar="DIR", help="Folder of models.toml; else found from here upwards."
)
@click.option("--offline", is_flag=True, help="Touch no network.")
@click.option(
    "--full-fetch", is_flag=True, help="Fetch a whole file where a server cannot serve a part of it."
)
@click.option("--accept-review", is_flag=True, help="Open files that are not clean; written into the report.")
@click.option(
    "--accept-sandbox-gaps",
    is_flag=True,
    help="Run although a limit cannot be enforced; written into the report.",
)
@click.option("--refresh", is_flag=True, help="Ask everything again instead of reading the ledger.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched and run, and about how long.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the screen.")
@click.option(
    "--out", default="weigh-report", show_default=True, metavar="DIR", help="Where the report goes."
)
def adopt(**options: object) -> int:
    """May we depend on MODEL, and how? Answered by measurements on your own data.

    MODEL is a name from models.toml, a path, or a ref such as pypi:NAME==VERSION#PATH; `none` asks
    what can be had without any model.
    """
    if options.pop("uses"):
        raise UsageError(
            "--use is not available yet",
            why="licences are not judged by this version",
            hint="leave --use out",
        )
    return run_adopt(options)


def run_adopt(options: dict[str, object]) -> int:
    """Run the job with parsed options, draw the result, and return the exit code."""
    from weigh.jobs.adopt.job import adopt as job
    from weigh.jobs.adopt.options import AdoptOptions
    from weigh.render.progress import TerminalEvents as Drawn

    as_json = bool(options.pop("as_json"))
    out = Path(str(options.pop("out")))
    dry_run = bool(options.pop("dry_run"))
    asked = AdoptOptions.of(options)
    events = Drawn(sys.stderr, quiet=as_json)
    if dry_run:
        return _dry_run(asked, events, as_json=as_json)
    report = job(asked, events)
    events.close()
    _write(report, out, as_json=as_json)
    return report.exit_code


def _dry_run(asked: "AdoptOptions", events: "TerminalEvents", *, as_json: bool) -> int:
    from weigh.jobs.adopt.forecast import forecast
    from weigh.render.escape import visible

    told = forecast(asked, events)
    events.close()
    if as_json:
        click.echo(json.dumps({"lines": [list(line) for line in told]}))
    else:
        for step, text in told:
            click.echo(f"  {step:<9}  {visible(text)}")
        click.echo("\nNothing was fetched or run.")
    return ExitCode.FINE


def _write(report: "Report", out: Path, *, as_json: bool) -> None:
    from weigh.render.html import page
    from weigh.render.report_json import to_json
    from weigh.render.terminal import screen
    from weigh.system.atomic import write_bytes

    data = to_json(report)
    write_bytes(out / "report.json", data + b"\n")
    write_bytes(out / "report.html", page(report, command=_command()).encode("utf-8"))
    if as_json:
        click.echo(data.decode("utf-8"))
        return
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(screen(report, width=min(width, 120), colour=_colour()), nl=False)
    click.echo(f"report     {out / 'report.html'}  and  {out / 'report.json'}")


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _command() -> str:
    return "weigh " + " ".join(quoted(a) for a in sys.argv[1:])
