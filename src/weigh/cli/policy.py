"""`weigh policy`: parse, run the job, say what a policy asks."""

import json
import shutil
import textwrap
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode

if TYPE_CHECKING:
    from weigh.jobs.policy import Explained
    from weigh.policy.plain_words import LineInWords, WaiverInWords


@click.group()
def policy() -> None:
    """What a policy asks of a model."""


@policy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listing(*, as_json: bool) -> int:
    """The policies that come with weigh."""
    from weigh.jobs.policy import presets

    found = presets()
    if as_json:
        click.echo(json.dumps([{"name": n, "required": r, "advisory": a} for n, r, a in found]))
        return ExitCode.FINE
    for name, required, advisory in found:
        click.echo(f"  {name:<12} {required:>2} required · {advisory:>2} advisory")
    click.echo("\nweigh policy explain NAME says what each line asks.")
    return ExitCode.FINE


@policy.command()
@click.argument("name", default="personal", metavar="[NAME|FILE]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(name: str, *, as_json: bool) -> int:
    """Every line of a policy in plain words, and how long its waivers still hold.

    NAME is a packaged policy (weigh policy list), FILE a policy of your own.
    """
    from weigh.jobs.policy import explain as job
    from weigh.system.clock import SystemClock

    told = job(name, today=datetime.fromtimestamp(SystemClock().now(), tz=UTC).date())
    if as_json:
        click.echo(json.dumps(asdict(told)))
        return ExitCode.FINE
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    for line in screen(told, width=width):
        click.echo(line)
    return ExitCode.FINE


def screen(told: "Explained", *, width: int) -> list[str]:
    """The lines of the screen; every text of the policy file is made visible first."""
    from weigh.render.escape import visible

    required = [line for line in told.lines if line.required]
    advisory = [line for line in told.lines if not line.required]
    rows = [f"Policy {visible(told.name)}   {len(required)} required · {len(advisory)} advisory"]
    rows += _part("Required: a fail is a no, an unknown is an unknown", required, width)
    rows += _part("Advisory: answered and listed, changes nothing", advisory, width)
    rows += _waivers(told.waivers, width)
    if not required:
        rows += ["", "No line is required, so this policy can never pass."]
    return rows


def _part(title: str, lines: list["LineInWords"], width: int) -> list[str]:
    if not lines:
        return []
    return ["", title, *(row for line in lines for row in _line(line, width))]


def _line(line: "LineInWords", width: int) -> list[str]:
    from weigh.render.escape import visible

    rows = ["", f"  {visible(line.id)}"]
    rows += _field("looks at", line.looks_at, width)
    rows += _field("passes", f"when {line.passes_when}", width)
    rows += _field("else", line.otherwise, width)
    if line.check:
        answered = f"{line.check}: {line.question}" if line.question else _unanswerable(line.check)
        rows += _field("check", answered, width)
    if line.why:
        rows += _field("why", line.why, width)
    return rows


def _unanswerable(check: str) -> str:
    return f"{check}: this version has no such check, so the line stays unknown"


def _waivers(waivers: "tuple[WaiverInWords, ...]", width: int) -> list[str]:
    from weigh.render.escape import visible

    rows = ["", "Waivers: a fail stays a fail, with a name beside it"] if waivers else []
    for waiver in waivers:
        rows += ["", f"  {visible(waiver.requirement)}"]
        rows += _field("by", waiver.approver, width)
        rows += _field("because", waiver.reason, width)
        rows += _field("for", waiver.subject, width)
        rows += _field("until", f"{waiver.expires} · {_left(waiver.days_left)}", width)
    return rows


def _left(days: int) -> str:
    if days < 0:
        return f"ended {-days} day{'' if days == -1 else 's'} ago, counts for nothing"
    return "its last day is today" if days == 0 else f"{days} day{'' if days == 1 else 's'} left"


def _field(name: str, text: str, width: int) -> list[str]:
    from weigh.render.escape import visible

    begin = f"    {name:<9} "
    return textwrap.wrap(
        visible(text),
        width=max(width, 40),
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=True,
        break_on_hyphens=False,
    )
