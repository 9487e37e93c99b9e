"""report.json: the whole report for machines, canonical, and comparable between two runs.

The layout is fixed by schemas/report-1.schema.json and explained in docs/reference/report-json.md:
`report` holds what another run repeats, `envelope` the circumstances of this one. Inside `report`,
an object that carries `observed: true` holds readings (of a clock, of memory) or a sentence that
rests on some; `repeatable` takes them out.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from weigh.core.canonical import MAX_SAFE_INTEGER, dumps, plain
from weigh.core.cost import Cost
from weigh.core.report import Report
from weigh.render.escape import interoperable

READINGS = ("value", "low", "high", "text", "fit_seconds", "predict_ms", "peak_bytes", "disk_bytes")
"""Fields of an object with `observed: true` that hold readings; the others repeat."""

_STEPS = "steps"


def to_json(report: Report) -> bytes:
    """Canonical JSON (RFC 8785) of the report.

    Text without a UTF-8 form (lone surrogates in file names) is written with escapes, and integers
    beyond 2^53 − 1 as strings, since readers would round them.

    Raises:
        NotCanonicalError: a number is NaN or infinite, which no check may state.
    """
    return dumps(to_value(report))


def to_value(report: Report) -> dict[str, Any]:
    """The report in the JSON data model: `schema`, `report`, `envelope`."""
    readings = frozenset(
        a.evidence.digest for a in report.answers if any(m.observed for m in a.evidence.measures)
    )
    body = plain(report)
    envelope = {
        "tool": body.pop("tool"),
        _STEPS: body.pop(_STEPS),
        "answers": [plain(a.envelope) | {"evidence": a.evidence.digest} for a in report.answers],
    }
    schema = body.pop("schema")
    body["answers"] = [
        {
            "question": a.question,
            "digest": a.evidence.digest,
            "evidence": plain(a.evidence),
        }
        for a in report.answers
    ]
    if report.recommendation is not None:
        _flag_costs(body["recommendation"]["arms"], [a.cost for a in report.recommendation.arms])
    for key in ("reasons_for", "reasons_against", "unknown"):
        body[key] = [_flag_sentence(s, readings) for s in body[key]]
    body["verdict"]["reasons"] = [_flag_sentence(r, readings) for r in body["verdict"]["reasons"]]
    value = _carried({"schema": schema, "report": body, "envelope": envelope})
    assert isinstance(value, dict)
    return value


def repeatable(report_json: Mapping[str, Any]) -> dict[str, Any]:
    """What two runs on one machine with one seed have in common: no envelope, no readings.

    Args:
        report_json: a report as `to_value` makes it, or as read back from report.json.

    Returns:
        `schema` and `report`, every reading replaced by null. Equal values mean equal runs.
    """
    return {"schema": report_json["schema"], "report": _without_readings(report_json["report"])}


def schema() -> bytes:
    """The JSON Schema (draft 2020-12) that report.json keeps to."""
    return (files("weigh.render") / "schemas" / "report-1.schema.json").read_bytes()


def _flag_costs(arms: list[dict[str, Any]], costs: Sequence[Cost | None]) -> None:
    for arm, cost in zip(arms, costs, strict=True):
        if cost is not None:
            arm["cost"]["observed"] = True


def _flag_sentence(sentence: dict[str, Any], readings: frozenset[str]) -> dict[str, Any]:
    """A sentence that rests on evidence with readings may quote one, so its words may differ."""
    flagged = dict(sentence, observed=not readings.isdisjoint(sentence["evidence"]))
    if "children" in flagged:
        flagged["children"] = [_flag_sentence(child, readings) for child in flagged["children"]]
    return flagged


def _carried(value: Any) -> Any:
    """The value with text and integers in the form every JSON reader keeps."""
    if isinstance(value, str):
        return interoperable(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    if isinstance(value, dict):
        return {interoperable(k): _carried(v) for k, v in value.items()}
    return [_carried(v) for v in value] if isinstance(value, list) else value


def _without_readings(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_readings(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "basis" in value:
        # A fact's value is the model's own words, which may imitate our flag.
        return value
    gone = READINGS if value.get("observed") is True else ()
    return {k: None if k in gone else _without_readings(v) for k, v in value.items()}
