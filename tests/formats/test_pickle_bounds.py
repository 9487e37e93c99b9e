import pickle
import struct
from collections import OrderedDict

import hostile_pickle as hostile
import pytest

from weigh.checks.security.security import findings_of
from weigh.core.facts import Coverage, Use
from weigh.core.gate import Word, judge_file
from weigh.core.symbol import SymbolKind
from weigh.formats import pickle_held
from weigh.formats.pickle_machine import run_pickle
from weigh.formats.pickle_values import Call, DictNode
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file

P4 = hostile.P4


def run(data, **options):
    return run_pickle(BytesReader(data), **options)


def uses_of(data, name):
    return [use for use in run(data).uses if use.name == name and use.how is not Use.IMPORT]


@pytest.mark.parametrize(("flood", "payload"), hostile.FLOODED)
def test_volume_does_not_hide_what_acts(flood, payload):
    facts = read_file(BytesReader(hostile.flooded(flood, payload)), "m.pkl")
    assert judge_file(facts, tuple(findings_of(facts))) is Word.MALICIOUS


def test_what_is_harmless_behind_a_flood_is_not_called_malicious():
    data = P4 + b"V" + b"x" * 6_000_000 + b"\n0" + hostile.call(hostile.stacked("collections", "OrderedDict"))
    facts = read_file(BytesReader(data + b"."), "m.pkl")
    assert facts.coverage is Coverage.PARTIAL
    assert judge_file(facts, tuple(findings_of(facts))) is Word.REVIEW


def test_a_very_long_tuple_or_set_is_followed():
    data = pickle.dumps((OrderedDict(), frozenset(f"{n}" for n in range(450_000))), 4)
    assert run(data).coverage is Coverage.COMPLETE


@pytest.mark.parametrize("bound", [10**9, 1])
def test_values_of_calls_are_told_whether_or_not_plain_data_is_kept(bound, monkeypatch):
    monkeypatch.setattr(pickle_held, "FRUGAL", bound)
    text = "[" + "x" * 300 + "]"
    filler = b"](" + b"".join(hostile.text(f"{text}{n}") for n in range(3000)) + b"e0"
    call = hostile.call(hostile.stacked("a", "f"), b"K\x01K\x02\x86", hostile.text("latin1"))
    state = hostile.stacked("a", "Thing") + b")\x81}(" + hostile.text("k") + b"K\x01ub"
    row = b"}(" + hostile.text("w") + b"(" + call + state + b"lu"
    result = run(P4 + filler + row + b".")
    assert result.coverage is Coverage.COMPLETE
    (use,) = [use for use in result.uses if use.name == "f"]
    assert [symbol.kind for symbol in use.arguments] == [SymbolKind.TUPLE, SymbolKind.TEXT]
    assert [item.text for item in use.arguments[0].items] == ["1", "2"]
    (kept,) = [use for use in result.uses if use.how is Use.SET_STATE]
    assert kept.arguments[0].items[0].text == "k"
    assert isinstance(result.root, DictNode)
    key, value = result.root.pairs[:2]
    assert key == "w"
    assert [type(item) for item in value.items] == [Call, Call]


def test_names_of_tensors_stay_where_plain_data_is_not_kept(monkeypatch):
    monkeypatch.setattr(pickle_held, "FRUGAL", 1)
    filler = hostile.text("words") + b"](" + b"".join(hostile.text(f"{n:0200}") for n in range(3000)) + b"e"
    instance = hostile.call(hostile.stacked("collections", "OrderedDict"))
    pairs = b"".join(hostile.text(name) + hostile.array(2, bytes(8)) for name in ("w", "b"))
    data = (
        P4
        + b"}("
        + filler
        + hostile.text("state")
        + instance
        + b"("
        + pairs
        + hostile.text("n")
        + b"K\x01uu."
    )
    facts = read_file(BytesReader(data), "m.pkl")
    assert facts.coverage is Coverage.COMPLETE
    assert [tensor.name for tensor in facts.tensors] == ["state.w", "state.b"]
    assert {tensor.shape for tensor in facts.tensors} == {(2,)}


def test_calls_past_the_exact_ones_show_kinds_names_and_keys():
    calls = b"".join(
        hostile.call(
            hostile.stacked("a", "f"), hostile.text(f"text {n}"), b"}" + hostile.text("key") + b"K\x01s"
        )
        + b"0"
        for n in range(1000)
    )
    odd = hostile.call(hostile.stacked("a", "f"), hostile.text("quiet"), hostile.stacked("os", "system"))
    uses = uses_of(P4 + calls + odd + b".", "f")
    assert sum(use.count for use in uses) == 1001
    assert len(uses) < 600
    last = uses[-1]
    assert (last.arguments[1].kind, last.arguments[1].text) == (SymbolKind.GLOBAL, "os system")
    merged = max(uses, key=lambda use: use.count)
    assert [symbol.kind for symbol in merged.arguments] == [SymbolKind.TEXT, SymbolKind.DICT]
    assert not merged.arguments[0].whole
    assert merged.arguments[1].items[0].text == "key"


def test_nested_calls_of_many_texts_are_few_uses():
    encode = [
        hostile.call(hostile.stacked("_codecs", "encode"), hostile.text(f"\xe9{n}"), hostile.text("latin1"))
        for n in range(3000)
    ]
    data = P4 + b"".join(hostile.call(hostile.stacked("a", "scalar"), one) + b"0" for one in encode) + b"N."
    assert len(uses_of(data, "scalar")) < 300
    assert {use.arguments[0].text for use in uses_of(data, "scalar")} == {"_codecs encode"}


def test_a_state_that_sets_a_dunder_is_seen_behind_many_states(monkeypatch):
    monkeypatch.setattr(pickle_held, "FRUGAL", 1)
    many = b"".join(
        hostile.INSTANCE + b"}" + hostile.text("a") + hostile.text(f"{n:0100}") + b"sb0" for n in range(5000)
    )
    data = P4 + many + hostile.INSTANCE + b"}" + hostile.text("__setstate__") + hostile.SYSTEM + b"sb."
    assert "WGH-PK013" in {anomaly.rule for anomaly in run(data).anomalies}


def test_a_chain_of_tuples_as_long_as_the_file_is_bounded():
    data = P4 + hostile.named("a", "f") + b")R" + b"\x85" * 1_500_000 + b"."
    assert run(data).coverage is Coverage.COMPLETE


def test_a_memo_number_is_read_where_the_memo_has_gaps():
    data = P4 + hostile.text("os") + b"r" + struct.pack("<I", 70) + b"0j" + struct.pack("<I", 70)
    (use,) = run(data + hostile.text("system") + b"\x93.").uses
    assert (use.module, use.name) == ("os", "system")
