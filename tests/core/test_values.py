import dataclasses
import random

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.canonical import dumps, loads
from weigh.core.errors import ExitCode, IntegrityError, NotFoundError, WeighError
from weigh.core.evidence import Artifact, Evidence
from weigh.core.facts import Coverage, FileFacts
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.gate import Word, judge_file, worst_word
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.outcome import ANSWERED
from weigh.core.predictor import Predictor
from weigh.core.request import Request
from weigh.core.snapshot import Snapshot, SnapshotFile, is_safe_path
from weigh.core.subject import Subject, SubjectKind
from weigh.core.verdict import VerdictKind, worst

A, B = "a" * 64, "b" * 64
SUBJECT = Subject(SubjectKind.MODEL, "sha256:" + A, "a name")
REQUEST = Request(
    "accuracy",
    "sha256:" + B,
    SUBJECT,
    {"metric": "accuracy"},
    (("data", A), ("features", B)),
    7,
    (("numpy", "2"),),
)
MEASURE = Measure("accuracy", 0.75, "fraction", 100, 0.6, 0.9, labels=labelled(test="in-domain"))
TIMING = Measure("latency_p95", 6.5, "ms", 50, observed=True, direction=Direction.LOWER)
FINDING = Finding("WGH-S001", Severity.HIGH, Confidence.HIGH, "x", "m", "w", "a", ("CWE-20",))
EVIDENCE = Evidence(
    REQUEST.digest, "accuracy", SUBJECT, ANSWERED, (FINDING,), (MEASURE, TIMING), (Artifact("p", A, 3),)
)


def test_the_order_of_inputs_does_not_change_a_request():
    shuffled = dataclasses.replace(REQUEST, inputs=tuple(reversed(REQUEST.inputs)))
    assert shuffled.digest == REQUEST.digest


@pytest.mark.parametrize(
    "change",
    [
        {"check": "slices"}, {"code": "sha256:" + A}, {"parameters": {"metric": "macro_f1"}},
        {"inputs": (("data", B), ("features", B))}, {"seed": 8}, {"runtimes": (("numpy", "3"),)},
        {"machine": "other"}, {"subject": Subject(SubjectKind.MODEL, "sha256:" + B)},
        {"subject": Subject(SubjectKind.PREDICTOR, SUBJECT.digest)},
    ],
)  # fmt: skip
def test_everything_that_changes_the_answer_changes_the_request(change):
    assert dataclasses.replace(REQUEST, **change).digest != REQUEST.digest


def test_the_name_of_a_subject_changes_no_digest():
    renamed = Subject(SUBJECT.kind, SUBJECT.digest, "another name")
    assert dataclasses.replace(REQUEST, subject=renamed).digest == REQUEST.digest
    assert dataclasses.replace(EVIDENCE, subject=renamed).digest == EVIDENCE.digest


def test_an_observed_reading_changes_no_evidence_digest_and_a_claim_does():
    slower = dataclasses.replace(TIMING, value=99.0)
    worse = dataclasses.replace(MEASURE, value=0.74)
    assert dataclasses.replace(EVIDENCE, measures=(MEASURE, slower)).digest == EVIDENCE.digest
    assert dataclasses.replace(EVIDENCE, measures=(worse, TIMING)).digest != EVIDENCE.digest


@pytest.mark.parametrize("value", [EVIDENCE, REQUEST])
def test_values_survive_canonical_json(value):
    again = msgspec.convert(loads(dumps(value)), type(value))
    assert dumps(again) == dumps(value)
    assert again.digest == value.digest


def test_a_predictor_is_named_by_how_it_was_made():
    one = Predictor("probe", A, {"c": 1.0}, B, 0)
    assert one.digest == Predictor("probe", A, {"c": 1.0}, B, 0).digest
    assert one.digest != dataclasses.replace(one, seed=1).digest


FILES = st.lists(
    st.builds(
        SnapshotFile,
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True),
        st.integers(0, 9),
        st.just(A),
    ),
    unique_by=lambda f: f.path,
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(FILES, st.randoms())
def test_a_snapshot_does_not_depend_on_order(files, rng):
    shuffled = list(files)
    rng.shuffle(shuffled)
    assert Snapshot.of(shuffled).digest == Snapshot.of(files).digest


def test_any_changed_file_changes_the_snapshot():
    files = [SnapshotFile(f"f{i}", i, A) for i in range(5)]
    base = Snapshot.of(files).digest
    for i, f in enumerate(files):
        for other in (
            SnapshotFile(f.path, f.size, B),
            SnapshotFile(f.path + "x", f.size, A),
            SnapshotFile(f.path, 9, A),
        ):
            assert Snapshot.of([*files[:i], other, *files[i + 1 :]]).digest != base


@pytest.mark.parametrize(
    "path", ["/abs", "../up", "a/../b", "a//b", "", "a\\b", "C:/x", "a\x00b", "./a", "a/."]
)
def test_a_path_that_could_leave_its_folder_is_refused(path):
    assert not is_safe_path(path)
    with pytest.raises(IntegrityError):
        SnapshotFile(path, 1, A)


def test_a_path_that_stands_twice_is_refused():
    with pytest.raises(IntegrityError):
        Snapshot.of([SnapshotFile("a", 1, A), SnapshotFile("a", 2, B)])


def test_asking_a_snapshot_for_an_unknown_file_says_so():
    with pytest.raises(NotFoundError):
        Snapshot.of([]).file("x")


@given(st.lists(st.sampled_from(VerdictKind)))
def test_fail_beats_unknown_beats_pass(kinds):
    result = worst(kinds)
    assert (result is VerdictKind.FAIL) == (VerdictKind.FAIL in kinds)
    if result is VerdictKind.PASS:
        assert VerdictKind.UNKNOWN not in kinds


@pytest.mark.parametrize("coverage", [c for c in Coverage if c is not Coverage.COMPLETE])
def test_what_was_not_read_completely_is_never_clean(coverage):
    assert judge_file(FileFacts("x", "onnx", coverage), ()) is not Word.CLEAN


def test_only_a_certain_critical_finding_is_malicious():
    facts = FileFacts("x", "onnx", Coverage.COMPLETE)
    certain = dataclasses.replace(FINDING, severity=Severity.CRITICAL)
    unsure = dataclasses.replace(certain, confidence=Confidence.MEDIUM)
    assert judge_file(facts, ()) is Word.CLEAN
    assert judge_file(facts, (FINDING,)) is Word.REVIEW
    assert judge_file(facts, (unsure,)) is Word.REVIEW
    assert judge_file(facts, (certain,)) is Word.MALICIOUS


def test_the_worst_word_does_not_depend_on_order():
    words = list(Word)
    random.Random(0).shuffle(words)
    assert worst_word(words) is Word.MALICIOUS


def test_every_error_says_how_a_process_ends():
    def tree(cls):
        yield cls
        for sub in cls.__subclasses__():
            yield from tree(sub)

    for cls in tree(WeighError):
        assert cls.exit_code in {ExitCode.NO, ExitCode.USAGE, ExitCode.UNKNOWN}
        assert cls.__doc__


def test_an_error_tells_what_why_and_what_to_try():
    assert str(WeighError("a", why="b", hint="c")) == "a · why: b · try: c"
