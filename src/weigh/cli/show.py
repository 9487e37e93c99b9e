"""`weigh show`: one version, or one file of it."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("what", default="HEAD", metavar="[REV[:PATH]]")
@click.option("--history", default="", metavar="NAME", help="Another history, by its name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(what: str, *, history: str, as_json: bool) -> int:
    """One version: who, when, from what, and which files changed; with :PATH a file and its tensors."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import file_told, version_told
    from weigh.jobs.show import ShownVersion, show as job
    from weigh.render.history_screen import file_screen, version_screen

    shown = job(open_desk(Silent()), Path.cwd(), what, history=history)
    if isinstance(shown, ShownVersion):
        told = version_told(shown)
        screen = version_screen(told)
    else:
        told = file_told(shown)
        screen = file_screen(told)
    click.echo(json.dumps(told) if as_json else screen, nl=as_json)
    return ExitCode.FINE
