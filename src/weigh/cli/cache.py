"""`weigh cache`: what is kept on this machine, and making room."""

import json

import click

from weigh.core.errors import ExitCode


@click.group()
def cache() -> None:
    """What is kept on this machine, and making room."""


@cache.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> int:
    """What is kept, by kind: number of files and size.

    \b
    files       models and data, each once, whatever names it
    derived     where computed values lie: features, predictions, fitted arms
    unfinished  interrupted fetches that can go on
    corrupt     files set aside because their bytes changed
    ledger      answers
    project     what `weigh sync` placed in the project here; it shares its bytes with `files`
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.cache import kept
    from weigh.render import numbers

    found = kept()
    if as_json:
        click.echo(json.dumps({name: {"files": files, "bytes": size} for name, files, size in found}))
        return ExitCode.FINE
    for name, files, size in found:
        click.echo(f"  {name:<12} {numbers.count(files):>8} files  {numbers.size(size):>9}")
    return ExitCode.FINE


@cache.command("prune")
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="DAYS",
    help="Only what was not used for this many days.",
)
@click.option("--corrupt", is_flag=True, help="Also delete files that were set aside as corrupt so long ago.")
@click.option("--dry-run", is_flag=True, help="Only say how much would be freed.")
def prune(older_than: float, *, corrupt: bool, dry_run: bool) -> int:
    """Delete what neither models.lock here, nor an answer, nor a recent run needs.

    Answers in the ledger stay, and so does everything they rest on.
    """
    from weigh.jobs.cache import make_room
    from weigh.render import numbers

    freed = make_room(older_than, corrupt=corrupt, dry_run=dry_run)
    click.echo(f"  {numbers.size(freed)} {'would be ' if dry_run else ''}freed")
    return ExitCode.FINE
