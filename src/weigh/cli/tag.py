"""`weigh tag`: list, make and take away tags."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.jobs.branch import Named


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME [REV]]")
@click.option("-d", "--delete", is_flag=True, help="Take the tag away.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tag(names: tuple[str, ...], *, delete: bool, as_json: bool) -> int:
    """List tags, or name the version REV (HEAD by default) for good: a tag is not moved."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.core.events import Silent
    from weigh.jobs.branch import delete_tag, make_tag, tags
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import named_told
    from weigh.render.history_screen import names_screen

    if len(names) > 2 or (delete and len(names) != 1):
        raise UsageError("these options and names do not go together", hint="weigh tag --help")
    desk, here = open_desk(Silent()), Path.cwd()
    found: tuple[Named, ...]
    if delete:
        found = (delete_tag(desk, here, names[0]),)
    else:
        found = (make_tag(desk, here, *names),) if names else tags(desk, here)
    told = [named_told(one) for one in found]
    screen = names_screen(told, what="tag")
    click.echo(json.dumps(told) if as_json else ("  deleted\n" if delete else "") + screen, nl=as_json)
    return ExitCode.FINE
