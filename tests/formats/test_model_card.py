import hostile_layout as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.facts import Coverage
from weigh.formats.model_card import MAX_RESULTS, evaluation_results, read_model_card
from weigh.formats.reader import BytesReader
from weigh.formats.yaml_subset import read_yaml_map


def card_of(text):
    return read_model_card(BytesReader(text.encode()), "README.md")


EVERYTHING = """
# a comment
license: apache-2.0  # another
language:
- en
- no
datasets: [s2orc, "ms, marco", 'it''s']
tags:
  - a: 1
    b: two words
  -   nested
empty:
count: 12
ratio: 0.5
flag: true
off: off
version: 1.2.3
date: 2026-11-21
url: https://localhost/x#y
quoted: "a \\"b\\" # not a comment"
folded: >
  one
  two

  three
literal: |-
  one
    two
long: a plain text
  that goes on
map: {a: 1, b: [x, y]}
deep:
  model-index:
    - name: x
      results:
        - task: {type: t}
          value: 3
wide: [
  a,
  b,
]
"key with: colon": v
"""


def test_the_forms_cards_use_are_read():
    values, unread = read_yaml_map(EVERYTHING)
    assert unread == ()
    assert values == {
        "license": "apache-2.0",
        "language": ["en", "no"],
        "datasets": ["s2orc", "ms, marco", "it's"],
        "tags": [{"a": 1, "b": "two words"}, "nested"],
        "empty": None,
        "count": 12,
        "ratio": 0.5,
        "flag": True,
        "off": "off",
        "version": "1.2.3",
        "date": "2026-11-21",
        "url": "https://localhost/x#y",
        "quoted": 'a "b" # not a comment',
        "folded": "one two\n\nthree\n",
        "literal": "one\n  two",
        "long": "a plain text that goes on",
        "map": {"a": 1, "b": ["x", "y"]},
        "deep": {"model-index": [{"name": "x", "results": [{"task": {"type": "t"}, "value": 3}]}]},
        "wide": ["a", "b"],
        "key with: colon": "v",
    }


@pytest.mark.parametrize("name", hostile.UNREAD_FRONT_MATTER)
def test_what_is_not_of_the_subset_is_stated_as_unread_and_hides_nothing_else(name):
    values, unread = read_yaml_map(hostile.UNREAD_FRONT_MATTER[name] + "\nlast: one")
    assert unread
    assert all(u.reason and u.line >= 1 for u in unread)
    if "unclosed" not in name:
        assert values["last"] == "one"
    assert "license" not in values


@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}'\"#&*!|> \n\t,.1?%@")), max_size=80))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read_or_stated_as_unread(text):
    values, unread = read_yaml_map(text)
    assert isinstance(values, dict)
    assert isinstance(unread, tuple)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.one_of(
            st.integers(-(10**9), 10**9),
            st.booleans(),
            st.from_regex(r"[a-z][a-z0-9./-]{0,12}", fullmatch=True).filter(
                lambda t: t not in {"true", "false", "null"}
            ),
            st.lists(st.from_regex(r"[a-z][a-z0-9./-]{0,6}x", fullmatch=True), min_size=1, max_size=3),
        ),
        max_size=6,
    )
)
@settings(max_examples=50, deadline=None)
def test_what_a_plain_writer_writes_comes_back(values):
    lines = []
    for key, value in values.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"  - {item}" for item in value)]
        else:
            lines.append(f"{key}: {str(value).lower() if isinstance(value, bool) else value}")
    assert read_yaml_map("\n".join(lines)) == (values, ())


def test_front_matter_becomes_facts_and_prose_is_never_taken_for_it():
    facts = card_of("---\nlicense: mit\nlanguage: en\n---\n# Title\nlicense: other\n---\n")
    stated = {f.name: f.value for f in facts.metadata if f.name != "card.sections"}
    assert stated == {"card.license": "mit", "card.language": "en"}


@pytest.mark.parametrize(
    "text", ["", "# Title", "---\nlicense: mit", " ---\nlicense: mit\n---", "text\n---\n---"]
)
def test_a_card_without_front_matter_states_nothing(text):
    facts = card_of(text)
    assert facts.coverage is Coverage.COMPLETE
    assert {f.name for f in facts.metadata} <= {"card.sections"}


def test_windows_line_ends_and_a_byte_order_mark_are_fine():
    assert card_of("\ufeff---\r\nlicense: mit\r\n---\r\n").fact("card.license").value == "mit"


def test_unread_places_are_named_by_their_line_in_the_file():
    facts = card_of("---\nlicense: mit\nbase_model: *x\n---\n")
    assert facts.fact("card.license").value == "mit"
    assert facts.fact("card.unread").value[0].startswith("line 3")


def test_a_card_that_is_no_text_is_unread():
    assert read_model_card(BytesReader(b"---\n\xff\xfe"), "README.md").coverage is Coverage.UNREAD


RESULTS = """---
model-index:
- name: x
  results:
  - task: {type: text-classification}
    dataset: {name: IMDb, type: imdb, split: test}
    metrics:
    - {type: accuracy, value: 0.91}
    - {type: f1}
  - task: {type: text-classification}
    metrics: [{type: accuracy, value: 1}]
  - dataset: imdb
---
"""


def test_evaluation_results_are_kept_with_what_they_do_not_say():
    found = card_of(RESULTS).fact("card.results").value
    assert [(r["dataset"], r["split"], r["metric"], r["value"]) for r in found] == [
        ("imdb", "test", "accuracy", "0.91"),
        ("imdb", "test", "f1", ""),
        ("", "", "accuracy", "1"),
        ("imdb", "", "", ""),
    ]


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["results", "dataset", "metrics", "type", "value"]), inner, max_size=3
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_value_in_the_place_of_results_is_read(value):
    for result in evaluation_results(value):
        assert all(isinstance(text, str) and len(text) <= 200 for text in result.values())


def test_no_card_has_endless_results():
    index = [{"results": [{"metrics": [{"type": "a"}] * 300}] * 300}]
    assert len(evaluation_results(index)) == MAX_RESULTS
