import html
import re
from dataclasses import replace

import golden_files
import pytest
from hypothesis import given, settings, strategies as st
from sample_report import SAMPLE, hostile

from weigh.core.recommendation import Statement
from weigh.core.report import NextCommand
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.markdown import BREAK, MOST_ROWS, code, text, to_markdown

ACTING = {
    "a table": "x | y",
    "a row of a table": "a\n| b |",
    "a heading": "# big",
    "HTML": "<img src=x onerror=alert(1)>",
    "a script": "</td><script>alert(1)</script>",
    "a link": "[click](https://evil.example)",
    "an image": "![](https://evil.example/x.png)",
    "a reference link": "[a][b]",
    "an autolink": "https://evil.example/?q=1",
    "an autolink without a scheme": "WWW.evil.example",
    "an autolink in angles": "<https://evil.example>",
    "a mention": "ask @security-team now",
    "a mail address": "a@b.example",
    "an issue": "see org/repo#123 and #5 and GH-7",
    "code": "`x` ``y``",
    "emphasis": "*a* __b__ ~~c~~",
    "mathematics": "$x$ $$y$$",
    "a list": "- [ ] task",
    "a numbered list": "1. x",
    "a quotation": "> x",
    "a rule": "---",
    "an underlined heading": "===",
    "an entity": "&lt;b&gt; &#64;team",
    "an escape": "\\| \\",
    "a terminal's control": "\x1b[31m\x07",
    "right to left": "\u202egnp.exe",
    "a line end": "a\r\n\n# b",
}


def plain(markdown):
    """What a reader shows of inline text that holds no markup: escapes and entities resolved."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)).replace("\u200b", "")


def acts(markdown):
    """Whether anything in the inline text could be markup, a link, a mention or a reference."""
    resolved = re.sub(r"\\[!-/:-@\[-`{-~]", "·", markdown)
    unlinked = html.unescape(resolved)
    return bool(
        re.search(r"[`*_\[\]|<>~$\n\r]", resolved)
        or re.search(r"[@#][\w-]|://|(?i:www\.)|(?<![A-Za-z0-9])(?i:gh-)\d", unlinked)
        or re.match(r"[-+=:#]|\d{1,9}[.)](?: |$)", unlinked)
    )


@pytest.mark.parametrize("case", ACTING)
def test_hostile_text_is_shown_and_does_nothing(case):
    shown = text(ACTING[case])
    assert not acts(shown), shown
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1 |`*_<>&@#[]()!\\:/w.W-+=~$\n{}GgHh"), max_size=40))
def test_any_text_does_nothing_and_is_read_as_it_was(given_):
    shown = text(given_)
    assert not acts(shown), shown
    assert plain(shown) == given_.replace("\n", "\\n")


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("a` \\|\n"), max_size=20))
def test_a_code_span_ends_where_its_text_ends(given_):
    span = code(given_)
    fence = re.match("`+", span)[0]
    inside = span[len(fence) : -len(fence)]
    assert span.endswith(fence)
    assert fence not in re.findall("`+", inside)
    assert not inside.startswith("`")
    assert not inside.endswith("`")


def test_the_file_is_the_golden_one():
    golden_files.check("report.md", to_markdown(SAMPLE))


def tables(data):
    """Rows of every table: the number of cells of each line of each block of table lines."""
    blocks, block = [], []
    for line in [*data.decode("utf-8").splitlines(), ""]:
        if line.startswith("|"):
            block.append(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)))
        elif block:
            blocks.append(block)
            block = []
    return blocks


@pytest.mark.parametrize("report", [SAMPLE, hostile()])
def test_every_row_of_a_table_has_as_many_cells_as_its_head(report):
    blocks = tables(to_markdown(report))
    assert len(blocks) == 3
    assert all(len(set(block)) == 1 for block in blocks)


def test_a_hostile_report_has_the_same_headings_as_a_plain_one():
    def headings(report):
        return [line for line in to_markdown(report).decode().splitlines() if line.startswith("## ")]

    own = [h for h in headings(hostile()) if not h.startswith("## Policy")]
    assert own == [h for h in headings(SAMPLE) if not h.startswith("## Policy")]


def test_the_verdict_comes_first_and_a_waived_fail_is_still_a_fail():
    reason = Reason("line", VerdictKind.FAIL, "worse", waiver="Ada, until 2027-01-31: known")
    verdict = replace(SAMPLE.verdict, kind=VerdictKind.FAIL, reasons=(reason,))
    said = to_markdown(replace(SAMPLE, verdict=verdict)).decode()
    assert said.startswith(f"# {SAMPLE.headline}\n")
    assert "policy **team**: **fail** · 1 waived" in said
    assert "| line | **fail** | required | worse · waived by Ada, until 2027-01-31: known |" in said


def test_a_flood_is_cut_and_said():
    many = tuple(Statement(f"reason {i}") for i in range(MOST_ROWS + 7))
    said = to_markdown(replace(SAMPLE, unknown=many)).decode()
    assert "… and 7 more, in report.json" in said


def test_an_offered_command_can_be_copied():
    offered = (NextCommand("weigh adopt a_b --label 'x | y' `id`", ""),)
    said = to_markdown(replace(SAMPLE, next_commands=offered)).decode()
    assert "- `` weigh adopt a_b --label 'x | y' `id` ``" in said


def test_a_report_without_its_optional_parts_is_still_a_summary():
    bare = replace(
        SAMPLE, model=None, data=None, recommendation=None, answers=(), limits=(), next_commands=()
    )
    assert to_markdown(bare).decode().startswith("# ADOPT WITH A PROBE")


def test_the_id_of_a_rule_is_no_reference():
    assert text("see WGH-B001") == "see WGH-B001"


def test_the_break_is_a_zero_width_space():
    assert html.unescape(BREAK) == "\u200b"
