import re

import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.licence.reading import EXCEPTION_IDS, mentions, read_statement
from weigh.checks.licence.records import normal, shipped_records
from weigh.core.licence import Permission, Use

RECORDS = shipped_records()


def read(text, **options):
    return read_statement(text, RECORDS, **options)


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("The MIT License", "MIT"),
        ("MIT License", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache 2", "Apache-2.0"),
        ("Apache License v2.0", "Apache-2.0"),
        ("BSD 3-Clause", "BSD-3-Clause"),
        ('BSD 3-Clause "New" License', "BSD-3-Clause"),
        ("GPL-3.0-or-later", "GPL-3.0"),
        ("GPLv3", "GPL-3.0"),
        ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution Share Alike 3.0", "CC-BY-SA-3.0"),
        ("llama3.1", "llama3.1"),
        ("Llama 3.1 Community License Agreement", "llama3.1"),
        ("Meta Llama 3 Community License", "llama3"),
        ("bigscience-bloom-rail-1.0", "bigscience-bloom-rail-1.0"),
        ("creativeml-openrail-m", "creativeml-openrail-m"),
        ("openrail++", "openrail++"),
        ("CreativeML Open RAIL++-M", "openrail++"),
        ("bigcode-openrail-m", "bigcode-openrail-m"),
        ("falcon-llm", "falcon-llm"),
        ("unlicense", "Unlicense"),
        ("cc", "cc"),
        ("openrail", "openrail"),
        ("other", "other"),
        ("bsl-1.0", "bsl"),
        ("gemma", "gemma"),
        ("MIT OR Apache-2.0", "Apache-2.0 OR MIT"),
        ("Apache-2.0 AND (MIT OR ISC)", "(Apache-2.0 AND ISC) OR (Apache-2.0 AND MIT)"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0"),
        ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0"),
        ("ISC License (ISCL)", "ISC"),
        ("Blue Oak Model License (BlueOak-1.0.0)", "BlueOak-1.0.0"),
        ("GNU General Public License (GPL)", "gpl"),
        ("BSD (3-clause)", "BSD-3-Clause"),
        ("BSD License (BSD-3-Clause)", "BSD-3-Clause"),
        ("MIT License (MIT)", "MIT"),
        ("MIT (see LICENSE)", "MIT"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0"),
        ("GPL-2.0 with classpath exception", "GPL-2.0"),
        ("completely made up", ""),
        ("MIT OR", ""),
        ("(MIT", ""),
        ("", ""),
    ],
)
def test_names_people_write_are_read(text, spdx):
    assert read(text).spdx == spdx


@pytest.mark.parametrize(
    "text",
    [
        "MIT (non-commercial use only)",
        "MIT (NC)",
        "MIT (noncommercial)",
        "MIT (not for sale)",
        "Apache 2.0 (research only)",
        "Apache-2.0 (MIT)",
        "Apache-2.0 WITH Commons-Clause",
        "MIT WITH non-commercial restriction",
        "MIT AND (Apache-2.0 WITH Commons-Clause)",
        "MIT 非商用",
        "Apache-2.0（仅限研究用途）",
        "MIT только для исследований",
        "MIT 🚫",
        "MIT, non-commercial",
        "MIT" + " " * 500 + "non-commercial",
    ],
)
@pytest.mark.parametrize("expression", [False, True])
def test_a_restriction_beside_a_name_is_never_dropped(text, expression):
    assert read(text, expression=expression).spdx == ""


def test_exceptions_are_those_of_the_spdx_list():
    from packaging.licenses import _spdx

    ids = {id_.lower() for id_ in EXCEPTION_IDS}
    assert ids <= set(_spdx.EXCEPTIONS)


HUB_TAGS = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0
cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl
ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1
lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1
ncsa unlicense zlib pddl deepseek llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma unknown
other
"""


@pytest.mark.parametrize("tag", HUB_TAGS.split())
def test_tags_of_model_hubs_are_known(tag):
    assert read(tag).ids


def test_an_spdx_id_outvotes_a_family_where_only_expressions_may_stand():
    assert read("BSL-1.0", expression=True).spdx == "BSL-1.0"


@pytest.mark.parametrize("id_", sorted(RECORDS.licences))
def test_every_licence_is_found_by_its_id_unless_the_word_means_several(id_):
    (found,) = read(id_).ids
    assert found == id_ or id_ in RECORDS.families[found].members
    assert read(id_, expression=True).ids == {id_}


@pytest.mark.parametrize("id_", sorted(RECORDS.licences))
def test_every_licence_answers_every_use_and_names_the_clause(id_):
    for use in Use:
        term = RECORDS.term(id_, use)
        assert term.what
        assert "{" not in term.clause
        if term.permission in {Permission.FORBIDDEN, Permission.CONDITIONAL}:
            assert term.clause, (id_, use)


@pytest.mark.parametrize("family", sorted(RECORDS.families))
def test_a_family_names_licences_that_are_known(family):
    assert set(RECORDS.families[family].members) <= RECORDS.licences.keys()


def test_no_two_licences_share_a_name():
    text = {}
    for id_, licence in RECORDS.licences.items():
        for name in (id_, licence.name):
            known = RECORDS.names[normal(name)]
            assert known == id_ or known in RECORDS.families, (name, known, id_)
            assert text.setdefault(normal(name), id_) == id_


@pytest.mark.parametrize(
    ("id_", "use", "permission"),
    [
        ("MIT", Use.COMMERCIAL, Permission.ALLOWED),
        ("MIT", Use.REDISTRIBUTION, Permission.CONDITIONAL),
        ("CC-BY-NC-4.0", Use.COMMERCIAL, Permission.FORBIDDEN),
        ("CC-BY-NC-4.0", Use.RESEARCH, Permission.ALLOWED),
        ("CC-BY-ND-4.0", Use.FINE_TUNE, Permission.FORBIDDEN),
        ("bigscience-bloom-rail-1.0", Use.MEDICAL, Permission.FORBIDDEN),
        ("creativeml-openrail-m", Use.LEGAL, Permission.FORBIDDEN),
        ("creativeml-openrail-m", Use.COMMERCIAL, Permission.CONDITIONAL),
        ("llama2", Use.TRAINING_OTHER_MODELS, Permission.FORBIDDEN),
        ("llama3.1", Use.TRAINING_OTHER_MODELS, Permission.CONDITIONAL),
        ("llama4", Use.MILITARY, Permission.FORBIDDEN),
        ("deepseek", Use.MILITARY, Permission.FORBIDDEN),
        ("AGPL-3.0", Use.HOSTING, Permission.CONDITIONAL),
        ("exaone", Use.COMMERCIAL, Permission.FORBIDDEN),
        ("cc", Use.COMMERCIAL, Permission.UNKNOWN),
        ("openrail", Use.LEGAL, Permission.UNKNOWN),
        ("gemma", Use.COMMERCIAL, Permission.CONDITIONAL),
        ("other", Use.RESEARCH, Permission.UNKNOWN),
    ],
)
def test_terms_that_were_read_in_the_texts(id_, use, permission):
    assert RECORDS.term(id_, use).permission is permission


@pytest.mark.parametrize(
    ("tag", "use"),
    [
        ("creativeml-openrail-m", Use.MEDICAL),
        ("openrail++", Use.LEGAL),
        ("bigscience-bloom-rail-1.0", Use.MEDICAL),
        ("llama3.1", Use.MILITARY),
        ("gemma", Use.SURVEILLANCE),
        ("deepseek", Use.MILITARY),
        ("cc-by-nc-4.0", Use.COMMERCIAL),
        ("exaone", Use.COMMERCIAL),
        ("qwen", Use.COMMERCIAL),
    ],
)
def test_no_use_that_a_licence_restricts_is_simply_allowed(tag, use):
    assert read(tag).term(RECORDS, use).permission is not Permission.ALLOWED


def test_a_choice_is_as_mild_as_its_mildest_and_a_sum_as_strict_as_its_strictest():
    assert read("CC-BY-NC-4.0 OR MIT").term(RECORDS, Use.COMMERCIAL).permission is Permission.ALLOWED
    assert read("CC-BY-NC-4.0 AND MIT").term(RECORDS, Use.COMMERCIAL).permission is Permission.FORBIDDEN


def test_what_was_not_read_permits_nothing():
    assert read("my own terms").term(RECORDS, Use.RESEARCH).permission is Permission.UNKNOWN


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("# SPDX-License-Identifier: MIT\nx", {"MIT"}),
        ("see https://creativecommons.org/licenses/by-sa/3.0/deed.de", {"CC-BY-SA-3.0"}),
        ("http://creativecommons.org/publicdomain/zero/1.0/", {"CC0-1.0"}),
        ("http://www.apache.org/licenses/LICENSE-2.0", {"Apache-2.0"}),
        ("# Notice\n\n## MIT License\n\nfor some files", {"MIT"}),
        ("we like the MIT license a lot", set()),
        ("", set()),
    ],
)
def test_a_notice_names_licences_by_mark_address_or_heading(text, ids):
    assert set(mentions(text, RECORDS)) == ids


PIECES = st.sampled_from(
    ["MIT", "Apache-2.0", "ISC", " OR ", " AND ", " WITH ", "(", ")", " ", "x" * 50, "é"]
)


@given(st.lists(PIECES, max_size=60).map("".join))
@settings(max_examples=50, deadline=None)
def test_any_expression_is_read_or_left_and_reading_it_again_changes_nothing(text):
    found = read(text)
    assert len(found.alternatives) <= 32
    assert read(found.spdx) == found


@given(st.text(max_size=2000))
@settings(max_examples=50, deadline=None)
def test_hostile_names_are_only_names(text):
    assert read(text).ids <= RECORDS.licences.keys() | RECORDS.families.keys()


def test_deep_brackets_are_left_unread():
    assert read("(" * 400 + "MIT" + ")" * 400).spdx == ""
    assert read(" AND ".join(f"({a} OR ISC)" for a in ["MIT"] * 12)).spdx in {
        "",
        "ISC OR MIT OR (ISC AND MIT)",
    }


def test_clauses_are_not_quoted_texts():
    for licence in RECORDS.licences.values():
        for term in licence.terms.values():
            assert len(re.findall(r"\w+", term.what)) < 30
