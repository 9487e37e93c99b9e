"""`weigh branch`: list, make, rename and take away branches."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.jobs.branch import Named


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME [REV]]")
@click.option("-d", "--delete", is_flag=True, help="Take the branch away.")
@click.option("-m", "--move", "renamed", is_flag=True, help="Rename: [OLD] NEW.")
@click.option("-f", "--force", is_flag=True, help="With -d: even where nothing else leads to its versions.")
@click.option("-a", "--all", "every", is_flag=True, help="List those of remotes, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def branch(
    names: tuple[str, ...], *, delete: bool, renamed: bool, force: bool, every: bool, as_json: bool
) -> int:
    """List branches, or make one at REV (HEAD by default); `weigh checkout NAME` goes to it."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.core.events import Silent
    from weigh.jobs.branch import branches, delete_branch, make_branch, rename_branch
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import named_told
    from weigh.render.history_screen import names_screen

    if (delete and renamed) or len(names) > 2 or (renamed and not names) or (delete and len(names) != 1):
        raise UsageError("these options and names do not go together", hint="weigh branch --help")
    desk, here = open_desk(Silent()), Path.cwd()
    found: tuple[Named, ...]
    if delete:
        found = (delete_branch(desk, here, names[0], force=force),)
    elif renamed:
        found = (rename_branch(desk, here, names[0] if len(names) > 1 else "", names[-1]),)
    elif names:
        found = (make_branch(desk, here, *names),)
    else:
        found = branches(desk, here, remote=every)
    told = [named_told(one) for one in found]
    screen = names_screen(told, what="branch")
    click.echo(json.dumps(told) if as_json else ("  deleted\n" if delete else "") + screen, nl=as_json)
    return ExitCode.FINE
