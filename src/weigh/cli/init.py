"""`weigh init`: parse, run the job, say what happened."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--name", default="", metavar="NAME", help="Of the project; by default that of the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(folder: str, name: str, *, as_json: bool) -> int:
    """Make a models.toml, and have git pass over what weigh can make again."""
    from weigh.jobs.init import init as job
    from weigh.render.escape import visible

    done = job(Path(folder), name=name)
    if as_json:
        click.echo(json.dumps({"path": str(done.path), "name": done.name, "gitignore": done.ignored}))
        return ExitCode.FINE
    click.echo(f"  models.toml made for {visible(done.name)}")
    if done.ignored:
        click.echo("  .gitignore passes over .weigh/")
    click.echo("  next: weigh discover --write, or weigh add REF")
    return ExitCode.FINE
