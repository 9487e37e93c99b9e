import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.provenance.contradictions import stated_sizes
from weigh.checks.provenance.items import ITEMS
from weigh.checks.provenance.provenance import CHECK
from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind

sys.path.insert(0, str(Path(__file__).resolve().parent))
from model_papers import FULL, model, weights


@pytest.fixture
def ask(view_of, context_of):
    return lambda files: CHECK.run(view_of(files), context_of("provenance"))


def rules(evidence):
    return sorted({f.rule for f in evidence.findings})


def missing(evidence):
    return {f.where for f in evidence.findings if f.rule == "WGH-V001"}


def test_a_full_card_declares_every_item_and_contradicts_nothing(ask):
    found = ask(model())
    assert found.answered
    assert missing(found) == set()
    everything = found.measure("items_declared", group="all")
    assert (everything.value, everything.n, everything.low) == (len(ITEMS), len(ITEMS), None)
    assert found.measure("contradictions").value == 0
    # What stays open even then: the terms of the data sets.
    assert rules(found) == ["WGH-V011"]


def test_groups_add_up_to_all(ask):
    found = ask(model())
    counts = {m.label("group"): m for m in found.measures if m.name == "items_declared"}
    total = counts.pop("all")
    assert sum(m.n for m in counts.values()) == total.n
    assert sum(m.value for m in counts.values()) == total.value


@pytest.mark.parametrize(
    ("cut", "item"),
    [
        ("base_model: acme/base\nbase_model_relation: finetune\n", "base-model"),
        ("## Training procedure\nThree epochs on one GPU for 2 hours.\n", "training-process"),
        ("## Training procedure\nThree epochs on one GPU for 2 hours.\n", "compute"),
        ("co2_eq_emissions: 12\n", "energy"),
        (", collected with the consent of their authors; personal data was removed", "data-collection"),
        (", collected with the consent of their authors; personal data was removed", "personal-data"),
        ("### Out-of-scope use\nMedical or clinical texts.\n", "out-of-scope-use"),
        ("## Bias, risks and limitations\nIrony.\n", "limitations"),
        ("Developed by the reviews team of Acme.\n", "publisher"),
        ("Version 1.2.0, released in May 2026.", "version"),
        ("Version 1.2.0, released in May 2026.", "release-date"),
        ("library_name: transformers\n", "software"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_cut_from_the_card_is_missing(ask, cut, item):
    assert cut in FULL
    assert item in missing(ask(model(FULL.replace(cut, ""))))


def test_training_data_may_stand_in_a_field_or_in_a_section(ask):
    without_field = FULL.replace("datasets: [acme/reviews]\n", "")
    without_both = without_field.replace("## Training data", "## Acknowledgements")
    assert "training-data" not in missing(ask(model(without_field)))
    assert "training-data" in missing(ask(model(without_both)))


@pytest.mark.parametrize("text", ["", "[More Information Needed]", "<!-- fill in -->", "TODO"])
def test_a_heading_with_a_placeholder_declares_nothing(ask, text):
    assert "limitations" in missing(ask(model(FULL.replace("Irony.", text))))


def test_a_missing_item_names_whom_to_ask_what_and_where_standards_want_it(ask):
    found = ask(model(FULL.replace("co2_eq_emissions: 12\n", "")))
    finding = next(f for f in found.findings if f.where == "energy")
    assert finding.action.startswith("ask the publisher")
    assert "EU Annex XI 1(2)(e)" in finding.references


def test_without_a_card_one_finding_says_so(ask):
    found = ask(model(files={"README.md": None}))
    assert rules(found) == ["WGH-V002"]
    assert "no model card" in found.findings[0].message
    assert found.answered
    assert found.measure("items_declared", group="data").value == 0


def test_a_card_without_headings_is_read_too(ask):
    found = ask(model("Developed by Acme. Trained from scratch. We could not ask for consent."))
    assert not {"publisher", "base-model", "data-collection"} & missing(found)


def test_a_card_that_is_no_text_is_inconclusive(ask):
    found = ask(model(b"---\n\xff\xfe\n"))
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "README.md was not read" in found.outcome.reason


def test_the_configuration_hints_at_a_base_the_card_is_silent_about(ask):
    card = FULL.replace("base_model: acme/base\nbase_model_relation: finetune\n", "")
    found = ask(model(card, config={"_name_or_path": "other/base"}))
    finding = next(f for f in found.findings if f.where == "base-model")
    assert "other/base" in finding.message


ADAPTER = {"adapter_config.json": json.dumps({"base_model_name_or_path": "other/model"}).encode()}
RESULT = "dataset: {name: Held out, type: acme/held-out, split: test}"
PLANTED = {
    "adapter on another base": (FULL, {}, ADAPTER, "WGH-V003"),
    "written for a model in between": (FULL, {"_name_or_path": "other/middle"}, {}, "WGH-V004"),
    "adapter without adapter": (FULL.replace("finetune", "adapter"), {}, {}, "WGH-V005"),
    "quantized in F32": (FULL.replace("finetune", "quantized"), {}, {}, "WGH-V005"),
    "relation to nothing": (FULL.replace("base_model: acme/base\n", ""), {}, {}, "WGH-V005"),
    "other size": (FULL, {}, {"model.safetensors": weights(5000)}, "WGH-V006"),
    "library without files": (FULL.replace("transformers", "sentence-transformers"), {}, {}, "WGH-V007"),
    "task of another kind": (FULL, {"architectures": ["BertForTokenClassification"]}, {}, "WGH-V008"),
    "result without data": (FULL.replace(RESULT, "split: x"), {}, {}, "WGH-V009"),
    "tested on what it learned": (FULL.replace("acme/held-out", "acme/reviews"), {}, {}, "WGH-V010"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_contradiction_is_found_and_no_other(ask, name):
    card, config, files, rule = PLANTED[name]
    found = ask(model(card, config=config, files=files))
    contradictions = {f"WGH-V{i:03d}" for i in range(3, 11)}
    expected = {rule, "WGH-V005"} if files is ADAPTER else {rule}
    assert set(rules(found)) & contradictions == expected
    assert found.measure("contradictions").value == len(expected)


LIBRARIES = {
    "transformers": {},
    "onnx": {"model.onnx": b""},
    "sentence-transformers": {"modules.json": b"[]"},
}
TASKS = {
    "BertForSequenceClassification": ["text-classification", "zero-shot-classification"],
    "BertModel": ["feature-extraction", "sentence-similarity"],
    "GPT2LMHeadModel": ["text-generation", "summarization"],
}


def test_models_whose_papers_agree_raise_no_contradiction(ask):
    rng = random.Random(0)
    for _ in range(200):
        library, architecture = rng.choice(list(LIBRARIES)), rng.choice(list(TASKS))
        count = rng.randint(500, 9000)
        card = FULL.replace("library_name: transformers", f"library_name: {library}")
        card = card.replace("1.2k parameters", f"{count * rng.uniform(0.8, 1.2) / 1000:.1f}k parameters")
        card = card.replace("text-classification\nbase", f"{rng.choice(TASKS[architecture])}\nbase")
        card = card.replace("acme/base", rng.choice(["acme/base", "acme/base@v1", "base"]))
        files = {"model.safetensors": weights(count), **LIBRARIES[library]}
        found = ask(model(card, config={"architectures": [architecture]}, files=files))
        assert found.measure("contradictions").value == 0, [f.message for f in found.findings]


def test_tested_on_the_training_split_is_severe(ask):
    card = FULL.replace("acme/held-out, split: test", "acme/reviews, split: train")
    finding = next(f for f in ask(model(card)).findings if f.rule == "WGH-V010")
    assert finding.severity is Severity.HIGH


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"_name_or_path": "acme/stars"}},
        {"config": {"_name_or_path": "./local/folder"}},
        {"config": {"_name_or_path": "acme/base"}},
        {"files": {"model.safetensors": weights(1700)}},
        {"files": {"model.safetensors": weights(900)}},
        {"files": {"model.safetensors": weights(300, np.uint8)}},
        {"files": {"adapter_config.json": json.dumps({"base_model_name_or_path": "hub/base"}).encode()}},
    ],
    ids=str,
)
def test_what_agrees_well_enough_is_no_contradiction(ask, change):
    found = ask(model(FULL.replace("base_model_relation: finetune\n", ""), **change))
    assert found.measure("contradictions").value == 0


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a 7B parameter model", [7e9]),
        ("with 22.7 million parameters", [22.7e6]),
        ("1.2k parameters, 110M total parameters", [1.2e3, 110e6]),
        ("7B tokens and 3 million rows", []),
        ("v1.7b parameters", []),
        ("500 parameters", []),
    ],
)
def test_sizes_are_read_only_where_they_are_sizes_of_parameters(text, sizes):
    assert stated_sizes(text) == pytest.approx(sizes)


def test_declared_data_sets_are_named_with_what_nobody_knows_of_them(ask):
    names = ", ".join(f"set{i}" for i in range(14))
    found = ask(model(FULL.replace("[acme/reviews]", f"[acme/reviews, {names}]")))
    finding = next(f for f in found.findings if f.rule == "WGH-V011")
    assert finding.message.startswith("15 data sets are named without version or terms, 14 of them")
    assert finding.message.endswith("and 5 more")


def test_what_of_the_front_matter_was_not_read_is_said(ask):
    found = ask(model(FULL.replace("license: apache-2.0", "license: *anchor")))
    assert "WGH-V012" in rules(found)


def test_package_metadata_states_the_version(ask):
    card = FULL.replace("Version 1.2.0, released in May 2026.", "")
    metadata = b"Metadata-Version: 2.1\nName: acme\nVersion: 3.1\n\n"
    with_package = ask(model(card, files={"papers/acme-3.1/METADATA": metadata}))
    assert "version" in missing(ask(model(card)))
    assert "version" not in missing(with_package)


def test_contradictions_are_counted_of_what_had_two_sides(ask):
    """The full card has a size, a library, a task, results and data sets; no adapter, no relation alone."""
    full = ask(model(FULL)).measure("contradictions")
    assert 0 < full.n <= 8
    assert full.value == 0
    assert ask(model(files={"README.md": None})).measure("contradictions") is None
    assert ask(model("# Just prose\n")).measure("contradictions") is None
    adapter = ask(model(FULL, files=ADAPTER)).measure("contradictions")
    assert adapter.value <= adapter.n


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        (FULL + "x" * 1_050_000, OutcomeKind.INCONCLUSIVE),
        (FULL + "\n# a\nb\n" * 201, OutcomeKind.INCONCLUSIVE),
        (FULL + "\n# Notes\n" + "Words.\n" * 1000, OutcomeKind.ANSWERED),
    ],
    ids=["over a MiB", "over 200 sections", "long section"],
)
def test_a_card_that_was_not_read_to_the_end_says_so(ask, card, kind):
    found = ask(model(card))
    assert "WGH-V013" in rules(found)
    assert found.outcome.kind is kind
    assert "WGH-V013" not in rules(ask(model(FULL)))


@settings(max_examples=50, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("#-*:[]{}\n aBp7.|`")), max_size=120),
    st.dictionaries(
        st.sampled_from(["base_model", "datasets", "pipeline_tag", "library_name", "base_model_relation"]),
        st.sampled_from(["[]", "{a: 1}", "[1, {b: 2}]", "3", "''", "adapter", "peft"]),
        max_size=4,
    ),
)
def test_no_card_whatever_it_says_breaks_the_check(front, fields):
    # Fixtures do not mix with hypothesis, so the view is made here.
    import hashlib

    from weigh.core.check import Context
    from weigh.core.events import Silent
    from weigh.core.request import Request
    from weigh.core.snapshot import Snapshot, SnapshotFile
    from weigh.core.subject import Subject, SubjectKind
    from weigh.formats.reader import BytesReader
    from weigh.store.view import ModelView

    head = "".join(f"{key}: {value}\n" for key, value in fields.items())
    files = model(f"---\n{head}---\n{front}")
    snapshot = Snapshot.of(SnapshotFile(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in files.items())
    view = ModelView(snapshot, lambda file: BytesReader(files[file.path]))
    request = Request("provenance", "code", Subject(SubjectKind.MODEL, "sha256:0"))
    found = CHECK.run(view, Context(request, None, Silent()))
    assert found.measure("items_declared", group="all").n == len(ITEMS)
    assert found.digest
