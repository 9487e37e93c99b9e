import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UsageError
from weigh.runtimes.texts import CHUNK_BYTES, CHUNK_TEXTS, MAX_TEXT_BYTES, chunks, pack_texts
from weigh.runtimes.worker.text_serving import unpack_texts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=40)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_texts_come_out_as_they_went_in(texts):
    back = [t for piece in chunks(texts) for t in unpack_texts(**pack_texts(piece))]
    assert back == texts


def test_pieces_are_bounded_in_number_and_bytes():
    pieces = list(chunks(["x"] * (CHUNK_TEXTS + 1)))
    assert [len(p) for p in pieces] == [CHUNK_TEXTS, 1]
    large = "x" * MAX_TEXT_BYTES
    assert all(sum(map(len, piece)) <= CHUNK_BYTES for piece in chunks([large] * 5))


def test_a_text_that_is_too_long_is_named_by_its_row():
    with pytest.raises(UsageError, match="row 1 is too long"):
        list(chunks(["x", "x" * (MAX_TEXT_BYTES + 1)]))


def test_a_lone_surrogate_becomes_a_question_mark():
    assert list(chunks(["a\ud800b"])) == [[b"a?b"]]
