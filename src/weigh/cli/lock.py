"""`weigh lock`: parse, run the job, say what happened."""

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.jobs.lock import Locking


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the lock would change.")
@click.option("--upgrade", is_flag=True, help="Follow branches: ask anew for NAME, or for everything.")
@click.option("--accept", multiple=True, metavar="NAME", help="Follow a moved tag or changed owner of NAME.")
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lock(
    names: tuple[str, ...],
    project: str,
    *,
    check: bool,
    upgrade: bool,
    accept: tuple[str, ...],
    offline: bool,
    as_json: bool,
) -> int:
    """Fetch what models.toml declares, hash it, and write models.lock.

    What is locked already and still declared keeps its bytes. Commit models.lock.
    """
    from weigh.jobs.lock import Upgrade, lock as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.lock_screen import lock_screen
    from weigh.render.progress import TerminalEvents

    if names and not upgrade:
        raise UsageError("names are given for --upgrade", hint=f"weigh lock --upgrade {' '.join(names)}")
    wanted = Upgrade(everything=upgrade and not names, names=frozenset(names), accepted=frozenset(accept))
    events = TerminalEvents(sys.stderr, quiet=as_json)
    with closing(open_workbench(events, offline=offline)) as bench:
        done = job(bench, Path(project).resolve(), check=check, upgrade=wanted)
    events.close()
    told = lock_json(done)
    click.echo(json.dumps(told) if as_json else lock_screen(told, check=check))
    return ExitCode.NO if check and done.changed else ExitCode.FINE


def lock_json(done: "Locking") -> dict[str, Any]:
    """What locking did, for programs."""
    return {
        "name": done.path.name,
        "changed": done.changed,
        "differences": list(done.differences),
        "files": dict(done.sections),
        "bytes": done.transferred,
        "moves": [
            {"section": m.section, "ref": m.requested, "what": m.what, "old": m.old, "new": m.new}
            for m in done.moves
        ],
        "notes": list(done.notes),
        "unresolved": sum(call.count for call in done.lock.unresolved),
    }
