"""`weigh add`: parse, run the job, say what happened."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("ref")
@click.option("--name", default="", metavar="NAME", help="Of its section; by default made out of the ref.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Only files like this; may be repeated.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No files like this; may be repeated.")
@click.option("--as", "put_as", multiple=True, metavar="CACHE[:KEY]", help="Where weigh sync puts it.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another name the code uses for it.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Part of the project that uses it.")
@click.option(
    "--remote-code",
    type=click.Choice(["deny", "pinned"]),
    default="deny",
    help="Whether its own code may run, from locked bytes only.",
)
@click.option("--title", default="", metavar="TEXT", help="One line for people.")
@click.option("--no-lock", is_flag=True, help="Declare it only; models.lock stays as it is.")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(  # noqa: PLR0913 - one argument an option
    ref: str,
    *,
    name: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    put_as: tuple[str, ...],
    aliases: tuple[str, ...],
    groups: tuple[str, ...],
    remote_code: str,
    title: str,
    project: str,
    no_lock: bool,
    offline: bool,
    as_json: bool,
) -> int:
    """Declare the model REF: fetched, looked at without running it, and locked.

    Nothing is written when it does not exist or when a file of it is malicious.
    """
    from weigh.jobs.add import add as job
    from weigh.jobs.workbench import open_workbench
    from weigh.project.manifest_edit import NewModel
    from weigh.render.add_screen import add_screen
    from weigh.render.progress import TerminalEvents

    entry = NewModel(
        ref=ref,
        name=name,
        title=title,
        include=include,
        exclude=exclude,
        groups=groups,
        aliases=aliases,
        put_as=put_as,
        remote_code=remote_code,
    )
    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), entry, locking=not no_lock)
    events.close()
    told = {
        "name": done.name,
        "requested": list(done.model.requested),
        "exact": list(done.model.exact),
        "licence": done.model.licence,
        "files": done.files,
        "size": done.size,
        "code": list(done.model.code),
        "base": [{"relation": e.relation, "ref": e.ref} for e in done.model.base],
        "review": list(done.review),
        "locked": done.locking is not None,
        "notes": list(done.locking.notes) if done.locking is not None else [],
    }
    click.echo(json.dumps(told) if as_json else add_screen(told))
    return ExitCode.FINE
