"""`weigh bundle`: locked models in one file."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("out", metavar="OUT.tar")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bundle(out: str, names: tuple[str, ...], *, project: str, offline: bool, as_json: bool) -> int:
    """Put models.lock and the files it names into one tar, for a machine without network.

    The same lock gives the same bytes, whenever and wherever it is made. Without names it holds all
    models; data sets go in only by name, as data.NAME. On the other machine: weigh unbundle OUT.tar
    """
    from weigh.core.digest import short
    from weigh.jobs.bundle import bundle as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render import numbers
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents
    from weigh.system.hashing import sha256_file

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), Path(out), names)
    events.close()
    sha256, size = sha256_file(Path(out))[0], Path(out).stat().st_size
    if as_json:
        told = {"files": done.files, "bytes": done.size, "sha256": sha256, "size": size}
        click.echo(json.dumps({**told, "sections": sorted(done.lock.models)}))
    else:
        click.echo(
            f"  {visible(out)}  {numbers.count(done.files)} files · {numbers.size(size)} · {short(sha256)}"
        )
    return ExitCode.FINE
