"""`weigh update`: newer versions of what moves, with the text for whoever must agree."""

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from weigh.core.change import LockChange
    from weigh.jobs.update import Update


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--accept", multiple=True, metavar="NAME", help="Follow this one's moved tag or new owner.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if there is an update.")
@click.option(
    "--pull-request-text", "text", default="", metavar="FILE", help="Write what changed as Markdown."
)
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update(
    names: tuple[str, ...],
    *,
    accept: tuple[str, ...],
    check: bool,
    text: str,
    project: str,
    as_json: bool,
) -> int:
    """Lock what moves anew: branches go to their newest commit, and what that changes is shown.

    New files are scanned before models.lock is written; if one would do harm, nothing is. A tag that points
    elsewhere, or a new owner of a name, is an error until --accept NAME.

    Exit codes: 1 when a new file is malicious, a tag or owner moved, or with --check there is an update.
    """
    from weigh.jobs.update import update as job
    from weigh.jobs.workbench import open_workbench
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    with closing(open_workbench(events)) as bench:
        folder = Path(project).resolve()
        tell = _writer(Path(text)) if text else None
        done = job(bench, folder, frozenset(names), accepted=frozenset(accept), check=check, tell=tell)
    events.close()
    _say(done, as_json=as_json)
    return ExitCode.NO if done.malicious or (check and done.change.differs) else ExitCode.FINE


def _writer(path: Path) -> "Callable[[LockChange, Mapping[str, str]], None]":
    from weigh.render.pull_request import pull_request
    from weigh.system.atomic import write_out

    return lambda change, words: write_out(path, pull_request(change, words).encode("utf-8"))


def _say(done: "Update", *, as_json: bool) -> None:
    from weigh.render.escape import visible

    if as_json:
        from weigh.render.diff_json import to_json

        value = json.loads(to_json(done.change))
        told = {"written": done.written, "words": done.words, "moves": list(done.moves)}
        click.echo(json.dumps({**told, "malicious": list(done.malicious), "diff": value}, indent=2))
        return
    from weigh.render.diff_screen import diff_screen

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(diff_screen(done.change, width=shutil.get_terminal_size().columns, colour=colour), nl=False)
    for move in done.moves:
        click.echo(f"  {visible(move)}")
    for name, word in done.words.items():
        if word != "clean":
            click.echo(f"  scan: {visible(name)}  {visible(word)}")
    written = "written" if done.written else "not written"
    click.echo(f"  models.lock {written if done.change.differs else 'up to date'}")
