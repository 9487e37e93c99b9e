import pickle
import pickletools
import tracemalloc
from collections import OrderedDict

import hostile_pickle as hostile
import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.facts import Coverage, Use
from weigh.core.symbol import Symbol, SymbolKind
from weigh.formats.pickle_data import walk_data
from weigh.formats.pickle_machine import PickleLimits, run_pickle
from weigh.formats.pickle_opcodes import COUNTED, FIXED, LINES
from weigh.formats.pickle_values import ABSENT, Blob, Call, DictNode, ListNode, Literal, SetNode, walk
from weigh.formats.reader import BytesReader


def run(data, **options):
    return run_pickle(BytesReader(data), **options)


def made(value):
    """The Python value a graph of plain data stands for."""
    match value:
        case tuple():
            return tuple(made(item) for item in value)
        case ListNode():
            return [made(item) for item in value.items]
        case DictNode():
            return {made(key): made(item) for key, item in value.entries()}
        case SetNode():
            return (frozenset if value.frozen else set)(made(item) for item in value.items)
        case Blob() if value.literal is Literal.TEXT:
            return value.head.decode("utf-8", "surrogatepass")
        case Blob():
            return (bytearray if value.literal is Literal.BYTEARRAY else bytes)(value.head)
        case _:
            return value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner, inner)
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("before", range(900, 1400, 7))
def test_a_text_that_reaches_out_of_the_window_is_read_whole(before):
    data = pickle.dumps([b"x" * before, "\u00e9" * 300, "\u2603" * 700], 2 if before % 2 else 4)
    result = run(data)
    assert (result.coverage, result.end) == (Coverage.COMPLETE, len(data))
    if before % 2 == 0:
        assert [made(item) for item in result.root.items[1:]] == ["\u00e9" * 300, "\u2603" * 700]


@given(VALUES, st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_the_machine_makes_what_cpython_makes(value, protocol):
    data = pickle.dumps(value, protocol)
    result = run(data)
    assert result.coverage is Coverage.COMPLETE
    assert result.end == len(data)
    assert made(result.root) == pickle.loads(data)  # our own value, written a line above
    assert result.uses == ()


@given(VALUES | st.frozensets(st.integers()) | st.binary(), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_opcodes_are_counted_as_pickletools_does(value, protocol):
    data = pickle.dumps(value, protocol)
    assert run(data).opcodes == sum(1 for _ in pickletools.genops(data))


@given(VALUES, st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_the_fast_walk_ends_where_the_machine_ends(value, protocol):
    data = pickle.dumps(value, protocol)
    fast = walk_data(BytesReader(data), 0)
    if fast is not None:
        assert fast.end == run(data).end == len(data)


SEVERAL = {"second-stream", "third-stream-after-data", "second-stream-of-old-protocol"}


@pytest.mark.parametrize("name", sorted(hostile.CALLABLES.keys() - SEVERAL))
def test_the_fast_walk_leaves_what_acts_to_the_machine(name):
    assert walk_data(BytesReader(hostile.CALLABLES[name][0]), 0) is None


def test_the_tables_hold_every_opcode_of_pickletools():
    ours = {op.decode("latin-1") for op in (*FIXED, *LINES, *COUNTED)}
    assert ours == {op.code for op in pickletools.opcodes}


def only(data, how=Use.CALL):
    return [use for use in run(data).uses if use.how is how]


def test_arguments_are_symbols_and_nested_calls_stay():
    inner = hostile.call(hostile.stacked("a.b", "Inner"), hostile.text("x"), b"K\x07")
    (first, second) = only(
        b"\x80\x04" + hostile.call(hostile.stacked("a", "outer"), inner, b"N\x88]}") + b"."
    )
    assert (first.module, first.name) == ("a.b", "Inner")
    assert second.arguments[0] == Symbol(
        SymbolKind.CALL, "a.b Inner", (Symbol(SymbolKind.TEXT, "x", (), 1), Symbol(SymbolKind.INT, "7")), 2
    )
    assert [s.kind for s in second.arguments[1:]] == [
        SymbolKind.NONE, SymbolKind.BOOL, SymbolKind.LIST, SymbolKind.DICT,
    ]  # fmt: skip


def test_keywords_of_newobj_ex_are_kept():
    (use,) = only(hostile.CALLABLES["newobj-ex"][0])
    assert use.keywords == (("shell", Symbol(SymbolKind.BOOL, "True")),)


def test_a_global_that_is_not_called_is_an_import():
    (use,) = run(b"\x80\x04" + hostile.stacked("torch", "FloatStorage") + b".").uses
    assert (use.how, use.name) == (Use.IMPORT, "FloatStorage")


def test_the_state_of_an_instance_is_named_by_its_class():
    data = b"\x80\x02ccopyreg\n_reconstructor\n(ca\nThing\nc__builtin__\nobject\nNtR}X\x01\0\0\0kK\x01sb."
    (use,) = only(data, Use.SET_STATE)
    assert (use.module, use.name) == ("a", "Thing")
    assert use.arguments[0].items[0].text == "k"


def test_alike_calls_are_counted_together_and_others_are_not():
    calls = [hostile.call(hostile.stacked("a", "f"), b"K" + bytes([n])) + b"0" for n in range(200)]
    calls.append(hostile.call(hostile.stacked("a", "f"), hostile.text("os")) + b"0")
    uses = only(b"\x80\x04" + b"".join(calls) + b"N.")
    assert sorted(use.count for use in uses) == [1, 200]


def test_a_loud_text_is_kept_behind_any_number_of_others():
    calls = [hostile.call(hostile.stacked("a", "f"), hostile.text(f"text {n}")) + b"0" for n in range(3000)]
    calls.append(hostile.call(hostile.stacked("a", "f"), hostile.text("/bin/true")) + b"0")
    uses = only(b"\x80\x04" + b"".join(calls) + b"N.")
    assert len(uses) < 1000
    assert "/bin/true" in {use.arguments[0].text for use in uses}
    assert sum(use.count for use in uses) == 3001


def test_ten_thousand_tensors_are_few_uses():
    storage = hostile.stacked("torch", "FloatStorage")
    calls = b"".join(
        hostile.call(
            hostile.stacked("torch._utils", "_rebuild_tensor_v2"),
            b"("
            + hostile.text("storage")
            + storage
            + hostile.text(str(n))
            + hostile.text("cpu")
            + b"K\x09tQ",
            b"K\x00",
            b"K\x03K\x03\x86",
        )
        + b"0"
        for n in range(10_000)
    )
    result = run(b"\x80\x04" + calls + b"N.")
    (use,) = [u for u in result.uses if u.how is Use.CALL]
    assert use.count == 10_000
    assert use.arguments[0].kind is SymbolKind.PERSISTENT
    assert result.anomalies == ()


def test_persistent_ids_are_told_to_the_caller():
    seen = []
    result = run(
        b"\x80\x04" + hostile.text("x") + b"\x85Q.", on_persistent=lambda p: seen.append(p.id) or "value"
    )
    assert seen == [("x",)]
    assert result.root.value == "value"
    assert result.anomalies == ()


def test_a_class_kept_with_its_source_is_named_by_itself():
    module = (
        b"("
        + hostile.text("module")
        + hostile.stacked("a", "Net")
        + hostile.text("a.py")
        + hostile.text("class Net")
        + b"tQ"
    )
    result = run(b"\x80\x04" + module + b")\x81}b.", on_persistent=lambda p: None)
    assert {(u.how, u.module, u.name) for u in result.uses if u.how is not Use.IMPORT} == {
        (Use.CALL, "a", "Net.__new__"),
        (Use.SET_STATE, "a", "Net"),
    }


def test_the_caller_may_step_over_bytes_after_a_state():
    head = b"\x80\x04" + hostile.stacked("a", "Thing") + b")\x81}b"
    result = run(head + b"\xff" * 10 + b".", on_build=lambda call, at: at + 10)
    assert result.coverage is Coverage.COMPLETE
    assert isinstance(result.root, Call)
    assert result.root.state is not ABSENT


def test_walk_names_what_lies_under_state_and_keys():
    data = pickle.dumps({"model": {"layers": [OrderedDict(weight=OrderedDict())]}}, 4)
    found = [name for name, node in walk(run(data).root) if isinstance(node, Call)]
    assert found == ["model.layers.0", "model.layers.0.weight"]


def test_a_bound_on_opcodes_makes_it_partial():
    result = run(b"\x80\x04" + b"N0" * 1000 + b"N.", limits=PickleLimits(opcodes=100))
    assert result.coverage is Coverage.PARTIAL
    assert result.anomalies == ()


def test_a_value_that_holds_itself_is_walked_once():
    value = []
    value.append(value)
    assert run(pickle.dumps(value)).coverage is Coverage.COMPLETE


def test_deep_nesting_is_followed_without_recursion():
    data = b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b"."
    assert run(data).coverage is Coverage.COMPLETE
    data = b"\x80\x04N" + b"\x85" * 100_000 + b"."
    assert run(data).coverage is Coverage.COMPLETE
    called = b"\x80\x04N" + (hostile.named("a", "f").join([b"", b""])) + b"0" + b"\x85" * 50_000 + b"."
    assert run(called).coverage is Coverage.COMPLETE


def test_large_data_is_not_kept():
    data = b"\x80\x04ca\nf\n0](" + b"J\xff\xff\xff\x7f" * 150_000 + b"e."
    tracemalloc.start()
    result = run(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.coverage is Coverage.COMPLETE
    assert peak < 20_000_000
