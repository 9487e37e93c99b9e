"""`weigh outdated`: parse, run the job, say what moved."""

import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--check", is_flag=True, help="Exit 1 if anything is not what its source has today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def outdated(names: tuple[str, ...], project: str, *, check: bool, as_json: bool) -> int:
    """Ask the sources what the locked models are today. Fetches and changes nothing.

    Exit 3 when a source could not be asked.
    """
    from weigh.jobs.outdated import State, outdated as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.outdated_screen import outdated_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events)) as bench:
        found = job(bench, Path(project).resolve(), names)
    events.close()
    told = [asdict(standing) for standing in found]
    click.echo(json.dumps({"models": told}) if as_json else outdated_screen(told))
    states = {standing.state for standing in found}
    if check and states - {State.CURRENT, State.UNKNOWN}:
        return ExitCode.NO
    return ExitCode.UNKNOWN if State.UNKNOWN in states else ExitCode.FINE
