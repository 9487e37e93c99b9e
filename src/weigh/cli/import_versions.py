"""`weigh import`: what exists already becomes versions."""

import json
import sys

import click

from weigh.core.errors import ExitCode


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="hf-cache|PATH...")
@click.option("--history", default="", metavar="NAME", help="The history; by default named after the source.")
@click.option("--branch", default="main", metavar="NAME", help="The branch that grows; main by default.")
@click.option("--each", is_flag=True, help="Every folder and file in PATH is a version, in counting order.")
@click.option(
    "--only", multiple=True, metavar="ORG/NAME", help="Only this repository of a cache; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_versions(
    paths: tuple[str, ...], *, history: str, branch: str, each: bool, only: tuple[str, ...], as_json: bool
) -> int:
    """Take in what exists already, read where it lies.

    \b
    weigh import hf-cache                every snapshot in the cache of Hugging Face's clients
    weigh import hf-cache --only org/name
    weigh import runs/ --each            checkpoint-500, checkpoint-1000, ... as successive versions
    weigh import v1/ v2/ --history model

    What was taken in before is passed over, so an interrupted import goes on.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.desk import open_desk
    from weigh.jobs.history_told import imported_told
    from weigh.jobs.import_versions import ImportOptions, import_versions as job
    from weigh.render.history_screen import import_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    options = ImportOptions(paths, history, branch, each=each, only=only)
    told = [imported_told(one) for one in job(open_desk(events), options)]
    events.close()
    click.echo(json.dumps(told) if as_json else import_screen(told), nl=as_json)
    return ExitCode.FINE
