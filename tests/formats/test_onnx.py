import math
import struct
import tracemalloc

import hostile_onnx as hostile
import numpy as np
import onnx
import pytest
from hypothesis import given, settings, strategies as st
from onnx import TensorProto, helper, numpy_helper

from weigh.checks.security.security import findings_of
from weigh.core.canonical import dumps
from weigh.core.facts import Coverage, ValuePort
from weigh.core.gate import Word, judge_file
from weigh.formats.onnx import read_onnx
from weigh.formats.reader import BytesReader


def facts_of(model):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    return read_onnx(BytesReader(data), "m.onnx")


def made(nodes=(), initializers=(), inputs=(), outputs=(), **options):
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(initializers))
    options.setdefault("opset_imports", [helper.make_opsetid("", 17)])
    return helper.make_model(graph, ir_version=8, **options)


TYPES = sorted(set(TensorProto.DataType.values()) - {0})
FORMS = [(kind, raw) for kind in TYPES for raw in (True, False) if not (raw and kind == TensorProto.STRING)]


@pytest.mark.parametrize(("kind", "raw"), FORMS)
def test_a_tensor_of_every_type_has_the_size_the_library_gives_it(kind, raw):
    if kind == TensorProto.STRING:
        tensor = helper.make_tensor("w", kind, [3], [b"a", b"b", b"c"])
    else:
        values = np.zeros(5, helper.tensor_dtype_to_np_dtype(kind))
        tensor = numpy_helper.from_array(values, "w") if raw else helper.make_tensor("w", kind, [5], values)
    facts = facts_of(made(initializers=[tensor]))
    assert facts.anomalies == ()
    assert facts.coverage is Coverage.COMPLETE
    (info,) = facts.tensors
    assert info.shape == tuple(tensor.dims)
    if raw:
        assert info.nbytes == len(tensor.raw_data)


def test_raw_and_float_data_are_found_at_their_place_in_the_file():
    raw = numpy_helper.from_array(np.arange(6, dtype="<f4").reshape(2, 3), "raw")
    typed = helper.make_tensor("typed", TensorProto.FLOAT, [2], [1.5, 2.5])
    data = made(initializers=[raw, typed]).SerializeToString()
    by_name = {t.name: t for t in facts_of(data).tensors}
    for name, values in (("raw", range(6)), ("typed", (1.5, 2.5))):
        info = by_name[name]
        assert struct.unpack(f"<{info.count}f", data[info.offset : info.offset + info.nbytes]) == tuple(
            values
        )


def test_numbers_written_as_varints_have_no_place_but_a_size():
    facts = facts_of(made(initializers=[helper.make_tensor("w", TensorProto.INT64, [3], [1, -1, 2**40])]))
    assert (facts.tensors[0].offset, facts.tensors[0].nbytes) == (-1, 24)


def test_inputs_leave_initializers_out_and_keep_free_dimensions():
    model = made(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        [numpy_helper.from_array(np.zeros(2, "<f4"), "w")],
        [
            helper.make_tensor_value_info("x", TensorProto.INT64, ["batch", None, 3]),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, [2]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    facts = facts_of(model)
    assert facts.graph_inputs == (ValuePort("x", "I64", ("batch", "", 3)),)
    assert facts.graph_outputs == (ValuePort("y", "F32", ()),)
    assert facts.fact("onnx.unshaped").value == ["y"]


def test_a_negative_size_of_an_input_is_a_free_dimension():
    value = hostile.field(1, "x") + hostile.field(
        2,
        hostile.field(
            1,
            hostile.field(1, 1)
            + hostile.field(
                2, hostile.field(1, hostile.field(1, -1)) + hostile.field(1, hostile.field(1, 3))
            ),
        ),
    )
    facts = facts_of(hostile.model(hostile.graph(extra=hostile.field(11, value))))
    assert facts.graph_inputs == (ValuePort("x", "F32", ("", 3)),)


def branch(name, constant):
    return helper.make_graph(
        [constant], name, [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, None)]
    )


def test_weights_in_constants_and_subgraphs_are_counted_and_listed():
    inner = helper.make_node(
        "Constant", [], ["c"], value=numpy_helper.from_array(np.zeros((4, 5), "<f4"), "")
    )
    listed = helper.make_node("Constant", [], ["c"], value_floats=[1.0, 2.0, 3.0])
    choice = helper.make_node(
        "If", ["x"], ["y"], then_branch=branch("t", inner), else_branch=branch("e", listed)
    )
    outer = helper.make_node("Constant", [], ["k"], value_int=7)
    facts = facts_of(made([choice, outer], [numpy_helper.from_array(np.zeros(2, "<f4"), "w")]))
    assert facts.embedded_values == 20 + 3 + 1
    assert {(t.name, t.dtype, t.shape) for t in facts.tensors} == {
        ("y.then_branch/c", "F32", (4, 5)),
        ("y.else_branch/c", "F32", (3,)),
        ("k", "I64", (1,)),
        ("w", "F32", (2,)),
    }
    assert facts.fact("onnx.subgraphs").value == 2
    assert {(o.name, o.count) for o in facts.operators} == {("If", 1), ("Constant", 3)}


def test_sparse_initializers_are_listed():
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.ones(2, "<f4"), "s"),
        numpy_helper.from_array(np.array([1, 3], "<i8"), "i"),
        [10],
    )
    model = made()
    model.graph.sparse_initializer.append(sparse)
    assert {t.name: t.count for t in facts_of(model).tensors} == {"s": 2, "s.indices": 2}


def test_functions_of_the_file_are_walked_and_their_use_is_no_custom_operator():
    function = helper.make_function(
        "own",
        "F",
        ["x"],
        ["y"],
        [helper.make_node("Constant", [], ["y"], value=numpy_helper.from_array(np.zeros(3, "<f4"), ""))],
        [helper.make_opsetid("", 17)],
    )
    model = made([helper.make_node("F", ["x"], ["y"], domain="own")], functions=[function])
    facts = facts_of(model)
    assert facts.anomalies == ()
    assert facts.embedded_values == 3
    assert facts.fact("onnx.functions").value == ["own::F"]


def test_versions_producer_and_metadata_are_declared():
    model = made(producer_name="p", producer_version="1")
    helper.set_model_props(model, {"license": "MIT", "long": "x" * 70_000})
    facts = facts_of(model)
    assert facts.fact("onnx.ir_version").value == 8
    assert facts.fact("onnx.producer").value == "p"
    assert facts.fact("onnx.metadata").value == {"license": "MIT", "long": "(70000 bytes)"}
    assert [(s.domain, s.version) for s in facts.operator_sets] == [("", 17)]


def test_versions_from_the_future_are_stated():
    facts = facts_of(hostile.model(hostile.graph(), ir=99, opset=99))
    assert facts.fact("onnx.beyond_known").value == ["IR version 99", "operator set ai.onnx 99"]


def test_unknown_fields_and_types_make_the_reading_partial():
    for data in (
        hostile.model(hostile.graph(), extra=hostile.field(99, b"hidden")),
        hostile.model(hostile.graph(initializers=[hostile.tensor("w", [1], b"x", kind=77)])),
    ):
        facts = facts_of(data)
        assert facts.coverage is Coverage.PARTIAL
        assert facts.reason


def test_external_data_is_one_reference_and_tensors_at_their_place():
    tensors = [
        hostile.external("a", {"location": "d.bin", "offset": "0", "length": "8"}, [2]),
        hostile.external("b", {"location": "d.bin", "offset": "8"}, [3]),
    ]
    facts = read_onnx(BytesReader(hostile.model(hostile.graph(initializers=tensors))), "sub/m.onnx")
    assert [e.target for e in facts.external] == ["d.bin"]
    assert [(t.file, t.offset, t.nbytes) for t in facts.tensors] == [
        ("sub/d.bin", 0, 8),
        ("sub/d.bin", 8, 12),
    ]
    assert facts.anomalies == ()


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_rule_is_named(name):
    data, rule = hostile.CASES[name]
    facts = facts_of(data)
    assert rule in {a.rule for a in facts.anomalies}, facts
    if rule == "WGH-O008":
        assert facts.coverage is Coverage.MALFORMED
        assert any(a.fatal for a in facts.anomalies)
    if rule == "WGH-O006":
        assert facts.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("name", hostile.CASES)
def test_each_broken_file_has_its_word(name):
    data, rule = hostile.CASES[name]
    facts = facts_of(data)
    word = judge_file(facts, tuple(findings_of(facts)))
    if rule in hostile.ERRORS:
        assert word in {Word.ERROR, Word.REVIEW}
    elif rule in hostile.REVIEWS:
        assert word is Word.REVIEW
    else:
        assert word is Word.MALICIOUS


def test_a_context_beside_the_model_is_no_anomaly():
    for place in ("model_ctx.bin", "sub/model_ctx.bin"):
        text = hostile.field(1, "ep_cache_context") + hostile.field(4, place)
        kept = hostile.node("EPContext", domain="com.microsoft", attributes=[text])
        assert facts_of(hostile.model(hostile.graph(nodes=[kept]))).anomalies == ()


def test_no_refused_location_becomes_a_path():
    for data, rule in hostile.CASES.values():
        if rule == "WGH-O001":
            assert all(t.file == "m.onnx" for t in facts_of(data).tensors)


@pytest.mark.parametrize("location", ["weights.bin", "sub/weights.bin", "./weights.bin", "a..b"])
def test_a_plain_location_is_no_anomaly(location):
    facts = facts_of(
        hostile.model(hostile.graph(initializers=[hostile.external("w", {"location": location})]))
    )
    assert facts.anomalies == ()


def test_a_sound_file_of_our_own_writer_has_no_anomaly():
    facts = facts_of(hostile.SOUND)
    assert (facts.coverage, facts.anomalies) == (Coverage.COMPLETE, ())
    assert onnx.load_from_string(hostile.SOUND).graph.initializer[0].name == "w"


@given(
    st.lists(
        st.tuples(st.sampled_from(["<f4", "<i8", "|i1", "<f2"]), st.lists(st.integers(0, 5), max_size=4)),
        max_size=8,
    ),
    st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_counts_agree_with_the_library(forms, constants):
    arrays = [np.zeros(shape, dtype) for dtype, shape in forms]
    tensors = [numpy_helper.from_array(a, f"t{i}") for i, a in enumerate(arrays)]
    nodes = [helper.make_node("Constant", [], [t.name], value=t) for t in tensors] if constants else []
    facts = facts_of(made(nodes, [] if constants else tensors))
    expected = sum(math.prod(a.shape) for a in arrays)
    assert sum(t.count for t in facts.tensors) == expected
    assert facts.embedded_values == (expected if constants else 0)
    assert [t.nbytes for t in facts.tensors] == [a.nbytes for a in arrays]
    assert facts.anomalies == ()


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_mutated_files_give_facts_and_never_an_exception(data):
    seeds = [hostile.SOUND, *(case for case, _ in hostile.CASES.values() if 0 < len(case) < 2000)]
    content = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    tracemalloc.start()
    facts = facts_of(cut)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    dumps([[f.name, f.value] for f in facts.metadata])


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_random_bytes_give_facts(data):
    assert facts_of(data).format == "onnx"


def test_memory_does_not_grow_with_the_weights(tmp_path):
    from weigh.formats.reader import FileReader

    size = 1 << 30
    head = hostile.tensor("w", [size // 4]) + b"\x4a" + hostile.varint(size)
    inner = hostile.varint(5 << 3 | 2) + hostile.varint(len(head) + size) + head
    path = tmp_path / "big.onnx"
    with path.open("wb") as file:
        file.write(hostile.field(1, 8) + b"\x3a" + hostile.varint(len(inner) + size) + inner)
        file.truncate(file.tell() + size)  # a hole: takes no space on disk
    with FileReader(path) as reader:
        tracemalloc.start()
        facts = read_onnx(reader, "big.onnx")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert facts.coverage is Coverage.COMPLETE, facts.reason
    assert facts.tensors[0].nbytes == size
    assert peak < 1_000_000


def test_tensors_and_nodes_are_limited(monkeypatch):
    from weigh.formats import onnx_graph, onnx_tensor

    monkeypatch.setattr(onnx_tensor, "MAX_TENSORS", 3)
    monkeypatch.setattr(onnx_graph, "MAX_NODES", 3)
    for content in (
        hostile.graph(initializers=[hostile.tensor(f"w{i}", [0]) for i in range(4)]),
        hostile.graph(nodes=[hostile.node("Relu")] * 4),
    ):
        facts = facts_of(hostile.model(content))
        assert facts.coverage is Coverage.PARTIAL
        assert facts.anomalies[-1].rule == "WGH-O006"
