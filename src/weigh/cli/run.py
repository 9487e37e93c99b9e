"""`weigh run`: parse, verify, run the program, end as it ended."""

import re
import sys
from pathlib import Path
from typing import Any

import click

from weigh.core.errors import WeighError

_HOST = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*\Z")
OWN_FAILURE = 125
"""As `env`, `timeout` and container tools: what went wrong before the program could be started."""


class _Run(click.Command):
    """A command whose own wrong usage is told apart from its program's."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse; an error ends in 125."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            click.echo(f"weigh: {error.format_message()}\n  try   weigh run --help", err=True)
            raise click.exceptions.Exit(OWN_FAILURE) from error


@click.command(cls=_Run, context_settings={"allow_interspersed_args": False})
@click.option("--project", default=".", metavar="DIR", help="Folder of models.lock; by default this one.")
@click.option("--no-network", is_flag=True, help="No network at all; needs Linux with user namespaces.")
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="HOST", help="Do not keep this host away; repeatable."
)
@click.option("--verify", "full", is_flag=True, help="Read every byte first, not only what looks touched.")
@click.option(
    "--fast", is_flag=True, help="Read only what looks touched; the default, for scripts that say so."
)
@click.option("--frozen", is_flag=True, help="Do not ask whether models.toml was changed since.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True, metavar="-- CMD [ARG]...")
def run(
    command: tuple[str, ...], project: str, allowed: tuple[str, ...], *, no_network: bool, full: bool,
    fast: bool, frozen: bool,
) -> int:  # fmt: skip
    """Run a program that finds the locked models and no others.

    Its exit code is passed on; 125 is a failure of weigh, 126 and 127 are programs that cannot be started.
    Code that names no revision gets the locked one. A proxy on this machine keeps model hubs away.
    """
    from weigh.jobs.run import RunOptions, run as job
    from weigh.render.escape import visible
    from weigh.render.run_words import asked_words
    from weigh.render.terminal import error_screen

    if fast and full:
        click.echo("weigh: --fast and --verify exclude each other", err=True)
        return OWN_FAILURE
    for host in allowed:
        if not _HOST.match(host):
            # An address instead of a name would match nothing and be no help to anybody.
            click.echo(
                f"weigh: --allow-host {visible(host)} is not the name of a host\n"
                "  try   --allow-host cas-bridge.xethub.hf.co",
                err=True,
            )
            return OWN_FAILURE
    options = RunOptions(no_network=no_network, allowed=allowed, full=full, frozen=frozen)
    try:
        ended = job(Path(project).resolve(), command, options)
    except WeighError as error:
        click.echo(error_screen(error), err=True)
        return OWN_FAILURE
    if ended.code in {126, 127} and not ended.started:
        word = "was not found" if ended.code == 127 else "cannot be executed"
        click.echo(f"weigh: {command[0]!r} {word}", err=True)
    elif ended.code:
        sys.stderr.write(asked_words(ended.asked, ended.refused, missed=ended.missed))
    return ended.code
