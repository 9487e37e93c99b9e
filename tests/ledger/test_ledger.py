import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.ledger.strategies import SteppingClock, asked
from tests.store.crash_subjects import Collector

from weigh.core.canonical import dumps, loads
from weigh.core.digest import of_value, sha256_hex
from weigh.core.errors import OfflineError, StorageError
from weigh.core.evidence import Artifact, Evidence
from weigh.core.measure import Measure
from weigh.core.outcome import ANSWERED, Outcome, OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.ledger.ledger import Ledger
from weigh.ledger.names import RecordName, parse_name
from weigh.store.blobs import Blobs

PROJECT = Path(__file__).parents[2]
SUBJECT = Subject(SubjectKind.MODEL, of_value("model"), "the model")
REUSED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def watcher():
    return Collector()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "store")


@pytest.fixture
def ledger(tmp_path, blobs, watcher):
    return opened(tmp_path, blobs, watcher)


def opened(tmp_path, blobs, watcher=None, **options):
    clock = options.pop("clock", None) or SteppingClock()
    return Ledger(
        tmp_path / "ledger", blobs, clock=clock, tool="1.2", host="x86-64", events=watcher, **options
    )


def question(number=0):
    return Request("accuracy", of_value("code"), SUBJECT, {"n": number})


def answer_to(request, *, value=0.5, outcome=ANSWERED, **more):
    measures = (Measure("accuracy", value, "fraction", 100),)
    return Evidence(request.digest, request.check, request.subject, outcome, measures=measures, **more)


class Answerer:
    """Answers, and counts how often it had to."""

    def __init__(self, evidence):
        self.evidence = evidence
        self.times = 0

    def __call__(self):
        self.times += 1
        return self.evidence


def files(ledger):
    return sorted((ledger.root / "records").glob("*/*/*"))


def overwrite(path, data):
    path.chmod(0o644)
    path.write_bytes(data)


# One request, one answer


@given(pair=asked())
@REUSED
def test_what_was_recorded_is_served_and_not_asked_again(ledger, pair):
    request, evidence = pair
    first = ledger.answer(request, lambda: evidence, refresh=True)
    answerer = Answerer(evidence)
    again = ledger.answer(request, answerer)
    assert answerer.times == 0
    assert first.evidence == again.evidence == evidence
    assert again.evidence.digest == evidence.digest
    assert again.request.digest == request.digest
    assert first.envelope == replace(again.envelope, fresh=True)
    assert not again.envelope.fresh


def test_the_envelope_says_when_where_and_by_what(ledger):
    envelope = ledger.answer(question(), Answerer(answer_to(question()))).envelope
    assert (envelope.tool, envelope.host, envelope.fresh) == ("1.2", "x86-64", True)
    assert envelope.started == 1_800_000_001.0
    assert envelope.seconds == 1.0


def test_another_request_is_another_question(ledger):
    answerer = Answerer(answer_to(question(1)))
    ledger.answer(question(0), Answerer(answer_to(question(0))))
    ledger.answer(question(1), answerer)
    assert answerer.times == 1


def test_the_name_is_the_one_of_today(ledger):
    ledger.answer(question(), Answerer(answer_to(question())))
    renamed = replace(question(), subject=replace(SUBJECT, name="our model"))
    served = ledger.answer(renamed, Answerer(None)).evidence
    assert served.subject.name == "our model"
    assert served.digest == answer_to(question()).digest


@pytest.mark.parametrize("kind", [OutcomeKind.ERROR, OutcomeKind.NOT_RUN])
def test_what_was_not_run_or_broke_is_logged_and_asked_again(ledger, kind):
    failed = answer_to(question(), outcome=Outcome(kind, "no extra", extra="onnx"))
    ledger.answer(question(), Answerer(failed))
    assert ledger.find(question().digest) is None
    answerer = Answerer(answer_to(question()))
    assert ledger.answer(question(), answerer).evidence.answered
    assert answerer.times == 1
    assert [r.evidence.outcome.kind for r in ledger.records(question().digest)] == [kind, "answered"]


def test_an_inconclusive_answer_is_served(ledger):
    outcome = Outcome(OutcomeKind.INCONCLUSIVE, "too few rows", needs_n=400)
    ledger.answer(question(), Answerer(answer_to(question(), outcome=outcome)))
    assert ledger.answer(question(), Answerer(None)).evidence.outcome == outcome


def test_a_failure_after_an_answer_does_not_hide_it(ledger):
    ledger.answer(question(), Answerer(answer_to(question())))
    failed = answer_to(question(), outcome=Outcome(OutcomeKind.ERROR, "worker died"))
    assert not ledger.answer(question(), Answerer(failed), refresh=True).evidence.answered
    assert ledger.answer(question(), Answerer(None)).evidence.answered


@pytest.mark.parametrize("whole", [False, True])
def test_refresh_asks_again_and_keeps_the_old_record(tmp_path, blobs, ledger, whole):
    ledger.answer(question(), Answerer(answer_to(question(), value=0.5)))
    again = opened(tmp_path, blobs, refresh=whole, clock=SteppingClock(1_900_000_000.0))
    again.answer(question(), Answerer(answer_to(question(), value=0.75)), refresh=not whole)
    values = [r.evidence.measures[0].value for r in ledger.records(question().digest)]
    assert values == [0.5, 0.75]
    assert ledger.find(question().digest).evidence.measures[0].value == 0.75


def test_the_newest_answer_is_served_even_when_the_clock_went_back(tmp_path, blobs, ledger):
    ledger.answer(question(), Answerer(answer_to(question(), value=0.5)))
    earlier = opened(tmp_path, blobs, clock=SteppingClock(1000.0))
    earlier.answer(question(), Answerer(answer_to(question(), value=0.75)), refresh=True)
    assert ledger.find(question().digest).evidence.measures[0].value == 0.75


def test_observed_readings_are_kept_though_the_digest_leaves_them_out(ledger):
    reading = Measure("latency_p95", 6.25, "ms", 200, observed=True)
    evidence = replace(answer_to(question()), measures=(reading,))
    ledger.answer(question(), Answerer(evidence))
    assert ledger.find(question().digest).evidence.measures == (reading,)


@pytest.mark.parametrize("error", [OfflineError("gone"), KeyboardInterrupt(), ZeroDivisionError()])
def test_an_answerer_that_raises_records_nothing(ledger, error):
    def raising():
        raise error

    with pytest.raises(type(error)):
        ledger.answer(question(), raising)
    assert files(ledger) == []


@pytest.mark.parametrize(
    "evidence",
    [
        answer_to(question(1)),
        replace(answer_to(question(0)), check="fairness"),
        replace(answer_to(question(0)), subject=Subject(SubjectKind.DATASET, of_value("model"))),
    ],
)
def test_evidence_for_another_question_is_a_bug(ledger, evidence):
    with pytest.raises(ValueError, match="another question"):
        ledger.answer(question(0), Answerer(evidence))
    assert files(ledger) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.5", True])
def test_a_value_that_does_not_survive_is_a_bug_now_and_not_a_corrupt_record_later(ledger, value):
    with pytest.raises((ValueError, TypeError)):
        ledger.answer(question(), Answerer(answer_to(question(), value=value)))
    assert files(ledger) == []


def test_a_numpy_number_is_served_as_the_number_it_is_or_refused(ledger):
    evidence = answer_to(question(), value=np.float64(0.5))
    try:
        ledger.answer(question(), Answerer(evidence))
    except ValueError:
        assert files(ledger) == []
    else:
        assert ledger.find(question().digest).evidence.measures[0].value == 0.5


@pytest.mark.parametrize("digest", ["", "sha256:", "../../etc", "sha256:" + "A" * 64, "0" * 63])
def test_what_is_no_digest_of_a_request_is_refused(ledger, digest):
    with pytest.raises(ValueError, match="digest"):
        ledger.find(digest)


# Artifacts


def with_artifact(blobs, request, data=b"predictions"):
    return answer_to(request, artifacts=(Artifact("predictions", blobs.put(data), len(data)),))


def test_evidence_whose_artifact_is_lost_is_answered_again(ledger, blobs):
    evidence = with_artifact(blobs, question())
    ledger.answer(question(), Answerer(evidence))
    assert ledger.answer(question(), Answerer(None)).evidence == evidence
    blobs.remove(evidence.artifacts[0].sha256)
    answerer = Answerer(evidence)
    ledger.answer(question(), answerer)
    assert answerer.times == 1
    assert len(files(ledger)) == 2


def test_an_older_answer_with_its_artifact_is_served_instead(ledger, blobs):
    old, new = with_artifact(blobs, question(), b"old"), with_artifact(blobs, question(), b"new")
    ledger.answer(question(), Answerer(old))
    ledger.answer(question(), Answerer(new), refresh=True)
    blobs.remove(new.artifacts[0].sha256)
    assert ledger.find(question().digest).evidence == old


def test_the_artifacts_of_all_served_records_are_what_pruning_keeps(ledger, blobs):
    kept = with_artifact(blobs, question(0))
    broken = with_artifact(blobs, question(1), b"partial predictions")
    ledger.answer(question(0), Answerer(kept))
    ledger.answer(question(1), Answerer(replace(broken, outcome=Outcome(OutcomeKind.ERROR, "died"))))
    assert ledger.artifacts() == {kept.artifacts[0].sha256}


# History


def test_history_is_in_the_order_of_asking(ledger):
    for number in [3, 1, 2, 1]:
        ledger.answer(question(number), Answerer(answer_to(question(number))), refresh=True)
    assert [r.request.parameters["n"] for r in ledger.history()] == [3, 1, 2, 1]


def test_an_empty_ledger_has_no_history_and_no_folder(ledger):
    assert list(ledger.history()) == []
    assert ledger.find(question().digest) is None
    assert not ledger.root.exists()


# Storage


def test_a_record_is_one_read_only_file_of_canonical_json_named_by_its_content(ledger):
    ledger.answer(question(), Answerer(answer_to(question())))
    (path,) = files(ledger)
    data = path.read_bytes()
    digest = question().digest.removeprefix("sha256:")
    assert path.parent == ledger.root / "records" / digest[:2] / digest
    assert path.name == f"00000001-01800000001000-answered-{sha256_hex(data)}.json"
    assert path.stat().st_mode & 0o777 == 0o444
    assert dumps(loads(data)) == data
    assert loads(data)["digest"] == answer_to(question()).digest
    assert list((ledger.root / "tmp").iterdir()) == []


@given(
    sequence=st.integers(1, 10**8 - 1),
    started=st.integers(0, 10**14 - 1),
    kind=st.sampled_from(OutcomeKind),
    data=st.binary(max_size=5),
)
@REUSED
def test_a_name_says_what_it_was_made_of(sequence, started, kind, data):
    name = RecordName(sequence, started, kind, sha256_hex(data))
    assert parse_name(name.text) == name


@pytest.mark.parametrize("text", ["", ".x.tmp", "README.md", "1-2-answered-" + "0" * 64 + ".json"])
def test_other_files_are_passed_over(ledger, text):
    assert parse_name(text) is None
    ledger.answer(question(), Answerer(answer_to(question())))
    if text:
        (files(ledger)[0].parent / text).write_text("hello")
    assert not ledger.answer(question(), Answerer(None)).envelope.fresh
    assert len(list(ledger.history())) == 1


@given(where=st.integers(0, 10**6), bit=st.integers(0, 7))
@REUSED
def test_one_flipped_bit_is_noticed_quarantined_told_and_answered_again(ledger, watcher, where, bit):
    ledger.answer(question(), Answerer(answer_to(question())))
    path = files(ledger)[-1]
    data = bytearray(path.read_bytes())
    data[where % len(data)] ^= 1 << bit
    overwrite(path, data)
    told = len(watcher.events)
    assert not any(r.request == question() for r in ledger.records(question().digest))
    assert len(watcher.events) == told + 1
    assert "corrupt" in watcher.events[-1].text
    assert bytes(data) in [p.read_bytes() for p in (ledger.root / "quarantine").iterdir()]
    answerer = Answerer(answer_to(question()))
    ledger.answer(question(), answerer)
    assert answerer.times == 1


def forge(ledger, change):
    """Change a record and give it the name its bytes now deserve."""
    (path,) = files(ledger)
    tree = loads(path.read_bytes())
    change(tree)
    data = dumps(tree)
    name = replace(parse_name(path.name), sha256=sha256_hex(data))
    path.unlink()
    path.with_name(name.text).write_bytes(data)


def better(tree):
    tree["evidence"]["measures"][0]["value"] = 0.99


def failed(tree):
    tree["evidence"]["outcome"]["kind"] = "error"


def elsewhere(tree):
    tree["evidence"]["request"] = of_value("another request")


def wordy(tree):
    tree["evidence"]["measures"][0]["n"] = "many"


@pytest.mark.parametrize(
    "change", [better, failed, elsewhere, wordy, lambda tree: tree.clear(), lambda tree: tree.pop("digest")]
)
def test_a_record_whose_parts_disagree_is_corrupt(ledger, watcher, change):
    ledger.answer(question(), Answerer(answer_to(question())))
    forge(ledger, change)
    assert ledger.find(question().digest) is None
    assert files(ledger) == []
    assert len(watcher.events) == 1


def test_a_record_nested_too_deep_to_be_walked_is_corrupt(ledger, watcher):
    ledger.answer(question(), Answerer(answer_to(question())))
    (path,) = files(ledger)
    data = path.read_bytes().replace(b'{"n":0}', b'{"n":' + b"[" * 900 + b"]" * 900 + b"}")
    path.with_name(replace(parse_name(path.name), sha256=sha256_hex(data)).text).write_bytes(data)
    path.unlink()
    assert ledger.find(question().digest) is None
    assert len(watcher.events) == 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"1", b"[" * 200_000, b'{"schema":true}'])
def test_bytes_that_are_no_record_are_corrupt_even_under_their_own_sha256(ledger, watcher, data):
    ledger.answer(question(), Answerer(answer_to(question())))
    (path,) = files(ledger)
    path.with_name(replace(parse_name(path.name), sequence=2, sha256=sha256_hex(data)).text).write_bytes(data)
    assert ledger.find(question().digest) is not None
    assert files(ledger) == [path]
    assert len(watcher.events) == 1


def test_a_record_moved_to_another_request_is_corrupt(ledger, watcher):
    ledger.answer(question(0), Answerer(answer_to(question(0))))
    ledger.answer(question(1), Answerer(answer_to(question(1))))
    first, second = (ledger._folder(question(n).digest) for n in [0, 1])
    (path,) = first.iterdir()
    (second / path.name.replace("00000001", "00000002")).write_bytes(path.read_bytes())
    assert ledger.find(question(1).digest).request == question(1)
    assert len(watcher.events) == 1


def test_a_record_of_another_schema_is_left_alone_and_not_served(ledger, watcher):
    ledger.answer(question(), Answerer(answer_to(question())))
    forge(ledger, lambda tree: tree.update(schema=2, evidence={"new": "form"}))
    assert ledger.find(question().digest) is None
    assert len(files(ledger)) == 1
    assert watcher.events == []


@pytest.mark.parametrize("step", ["open", "write", "fchmod", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_fails_at_any_step_leaves_no_record(ledger, monkeypatch, step, code):
    def fail(*args, **options):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as faulty:
        faulty.setattr(os, step, fail)
        with pytest.raises(StorageError):
            ledger.answer(question(), Answerer(answer_to(question())))
    assert files(ledger) == []
    assert [p for p in ledger.root.rglob("*") if p.is_file()] == []


def test_half_written_files_are_swept_after_a_day(ledger):
    ledger.answer(question(), Answerer(answer_to(question())))
    old, young = ledger.root / "tmp" / ".a.tmp", ledger.root / "tmp" / ".b.tmp"
    for path, days in [(old, 1.1), (young, 0.9)]:
        path.write_bytes(b"1234")
        os.utime(path, (1_800_000_000 - days * 86_400,) * 2)
    assert ledger.tidy() == 4
    assert not old.exists()
    assert young.exists()


# Processes


def trials(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.crash_trials", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_kill_before_any_call_of_the_system_loses_and_tears_nothing(tmp_path):
    assert trials("steps", "ledger", tmp_path, 400, 1) > 20


def test_a_kill_at_a_random_moment_loses_and_tears_nothing(tmp_path):
    assert trials("random", "ledger", tmp_path, 30, 2) == 30


def test_an_interrupt_at_a_random_moment_leaves_no_temporary_file(tmp_path):
    assert trials("interrupt", "ledger", tmp_path, 20, 3) == 20


@pytest.mark.slow
def test_hundreds_of_kills_lose_and_tear_nothing(tmp_path):
    assert trials("random", "ledger", tmp_path, 500, 4) == 500


def test_two_processes_that_answer_the_same_both_record(tmp_path, blobs, watcher):
    script = (
        "import pathlib, sys\n"
        "from tests.store.crash_subjects import LedgerTrial\n"
        "from weigh.core.evidence import Evidence\n"
        "from weigh.core.outcome import ANSWERED\n"
        "ledger, _, watcher = LedgerTrial.open(sys.argv[1])\n"
        "for n in range(40):\n"
        "    r = LedgerTrial.request(n)\n"
        "    answer = lambda: Evidence(r.digest, 'trial', r.subject, ANSWERED)\n"
        "    ledger.answer(r, answer, refresh=n % 2 == 0)\n"
        "assert not watcher.events\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
    ledger = opened(tmp_path, blobs, watcher)
    found = list(ledger.history())
    assert len(found) == len(files(ledger)) >= 60
    assert {r.request.parameters["n"] for r in found} == set(range(40))
    assert watcher.events == []


# The index by check


def other(number, check):
    return Request(check, of_value("code"), SUBJECT, {"n": number})


def test_answers_of_one_check_are_found_and_no_others(ledger):
    for number in range(4):
        for check in ("licence", "overlap"):
            request = other(number, check)
            ledger.answer(request, lambda request=request: answer_to(request))
    broken = other(9, "licence")
    ledger.answer(broken, lambda: answer_to(broken, outcome=Outcome(OutcomeKind.ERROR, "broke")))
    found = [r.request.parameters["n"] for r in ledger.of_check("licence")]
    assert found == [0, 1, 2, 3]
    assert list(ledger.of_check("fairness")) == []


def test_a_ledger_older_than_the_index_is_indexed_once(tmp_path, blobs, watcher):
    ledger = opened(tmp_path, blobs, watcher)
    request = other(1, "licence")
    ledger.answer(request, lambda: answer_to(request))
    for path in sorted((tmp_path / "ledger" / "by-check").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again = opened(tmp_path, blobs, watcher)
    assert [r.request for r in again.of_check("licence")] == [request]


@pytest.mark.parametrize("check", ["../../evil", "a/b", "", "x" * 300, "\x00"])
def test_any_check_name_is_indexed_inside_the_ledger(tmp_path, ledger, check):
    request = other(1, check)
    ledger.answer(request, lambda: answer_to(request))
    assert [r.request for r in ledger.of_check(check)] == [request]
    assert not (tmp_path / "evil").exists()
