"""`weigh diff`: parse, compare, draw, and end as git does."""

import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("things", nargs=-1, metavar="[OLD] [NEW]")
@click.option("--since", default="", metavar="REV", help="Compare with models.lock at this git revision.")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--exit-code", "as_code", is_flag=True, help="Exit 1 when there is a difference.")
@click.option("--all", "whole", is_flag=True, help="Show every line, not the first of each kind.")
@click.option("--offline", is_flag=True, help="Do not use the network for refs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(
    things: tuple[str, ...],
    *,
    since: str,
    project: str,
    as_code: bool,
    whole: bool,
    offline: bool,
    as_json: bool,
) -> int:
    """What is other between two locks, or two versions of a model?

    \b
    weigh diff --since HEAD                        this lock and the committed one
    weigh diff old.lock models.lock                two lock files
    weigh diff hf:org/name@v1 hf:org/name@v2       two refs; they are fetched and verified
    weigh diff encoder@v1 encoder@v2               two revisions of a declared model
    weigh diff one/ two/                           two folders

    Files, tensors, configuration values, licence, owner, base models and code that comes with the model.
    Nothing is executed. What is not in the store is said to be unknown.

    Exit codes: 0, whether or not there is a difference; with --exit-code 1 when there is one.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.diff import diff as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        found = job(bench, things, since=since, project=Path(project).resolve())
    events.close()
    if as_json:
        from weigh.render.diff_json import to_json

        click.echo(to_json(found), nl=False)
    else:
        from weigh.render.diff_screen import diff_screen

        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        width = shutil.get_terminal_size().columns
        click.echo(diff_screen(found, width=width, colour=colour, whole=whole), nl=False)
    return ExitCode.NO if as_code and found.differs else ExitCode.FINE
