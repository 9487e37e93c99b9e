"""Write docs/reference/cli.md and docs/reference/checks.md from the program itself.

`python docs/build_reference.py` writes both; with `--check` it only compares and names what differs.
Screens cannot be made without running the program: `--screen demo=FILE` puts what `weigh demo` printed into
the pages that show it, and so for every other name that stands in a `screen:` comment.
"""  # noqa: INP001 - a script, not a package

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import click

from weigh.checks.security.rule_table import TABLES
from weigh.cli.main import main as program
from weigh.core.check import Check
from weigh.jobs.rules import ToldRule, all_checks, all_rules

DOCS = Path(__file__).resolve().parent
SOURCE = DOCS.parent / "src" / "weigh"
WIDTH = 100
MADE = "<!-- Made by docs/build_reference.py; edit the program, not this page. -->"
CLI_INTRODUCTION = """\
Every command answers `--help`. `--debug`, anywhere on the line, adds the traceback to an error.
Exit codes: [exit-codes](exit-codes.md)."""
RULES_INTRODUCTION = """\
A finding carries the id of a rule. Severity is how bad a hit is, confidence how sure it is. Which
findings close the gate: [security](../checks/security.md)."""

ELSEWHERE = {
    "data": "../how-to/describe-your-data.md",
    "features": "../runtimes/onnx.md",
    "trial": "../explanation/how-weigh-decides.md",
    "decision": "../explanation/how-weigh-decides.md",
    "profile": "../reference/profile.md",
    "watch": "../how-to/watch.md",
}
"""Pages of questions that are steps of the job and have no page under checks/."""


def cli_page() -> str:
    """Every command with the help it prints, at a fixed width."""
    parts = [
        "# Command line",
        MADE,
        CLI_INTRODUCTION,
    ]
    for path, command in commands(program, "weigh"):
        context = click.Context(
            command,
            info_name=path,
            terminal_width=WIDTH,
            max_content_width=WIDTH,
            help_option_names=["-h", "--help"],
        )
        parts += [f"## {path}", f"```text\n{command.get_help(context).rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            yield from commands(below, f"{path} {name}")


def checks_page() -> str:
    """Every question and every rule."""
    found = all_checks()
    questions = [f"| [`{c.id}`]({page_of(c)}) | {c.question} |" for c in found]
    rows = [
        f"| [`{r.id}`]({page_of_rule(r, found)}) | {r.severity} | {r.confidence} | `{r.check}` | {r.why} |"
        for r in all_rules(found)
    ]
    parts = [
        "# Checks and rules",
        MADE,
        "A check answers one question and never says pass or fail; a [policy](policy.md) does that.",
        "## Questions",
        "\n".join(["| id | question |", "|---|---|", *questions]),
        "## Rules",
        RULES_INTRODUCTION,
        "\n".join(
            ["| rule | severity | confidence | check | why it matters |", "|---|---|---|---|---|", *rows]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def page_of(check: Check[object]) -> str:
    """Link from docs/reference/ to the page that explains the check."""
    return ELSEWHERE.get(check.id, f"../checks/{check.id}.md")


def page_of_rule(rule: ToldRule, found: Iterable[Check[object]]) -> str:
    """Link to the page that explains a rule: of its format, or of the check that writes it out."""
    table = next((table for table in TABLES if rule.id in table.RULES), None)
    if table is None:
        return page_of(next(check for check in found if check.id == rule.check))
    module = table.__name__.rpartition(".")[2]
    if module == "callables":
        return "../checks/security.md"
    page = "index" if module == "typing" else module
    return f"../formats/{page.replace('_', '-')}.md"


PAGES = {"reference/cli.md": cli_page, "reference/checks.md": checks_page}
SHOWN_ON = (DOCS.parent / "README.md", DOCS / "tutorial.md")


def put_screen(name: str, screen: str) -> int:
    """Replace the block below `<!-- screen: NAME -->`; returns on how many pages.

    Raises:
        ValueError: a line does not fit into the width.
    """
    lines = [line.rstrip() for line in screen.strip("\n").splitlines()]
    long = [line for line in lines if len(line) > WIDTH]
    if long:
        raise ValueError(f"longer than {WIDTH}: {long[0]}")
    block = f"<!-- screen: {name} -->\n```text\n" + "\n".join(lines) + "\n```"
    old = re.compile(rf"<!-- screen: {re.escape(name)} -->\n```text\n.*?\n```", re.DOTALL)
    count = 0
    for path in SHOWN_ON:
        text, found = old.subn(lambda _: block, path.read_text(encoding="utf-8"))
        if found:
            path.write_text(text, encoding="utf-8")
        count += found
    return count


def main() -> int:
    """Write the pages; with `--check`, only compare. Returns the exit code."""
    for given in (a for before, a in pairwise(sys.argv) if before == "--screen"):
        name, _, file = given.partition("=")
        if not put_screen(name, Path(file).read_text(encoding="utf-8")):
            sys.stderr.write(f"no page shows a screen called {name!r}\n")
            return 1
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run python docs/build_reference.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
