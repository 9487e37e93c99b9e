import copy
import dataclasses
import re
from dataclasses import replace
from pathlib import Path

import golden_files
import pytest
from hypothesis import given, settings, strategies as st
from json_schema import errors
from sample_report import ANSWERS, COMPATIBILITY, RECOMMENDATION, SAMPLE, UNPAIRED, hostile

from weigh.core import canonical
from weigh.core.report import Report
from weigh.render.report_json import READINGS, repeatable, schema, to_json, to_value

SCHEMA = canonical.loads(schema())


def broken(value):
    return list(errors(value, SCHEMA))


def test_the_json_is_the_golden_one():
    golden_files.check("report.json", to_json(SAMPLE) + b"\n")


def test_the_json_is_canonical_and_keeps_the_schema():
    data = to_json(SAMPLE)
    value = canonical.loads(data)
    assert canonical.dumps(value) == data
    assert broken(value) == []
    assert sorted(value) == ["envelope", "report", "schema"]


def test_a_report_without_its_optional_parts_keeps_the_schema():
    bare = replace(SAMPLE, model=None, data=None, recommendation=None, answers=(), steps=(), next_commands=())
    assert broken(to_value(bare)) == []


def test_a_hostile_report_keeps_the_schema_and_loses_no_text():
    value = canonical.loads(to_json(hostile()))
    assert broken(value) == []
    assert value["report"]["title"] == UNPAIRED.replace("\ud800", "\\ud800")
    (fact,) = value["report"]["model"]["facts"]
    assert str(2**70) in next(iter(fact["value"].values()))


def places(value, path=()):
    """Every object and its path."""
    if isinstance(value, dict):
        yield path
    for key, child in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(child, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def test_the_schema_notices_every_missing_and_every_added_field():
    whole = canonical.loads(to_json(SAMPLE))
    seen = set()
    for path in places(whole):
        shape = tuple(key for key in path if isinstance(key, str))
        if shape in seen or "facts" in shape:
            continue
        seen.add(shape)
        added = copy.deepcopy(whole)
        at(added, path)["surplus"] = 1
        assert broken(added), path
        for key in at(whole, path):
            less = copy.deepcopy(whole)
            del at(less, path)[key]
            assert broken(less), (path, key)
    assert len(seen) > 20


def test_the_schema_describes_each_field_of_a_report():
    fields = {f.name for f in dataclasses.fields(Report)} - {"schema", "tool", "steps"}
    assert set(SCHEMA["$defs"]["Report"]["properties"]) == fields
    assert SCHEMA["properties"]["schema"]["const"] == SAMPLE.schema


def another_run():
    """The same questions on the same machine: other times, other readings, the same claims."""
    readings = tuple(
        replace(m, value=m.value * 1.1, low=None, high=9.0) if m.observed else m
        for m in COMPATIBILITY.measures
    )
    again = replace(COMPATIBILITY, measures=readings)
    answers = tuple(
        replace(
            a,
            evidence=again if a.evidence is COMPATIBILITY else a.evidence,
            envelope=replace(
                a.envelope, started=a.envelope.started + 60, seconds=9.0, fresh=False, host="other"
            ),
        )
        for a in ANSWERS
    )
    arms = tuple(
        replace(
            a, cost=a.cost and replace(a.cost, fit_seconds=99.0, predict_ms=9.0, peak_bytes=7, disk_bytes=5)
        )
        for a in RECOMMENDATION.arms
    )
    favour = tuple(replace(s, text=s.text.replace("p95 6.0", "p95 6.6")) for s in SAMPLE.reasons_for)
    return replace(
        SAMPLE,
        tool="0.1.1",
        steps=SAMPLE.steps[:1],
        answers=answers,
        recommendation=replace(RECOMMENDATION, arms=arms),
        reasons_for=favour,
    )


def test_two_runs_differ_in_json_and_agree_in_what_repeats():
    first, second = (canonical.loads(to_json(r)) for r in (SAMPLE, another_run()))
    assert first != second
    assert repeatable(first) == repeatable(second)
    assert "envelope" not in repeatable(first)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, seed=1),
        lambda r: replace(r, headline="DO NOT ADOPT"),
        lambda r: replace(r, reasons_for=(replace(r.reasons_for[0], text="other"), *r.reasons_for[1:])),
        lambda r: replace(r, recommendation=replace(r.recommendation, because="other")),
        lambda r: replace(
            r,
            recommendation=replace(
                r.recommendation,
                arms=(
                    replace(r.recommendation.arms[0], cost=replace(r.recommendation.arms[0].cost, work=1)),
                    *r.recommendation.arms[1:],
                ),
            ),
        ),
        lambda r: replace(
            r,
            answers=(
                replace(r.answers[0], evidence=replace(r.answers[0].evidence, measures=())),
                *r.answers[1:],
            ),
        ),
    ],
)
def test_what_repeats_notices_every_real_difference(change):
    assert repeatable(to_value(change(SAMPLE))) != repeatable(to_value(SAMPLE))


def test_observed_readings_stay_in_the_file_and_are_flagged():
    value = to_value(SAMPLE)
    compatibility = value["report"]["answers"][1]["evidence"]["measures"]
    latency = next(m for m in compatibility if m["name"] == "latency_p95")
    assert (latency["value"], latency["observed"]) == (6.0, True)
    cost = value["report"]["recommendation"]["arms"][0]["cost"]
    assert (cost["fit_seconds"], cost["observed"]) == (12.4, True)
    kept = repeatable(value)["report"]["recommendation"]["arms"][0]["cost"]
    assert kept["fit_seconds"] is None
    assert kept["labels"] == 2000


def test_a_model_cannot_hide_a_fact_by_imitating_the_flag():
    facts = to_value(hostile())["report"]["model"]["facts"]
    assert repeatable(to_value(hostile()))["report"]["model"]["facts"] == facts


def test_repeatable_leaves_its_argument_alone_and_is_idempotent():
    value = to_value(SAMPLE)
    before = copy.deepcopy(value)
    once = repeatable(value)
    assert value == before
    assert repeatable(once) == once


def test_nan_is_refused_not_written():
    worse = replace(SAMPLE.recommendation.arms[0].score, value=float("nan"))
    arms = (replace(SAMPLE.recommendation.arms[0], score=worse),)
    with pytest.raises(canonical.NotCanonicalError):
        to_json(replace(SAMPLE, recommendation=replace(SAMPLE.recommendation, arms=arms)))


def test_the_reading_fields_are_fields_of_the_schema():
    known = {key for one in SCHEMA["$defs"].values() for key in one.get("properties", {})}
    assert set(READINGS) <= known


@settings(max_examples=30, deadline=None)
@given(st.text(), st.text())
def test_any_text_survives_the_way_through_json(title, name):
    report = replace(SAMPLE, title=title, model=replace(SAMPLE.model, name=name))
    value = canonical.loads(to_json(report))
    assert broken(value) == []
    assert (value["report"]["title"], value["report"]["model"]["name"]) == (title, name)


def test_the_example_of_the_reference_page_compares_runs():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "report-json.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {}
    exec(example, names)
    assert names["same_run"](to_json(SAMPLE), to_json(another_run()))
    assert not names["same_run"](to_json(SAMPLE), to_json(replace(SAMPLE, seed=1)))
