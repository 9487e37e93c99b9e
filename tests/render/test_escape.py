import html
import json
import unicodedata

import pytest
from hypothesis import given, settings, strategies as st
from sample_report import UNPAIRED

from weigh.render.escape import (
    MAX_MARKS,
    MAX_TEXT,
    cells,
    clip,
    interoperable,
    json_text,
    page,
    terminal,
    visible,
)

laws = settings(max_examples=50, deadline=None)
anything = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from("\x1b[31m\x9b\u202e\u2066\u200b\ufeff\n\r\t\x00\x7f\ud800a \u0301日é\U000e0041&<>\"'"),
    max_size=40,
)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x00\x07\x7f", "\\x00\\x07\\x7f"),
        ("exe.\u202egnp", "exe.\\u202egnp"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("no\u00a0break", "no break"),
        ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "\\u0301" * 2),
    ],
)
def test_what_acts_or_hides_is_written_out(hostile, shown):
    assert visible(hostile) == shown


@laws
@given(anything)
def test_no_character_that_acts_is_left(text):
    for out in (visible(text), page(text), terminal(text, width=20)):
        assert all(c.isprintable() for c in out)
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in out)


@laws
@given(anything)
def test_what_is_visible_already_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@laws
@given(anything, st.integers(1, 60))
def test_clipped_text_fits_and_is_a_beginning(text, width):
    out = clip(text, width)
    assert cells(out) <= width
    assert visible(text).startswith(out.removesuffix("…"))
    if cells(visible(text)) <= width:
        assert out == visible(text)


@laws
@given(anything)
def test_html_gives_back_the_visible_text_and_opens_nothing(text):
    out = page(text)
    assert html.unescape(out) == visible(text)
    assert not set(out) & set("<>\"'")


@laws
@given(anything)
def test_json_text_keeps_everything_but_lone_surrogates(text):
    assert interoperable(text).encode("utf-8").decode("utf-8") == interoperable(text)
    if not any(unicodedata.category(c) == "Cs" for c in text):
        assert interoperable(text) == text


def test_a_very_long_text_is_bounded_and_says_what_is_missing():
    out = visible("a" * (MAX_TEXT + 5))
    assert out == "a" * MAX_TEXT + "… (5 more characters)"


def test_marks_are_bounded_in_a_row_not_in_all():
    text = ("e" + "\u0301" * MAX_MARKS) * 3
    assert visible(text) == text


def test_wide_characters_take_two_cells_and_marks_none():
    assert cells("東京") == 4
    assert cells("e\u0301") == 1
    assert clip("東京都", 5) == "東京…"


def test_the_hostile_fixture_holds_each_attack():
    for attack in (
        "\x1b[",
        "\x9b",
        "\u202e",
        "\u2066",
        "\n",
        "\r",
        "\x00",
        "</script>",
        "<img",
        "onerror",
        "\ud800",
    ):
        assert attack in UNPAIRED


@laws
@given(anything)
def test_json_for_a_terminal_has_the_same_value_and_nothing_that_acts(text):
    shown = json_text(json.dumps({"t": text}, ensure_ascii=False))
    assert json.loads(shown) == {"t": text}
    assert shown.replace("\n", "").isprintable()
