"""`weigh adopt`: parse, run the job, draw, exit."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode
from weigh.render.words import quoted

if TYPE_CHECKING:
    from weigh.core.report import Report
    from weigh.jobs.adopt.options import AdoptOptions
    from weigh.render.progress import TerminalEvents


@click.command()
@click.argument("model", metavar="MODEL|none")
@click.option(
    "--data", required=True, metavar="NAME|PATH|REF", help="Your data: a name from models.toml, or a path."
)
@click.option("--text", default="", metavar="COL", help="Column the model reads, when it reads text.")
@click.option(
    "--features",
    multiple=True,
    metavar="COL,…",
    help="Columns to predict from, when the data is a table; exactly one of --text and --features is needed.",
)
@click.option(
    "--label",
    required=True,
    metavar="COL|EXPR",
    help="The right answer: a column, or an expression over columns.",
)
@click.option(
    "--task",
    default="",
    metavar="TASK",
    help="text-classification or tabular-classification; follows from --text or --features.",
)
@click.option(
    "--metric",
    default="accuracy",
    type=click.Choice(["accuracy", "balanced_accuracy", "macro_f1"]),
    show_default=True,
    help="The score that decides.",
)
@click.option("--positive", default="", metavar="CLASS", help="The class of interest, where there are two.")
@click.option("--test", default="", metavar="REF", help="Test on this data, which has the same columns.")
@click.option("--split", default="", metavar="COL", help="Column that says `train` or `test` of each row.")
@click.option(
    "--slice",
    "slices",
    multiple=True,
    metavar="COL,…",
    help="Look for values of these columns on which it does worse.",
)
@click.option(
    "--shift", default="", metavar="COL", help="Test on values of this column that were left out of training."
)
@click.option("--train-where", multiple=True, metavar="COL=VALUE", help="Train on these rows only.")
@click.option(
    "--min-gain",
    default=0.01,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Smallest gain worth a dependency, in units of the metric: 0.01 is one point of accuracy.",
)
@click.option(
    "--budget",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="Time for the whole job, such as 90s, 10m or 1h30m.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Another seed draws other rows.",
)
@click.option(
    "--policy",
    default="personal",
    show_default=True,
    metavar="NAME|FILE",
    help="What the model must show: a packaged policy, or your policy.toml.",
)
@click.option(
    "--use",
    "uses",
    multiple=True,
    metavar="USE,…",
    help="What you want to use it for, such as commercial or medical: held against licence and card.",
)
@click.option(
    "--group",
    "protected",
    multiple=True,
    metavar="COL,…",
    help="Columns whose values are groups of people: is it as good for all of them?",
)
@click.option(
    "--trained-on",
    multiple=True,
    metavar="NAME|PATH|REF",
    help="Data the model was trained on, if you have it: does your test data overlap it?",
)
@click.option(
    "--show-examples", is_flag=True, help="Let the report show words of your rows, personal data masked."
)
@click.option(
    "--project",
    default="",
    metavar="DIR",
    help="Folder of models.toml; by default the nearest from here upwards.",
)
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option(
    "--full-fetch", is_flag=True, help="Allow fetching a whole file where a server cannot send a part."
)
@click.option(
    "--accept-review", is_flag=True, help="Open files with the word `review` too; the report will say so."
)
@click.option(
    "--accept-sandbox-gaps",
    is_flag=True,
    help="Open the model although a sandbox limit cannot be enforced here; the report will say so.",
)
@click.option("--refresh", is_flag=True, help="Ask everything again instead of reading earlier answers.")
@click.option("--dry-run", is_flag=True, help="Only say what would be fetched and run, and about how long.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the screen.")
@click.option(
    "--out",
    default="weigh-report",
    show_default=True,
    metavar="DIR",
    help="Folder for report.html and report.json.",
)
def adopt(**options: object) -> int:
    """May we depend on MODEL, and how? Answered by measurements on your own data.

    MODEL is a name from models.toml, a path, or a ref such as pypi:NAME==VERSION#PATH; `none` asks
    what your data can do without any model.

    \b
    weigh adopt ./my-model --data reviews.csv --text body --label stars
    weigh adopt none --data table.csv --features age,income --label churned

    Exit code: 0 adopt and the policy passes, or train from scratch; 1 no; 2 wrong usage; 3 could not
    find out.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    return run_adopt(options)


def run_adopt(options: dict[str, object]) -> int:
    """Run the job with parsed options, draw the result, and return the exit code."""
    from weigh.jobs.adopt.job import adopt as job
    from weigh.jobs.adopt.options import AdoptOptions
    from weigh.jobs.adopt.write import require_folder
    from weigh.render.progress import TerminalEvents as Drawn

    as_json = bool(options.pop("as_json"))
    out = Path(str(options.pop("out")))
    require_folder(out)
    dry_run = bool(options.pop("dry_run"))
    asked = AdoptOptions.of({**options, "spoken": _spoken(), "out": str(out)})
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
    from weigh.jobs.adopt.write import write_report
    from weigh.render.escape import json_text, visible
    from weigh.render.report_json import to_json
    from weigh.render.terminal import screen

    written = write_report(report, out, command=_command())
    if as_json:
        click.echo(json_text(to_json(report).decode("utf-8")))
        return
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(screen(report, width=min(width, 120), colour=_colour()), nl=False)
    html, *others = written
    click.echo(f"report     {visible(str(html))}  beside  {', '.join(path.name for path in others)}")


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


PASSING = {"--offline", "--refresh", "--json", "--dry-run"}
"""Options about one run, not about the question; left out of the commands offered next."""


VALUED = ("--seed", "--out")
VALUED_EQUALS = tuple(f"{name}=" for name in VALUED)


def _spoken() -> str:
    """The question as it was typed, without seed and place, so that others can be put behind it."""
    words = iter(sys.argv[1:])
    kept = [w for w in words if not w.startswith(VALUED_EQUALS) and (w not in VALUED or not next(words, ""))]
    return "weigh " + " ".join(quoted(w) for w in kept if w not in PASSING)


def _command() -> str:
    return "weigh " + " ".join(quoted(a) for a in sys.argv[1:])
