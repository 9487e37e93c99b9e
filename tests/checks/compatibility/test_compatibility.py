import hostile_onnx as onnx_bytes
import pytest

from weigh.checks.compatibility.compatibility import CompatibilitySubject, run
from weigh.checks.compatibility.opsets import SUPPORT, supported
from weigh.core.errors import WorkerError, WorkerLimitError
from weigh.core.measure import Measure
from weigh.core.outcome import OutcomeKind

READING = (Measure("load_time", 0.1, "s", 1, observed=True),)


def works():
    return READING


def dies():
    raise WorkerError("the worker died", why="signal 9", hint="give it more memory")


def ask(view, context, *, bench=works, version="1.31.1", unplanned="", extra=""):
    return run(CompatibilitySubject(view, version, unplanned, extra, bench), context("compatibility"))


@pytest.fixture
def sound(view_of):
    return view_of({"model.onnx": onnx_bytes.model(onnx_bytes.graph(), opset=17, ir=8)})


def test_a_model_that_runs_gives_its_versions_and_readings(sound, context_of):
    evidence = ask(sound, context_of)
    assert evidence.outcome.kind is OutcomeKind.ANSWERED
    assert evidence.findings == ()
    assert {m.name: m.value for m in evidence.measures} == {
        "onnx_opset": 17, "onnx_ir_version": 8, "load_time": 0.1,
    }  # fmt: skip


def test_an_operator_set_from_the_future_is_found(view_of, context_of):
    view = view_of({"model.onnx": onnx_bytes.model(onnx_bytes.graph(), opset=99, ir=50)})
    evidence = ask(view, context_of)
    assert [f.rule for f in evidence.findings] == ["WGH-R002", "WGH-R002"]
    assert evidence.outcome.kind is OutcomeKind.ANSWERED


def test_a_model_that_does_not_run_here_is_an_error_with_a_severe_finding(sound, context_of):
    evidence = ask(sound, context_of, bench=dies)
    assert evidence.outcome.kind is OutcomeKind.ERROR
    assert [f.rule for f in evidence.findings] == ["WGH-R001"]
    assert "the worker died" in evidence.findings[0].message


def test_a_limit_that_was_met_leaves_the_question_open(sound, context_of):
    def slow():
        raise WorkerLimitError("the worker ended", why="it showed no progress for 60 s")

    evidence = ask(sound, context_of, bench=slow)
    assert evidence.outcome.kind is OutcomeKind.ERROR
    assert evidence.findings == ()


def test_without_a_runtime_it_is_not_run_and_says_what_would_bring_one(sound, context_of):
    evidence = ask(sound, context_of, unplanned="needs the torch runtime", extra="torch")
    assert evidence.outcome.kind is OutcomeKind.NOT_RUN
    assert evidence.outcome.extra == "torch"


def test_a_runtime_older_than_the_table_gives_no_ceiling(sound, context_of):
    assert supported("1.2.0") is None
    assert ask(sound, context_of, version="1.2.0").findings == ()


def test_a_newer_runtime_never_accepts_less():
    opsets, versions = zip(*[row[1:] for row in SUPPORT], strict=True)
    assert list(opsets) == sorted(opsets)
    assert list(versions) == sorted(versions)
    assert supported("9.0.0") == SUPPORT[-1][1:]


@pytest.mark.parametrize("version", ["", "1", "x.y", "1.x"])
def test_a_version_that_cannot_be_read_gives_no_ceiling(version):
    assert supported(version) is None


def test_the_installed_runtime_accepts_what_the_table_says():
    onnx = pytest.importorskip("onnx")
    ort = pytest.importorskip("onnxruntime")
    ort.set_default_logger_severity(4)
    ends = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "g", ends[:1], ends[1:])
    opset, ir = supported(ort.__version__)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    model.ir_version = ir
    ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
