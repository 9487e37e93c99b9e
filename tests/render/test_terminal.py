import re
from dataclasses import replace

import golden_files
import pytest
from hypothesis import given, settings, strategies as st
from sample_report import HOSTILE, RECOMMENDATION, SAMPLE, VERDICT, arm, hostile

from weigh.core.errors import (
    ExitCode,
    IntegrityError,
    MalformedError,
    MissingExtraError,
    UsageError,
)
from weigh.core.recommendation import ArmKind, Decision, LabelsWorth, Statement
from weigh.core.report import NextCommand, StepLine
from weigh.core.verdict import Reason, Verdict, VerdictKind
from weigh.render.escape import cells
from weigh.render.terminal import MAX_LINES, error_screen, policy_line, screen, worth_phrase

SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(("width", "colour"), [(100, False), (100, True), (60, False)])
def test_the_screen_is_the_golden_one(width, colour):
    name = f"screen-{width}{'-colour' if colour else ''}.txt"
    golden_files.check(name, screen(SAMPLE, width=width, colour=colour).encode())


def test_colour_changes_nothing_but_colour():
    assert SGR.sub("", screen(SAMPLE, width=100, colour=True)) == screen(SAMPLE, width=100, colour=False)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 200),
    st.lists(st.text(max_size=300), max_size=9),
    st.lists(st.text(max_size=20), max_size=30),
    st.booleans(),
)
def test_the_screen_is_one_screen_whatever_is_on_it(width, texts, steps, colour):
    statements = tuple(Statement(t) for t in texts)
    reasons = tuple(Reason(t, VerdictKind.FAIL, t) for t in texts)
    report = replace(
        SAMPLE,
        headline="".join(texts),
        steps=tuple(StepLine(s, s * 20) for s in steps),
        reasons_for=statements,
        reasons_against=statements,
        unknown=statements,
        limits=tuple(texts),
        next_commands=tuple(NextCommand(t, t) for t in texts),
        verdict=Verdict(VerdictKind.FAIL, "p", "d", reasons),
    )
    lines = screen(report, width=width, colour=colour).splitlines()
    assert len(lines) <= MAX_LINES
    assert all(cells(SGR.sub("", line)) <= max(width, 40) for line in lines)
    assert lines[-1].strip() == "exit 0"


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_reaches_the_terminal_as_text(colour):
    out = screen(hostile(), width=100, colour=colour)
    bare = SGR.sub("", out) if colour else out
    assert all(c.isprintable() for line in bare.split("\n") for c in line)
    assert "\\x1b[31m" in out
    assert "\\u202e" in out


def test_the_recommended_way_stands_first_and_the_best_of_each_other_kind_follows():
    out = screen(SAMPLE, width=120, colour=False)
    assert "accuracy 0.740 [0.724, 0.755] n=3,100 · from scratch 0.627" in out
    kept = replace(RECOMMENDATION, decision=Decision.KEEP_BASELINE, arm="tfidf-linear", worth=None)
    out = screen(replace(SAMPLE, recommendation=kept), width=120, colour=False)
    assert "accuracy 0.627 [0.611, 0.644] n=3,100 · with the model 0.740" in out
    assert kept.because[:60] in out


def test_a_report_without_model_or_recommendation_is_still_a_screen():
    out = screen(
        replace(SAMPLE, recommendation=None, model=None, data=None, steps=()), width=80, colour=False
    )
    assert out.startswith("Verdict   ADOPT WITH A PROBE")
    nothing = replace(RECOMMENDATION, arm="", decision=Decision.UNDECIDED, arms=(), worth=None)
    assert nothing.because[:40] in screen(replace(SAMPLE, recommendation=nothing), width=80, colour=False)


def test_scores_with_another_n_say_their_own():
    other = replace(arm("majority"), score=replace(arm("majority").score, n=99))
    r = replace(RECOMMENDATION, arms=(arm("probe"), other))
    out = screen(replace(SAMPLE, recommendation=r), width=120, colour=False)
    assert re.search(r"majority 0\.585 \[.*\] n=99", out)
    assert other.kind is ArmKind.CONSTANT


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("", "policy team: pass · no waivers"),
        ("u", "policy team: unknown · no waivers · 1 unknown, required"),
        ("U", "policy team: pass · no waivers · 1 unknown, not required"),
        ("UU", "policy team: pass · no waivers · 2 unknown, neither required"),
        ("UUU", "policy team: pass · no waivers · 3 unknown, none required"),
        ("uUU", "policy team: unknown · no waivers · 3 unknown, 1 required"),
        ("uu", "policy team: unknown · no waivers · 2 unknown, all required"),
        ("w", "policy team: fail · 1 waiver"),
        ("ww", "policy team: fail · 2 waivers"),
    ],
)
def test_the_policy_line_counts_unknowns_and_waivers(kinds, said):
    reasons = tuple(
        Reason("x", VerdictKind.FAIL, "t", waiver="Ada")
        if k == "w"
        else Reason("x", VerdictKind.UNKNOWN, "t", required=k == "u")
        for k in kinds
    )
    kind = VerdictKind.FAIL if "w" in kinds else VerdictKind.UNKNOWN if "u" in kinds else VerdictKind.PASS
    assert policy_line(Verdict(kind, "team", "d", reasons)) == said


def test_what_fails_the_policy_is_on_the_screen_with_its_waiver():
    reasons = (
        Reason("open-line", VerdictKind.UNKNOWN, "not looked at"),
        Reason("bad-line", VerdictKind.FAIL, "it is bad", waiver="Ada, until 2027-01-31: known"),
        Reason("advice", VerdictKind.FAIL, "never mind", required=False),
    )
    report = replace(SAMPLE, verdict=replace(VERDICT, kind=VerdictKind.FAIL, reasons=reasons))
    out = screen(report, width=100, colour=False)
    assert "fail     bad-line: it is bad (waived by Ada, until 2027-01-31: known)" in out
    assert out.index("bad-line") < out.index("open-line")
    assert "advice" not in out


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (LabelsWorth(3900, 4600, 5700, 0, "s", 2000), "worth about 4,600 labels [3,900, 5,700]"),
        (LabelsWorth(3900, 4600, None, 0, "s", 2000), "worth about 4,600 labels [3,900, beyond reach]"),
        (LabelsWorth(None, 4600, None, 0, "s", 2000), "worth about 4,600 labels [?, beyond reach]"),
        (LabelsWorth(None, None, None, 8000, "s", 2000), "worth more than 8,000 labels"),
    ],
)
def test_labels_worth_says_its_band(worth, said):
    assert worth_phrase(worth) == f"{said} of training from scratch; it used 2,000"


def test_an_error_is_what_why_and_try():
    error = UsageError(
        'cannot read reviews.csv: column "stars" not found',
        why="the header has: id, body, country, rating",
        hint="weigh adopt … --label rating",
    )
    assert error_screen(error) == (
        'weigh: cannot read reviews.csv: column "stars" not found\n'
        "  why   the header has: id, body, country, rating\n"
        "  try   weigh adopt … --label rating"
    )


def test_an_error_leaves_out_what_it_does_not_know():
    assert error_screen(UsageError("no")) == "weigh: no"
    assert "try   pip install 'weigh[onnx]'" in error_screen(MissingExtraError("no runtime", extra="onnx"))


def test_a_hostile_file_says_rule_and_byte_and_that_nothing_ran():
    error = MalformedError("model.bin is cut short", why="ends early", offset=12_345, rule="WGH-S003")
    assert error_screen(error).splitlines()[1] == (
        "  why   ends early · rule WGH-S003 · at byte 12,345 · nothing of it was executed"
    )
    assert "nothing of it was executed" in error_screen(IntegrityError("other bytes"))


def test_a_hostile_error_is_three_harmless_lines():
    out = error_screen(MalformedError(HOSTILE, why=HOSTILE, hint=HOSTILE, rule=HOSTILE, offset=0))
    lines = out.split("\n")
    assert len(lines) == 3
    assert all(c.isprintable() for line in lines for c in line)


@pytest.mark.parametrize(
    ("code", "shade"), [(ExitCode.FINE, "32"), (ExitCode.UNKNOWN, "33"), (ExitCode.NO, "31")]
)
def test_the_headline_takes_the_colour_of_the_exit_code(code, shade):
    out = screen(replace(SAMPLE, exit_code=code), width=100, colour=True)
    assert f"\x1b[1;{shade}mADOPT WITH A PROBE\x1b[0m" in out
