"""The search for licence texts: law by law on small indexes, and rates on real texts."""

import re
import time
import tomllib

import pytest
from hypothesis import given, settings, strategies as st
from licence_making import APACHE, MIT, ROOT, installed_licences, prose, touched

from weigh.checks.licence.index import (
    Fingerprint,
    read_index,
    search,
    shipped_index,
    write_index,
)
from weigh.checks.licence.reading import read_statement
from weigh.checks.licence.records import shipped_records
from weigh.checks.licence.shingles import shingles_of, words_of
from weigh.core.errors import StorageError
from weigh.statistics.proportions import clopper_pearson

FOR_MODELS = {"community", "use-restricted", "research-only"}
RECORDS, INDEX = shipped_records(), shipped_index()


def named(text):
    return [m.licence for m in search(text, INDEX, RECORDS).matches]


def test_a_text_is_found_whatever_its_line_breaks_case_and_quotes():
    assert named(MIT) == ["MIT"]
    assert named(" ".join(MIT.split()).upper().replace('"', "”")) == ["MIT"]


def test_a_file_with_two_licences_names_both():
    assert sorted(named(APACHE + "\n\n" + MIT)) == ["Apache-2.0", "MIT"]


def test_a_notice_is_not_the_text():
    notice = (
        'Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in '
        "compliance with the License. You may obtain a copy of the License at "
        "http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in "
        "writing, "
        'software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR '
        "CONDITIONS OF ANY KIND, either express or implied. See the License for the specific language "
        "governing permissions and limitations under the License."
    )
    (match,) = search(notice, INDEX, RECORDS).matches
    assert (match.licence, match.notice) == ("Apache-2.0", True)


def test_the_text_outvotes_the_title():
    assert named("Apache License 2.0\n\n" + MIT.replace("MIT License", "")) == ["MIT"]


def test_words_that_are_in_no_licence_are_counted():
    added = " ".join(f"you must not word{i} anything" for i in range(60))
    assert search(MIT, INDEX, RECORDS).unexplained < 20
    assert search(MIT + added, INDEX, RECORDS).unexplained > 200


@pytest.mark.parametrize("text", ["", "MIT", "licence " * 5000, "\0\x1b[31m" * 50, "é" * 500])
def test_what_is_no_licence_text_gives_none(text):
    assert named(text) == []


def test_near_twins_are_told_apart_by_the_version_they_name():
    base = [f"word{i}" for i in range(400)]
    texts = {v: " ".join(["llama", v, *base, f"tail{v}", "llama", v]) for v in ("3.1", "3.2")}
    index = [Fingerprint(f"llama{v}", False, shingles_of(words_of(t))) for v, t in texts.items()]
    for version in texts:
        other = "3.2" if version == "3.1" else "3.1"
        confused = texts[other].replace(f"tail{other}", "").replace(f"llama {other}", f"llama {version}")
        assert search(confused, index, RECORDS).matches[0].licence == f"llama{version}"


@given(st.integers(0, 2**31), st.sampled_from([MIT, APACHE]), st.sampled_from([30, 40, 60]))
@settings(max_examples=30, deadline=None)
def test_a_touched_text_keeps_its_name(seed, text, every):
    assert named(touched(text, seed, every))[:1] == named(text)


@given(
    st.lists(
        st.tuples(
            st.text("abc", min_size=1, max_size=4),
            st.booleans(),
            st.frozensets(st.integers(0, 2**32 - 1), min_size=1, max_size=9),
        ),
        max_size=5,
    )
)
@settings(max_examples=50, deadline=None)
def test_an_index_survives_being_written(entries):
    given_ = [Fingerprint(*entry) for entry in entries]
    read = read_index(write_index(given_))
    assert sorted((f.licence, f.notice, sorted(f.shingles)) for f in read) == sorted(
        (f.licence, f.notice, sorted(f.shingles)) for f in given_
    )
    assert write_index(read) == write_index(given_)


@pytest.mark.parametrize("cut", [0, 10, 30, -1, -4])
def test_a_damaged_index_is_noticed(cut):
    data = write_index(INDEX[:3])
    with pytest.raises((StorageError, ValueError)):
        read_index(data[:cut])


def test_the_shipped_index_covers_what_it_should():
    full = {f.licence for f in INDEX if not f.notice}
    assert full <= RECORDS.licences.keys()
    written_for_models = {id_ for id_ in full if RECORDS.kind(id_) in FOR_MODELS}
    page = (ROOT / "docs/checks/licence.md").read_text(encoding="utf-8")
    said = re.search(r"(\d+) licences are known by their text, (\d+) of them written for models", page)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (len(full), len(written_for_models))
    models = {
        "llama2",
        "llama3.1",
        "llama3.2",
        "llama3.3",
        "llama4",
        "gemma-2024-04",
        "gemma-2025-03",
        "qwen",
    }
    assert models <= full
    assert sum(len(f.shingles) for f in INDEX) * 4 < 2_000_000


def test_the_shipped_index_holds_what_its_list_names():
    table = tomllib.loads((ROOT / "licences/texts.toml").read_text(encoding="utf-8"))
    for section, notice in (("texts", False), ("notices", True)):
        listed = {licence: len(keys) for licence, keys in table[section].items()}
        assert listed == {
            licence: sum(f.licence == licence and f.notice is notice for f in INDEX)
            for licence in {f.licence for f in INDEX if f.notice is notice}
        }


def declared_texts():
    """text → licences that the package's metadata declares: one, or those a vague word may mean."""
    found = {}
    for declared, text in installed_licences():
        reading = read_statement(declared, RECORDS)
        if len(reading.ids) == 1 and len(text) < 20_000:
            found[text] = reading.licences(RECORDS)
    return found


def test_licences_of_real_packages_are_those_their_metadata_declares():
    texts = declared_texts()
    assert len(texts) >= 20
    found = {text: set(named(text)) for text in texts}
    # A file may only point to others that hold the texts: it names nothing.
    wrong = [
        (text[:60], found[text], texts[text])
        for text in texts
        if found[text] and not found[text] & texts[text]
    ]
    assert wrong == []
    assert sum(not names for names in found.values()) <= len(texts) // 20


def test_licences_of_real_packages_are_found_when_touched():
    """240 touched texts: at least 99 % are named as the package's metadata declares."""
    known = [(text, ids) for text, ids in declared_texts().items() if named(text)][:40]
    tries = [
        bool(ids.intersection(named(touched(text, seed))))
        for text, ids in known
        for seed in range(-(-240 // len(known)))
    ]
    assert len(tries) >= 240
    assert clopper_pearson(sum(tries), len(tries), level=0.99).high >= 0.99


def test_prose_is_not_taken_for_a_licence():
    texts = prose()[:220]
    assert len(texts) >= 150
    assert [text[:80] for text in texts if named(text)] == []


def test_a_text_is_searched_within_its_bound():
    begun = time.process_time()
    assert named(APACHE * 200)
    assert time.process_time() - begun < 20
