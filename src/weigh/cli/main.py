"""The command line's top: finds the command, runs it, and turns what happened into an exit code.

Commands are imported only when they run, so that `weigh --help` stays instant.
"""

import importlib
import os
import signal
import sys
import traceback

import click

from weigh import __version__
from weigh.core.errors import ExitCode, UsageError, WeighError

COMMANDS: dict[str, tuple[str, str]] = {
    "adopt": ("weigh.cli.adopt:adopt", "May we depend on this model, and how? Measured on your data."),
    "demo": ("weigh.cli.demo:demo", "The same, on a model and data that we picked. Start here."),
    "report": ("weigh.cli.report:report", "Show, open or convert the report of an adoption."),
    "inspect": ("weigh.cli.inspect:inspect", "What is inside a model, without running it."),
    "scan": ("weigh.cli.scan:scan", "Is loading these files safe? Read, never run."),
    "explain": ("weigh.cli.explain:explain", "What a rule means, and what to do about it."),
    "convert": ("weigh.cli.convert:convert", "A checkpoint to safetensors, without unpickling it."),
    "approve": ("weigh.cli.approve:approve", "Accept callables of one file, by name and with a reason."),
    "search": ("weigh.cli.search:search", "Find models: hub, installed catalogues, your own ledger."),
    "discover": ("weigh.cli.discover:discover", "Which models does this code use? Read, never run."),
    "init": ("weigh.cli.init:init", "Make a folder a project whose models are declared and locked."),
    "add": ("weigh.cli.add:add", "Declare a model: fetched, looked at, locked."),
    "remove": ("weigh.cli.remove:remove", "Take a model out of models.toml and models.lock."),
    "lock": ("weigh.cli.lock:lock", "Fetch what models.toml declares and write models.lock."),
    "sync": ("weigh.cli.sync:sync", "Put the locked models where the libraries look for them."),
    "run": ("weigh.cli.run:run", "Run a program on the locked models and no others."),
    "verify": ("weigh.cli.verify:verify", "Are these still the bytes that were locked?"),
    "tree": ("weigh.cli.tree:tree", "The models, what each was made of, and their files."),
    "why": ("weigh.cli.why:why", "Who needs this model."),
    "outdated": ("weigh.cli.outdated:outdated", "What moved at its source since it was locked."),
    "diff": ("weigh.cli.diff:diff", "What changed between two locks, files or versions."),
    "update": ("weigh.cli.update:update", "Take newer versions into the lock, and say what changed."),
    "pin": ("weigh.cli.pin:pin", "Write the locked revisions into the code's own calls."),
    "vendor": ("weigh.cli.vendor:vendor", "Copy the locked files into the repository."),
    "bundle": ("weigh.cli.bundle:bundle", "Everything that is locked, in one file to carry."),
    "unbundle": ("weigh.cli.unbundle:unbundle", "Take in such a file, verified."),
    "export": ("weigh.cli.export:export", "The lock in a form that other tools read."),
    "commit": ("weigh.cli.commit:commit", "Record the model in this folder as the next version."),
    "status": ("weigh.cli.status:status", "Which version is here, and what differs from it."),
    "log": ("weigh.cli.log:log", "The versions that one follows."),
    "show": ("weigh.cli.show:show", "One version, or one file of it with its tensors."),
    "checkout": ("weigh.cli.checkout:checkout", "The files of a version into this folder."),
    "restore": ("weigh.cli.restore:restore", "One file or one tensor of a version."),
    "branch": ("weigh.cli.branch:branch", "List, make, rename and take away branches."),
    "tag": ("weigh.cli.tag:tag", "List, make and take away tags."),
    "merge": ("weigh.cli.merge:merge", "Another version into this one, tensor by tensor."),
    "remote": ("weigh.cli.remote:remote", "Where versions are exchanged with others."),
    "push": ("weigh.cli.push:push", "Bring versions to a remote."),
    "fetch": ("weigh.cli.fetch:fetch", "Bring versions of a remote here; nothing of yours moves."),
    "pull": ("weigh.cli.pull:pull", "Fetch, then bring the checked-out branch forward."),
    "clone": ("weigh.cli.clone:clone", "A history that lies at a remote, here."),
    "lineage": ("weigh.cli.lineage:lineage", "What came from what: declared, proved, or likely?"),
    "fsck": ("weigh.cli.fsck:fsck", "Is every stored version still what it was?"),
    "gc": ("weigh.cli.gc:gc", "Take away stored weights that no version needs."),
    "import": ("weigh.cli.import_versions:import_versions", "A cache or checkpoints become versions."),
    "watch": ("weigh.cli.watch:watch", "Is new data still like the data the model was judged on?"),
    "policy": ("weigh.cli.policy:policy", "What the packaged policies and your own ask for."),
    "sign-off": ("weigh.cli.sign_off:sign_off", "Put your name under an answer that only a person can give."),
    "cache": ("weigh.cli.cache:cache", "What weigh keeps on this machine, and making room."),
}

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Decide", ("adopt", "demo", "report", "policy", "sign-off", "watch")),
    ("Look inside", ("inspect", "scan", "explain", "approve", "convert")),
    ("Depend", ("search", "discover", "init", "add", "remove", "lock", "sync", "run", "verify")),
    ("Keep up", ("tree", "why", "outdated", "update", "pin", "diff")),
    (
        "Version",
        (
            "commit",
            "status",
            "log",
            "show",
            "lineage",
            "checkout",
            "restore",
            "branch",
            "tag",
            "merge",
            "import",
            "fsck",
            "gc",
        ),
    ),
    ("Share versions", ("remote", "push", "fetch", "pull", "clone")),
    ("Carry", ("vendor", "bundle", "unbundle", "export", "cache")),
)
"""The commands as `--help` shows them; one that stands in no group comes last."""


class _Lazy(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None for an unknown name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        grouped = {name for _, names in GROUPS for name in names}
        others = tuple(name for name in COMMANDS if name not in grouped)
        for title, names in (*GROUPS, ("More", others)):
            if names:
                with formatter.section(title):
                    formatter.write_dl([(name, COMMANDS[name][1]) for name in names if name in COMMANDS])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="weigh")
def main() -> None:
    """Weigh a model before you depend on it.

    Exit codes: 0 fine · 1 no · 2 wrong usage · 3 could not find out · 70 a defect of weigh (--debug
    shows where) · 130 interrupted.
    """


def run() -> None:
    """Entry point of the `weigh` program."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    sys.exit(_run(debug=debug))


def _run(*, debug: bool) -> int:
    # A service manager's or CI's polite request to end is an interrupt like a person's.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(main.main(standalone_mode=False) or ExitCode.FINE)
    except WeighError as error:
        _show(error)
        if debug:
            _trace()
        return error.exit_code
    except click.exceptions.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except click.ClickException as error:
        _show(UsageError(error.format_message(), hint=_help_for(error)))
        return ExitCode.USAGE
    except BrokenPipeError:
        # The reader went away; what it read was right, and nobody is left to be told more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FINE
    except Exception as error:  # noqa: BLE001 - the one place at the top of the program
        return _bug(error, debug=debug)


def _show(error: WeighError) -> None:
    from weigh.render.terminal import error_screen

    click.echo(error_screen(error), err=True)


def _help_for(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{context.command_path if context is not None else 'weigh'} --help"


def _interrupted() -> int:
    click.echo("weigh: interrupted; what was finished is kept, run the same command to go on", err=True)
    return ExitCode.INTERRUPTED


def _bug(error: BaseException, *, debug: bool) -> int:
    from weigh.render.escape import visible

    if debug:
        _trace()
    place = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(
        f"weigh: this is a defect of weigh, not of your input: {type(error).__name__}\n"
        f"  why   {visible(str(error))}\n"
        f"  where {place.name}, line {place.lineno}\n"
        "  try   the same command with --debug, and report what it prints",
        err=True,
    )
    return ExitCode.BUG


def _trace() -> None:
    """The traceback, its text made visible: an exception may quote what a hostile file says."""
    from weigh.render.escape import visible

    for line in traceback.format_exc().splitlines():
        click.echo(visible(line), err=True)
