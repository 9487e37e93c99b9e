"""`weigh restore`: one file or one tensor of a version."""

import json
import sys
from pathlib import Path

import click

from weigh.core.errors import ExitCode, UsageError


@click.command()
@click.argument("revision", metavar="REV")
@click.argument("path", metavar="PATH")
@click.option("--tensor", default=None, metavar="NAME", help="Only this tensor, as .npy or .safetensors.")
@click.option("-o", "--output", "out", default="", metavar="FILE", help="Where to; by default its own name.")
@click.option("-f", "--force", is_flag=True, help="Replace what stands there.")
@click.option("--history", default="", metavar="NAME", help="Another history, by its name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(
    revision: str, path: str, *, tensor: str | None, out: str, force: bool, history: str, as_json: bool
) -> int:
    """Write one file, or one tensor, of a version; the working folder's version stays what it is."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.desk import open_desk
    from weigh.jobs.restore import RestoreOptions, restore as job
    from weigh.render import numbers
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    if tensor == "":
        raise UsageError("--tensor was given without a name", hint=f"weigh show {revision}:{path}")
    options = RestoreOptions(revision, path, tensor or "", out, force, history)
    done = job(open_desk(events), Path.cwd(), options)
    events.close()
    if as_json:
        told = {"path": str(done.path), "size": done.size, "commit": done.commit, "what": done.what}
        click.echo(json.dumps(told))
    else:
        where = f"{visible(str(done.path))}  {numbers.size(done.size)}"
        click.echo(f"  {visible(done.what)} of {done.commit[:12]} → {where}")
    return ExitCode.FINE
