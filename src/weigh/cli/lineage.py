"""`weigh lineage`: parse, compare, draw, and end with the answer."""

import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from weigh.core.lineage import Lineage


@click.command()
@click.argument("things", nargs=-1, metavar="[REV|PATH|REF]...")
@click.option("--is-from", default="", metavar="OTHER", help="Does the one named come from this one?")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--all", "whole", is_flag=True, help="Show every line, not the first of each kind.")
@click.option("--html", default="", metavar="FILE", help="Write a page with a drawing of the graph.")
@click.option("--offline", is_flag=True, help="Do not use the network for refs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lineage(
    things: tuple[str, ...],
    *,
    is_from: str,
    project: str,
    whole: bool,
    html: str,
    offline: bool,
    as_json: bool,
) -> int:
    """What came from what: declared, proved, or likely by the values?

    \b
    weigh lineage                              the versions of this folder's history
    weigh lineage tuned/ --is-from base/       is it really a fine-tune of that?
    weigh lineage HEAD --is-from v1            the same of two versions
    weigh lineage v1.onnx v2.onnx v3.onnx      several models, the oldest first

    Equal tensors prove a common origin, unless any model of the architecture has them. Where nothing is
    equal, the likeness is held against shuffled values and against models trained independently. Nothing
    is executed.

    Exit codes: 0; with --is-from 0 yes or likely, 1 no, 3 unknown.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.lineage import lineage as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.lineage_json import to_json
    from weigh.render.lineage_screen import lineage_screen
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events, offline=offline)) as bench:
        found = job(bench, things, is_from=is_from, folder=Path.cwd(), project=Path(project).resolve())
    events.close()
    if html:
        _write_page(found, Path(html))
    width = shutil.get_terminal_size().columns
    click.echo(to_json(found) if as_json else lineage_screen(found, width=width, whole=whole), nl=False)
    return _code(found)


def _write_page(found: "Lineage", path: Path) -> None:
    from weigh.render.lineage_html import page
    from weigh.system.atomic import write_out

    write_out(path, page(found).encode())


def _code(found: "Lineage") -> int:
    from weigh.core.lineage import Descent

    if not found.question:
        return ExitCode.FINE
    answers = {
        Descent.YES: ExitCode.FINE,
        Descent.LIKELY: ExitCode.FINE,
        Descent.NO: ExitCode.NO,
        Descent.UNKNOWN: ExitCode.UNKNOWN,
    }
    return answers[found.relations[0].descent]
