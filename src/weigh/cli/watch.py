"""`weigh watch`: parse, run the job, draw, exit."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from weigh.jobs.watch import Watching


@click.group()
def watch() -> None:
    """Is an adopted model still used on data like those it was judged on?"""


@watch.command()
@click.argument("profile", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--data", required=True, metavar="NAME|PATH|REF", help="The new rows; labels are not needed.")
@click.option("--text", default="", metavar="COL", help="The text column, when it has another name now.")
@click.option(
    "--label",
    default="",
    metavar="COL|EXPR",
    help="The right answer, where known: accuracy is then measured.",
)
@click.option(
    "--alpha",
    default=0.01,
    show_default=True,
    type=click.FloatRange(0.001, 0.2),
    help="Chance of an alarm on rows in which nothing has changed.",
)
@click.option(
    "--columns-only", is_flag=True, help="Compare columns; run neither the model nor the fitted predictor."
)
@click.option(
    "--model", default="", metavar="NAME|PATH|REF", help="Where the model is, when not where it was."
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Of samples and permutations.",
)
@click.option(
    "--project",
    default="",
    metavar="DIR",
    help="Folder of models.toml; by default the nearest from here upwards.",
)
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--accept-review", is_flag=True, help="Open files of the model with the word `review` too.")
@click.option(
    "--accept-sandbox-gaps",
    is_flag=True,
    help="Run the model although a sandbox limit cannot be enforced here.",
)
@click.option("--refresh", is_flag=True, help="Ask everything again instead of reading earlier answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the screen.")
@click.option("--out", default="", metavar="FILE", help="Also write the JSON to this file.")
def check(**options: object) -> int:
    """Hold new rows against PROFILE, the profile.json that `weigh adopt` wrote.

    \b
    weigh watch check weigh-report/profile.json --data this-week.csv
    weigh watch check weigh-report/profile.json --data audited.csv --label stars

    Exit code: 0 quiet; 1 alarm; 2 wrong usage; 3 too few rows, or a part could not be compared or
    could have hidden a large difference.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.watch import WatchOptions, watch as job
    from weigh.render.progress import TerminalEvents

    as_json, out = bool(options.pop("as_json")), str(options.pop("out"))
    project = str(options.pop("project"))
    asked = WatchOptions(**options, project=Path(project) if project else None)  # type: ignore[arg-type]
    events = TerminalEvents(sys.stderr, quiet=as_json)
    found = job(asked, events)
    events.close()
    _show(found, out, as_json=as_json)
    return int(found.exit_code)


def _show(found: "Watching", out: str, *, as_json: bool) -> None:
    from weigh.core.canonical import dumps
    from weigh.render.escape import json_text
    from weigh.render.watch import screen
    from weigh.system.atomic import write_out

    told = dumps(
        {
            "schema": "weigh.watch/1",
            "profile": found.profile.digest,
            "exit_code": int(found.exit_code),
            "evidence": found.evidence,
        }
    )
    if out:
        write_out(Path(out), told + b"\n")
    if as_json:
        click.echo(json_text(told.decode("utf-8")))
        return
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    shown = screen(
        found.profile,
        found.evidence,
        data=found.data,
        rows=found.rows,
        exit_code=found.exit_code,
        width=width,
    )
    click.echo(shown, nl=False)
