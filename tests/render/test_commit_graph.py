"""Lines beside a log: every version once, joined to what it follows."""

from hypothesis import given, strategies as st

from weigh.render.commit_graph import graph


def drawn(commits):
    return [f"{cells} {name}".rstrip() for cells, name in graph(commits)]


def test_a_line():
    assert drawn([("c", ("b",)), ("b", ("a",)), ("a", ())]) == ["● c", "● b", "● a"]


def test_a_branch_that_was_merged():
    commits = [("m", ("x", "y")), ("y", ("a",)), ("x", ("a",)), ("a", ())]
    assert drawn(commits) == ["● m", "├─╮", "│ ● y", "● │ x", "├─╯", "● a"]


def test_a_second_parent_that_another_column_waits_for_is_led_to():
    commits = [("n", ("d", "c")), ("c", ("b",)), ("d", ("m", "b")), ("m", ("b",)), ("b", ())]
    assert drawn(commits) == ["● n", "├─╮", "│ ● c", "● │ d", "├─┤", "● │ m", "├─╯", "● b"]
    commits = [("n", ("a", "z")), ("z", ("y", "a")), ("y", ("a",)), ("a", ())]
    assert drawn(commits) == ["● n", "├─╮", "│ ● z", "├─┤", "│ ● y", "├─╯", "● a"]


def test_two_beginnings():
    assert drawn([("b", ()), ("a", ())]) == ["● b", "● a"]


@given(st.lists(st.sets(st.integers(1, 6), max_size=3), max_size=25))
def test_any_history_draws_every_version_once(steps):
    count = len(steps)
    commits = [
        (str(i), tuple(str(i + step) for step in sorted(steps[i]) if i + step < count)) for i in range(count)
    ]
    rows = list(graph(commits))
    assert [name for _, name in rows if name] == [name for name, _ in commits]
    assert all(len(cells) <= 2 * 24 for cells, _ in rows)
