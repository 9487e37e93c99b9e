import math

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UsageError
from weigh.datasets.engine import Engine
from weigh.datasets.expression import parse
from weigh.datasets.sql import filter_query, value_query

COLUMNS = ("id", "valence", "text", "hours-per-week")
ROWS = [
    ("1_1", "-0.9", "good it's", None),
    ("1_2", "0.5", None, "40"),
    ("3", "3.5", "Bad", "0"),
    (None, None, " ", "x"),
]


@pytest.fixture(scope="module")
def engine():
    with Engine() as engine:
        engine.load(list(map(list, zip(*ROWS, strict=True))), len(ROWS))
        yield engine


@pytest.fixture(scope="module")
def fuzzed():
    with Engine() as engine:
        yield engine


def kept(engine, source):
    return engine.passes(filter_query(parse(source), COLUMNS)).tolist()


def values(engine, source):
    return engine.values(value_query(parse(source), COLUMNS))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("abs(valence) >= 0.9", [True, False, True, False]),
        ("text is missing", [False, True, False, False]),
        ("text is not missing and not valence < 0", [False, False, True, False]),
        ("valence in (3.5, -0.9)", [True, False, True, False]),
        ("valence not in (3.5)", [True, True, False, False]),
        ("id in ('3', '1_1')", [True, False, True, False]),
        ("id = 'x' or 1 = 1", [True, True, True, True]),
        ("1 / 0 is missing", [True, True, True, True]),
        ("valence / (valence - 3.5) is missing", [False, False, True, True]),
        ("lower(text) = 'bad'", [False, False, True, False]),
        ("trim(text) is missing", [False, True, False, True]),
        ("length(text) > 3", [True, False, False, False]),
        ("after(id, '_') is missing", [False, False, True, True]),
        ("id = text", [False, False, False, False]),
        ("--valence < 0", [True, False, False, False]),
        ("valence * 2 + 1 = 2", [False, True, False, False]),
        ("2 - 1 - 1 = 0 and 8 / 2 / 2 = 2", [True, True, True, True]),
    ],
)
def test_a_filter_keeps_the_rows_it_is_true_for(engine, source, expected):
    assert kept(engine, source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if(valence > 0, 'positive', 'negative')", ["negative", "positive", "positive", None]),
        ("concat('movie', ':', before(id, '_'))", ["movie:1", "movie:1", "movie:3", None]),
        ("before(id, '_')", ["1", "1", "3", None]),
        ("after(id, '_')", ["1", "2", None, None]),
        ("valence", ["-0.9", "0.5", "3.5", None]),
        ("valence * 2", ["-1.8", "1", "7", None]),
        ("length(text)", ["9", None, "3", "1"]),
        ("valence > 0", ["false", "true", "true", None]),
        ("concat(1.50, 'x')", ["1.5x"] * 4),
        ("if(valence > 0, 1, valence)", ["-0.9", "1", "1", None]),
        ("trim(concat('  ', text, '\t'))", ["good it's", None, "Bad", None]),
        ("lower(text)", ["good it's", None, "bad", " "]),
    ],
)
def test_a_value_is_text_or_missing(engine, source, expected):
    assert values(engine, source) == expected


@pytest.mark.parametrize(
    ("source", "why", "hint"),
    [
        (
            "stars > 3",
            'at character 1: column "stars" not found; there are: id, valence, text, hours-per-week',
            "the grammar is in docs/reference/expressions.md",
        ),
        (
            "valense > 3",
            'at character 1: column "valense" not found; there are: id, valence, text, hours-per-week',
            "valence in its place",
        ),
        (
            "hours-per-week > 3",
            'at character 1: column "hours" not found; there are: id, valence, text, hours-per-week',
            "`hours-per-week`: a name that is not one plain word stands in backticks",
        ),
        (
            "valence",
            "at character 1: a row filter must be true or false, this is a column",
            "compare it with something, e.g. `… > 0` or `… is not missing`",
        ),
        (
            "abs('x') > 1",
            "at character 5: a number is needed here, this is text",
            "the grammar is in docs/reference/expressions.md",
        ),
        (
            "id = 'a' and 3",
            "at character 14: a condition is needed here, this is a number",
            "the grammar is in docs/reference/expressions.md",
        ),
        (
            "'a' = 1",
            "at character 5: '=' cannot bring together a number and text",
            "the grammar is in docs/reference/expressions.md",
        ),
        (
            "(valence > 0) = text",
            "at character 15: '=' cannot bring together a column and true or false",
            "the grammar is in docs/reference/expressions.md",
        ),
        (
            "before(id, text) = 'a'",
            "at character 12: the second argument of before is a text in quotes",
            "'_'",
        ),
        ("before(id, '') = 'a'", "at character 12: the second argument of before is a text in quotes", "'_'"),
    ],
)
def test_what_does_not_fit_together_is_refused_at_its_place(source, why, hint):
    with pytest.raises(UsageError) as caught:
        filter_query(parse(source), COLUMNS)
    assert (caught.value.why, caught.value.hint) == (why, hint)


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_no_character_of_a_literal_or_a_name_enters_the_sql(text, name):
    quoted, named = text.replace("'", "''"), name.replace("`", "``")
    query = filter_query(parse(f"`{named}` = '{quoted}'"), (name,))
    assert query.sql == '("c0" = CAST($1 AS VARCHAR))'
    assert query.parameters == (text,)


INJECTIONS = [
    "'; DROP TABLE rows; --",
    "x' OR '1'='1",
    '"c0"',
    "$1",
    "%' ESCAPE '",
    "\\'; ATTACH 'x.db'; --",
    "');SELECT * FROM read_csv('/etc/passwd');--",
]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_injected_values_names_and_separators_are_only_compared(fuzzed, evil):
    fuzzed.load([["plain", evil, f"a{evil}b"]], 3)
    quoted = evil.replace("'", "''")
    named = evil.replace("`", "``")
    assert fuzzed.passes(filter_query(parse(f"`{named}` = '{quoted}'"), (evil,))).tolist() == [
        False,
        True,
        False,
    ]
    parts = fuzzed.values(value_query(parse(f"before(`{named}`, '{quoted}')"), (evil,)))
    assert parts == ["plain", None, "a"]
    assert fuzzed.values(value_query(parse(f"after(`{named}`, '{quoted}')"), (evil,))) == [None, None, "b"]


SAFE = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.one_of(st.none(), SAFE), min_size=1, max_size=6), SAFE.filter(bool))
@settings(max_examples=40, deadline=None)
def test_before_and_after_are_partition(fuzzed, texts, mark):
    fuzzed.load([texts], len(texts))
    quoted = mark.replace("'", "''")
    for function, part in (("before", 0), ("after", 2)):
        found = fuzzed.values(value_query(parse(f"{function}(c, '{quoted}')"), ("c",)))
        assert found == [None if t is None else t.partition(mark)[part] or None for t in texts]


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


@given(st.lists(st.one_of(st.none(), NUMBERS), min_size=1, max_size=6), NUMBERS, NUMBERS)
@settings(max_examples=40, deadline=None)
def test_arithmetic_and_comparison_are_those_of_numbers(fuzzed, column, shift, bound):
    fuzzed.load([[None if v is None else repr(v) for v in column]], len(column))
    minus = f"(0 - {abs(shift):f})" if shift < 0 else f"{shift:f}"
    limit = f"-{abs(bound):f}" if bound < 0 else f"{bound:f}"
    query = filter_query(parse(f"abs(v + {minus}) * 2 <= {limit}"), ("v",))
    assert fuzzed.passes(query).tolist() == [v is not None and abs(v + shift) * 2 <= bound for v in column]


@given(st.integers(1, 10))
@settings(max_examples=10, deadline=None)
def test_sql_grows_in_proportion_to_the_expression(depth):
    one = "if(length(trim(lower(after(before(concat(x, 'a'), 'q'), 'r')))) / 2 is missing, x, "
    sql = value_query(parse(one * depth + "x" + ")" * depth), ("x",)).sql
    first = value_query(parse(one + "x" + ")"), ("x",)).sql
    assert len(sql) <= depth * (len(first) + 10)


@pytest.mark.parametrize("depth", [38])
def test_the_deepest_nesting_and_the_longest_chain_are_evaluated(engine, depth):
    assert values(engine, "trim(" * depth + "id" + ")" * depth)[2] == "3"
    assert kept(engine, "1" + "+1" * 190 + " = 191") == [True] * 4


def test_a_number_is_what_reads_as_one_everywhere(fuzzed):
    yes = ["1", "-1.5", "+.5", "2.", "1e3", "1E-3"]
    no = ["1_000", "0x10", "inf", "nan", "1,5", "--1", "1e", ".", "١"]
    fuzzed.load([yes + no], len(yes + no))
    query = filter_query(parse("abs(v) >= 0"), ("v",))
    assert fuzzed.passes(query).tolist() == [True] * len(yes) + [False] * len(no)
    # "nan" stands for a missing number; the first broken value is the one before it in the list.
    assert fuzzed.broken_number(0) == len(yes)


def test_the_engine_opens_no_file_and_cannot_be_unlocked(tmp_path):
    import duckdb

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with Engine() as engine:
        for statement in (
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM '{secret}'",
            f"ATTACH '{tmp_path}/x.db'",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SET enable_external_access = true",
            "SET lock_configuration = false",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SELECT * FROM secret_variable",
        ):
            secret_variable = {"a": [math.pi]}
            with pytest.raises(duckdb.Error):
                engine._connection.execute(statement)
            assert secret_variable
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.csv"]
