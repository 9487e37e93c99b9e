import csv
import io
import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.errors import UsageError
from weigh.core.events import StepDone, Warned
from weigh.datasets.decoding import LONGEST_LINE
from weigh.datasets.read import BATCH, read_table

TWO = "text,label\ngood,yes\nbad,no\n"


def told(error):
    return error.value.what, error.value.why, error.value.hint


def test_a_table_holds_rows_labels_and_where_they_came_from(read):
    table = read(TWO)
    assert table.ids == ("data.csv:2", "data.csv:3")
    assert table.classes == ("no", "yes")
    assert table.labels.tolist() == [1, 0]
    assert table.texts == ["good", "bad"]
    assert len(set(table.groups.tolist())) == 2
    assert not table.grouped


def test_a_row_id_is_the_line_the_row_begins_on_whatever_came_before(read):
    table = read('text,label\r\n"a\r\nb",yes\r\n\r\n"c ""d""",no\n\n"e\n\n\nf",yes\nlast,no')
    assert table.ids == ("data.csv:2", "data.csv:5", "data.csv:7", "data.csv:11")
    assert table.texts == ["a\r\nb", 'c "d"', "e\n\n\nf", "last"]


def test_headerless_files_with_constants_filter_and_group(read):
    files = {
        "movie.tsv": '1_1\t0.9\ta "quoted word\r\n1_2\t-0.2\tdull\r\n2_1\t-3\tbad\r\n',
        "shop.tsv": "1_1\t-1.0\tbroken\r\n",
    }
    table = read(
        files,
        "if(valence > 0, 'positive', 'negative')",
        columns=("id", "valence", "text"),
        quote="",
        where="abs(valence) >= 0.5",
        group="concat(domain, ':', before(id, '_'))",
        constants={"movie.tsv": {"domain": "movie"}, "shop.tsv": {"domain": "shop"}},
        roles=Roles(label="if(valence > 0, 'positive', 'negative')", text="text", slices=("domain",)),
    )
    assert table.ids == ("movie.tsv:1", "movie.tsv:3", "shop.tsv:1")
    assert table.texts[0] == 'a "quoted word'
    assert table.columns["domain"].tolist() == ["movie", "movie", "shop"]
    assert len(set(table.groups.tolist())) == 3
    assert table.grouped
    assert table.rows_read == 4


def test_rows_of_one_key_are_one_group_and_a_missing_key_is_a_group_of_its_own(read):
    table = read("text,label,user\na,x,1\nb,y,1\nc,x,\nd,y,\n", group="user")
    groups = table.groups.tolist()
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_json_lines_keep_numbers_as_written_and_take_absent_keys_as_missing(read):
    lines = [
        {"text": "a", "label": 1.50, "extra": [1]},
        {"text": "b", "label": True},
        {"label": 2, "text": None},
    ]
    table = read({"data.jsonl": "\n\n".join(json.dumps(line) for line in lines)})
    assert table.classes == ("1.5", "2", "true")
    assert table.texts == ["a", "b", ""]
    assert table.ids == ("data.jsonl:1", "data.jsonl:3", "data.jsonl:5")


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ("utf-8", "utf-8"),
        ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
    ],
)
def test_every_encoding_reads_the_same_table(read, written, stated):
    content = "text,label\ncafé,oui\nnaïve,non\n"
    assert read(content.encode(written), encoding=stated).texts == ["café", "naïve"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(read):
    assert read(b"\xef\xbb\xbf" + TWO.encode()).texts == ["good", "bad"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_end_reads_the_same_table(read, ending):
    table = read(TWO.replace("\n", ending))
    assert (table.ids, table.texts) == (("data.csv:2", "data.csv:3"), ["good", "bad"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.txt", "text\tlabel\na, b\tyes\nc\tno\n"),
        ("data.csv", 'text;label\n"a, b";yes\nc;no\n'),
        ("data", 'text,label\n"a, b",yes\nc,no\n'),
        ("data.txt", '{"text": "a, b", "label": "yes"}\n{"text": "c", "label": "no"}\n'),
    ],
)
def test_the_format_is_found_by_ending_and_content(read, name, content):
    assert read({name: content}).texts == ["a, b", "c"]


def test_values_lose_surrounding_space_and_a_lone_question_mark_is_missing(read):
    table = read(
        "text, label , country\n ? , yes , ? \nb ,no,  DE\n",
        roles=Roles("label", "text", slices=("country",)),
    )
    assert table.classes == ("no", "yes")
    assert table.columns["country"].tolist() == ["", "DE"]
    assert [t.strip() for t in table.texts] == ["?", "b"]


def test_skipped_lines_count_in_line_numbers(read):
    table = read("|1x3 Cross validator\n# more\n" + TWO, skip=2)
    assert table.ids == ("data.csv:4", "data.csv:5")


TWICE = "id,score,text,score,label\n1,2,a,3,x\n4,5,b,6,y\n"


@pytest.mark.parametrize(
    "asked",
    [
        {"label": "score"},
        {"label": "if(score > 2, 'p', 'n')"},
        {"text": "score"},
        {"where": "score > 2"},
        {"group": "score"},
        {"roles": Roles(label="label", features=("id", "score"))},
        {"roles": Roles(label="label", text="text", slices=("score",))},
        {"roles": Roles(label="label", text="text", protected=("score",))},
        {"roles": Roles(label="label", text="text", shift="score")},
    ],
)
def test_a_name_that_repeats_in_the_header_matters_only_to_those_who_ask_for_it(read, asked):
    table = read(TWICE, roles=Roles(label="label", text="text", slices=("id",)))
    assert (table.texts, table.columns["id"].tolist()) == (["a", "b"], ["1", "4"])
    with pytest.raises(UsageError) as error:
        read(TWICE, **asked)
    assert error.value.what == 'cannot read data.csv: column "score" stands in the header 2 times'


def test_the_way_out_of_a_repeated_name_leads_out(read):
    columns = ("id", "first", "text", "second", "label")
    roles = Roles(label="label", features=("first", "second"))
    table = read(TWICE, roles=roles, columns=columns, skip=1)
    assert table.features.numeric.tolist() == [[2, 3], [5, 6]]
    assert table.ids == ("data.csv:2", "data.csv:3")


def test_features_get_their_types_from_all_rows(read):
    rows = "age,job,code,label\n39,clerk,1,a\n?,,x,b\nNA,none,2,a\n1e1,clerk,3,b\n"
    features = read(rows, roles=Roles("label", features=("age", "job", "code"))).features
    assert features.numeric_names == ("age",)
    np.testing.assert_array_equal(features.numeric[:, 0], [39, np.nan, np.nan, 10])
    assert features.categorical_names == ("job", "code")
    assert features.categories == (("clerk", "none"), ("1", "2", "3", "x"))
    assert features.categorical[:, 0].tolist() == [0, -1, 1, 0]


def test_test_data_gets_the_types_of_the_training_data(read):
    roles = Roles("label", features=("age", "code"))
    train = read("age,code,label\n39,a,x\n40,b,y\n", roles=roles)
    test = read({"test.csv": "age,code,label\nNA,1,x\n"}, roles=roles, like=train)
    assert test.features.numeric_names == ("age",)
    assert test.features.categories == (("1",),)
    with pytest.raises(UsageError) as error:
        read({"test.csv": "age,code,label\n1,1,x\nold,1,x\n"}, roles=roles, like=train)
    assert told(error) == (
        "cannot use test.csv:3: 'old' in column 'age' is not a number",
        "the training data has only numbers there",
        "correct the value, or leave such rows out with `where`",
    )


def test_a_feature_without_any_value_is_left_out_and_told(read, heard):
    features = read("a,b,label\n1,,x\n2,?,y\n", roles=Roles("label", features=("a", "b"))).features
    assert features.names == ("a",)
    assert Warned("left out, every value is missing: b") in heard.events


def test_reading_tells_what_came_out(read, heard):
    read(TWO + "so,\n", where="label is not missing")
    assert heard.events[-1] == StepDone("read", "2 of 3 rows in 1 file · 2 classes")


def test_more_rows_than_a_batch_keep_their_numbers(read):
    rows = "".join(f"t{i},{'a' if i % 2 else 'b'}\n" for i in range(BATCH + 5))
    table = read("text,label\n" + rows, where="text != 't7'")
    assert len(table) == BATCH + 4
    assert table.ids[6:8] == ("data.csv:8", "data.csv:10")
    assert table.ids[-1] == f"data.csv:{BATCH + 6}"
    assert table.texts[-1] == f"t{BATCH + 4}"


HEADER = "id,body,country,rating\n1,a,DE,x\n2,b,FR,y\n"


@pytest.mark.parametrize(
    ("content", "options", "what", "why", "hint"),
    [
        (
            HEADER,
            {"label": "stars", "text": "body"},
            'cannot read data.csv: column "stars" not found',
            "the header has: id, body, country, rating",
            "weigh adopt … --label COLUMN",
        ),
        (
            HEADER,
            {"label": "ratings", "text": "body"},
            'cannot read data.csv: column "ratings" not found',
            "the header has: id, body, country, rating",
            "weigh adopt … --label rating",
        ),
        (
            HEADER,
            {"label": "rating", "text": "Body"},
            'cannot read data.csv: column "Body" not found',
            "the header has: id, body, country, rating",
            "weigh adopt … --text body",
        ),
        (
            HEADER,
            {"label": "rating", "text": "body", "where": "contry = 'DE'"},
            'cannot read data.csv: column "contry" not found',
            "the header has: id, body, country, rating",
            "correct `where` of the data set: country",
        ),
        (
            '{"body": "a", "rating": 1}\n',
            {"label": "ratings", "text": "body", "format": "jsonl"},
            'cannot read data.csv: column "ratings" not found',
            "the header has: body, rating",
            "weigh adopt … --label rating",
        ),
        ("", {}, "cannot read data.csv: the file is empty", "it has 0 lines, and no row", "check the file"),
        (
            "a\n\n",
            {"skip": 1},
            "cannot read data.csv: the file is empty",
            "it has 2 lines, and no row",
            "check the file and `skip`",
        ),
        (
            "text,label\n",
            {},
            "cannot read data.csv: there are no rows",
            "the files have a header and nothing after it",
            "",
        ),
        (
            TWO,
            {"where": "label = 'maybe'"},
            "no row passes the filter",
            "`label = 'maybe'` drops all 2 rows",
            "a comparison with a missing value drops the row too",
        ),
        (
            "text,label\na,x\nb,x\n",
            {},
            "there is only one class: x",
            "all 2 rows have it; there is nothing to tell apart",
            "check --label and the filter `where`",
        ),
        (
            "text,label\na,x\nb,\nc,y\nd,?\ne,\nf,\n",
            {},
            "4 rows of 6 have no label",
            "`label` is missing at data.csv:3, data.csv:5, data.csv:6 …",
            'leave them out: where = "label is not missing"',
        ),
        (
            "text,valence\n" + "".join(f"t,{i / 10}\n" for i in range(-15, 15)),
            {"label": "valence"},
            "the label 'valence' is a number with 30 different values",
            "classes are asked for; more than 20 numbers are a quantity",
            "--label \"if(valence > 0, 'positive', 'negative')\"",
        ),
        (
            "text,price\n" + "".join(f"t,{i}\n" for i in range(30)),
            {"label": "price * 2"},
            "the label 'price * 2' is a number with 30 different values",
            "classes are asked for; more than 20 numbers are a quantity",
            "--label \"if((price * 2) > 30, 'high', 'low')\"",
        ),
        (
            "text,label\n" + "".join(f"t,n{i:04}\n" for i in range(1001)),
            {},
            "the label has 1,001 different values",
            "at most 1,000 can be classes; the first are: "
            + ", ".join(f"n{i:04}" for i in range(12))
            + " and 989 more",
            "name another column, or an expression such as before(…, '/')",
        ),
        (
            "text,label\na,x\nb,x,y\n",
            {},
            "cannot read data.csv: line 3 has 3 columns instead of 2",
            "the columns are: text, label",
            "check the delimiter ',', or state quote = \"\" if quotes are plain text",
        ),
        (
            'text,label\n"a\nb",x\nc\n',
            {},
            "cannot read data.csv: line 4 has 1 column instead of 2",
            "the columns are: text, label",
            "check the delimiter ',', or state quote = \"\" if quotes are plain text",
        ),
        (
            'text,label\na,x\n"b,y\nc,z\n',
            {},
            "cannot read data.csv: line 3 breaks the rules of quoting",
            "in the row that begins there: unexpected end of data",
            'state quote = "" if quotes are plain text',
        ),
        (
            b"text,label\na,x\nb\xff,y\n",
            {},
            "cannot read data.csv: line 3 is not utf-8",
            "bytes after character 1 of the line are no utf-8 text",
            "state the file's encoding: latin-1, utf-16, cp1252",
        ),
        (
            "text,label\na,x\n".encode("utf-16-le"),
            {},
            "cannot read data.csv: line 1 holds a NUL character",
            "text in utf-8 has none",
            "the encoding may be utf-16, or the file is not text",
        ),
        (
            "text,label\na,x\n".encode("utf-16-le") + b"\x00\xd8a\x00",
            {"encoding": "utf-16"},
            "cannot read data.csv: line 3 is not utf-16",
            "bytes after character 0 of the line are no utf-16 text",
            "state the file's encoding: utf-8, latin-1, cp1252",
        ),
        (
            TWO,
            {"encoding": "ebcdic"},
            "cannot read data.csv: unknown encoding 'ebcdic'",
            "the encodings are: utf-8, latin-1, utf-16, cp1252",
            "",
        ),
        (
            "text,text,label\na,b,x\n",
            {},
            'cannot read data.csv: column "text" stands in the header 2 times',
            "which of them is meant cannot be told",
            "give each column a name of its own in models.toml: columns = […] with skip = 1",
        ),
        (
            '# by hand\n\n"a\nb",label,label,label\n1,2,x,y\n',
            {"text": "a\nb", "label": "if(label > 1, 'p', 'n')", "skip": 1},
            'cannot read data.csv: column "label" stands in the header 3 times',
            "which of them is meant cannot be told",
            "give each column a name of its own in models.toml: columns = […] with skip = 4",
        ),
        (
            TWO,
            {"columns": ("text", "label", "text")},
            "the `columns` of the data set names a column twice",
            "repeated: text",
            "rename them",
        ),
        (
            '{"text": "a", "label": "x"}\n{"text": "b"\n',
            {"format": "jsonl"},
            "cannot read data.csv: line 2 is not JSON",
            "Expecting ',' delimiter at character 14",
            "",
        ),
        (
            '{"text": "a", "label": "x"}\n[1]\n',
            {"format": "jsonl"},
            "cannot read data.csv: line 2 is not a JSON object",
            'every line is one object, such as {"text": "…", "label": "…"}',
            "",
        ),
        (
            '{"text": ["a"], "label": "x"}\n',
            {"format": "jsonl"},
            "cannot read data.csv: line 1 holds a list in 'text'",
            "a value is a text, a number, true, false or null",
            "",
        ),
        (
            '{"text": "\\ud800", "label": "x"}\n',
            {"format": "jsonl"},
            "cannot read data.csv: line 1 holds no text in 'text'",
            "an escape stands for NUL or for half a character (RFC 8259, section 8.2)",
            "",
        ),
        (
            "text,v\na,1\nb,high\n",
            {"label": "if(v > 0, 'p', 'n')"},
            "cannot read data.csv:3: column 'v' holds no number there",
            "the label uses the column as a number; the value has 4 characters",
            "correct the value, or leave such rows out with `where`",
        ),
        (
            "text,label\na,x\nb,y\n",
            {"format": "xml"},
            "unknown data format 'xml'",
            "the formats are: auto, csv, tsv, jsonl",
            "",
        ),
        (
            TWO,
            {"delimiter": ", "},
            "the delimiter ', ' cannot be used",
            "it is one character of a line",
            "",
        ),
    ],
)
def test_bad_data_is_answered_with_what_why_and_what_to_try(read, content, options, what, why, hint):
    with pytest.raises(UsageError) as error:
        read(content, **options)
    assert told(error) == (what, why, hint)


def test_a_slice_must_have_values_and_they_must_be_short(read):
    roles = Roles("label", "text", slices=("part",))
    with pytest.raises(UsageError) as error:
        read("text,label,part\na,x,\nb,y,?\n", roles=roles)
    assert told(error) == (
        "column 'part' cannot slice, shift or split the data",
        "it is empty in all 2 rows",
        "name another column",
    )
    with pytest.raises(UsageError) as error:
        read("text,label,part\na,x,p\nb,y," + "p" * 201 + "\n", roles=roles)
    assert error.value.why == "data.csv:3 has 201 characters in it, at most 200 name a part"


def test_the_positive_class_must_occur(read):
    with pytest.raises(UsageError) as error:
        read(TWO, roles=Roles("label", "text", positive="Yes"))
    assert error.value.why == "the classes are: no, yes"


def test_a_constant_may_not_hide_a_column(read):
    with pytest.raises(UsageError) as error:
        read(TWO, constants={"data.csv": {"label": "x"}})
    assert error.value.what == "cannot read data.csv: the constant 'label' is also a column of the file"


def test_a_line_without_end_is_refused_before_it_fills_the_memory(read):
    with pytest.raises(UsageError) as error:
        read(b"text,label\n" + b"x" * (LONGEST_LINE + 1))
    assert error.value.what == "cannot read data.csv: line 2 is too long"


def test_deeply_nested_json_is_refused(read):
    with pytest.raises(UsageError) as error:
        read({"data.jsonl": '{"text": ' + "[" * 100_000})
    assert error.value.what == "cannot read data.jsonl: line 1 is not JSON"


def test_a_missing_file_is_a_usage_error_without_its_place_on_disk(tmp_path, heard):
    spec = DataSpec(files=(DataFile("gone.csv"),))
    with pytest.raises(UsageError) as error:
        read_table(spec, Roles("label", "text"), lambda path: tmp_path / path, events=heard)
    assert told(error)[:2] == ("cannot read gone.csv", "No such file or directory")


EVIL = ["'; DROP TABLE rows; --", '"c0"', "$1", "a`b", "../../etc/passwd", "x\x1b[31m", "{}", "%s"]


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_names_and_values_are_only_names_and_values(read, evil):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[evil, "label"], [evil, evil], ["b", "y"]])
    table = read(out.getvalue(), "label", text=evil)
    assert table.texts == [evil, "b"]
    assert set(table.classes) == {evil, "y"}
    assert read(out.getvalue(), evil, text="label").classes == tuple(sorted((evil, "b")))


def test_hostile_names_are_shown_without_control_characters(read):
    with pytest.raises(UsageError) as error:
        read("te\x1b[31mxt,label\na,b\n", "stars", text="label")
    assert error.value.why == "the header has: te\\x1b[31mxt, label"


@pytest.mark.parametrize("name", ["'; DROP TABLE x; --.csv", "$1.csv", "*.csv", "a b.csv", "-c.csv"])
def test_hostile_file_names_are_only_names(read, name):
    assert read({name: TWO}).ids == (f"{name}:2", f"{name}:3")


CELL = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff", exclude_categories=("Cs",)),
    max_size=12,
).filter(lambda t: t == t.lstrip(" "))


@given(st.lists(CELL, min_size=2, max_size=6), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_csv_writer_wrote_is_read_back_with_its_line(read, cells, ending):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "label"])
    starts = []
    for i, cell in enumerate(cells):
        written = out.getvalue().replace("\r\n", "\n").replace("\r", "\n")
        starts.append(f"data.csv:{written.count(chr(10)) + 1}")
        writer.writerow([cell, "ab"[i % 2]])
    table = read(out.getvalue().encode())
    assert table.texts == cells
    assert list(table.ids) == starts


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_as_usage(read, content, encoding):
    head = "text,label\na,x\n".encode(encoding)
    with suppress(UsageError):
        assert len(read(head + content, encoding=encoding)) >= 2


@given(st.binary(max_size=60))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_as_json_lines_are_read_or_refused_as_usage(read, content):
    lines = b'{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n'
    with suppress(UsageError):
        assert len(read({"data.jsonl": lines + content})) >= 2
