"""Tokens of JavaScript."""

import pytest

from weigh.project.discover.javascript_words import tokens_of


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a = b / c / d", ["name", "mark", "name", "mark", "name", "mark", "name"]),
        ("a = /b['\"]/g", ["name", "mark", "regex"]),
        ("return /x/", ["name", "regex"]),
        ("'a\\'b' + \"c\"", ["string", "mark", "string"]),
        ("// 'a'\n/* \"b\" */ c", ["name"]),
        ("a?.b ?? c", ["name", "mark", "name", "mark", "name"]),
        ("`a${b}c`", ["template"]),
    ],
)
def test_kinds(text, kinds):
    assert [token.kind for token in tokens_of(text)] == kinds


def test_values_and_lines():
    found = tokens_of("a\n'x\\u0041\\n'\n`p${ q + `r` }s`")
    assert [(token.text, token.line) for token in found] == [("a", 1), ("xA\n", 2), ("p${}s", 3)]
    assert found[2].parts[0] == "p"
    assert [token.text for token in found[2].parts[1]] == ["q", "+", "r"]


def test_broken_text_ends():
    for text in ("'", "`", "`${", "/*", "/", "\\", "\0"):
        tokens_of(text)
