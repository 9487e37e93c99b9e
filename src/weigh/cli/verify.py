"""`weigh verify`: parse, run the job, say what is not as locked."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--fast", is_flag=True, help="Believe inode, size and times; read only what looks touched.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(names: tuple[str, ...], project: str, *, fast: bool, as_json: bool) -> int:
    """Is every byte of the locked models the one that was locked?

    Reads all of them, in the caches of the project and in the store, with every core. Corrupt files of the
    store are set aside; `weigh sync` fetches them again. Exit 1 with a list when something differs.
    """
    from weigh.jobs.verify import verify as job
    from weigh.render.progress import TerminalEvents
    from weigh.render.sync_screen import verify_screen

    events = TerminalEvents(sys.stderr, quiet=as_json)
    found = job(Path(project).resolve(), events, names=names, fast=fast)
    events.close()
    differences = [(d.path, d.trouble.value, d.detail) for d in found.differences]
    if as_json:
        told = {
            "fine": found.fine,
            "fast": found.fast,
            "files": found.files,
            "stored": found.stored,
            "read": found.read,
            "trusted": found.trusted,
            "not_synced": list(found.missing),
            "differences": [dict(zip(("path", "trouble", "detail"), d, strict=True)) for d in differences],
            "corrupt": [dict(zip(("section", "path", "why"), c, strict=True)) for c in found.corrupt],
        }
        click.echo(json.dumps(told))
    else:
        screen = verify_screen(
            differences=differences, corrupt=found.corrupt, files=found.files, stored=found.stored,
            read=found.read, trusted=found.trusted, missing=found.missing, fast=found.fast,
        )  # fmt: skip
        click.echo(screen, nl=False)
    return ExitCode.FINE if found.fine else ExitCode.NO
