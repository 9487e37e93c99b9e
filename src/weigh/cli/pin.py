"""`weigh pin`: show, and with `--rewrite` write, the locked commits at the calls that load models."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from weigh.jobs.pin import Pinning


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--rewrite", is_flag=True, help="Write the files; in a terminal it asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pin(paths: tuple[str, ...], *, rewrite: bool, yes: bool, project: str, as_json: bool) -> int:
    """Add the locked commits to the calls in Python files that name a model without one.

    Shows a diff and writes nothing; --rewrite writes. Only the revision changes: comments, layout, line ends
    and encoding stay. Calls that cannot be pinned are listed with the reason.

    Exit codes: 1 when something would change and was not written.
    """
    from weigh.jobs.pin import pin as job, write

    folder = Path(project).resolve()
    found = job(folder, [Path.cwd() / path for path in paths])
    if not as_json:
        _draw(found)
    agreed = rewrite and bool(found.files) and (yes or not _asks() or click.confirm("  write these changes?"))
    if agreed:
        write(found)
    if as_json:
        click.echo(_json(found, written=agreed))
    else:
        _conclude(found, written=agreed)
    return ExitCode.NO if found.files and not agreed else ExitCode.FINE


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _draw(found: "Pinning") -> None:
    from weigh.render.pin_screen import diff_lines, kept_lines

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for file in found.files:
        for line in diff_lines(file.diff, colour=colour):
            click.echo(line)
    for line in kept_lines([(k.place, k.ref, k.why) for k in found.kept], found.unread):
        click.echo(line)


def _conclude(found: "Pinning", *, written: bool) -> None:
    calls, files = len(found.pins), len(found.files)
    if not files:
        click.echo("  nothing to pin")
        return
    word = "pinned" if written else "can be pinned: weigh pin --rewrite"
    ends = "" if calls == 1 else "s", "" if files == 1 else "s"
    click.echo(f"  {calls} call{ends[0]} in {files} file{ends[1]} {word}")


def _json(found: "Pinning", *, written: bool) -> str:
    from weigh.render.escape import interoperable, json_text

    value = {
        "written": written,
        "pins": [{"path": p.path, "line": p.line, "ref": ref, "revision": c} for p, ref, c in found.pins],
        "kept": [
            {"path": k.place.path, "line": k.place.line, "cell": k.place.cell, "ref": k.ref, "why": k.why}
            for k in found.kept
        ],
        "unread": [{"path": u.path, "why": u.why} for u in found.unread],
    }
    return json_text(interoperable(json.dumps(value, ensure_ascii=False, indent=2)))
