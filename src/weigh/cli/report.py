"""`weigh report`: parse, read an earlier report, draw it in another form, or open its page."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UnknownAnswerError, UsageError

if TYPE_CHECKING:
    from weigh.core.report import Report
    from weigh.jobs.report import Format

FORMATS = ("html", "json", "md", "sarif", "junit")
"""Those of the job, which is loaded only when the command runs."""


@click.command()
@click.argument("target", default="weigh-report", metavar="[DIR|FILE]")
@click.option("--open", "opens", is_flag=True, help="Open the page in your browser.")
@click.option(
    "--format",
    "form",
    default=None,
    type=click.Choice(FORMATS),
    metavar="|".join(FORMATS),
    help="Write it in this form instead of showing the screen.",
)
@click.option("--out", default="", metavar="FILE", help="Write to this file; by default to standard output.")
def report(target: str, *, opens: bool, form: str | None, out: str) -> int:
    """Show a report that was made before; nothing is asked again.

    DIR is the folder that `weigh adopt` wrote, weigh-report unless you said otherwise; FILE a report.json.

    \b
    weigh report                              the screen once more
    weigh report --open                       the page, in your browser
    weigh report --format md >> summary.md    for a pull request
    weigh report --format sarif --out weigh.sarif

    The exit code says whether the report could be shown, not what it says. 3: no browser could be opened.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.report import Format, find_report, read_report, rendered

    if out and not (form or opens):
        raise UsageError("--out needs a form", why="the screen is not for files", hint="--format md --out …")
    if opens and form not in {None, "html"}:
        raise UsageError(f"--open shows the page, not {form}", hint="leave --format out")
    file = find_report(target)
    found = read_report(file)
    if opens:
        page = Path(out) if out else _page_of(file)
        # A page that already lies there may tell of another report: what is shown is what was read.
        _write(page, rendered(found, Format.HTML))
        _open(page)
        return ExitCode.FINE
    if not form:
        _screen(found)
    elif out:
        _write(Path(out), rendered(found, Format(form)))
        _say(f"written to {out}")
    else:
        sys.stdout.buffer.write(_for_stdout(rendered(found, Format(form)), Format(form)))
        sys.stdout.flush()
    return ExitCode.FINE


def _page_of(file: Path) -> Path:
    """Where the page of a report lies; beside a report of another name only where nothing lies yet.

    Raises:
        UsageError: there is a file of the page's name, and nobody knows whose.
    """
    from weigh.jobs.report import FILE, PAGE

    if file.name == FILE:
        return file.with_name(PAGE)
    page = file.with_suffix(".html")
    if page.exists():
        raise UsageError(
            f"{page.name} is there already",
            why=f"it may not be the page of {file.name}",
            hint="--open --out FILE writes the page elsewhere",
        )
    return page


def _for_stdout(data: bytes, form: "Format") -> bytes:
    """The bytes as they are for a file or pipe; for a terminal, JSON with what would act on it as escapes."""
    from weigh.jobs.report import Format
    from weigh.render.escape import json_text

    if not sys.stdout.isatty() or form not in {Format.JSON, Format.SARIF}:
        return data
    return json_text(data.decode("utf-8")).encode("utf-8")


def _screen(found: "Report") -> None:
    from weigh.render.terminal import screen

    width = shutil.get_terminal_size((100, 24)).columns
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(screen(found, width=min(width, 120), colour=colour), nl=False)


def _write(path: Path, data: bytes) -> None:
    from weigh.system.atomic import write_out

    if path.is_dir():
        raise UsageError(f"--out {path} is a folder", hint=f"--out {path / 'report'}")
    write_out(path, data)


def _open(page: Path) -> None:
    """Hand the page to the browser that the system, or $BROWSER, names."""
    import webbrowser

    shown = page.resolve()
    if not webbrowser.open(shown.as_uri()):
        raise UnknownAnswerError(
            "no browser could be opened",
            why="none was found, or there is no display here",
            hint=f"open {shown} yourself",
        )
    _say(f"opened {page}")


def _say(text: str) -> None:
    from weigh.render.escape import visible

    click.echo(visible(text), err=True)
