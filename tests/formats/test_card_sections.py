import pytest
from hypothesis import given, settings, strategies as st

from weigh.formats.card_sections import MAX_SECTION_TEXT, MAX_SECTIONS, sections
from weigh.formats.model_card import read_model_card
from weigh.formats.reader import BytesReader


def titles(text):
    return [(s["level"], s["title"]) for s in sections(text) if s["level"]]


def test_headings_of_both_kinds_cut_the_prose():
    text = "before\n# One #\na\nTwo\n===\nb\n### **Three**\n\nFour\n---\n"
    assert titles(text) == [(1, "One"), (1, "Two"), (3, "Three"), (2, "Four")]
    assert [s["text"] for s in sections(text)] == ["before", "a", "b", "", ""]


def test_a_section_before_an_underlined_heading_does_not_hold_its_title():
    assert [s["empty"] for s in sections("# Limitations\n\nNext\n----\nx")] == [True, False]


def test_words_before_the_first_heading_are_a_section_without_a_title():
    first, second = sections("One.\n\nTwo.\n# Three")
    assert (first["title"], first["level"], first["text"]) == ("", 0, "One.\n\nTwo.")
    assert second["line"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "```\n# code\n```",
        "~~~\n# code\n~~~",
        "#hashtag",
        "| a |\n|---|\n",
        "- item\n---",
        "    # four blanks",
    ],
)
def test_what_looks_like_a_heading_and_is_none(text):
    assert titles(text) == []


def test_a_fence_ends_only_at_its_own_mark():
    assert titles("````\n```\n# code\n````\n# real") == [(1, "real")]


@pytest.mark.parametrize(
    "text",
    ["", "[More Information Needed]", "- TODO", "<!-- say who -->", "TBD.", "**n/a**", "<!-- a --> * <!-- b"],
)
def test_a_section_that_says_something_is_missing_says_nothing(text):
    assert sections(f"# Limitations\n{text}")[-1]["empty"]


@pytest.mark.parametrize("text", ["English only.", "No known limits (todo: more tests)", "<!-- x --> Bias."])
def test_a_section_with_words_is_not_empty(text):
    assert not sections(f"# Limitations\n{text}")[-1]["empty"]


def test_a_long_section_is_cut_and_says_so():
    found = sections("# A\n" + "x" * (MAX_SECTION_TEXT + 1))[-1]
    assert (len(found["text"]), found["cut"]) == (MAX_SECTION_TEXT, True)


@pytest.mark.parametrize(
    "text",
    [
        "# x\n" * 300_000,
        "# A\n" + "<!--" * 250_000,
        "# A\n" + ("a" + " " * 4000) * 200,
        "# " + "#" * 1_000_000,
        "# " + " #" * 500_000,
        "\n" * 1_000_000,
    ],
    ids=["headings", "comments", "blanks", "hashes", "closers", "lines"],
)
def test_a_hostile_card_ends_within_its_bounds(text):
    found = sections(text)
    assert len(found) <= MAX_SECTIONS
    assert all(len(s["text"]) <= MAX_SECTION_TEXT for s in found)


@given(st.text(alphabet=st.sampled_from(list("#=-`~ ab\n|>*<!")), max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_text_is_cut_into_sections_that_stand_in_it(text):
    lines = text.split("\n")
    places = [s["line"] for s in sections(text)]
    assert places == sorted(places)
    assert all(1 <= place <= len(lines) for place in places)


def test_lines_are_counted_in_the_file_and_not_in_the_prose():
    card = "---\nlicense: mit\n---\n\n# Uses\nreviews\n"
    facts = read_model_card(BytesReader(card.encode()), "README.md")
    assert [s["line"] for s in facts.fact("card.sections").value] == [5]
