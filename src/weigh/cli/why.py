"""`weigh why`: parse, run the job, say who needs it."""

import json
from pathlib import Path

import click

from weigh.core.errors import ExitCode


@click.command()
@click.argument("name", metavar="NAME|REF|PATH")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(name: str, project: str, *, as_json: bool) -> int:
    """Say who needs a model: places in the code, other models, models.toml.

    PATH is a file of a model as models.lock names it, or a file of the project that uses models.
    """
    from weigh.jobs.why import why as job
    from weigh.render.why_screen import why_screen

    found = job(Path(project).resolve(), name)
    told = {
        "asked": found.asked,
        "sections": list(found.sections),
        "refs": list(found.refs),
        "used_by": list(found.used_by),
        "uses": [
            {
                "path": use.place.path,
                "line": use.place.line,
                "cell": use.place.cell,
                "loader": use.loader,
                "ref": use.ref,
                "role": use.role.value,
                "pin": use.pin.value,
            }
            for use in found.uses
        ],
        "models": [{"section": section, "relation": relation} for section, relation in found.edges],
    }
    click.echo(json.dumps(told) if as_json else why_screen(told))
    return ExitCode.FINE
