import hashlib
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from weigh.core.clearance import Clearance
from weigh.core.errors import IntegrityError, RefusedError, StorageError, UsageError, WorkerError
from weigh.core.events import Progress
from weigh.runtimes.open import WorkerLimits

TEXTS = ["good film", "a very bad phone", "not good", "day", "", "unheard of words", "good " * 40]


class Heard:
    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)


def ids(build, text, limit):
    known = {word: i for i, word in enumerate(build.words)}
    return [2, *[known.get(w, 1) for w in text.lower().split()][: limit - 2], 3]


@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "lasttoken"])
def test_an_embedding_is_the_pooled_rows_of_its_tokens(kit, build, pooling):
    table = build.table().astype(np.float64)
    pool = {
        "mean": lambda rows: rows.mean(axis=0),
        "cls": lambda rows: rows[0],
        "max": lambda rows: rows.max(axis=0),
        "lasttoken": lambda rows: rows[-1],
    }[pooling]
    with kit.plan(build.tokens(), pooling=pooling).open() as model:
        rows = model.embed(TEXTS)
        assert model.truncated == 1
    wanted = np.array([pool(table[ids(build, t, 16)]) for t in TEXTS])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, wanted, rtol=1e-6, atol=1e-6)


def test_normalised_embeddings_have_length_one(kit, build):
    with kit.plan(build.tokens(), normalise=True).open() as model:
        rows = model.embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)


def test_the_specs_length_wins_over_the_tokenizer_files_own(kit, build):
    with kit.plan(build.tokens(), max_length=5).open() as model:
        long, cut = model.embed(["good bad film phone day", "good bad film"])
        assert model.truncated == 1
    np.testing.assert_array_equal(long, cut)


def test_class_probabilities_come_in_the_order_of_the_labels(kit, build):
    spec = {"task": "classification", "pooling": "softmax", "output": "logits", "labels": ("a", "b", "c")}
    scores = build.table(1, columns=3).astype(np.float64)
    with kit.plan(build.classes(), **spec).open() as model:
        rows = model.classify(TEXTS[:4])
        with pytest.raises(UsageError, match="task is classification"):
            model.embed(["good"])
    logits = np.array([scores[ids(build, t, 16)].sum(axis=0) for t in TEXTS[:4]])
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rows, wanted, rtol=1e-5)


def test_a_graph_with_other_classes_than_its_files_name_is_a_worker_error(kit, build):
    spec = {"task": "classification", "pooling": "softmax", "output": "logits", "labels": ("a", "b")}
    with pytest.raises(WorkerError, match="scores 3 classes, its files name 2"):
        kit.plan(build.classes(), **spec).open()


def test_two_runs_and_any_number_of_threads_give_the_same_bits(kit, build):
    kit.plan(build.tokens(), normalise=True)
    found = set()
    for threads in (1, 3, 1):
        with kit.open(threads=threads) as model:
            found.add(hashlib.sha256(model.embed(TEXTS * 40).tobytes()).hexdigest())
    assert len(found) == 1


@pytest.mark.parametrize("which", ["tokens", "quantised"])
def test_an_answer_depends_on_its_own_text_only(kit, build, which):
    # The quantised graph scales by the largest value of a batch; the worker must find that out by itself.
    with kit.plan(getattr(build, which)()).open(threads=2) as model:
        assert model.one_at_a_time == (which == "quantised")
        alone = dict(zip(build.words, (model.embed([w])[0] for w in build.words), strict=True))

        @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.lists(st.sampled_from(build.words), min_size=1, max_size=40))
        def law(words):
            for row, word in zip(model.embed(words), words, strict=True):
                np.testing.assert_array_equal(row, alone[word])

        law()


def test_a_spec_that_says_one_at_a_time_is_followed(kit, build):
    with kit.plan(build.tokens(), one_at_a_time=True).open() as model:
        assert model.one_at_a_time


def test_no_texts_give_no_rows_of_the_right_width(kit, build):
    with kit.plan(build.tokens()).open() as model:
        assert model.embed([]).shape == (0, 8)


def test_a_graph_of_fixed_size_is_fed_in_that_size(kit, build):
    with kit.plan(build.tokens()).open() as model:
        wanted = model.embed(TEXTS)
    with kit.plan(build.tokens(dims=(1, 16))).open() as model:
        assert model.one_at_a_time
        np.testing.assert_allclose(model.embed(TEXTS), wanted, rtol=1e-6, atol=1e-7)


def test_a_graph_that_wants_several_texts_at_a_time_is_refused(kit, build):
    with pytest.raises(WorkerError, match="exactly 4 texts"):
        kit.plan(build.tokens(dims=(4, 16))).open()


def test_progress_is_told_up_to_the_last_text(kit, build):
    heard = Heard()
    with kit.plan(build.tokens()).open(events=heard) as model:
        model.embed(["good film"] * 2500)
    done = [e.done for e in heard.events if isinstance(e, Progress)]
    assert done == sorted(done)
    assert done[-1] == 2500
    assert all(e.total == 2500 and e.unit == "texts" and e.step == "run" for e in heard.events)


def test_external_data_is_read_from_its_own_folder_only(kit, build, tmp_path):
    model, data = build.external(tmp_path)
    with kit.plan(build.tokens()).open() as inside:
        wanted = inside.embed(TEXTS)
    kit.plan(model, external=(("weights.bin", kit.put(data)),))
    before = {p.name: p.stat().st_mode for p in kit.folder.iterdir()}
    with kit.open() as opened:
        np.testing.assert_array_equal(opened.embed(TEXTS), wanted)
    assert {p.name: p.stat().st_mode for p in kit.folder.iterdir()} == before


def test_external_data_that_was_replaced_is_an_integrity_error(kit, build, tmp_path):
    model, data = build.external(tmp_path)
    sha256 = kit.put(data)
    kit.plan(model, external=(("weights.bin", sha256),))
    kit.path(sha256).write_bytes(bytes(len(data)))
    with pytest.raises(IntegrityError, match=r"external data 'weights\.bin'"):
        kit.open()


@pytest.mark.parametrize("name", ["../weights.bin", "/etc/weights.bin", "a/../../weights.bin"])
def test_external_data_never_leaves_the_folder(kit, build, tmp_path, private_temp, name):
    kit.plan(build.tokens(), external=((name, kit.put(b"x")),))
    with pytest.raises(RefusedError, match="leaves"):
        kit.open()
    assert not list(private_temp.iterdir())


def test_external_data_the_spec_does_not_name_cannot_be_reached(kit, build, tmp_path):
    model, _ = build.external(tmp_path)
    with pytest.raises(WorkerError):
        kit.plan(model).open()


@pytest.mark.parametrize("which", ["model_sha256", "tokenizer_sha256"])
def test_a_file_that_is_not_cleared_is_refused_before_anything_starts(kit, build, private_temp, which):
    kit.plan(build.tokens())
    others = kit.shas - {getattr(kit.spec, which)}
    with pytest.raises(RefusedError, match="not cleared"):
        kit.open(clearance=Clearance(frozenset(others)))
    assert not list(private_temp.iterdir())


def test_uncleared_external_data_is_refused(kit, build):
    kit.plan(build.tokens(), external=(("weights.bin", "0" * 64),))
    with pytest.raises(RefusedError, match="000000000000"):
        kit.open()


@pytest.mark.parametrize("which", ["model_sha256", "tokenizer_sha256"])
def test_a_replaced_file_is_an_integrity_error(kit, build, private_temp, which):
    kit.plan(build.tokens())
    path = kit.path(getattr(kit.spec, which))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="cleared was"):
        kit.open()
    assert not list(private_temp.iterdir())


def test_a_missing_or_linked_file_is_a_storage_error(kit, build, tmp_path):
    kit.plan(build.tokens())
    path = kit.path(kit.spec.model_sha256)
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        kit.open()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        kit.open()


@pytest.mark.parametrize(
    "data", [b"", b"not a model", b"\x08\x08\x12\x04test", b"ORTM" * 64, bytes(range(256)) * 40]
)
def test_what_is_no_onnx_model_is_a_worker_error(kit, private_temp, data):
    with pytest.raises(WorkerError, match="ended before it answered"):
        kit.plan(data).open()
    assert not list(private_temp.iterdir())


def test_a_truncated_onnx_model_is_a_worker_error(kit, build):
    data = build.tokens().SerializeToString()
    with pytest.raises(WorkerError):
        kit.plan(data[: len(data) // 2]).open()


def test_a_model_with_operators_nobody_knows_is_a_worker_error(kit, build):
    model = build.tokens()
    model.graph.node[0].domain = "evil.example"
    with pytest.raises(WorkerError, match=r"evil\.example|No opset|not a registered"):
        kit.plan(model).open()


def test_a_tokenizer_that_is_none_is_a_worker_error(kit, build):
    kit.plan(build.tokens())
    kit.spec = replace(kit.spec, tokenizer_sha256=kit.put(b"{}"))
    with pytest.raises(WorkerError, match="it last said"):
        kit.open()


def test_token_ids_beyond_the_models_table_are_a_worker_error(kit, build):
    vocabulary = {w: i for i, w in enumerate(build.words)} | {"huge": 10_000}
    text = build.tokenizer(model={"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"})
    kit.plan(build.tokens())
    kit.spec = replace(kit.spec, tokenizer_sha256=kit.put(text))
    with kit.open() as model:
        model.embed(["good"])
        with pytest.raises(WorkerError, match="it last said"):
            model.embed(["huge"])


def test_a_model_that_answers_with_no_numbers_is_a_worker_error(kit, build):
    model = build.tokens()
    weights = np.full((len(build.words), 8), np.nan, np.float32)
    weights[:4] = 0
    model.graph.initializer[0].raw_data = weights.tobytes()
    with kit.plan(model).open() as opened, pytest.raises(WorkerError, match="no numbers"):
        opened.embed(["good"])


def test_a_worker_killed_between_questions_is_a_worker_error(kit, build, private_temp):
    with kit.plan(build.tokens()).open() as model:
        os.kill(model._worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerError, match="SIGKILL"):
            model.embed(["good"])
        with pytest.raises(WorkerError, match="has ended"):
            model.embed(["good"])
    assert not list(private_temp.iterdir())


def test_a_model_larger_than_its_memory_is_a_worker_error(kit, build):
    limits = WorkerLimits(memory_bytes=1 << 20)
    with pytest.raises(WorkerError):
        kit.plan(build.tokens()).open(limits=limits)


def test_closing_twice_is_harmless_and_leaves_nothing(kit, build, private_temp):
    model = kit.plan(build.tokens()).open()
    assert list(private_temp.iterdir())
    model.close()
    model.close()
    assert not list(private_temp.iterdir())


def test_open_descriptors_do_not_pile_up(kit, build):
    kit.plan(build.tokens())
    kit.open().close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        kit.open().close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_readings_are_observed_and_say_their_n(kit, build):
    with kit.plan(build.tokens()).open() as model:
        measures = {m.name: m for m in model.measure(TEXTS)}
        with pytest.raises(UsageError):
            model.measure([])
    assert set(measures) == {
        "load_time", "start_time", "peak_memory", "latency_p50", "latency_p95", "throughput",
    }  # fmt: skip
    assert all(m.observed and m.value > 0 for m in measures.values())
    assert measures["latency_p95"].n == len(TEXTS)
    assert measures["latency_p50"].value <= measures["latency_p95"].value
    assert measures["start_time"].value >= measures["load_time"].value


def test_the_runtimes_are_named_with_their_versions(kit, build):
    import onnxruntime

    with kit.plan(build.tokens()).open() as model:
        versions = dict(model.runtimes)
    assert set(versions) == {"onnxruntime", "tokenizers", "numpy"}
    assert versions["onnxruntime"] == onnxruntime.__version__


@pytest.mark.parametrize("row", [None, 3, b"bytes"])
def test_a_row_that_is_no_text_is_named_by_its_number(kit, build, row):
    with kit.plan(build.tokens()).open() as model:
        with pytest.raises(UsageError, match="row 1 holds no text"):
            model.embed(["good", row])
        assert model.embed(["good"]).shape == (1, 8)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "😀" * 50, "\u202egood", "good\nbad\r\n", " "])
def test_any_text_is_answered(kit, build, text):
    with kit.plan(build.tokens()).open() as model:
        assert np.isfinite(model.embed([text, "good"])).all()


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_an_impossible_number_of_threads_is_a_usage_error(kit, build, threads):
    with pytest.raises(UsageError):
        kit.plan(build.tokens()).open(threads=threads)
