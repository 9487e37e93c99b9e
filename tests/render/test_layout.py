from hypothesis import given, settings, strategies as st

from weigh.render.escape import cells, visible
from weigh.render.layout import parts, wrap

laws = settings(max_examples=50, deadline=None)
texts = st.text(max_size=120).map(visible)


@laws
@given(texts, st.integers(4, 60), st.integers(1, 5))
def test_wrapped_lines_fit_and_lose_nothing_unless_they_say_so(text, width, lines):
    out = wrap(text, width, lines=lines)
    assert 1 <= len(out) <= lines
    assert all(cells(line) <= width for line in out)
    kept = "".join(out).replace(" ", "")
    whole = text.replace(" ", "")
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept.removesuffix("…")))


@laws
@given(st.lists(texts.filter(bool), max_size=6), st.integers(4, 60), st.integers(1, 3))
def test_parts_fit_their_lines(pieces, width, lines):
    out = parts(pieces, width, lines=lines)
    assert len(out) <= lines
    assert all(cells(line) <= width for line in out)


def test_parts_break_between_pieces():
    assert parts(["one two", "three", "four"], 15, lines=3) == ["one two · three", "four"]
