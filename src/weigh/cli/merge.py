"""`weigh merge`: parse, merge, say what became of every file, or what has to be decided."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weigh.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from weigh.versions.strategies.settings import Settings

STRATEGIES = ("ours", "theirs", "average", "task-arithmetic", "ties", "dare", "slerp")


@click.command()
@click.argument("revision", metavar="REV")
@click.option("-s", "--strategy", type=click.Choice(STRATEGIES), help="For tensors that both sides changed.")
@click.option("--weight", type=float, metavar="W", help="Of theirs; 0.5 or, on a common base, 1.")
@click.option(
    "--density", type=float, default=0.5, metavar="D", help="Share of changes kept: ties, dare; 0.5."
)
@click.option("--seed", type=int, default=0, metavar="N", help="Of dare; 0.")
@click.option("--normalise/--no-normalise", default=None, help="Divide by the weights; usual for ties alone.")
@click.option(
    "--tensor-strategy",
    "tensors",
    multiple=True,
    metavar="PATTERN=STRATEGY",
    help="For some tensors; repeatable.",
)
@click.option(
    "--file-strategy", "files", multiple=True, metavar="PATTERN=SIDE", help="ours or theirs for some files."
)
@click.option(
    "-m", "--message", "messages", multiple=True, metavar="TEXT", help="Of the new version; repeatable."
)
@click.option("--ff-only", is_flag=True, help="Only move the branch forward, or refuse.")
@click.option("--no-ff", is_flag=True, help="Make a version even where moving the branch is enough.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def merge(
    revision: str, *, messages: tuple[str, ...], ff_only: bool, no_ff: bool, as_json: bool, **asked: Any
) -> int:
    """Merge another version into the one that is checked out.

    \b
    weigh merge tune                                a branch
    weigh merge origin/main                         what somebody else pushed, after weigh fetch
    weigh merge tune --strategy average --weight 0.3
    weigh merge tune --strategy ties --tensor-strategy 'classifier.*=theirs'

    What one side alone changed is taken: files, tensors of safetensors files, keys of JSON. What both changed
    is listed and nothing is written, until a strategy decides. A merge by a strategy is kept as the operation
    that makes it, which takes next to no room.

    Exit codes: 1 something has to be decided, or the folder holds changes that no version has.
    """  # noqa: D301 - click reads the backspace as "do not rewrap"
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.jobs.commit import message_from
    from weigh.jobs.desk import open_desk
    from weigh.jobs.merge import MergeOptions, merge as job
    from weigh.jobs.merge_told import merge_told
    from weigh.render.merge_screen import merge_screen
    from weigh.render.progress import TerminalEvents
    from weigh.versions.merge import Forward, Outcome

    if not revision:
        raise UsageError("no version is named", hint="weigh merge BRANCH")
    if ff_only and no_ff:
        raise UsageError("--ff-only and --no-ff exclude each other", hint="weigh merge --help")
    forward = Forward.ONLY if ff_only else Forward.NEVER if no_ff else Forward.USUAL
    options = MergeOptions(revision, _settings(asked), message_from(messages), forward)
    events = TerminalEvents(sys.stderr, quiet=as_json or not sys.stderr.isatty())
    history, done = job(open_desk(events), Path.cwd(), options)
    events.close()
    told = merge_told(history, revision, done)
    click.echo(json.dumps(told) if as_json else merge_screen(told), nl=as_json)
    return ExitCode.NO if done.outcome is Outcome.CONFLICTS else ExitCode.FINE


def _settings(asked: dict[str, Any]) -> "Settings":
    from weigh.versions.strategies.settings import Settings, Strategy, chosen

    return Settings(
        Strategy(asked["strategy"]) if asked["strategy"] else None,
        asked["weight"],
        asked["density"],
        asked["seed"],
        asked["normalise"],
        tuple(chosen(text) for text in asked["tensors"]),
        tuple(chosen(text) for text in asked["files"]),
    ).check()
