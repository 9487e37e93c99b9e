"""Nothing is left out: commands, options, checks, rules, figures and kinds of code blocks."""

import re

import click
import pytest
from documentation import DOCS, GENERATED, GUIDES, PAGES, ROOT, blocks, load_script, page, told

from weigh.cli.main import main as program
from weigh.jobs.rules import all_checks, all_rules

SCRIPT = load_script()
COMMANDS = dict(SCRIPT.commands(program, "weigh"))
CHECK_PAGES = sorted((DOCS / "checks").glob("*.md"))

TRIED = {"sh", "python", "toml", "json"}
"""Languages whose blocks test_docs.py and test_tutorial.py parse or run, on every page."""

SHOWN = {"text"}
"""What a program prints, or a pattern: nothing to run."""

ELSEWHERE = {
    # The worked example of a check, built and run by tests/architecture/test_new_check.py.
    ("CONTRIBUTING.md", "py"),
    ("CONTRIBUTING.md", "md"),
    # A grammar of its own, read by test_expressions.py.
    ("docs/reference/expressions.md", ""),
}
"""Blocks of one page that a test of their own tries."""

SECTIONS = ("Question", "Rules", "What it cannot see")
OWED: set[tuple[str, str]] = set()
"""(page, section) that pages still lack; a page that gets one leaves this list."""


def test_every_block_is_in_a_language_that_some_test_tries():
    untried = [
        b for b in blocks() if b.language not in TRIED | SHOWN and (b.page, b.language) not in ELSEWHERE
    ]
    assert [str(block) for block in untried] == []


def test_every_fence_is_closed_and_none_is_missed():
    for path in PAGES:
        fences = re.findall(r"^```", path.read_text(encoding="utf-8"), re.MULTILINE)
        found = [b for b in blocks() if b.page == str(path.relative_to(ROOT))]
        assert len(fences) == 2 * len(found), path.name


@pytest.mark.parametrize("path", [p for p, c in COMMANDS.items() if not isinstance(c, click.Group)])
def test_every_command_stands_in_the_tutorial_or_a_how_to(path):
    assert re.search(rf"{path}(?![\w-])", told(GUIDES))


def test_every_option_is_explained_beside_the_generated_reference():
    text = told(path for path in PAGES if path not in GENERATED)
    missing = [
        (path, name)
        for path, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden and path != "weigh"
        for name in option.opts
        if name.startswith("--") and not re.search(rf"{name}(?![\w-])", text)
    ]
    assert missing == []


def test_every_option_of_adopt_stands_in_the_tutorial_or_a_how_to():
    text = told(GUIDES)
    named = [name for p in COMMANDS["weigh adopt"].params if isinstance(p, click.Option) for name in p.opts]
    assert len(named) > 20
    assert [n for n in named if n.startswith("--") and not re.search(rf"{n}(?![\w-])", text)] == []


def test_every_page_of_a_check_says_what_it_asks_its_rules_and_what_it_cannot_see():
    missing = {
        (path.stem, section)
        for path in CHECK_PAGES
        for section in SECTIONS
        if f"**{section}.**" not in path.read_text(encoding="utf-8")
    }
    assert missing == OWED


def test_the_question_of_a_page_is_the_one_that_the_check_asks():
    for check in all_checks():
        path = (DOCS / "reference" / SCRIPT.page_of(check)).resolve()
        if path in CHECK_PAGES:
            assert f"**Question.** {check.question}" in " ".join(path.read_text(encoding="utf-8").split()), (
                check.id
            )


def test_every_rule_of_a_check_stands_on_its_page():
    checks = all_checks()
    pages = [(row, SCRIPT.page_of_rule(row, checks)) for row in all_rules(checks)]
    rows = [(row, place) for row, place in pages if "/checks/" in place]
    assert len(rows) > 50
    missing = {
        (row.check, row.id)
        for row, place in rows
        if row.id not in (DOCS / "reference" / place).resolve().read_text(encoding="utf-8")
    }
    assert {check for check, _ in missing} <= {check for check, section in OWED if section == "Rules"}


def test_every_check_and_its_page_are_linked_from_the_first_page():
    links = set(
        re.findall(r"\]\(docs/checks/([\w-]+)\.md\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )
    assert links == {path.stem for path in CHECK_PAGES}


RATE_ROW = re.compile(r"^\| \[[\w -]+\]\(([^)]+)\) \| (.*) \| `([\w./]+)` \|$", re.MULTILINE)
FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def rates():
    """(page, figures, test file) of every row in the table of measured rates."""
    return RATE_ROW.findall(page("explanation/how-checks-are-kept-honest.md"))


@pytest.mark.parametrize(("link", "cells", "tests"), rates(), ids=[row[0] for row in rates()])
def test_measured_rates_are_those_of_the_page_they_come_from(link, cells, tests):
    known = set(FIGURE.findall((DOCS / "explanation" / link).read_text(encoding="utf-8")))
    assert [figure for figure in FIGURE.findall(cells) if figure not in known] == []
    assert (ROOT / tests).is_file()


def test_the_table_of_measured_rates_has_every_check_that_can_alarm():
    # A sign-off is a statement; compatibility measures this machine.
    without = {"sign-off", "compatibility"}
    assert {link.rpartition("/")[2] for link, _, _ in rates()} - {"how-weigh-decides.md"} == {
        path.name for path in CHECK_PAGES if path.stem not in without
    }


def test_every_file_of_tests_that_a_page_names_exists():
    named = {name for path in PAGES for name in re.findall(r"`((?:tests|benchmarks)/[\w./]+)`", told([path]))}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_pictures_have_words_for_those_who_do_not_see_them():
    shown = [alt for path in PAGES for alt in re.findall(r"!\[([^\]]*)\]\(", told([path]))]
    assert shown
    assert min(map(len, shown)) > 20


def test_terms_of_the_glossary_are_explained_once():
    terms = re.findall(r"^\*\*([^*]+)\*\*( \([^)]+\))?", page("glossary.md"), re.MULTILINE)
    assert len(terms) > 60
    assert len(terms) == len(set(terms))


TERMS = (
    "ATC", "AUROC", "Benjamini–Hochberg", "Brier score", "CBPE", "ECE", "Holm", "KS", "MMD", "TPR at FPR",
    "attested", "demographic parity difference", "disparate impact", "equalized odds difference", "max-T",
    "membership inference", "n-gram containment", "null control", "occlusion", "papers", "profile",
    "reweighing", "sign-off", "temperature scaling", "waiver",
)  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_words_of_the_field_stand_in_the_glossary(term):
    assert re.search(rf"^\*\*(?:[^*]*, )?{re.escape(term)}", page("glossary.md"), re.MULTILINE)
