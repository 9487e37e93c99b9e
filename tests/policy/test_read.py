import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.finding import Severity
from weigh.core.requirement import Comparison, RequirementKind
from weigh.policy.presets import preset_names, preset_text
from weigh.policy.read import MAX_BYTES, read_policy, read_preset

LINE = '[[require]]\nid = "a"\ncheck = "security"\nmax_severity = "low"\n'
WAIVER = (
    '[[waive]]\nrequirement = "a"\nsubject = "sha256:' + "0" * 64 + '"\nreason = "r"\napprover = "b"\n'
    'expires = "2027-01-31"\n'
)
HEAD = 'name = "team"\n'


def test_each_sort_of_line_is_read():
    text = """
name = "team"
[[require]]
id = "works-on-my-data"
check = "accuracy"
measure = "accuracy"
at_least = 0.6
labels = { test = "in-domain" }
why = "it has to"
[[require]]
id = "quick"
check = "compatibility"
measure = "latency_p95"
at_most = 20
interval = false
required = false
[[require]]
id = "no-code"
check = "security"
max_severity = "medium"
[[require]]
id = "answered"
check = "compatibility"
outcome = "answered"
[[require]]
id = "decision"
decision = ["adopt_as_is", "adopt_with_probe"]
"""
    works, quick, code, answered, decision = read_policy(text).requirements
    assert (works.kind, works.limit, works.comparison) == (RequirementKind.MEASURE, 0.6, Comparison.AT_LEAST)
    assert works.labels == (("test", "in-domain"),)
    assert works.why == "it has to"
    assert (quick.comparison, quick.limit, quick.use_interval, quick.required) == (
        Comparison.AT_MOST,
        20.0,
        False,
        False,
    )
    assert (code.kind, code.max_severity) == (RequirementKind.FINDING, "medium")
    assert (answered.kind, answered.check) == (RequirementKind.OUTCOME, "compatibility")
    assert (decision.check, decision.allowed) == ("", ("adopt_as_is", "adopt_with_probe"))


def test_a_waiver_is_read_with_a_quoted_or_a_bare_date():
    for day in ('"2027-01-31"', "2027-01-31"):
        text = HEAD + LINE + WAIVER.replace('"2027-01-31"', day)
        assert read_policy(text).waivers[0].expires == "2027-01-31"


def test_an_extending_policy_inherits_adds_and_replaces():
    parent = read_preset("personal")
    own = LINE.replace('"a"', '"loading-runs-no-code"') + LINE
    child = read_policy(HEAD + 'extends = "personal"\n' + own)
    assert child.name == "team"
    assert [r.id for r in child.requirements] == [*(r.id for r in parent.requirements), "a"]
    assert child.requirements[0].max_severity == "low"
    assert child.requirements[1:-1] == parent.requirements[1:]


def test_every_packaged_policy_reads_and_bears_its_own_name():
    assert "personal" in preset_names()
    for name in preset_names():
        assert read_preset(name).name == name
        assert all(line.why for line in read_preset(name).requirements)


def test_the_personal_policy_restricts_no_decision_and_asks_little():
    personal = read_preset("personal")
    required = {r.id for r in personal.requirements if r.required}
    assert required == {"loading-runs-no-code", "runs-here", "runs-as-it-asks", "tests-stay-unseen"}
    assert all(r.kind is not RequirementKind.DECISION for r in personal.requirements)


def test_an_unknown_packaged_policy_names_those_there_are():
    with pytest.raises(NotFoundError, match="bank") as caught:
        preset_text("bank")
    assert "personal" in caught.value.why
    with pytest.raises(NotFoundError):
        read_policy(HEAD + 'extends = "../../etc/passwd"\n')


def test_a_line_may_ask_for_a_signature():
    (line,) = read_policy(HEAD + '[[require]]\nid = "a"\nsign_off = "intended-use"\n').requirements
    assert (line.kind, line.check, line.sign_off) == (RequirementKind.SIGN_OFF, "sign-off", "intended-use")
    assert line.required


def test_presets_ask_more_and_more():
    personal, team, regulated = (read_preset(name) for name in ("personal", "team", "regulated"))
    for less, more in ((personal, team), (team, regulated)):
        ids = [line.id for line in more.requirements]
        assert [line.id for line in less.requirements] == ids[: len(less.requirements)]
        required = {line.id for line in more.requirements if line.required}
        assert {line.id for line in less.requirements if line.required} < required
        for before, after in zip(less.requirements, more.requirements, strict=False):
            # A line that is taken over may grow stricter, never milder.
            assert (before.kind, before.check, before.measure) == (after.kind, after.check, after.measure)
            assert Severity(after.max_severity).rank <= Severity(before.max_severity).rank


def test_only_the_regulated_policy_cannot_pass_without_a_person():
    signed = {
        name: [line for line in read_preset(name).requirements if line.sign_off and line.required]
        for name in preset_names()
    }
    assert [name for name, lines in signed.items() if lines] == ["regulated"]
    assert len(signed["regulated"]) == 7


def test_a_project_may_extend_any_preset():
    for name in preset_names():
        child = read_policy(HEAD + f'extends = "{name}"\n' + LINE)
        assert child.requirements[:-1] == read_preset(name).requirements


BROKEN = {
    "no TOML": ("name = ", "is not TOML"),
    "a number that nobody reads": ("version = " + "1" * 5000, "is not TOML"),
    "no name": (LINE, "name must be a text"),
    "nothing required": (HEAD, "requires nothing"),
    "unknown top key": (HEAD + "rules = 1\n" + LINE, "unknown key 'rules'"),
    "unknown line key": (HEAD + LINE + "at_lest = 1\n", "line 'a' has the unknown key 'at_lest'"),
    "unknown waiver key": (HEAD + LINE + WAIVER + "until = 1\n", "waiver of 'a' has the unknown key 'until'"),
    "key of another sort": (HEAD + LINE + 'labels = { a = "b" }\n', "unknown key 'labels'"),
    "two sorts": (HEAD + LINE + 'outcome = "answered"\n', "exactly one thing"),
    "no sort": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\n', "exactly one thing"),
    "no id": (HEAD + '[[require]]\ncheck = "b"\n', "id must be a text"),
    "strange id": (HEAD + LINE.replace('"a"', '"a b\\u001b"'), "no usable id"),
    "twice": (HEAD + LINE + LINE, "more than one line"),
    "no limit": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\n', "needs one limit"),
    "two limits": (
        HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_least = 1\nat_most = 2\n',
        "needs one limit",
    ),
    "infinite limit": (
        HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_least = inf\n',
        "finite",
    ),
    "nan limit": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_most = nan\n', "finite"),
    "true limit": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_most = true\n', "finite"),
    "text limit": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_most = "1"\n', "finite"),
    "labels": (
        HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_most = 1\nlabels = { a = 1 }\n',
        "labels must be",
    ),
    "severity": (HEAD + LINE.replace("low", "awful"), "max_severity cannot be 'awful'"),
    "outcome": (HEAD + '[[require]]\nid = "a"\ncheck = "b"\noutcome = "error"\n', "outcome cannot be"),
    "decision": (
        HEAD + '[[require]]\nid = "a"\ndecision = ["undecided"]\n',
        "decision cannot be 'undecided'",
    ),
    "decision of a list": (HEAD + '[[require]]\nid = "a"\ndecision = [[]]\n', "decision cannot be"),
    "no decision": (HEAD + '[[require]]\nid = "a"\ndecision = []\n', "decision must be"),
    "a decision with a check": (
        HEAD + '[[require]]\nid = "a"\ncheck = "b"\ndecision = ["keep_baseline"]\n',
        "'check'",
    ),
    "a signature of nothing": (HEAD + '[[require]]\nid = "a"\nsign_off = ""\n', "sign_off must be a text"),
    "a signature of a sentence": (
        HEAD + '[[require]]\nid = "a"\nsign_off = "is it ok?"\n',
        "sign_off cannot be",
    ),
    "a signature with a check": (
        HEAD + '[[require]]\nid = "a"\ncheck = "b"\nsign_off = "misuse"\n',
        "'check'",
    ),
    "required": (HEAD + LINE + 'required = "yes"\n', "required must be true or false"),
    "a waiver for no line": (HEAD + LINE + WAIVER.replace('"a"', '"b"'), "requirement cannot be 'b'"),
    "a waiver for a name": (
        HEAD + LINE + WAIVER.replace("sha256:" + "0" * 64, "minilm"),
        "subject by digest",
    ),
    "a waiver for ever": (HEAD + LINE + WAIVER.replace('"2027-01-31"', '"never"'), "the day it ends"),
    "a waiver to the hour": (
        HEAD + LINE + WAIVER.replace('"2027-01-31"', "2027-01-31T10:00:00"),
        "the day it ends",
    ),
    "a waiver without a reason": (HEAD + LINE + WAIVER.replace('"r"', '" "'), "reason must be a text"),
    "require as a table": (HEAD + '[require]\nid = "a"\n', "[[require]] tables"),
    "nested deeply": (HEAD + "a = " + "[" * 20_000, ""),
    "too large": (HEAD + "#" * MAX_BYTES, "too large"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_policy_is_a_usage_error_that_says_where(case):
    text, said = BROKEN[case]
    with pytest.raises(UsageError) as caught:
        read_policy(text, source="policy.toml")
    assert said in caught.value.what
    assert "policy.toml" in caught.value.what
    assert caught.value.why
    assert caught.value.hint


@pytest.mark.parametrize(
    ("case", "hint"),
    [
        ("unknown line key", "take 'at_lest' out"),
        ("severity", 'max_severity = "info"'),
        ("required", "required = true"),
        ("a waiver for no line", 'requirement = "a"'),
    ],
)
def test_the_hint_is_what_could_be_written(case, hint):
    with pytest.raises(UsageError) as caught:
        read_policy(BROKEN[case][0])
    assert caught.value.hint == hint


def test_a_slip_of_the_pen_is_met_with_the_name_that_was_meant():
    line = HEAD + '[[require]]\nid = "a"\ncheck = "b"\nmeasure = "m"\nat_least = 1\n'
    with pytest.raises(UsageError) as caught:
        read_policy(line + "intervall = false\n")
    assert caught.value.hint == "write interval"
    with pytest.raises(UsageError) as caught:
        read_policy(HEAD + LINE.replace("low", "hihg"))
    assert caught.value.hint == 'max_severity = "high"'


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_policy_with_our_line_or_a_usage_error(text):
    try:
        policy = read_policy(HEAD + text + "\n" + LINE)
    except UsageError:
        return
    assert "a" in [line.id for line in policy.requirements]


def test_the_example_of_the_reference_page_is_a_policy():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(read_policy(example).waivers) == 1
    assert all(f"| `{name}` |" in page for name in preset_names())
