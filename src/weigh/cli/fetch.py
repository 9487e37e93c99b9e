"""`weigh fetch`: parse, run the job, say what moved."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("remote", default="")
@click.option("--depth", default=0, type=click.IntRange(min=0), help="Versions of each branch; 0 for all.")
@click.option("--force", is_flag=True, help="Follow branches that were moved elsewhere than forward.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fetch(remote: str, depth: int, *, force: bool, as_json: bool) -> int:
    """Bring versions of a remote here; your own branches and files stay as they are.

    Every object is verified by its hash before it can be seen. Exit 1: the remote serves other bytes
    than it names, or a branch there was moved backwards.
    """
    from weigh.jobs.desk import open_desk
    from weigh.jobs.pull import fetch as job
    from weigh.render.exchange_screen import fetched_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json)
    desk = open_desk(events)
    done = job(desk, Path.cwd(), remote, force=force, depth=depth)
    events.close()
    if as_json:
        told = {
            "remote": done.address,
            "moved": [{"ref": ref, "old": old, "new": new} for ref, old, new in done.moved],
            "objects": done.objects,
            "bytes": done.size,
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    click.echo(
        fetched_screen(address=done.address, moved=done.moved, objects=done.objects, size=done.size), nl=False
    )
    return ExitCode.FINE
