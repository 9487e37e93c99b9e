import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import full_report
import golden_files
import pytest
from full_report import COMMAND, FULL
from hypothesis import given, settings, strategies as st
from sample_report import ANSWERS, HOSTILE, RECOMMENDATION, SAMPLE

from weigh.core.errors import ExitCode
from weigh.core.evidence import Envelope
from weigh.core.measure import Measure, labelled
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.recommendation import Decision
from weigh.core.verdict import Reason, VerdictKind
from weigh.render import embedded
from weigh.render.html import page
from weigh.render.markdown import to_markdown
from weigh.render.markup import Markup, join, tag
from weigh.render.page_answer import day
from weigh.render.page_checks import told

VOID = {"meta", "link", "br", "hr", "img"}


class Tree(HTMLParser):
    """Reads a page strictly: every element closed in order, every attribute once."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        assert len({k for k, _ in attributes}) == len(attributes), attributes
        self.tags.append((name, dict(attributes)))
        self.ids += [v for k, v in attributes if k == "id"]
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.text.append(data)

    def named(self, name):
        return [attributes for found, attributes in self.tags if found == name]


def without_library(text):
    """The page with the chart library, which does not change, named and not repeated."""
    library = embedded.script(*embedded.LIBRARY)
    return text.replace(library, "/* vendor/charts.js */\n")


@pytest.fixture(scope="module")
def tree():
    return Tree(without_library(page(FULL, command=COMMAND)))


def test_the_page_is_the_golden_one():
    golden_files.check("report.html", without_library(page(FULL, command=COMMAND)).encode())


def test_the_page_has_every_section_and_each_link_leads_somewhere(tree):
    decide = ["decide", "answer", "reasons", "ways", "pictures", "signing", "change"]
    examine = ["examine", "policy", "compared", "learning", "tests", "checks", "data", "model", "evidence"]
    order = [i for i in tree.ids if i in {*decide, *examine}]
    assert order == decide + examine
    links = [a["href"] for a in tree.named("a")]
    assert links
    assert {link[1:] for link in links if link.startswith("#")} <= set(tree.ids)
    assert len(links) == len([link for link in links if link.startswith("#")])


def test_ids_are_unique(tree):
    assert len(tree.ids) == len(set(tree.ids))


@pytest.mark.parametrize("report", [FULL, full_report.hostile()], ids=["full", "hostile"])
def test_the_page_asks_nobody_and_runs_only_its_own_scripts(report):
    text = without_library(page(report, command=HOSTILE))
    tree = Tree(text)
    names = {name for name, _ in tree.tags}
    assert not names & {"img", "iframe", "object", "embed", "link", "base", "form", "input", "foreignObject"}
    for _, attributes in tree.tags:
        assert not any(k.startswith("on") or k in {"src", "srcset", "action", "style"} for k in attributes)
        assert all(v.startswith("#") for k, v in attributes.items() if k in {"href", "xlink:href"})
    kinds = [a.get("type") for a in tree.named("script")]
    assert kinds[-2:] == [None, None]
    assert set(kinds[:-2]) == {"application/json"}
    style = text[text.index("<style>") : text.index("</style>")]
    assert not re.search(r"url\(|@import|@font-face|expression|</", style)
    assert "http://" not in text
    assert "https://" not in text


def test_the_content_policy_names_exactly_the_scripts_of_the_page():
    text = page(FULL)
    (policy,) = [a["content"] for n, a in Tree(text).tags if a.get("http-equiv") == "Content-Security-Policy"]
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{d}'" for d in digests)
    assert policy.split("; ")[:4] == [
        "default-src 'none'",
        f"script-src {allowed}",
        "style-src 'unsafe-inline'",
        "img-src data:",
    ]
    assert "unsafe-eval" not in policy


def test_a_report_without_charts_carries_no_library():
    bare = page(replace(FULL, recommendation=None, answers=()))
    assert len(bare) < 100_000
    assert bare.count("<script>") == 1


def test_the_page_is_small_enough_to_send():
    assert len(page(FULL, command=COMMAND).encode()) < 1_500_000


def test_every_json_on_the_page_is_json_and_ends_no_element():
    for report in (FULL, full_report.hostile()):
        inside = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page(report), re.DOTALL)
        assert len(inside) > 5
        for text in inside:
            assert not set(text) & set("<>&\u2028\u2029")
            json.loads(text)


def test_hostile_text_stands_on_the_page_as_text():
    text = page(full_report.hostile(), command=HOSTILE)
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text
    assert all(c.isprintable() or c == "\n" for c in without_library(text))
    seen = "".join(Tree(text).text)
    assert "\\u202e" in seen
    assert "\\x1b[31m" in seen


def test_every_table_has_a_caption_and_header_cells_and_every_figure_a_title(tree):
    assert len(tree.named("table")) == len(tree.named("caption")) > 5
    assert all(a.get("scope") in {"row", "col"} for a in tree.named("th"))
    assert all(a["aria-hidden"] == "true" for a in tree.named("svg"))
    assert len(tree.named("figure")) == len(tree.named("figcaption")) > 10
    assert tree.named("html")[0]["lang"] == "en"
    assert all("aria-label" in a for a in tree.named("div") if a.get("tabindex") == "0")


def test_every_piece_of_evidence_is_cited_in_full_with_its_n(tree):
    text = "".join(tree.text)
    for answer in FULL.answers:
        assert answer.evidence.digest in text
        assert answer.evidence.request in text
        assert answer.question in text
    assert "n=3,100" in text
    assert "weigh adopt minilm --data reviews --seed 0" in text


def test_rows_of_a_table_have_as_many_cells_as_the_head():
    text = page(FULL)
    for table in re.findall(r"<table>.*?</table>", text, re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        widths = {
            sum(int(n or 1) for n in re.findall(r'<t[hd](?=[ >])[^>]*?(?:colspan="(\d+)")?>', row))
            for row in rows
        }
        assert len(widths) == 1, table


def test_an_arm_that_did_not_run_says_why(tree):
    assert "not run: the model has no labels of its own" in "".join(tree.text)


@pytest.mark.parametrize(
    ("code", "tone"), [(ExitCode.FINE, "good"), (ExitCode.UNKNOWN, "open"), (ExitCode.NO, "bad")]
)
def test_the_answer_has_the_tone_of_the_exit_code(code, tone):
    assert f'class="answer {tone}"' in page(replace(SAMPLE, exit_code=code))


def test_a_bare_report_is_still_a_page():
    bare = replace(
        SAMPLE,
        model=None,
        data=None,
        recommendation=None,
        answers=(),
        steps=(),
        limits=(),
        next_commands=(),
        reasons_for=(),
        reasons_against=(),
        unknown=(),
    )
    tree = Tree(page(bare))
    assert {a["href"][1:] for a in tree.named("a")} <= set(tree.ids)
    nothing = replace(
        RECOMMENDATION, decision=Decision.UNDECIDED, arm="", arms=(), curves=(), needs_n=1234, worth=None
    )
    assert "1,234 test rows" in "".join(Tree(page(replace(bare, recommendation=nothing))).text)


def test_a_very_large_report_is_bounded():
    measures = tuple(
        Measure("m", 0.5, "fraction", 9, 0.4, 0.6, labels=labelled(i=str(i))) for i in range(300)
    )
    big = replace(ANSWERS[2], evidence=replace(ANSWERS[2].evidence, measures=measures))
    text = page(replace(SAMPLE, answers=(big,) * 45))
    assert text.count("<article") == 41
    assert "100 more rows are in report.json" in text
    assert Tree(text)


def test_many_answers_to_one_question_are_folded_and_all_are_there():
    answers = tuple(
        replace(ANSWERS[2], evidence=replace(ANSWERS[2].evidence, request=f"sha256:{i:064d}"))
        for i in range(9)
    )
    tree = Tree(page(replace(SAMPLE, answers=(ANSWERS[0], *answers))))
    assert "asked 9 times" in "".join(tree.text)
    assert {f"answer-{i}" for i in range(10)} <= set(tree.ids)


def rows_of(text, section):
    """Cells of the table rows in a section, as text."""
    inside = text[text.index(f'<section id="{section}"') :].split("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", inside, re.DOTALL)
    return [
        [re.sub(r"<[^>]*>|\n", "", c) for c in re.findall(r"<t[hd].*?</t[hd]>", r, re.DOTALL)] for r in rows
    ]


def test_who_must_sign_what_lists_the_missing_first_and_names_who_signed():
    (_, misuse, rollback, use) = rows_of(page(FULL), "signing")
    assert misuse[0].startswith("misuseWhich misuse")
    assert misuse[1:4] == [
        "missing",
        "nobody has signed &#x27;misuse&#x27; for these bytes",
        "required by misuse-is-signed",
    ]
    assert rollback[1] == "missing"
    assert rollback[3] == "advisory by a-way-back"
    assert use[1] == "signed"
    assert "Ada Byron, product owner signed on 2026-11-20" in use[2]
    assert use[3] == "2027-05-31"


def test_a_signature_for_other_bytes_is_no_signature_here():
    other = replace(FULL, model=replace(FULL.model, digest="sha256:" + "0" * 64))
    assert [row[1] for row in rows_of(page(other), "signing")[1:]] == [
        "missing",
        "missing",
        "for other bytes",
    ]
    assert "signing" not in Tree(without_library(page(SAMPLE))).ids


def signature(**labels):
    """Of each signature on the page what is said of it, when every one of them carries these labels."""
    answers = tuple(
        replace(
            a,
            evidence=replace(
                a.evidence,
                measures=tuple(
                    replace(m, labels=labelled(**dict(m.labels) | labels)) for m in a.evidence.measures
                ),
            ),
        )
        if a.evidence.check == "sign-off"
        else a
        for a in FULL.answers
    )
    report = replace(FULL, answers=answers)
    return {row[1] for row in rows_of(page(report), "signing")[1:] if row[1] != "missing"}, report


def test_a_signature_counts_for_its_day_and_its_data_only():
    assert signature(expires="")[0] == {"signed"}
    assert signature(expires="1999-12-31")[0] == {"ended"}
    assert signature(expires="nonsense")[0] == {"ended"}
    assert signature(expires="", data="sha256:" + "9" * 64)[0] == {"for other bytes"}
    assert signature(expires="", data=FULL.data.digest)[0] == {"signed"}
    text = page(signature(expires="1999-12-31")[1])
    assert '<span class="badge open">ended</span>' in text


def without_unknown(report):
    reasons = tuple(r for r in report.verdict.reasons if r.kind is not VerdictKind.UNKNOWN)
    answers = tuple(a for a in report.answers if a.evidence.answered)
    return replace(report, unknown=(), answers=answers, verdict=replace(report.verdict, reasons=reasons))


def test_nothing_is_said_to_be_settled_while_something_is_open():
    settled = "Everything that was asked got its answer."
    whole = without_unknown(SAMPLE)
    advisory = Reason("line", VerdictKind.UNKNOWN, "because", required=False)
    one_line = replace(whole, verdict=replace(whole.verdict, reasons=(*whole.verdict.reasons, advisory)))
    one_check = replace(whole, answers=SAMPLE.answers)
    for drawn in (page, lambda report: to_markdown(report).decode()):
        assert settled in drawn(whole)
        assert "Without an answer: 1 policy line; they" in drawn(one_line)
        assert settled not in drawn(one_line) + drawn(one_check)


def test_what_broke_stands_before_plain_answers():
    broken = replace(SAMPLE.answers[-1].evidence, outcome=Outcome(OutcomeKind.ERROR, "it broke"), check="zzz")
    report = replace(SAMPLE, answers=(*SAMPLE.answers, replace(SAMPLE.answers[-1], evidence=broken)))
    places = told(report)
    assert (
        places.index(len(SAMPLE.answers))
        < len([a for a in SAMPLE.answers if any(f.severity.rank >= 3 for f in a.evidence.findings)]) + 1
    )


def test_a_signature_that_ended_is_not_shown_as_one_that_counts():
    ended = Reason(
        "use-is-signed",
        VerdictKind.UNKNOWN,
        "the last sign-off of 'intended-use' ended on 2026-10-01",
        sign_off="intended-use",
    )
    text = page(replace(FULL, verdict=replace(FULL.verdict, reasons=(ended,))))
    assert [row[1] for row in rows_of(text, "signing")[1:]] == ["missing", "ended"]


def test_the_recommended_way_is_the_first_line_of_the_price_list():
    turned = replace(FULL, recommendation=replace(RECOMMENDATION, arms=RECOMMENDATION.arms[::-1]))
    assert "recommended" in rows_of(page(turned), "ways")[1][0]


def test_the_index_says_how_each_question_ended():
    text = page(FULL)
    index = text[text.index('class="index"') :].split("</nav>")[0]
    ended = dict(re.findall(r'<a href="#answers?-\d+">([^<]*)</a> (.*?)</li>', index, re.DOTALL))
    assert set(ended) == {a.evidence.check for a in FULL.answers}
    assert [re.sub("<[^>]*>", "", ended[c]) for c in ("accuracy", "slices", "fairness", "explanation")] == [
        "answered",
        "medium",
        "inconclusivehigh",
        "not run",
    ]


def test_a_date_that_is_none_is_a_question_mark():
    strange = replace(ANSWERS[0], envelope=Envelope("0", "h", 1e300, 0.0))
    assert day(replace(SAMPLE, answers=(strange,))) == "?"
    assert day(replace(SAMPLE, answers=())) == "?"
    assert day(SAMPLE) == "2026-11-18"


@settings(max_examples=40, deadline=None)
@given(st.text(), st.text())
def test_text_and_attributes_never_leave_their_place(child, attribute):
    tree = Tree(tag("p", child, title=attribute))
    assert [name for name, _ in tree.tags] == ["p"]
    assert list(tree.tags[0][1]) == ["title"]


def test_markup_is_kept_and_text_is_escaped():
    assert (
        tag("p", "a<b", tag("em", "x"), None, class_="c", x=1.5, y=None)
        == '<p class="c" x="1.5">a&lt;b<em>x</em></p>\n'
    )
    assert join(("a", None, Markup("<br>")), ", ") == "a, <br>"
    assert tag("meta", name="n", http_equiv="e") == '<meta name="n" http-equiv="e">\n'


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_that_wcag_asks_for(scheme):
    text = page(SAMPLE)
    colours = dict(
        re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", text.split(":root {")[scheme + 1].split("}")[0])
    )
    # WCAG 2.2, 1.4.3: 4.5 for text.
    for ground in ("ground", "card", "soft"):
        for ink in ("ink", "quiet", "link", "good", "bad", "open"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for tone in ("good", "bad", "open"):
        assert contrast(colours[tone], colours[f"{tone}-soft"]) >= 4.5, tone
    for i in range(8):
        assert contrast(colours[f"s{i}"], colours["card"]) >= 4.5, i
