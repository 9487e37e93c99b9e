"""`weigh push`: parse, run the job, say what moved."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode, UsageError


@click.command()
@click.argument("remote", default="")
@click.argument("branches", nargs=-1, metavar="[BRANCH]...")
@click.option("--tags", is_flag=True, help="Every tag, too.")
@click.option(
    "--force-with-lease",
    "lease",
    is_flag=True,
    help="Move a branch elsewhere than forward if it stands where you last saw it.",
)
@click.option("--force", is_flag=True, help="Move a branch elsewhere than forward, whoever moved it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def push(
    remote: str, branches: tuple[str, ...], *, tags: bool, lease: bool, force: bool, as_json: bool
) -> int:
    """Bring versions to a remote.

    Only what the remote lacks is sent, and a push that was cut off goes on. Of two people who push at
    once, one is told to pull first; no version is lost. Exit 1: the remote has versions that yours do
    not follow.
    """
    from weigh.jobs.desk import open_desk
    from weigh.jobs.push import push as job
    from weigh.render.exchange_screen import pushed_screen
    from weigh.render.progress import TerminalEvents
    from weigh.versions.pushing import Force

    if lease and force:
        raise UsageError("--force and --force-with-lease exclude each other", hint="weigh push --help")
    how = Force.WITH_LEASE if lease else Force.ALWAYS if force else Force.NEVER
    events = TerminalEvents(sys.stderr, quiet=as_json)
    desk = open_desk(events)
    done = job(desk, Path.cwd(), remote, branches, tags=tags, force=how)
    events.close()
    moved = [(m.ref, m.old, m.new) for m in done.moved]
    if as_json:
        told = {
            "remote": done.address,
            "moved": [{"ref": ref, "old": old, "new": new} for ref, old, new in moved],
            "objects": done.objects,
            "bytes": done.size,
            "packs": done.packs,
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    click.echo(
        pushed_screen(address=done.address, moved=moved, objects=done.objects, size=done.size), nl=False
    )
    return ExitCode.FINE
