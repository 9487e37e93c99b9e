import json
import re
import shlex
from os.path import relpath

import click
import msgspec
import pytest
from documentation import DOCS, PAGES, ROOT, blocks, blocks_of, load_script, page

from weigh.adapt.table import ARMS
from weigh.checks.security.rule_table import RULES
from weigh.cli.main import main as program
from weigh.core.errors import ExitCode
from weigh.core.recommendation import Decision
from weigh.jobs.rules import all_checks, all_rules, explain
from weigh.jobs.suppressions import read_suppressions
from weigh.policy import read as policy
from weigh.policy.presets import preset_names
from weigh.project import manifest, manifest_document as told_by

SCRIPT = load_script()
COMMANDS = dict(SCRIPT.commands(program, "weigh"))
RULE = re.compile(r"WGH-[A-Z]{1,2}\d{3}")


def words(command, given):
    """Parse a command line without running it; raises click.UsageError as the program would."""
    path = command
    while isinstance(path, click.Group):
        name, *given = given
        path = path.get_command(click.Context(path), name)
        if path is None:
            raise click.UsageError(f"no command {name}")
    if path.name == "demo":
        path, given = COMMANDS["weigh adopt"], ["minilm", "--data=d", "--label=l", *given]
    try:
        return path.make_context(path.name, list(given))
    except click.exceptions.Exit:  # --help
        return None


def test_generated_pages_are_what_the_program_says():
    stale = [
        name for name, make in SCRIPT.PAGES.items() if (DOCS / name).read_text(encoding="utf-8") != make()
    ]
    assert not stale, "run python docs/build_reference.py"


def test_generated_help_does_not_depend_on_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    narrow = SCRIPT.cli_page()
    monkeypatch.setenv("COLUMNS", "200")
    assert narrow == SCRIPT.cli_page()
    assert max(map(len, narrow.splitlines())) <= SCRIPT.WIDTH


def test_every_command_and_option_stands_in_the_reference():
    text = page("reference/cli.md")
    for path, command in COMMANDS.items():
        section = text.split(f"\n## {path}\n", 1)[1].split("\n## ", 1)[0]
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert all(name in section for name in option.opts), (path, option.opts)


def test_every_check_stands_in_the_reference_and_has_its_page():
    text = page("reference/checks.md")
    for check in all_checks():
        assert f"[`{check.id}`]" in text
        assert check.question in text
        own = (DOCS / "reference" / SCRIPT.page_of(check)).resolve()
        assert own.is_file(), check.id


def test_every_arm_has_its_page():
    assert {arm.id for arm in ARMS} == {path.stem for path in (DOCS / "arms").glob("*.md")}


def test_rules_of_the_source_are_those_of_the_reference():
    source = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    used = {rule for text in source for rule in RULE.findall(text)}
    used |= set(RULES)
    described = set(RULE.findall(page("reference/checks.md")))
    assert described == used


def test_pages_name_no_rule_that_does_not_exist():
    known = set(RULE.findall(page("reference/checks.md")))
    for path in PAGES:
        # The worked example of a new check has a rule of its own; tests/architecture builds it.
        made_up = {"WGH-Y001"} if path.name == "CONTRIBUTING.md" else set()
        assert set(RULE.findall(path.read_text(encoding="utf-8"))) - made_up <= known, path.name


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_page_of_a_format_says_when_its_rule_is_broken(rule):
    assert f"| {rule} |" in page(SCRIPT.page_of_rule(explain(rule), ()).removeprefix("../"))


def test_every_policy_key_and_decision_is_explained():
    text = page("reference/policy.md")
    keys = {key for group in policy._KEYS.values() for key in group}
    keys |= {*policy._SHARED, *policy._WAIVER, "name", "extends", "[[require]]", "[[waive]]"}
    keys |= {decision.value for decision in Decision} - {Decision.UNDECIDED.value}
    keys |= set(preset_names())
    assert [key for key in sorted(keys) if f"`{key}`" not in text and f"`{key} = " not in text] == []


def test_every_manifest_key_is_explained():
    text = page("reference/models-toml.md")
    told = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    structs = (
        (told_by.FilePart, "files."), (told_by.Model, ""), (told_by.Expected, "expect."), (told_by.Data, ""),
        (told_by.Project, ""),
    )  # fmt: skip
    for struct, prefix in structs:
        for one in msgspec.structs.fields(struct):
            assert {prefix + one.encode_name, one.encode_name} & told or one.encode_name == "files", one


def test_every_exit_code_is_explained():
    text = page("reference/exit-codes.md")
    assert [code for code in ExitCode if f"| {int(code)} |" not in text] == []


def links(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: relpath(p, ROOT))
def test_every_link_leads_to_a_file_of_the_repository(path):
    for link in links(path):
        assert "://" not in link, f"{link}: pages link to pages"
        assert (path.parent / link.partition("#")[0]).resolve().is_file(), link


def test_every_page_is_reached_from_the_readme():
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            linked = [(path.parent / link.partition("#")[0]).resolve() for link in links(path)]
            todo += [below for below in linked if below.suffix == ".md"]
    assert set(DOCS.rglob("*.md")) <= seen


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_blocks_are_read_by_weigh(block, tmp_path):
    if block.text.startswith(("[models", "[data", "[project")):
        (tmp_path / "models.toml").write_text(block.text, encoding="utf-8")
        found = manifest.read_manifest(tmp_path / "models.toml")
        assert found.models or found.data
    elif block.text.startswith("[[approve]]"):
        (tmp_path / "models.toml").write_text(block.text, encoding="utf-8")
        assert manifest.read_manifest(tmp_path / "models.toml").approvals
    elif block.text.startswith("[[suppress]]"):
        (tmp_path / "accepted.toml").write_text(block.text, encoding="utf-8")
        assert read_suppressions(tmp_path / "accepted.toml")
    else:
        assert policy.read_policy(block.text).requirements


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_blocks_are_json(block):
    assert json.loads(block.text)


COMMAND_LINES = [
    (block.page, line)
    for block in blocks("sh", "")
    for line in block.text.replace("\\\n", " ").splitlines()
    if re.match(r"weigh( |$)", line)
]


@pytest.mark.parametrize(("where", "line"), COMMAND_LINES)
def test_command_lines_parse(where, line):
    words(program, shlex.split(line, comments=True)[1:])


def test_command_lines_were_found():
    assert len(COMMAND_LINES) > 15
    with pytest.raises(click.UsageError):
        words(program, ["adopt", "none", "--data=d", "--label=l", "--no-such-option"])
    with pytest.raises(click.UsageError):
        words(program, ["adapt"])


def test_dev_verbs_in_the_pages_exist():
    script = (ROOT / "dev").read_text(encoding="utf-8")
    verbs = {verb for path in PAGES for verb in re.findall(r"\./dev (\w+)", path.read_text(encoding="utf-8"))}
    assert verbs
    assert [verb for verb in sorted(verbs) if f"\n{verb})\n" not in script] == []


def test_readme_fits_on_two_screens_and_110_columns():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
    assert [line for line in lines if len(line) > 110] == []
    (screen,) = blocks_of("README.md", "text")
    assert [line for line in screen.splitlines() if len(line) > SCRIPT.WIDTH] == []


QUOTED = re.compile(r"`([^`\n]*\d\.\d{3} \[[^`\n]*)`")


def test_numbers_quoted_in_the_pages_are_those_of_the_screen():
    (screen,) = blocks_of("README.md", "text")
    quotes = [
        (path.name, quote)
        for path in sorted((DOCS / "explanation").glob("what-*.md")) + sorted((DOCS / "how-to").glob("*.md"))
        for quote in QUOTED.findall(path.read_text(encoding="utf-8"))
    ]
    assert quotes
    assert [(name, quote) for name, quote in quotes if quote not in screen] == []


def test_the_tutorial_shows_the_screen_of_the_readme():
    (screen,) = blocks_of("README.md", "text")
    assert screen in blocks_of("docs/tutorial.md", "text")


def test_a_screen_is_put_where_its_name_stands(tmp_path, monkeypatch):
    shown = tmp_path / "page.md"
    shown.write_text("a\n<!-- screen: one -->\n```text\nold\n```\n\n```text\nkept\n```\n", encoding="utf-8")
    monkeypatch.setattr(SCRIPT, "SHOWN_ON", (shown,))
    assert SCRIPT.put_screen("one", "new  \n\\1 line\n") == 1
    assert SCRIPT.put_screen("two", "new") == 0
    assert shown.read_text(encoding="utf-8") == (
        "a\n<!-- screen: one -->\n```text\nnew\n\\1 line\n```\n\n```text\nkept\n```\n"
    )
    with pytest.raises(ValueError, match="longer than 100"):
        SCRIPT.put_screen("one", "x" * 101)


def test_no_machine_stands_in_a_page():
    # Written in halves, so that this file does not hold what it looks for.
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js."]
    machine = re.compile(r"(?<![\w.~])/(?:home|Users|root|tmp|opt|work)/")
    for path in [*PAGES, DOCS / "build_reference.py"]:
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], path.name
        assert not machine.search(text), path.name


def test_a_rule_belongs_to_one_check():
    owners = {}
    for row in all_rules(all_checks()):
        owners.setdefault(row.id, set()).add(row.check)
    assert {rule: sorted(found) for rule, found in owners.items() if len(found) > 1} == {}
