"""`weigh checkout`: the files of a version into this folder."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode, UsageError


@click.command()
@click.argument("revision", default="", metavar="[REV]")
@click.argument("paths", nargs=-1, metavar="[-- PATH...]")
@click.option("-f", "--force", is_flag=True, help="Overwrite and delete files that were changed.")
@click.option("-b", "made", default="", metavar="BRANCH", help="Make this branch at REV and check it out.")
@click.option("--link", "links", is_flag=True, help="Share read-only files with the store where it has them.")
@click.option("--history", default="", metavar="NAME", help="Make this folder one of that history first.")
@click.option("--attach", is_flag=True, help="Only that, without touching a file: after a folder was moved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def checkout(
    revision: str, paths: tuple[str, ...], *, force: bool, made: str, links: bool, history: str, attach: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Bring the files of a version into this folder, verified.

    \b
    weigh checkout main                  a branch; the next version goes on it
    weigh checkout HEAD~1                a version by itself
    weigh checkout v1 -- model.onnx      one file; what is checked out stays
    weigh checkout --history NAME main   in an empty folder

    A file that you changed is never overwritten without --force. Interrupted, the same command goes on.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.checkout import attach_folder, checkout as job, checkout_new
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import checkout_told
    from weigh.render.history_screen import checkout_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    desk, here = open_desk(events), Path.cwd()
    if attach:
        if not history or revision or paths or made:
            raise UsageError("--attach takes --history NAME and nothing else", hint="weigh checkout --help")
        attach_folder(desk, here, history)
        click.echo(json.dumps({"history": history}) if as_json else "  attached; weigh status looks at it")
        return ExitCode.FINE
    if not revision and not made:
        raise UsageError("which version?", hint="weigh log lists them")
    if made:
        if paths:
            raise UsageError("-b takes no paths", hint="weigh checkout --help")
        opened, done = checkout_new(
            desk, here, (made, revision or "HEAD"), force=force, links=links, history=history
        )
    else:
        opened, done = job(desk, here, revision, paths, force=force, links=links, history=history)
    events.close()
    told = checkout_told(opened, done)
    click.echo(json.dumps(told) if as_json else checkout_screen(told), nl=as_json)
    return ExitCode.FINE
