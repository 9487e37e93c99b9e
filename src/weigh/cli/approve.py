"""`weigh approve`: parse, write the approval, say what stands in models.toml now."""

from pathlib import Path

import click

from weigh.core.errors import ExitCode

MOST_SHOWN = 10


@click.command()
@click.argument("file")
@click.argument("names", nargs=-1, metavar="NAME…")
@click.option("--because", default="", metavar="TEXT", help="The reason; kept in models.toml.")
@click.option("--by", default="", metavar="NAME, ROLE", help="Who says so.")
@click.option(
    "--project", default="", metavar="DIR", help="Folder of models.toml; by default the nearest from here up."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def approve(file: str, names: tuple[str, ...], because: str, by: str, project: str, *, as_json: bool) -> int:
    """Say that callables NAME… of exactly this FILE are harmless, because you have read them.

    The approval goes into models.toml with the file's sha256: another version needs another one. It counts
    when a model is adopted. A scan shows everything whether approved or not, and what is known to do harm
    cannot be approved.

    \b
    weigh approve model.pt acme.layers.Attention --because "read at 1f0c: sets attributes only"
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from datetime import UTC, datetime

    from weigh.jobs.approve import approve as job
    from weigh.render.escape import visible

    done = job(
        Path(file),
        names,
        because=because,
        by=by,
        project=Path(project) if project else None,
        today=datetime.now(tz=UTC).date(),
    )
    if as_json:
        import json

        told = {
            "sha256": done.approval.sha256,
            "names": list(done.approval.names),
            "changed": done.changed,
            "left": list(done.left),
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    for name in done.approval.names:
        click.echo(f"  {visible(name)}  {'approved' if done.changed else 'was approved'}")
    click.echo(f"  for sha256 {done.approval.sha256[:12]}… in {visible(done.path.name)}")
    if done.left:
        more = f" and {len(done.left) - MOST_SHOWN} more" if len(done.left) > MOST_SHOWN else ""
        click.echo(f"  not approved: {visible(', '.join(done.left[:MOST_SHOWN]))}{more}")
    return ExitCode.FINE
