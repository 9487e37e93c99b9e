"""The page of the expression grammar: its examples are read, its functions are all there are."""

import re

import pytest
from documentation import blocks_of, page

from weigh.core.errors import WeighError
from weigh.datasets.expression import parse

NAME = "docs/reference/expressions.md"
EXAMPLES, ERROR = blocks_of(NAME, "")
LINES = [re.split(r" {3,}", line)[0] for line in EXAMPLES.splitlines()]


def column_of_table(heading):
    """The code in the first column of the tables below a heading."""
    section = page("reference/expressions.md").split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize(
    "text", LINES + column_of_table("Operators") + column_of_table("Functions"), ids=lambda text: text
)
def test_what_the_page_writes_is_read(text):
    assert parse(text.replace("…", "'v'"))


def test_the_error_of_the_page_is_the_one_that_is_shown():
    what, why, hint = (line.strip() for line in ERROR.strip().splitlines())
    with pytest.raises(WeighError) as raised:
        parse(what.rpartition("expression ")[2])
    error = raised.value
    assert error.what == what
    assert why.split(maxsplit=1) == ["why", error.why]
    assert hint.split(maxsplit=1) == ["try", error.hint]
