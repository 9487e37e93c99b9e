"""`weigh clone`: parse, run the job, say what is in place."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("address")
@click.argument("folder", default="", metavar="[DIR]")
@click.option("--history", "name", default="", metavar="NAME", help="Name of the history here.")
@click.option("--branch", default="", help="Branch to check out; main by default.")
@click.option("--depth", default=0, type=click.IntRange(min=0), help="Versions of each branch; 0 for all.")
@click.option("--only", multiple=True, metavar="PATH", help="Only this file or folder; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def clone(
    address: str, folder: str, name: str, branch: str, depth: int, only: tuple[str, ...], *, as_json: bool
) -> int:
    """Bring a history that lies at a remote here, and check it out.

    ADDRESS is a folder, s3:BUCKET/PREFIX, gs:BUCKET/PREFIX, az:CONTAINER/PREFIX, or https://… of a server
    that hands out such a folder. Every object is verified by its hash before it can be seen.
    """
    from weigh.jobs.clone import clone as job
    from weigh.jobs.desk import open_desk
    from weigh.render.exchange_screen import cloned_screen
    from weigh.render.progress import TerminalEvents
    from weigh.versions.pulling import Wanted

    events = TerminalEvents(sys.stderr, quiet=as_json)
    wanted = Wanted(only=only, depth=depth)
    desk = open_desk(events)
    done = job(desk, Path.cwd(), address, folder, name=name, branch=branch, wanted=wanted)
    events.close()
    files = done.files.written if done.files is not None else ()
    if as_json:
        told = {
            "history": done.history,
            "folder": str(done.folder),
            "branch": done.branch,
            "id": done.files.id if done.files is not None else "",
            "files": [path for path, _ in files],
            "objects": done.fetched.objects,
            "bytes": done.fetched.size,
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    screen = cloned_screen(
        history=done.history, folder=str(done.folder), branch=done.branch, files=files,
        objects=done.fetched.objects, size=done.fetched.size,
    )  # fmt: skip
    click.echo(screen, nl=False)
    return ExitCode.FINE
