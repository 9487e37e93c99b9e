"""`weigh commit`: parse, record, say what it cost."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-m", "--message", "messages", multiple=True, metavar="TEXT", help="What changed; repeat for paragraphs."
)
@click.option("--history", default="", metavar="NAME", help="Name of the history; by default the folder's.")
@click.option("--base", multiple=True, metavar="REF", help="What it was made from: a ref, a branch or tag.")
@click.option("--data", default="", metavar="DIGEST|NAME", help="Training data: a sha256, or a locked name.")
@click.option("--metric", "metrics", multiple=True, metavar="K=V", help="A measured value; repeatable.")
@click.option("--run", default="", metavar="URL", help="Address or id of the training run.")
@click.option("--evidence", default="", metavar="REPORT", help="A report.json, or the folder of one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def commit(  # noqa: PLR0913 - one parameter an option
    paths: tuple[str, ...], messages: tuple[str, ...], history: str, base: tuple[str, ...], data: str,
    metrics: tuple[str, ...], run: str, evidence: str, *, as_json: bool,
) -> int:  # fmt: skip
    """Record the model in this folder as the next version.

    Without PATH the files of the version before are looked at; the first version takes every file but what
    .weighignore names. A new file is taken in by naming it, `.` takes in all. Weights are kept as
    differences from the version before where that is smaller, and come back byte for byte.

    Exit codes: 1 nothing changed, or the branch was moved by somebody else.
    """
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.commit import CommitOptions, commit as job, message_from
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import commit_told
    from weigh.render.history_screen import commit_screen
    from weigh.render.progress import TerminalEvents

    options = CommitOptions(paths, message_from(messages), history, base, data, metrics, run, evidence)
    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    opened, done = job(open_desk(events), Path.cwd(), options)
    events.close()
    told = commit_told(opened, done)
    click.echo(json.dumps(told) if as_json else commit_screen(told), nl=as_json)
    return ExitCode.FINE
