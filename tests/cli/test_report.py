import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from weigh.cli.report import FORMATS, _for_stdout, report
from weigh.core.errors import (
    ExitCode,
    IntegrityError,
    MalformedError,
    NotFoundError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.verdict import Reason, VerdictKind
from weigh.jobs.adopt.story import exit_code, headline
from weigh.jobs.report import Format
from weigh.policy.judge import NOTHING_REQUIRED
from weigh.render.report_json import to_json

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "render"))
from sample_report import SAMPLE, hostile


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the report of an earlier run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weigh-report").mkdir()
    (tmp_path / "weigh-report" / "report.json").write_bytes(to_json(SAMPLE) + b"\n")
    return tmp_path


@pytest.fixture
def call(capfdbinary):
    """Run the command; returns its exit code and what it wrote to standard output."""

    def called(*arguments):
        capfdbinary.readouterr()
        code = report.main(list(arguments), standalone_mode=False) or 0
        sys.stdout.flush()
        return code, capfdbinary.readouterr().out

    return called


BEGINS = {
    "html": b"<!doctype html>",
    "json": b'{"envelope":',
    "md": b"# ADOPT WITH A PROBE",
    "sarif": b"{",
    "junit": b"<?xml",
}


def test_the_forms_of_the_command_are_those_of_the_job():
    assert set(FORMATS) == {form.value for form in Format} == set(BEGINS)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_goes_to_standard_output_or_to_a_file(folder, call, form):
    code, out = call("--format", form)
    assert code == 0
    assert out.startswith(BEGINS[form])
    code, nothing = call("--format", form, "--out", "made")
    assert (code, nothing) == (0, b"")
    assert (folder / "made").read_bytes() == out


def test_without_a_form_the_screen_is_shown_once_more(folder, call):
    code, out = call()
    assert code == 0
    assert b"ADOPT WITH A PROBE" in out


def test_a_folder_or_a_file_may_be_named(folder, call):
    (folder / "weigh-report").rename(folder / "other")
    assert call("other", "--format", "json")[1] == call("other/report.json", "--format", "json")[1]
    with pytest.raises(NotFoundError) as caught:
        call()
    assert "no report" in caught.value.what
    assert "weigh adopt" in caught.value.hint


def test_json_written_again_is_the_same_file(folder, call):
    _, out = call("--format", "json")
    assert out == (folder / "weigh-report" / "report.json").read_bytes()


def test_a_changed_report_is_refused_in_every_form(folder, call):
    file = folder / "weigh-report" / "report.json"
    value = json.loads(file.read_bytes())
    value["report"]["answers"][2]["evidence"]["measures"][0]["value"] = 0.999
    file.write_text(json.dumps(value), encoding="utf-8")
    for form in FORMATS:
        with pytest.raises(IntegrityError):
            call("--format", form)
    file.write_bytes(b"{}")
    with pytest.raises(MalformedError):
        call()


def test_a_hostile_report_reaches_the_terminal_harmlessly(folder, call):
    # What is hostile everywhere but in the words at the top, which are held against the decision.
    made = hostile()
    honest = replace(
        made,
        headline=headline(made.recommendation.decision, made.verdict, model=made.model is not None),
        exit_code=exit_code(made.recommendation.decision, made.verdict),
    )
    (folder / "weigh-report" / "report.json").write_bytes(to_json(honest))
    _, out = call()
    assert b"\x1b" not in out
    assert b"\x07" not in out


@pytest.mark.parametrize("change", [{"headline": "ADOPT AS IT IS"}, {"exit_code": ExitCode.NO}])
def test_a_report_whose_headline_or_exit_code_was_changed_is_refused(folder, call, change):
    (folder / "weigh-report" / "report.json").write_bytes(to_json(replace(SAMPLE, **change)))
    with pytest.raises(IntegrityError, match="contradicts itself"):
        call()


@pytest.mark.parametrize(
    "verdict",
    [
        replace(SAMPLE.verdict, kind=VerdictKind.FAIL),
        replace(SAMPLE.verdict, kind=VerdictKind.PASS, reasons=()),
        replace(SAMPLE.verdict, reasons=(Reason("line", VerdictKind.FAIL, "worse"), *SAMPLE.verdict.reasons)),
        replace(SAMPLE.verdict, reasons=(Reason(NOTHING_REQUIRED, VerdictKind.PASS, "fine"),)),
    ],
)
@pytest.mark.parametrize("decided", [True, False])
def test_a_verdict_that_its_lines_do_not_make_is_refused(folder, call, verdict, decided):
    found = SAMPLE.recommendation
    changed = replace(
        SAMPLE,
        verdict=verdict,
        recommendation=found if decided else None,
        headline=headline(found.decision, verdict, model=True),
        exit_code=exit_code(found.decision, verdict),
    )
    (folder / "weigh-report" / "report.json").write_bytes(to_json(changed))
    with pytest.raises(IntegrityError, match="contradicts itself"):
        call()


def test_without_a_recommendation_the_exit_code_is_no_better_than_the_policy(folder, call):
    failed = replace(
        SAMPLE.verdict, kind=VerdictKind.FAIL, reasons=(Reason("line", VerdictKind.FAIL, "worse"),)
    )
    for code, fine in ((ExitCode.FINE, False), (ExitCode.UNKNOWN, False), (ExitCode.NO, True)):
        made = replace(SAMPLE, recommendation=None, verdict=failed, exit_code=code)
        (folder / "weigh-report" / "report.json").write_bytes(to_json(made))
        if fine:
            assert call()[0] == 0
        else:
            with pytest.raises(IntegrityError, match="exit code is better"):
                call()


def test_json_for_a_terminal_holds_nothing_that_acts_on_it(folder, monkeypatch):
    data = '{"a":"\x9b31m\u202e\x1b"}'.encode()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Terminal()))
    shown = _for_stdout(data, Format.JSON)
    assert json.loads(shown) == {"a": "\x9b31m\u202e\x1b"}
    assert shown.isascii()
    assert b"\x1b" not in shown
    assert _for_stdout(data, Format.MARKDOWN) == data
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert _for_stdout(data, Format.JSON) == data


class Terminal(io.BytesIO):
    def isatty(self):
        return True


def test_wrong_usage_is_said(folder, call):
    with pytest.raises(UsageError, match="--out needs a form"):
        call("--out", "x")
    with pytest.raises(UsageError, match="--open shows the page"):
        call("--open", "--format", "md")
    with pytest.raises(UsageError, match="is a folder"):
        call("--format", "md", "--out", "weigh-report")


RUN = (
    "import sys; from weigh.cli.report import report; from weigh.core.errors import WeighError\n"
    "try:\n    report.main(sys.argv[1:], standalone_mode=False)\n"
    "except WeighError as error:\n    print(error); sys.exit(int(error.exit_code))\n"
)


def opened(folder, environ):
    keep = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}}
    command = [sys.executable, "-c", RUN, "--open"]
    return subprocess.run(
        command, cwd=folder, env=keep | environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_open_hands_the_page_to_the_browser(folder):
    browser = folder / "browser"
    browser.write_text('#!/bin/sh\nprintf %s "$1" > asked\n', encoding="utf-8")
    browser.chmod(0o755)
    ended = opened(folder, {"BROWSER": str(browser)})
    assert ended.returncode == 0, ended.stdout
    page = folder / "weigh-report" / "report.html"
    assert (folder / "asked").read_text(encoding="utf-8") == page.as_uri()
    assert page.read_bytes().startswith(b"<!doctype html>")


def test_open_shows_the_report_that_was_read_and_not_a_page_that_lies_beside_it(folder):
    (folder / "browser").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "browser").chmod(0o755)
    place = folder / "weigh-report"
    (place / "report.html").write_text("<!doctype html><p>ADOPT SOMETHING ELSE", encoding="utf-8")
    assert opened(folder, {"BROWSER": str(folder / "browser")}).returncode == 0
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "SOMETHING ELSE" not in page
    assert SAMPLE.headline in page


def test_open_writes_no_page_over_a_file_that_may_be_of_somebody_else(folder, call):
    place = folder / "weigh-report"
    (place / "report.json").rename(place / "june.json")
    (place / "june.html").write_text("notes", encoding="utf-8")
    with pytest.raises(UsageError, match=r"june\.html is there already"):
        call("weigh-report/june.json", "--open")
    assert (place / "june.html").read_text(encoding="utf-8") == "notes"


def test_without_a_browser_it_says_where_the_page_is(folder):
    ended = opened(folder, {"PATH": str(folder)})
    assert ended.returncode == UnknownAnswerError.exit_code
    assert str(folder / "weigh-report" / "report.html") in ended.stdout
