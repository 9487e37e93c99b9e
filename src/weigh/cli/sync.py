"""`weigh sync`: parse, run the job, say what is in place."""

import json
import sys
from contextlib import closing
from pathlib import Path

import click

from weigh.core.errors import ExitCode, UsageError


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option(
    "--group", "groups", multiple=True, metavar="GROUP", help="Only models of this group; repeatable."
)
@click.option("--prune", is_flag=True, help="Delete what lies in the caches and is not locked.")
@click.option(
    "--locked", is_flag=True, help="Exit 2 if models.toml was changed since models.lock was written."
)
@click.option("--frozen", is_flag=True, help="Take models.lock as it is; do not look at models.toml.")
@click.option("--offline", is_flag=True, help="Do not use the network; only what the store holds.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sync(
    names: tuple[str, ...], project: str, groups: tuple[str, ...], *, prune: bool, locked: bool, frozen: bool,
    offline: bool, as_json: bool,
) -> int:  # fmt: skip
    """Fetch what models.lock names and place it where unmodified programs look.

    The caches of huggingface_hub, torch.hub, tensorflow_hub, kagglehub and Keras lie in .weigh of the
    project; `weigh run` points a program to them. Every file is verified before it appears.
    """
    from weigh.jobs.sync import SyncOptions, sync as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.progress import TerminalEvents
    from weigh.render.sync_screen import sync_screen

    if locked and frozen:
        raise UsageError("--locked and --frozen exclude each other", hint="weigh sync --help")
    options = SyncOptions(names, groups, prune=prune, locked=locked, frozen=frozen)
    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), options)
    events.close()
    if as_json:
        told = {
            "models": {section: list(families) for section, families in done.sections},
            "placed": list(done.made),
            "methods": dict(done.methods),
            "files": done.files,
            "bytes": done.size,
            "transferred": done.transferred,
            "extra": list(done.extra),
            "pruned": list(done.pruned),
            "notes": list(done.notes),
            "relocked": done.relocked,
        }
        click.echo(json.dumps(told))
        return ExitCode.FINE
    screen = sync_screen(
        sections=done.sections, made=len(done.made), methods=done.methods, files=done.files, size=done.size,
        transferred=done.transferred, leftover=(done.pruned, done.extra), notes=done.notes,
    )  # fmt: skip
    click.echo(screen, nl=False)
    return ExitCode.FINE
