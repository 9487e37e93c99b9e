"""`weigh status`: where the working folder stands."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.option("--exit-code", "as_code", is_flag=True, help="Exit 1 when something differs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_code: bool, as_json: bool) -> int:
    """Which version is checked out here, and which files differ from it."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import status_told
    from weigh.jobs.status import status as job
    from weigh.render.history_screen import status_screen

    told = status_told(job(open_desk(Silent()), Path.cwd()))
    click.echo(json.dumps(told) if as_json else status_screen(told), nl=as_json)
    return ExitCode.NO if as_code and told["differing"] else ExitCode.FINE
