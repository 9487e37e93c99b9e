"""Gathering what one reader finds: once for each place, the surest."""

from weigh.core.usage import Certainty, Pin, Role
from weigh.project.discover.sightings import MAX_USES, Seen, Sightings, shortened


def test_the_surest_of_a_line_is_kept():
    found = Sightings("a", Role.RUNTIME)
    found.use(1, "hf:a/b", Seen("text", certainty=Certainty.LOOKS))
    found.use(1, "hf:a/b", Seen("call", certainty=Certainty.CALL))
    (use,) = found.result().uses
    assert use.loader == "call"


def test_a_literal_whose_use_is_known_is_not_told_again():
    found = Sightings("a", Role.RUNTIME)
    found.use(1, "hf:a/b", Seen("key", certainty=Certainty.KEY))
    found.use(5, "hf:a/b", Seen("call", where=1))
    assert [use.place.line for use in found.result().uses] == [5]


def test_a_literal_in_another_file_says_nothing_about_this_one():
    found = Sightings("a", Role.RUNTIME)
    found.use(1, "hf:a/b", Seen("key", certainty=Certainty.KEY))
    found.use(5, "hf:a/b", Seen("call", where=1, where_path="b"))
    uses = found.result().uses
    assert [use.place.line for use in uses] == [1, 5]
    assert uses[1].where is not None
    assert uses[1].where.path == "b"


def test_the_revision_joins_the_ref():
    found = Sightings("a", Role.RUNTIME)
    found.use(1, "hf:a/b#c", Seen("call", revision="v1"))
    found.use(2, "hf:a/b", Seen("call", revision="$REV"))
    first, second = found.result().uses
    assert (first.ref, first.pin) == ("hf:a/b@v1#c", Pin.TAG)
    assert (second.ref, second.pin) == ("hf:a/b", Pin.UNKNOWN)


def test_a_list_without_end_is_cut_with_a_note():
    found = Sightings("a", Role.RUNTIME)
    for line in range(MAX_USES + 5):
        found.use(line + 1, f"hf:a/b{line}", Seen("call"))
    result = found.result()
    assert len(result.uses) == MAX_USES
    assert result.unread


def test_expressions_are_one_short_line():
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 1000)) == 200


def test_files_of_one_repository_on_one_line_are_several():
    found = Sightings("a", Role.RUNTIME)
    found.use(1, "hf:a/b", Seen("text", certainty=Certainty.CALL))
    found.use(1, "hf:a/b#one", Seen("call"))
    found.use(1, "hf:a/b#two", Seen("call"))
    found.use(1, "hf:a/b#three", Seen("text", certainty=Certainty.LOOKS))
    assert [use.ref for use in found.result().uses] == ["hf:a/b#one", "hf:a/b#two"]
