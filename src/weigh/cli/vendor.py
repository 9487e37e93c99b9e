"""`weigh vendor`: verified copies in a folder of one's own."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("target", metavar="DIR")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def vendor(target: str, names: tuple[str, ...], *, project: str, offline: bool, as_json: bool) -> int:
    """Copy locked models into a new folder, with a models.toml and models.lock of its own.

    Every byte is held against the lock on its way. The folder is there whole or not at all, and weigh lock
    --check, scan and adopt work in it without network.
    """
    from weigh.jobs.vendor import vendor as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render import numbers
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), Path(target), names)
    events.close()
    if as_json:
        click.echo(json.dumps({"folder": str(done.folder), "models": list(done.names), "bytes": done.size}))
    else:
        models = f"{len(done.names)} model{'' if len(done.names) == 1 else 's'}"
        click.echo(
            f"  {visible(str(done.folder))}  {models} · {numbers.size(done.size)} · every byte verified"
        )
    return ExitCode.FINE
