"""`weigh remove`: parse, run the job, say what happened."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("name")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def remove(name: str, project: str, *, as_json: bool) -> int:
    """Take the model NAME out of models.toml and models.lock.

    `weigh sync --prune` then takes it out of the project's caches, so that it no longer loads.
    """
    from weigh.jobs.remove import remove as job
    from weigh.render.escape import visible

    done = job(Path(project).resolve(), name)
    if as_json:
        click.echo(json.dumps({"name": done.name, "files": done.files, "needed_by": list(done.needed_by)}))
        return ExitCode.FINE
    click.echo(
        f"  removed models.{visible(done.name)}, {done.files} locked file{'' if done.files == 1 else 's'}"
    )
    for section in done.needed_by:
        click.echo(f"  note: {visible(section)} names it as something it was made of or needs")
    click.echo("  next: weigh sync --prune takes it out of the caches")
    return ExitCode.FINE
