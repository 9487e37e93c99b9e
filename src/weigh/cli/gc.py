"""`weigh gc`: make room by taking away what no version needs any more."""

import json
from dataclasses import asdict

import click

from weigh.core.errors import ExitCode


@click.command()
@click.option(
    "--older-than",
    default=14.0,
    show_default=True,
    metavar="DAYS",
    help="Only what is this old. 0 is safe only while nobody commits.",
)
@click.option("--dry-run", is_flag=True, help="Only say how much would go.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def gc(older_than: float, *, dry_run: bool, as_json: bool) -> int:
    """Take away stored weights that no version of any history needs.

    What goes is first moved aside and deleted by a later run, once it has lain there for as many days.
    A store in which something is damaged is left as it is; `weigh fsck` says what.
    """
    from weigh.core.events import Silent
    from weigh.jobs.desk import open_desk
    from weigh.jobs.gc import gc as job
    from weigh.render import numbers

    found = job(open_desk(Silent()), older_than_days=older_than, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"dry_run": dry_run}))
        return ExitCode.FINE
    would = "would be " if dry_run else ""
    click.echo(f"  {numbers.count(found.needed)} objects are needed, {numbers.count(found.dead)} are not")
    click.echo(
        f"  {numbers.size(found.moved_bytes)} {would}moved aside, "
        f"{numbers.size(found.rewritten_bytes)} of them {would}kept in new packs"
    )
    click.echo(f"  {numbers.size(found.deleted_bytes)} {would}deleted, moved aside before")
    return ExitCode.FINE
