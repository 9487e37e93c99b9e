"""`weigh export`: what is locked, for other programs."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode, UsageError

FORMS = ("requirements", "hf-cache", "cyclonedx", "version")


@click.command()
@click.argument("out", metavar="OUT")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--format", "form", type=click.Choice(FORMS), required=True, help="What to write.")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export(out: str, names: tuple[str, ...], *, form: str, project: str, offline: bool, as_json: bool) -> int:
    """Write the locked models in a form that other programs read.

    \b
    requirements   the packages that models come in, with hashes, for pip
    hf-cache       a folder for HF_HUB_CACHE, with refs/main = the locked commit
    cyclonedx      a bill of materials, CycloneDX 1.6 JSON
    version        a version as a plain folder: weigh export OUT REV --format version

    The same lock gives the same bytes. What a form cannot hold is said.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    if form == "version":
        return _version(out, names, as_json=as_json)
    from weigh.jobs.export import Form, export as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render import numbers
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), Form(form), Path(out), names)
    events.close()
    if as_json:
        told = {"bytes": done.size, "sections": list(done.sections), "left-out": list(done.left_out)}
        click.echo(json.dumps(told))
        return ExitCode.FINE
    if out != "/dev/stdout":
        count = len(done.sections) - len(done.left_out)
        click.echo(f"  {visible(out)}  {count} model{'' if count == 1 else 's'} · {numbers.size(done.size)}")
    for section in done.left_out:
        click.echo(f"  left out: {visible(section)} is not of this form", err=True)
    return ExitCode.FINE


def _version(out: str, names: tuple[str, ...], *, as_json: bool) -> int:
    """A version of this folder's history, or with `HISTORY:REV` of another, as a plain folder."""
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.desk import open_desk
    from weigh.jobs.export_version import export_version
    from weigh.render import numbers
    from weigh.render.escape import visible
    from weigh.render.progress import TerminalEvents

    if len(names) > 1:
        raise UsageError("one version is written at a time", hint="weigh export OUT REV --format version")
    history, colon, revision = (names[0] if names else "HEAD").rpartition(":")
    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    tree = export_version(
        open_desk(events), Path.cwd(), revision, Path(out), history=history if colon else ""
    )
    events.close()
    size = sum(file.size for file in tree.files)
    told = {"bytes": size, "files": [file.path for file in tree.files]}
    screen = f"  {visible(out)}  {len(tree.files)} files · {numbers.size(size)}"
    click.echo(json.dumps(told) if as_json else screen)
    return ExitCode.FINE
