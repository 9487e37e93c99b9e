import shlex

from hypothesis import given, settings, strategies as st

from weigh.render.words import quoted


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_shell_reads_back_the_same_word(word):
    assert shlex.split(quoted(word)) == [word]


def test_an_expression_stays_readable():
    assert quoted("--label=if(a > 0, 'x', 'y')") == "\"--label=if(a > 0, 'x', 'y')\""
