import shlex

from hypothesis import given, settings, strategies as st

from weigh.render.words import continued, quoted


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_shell_reads_back_the_same_word(word):
    assert shlex.split(quoted(word)) == [word]


def test_an_expression_stays_readable():
    assert quoted("--label=if(a > 0, 'x', 'y')") == "\"--label=if(a > 0, 'x', 'y')\""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1), min_size=1))
def test_a_command_on_several_lines_is_the_same_command(words):
    command = " ".join(map(quoted, words))
    assert shlex.split(command) == words
    assert shlex.split("\n".join(continued(command, 30)).replace("\\\n", " ")) == words


def test_lines_of_a_command_keep_to_the_width_where_its_words_do():
    lines = continued("weigh adopt none --data d.csv --text body --label stars --slice COLUMN", 30)
    assert len(lines) > 2
    assert all(len(line) <= 30 for line in lines)
    assert [line.endswith("\\") for line in lines] == [True] * (len(lines) - 1) + [False]
