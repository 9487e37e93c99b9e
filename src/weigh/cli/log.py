"""`weigh log`: the versions that one follows."""

import json
import shutil
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.option("--graph", "drawn", is_flag=True, help="Draw how versions follow each other.")
@click.option("--all", "every", is_flag=True, help="Begin at every branch and tag.")
@click.option("-n", "most", type=click.IntRange(min=1), default=None, metavar="N", help="At most N versions.")
@click.option("--history", default="", metavar="NAME", help="Another history, by its name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def log(revision: str, *, drawn: bool, every: bool, most: int | None, history: str, as_json: bool) -> int:
    """The versions that REV follows, the youngest first.

    REV is a branch, a tag, an id or its first digits; `~N` goes N versions back, `^2` to the second parent.
    """
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import line_told
    from weigh.jobs.log import log as job
    from weigh.render.history_screen import log_screen

    desk = open_desk(Silent())
    found = job(desk, Path.cwd(), revision, most=most or 0, every=every, history=history)
    told = [line_told(line) for line in found]
    width = shutil.get_terminal_size().columns
    screen = json.dumps(told) if as_json else log_screen(told, drawn=drawn, width=width)
    click.echo(screen, nl=as_json)
    return ExitCode.FINE
