"""The check as a whole: what is stated, what contradicts it, what the uses make of it."""

import json

import pytest
from hypothesis import given, settings, strategies as st
from licence_making import APACHE, MIT, WEIGHTS, Desk, card, finding, metadata, rules, touched

from weigh.checks.case import Case, Declared, NotAsked
from weigh.checks.licence.licence import CHECK, put
from weigh.core.errors import UsageError
from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind

PAPERS = "papers/demo-1"
SOUND = {
    "model.onnx_data": WEIGHTS,
    "README.md": card("mit"),
    f"{PAPERS}/METADATA": metadata(
        "License-Expression: MIT", "Classifier: License :: OSI Approved :: MIT License"
    ),
    f"{PAPERS}/licenses/LICENSE": MIT,
}


@pytest.fixture
def desk():
    return Desk()


def test_statements_that_agree_with_their_text_leave_nothing_to_say(desk):
    evidence = desk.ask(SOUND, ["commercial", "medical", "fine-tune"])
    assert evidence.findings == ()
    assert evidence.outcome.kind is OutcomeKind.ANSWERED
    assert evidence.measure("licence_uses", permission="allowed").value == 3
    assert evidence.measure("licence_similarity", licence="MIT").value == 1.0
    assert evidence.measure("licence_statements", origin="package").value == 2


def test_silence_is_never_a_licence(desk):
    evidence = desk.ask({"model.onnx_data": WEIGHTS, "README.md": "# A model\n"}, ["research"])
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert rules(evidence) == {"WGH-C010"}
    assert finding(evidence, "WGH-C010").severity is Severity.HIGH
    assert evidence.artifact("licence-claims") is not None


def test_package_metadata_unknown_is_silence(desk):
    evidence = desk.ask({f"{PAPERS}/METADATA": metadata("License: UNKNOWN")})
    assert "WGH-C010" in rules(evidence)


def test_card_and_package_that_disagree_are_named_once_with_both_sides(desk):
    files = {**SOUND, "README.md": card("apache-2.0")}
    evidence = desk.ask(files)
    (told,) = [f for f in evidence.findings if f.rule == "WGH-C011"]
    assert "README.md" in told.message
    assert "Apache-2.0" in told.message
    assert "MIT" in told.message
    assert told.severity is Severity.MEDIUM
    assert evidence.measure("licence_conflicts").value == 1


def test_a_contradiction_between_kinds_is_high(desk):
    evidence = desk.ask({**SOUND, "README.md": card("cc-by-nc-4.0")})
    assert finding(evidence, "WGH-C011").severity is Severity.HIGH


def test_two_packages_may_come_under_two_licences(desk):
    files = {**SOUND, "papers/other-2/METADATA": metadata("License-Expression: ISC"), "README.md": "# x\n"}
    assert "WGH-C011" not in rules(desk.ask(files))


def test_a_text_that_contradicts_its_package_is_found(desk):
    evidence = desk.ask({**SOUND, f"{PAPERS}/licenses/LICENSE": APACHE, "README.md": "# x\n"})
    assert {"WGH-C012", "WGH-C017"} <= rules(evidence)


def test_a_notice_among_the_model_s_own_files_counts(desk):
    notice = "The models are under [CC](https://creativecommons.org/licenses/by-sa/3.0/).\n"
    evidence = desk.ask({**SOUND, "README.md": "# x\n", "NOTICE.MD": notice})
    assert finding(evidence, "WGH-C012").severity is Severity.HIGH


def test_a_package_that_says_nothing_beside_its_licence_file_is_named(desk):
    evidence = desk.ask({f"{PAPERS}/METADATA": metadata("License: UNKNOWN"), f"{PAPERS}/LICENSE": MIT})
    assert rules(evidence) == {"WGH-C016"}


def test_a_named_licence_without_its_text_is_worse_when_handed_on(desk):
    files = {"README.md": card("mit")}
    assert finding(desk.ask(files), "WGH-C017").severity is Severity.LOW
    assert finding(desk.ask(files, ["redistribution"]), "WGH-C017").severity is Severity.MEDIUM


def test_a_whole_text_in_a_metadata_header_is_text_enough(desk):
    folded = "\n        ".join(MIT.splitlines())
    evidence = desk.ask({f"{PAPERS}/METADATA": metadata(f"License: {folded}")}, ["commercial"])
    assert evidence.findings == ()
    assert evidence.outcome.kind is OutcomeKind.ANSWERED


@pytest.mark.parametrize("tag", ["cc", "openrail", "other", "bsl-1.0", "bsd", "gpl", "llama", "custom-thing"])
def test_a_tag_that_names_no_one_licence_is_told(desk, tag):
    evidence = desk.ask({"README.md": card(tag)})
    assert finding(evidence, "WGH-C018").severity is Severity.MEDIUM
    assert "WGH-C017" not in rules(evidence)


@pytest.mark.parametrize("tag", ["cc", "other", "bsl-1.0", "llama", "custom-thing"])
def test_a_word_for_licences_that_differ_settles_no_use(desk, tag):
    evidence = desk.ask({"README.md": card(tag)}, ["commercial"])
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "WGH-C014" in rules(evidence)


def test_a_word_for_licences_that_agree_settles_that_use(desk):
    assert desk.ask({"README.md": card("bsd")}, ["commercial"]).outcome.kind is OutcomeKind.ANSWERED


def test_a_vague_word_that_another_place_settles_is_a_trifle(desk):
    evidence = desk.ask(
        {
            **SOUND,
            "README.md": card("bsd"),
            f"{PAPERS}/METADATA": metadata("License-Expression: BSD-3-Clause"),
        }
    )
    assert finding(evidence, "WGH-C018").severity is Severity.LOW


def test_other_is_read_by_its_name_and_link(desk):
    by_name = card("other", "license_name: deepseek")
    assert (
        desk.ask({"README.md": by_name}, ["military"]).measure("licence_uses", permission="forbidden").value
        == 1
    )
    assert "WGH-C018" not in rules(desk.ask({"README.md": card("other", "license_name: llama3.1")}))
    by_link = card("other", "license_name: xyz", "license_link: https://ai.google.dev/gemma/terms")
    evidence = desk.ask({"README.md": by_link}, ["commercial"])
    assert evidence.outcome.kind is OutcomeKind.ANSWERED
    assert "gemma" in finding(evidence, "WGH-C015").message
    assert "without a date" in finding(evidence, "WGH-C018").message


@pytest.mark.parametrize(
    ("tag", "use"),
    [
        ("cc-by-nc-4.0", "commercial"),
        ("creativeml-openrail-m", "medical"),
        ("bigscience-bloom-rail-1.0", "legal"),
        ("llama2", "training-other-models"),
        ("llama3.2", "military"),
    ],
)
def test_a_forbidden_use_is_critical_and_names_the_clause(desk, tag, use):
    told = finding(desk.ask({"README.md": card(tag)}, [use]), "WGH-C013")
    assert told.severity is Severity.CRITICAL
    assert any(word in told.message for word in ("section", "Attachment", "paragraph"))


def test_a_use_that_only_one_of_two_statements_forbids_is_disputed(desk):
    told = finding(desk.ask({**SOUND, "README.md": card("cc-by-nc-4.0")}, ["commercial"]), "WGH-C013")
    assert told.severity is Severity.HIGH


def test_conditions_weigh_more_where_more_than_a_notice_is_asked(desk):
    assert finding(desk.ask(SOUND, ["redistribution"]), "WGH-C015").severity is Severity.LOW
    llama = desk.ask({"README.md": card("llama3.1")}, ["commercial"])
    told = finding(llama, "WGH-C015")
    assert told.severity is Severity.MEDIUM
    assert "700 million" in told.message


RESEARCH_ONLY = "For academic research only. Any commercial use is prohibited.\n"
ROYALTIES = "\nYou agree to pay royalties to Acme for every product.\n"
HOLDER = "Somebody " + "who wants money from whoever sells this " * 5
PEOPLE = "Ada Okafor, maybe others. Not all are named.\n" * 9
BELOW = "\nThe Software may not be used for any commercial purpose without written consent of Acme.\n"
IN_CHINESE = "\n本软件仅限研究用途, 禁止商业使用。\n"


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"LICENSE-MIT": MIT, "LICENSE": RESEARCH_ONLY}, "WGH-C023"),
        ({"LICENSE": RESEARCH_ONLY}, "WGH-C023"),
        ({"LICENSE": "Proprietary."}, "WGH-C023"),
        ({"LICENSE": "Copyright 2026 Acme. All rights reserved.\n"}, "WGH-C023"),
        ({"LICENSE-MIT": MIT, "USE_POLICY.md": ROYALTIES}, "WGH-C023"),
        ({"LICENSE-MIT": MIT, "NOTICE": RESEARCH_ONLY}, "WGH-C023"),
        ({"LICENSE-MIT": MIT, "MODEL_LICENSE": RESEARCH_ONLY}, "WGH-C023"),
        ({"LICENSE-MIT": MIT, "LICENSE.html": f"<p>{RESEARCH_ONLY}</p>"}, "WGH-C023"),
        ({"LICENSE": MIT + BELOW}, "WGH-C020"),
        ({"LICENSE": BELOW + MIT}, "WGH-C020"),
        ({"LICENSE": MIT.replace("to deal", "to deal non-commercially")}, "WGH-C020"),
        ({"LICENSE": MIT + IN_CHINESE}, "WGH-C020"),
        ({"LICENSE": MIT + ROYALTIES}, "WGH-C020"),
        ({"LICENSE": MIT.replace("2026 Somebody", "2026 Somebody, no commercial use")}, "WGH-C020"),
        ({"LICENSE": MIT.replace("Somebody", HOLDER)}, "WGH-C020"),
        ({"LICENSE": MIT.replace("Somebody", "Somebody, for research purposes")}, "WGH-C020"),
        ({"LICENSE": "SPDX-License-Identifier: MIT\n" + RESEARCH_ONLY}, "WGH-C020"),
        ({"LICENSE": "SPDX-License-Identifier: MIT WITH Commons-Clause\n"}, "WGH-C023"),
        ({"LICENSE": "SPDX-License-Identifier: MIT AND LicenseRef-NonCommercial\n"}, "WGH-C023"),
        ({"LICENSE": MIT + "\nAdditional terms: https://localhost/acme/eula\n"}, "WGH-C020"),
        ({"LICENSE": MIT.replace("hereby granted", "hereby denied")}, "WGH-C020"),
        ({"LICENSE-MIT": MIT, "LLAMA2_LICENSE": RESEARCH_ONLY}, "WGH-C023"),
        ({"LICENSE": MIT + "\n" * 1_050_000 + "https://creativecommons.org/licenses/by-nc/4.0/"}, "WGH-C021"),
        ({"LICENSE-MIT": MIT, "LICENSE.pdf": b"%PDF-1.7\n\xff\xfe\0"}, "WGH-C021"),
    ],
)  # fmt: skip
def test_terms_that_were_not_recognised_never_pass_in_silence(desk, files, rule):
    evidence = desk.ask({"README.md": card("mit"), **files}, ["commercial"])
    assert rule in rules(evidence)
    assert finding(evidence, rule).severity is Severity.MEDIUM
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    if rule != "WGH-C021":
        assert evidence.measure("licence_uses", permission="unknown").value == 1


def test_added_words_of_a_licence_header_count_too(desk):
    folded = "\n        ".join((MIT + BELOW).splitlines())
    evidence = desk.ask({f"{PAPERS}/METADATA": metadata(f"License: {folded}")}, ["commercial"])
    assert "WGH-C018" in rules(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


@pytest.mark.parametrize(
    "files",
    [
        {"LICENSE": MIT, "AUTHORS": "Ada Okafor\nBo Lind\nСемён Марьясин\n" * 20},
        {"LICENSE": MIT, f"{PAPERS}/licenses/AUTHORS.md": PEOPLE},
        {"LICENSE": MIT, "NOTICE": "Demo\nCopyright 2026 Acme\nIt includes work of the Demo Foundation.\n"},
        {"LICENSE": MIT, "NOTICE": ""},
        {"LICENSE": "See LICENSE.MIT.", "LICENSE.MIT": MIT},
        {"LICENSE": MIT.replace("NONINFRINGEMENT", "NON-INFRINGEMENT")},
        {"LICENSE.html": "<p>" + MIT.replace("\n\n", "</p><p>") + "</p>"},
        {"LICENSE": MIT.replace("Somebody", "Acme Corporation, Ada Okafor and the Demo Authors")},
        {"LICENSE": MIT.replace("2026 Somebody", "May 2026 Arm Limited and Demo Research")},
        {"LICENSE": MIT + "\n" + APACHE},
    ],
)  # fmt: skip
def test_honest_papers_leave_nothing_to_say_of_their_words(desk, files):
    evidence = desk.ask({"README.md": card("mit"), **files}, ["research"])
    assert not {"WGH-C020", "WGH-C021", "WGH-C023"} & rules(evidence)


def test_words_that_bind_nobody_are_told_and_settle_nothing(desk):
    origin = "\nThis module was extracted from the cloud package developed by Acme Inc.\n"
    evidence = desk.ask({**SOUND, f"{PAPERS}/licenses/LICENSE": MIT + origin}, ["commercial"])
    assert finding(evidence, "WGH-C020").severity is Severity.LOW
    assert evidence.outcome.kind is OutcomeKind.ANSWERED


def test_a_use_that_is_forbidden_stays_forbidden_beside_unread_terms(desk):
    files = {"README.md": card("cc-by-nc-4.0"), "LICENSE": RESEARCH_ONLY}
    assert "WGH-C013" in rules(desk.ask(files, ["commercial"]))


def test_a_text_of_other_terms_is_found_beside_unread_words(desk):
    evidence = desk.ask({"README.md": card("mit"), "LICENSE": APACHE + BELOW})
    assert {"WGH-C012", "WGH-C020"} <= rules(evidence)


def test_licence_files_that_a_package_names_and_did_not_bring_are_unread(desk):
    named = ["License-Expression: MIT", "License-File: LICENSE", "License-File: AUTHORS"]
    files = {f"{PAPERS}/METADATA": metadata(*named), f"{PAPERS}/licenses/LICENSE": MIT}
    assert "WGH-C021" not in rules(desk.ask(files))
    named.append("License-File: legal/USE_POLICY.md")
    evidence = desk.ask({**files, f"{PAPERS}/METADATA": metadata(*named)})
    assert "USE_POLICY.md" in finding(evidence, "WGH-C021").message
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_more_statements_than_are_kept_are_named(desk):
    classifiers = ["Classifier: License :: OSI Approved :: MIT License"] * 200
    files = {f"papers/demo{i}-1/METADATA": metadata(*classifiers) for i in range(3)}
    assert "more statements" in finding(desk.ask(files), "WGH-C021").message


def test_a_name_that_says_more_than_its_tag_is_a_statement_of_its_own(desk):
    files = {"README.md": card("mit", "license_name: mit-non-commercial"), "LICENSE": MIT}
    evidence = desk.ask(files, ["commercial"])
    assert evidence.measure("licence_uses", permission="unknown").value == 1
    assert "WGH-C018" in rules(evidence)
    same = {"README.md": card("mit", "license_name: MIT License"), "LICENSE": MIT}
    assert desk.ask(same, ["commercial"]).outcome.kind is OutcomeKind.ANSWERED


def test_an_altered_text_is_not_taken_for_the_original(desk):
    half = " ".join(word for place, word in enumerate(MIT.split()) if place % 11)
    evidence = desk.ask({"README.md": card("mit"), "LICENSE": half})
    assert "WGH-C019" in rules(evidence)


def test_terms_added_below_a_known_text_are_noticed(desk):
    added = " ".join(f"Clause {i}: the licensee shall never word{i} the thing{i}." for i in range(40))
    assert "WGH-C020" in rules(desk.ask({**SOUND, f"{PAPERS}/licenses/LICENSE": MIT + added}))


def test_a_licence_file_that_cannot_be_read_leaves_the_question_open(desk):
    evidence = desk.ask({**SOUND, "LICENSE": b"\xff\xfe\0bad"})
    assert "WGH-C021" in rules(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_a_flood_of_terms_is_bounded_and_the_rest_is_named(desk):
    flood = {f"LICENSE-{i:03}": "words and more words " * 10_000 for i in range(60)}
    evidence = desk.ask({"README.md": card("mit"), **flood})
    assert "WGH-C021" in rules(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_without_a_model_the_question_does_not_arise():
    assert isinstance(put(Case(Declared())), NotAsked)


def test_an_unknown_use_is_refused_before_anything_is_read(desk):
    with pytest.raises(UsageError):
        desk.asking(SOUND, ["world-domination"])


def test_the_uses_are_part_of_the_question(desk):
    assert desk.asking(SOUND, ["medical"]).parameters == {"uses": ["medical"]}
    assert not desk.asking(SOUND).seeded


def test_records_and_index_count_as_the_check_s_code():
    from weigh.code.closure import code_digest

    assert code_digest(CHECK.module, data_files=CHECK.rule_data) != code_digest(CHECK.module)


def test_the_same_model_gives_the_same_evidence(desk):
    assert desk.ask(SOUND, ["legal"]).digest == Desk().ask(SOUND, ["legal"]).digest


OTHER = {"model.onnx_data": WEIGHTS, "README.md": card("cc-by-nc-4.0"), "config.json": "{}"}


def test_the_same_bytes_under_another_licence_are_found(desk):
    desk.ask(OTHER)
    told = finding(desk.ask(SOUND), "WGH-C022")
    assert told.where == "model.onnx_data"
    assert "CC-BY-NC-4.0" in told.message
    assert "MIT" in told.message
    assert told.severity is Severity.HIGH


def test_the_same_bytes_without_any_licence_elsewhere_are_found(desk):
    desk.ask({"model.onnx_data": WEIGHTS})
    assert finding(desk.ask(SOUND), "WGH-C022").severity is Severity.MEDIUM


def test_other_bytes_or_the_same_terms_are_nothing_to_tell(desk):
    desk.ask({**OTHER, "model.onnx_data": b"\1" * 2000})
    desk.ask({**SOUND, "config.json": "{}"})
    assert "WGH-C022" not in rules(desk.ask(SOUND))


def test_shared_tokenizers_and_small_files_prove_nothing(desk):
    desk.ask({**OTHER, "model.onnx_data": b"\1" * 2000, "tokenizer.json": "{}" + " " * 5000, "a.bin": b"x"})
    assert "WGH-C022" not in rules(desk.ask({**SOUND, "tokenizer.json": "{}" + " " * 5000, "a.bin": b"x"}))


def test_two_models_asked_in_turn_do_not_make_each_other_new(desk):
    desk.ask(SOUND)
    desk.ask(OTHER)
    first = desk.asking(SOUND).inputs
    desk.answers.reverse()
    desk.ask(OTHER)
    assert desk.asking(SOUND).inputs == first


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"version": 1}', b'{"version": 1, "files": [], "claims": 3}', b"[" * 100_000]
)
def test_what_is_no_artifact_of_this_check_is_passed_over(desk, data):
    evidence = desk.ask(OTHER)
    desk.kept.data[evidence.artifact("licence-claims").sha256] = data
    assert "WGH-C022" not in rules(desk.ask(SOUND))


def test_the_artifact_holds_weights_and_statements(desk):
    evidence = desk.ask(SOUND)
    value = json.loads(desk.kept.load(evidence, "licence-claims"))
    assert list(value["files"].values()) == ["model.onnx_data"]
    assert value["packages"] == ["demo-1"]
    assert ["README.md front matter", "mit", "MIT", ["MIT"]] in value["claims"]


HOSTILE = "\x1b[31m<script>alert(1)</script>\u202e" + "A" * 5000


def test_hostile_names_are_cut_and_stay_text(desk):
    files = {
        "README.md": f"---\nlicense: '{HOSTILE}'\n---\n",
        f"{PAPERS}/METADATA": metadata(f"License: {HOSTILE}"),
    }
    evidence = desk.ask(files, ["commercial"])
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert all(len(f.message) < 2000 for f in evidence.findings)


@given(
    st.dictionaries(
        st.sampled_from(["LICENSE", "NOTICE", "README.md", f"{PAPERS}/METADATA", f"{PAPERS}/LICENSE"]),
        st.binary(max_size=300),
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_whatever_the_files_hold_the_check_answers(files):
    evidence = Desk().ask({"w.bin": WEIGHTS, **files}, ["commercial"])
    assert evidence.outcome.kind in {OutcomeKind.ANSWERED, OutcomeKind.INCONCLUSIVE}


def test_a_planted_contradiction_is_always_found_and_agreement_never_blamed():
    """200 models each: card and touched text agree, or the text is another licence's."""
    blamed = found = 0
    for seed in range(100):
        for tag, own, other in (("mit", MIT, APACHE), ("apache-2.0", APACHE, MIT)):
            desk = Desk()
            blamed += "WGH-C012" in rules(desk.ask({"README.md": card(tag), "LICENSE": touched(own, seed)}))
            found += "WGH-C012" in rules(desk.ask({"README.md": card(tag), "LICENSE": touched(other, seed)}))
    assert (blamed, found) == (0, 200)
