"""`weigh lock`: parse, run the job, say what happened."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode

MOST_SHOWN = 10
"""Differences printed; `--json` has all."""


@click.command()
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the lock would change.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lock(project: str, *, check: bool, offline: bool, as_json: bool) -> int:
    """Fetch what models.toml declares, hash it, and write models.lock.

    What is locked already and still declared keeps its bytes. Commit models.lock.
    """
    from weigh.jobs.lock import lock as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), check=check)
    events.close()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "changed": done.changed,
                    "differences": list(done.differences),
                    "files": dict(done.sections),
                    "bytes": done.transferred,
                }
            )
        )
    else:
        for section, count in done.sections:
            click.echo(f"  {visible(section):<24} {count} file{'' if count == 1 else 's'}")
        for line in done.differences[:MOST_SHOWN]:
            click.echo(f"  {visible(line)}")
        if len(done.differences) > MOST_SHOWN:
            click.echo(f"  and {len(done.differences) - MOST_SHOWN} more")
        word = "would change" if check and done.changed else "written" if done.changed else "up to date"
        click.echo(f"  {done.path.name} {word}")
    return ExitCode.NO if check and done.changed else ExitCode.FINE
