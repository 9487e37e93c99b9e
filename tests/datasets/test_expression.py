import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UsageError
from weigh.datasets.expression import DEEPEST, KEYWORDS, Call, Column, Number, Text, column, parse
from weigh.datasets.tokens import LONGEST, MOST

words = st.text(max_size=40)


def why(source):
    with pytest.raises(UsageError) as caught:
        parse(source)
    return caught.value.why


def refused_as_usage_or_fine(work):
    try:
        work()
    except UsageError as error:
        caught = error
    else:
        return
    assert caught.what
    assert caught.why


def test_and_binds_tighter_than_or():
    root = parse("a = 1 or b = 2 and c = 3").root
    assert root.name == "or"
    assert root.arguments[1].name == "and"


def test_times_binds_tighter_than_plus_and_plus_than_comparison():
    root = parse("a + b * 2 > 3").root
    assert root.name == ">"
    assert root.arguments[0].name == "+"
    assert root.arguments[0].arguments[1].name == "*"


def test_subtraction_is_grouped_from_the_left():
    root = parse("a - b - c").root
    assert root.arguments[0].name == "-"
    assert root.arguments[1] == Column("c", 9)


def test_not_in_and_is_not_missing_are_negations():
    assert parse("a not in (1, 2)").root.name == "not"
    assert parse("a is not missing").root == Call("not", (Call("missing", (Column("a", 1),), 3),), 6)


def test_a_doubled_quote_stands_for_itself():
    assert parse("'it''s'").root == Text("it's", 1)
    assert parse('"a""b"').root == Text('a"b', 1)
    assert parse("`a``b`").root == Column("a`b", 1)


def test_keywords_and_functions_ignore_case():
    assert parse("NOT a IS Missing AND Abs(b) > 1").root.name == "and"


def test_a_number_keeps_how_it_was_written():
    assert parse("0.50").root == Number("0.50", 1)
    assert parse("1e-3").root == Number("1e-3", 1)


def test_columns_are_told_once_in_order_of_first_use():
    assert parse("if(b > a, concat(c, b), `d e`)").columns == ("b", "a", "c", "d e")


def test_a_whole_column_may_have_any_name():
    assert column("); drop table").columns == ("); drop table",)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "at character 1: a value was expected, not the end"),
        ("valence >", "at character 10: a value was expected, not the end"),
        ("valence = = 2", "at character 11: a value was expected, not '='"),
        ("(1", "at character 3: ')' was expected, not the end"),
        ("a b", "at character 3: 'b' was not expected after a complete expression"),
        ("a; drop table rows", "at character 2: ; has no meaning here"),
        ("a /* comment */", "at character 4: a value was expected, not '*'"),
        ("'a", "at character 1: the quote ' is never closed"),
        ("3x > 2", "at character 1: this is neither a number nor a name"),
        ("in > 3", "at character 1: a value was expected, not 'in'"),
        ("a not 3", "at character 7: 'in' was expected after 'not'"),
        ("abs()", "at character 1: abs takes 1 arguments, not 0"),
        ("if(a > 1, 2)", "at character 1: if takes 3 arguments, not 2"),
        ("a\x07", "at character 2: \\x07 has no meaning here"),
        ("(" * 60, f"at character {DEEPEST + 1}: nested deeper than {DEEPEST} levels"),
        ("not " * 60 + "a", f"nested deeper than {DEEPEST} levels"),
        ("1" + "+1" * MOST, f"more than {MOST} words and symbols"),
        ("a" * (LONGEST + 1), f"it has {LONGEST + 1:,} characters, at most {LONGEST:,} are read"),
    ],
)
def test_an_error_says_at_which_character(source, expected):
    assert why(source).endswith(expected)


def test_an_unknown_function_is_answered_with_a_similar_one():
    with pytest.raises(UsageError) as caught:
        parse("lowr(a) = 'x'")
    assert caught.value.hint == "lower(…)"
    assert "there are: abs, lower, trim" in caught.value.why


@given(words)
@settings(max_examples=50, deadline=None)
def test_any_text_is_parsed_or_refused_as_usage(source):
    refused_as_usage_or_fine(lambda: parse(source))


@given(st.text(alphabet="ab01 '\"`()<>=!+-*/,.innotmissing", max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_near_expression_is_parsed_or_refused_as_usage(source):
    refused_as_usage_or_fine(lambda: parse(source))


@given(words)
@settings(max_examples=50, deadline=None)
def test_every_string_and_every_name_can_be_quoted(text):
    assert parse("'" + text.replace("'", "''") + "'").root == Text(text, 1)
    if text:
        assert parse("`" + text.replace("`", "``") + "`").root == Column(text, 1)


@given(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,10}", fullmatch=True))
@settings(max_examples=50, deadline=None)
def test_a_plain_word_is_a_column(word):
    if word.lower() not in KEYWORDS:
        assert parse(word).root == Column(word, 1)
