"""weigh as a library: the same job, the same defaults, and nothing heavy on import."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.cli import conftest as program

import weigh
from weigh.cli.adopt import adopt as command
from weigh.jobs.adopt.write import require_folder
from weigh.jobs.library import DEFAULTS


def test_the_public_names_are_exactly_those_listed():
    assert sorted(weigh.__all__) == ["Report", "WeighError", "__version__", "adopt", "save"]
    for name in weigh.__all__:
        assert getattr(weigh, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        weigh.nothing  # noqa: B018 - the access is what is tested


def test_importing_weigh_imports_nothing_else():
    script = "import sys, weigh; print([m for m in sys.modules if m.startswith('weigh.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_defaults_are_those_of_the_command_line():
    screen_only = {"dry_run", "as_json", "out"}
    given = {"model", "data", "text", "features", "label"}
    options = {p.name: p for p in command.params if isinstance(p, click.Option)}
    context = click.Context(command)
    asked = {name: p for name, p in options.items() if name not in screen_only | given}
    told = {name: () if p.multiple else p.get_default(context) for name, p in asked.items()}
    assert told == DEFAULTS


def test_three_lines_answer_and_a_fourth_keeps_the_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    program.reviews(tmp_path / "reviews.csv")
    report = weigh.adopt("none", data="reviews.csv", text="body", label="stars")
    assert "TRAIN FROM SCRATCH" in report.headline
    assert [path.name for path in weigh.save(report, "kept")] == [
        "report.html",
        "report.json",
        "profile.json",
    ]
    assert (tmp_path / "kept/report.html").is_file()


def test_what_cannot_be_used_is_an_error_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(weigh.WeighError, match="colour"):
        weigh.adopt("none", data="reviews.csv", text="body", label="stars", colour="red")
    with pytest.raises(weigh.WeighError) as raised:
        weigh.adopt("none", data="nowhere.csv", text="body", label="stars")
    assert raised.value.hint


def test_a_report_that_could_not_be_written_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in ("file", "file/below", "file/below/that"):
        with pytest.raises(weigh.WeighError, match="is a file"):
            require_folder(tmp_path / place)
    require_folder(tmp_path / "new" / "folder")
    require_folder(Path("new"))
