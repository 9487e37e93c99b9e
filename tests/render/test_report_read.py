import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from sample_report import SAMPLE, hostile

from weigh.core import canonical
from weigh.core.errors import IntegrityError, MalformedError
from weigh.render import report_read
from weigh.render.report_json import to_json
from weigh.render.report_read import from_json

BARE = replace(SAMPLE, model=None, data=None, recommendation=None, answers=(), steps=(), next_commands=())


@pytest.mark.parametrize("report", [SAMPLE, hostile(), BARE], ids=["sample", "hostile", "bare"])
def test_what_was_written_is_read_and_written_again_byte_for_byte(report):
    data = to_json(report)
    assert to_json(from_json(data)) == data
    assert to_json(from_json(data + b"\n")) == data


def test_everything_but_the_pictures_comes_back():
    plain = replace(SAMPLE, answers=tuple(replace(a, pictures=()) for a in SAMPLE.answers))
    assert from_json(to_json(SAMPLE)) == plain


def test_a_file_that_was_laid_out_for_people_is_the_same_report():
    value = json.loads(to_json(SAMPLE))
    assert to_json(from_json(json.dumps(value, indent=2).encode())) == to_json(SAMPLE)


def places(value, path=()):
    if isinstance(value, dict):
        for key, child in value.items():
            yield (*path, key)
            yield from places(child, (*path, key))
    elif isinstance(value, list):
        for i, child in enumerate(value[:2]):
            yield from places(child, (*path, i))


SMALL = replace(
    SAMPLE,
    answers=tuple(
        replace(a, evidence=replace(a.evidence, measures=a.evidence.measures[:1])) for a in SAMPLE.answers[:4]
    ),
    recommendation=replace(
        SAMPLE.recommendation,
        arms=SAMPLE.recommendation.arms[:1],
        curves=SAMPLE.recommendation.curves[:1],
        comparisons=SAMPLE.recommendation.comparisons[:1],
    ),
)
"""Every sort of thing once, so that thousands of changes can be tried."""

WHOLE = canonical.loads(to_json(SMALL))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def refused(value):
    with pytest.raises((MalformedError, IntegrityError)) as caught:
        from_json(canonical.dumps(value))
    assert caught.value.why
    assert caught.value.hint


def test_every_missing_and_every_added_field_is_refused():
    seen = set()
    for path in places(WHOLE):
        shape = tuple(key for key in path if isinstance(key, str))
        if shape in seen or "facts" in shape:
            continue
        seen.add(shape)
        less = copy.deepcopy(WHOLE)
        del at(less, path[:-1])[path[-1]]
        refused(less)
        added = copy.deepcopy(WHOLE)
        at(added, path[:-1])["surplus"] = 1
        refused(added)
    assert len(seen) > 100


@pytest.mark.parametrize("other", [None, True, -1, "x", [], {}, [[]], 1e300])
def test_a_value_of_another_sort_is_refused_or_is_the_same(other):
    seen = set()
    for path in places(WHOLE):
        shape = tuple(key for key in path if isinstance(key, str))
        if shape in seen or "facts" in shape:
            continue
        seen.add(shape)
        changed = copy.deepcopy(WHOLE)
        at(changed, path[:-1])[path[-1]] = other
        try:
            report = from_json(canonical.dumps(changed))
        except (MalformedError, IntegrityError):
            continue
        # Accepted: then it is exactly what stands in the file.
        assert canonical.loads(to_json(report)) == changed


def test_changed_evidence_does_not_fit_its_digest():
    changed = copy.deepcopy(WHOLE)
    changed["report"]["answers"][1]["evidence"]["measures"][0]["value"] = 0.999
    with pytest.raises(IntegrityError, match="not what the report cites"):
        from_json(canonical.dumps(changed))


def test_a_report_of_another_version_says_which():
    with pytest.raises(MalformedError) as caught:
        from_json(canonical.dumps(WHOLE | {"schema": "weigh.report/2"}))
    assert "weigh.report/2" in caught.value.why


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"schema": "weigh.report/1", "report": NaN, "envelope": {}}',
        b'{"schema": "weigh.report/1", "report": [], "envelope": {}}',
        b'{"schema": "weigh.report/1", "report": {}, "envelope": {}}',
        b'{"schema": "weigh.report/1", "report": {"answers": [1]}, "envelope": {"answers": [1]}}',
        b'{"schema": ["x"], "report": {}, "envelope": {}}',
        to_json(SAMPLE)[:-1],
        to_json(SAMPLE).replace(b'"seed":0', b'"seed":1e999'),
        to_json(SAMPLE).replace(b'"headline":"', b'"headline":"\\ud800'),
    ],
    ids=lambda d: ascii(d[:20]),
)
def test_what_is_no_report_is_malformed(data):
    with pytest.raises(MalformedError) as caught:
        from_json(data)
    assert caught.value.why


def test_a_file_beyond_the_bound_is_not_parsed(monkeypatch):
    monkeypatch.setattr(report_read, "MAX_BYTES", 10)
    with pytest.raises(MalformedError, match="no report") as caught:
        from_json(to_json(SAMPLE))
    assert "at most 10 are read" in caught.value.why


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40), st.integers(0, 2**53 - 1))
def test_any_title_and_seed_come_back(title, seed):
    data = to_json(replace(BARE, title=title, seed=seed))
    assert to_json(from_json(data)) == data


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(to_json(BARE)) - 1), st.integers(0, 255))
def test_one_changed_byte_is_refused_or_kept(place, byte):
    data = bytearray(to_json(BARE))
    data[place] = byte
    try:
        report = from_json(bytes(data))
    except (MalformedError, IntegrityError):
        return
    assert canonical.loads(to_json(report)) == canonical.loads(bytes(data))
