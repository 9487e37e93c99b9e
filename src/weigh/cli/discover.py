"""`weigh discover`: parse, read the code base, say which models it uses."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UsageError
from weigh.core.usage import Role

if TYPE_CHECKING:
    from weigh.jobs.discover import Discovering

_DEFAULT = (Role.RUNTIME, Role.TRAINING)


@click.command()
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--write", is_flag=True, help="Add what is not declared yet to models.toml.")
@click.option("--role", "roles", default="", metavar="ROLE,…", help="runtime, training, test, docs.")
@click.option("--all", "everything", is_flag=True, help="Every role: tests and documentation, too.")
@click.option(
    "--check", is_flag=True, help="Exit 1 when code at run time uses an unpinned, undeclared model."
)
@click.option("--data", is_flag=True, help="Calls that load data sets count, too.")
def discover(
    path: str, *, as_json: bool, write: bool, roles: str, everything: bool, check: bool, data: bool
) -> int:
    """Which models does this code use? It is read; nothing is run and nothing is fetched.

    \b
    weigh discover                   this project: what runs and what trains
    weigh discover --all             tests, documentation and examples, too
    weigh discover --write           add what is found to models.toml
    weigh discover --check           for CI: exit 1 on a model that nobody pinned or declared

    A loader call whose model cannot be found out is listed as unresolved, never left out.

    Exit codes: 0 read · with --check 1 for an unpinned and undeclared model or an unresolved call at run
    time, 3 when a file of that code could not be read.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.discover import discover as job

    asked = frozenset(Role) if everything else _roles(roles)
    done = job(Path(path), roles=asked, data=data, write=write)
    code = _checked_code(done) if check else ExitCode.FINE
    if as_json:
        from weigh.render.discover_json import to_json

        text = to_json(done.found, done.declared, written=done.written, exit_code=int(code))
    else:
        from weigh.render.discover_screen import discover_screen

        width = shutil.get_terminal_size().columns
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        text = discover_screen(done.found, done.declared, written=done.written, width=width, colour=colour)
        if check:
            text += _checked(len(done.loose), len(done.open), len(done.unread))
    click.echo(text, nl=False)
    return code


def _checked_code(done: "Discovering") -> ExitCode:
    if done.loose or done.open:
        return ExitCode.NO
    # What a file that cannot be read loads is unknown, and unknown is no pass.
    return ExitCode.UNKNOWN if done.unread else ExitCode.FINE


def _checked(loose: int, unresolved: int, unread: int) -> str:
    if not loose and not unresolved and not unread:
        return "check: every model used at run time is pinned or declared\n"
    parts = [f"{loose} unpinned and undeclared"] if loose else []
    parts += [f"{unresolved} unresolved"] if unresolved else []
    parts += [f"{unread} {'file' if unread == 1 else 'files'} could not be read"] if unread else []
    return f"check: {', '.join(parts)} at run time\n"


def _roles(text: str) -> frozenset[Role]:
    if not text:
        return frozenset(_DEFAULT)
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in {role.value for role in Role}]
    if unknown or not names:
        raise UsageError(
            f"{unknown[0] if unknown else text!r} is no role", hint="--role runtime,training,test,docs"
        )
    return frozenset(Role(name) for name in names)
