import os
import unicodedata

from hypothesis import given, settings, strategies as st

from weigh.runtimes.last_words import LastWords, readable


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=1000))
def test_what_is_shown_is_short_and_holds_no_control_character(text):
    shown = readable(text)
    assert len(shown) <= 300
    assert not [c for c in shown if unicodedata.category(c)[0] == "C"]


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_can_be_last_words(data):
    assert said(data) == said(data + b"\n \n\x00\n")


def said(data):
    reader, writer = os.pipe()
    words = LastWords(reader)
    os.write(writer, data)
    os.close(writer)
    words.close()
    return words.line()


def test_a_flood_is_read_to_its_end_and_only_the_tail_is_kept():
    reader, writer = os.pipe()
    words = LastWords(reader)
    for _ in range(100):
        os.write(writer, b"x" * 4096 + b"\n")
    os.write(writer, b"the end\n")
    os.close(writer)
    words.close()
    assert words.line() == "the end"
    assert len(words._tail) <= 8192
