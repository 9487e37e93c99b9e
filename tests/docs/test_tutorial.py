"""What the pages tell a person to run is run, in the order in which they would."""

import re
import shlex

import pytest
from documentation import blocks, blocks_of

from weigh.cli.main import main as program
from weigh.core.errors import ExitCode

TUTORIAL = "docs/tutorial.md"
STEPS = re.compile(r"^(?:  \w+ |[A-Z]\w+ |\w+ )", re.MULTILINE)
COMMANDS = [
    line
    for text in blocks_of(TUTORIAL, "sh")
    for line in text.splitlines()
    if line.startswith("weigh ") and "minilm" not in line and line != "weigh demo"
]
SNIPPETS = [b for b in blocks("python") if b.page != TUTORIAL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the reader is, after the tutorial's scripts ran."""
    made = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        names = {}
        for text in blocks_of(TUTORIAL, "python"):
            exec(compile(text, "tutorial.md", "exec"), names)
    return made


@pytest.fixture
def reader(folder, monkeypatch):
    """At the reader's prompt."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WEIGH_HOME", str(folder / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    return folder


def run(line):
    return program.main(shlex.split(line)[1:], standalone_mode=False)


def command(part):
    (line,) = [line for line in COMMANDS if part in line]
    return line


def screen(part):
    (text,) = [text for text in blocks_of(TUTORIAL, "text") if part in text]
    return text


def test_the_tutorial_runs_as_written(reader, capsys):
    assert run(command(" none ")) == ExitCode.FINE
    shown, said = screen("reviews.csv"), capsys.readouterr().out
    # The steps, the verdict and the parts of the screen; numbers move with the versions of libraries.
    for text in (shown, said):
        assert "TRAIN FROM SCRATCH" in text
        assert "policy personal: pass" in text
    assert STEPS.findall(shown) == STEPS.findall(said)
    assert sorted(path.name for path in (reader / "weigh-report").iterdir()) == [
        "profile.json",
        "report.html",
        "report.json",
    ]


def test_the_report_is_shown_again(reader, capsys):
    run(command(" none "))
    first = capsys.readouterr().out
    assert run("weigh report") == ExitCode.FINE
    again = capsys.readouterr().out
    # All of it but the last line, which says where the report was put.
    assert STEPS.findall(again) == STEPS.findall(first)[:-1]
    assert "weigh report" in COMMANDS


def test_watching_is_quiet_and_alarms_where_the_tutorial_says_so(reader, capsys):
    run(command(" none "))
    assert run(command("this-week.csv")) == ExitCode.FINE
    capsys.readouterr()
    assert run(command("slang.csv")) == ExitCode.NO
    shown, said = screen("slang.csv"), capsys.readouterr().out
    assert STEPS.findall(shown) == STEPS.findall(said)
    for text in (shown, said):
        held, cbpe, measured = (
            float(re.search(rf"{re.escape(name)} +(\d\.\d+) \[", text)[1])
            for name in ("held out", "(CBPE)", "measured")
        )
        # What the tutorial says of them: the estimate sees nothing, the labels do.
        assert abs(cbpe - held) < 0.05
        assert measured < 0.55


@pytest.mark.parametrize("block", SNIPPETS, ids=str)
def test_python_blocks_run(block, reader):
    exec(compile(block.text, block.page, "exec"), {})


def test_the_three_lines_of_the_readme_are_those_of_the_how_to(reader, capsys):
    said = []
    for page in ("README.md", "docs/how-to/use-as-a-library.md"):
        exec(compile(blocks_of(page, "python")[0], page, "exec"), {})
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "TRAIN FROM SCRATCH" in said[0]
