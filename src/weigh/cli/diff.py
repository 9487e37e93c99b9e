"""`weigh diff`: parse, compare models or locks, draw, and end as git does."""

import os
import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.core.change import LockChange
    from weigh.core.model_diff import ModelDiff
    from weigh.jobs.workbench import Workbench


@click.command()
@click.argument("things", nargs=-1, metavar="[OLD] [NEW]")
@click.option("--since", default="", metavar="REV", help="Compare with models.lock at this git revision.")
@click.option("--project", default=".", metavar="DIR", help="Folder of models.toml; by default this one.")
@click.option("--exit-code", "as_code", is_flag=True, help="Exit 1 when there is a difference.")
@click.option("--all", "whole", is_flag=True, help="Show every line, not the first of each kind.")
@click.option("--html", default="", metavar="FILE", help="Write a page with a heat map of the layers.")
@click.option("--data", default="", metavar="DATA", help="Ask both versions about these rows, too.")
@click.option("--text", default="", metavar="COLUMN", help="Column with the text of a row.")
@click.option("--label", default="", metavar="COLUMN", help="Column with the true class of a row.")
@click.option("--seed", default=0, metavar="N", help="Seed of the split of the rows.")
@click.option("--accept-review", is_flag=True, help="Run files that are not clean.")
@click.option("--accept-sandbox-gaps", is_flag=True, help="Run although a limit cannot be enforced.")
@click.option("--offline", is_flag=True, help="Do not use the network for refs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(
    things: tuple[str, ...],
    *,
    since: str,
    project: str,
    as_code: bool,
    whole: bool,
    offline: bool,
    as_json: bool,
    html: str,
    **asked: Any,
) -> int:
    """What is other between two versions of a model, or two locks?

    \b
    weigh diff                                     HEAD and the working folder
    weigh diff HEAD~1 HEAD                         two versions of this folder's history
    weigh diff base.safetensors tuned.safetensors  two files
    weigh diff --since HEAD                        this lock and the committed one
    weigh diff old.lock models.lock                two lock files
    weigh diff hf:org/name@v1 hf:org/name@v2       two refs; they are fetched and verified
    weigh diff encoder@v1 encoder@v2               two revisions of a declared model
    weigh diff one/ two/                           two folders

    Tensors by value, configuration, vocabulary, labels, card, licence and code that comes with the model.
    Nothing is executed, except with --data, in the sandbox. What cannot be compared is said to be unknown.

    Exit codes: 0, whether or not there is a difference; with --exit-code 1 when there is one.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.jobs.diff import are_locks, diff as locks
    from weigh.jobs.workbench import open_workbench
    from weigh.render.progress import TerminalEvents

    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    place = Path(project).resolve()
    of_locks = bool(since) or are_locks(things)
    if of_locks:
        _refuse_for_locks(html=html, data=asked["data"])
    with closing(open_workbench(events, offline=offline)) as bench:
        if of_locks:
            found: LockChange | ModelDiff = locks(bench, things, since=since, project=place)
        else:
            found = compared = _models(bench, things, place, asked)
            if html:
                _write_page(compared, Path(html))
    events.close()
    click.echo(_json(found) if as_json else _screen(found, whole=whole), nl=False)
    return ExitCode.NO if as_code and found.differs else ExitCode.FINE


def _refuse_for_locks(*, html: str, data: str) -> None:
    """Two locks are no models: there are no layers to draw and nothing to ask."""
    for option, value in (("--html", html), ("--data", data)):
        if value:
            raise UsageError(f"{option} is for models", why="two locks are compared")


def _models(bench: "Workbench", things: tuple[str, ...], project: Path, asked: dict[str, Any]) -> "ModelDiff":
    from weigh.jobs.diff_models import diff_models

    found = diff_models(bench, things, folder=Path.cwd(), project=project)
    if not asked["data"]:
        return found
    from weigh.core.data import Roles
    from weigh.jobs.adopt.bring import open_project
    from weigh.jobs.adopt.options import AdoptOptions
    from weigh.jobs.diff_behaviour import diff_behaviour
    from weigh.jobs.diff_models import refs_of

    if not (asked["text"] and asked["label"]):
        raise UsageError("--data needs --text and --label", hint="name the columns of the rows")
    options = AdoptOptions(
        "",
        asked["data"],
        Roles(asked["label"], text=asked["text"]),
        seed=asked["seed"],
        accept_review=asked["accept_review"],
        accept_sandbox_gaps=asked["accept_sandbox_gaps"],
    )
    declarations = open_project(project if (project / "models.toml").is_file() else None)
    models = refs_of(bench, things, folder=Path.cwd())
    return replace(found, answers=diff_behaviour(bench, declarations, models, options))


def _write_page(found: "ModelDiff", path: Path) -> None:
    from weigh.render.model_diff_html import page
    from weigh.system.atomic import write_out

    write_out(path, page(found).encode())


def _json(found: "LockChange | ModelDiff") -> str:
    from weigh.core.model_diff import ModelDiff
    from weigh.render import diff_json, model_diff_json

    return model_diff_json.to_json(found) if isinstance(found, ModelDiff) else diff_json.to_json(found)


def _screen(found: "LockChange | ModelDiff", *, whole: bool) -> str:
    from weigh.core.model_diff import ModelDiff
    from weigh.render.diff_screen import diff_screen
    from weigh.render.model_diff_screen import model_diff_screen

    width = shutil.get_terminal_size().columns
    if isinstance(found, ModelDiff):
        return model_diff_screen(found, width=width, whole=whole)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return diff_screen(found, width=width, colour=colour, whole=whole)
