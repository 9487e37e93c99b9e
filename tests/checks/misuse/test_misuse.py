import json
import random
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given, settings, strategies as st

from weigh.checks.case import Declared, Earlier, NotAsked
from weigh.checks.misuse.capabilities import ABOUT_PERSONS, CAPABILITIES
from weigh.checks.misuse.misuse import CHECK, TO_SIGN, MisuseSubject, put
from weigh.checks.misuse.uses import EU_AI_ACT, WORDS_OF_USE, rulings
from weigh.core.finding import Confidence, Severity
from weigh.core.licence import Use
from weigh.core.outcome import OutcomeKind
from weigh.core.sign_off import SignOff, SignOffQuestion, to_bytes
from weigh.core.subject import Subject, SubjectKind

MODEL = "sha256:" + "0" * 64


@pytest.fixture
def ask(view_of, context_of):
    def put_question(files, uses=(), signed=()):
        return CHECK.run(MisuseSubject(view_of(files), uses, signed), context_of("misuse"))

    return put_question


def card(prose="", **front):
    lines = "".join(f"{key}: {value}\n" for key, value in front.items())
    return {"README.md": f"---\n{lines}---\n{prose}".encode()}


def config(**keys):
    return {"config.json": json.dumps(keys).encode()}


def capabilities(evidence):
    return {f.where for f in evidence.findings if f.rule == "WGH-H001"}


def of_rule(evidence, rule):
    return [f for f in evidence.findings if f.rule == rule]


@pytest.mark.parametrize(
    ("task", "capability"),
    [
        ("sentence-similarity", "text-matching"),
        ("text-generation", "text-generation"),
        ("text-to-speech", "voice-synthesis"),
        ("text-to-image", "image-generation"),
        ("token-classification", "text-extraction"),
        ("object-detection", "image-recognition"),
        ("automatic-speech-recognition", "speech-recognition"),
        ("tabular-classification", "tabular-decision"),
    ],
)
def test_a_declared_task_implies_what_it_can_be_misused_for(ask, task, capability):
    found = ask(card(pipeline_tag=task))
    assert capabilities(found) == {capability}
    finding = of_rule(found, "WGH-H001")[0]
    assert finding.confidence is Confidence.HIGH
    assert f"task {task} in README.md" in finding.message
    assert found.answered


def test_without_a_declared_task_the_architecture_speaks(ask):
    found = ask(config(architectures=["BertForSequenceClassification"], model_type="bert"))
    assert capabilities(found) == {"text-sorting"}
    assert of_rule(found, "WGH-H001")[0].confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("starcoder2", "code-generation"),
        ("whisper", "speech-recognition"),
        ("vits", "voice-synthesis"),
        ("acme/arcface-r50", "face-recognition"),
        ("clip", "image-recognition"),
    ],
)
def test_a_model_type_implies_more_than_its_task(ask, name, capability):
    assert capability in capabilities(ask(config(model_type=name)))


@pytest.mark.parametrize("name", ["bert", "eclipse", "embark", "surface", "interface-net", "mistral"])
def test_names_that_only_contain_a_word_imply_nothing(ask, name):
    assert capabilities(ask(config(model_type=name))) == set()


def test_tags_count_as_declared(ask):
    assert capabilities(ask(card(tags="[text-to-video, en]"))) == {"image-generation"}


def test_grave_capabilities_are_graver(ask):
    severities = {
        task: of_rule(ask(card(pipeline_tag=task)), "WGH-H001")[0].severity
        for task in ("text-to-speech", "sentence-similarity")
    }
    assert severities == {"text-to-speech": Severity.MEDIUM, "sentence-similarity": Severity.LOW}


def test_when_nothing_says_what_it_does_the_question_stays_open(ask):
    found = ask({"notes.txt": b"weights"})
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert of_rule(found, "WGH-H009")


def test_inputs_of_a_graph_speak_where_nothing_else_does(ask):
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    for name, shape, capability in (
        ("pixel_values", ["n", 3, 8, 8], "image-recognition"),
        ("x", ["n", 3, 224, 224], "image-recognition"),
        ("waveform", ["n", "t"], "voice-recognition"),
        ("input_ids", ["n", "t"], "text-matching"),
    ):
        ends = [helper.make_tensor_value_info(n, kind, shape) for n in (name, "y")]
        graph = helper.make_graph([helper.make_node("Relu", [name], ["y"])], "g", ends[:1], ends[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        found = ask({"model.onnx": model.SerializeToString()})
        assert capabilities(found) == {capability}, name
        assert of_rule(found, "WGH-H001")[0].confidence is Confidence.LOW


def test_labels_that_speak_of_persons_are_judgements_on_people(ask):
    labels = {"0": "Female", "1": "male", "2": "age_20_29", "3": "other"}
    found = ask(config(architectures=["ViTForImageClassification"], id2label=labels))
    finding = of_rule(found, "WGH-H002")[0]
    assert "Female, male, age_20_29" in finding.message
    neutral = config(architectures=["ViTForImageClassification"], id2label={"0": "tabby", "1": "stage"})
    assert not of_rule(ask(neutral), "WGH-H002")


@pytest.mark.parametrize("word", ["stage", "terrace", "trace", "Essex", "message", "bracelet"])
def test_labels_that_only_contain_such_a_word_are_not(word):
    assert not ABOUT_PERSONS.search(word)


OUT = """# m
## Out-of-scope use
Clinical or diagnostic texts.
### Also
Weapons.
## More
For all medical texts.
"""


@pytest.mark.parametrize(("use", "line"), [("medical", 5), ("military", 7)])
def test_a_declared_use_that_the_card_rules_out_is_a_conflict(ask, use, line):
    found = ask(card(OUT, pipeline_tag="feature-extraction"), (use,))
    finding = of_rule(found, "WGH-H003")[0]
    assert finding.severity is Severity.HIGH
    assert finding.where == f"README.md line {line}"
    assert found.measure("use_conflicts").value == 1
    assert found.measure("use_conflicts").n == 1


def test_a_single_sentence_that_rules_it_out_counts_less(ask):
    found = ask(card("# m\nIt is good. It must not be used for medical texts. Fine."), ("medical",))
    finding = of_rule(found, "WGH-H003")[0]
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.LOW)
    assert "must not be used for medical texts" in finding.message


@pytest.mark.parametrize(
    "prose", ["# m\nMedical texts are what it is made for.", OUT.replace("Clinical", "")]
)
def test_a_use_the_card_does_not_rule_out_is_no_conflict(ask, prose):
    found = ask(card(prose, pipeline_tag="feature-extraction"), ("commercial",))
    assert found.measure("use_conflicts").value == 0
    assert not of_rule(found, "WGH-H003")


def test_what_a_licence_forbids_is_asked_elsewhere(ask):
    found = ask(card(license="cc-by-nc-4.0"), ("commercial",))
    assert found.measure("use_conflicts").value == 0


NOT_FOR = (
    "It must not be used for {}.",
    "Do not use it for {}",
    "## Prohibited uses\n- {}\n",
    "{}: not intended.",
)
WORDS = {"medical": "diagnoses", "military": "weapons", "legal": "law enforcement", "biometric": "biometrics"}


def test_planted_conflicts_are_found_and_none_where_there_is_none(ask):
    rng = random.Random(0)
    found = alarms = 0
    for _ in range(200):
        use = rng.choice(sorted(WORDS))
        said = rng.choice(NOT_FOR).format(WORDS[use])
        filler = "".join(f"## Part {i}\nMade for {rng.choice(list(WORDS.values()))}.\n" for i in range(3))
        licence = rng.choice(["mit", "apache-2.0", "bsd-3-clause", "cc-by-4.0"])
        front = {"license": licence, "pipeline_tag": "text-classification"}
        found += ask(card(f"{filler}\n{said}", **front), (use,)).measure("use_conflicts").value > 0
        alarms += ask(card(filler, **front), (use,)).measure("use_conflicts").value > 0
    assert found == 200
    assert alarms == 0


def test_uses_that_law_speaks_of_name_the_place(ask):
    found = ask(card(), ("biometric", "commercial"))
    finding = of_rule(found, "WGH-H005")
    assert [f.where for f in finding] == ["biometric"]
    assert "EU 2024/1689 Annex III 1" in finding[0].references
    assert set(EU_AI_ACT) <= set(WORDS_OF_USE)


def test_every_use_has_words_by_which_a_card_rules_it_out():
    assert WORDS_OF_USE.keys() == {use.value for use in Use}


@pytest.mark.parametrize(
    ("prose", "ruled_out"),
    [
        ("It must not be used for research on people.", True),
        ("Do not use it in teaching.", True),
        ("It must not be used commercially; it is for research purposes only.", False),
        ("Do not use it for anything other than research.", False),
        ("It is only for research and not meant for products.", False),
    ],
)
def test_a_card_that_rules_all_but_research_out_rules_research_in(ask, prose, ruled_out):
    found = ask(card(f"# m\n{prose}", pipeline_tag="feature-extraction"), ("research",))
    assert bool(of_rule(found, "WGH-H003")) is ruled_out
    assert found.measure("use_conflicts").value == ruled_out


def test_without_declared_uses_there_is_no_share_of_them(ask):
    assert ask(card(OUT, pipeline_tag="feature-extraction")).measure("use_conflicts") is None


LONG = "Words about it.\n" * 400


@pytest.mark.parametrize(
    ("card_bytes", "severity", "kind"),
    [
        (b"\xff\xfe\0", Severity.MEDIUM, OutcomeKind.INCONCLUSIVE),
        (b"---\npipeline_tag: fill-mask\n---\n# m\n\xff\n", Severity.MEDIUM, OutcomeKind.INCONCLUSIVE),
        (b"x" * 1_050_000 + b"\n# Out-of-scope use\nmedical", Severity.MEDIUM, OutcomeKind.INCONCLUSIVE),
        (b"# a\nb\n" * 201 + b"# Prohibited\nmedical", Severity.MEDIUM, OutcomeKind.INCONCLUSIVE),
        (f"# m\n{LONG}\nIt must not be used for medical texts.".encode(), Severity.LOW, OutcomeKind.ANSWERED),
    ],
    ids=["no text", "not UTF-8", "over a MiB", "over 200 sections", "long section"],
)
def test_a_card_that_was_not_read_to_the_end_is_no_silent_card(ask, card_bytes, severity, kind):
    config = json.dumps({"architectures": ["BertForSequenceClassification"]}).encode()
    found = ask({"README.md": card_bytes, "config.json": config}, ("medical",))
    assert of_rule(found, "WGH-H010")[0].severity is severity
    assert found.outcome.kind is kind
    if kind is OutcomeKind.INCONCLUSIVE:
        assert not of_rule(found, "WGH-H007")


def test_a_card_that_was_read_whole_leaves_nothing_to_say_of_it(ask):
    assert not of_rule(ask(card(OUT + "## x\ny\n" * 150)), "WGH-H010")


def test_silence_of_card_and_user_is_named(ask):
    silent = ask(card(pipeline_tag="feature-extraction"))
    assert of_rule(silent, "WGH-H007")
    assert of_rule(silent, "WGH-H008")
    spoken = ask(card(OUT, pipeline_tag="feature-extraction"), ("commercial",))
    assert not of_rule(spoken, "WGH-H007")
    assert not of_rule(spoken, "WGH-H008")


def signed(question, by="Ada, product", expires="", because="why"):
    return SignOff(question, MODEL, by, because, "2026-11-21", expires)


def test_nothing_is_ever_cleared_without_a_person(ask):
    found = ask(card(OUT, pipeline_tag="feature-extraction", license="mit"), ("commercial",))
    finding = of_rule(found, "WGH-H009")[0]
    assert finding.severity is Severity.LOW
    assert finding.message.count("not signed") == len(TO_SIGN)


def test_who_signed_and_until_when_is_shown(ask):
    some = (signed(SignOffQuestion.MISUSE, expires="2027-01-31"),)
    finding = of_rule(ask(card(), (), some), "WGH-H009")[0]
    assert "misuse: Ada, product, until 2027-01-31" in finding.message
    assert finding.severity is Severity.LOW


def test_what_was_signed_is_listed_and_never_counted(ask):
    """Whether a sign-off still holds, and whether it is about this data, only a policy can say."""
    data = "sha256:" + "5" * 64
    every = [signed(question, expires="2020-01-01") for question in TO_SIGN[:2]]
    every.append(SignOff(TO_SIGN[2], MODEL, "Bo, legal", "why", "2026-11-21", "", data))
    found = ask(card(), (), tuple(every))
    finding = of_rule(found, "WGH-H009")[0]
    assert finding.severity is Severity.LOW
    assert finding.message.count("until 2020-01-01") == 2
    assert "about the data sha256:555555555555…, without an end" in finding.message
    assert not [m for m in found.measures if m.name == "sign_offs"]


def case_of(view, sign_offs, uses=()):
    def elsewhere(check):
        assert check == "sign-off"
        return [
            Earlier(Subject(SubjectKind.MODEL, digest), f"sha256:{i}", lambda _, d=data: d)
            for i, (digest, data) in enumerate(sign_offs)
        ]

    model = SimpleNamespace(subject=Subject(SubjectKind.MODEL, MODEL), view=view, elsewhere=elsewhere)
    return SimpleNamespace(model=model, declared=Declared(uses=uses))


def test_the_question_rests_on_the_sign_offs_about_this_model_and_no_other(view_of):
    view = view_of(card())
    mine = to_bytes(signed(SignOffQuestion.MISUSE))
    other = "sha256:" + "9" * 64
    asking = put(case_of(view, [(MODEL, mine), (other, mine), (MODEL, b"junk")], ("medical", "commercial")))
    assert asking.parameters == {"uses": ["commercial", "medical"]}
    assert asking.inputs == (("sign-off 0", "sha256:0"), ("sign-off 1", "sha256:2"))
    assert asking.payload().signed == (signed(SignOffQuestion.MISUSE),)


def test_a_statement_about_another_model_does_not_count_whatever_record_it_lies_in(view_of):
    foreign = SignOff(SignOffQuestion.MISUSE, "sha256:" + "9" * 64, "Eve", "mine", "2026-11-21")
    asking = put(case_of(view_of(card()), [(MODEL, to_bytes(foreign))]))
    assert asking.payload().signed == ()


def test_of_one_person_the_last_statement_counts(view_of):
    first = to_bytes(signed(SignOffQuestion.MISUSE, because="first"))
    last = signed(SignOffQuestion.MISUSE, because="last", expires=date(2026, 12, 1).isoformat())
    asking = put(case_of(view_of(card()), [(MODEL, first), (MODEL, to_bytes(last))]))
    assert asking.payload().signed == (last,)


def test_without_a_model_the_question_does_not_arise():
    assert isinstance(put(SimpleNamespace(model=None, declared=Declared())), NotAsked)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("# abNot.\nmust not prohibited-")), max_size=200))
def test_any_prose_is_read_for_what_it_rules_out(prose):
    from weigh.formats.model_card import read_model_card
    from weigh.formats.reader import BytesReader

    facts = read_model_card(BytesReader(prose.encode()), "README.md")
    for ruling in rulings(SimpleNamespace(all_facts=lambda: (facts,))):
        assert ruling.where.startswith("README.md line ")


def test_a_card_of_one_endless_sentence_is_read_in_time(ask):
    found = ask(card("# m\n" + "must not " * 100_000 + "\n" + "## x\nnot be used " * 10_000), ("medical",))
    assert found.measure("capabilities").n == len(CAPABILITIES)
