"""`weigh inspect`: what is inside a model."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from weigh.core.inspection import Inspection


@click.command()
@click.argument("target", metavar="PATH|REF")
@click.option("--tensors", is_flag=True, help="List every tensor.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with everything that was seen.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
def inspect(target: str, *, tensors: bool, as_json: bool, offline: bool) -> int:
    """What is inside a model: files, tensors, templates, what loading would import or call.

    \b
    weigh inspect model.safetensors
    weigh inspect hf:org/name        reads the headers only, and says how many bytes it fetched
    weigh inspect checkpoint.pt --tensors

    Nothing of the model is run. Facts of a remote model are not verified: weigh lock does that.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    found = _look(target, offline=offline)
    if as_json:
        from weigh.render.inspect_json import to_json

        click.echo(to_json(found), nl=False)
        return ExitCode.FINE
    from weigh.render.inspect_screen import inspect_screen

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    click.echo(inspect_screen(found, width=width, all_tensors=tensors), nl=False)
    return ExitCode.FINE


def _look(target: str, *, offline: bool) -> "Inspection":
    if os.path.lexists(target) or ":" not in target:
        from weigh.jobs.inspect import inspect_path

        return inspect_path(Path(target))
    from weigh.jobs.inspect_refs import inspect_ref

    return inspect_ref(target, offline=offline)
