"""`weigh scan`: parse, look at every file, say what was seen, and end with the code that fits."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weigh.core.events import Event
    from weigh.core.scan import Scan
    from weigh.jobs.scan import Target
    from weigh.render.progress import TerminalEvents

FORMATS = ("json", "sarif", "junit")


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="PATH|REF…")
@click.option("--strict", is_flag=True, help="Files that need a review count as no: exit 1.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the same as --format json.")
@click.option("--format", "form", type=click.Choice(FORMATS), default=None, help="Print in this form.")
@click.option("--out", default="", metavar="FILE", help="Write to this file instead of standard output.")
@click.option("--jobs", default=0, type=click.IntRange(0, 256), metavar="N", help="Processes; 0: one a core.")
@click.option("--suppress", default="", metavar="FILE", help="TOML file of findings that were accepted.")
@click.option("--record", is_flag=True, help="Keep the answer in the ledger, as weigh adopt does.")
@click.option("--offline", is_flag=True, help="Do not use the network for refs.")
def scan(  # noqa: PLR0913 - one parameter an option
    targets: tuple[str, ...],
    *,
    strict: bool,
    as_json: bool,
    form: str | None,
    out: str,
    jobs: int,
    suppress: str,
    record: bool,
    offline: bool,
) -> int:
    """Is loading these files safe? They are read, and nothing of them is run.

    \b
    weigh scan model.pt              one file
    weigh scan models/ --strict      a folder; for a gate
    weigh scan hf:org/name           what a ref names; it is fetched, verified and scanned
    weigh scan models/ --format sarif --out scan.sarif

    Each file gets one word. clean: read completely, nothing found. review: a person should look.
    malicious: loading it would do harm. error: it could not be read.

    Exit codes: 0 nothing malicious · 1 malicious, or with --strict review · 3 an error, or a file not read
    completely; 1 wins over 3.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from datetime import UTC, datetime

    from weigh.jobs.scan import scan_files
    from weigh.jobs.suppressions import read_suppressions

    form = "json" if as_json else form
    accepted = read_suppressions(Path(suppress)) if suppress else ()
    found = list(_targets(targets, offline=offline))
    events = _events(len(found), quiet=form is not None)
    today = datetime.now(tz=UTC).date()
    done = scan_files(
        found, events, workers=jobs, suppressions=accepted, today=today, digest=form is not None
    )
    events.close()
    if record:
        from weigh.jobs.scan_record import record as keep

        keep(found, done)
    _say(done, form, out, strict=strict)
    return done.exit_code(strict=strict)


def _targets(named: tuple[str, ...], *, offline: bool) -> "Iterator[Target]":
    from weigh.jobs.scan import targets_in

    for text in named:
        if os.path.lexists(text):
            several = f"{text.rstrip('/')}/" if len(named) > 1 and Path(text).is_dir() else ""
            yield from targets_in(Path(text), prefix=several)
        elif ":" in text:
            from weigh.jobs.scan_refs import targets_of

            yield from targets_of(text, offline=offline)
        else:
            yield from targets_in(Path(text))


class _Unseen:
    """Draws nothing: one file is done before a line could be drawn."""

    def emit(self, event: "Event", /) -> None:
        """Drop the event."""

    def close(self) -> None:
        """Nothing is held."""


def _events(files: int, *, quiet: bool) -> "_Unseen | TerminalEvents":
    if files < 2 or quiet:
        return _Unseen()
    from weigh.render.progress import TerminalEvents

    return TerminalEvents(sys.stderr)


def _say(done: "Scan", form: str | None, out: str, *, strict: bool) -> None:
    data = _drawn(done, form, strict=strict)
    if not out:
        click.echo(data, nl=False)
        return
    if form is None:
        raise UsageError(
            "--out needs a form", why="the screen is not for files", hint="--format sarif --out …"
        )
    from weigh.system.atomic import write_out

    write_out(Path(out), data)


def _drawn(done: "Scan", form: str | None, *, strict: bool) -> bytes:
    match form:
        case "json":
            from weigh.render.scan_json import to_json

            return to_json(done, strict=strict).encode()
        case "sarif":
            from weigh.render.scan_sarif import to_sarif

            return to_sarif(done, strict=strict)
        case "junit":
            from weigh.render.scan_junit import to_junit

            return to_junit(done, strict=strict)
        case _:
            from weigh.render.scan_screen import scan_screen

            width = shutil.get_terminal_size().columns
            colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            return scan_screen(done, width=width, colour=colour, strict=strict).encode()
