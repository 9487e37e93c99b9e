import hostile_template as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.formats.jinja_fold import Folder
from weigh.formats.jinja_judge import judge_template
from weigh.formats.jinja_lexer import TemplateError, lex
from weigh.formats.jinja_statements import parse
from weigh.formats.jinja_syntax import Form


def folded(expression):
    tree = parse("{{ " + expression + " }}")
    return Folder(tree).values(tree.parts[0].parts[0])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a' ~ 1 ~ 'b'", "a1b"),
        ("'a' + 'b' * 2", "abb"),
        ("2 + 3 * 4 - 1", 13),
        ("-(2 + 3)", -5),
        ("7 % 4", 3),
        ("'%s-%d' % ('a', 2)", "a-2"),
        ("'{}{}'.format('a', 'b')", "ab"),
        ("['a', 'b']|join('-')", "a-b"),
        ("('a', 'b')|last", "b"),
        ("'abc'[1:]", "bc"),
        ("'abc'[::-1]|upper", "CBA"),
        ("{'a': 'x'}['a']", "x"),
        ("{'a': 'x'}.keys()|list|first", "a"),
        ("'a b'.split(' ')[1]", "b"),
        ("['a', 'b']|map('upper')|join", "AB"),
        ("range(3)|list|last", 2),
        ("none or 'a'", "a"),
        (r"'\x41\102\u0043\N{LATIN CAPITAL LETTER D}'", "ABCD"),
    ],
)
def test_constants_fold_to_what_the_template_would_write(expression, value):
    assert value in folded(expression)


@pytest.mark.parametrize(
    "expression", ["x", "x.y", "f()", "'a'[9]", "1 + 'a'", "'%z' % 1", "{}['a']", "[]|first.x", "'a' * 99999"]
)
def test_what_is_not_constant_folds_to_nothing(expression):
    assert folded(expression) == ()


def test_a_name_has_every_constant_it_is_given():
    tree = parse("{% if x %}{% set a = 'p' %}{% else %}{% set a = 'q' %}{% endif %}{{ a }}")
    assert set(Folder(tree).values(tree.parts[-1].parts[0])) == {"p", "q"}


def test_operators_bind_as_in_the_language():
    tree = parse("{{ not a == b and c or d ~ e + f }}").parts[0].parts[0]
    assert (tree.form, tree.text) == (Form.OPERATION, "or")
    conjunction, concat = tree.parts
    assert (conjunction.text, conjunction.parts[0].text) == ("and", "not")
    assert concat.parts[1].form is Form.NAME or concat.form is Form.SUM


@pytest.mark.parametrize(
    "text",
    ["{{", "{% if %}", "{{ a b }}", "{{ (a }}", "{{ a) }}", "{% for x %}{% endfor %}", "{% endif %}", "{# x",
     "{% raw %}", "{{ 'a }}", "{{ ? }}", "{% set 1 = 2 %}", "{{ a. }}", "{{ a[] }}", "{% nothing %}",
     r"{{ '\xZZ' }}"],
)  # fmt: skip
def test_broken_templates_are_refused(text):
    with pytest.raises(TemplateError):
        parse(text)
    assert [a.rule for a in judge_template(text)] == ["WGH-JT006"]


def test_raw_blocks_and_comments_hold_no_code():
    assert [t.value for t in lex("a{% raw %}{{ b }}{% endraw %}{# {{ c }} #}d")] == ["a", "{{ b }}", "d"]


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_template_cut_anywhere_gives_a_judgement(cut):
    for text in (hostile.SOUND_TEXTS["thinking"], hostile.SOUND_TEXTS["default-system"]):
        judge_template(text[:cut])


PIECES = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    " if ",
    " for ",
    " in ",
    "endif",
    "set ",
    "=",
    "'",
    '"',
    "a",
    ".",
    "[",
    "]",
    "(",
    ")",
    "|",
    "attr",
    "~",
    "+",
    "*",
    "9",
    "__class__",
    "\\x5f",
    "raw",
    "endraw",
    ",",
    ":",
    "is ",
    "not ",
    "first",
    "list",
    "format",
    "%s",
    "[::-1]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=50, deadline=None)
def test_pieces_of_templates_give_a_judgement(text):
    judge_template(text)
    judge_template("{{ " + text + " }}")


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_text_gives_a_judgement(text):
    judge_template(text)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_mutated_templates_give_a_judgement(data):
    text = data.draw(st.sampled_from([t for t, _ in hostile.TEXTS.values() if len(t) < 500]))
    place = data.draw(st.integers(0, len(text) - 1))
    judge_template(text[:place] + data.draw(st.sampled_from(PIECES)) + text[place + 1 :])
