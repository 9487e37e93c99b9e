"""`weigh remote`: parse, run the job, show."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.group(invoke_without_command=True)
@click.pass_context
def remote(context: click.Context) -> int:
    """Where versions are exchanged with others: a folder, a bucket, a web server.

    Addresses are kept in your own data folder, never in a project; logins come from your environment
    and from credentials.toml.
    """
    return int(context.invoke(ls)) if context.invoked_subcommand is None else ExitCode.FINE


@remote.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(*, as_json: bool = False) -> int:
    """List the remotes of this folder's history."""
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.remote import listed
    from weigh.render.escape import visible

    desk = open_desk(Silent())
    known = listed(desk, Path.cwd())
    if as_json:
        click.echo(json.dumps(dict(known)))
        return ExitCode.FINE
    for name, address in sorted(known.items()):
        click.echo(f"{visible(name)}  {visible(address)}")
    if not known:
        click.echo("no remotes yet: weigh remote add origin ADDRESS")
    return ExitCode.FINE


@remote.command()
@click.argument("name")
@click.argument("address")
def add(name: str, address: str) -> int:
    """Remember a remote.

    ADDRESS is a folder, s3:BUCKET/PREFIX, gs:BUCKET/PREFIX, az:CONTAINER/PREFIX, or https://… (read only).
    """
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.remote import add as job
    from weigh.render.escape import visible

    desk = open_desk(Silent())
    full = job(desk, Path.cwd(), name, address)
    click.echo(f"{visible(name)} is {visible(full)}")
    return ExitCode.FINE


@remote.command()
@click.argument("name")
def rm(name: str) -> int:
    """Forget a remote. Nothing there changes."""
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.remote import remove
    from weigh.render.escape import visible

    desk = open_desk(Silent())
    address = remove(desk, Path.cwd(), name)
    click.echo(f"forgot {visible(name)}, which was {visible(address)}")
    return ExitCode.FINE
