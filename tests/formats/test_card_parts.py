import hashlib

import pytest

from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.card_parts import card_of, unread_parts
from weigh.formats.reader import BytesReader
from weigh.store.view import ModelView


def view_of(files):
    data = {name: text.encode() for name, text in files.items()}
    held = [SnapshotFile(name, len(d), hashlib.sha256(d).hexdigest()) for name, d in data.items()]
    return ModelView(Snapshot.of(held), lambda file: BytesReader(data[file.path]))


def parts_of(files):
    view = view_of(files)
    return unread_parts(view, card_of(view))


def test_the_card_nearest_to_the_top_is_the_card():
    view = view_of({"sub/README.md": "# b\n", "README.md": "# a\n"})
    assert card_of(view).path == "README.md"
    assert card_of(view_of({"config.json": "{}"})) is None


def test_no_card_and_a_card_that_was_read_have_no_unread_parts():
    assert parts_of({"config.json": "{}"}) == ()
    assert parts_of({"README.md": ""}) == ()
    assert parts_of({"README.md": "# a\nb\n" * 150}) == ()


@pytest.mark.parametrize(
    ("text", "word", "much"),
    [
        ("# a\nb\n" * 200, "199 sections", True),
        ("words\n" + "# a\nb\n" * 250, "200 sections", True),
        ("# a\nb\n" + "x" * 1_048_576, "1,048,576 are read", True),
        ("# a\n" + "x\n" * 2001 + "## b\nc\n", "at line 1 ", False),
        ("---\nlicense: mit\n---\n# a\n" + "x\n" * 2001, "at line 4 ", False),
    ],
)
def test_what_was_cut_is_told_with_its_place(text, word, much):
    found = parts_of({"README.md": text})
    assert [part.much for part in found if word in part.what] == [much]


def test_many_long_sections_are_told_in_short():
    (part,) = parts_of({"README.md": ("# a\n" + "x\n" * 2001) * 9})
    assert part.what.count(",") == 4
    assert "and 4 more" in part.what
