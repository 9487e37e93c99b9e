"""Write docs/reference/cli.md and docs/reference/checks.md from the program itself.

`python docs/build_reference.py` writes both; with `--check` it only compares and names what differs.
Screens cannot be made without running the program: `--screen demo=FILE` puts what `weigh demo` printed into
the pages that show it, and so for every other name that stands in a `screen:` comment.
"""  # noqa: INP001 - a script, not a package

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from weigh.checks.security.rule_table import RULES, TABLES
from weigh.checks.table import QUESTIONS
from weigh.cli.main import main as program
from weigh.core.check import Check

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
SEVERITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")

BEFORE, AFTER = (
    ("security", "compatibility"),
    ("sign-off", "watch", "data", "features", "trial", "decision", "profile"),
)
"""Questions of the job around those of the table; any other comes last."""

ORDER = (*BEFORE, *(q.check.id for q in QUESTIONS), *AFTER)

ELSEWHERE = {
    "data": "../how-to/describe-your-data.md",
    "features": "../runtimes/onnx.md",
    "trial": "../explanation/how-weigh-decides.md",
    "decision": "../explanation/how-weigh-decides.md",
    "profile": "../reference/profile.md",
    "watch": "../how-to/watch.md",
}
"""Pages of questions that are steps of the job and have no page under checks/."""

"""Format page by the letter of a rule that a reader reports."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule as the table shows it; `severity` is all a hit can have, mildest first."""

    id: str
    severity: str
    confidence: str
    asked_by: str
    why: str
    page: str


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
    found = checks()
    questions = [f"| [`{c.id}`]({page_of(c)}) | {c.question} |" for c in found]
    rows = [
        f"| [`{r.id}`]({r.page}) | {r.severity} | {r.confidence} | `{r.asked_by}` | {r.why} |"
        for r in rules(found)
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


def checks() -> list[Check[object]]:
    """Every CHECK that a module of weigh defines, in the order of the job."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if any(line.startswith("CHECK:") for line in path.read_text(encoding="utf-8").splitlines()):
            check = importlib.import_module(_dotted(path)).CHECK
            assert isinstance(check, Check)
            found.append(check)
    return sorted(found, key=lambda c: (ORDER.index(c.id) if c.id in ORDER else len(ORDER), c.id))


def page_of(check: Check[object]) -> str:
    """Link from docs/reference/ to the page that explains the check."""
    return ELSEWHERE.get(check.id, f"../checks/{check.id}.md")


def rules(found: Iterable[Check[object]]) -> list[Row]:
    """The security table, and every finding that is written out in the source."""
    rows = [
        Row(
            name,
            rule.severity.value,
            rule.confidence.value,
            "security",
            rule.why,
            f"../formats/{_page_of_rule(name)}.md",
        )
        for name, rule in RULES.items()
    ]
    for check in found:
        for module in _own_modules(check, {c.module for c in found} - {check.module}):
            rows += _written_out(_file(module), check)
    return sorted(rows, key=lambda row: row.id)


def _page_of_rule(name: str) -> str:
    """The docs page of the format whose table has the rule."""
    table = next(table for table in TABLES if name in table.RULES)
    module = table.__name__.rpartition(".")[2]
    return {"typing": "index", "callables": "pickle"}.get(module, module).replace("_", "-")


def _own_modules(check: Check[object], others: set[str]) -> list[str]:
    """The check's module and what it imports from its own folder, other checks left out."""
    folder = check.module.rpartition(".")[0] + "."
    seen, waiting = set(), [check.module]
    while waiting:
        module = waiting.pop()
        if module not in seen | others and _file(module).is_file():
            seen.add(module)
            imported = IMPORTED.findall(_file(module).read_text(encoding="utf-8"))
            waiting += [name for name in imported if name.startswith(folder)]
    return sorted(seen)


def _written_out(path: Path, check: Check[object]) -> Iterator[Row]:
    """The findings whose rule stands as a literal in the call."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"):
            continue
        names = ("rule", "severity", "confidence", "where", "message", "why", "action")
        given = dict(zip(names, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        rule, why = given.get("rule"), given.get("why")
        if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
            said = why.value if isinstance(why, ast.Constant) else "stated with the finding"
            yield Row(
                rule.value,
                _members(given["severity"]),
                _members(given["confidence"]) or "stated with the finding",
                check.id,
                str(said),
                page_of(check),
            )


def _members(expression: ast.expr) -> str:
    """Names of the enum members in an expression, mildest first."""
    used = {n.attr for n in ast.walk(expression) if isinstance(n, ast.Attribute) and n.attr in SEVERITIES}
    return " or ".join(name.lower() for name in SEVERITIES if name in used)


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def _file(module: str) -> Path:
    return SOURCE.parent.joinpath(*module.split(".")).with_suffix(".py")


IMPORTED = re.compile(r"^from (weigh\.[\w.]+) import", re.MULTILINE)
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
