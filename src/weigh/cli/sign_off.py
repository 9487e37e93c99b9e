"""`weigh sign-off`: parse, keep or list a person's answers, say what is kept."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.core.events import EventSink
    from weigh.jobs.sign_off import Listing, Signed


@click.command("sign-off")
@click.argument("question", required=False, default="")
@click.option("--model", default="", metavar="NAME|PATH|REF", help="The model it is about.")
@click.option("--by", default="", metavar="NAME, ROLE", help="Who signs.")
@click.option("--because", default="", metavar="TEXT", help="The reason; kept and shown in reports.")
@click.option("--expires", default="", metavar="YYYY-MM-DD", help="The last day on which it counts.")
@click.option("--data", default="", metavar="NAME|PATH|REF", help="The data it is about too.")
@click.option("--list", "listing", is_flag=True, help="Show what was signed, of one --model or of all.")
@click.option("--questions", is_flag=True, help="Show what can be signed.")
@click.option(
    "--project", default="", metavar="DIR", help="Folder of models.toml; by default the nearest from here up."
)
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sign_off(question: str, **options: object) -> int:
    """Answer a QUESTION about a model that no measurement can answer, and keep the answer.

    A sign-off is attested: it says who answers for the model and why, it proves nothing. It is about
    exactly these files; another version of the model needs another one.

    \b
    weigh sign-off --questions
    weigh sign-off misuse --model minilm --by "Ada Okafor, product" --because "reviews only, no names"
    weigh sign-off --list --model minilm
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    as_json = bool(options["as_json"])
    if options["questions"]:
        _show_questions(as_json=as_json)
        return ExitCode.FINE
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json)
    if options["listing"]:
        _list(question, options, events, as_json=as_json)
    else:
        _sign(question, options, events, as_json=as_json)
    events.close()
    return ExitCode.FINE


def _sign(question: str, options: dict[str, object], events: "EventSink", *, as_json: bool) -> None:
    from weigh.jobs.sign_off import SignOffOptions, sign_off as job

    missing = [name for name in ("model", "by", "because") if not str(options[name]).strip()]
    if not question or missing:
        raise UsageError(
            "a sign-off needs a question, a model, a person and a reason",
            why="missing: " + ", ".join([*([] if question else ["QUESTION"]), *(f"--{m}" for m in missing)]),
            hint="weigh sign-off --questions shows what can be signed",
        )
    signed = job(
        SignOffOptions(
            question=question,
            model=str(options["model"]),
            by=str(options["by"]),
            because=str(options["because"]),
            expires=str(options["expires"]),
            data=str(options["data"]),
            project=_project(options),
            offline=bool(options["offline"]),
        ),
        events,
    )
    if as_json:
        click.echo(json.dumps(_plain(signed)))
        return
    for line in _lines(signed):
        click.echo(line)


def _list(question: str, options: dict[str, object], events: "EventSink", *, as_json: bool) -> None:
    from weigh.jobs.sign_off import list_sign_offs, read_question

    wanted = read_question(question).value if question else ""
    found = list_sign_offs(
        str(options["model"]), events, project=_project(options), offline=bool(options["offline"])
    )
    shown = [one for one in found.signed if not wanted or one.sign_off.question.value == wanted]
    if as_json:
        click.echo(json.dumps({"sign_offs": [{**_plain(one), "holds": _holds(one, found)} for one in shown]}))
        return
    for one in shown:
        for line in _lines(one, "" if _holds(one, found) else "  EXPIRED"):
            click.echo(line)
    if not shown:
        click.echo("  nothing is signed")


def _holds(one: "Signed", found: "Listing") -> bool:
    return one.sign_off.holds(found.today)


def _lines(signed: "Signed", remark: str = "") -> list[str]:
    from weigh.core.digest import short
    from weigh.render.escape import visible

    said = signed.sign_off
    until = f" until {said.expires}" if said.expires else ""
    about = f" · data {short(said.data)}" if said.data else ""
    model = f"{visible(signed.model)} ({short(said.subject)})"
    return [
        f"  {said.question.value:<22} {model}{about}{remark}",
        f"    {visible(said.by)}, {said.on}{until}: {visible(said.because)}",
    ]


def _plain(signed: "Signed") -> dict[str, str]:
    said = signed.sign_off
    return {
        "question": said.question.value,
        "model": signed.model,
        "subject": said.subject,
        "data": said.data,
        "by": said.by,
        "because": said.because,
        "on": said.on,
        "expires": said.expires,
        "evidence": signed.evidence.digest,
    }


def _show_questions(*, as_json: bool) -> None:
    from weigh.core.sign_off import ASKED

    if as_json:
        told = [{"question": q.value, "text": a.text, "deon": list(a.deon)} for q, a in ASKED.items()]
        click.echo(json.dumps({"questions": told}))
        return
    for question, asked in ASKED.items():
        items = f"  (deon {', '.join(asked.deon)})" if asked.deon else ""
        click.echo(f"  {question.value:<22} {asked.text}{items}")


def _project(options: dict[str, object]) -> Path | None:
    return Path(str(options["project"])) if options["project"] else None
