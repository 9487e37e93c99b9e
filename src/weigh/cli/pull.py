"""`weigh pull`: parse, run the job, say what came and what was put in place."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("remote", default="")
@click.argument("branch", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pull(remote: str, branch: str, *, as_json: bool) -> int:
    """Fetch, then bring the checked-out branch and its files forward.

    No file that you changed is overwritten. Exit 1: a file is in the way, or you and the remote both have
    versions that the other lacks; merge them then.
    """
    from weigh.jobs.desk import open_desk
    from weigh.jobs.pull import pull as job
    from weigh.render.exchange_screen import fetched_screen, forwarded_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json)
    desk = open_desk(events)
    fetched, forwarded = job(desk, Path.cwd(), remote, branch)
    events.close()
    written = forwarded.files.written if forwarded.files is not None else ()
    removed = forwarded.files.removed if forwarded.files is not None else ()
    if as_json:
        told = {
            "remote": fetched.address,
            "objects": fetched.objects,
            "bytes": fetched.size,
            "branch": forwarded.branch,
            "old": forwarded.old,
            "new": forwarded.new,
            "written": [path for path, _ in written],
            "removed": list(removed),
            "ahead": forwarded.ahead,
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    came = fetched_screen(
        address=fetched.address, moved=fetched.moved, objects=fetched.objects, size=fetched.size
    )
    done = forwarded_screen(
        branch=forwarded.branch, old=forwarded.old, new=forwarded.new, written=written, removed=removed,
        ahead=forwarded.ahead,
    )  # fmt: skip
    click.echo(came + done, nl=False)
    return ExitCode.FINE
