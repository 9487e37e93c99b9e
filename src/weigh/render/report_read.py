"""report.json read back: an untrusted file, taken only when it is exactly what weigh would write.

Nothing is guessed and nothing dropped: a report is accepted when writing it again gives the same values,
so an unknown field, a changed sentence flag or evidence that does not fit its digest is refused.
"""

from typing import Any

import msgspec

from weigh.core.canonical import NotCanonicalError, dumps, loads
from weigh.core.errors import IntegrityError, MalformedError
from weigh.core.report import SCHEMA, Report
from weigh.render.report_json import to_value

MAX_BYTES = 64 * 1024 * 1024
"""Size of the largest report.json that is read."""

HINT = "make the report again with weigh adopt"
_PARTS = ("schema", "report", "envelope")


def from_json(data: bytes) -> Report:
    """The report that report.json holds; `to_json(from_json(x)) == x` for what `to_json` wrote.

    Pictures are no part of the file: the answers come back without them.

    Args:
        data: content of the file.

    Raises:
        MalformedError: it is too large, no JSON, of another schema, or not what weigh writes.
        IntegrityError: a piece of evidence does not fit the digest it is cited by.
    """
    value = _parsed(data)
    try:
        report = msgspec.convert(_assembled(value), Report)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error
    try:
        _same_evidence(report, value)
        same = dumps(to_value(report)) == dumps(value)
    except NotCanonicalError as error:
        raise _malformed(str(error)) from error
    if not same:
        raise _malformed("it holds fields or values that weigh does not write")
    return report


def _malformed(why: str) -> MalformedError:
    return MalformedError("this is no report that weigh wrote", why=why, hint=HINT)


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise _malformed(f"it has {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        value = loads(data)
    except (ValueError, NotCanonicalError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else f"it is not JSON: {error}"
        raise _malformed(why) from error
    if not isinstance(value, dict) or set(value) != set(_PARTS):
        raise _malformed(f"it is not an object of {', '.join(_PARTS)}")
    if value["schema"] != SCHEMA:
        raise MalformedError(
            "this report is of another version",
            why=f"its schema is {str(value['schema'])[:80]!r}, this weigh reads {SCHEMA!r}",
            hint="read it with the weigh that made it, or " + HINT,
        )
    return value


def _assembled(value: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Report from both halves of the file, each answer with its envelope."""
    body, envelope = value["report"], value["envelope"]
    if not isinstance(body, dict) or not isinstance(envelope, dict):
        raise _malformed("report and envelope must be objects")
    answers, circumstances = _objects(body.get("answers")), _objects(envelope.get("answers"))
    if answers is None or circumstances is None or len(answers) != len(circumstances):
        raise _malformed("report and envelope do not list the same answers")
    joined = [
        {"question": answer.get("question"), "evidence": answer.get("evidence"), "envelope": circumstance}
        for answer, circumstance in zip(answers, circumstances, strict=True)
    ]
    own = {"schema": value["schema"], "tool": envelope.get("tool"), "steps": envelope.get("steps")}
    return body | own | {"answers": joined}


def _objects(value: Any) -> list[dict[str, Any]] | None:
    """The value where it is a list of objects, else None."""
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else None


def _same_evidence(report: Report, value: dict[str, Any]) -> None:
    """The digests in the file are those of the evidence in the file."""
    for answer, stated in zip(report.answers, value["report"]["answers"], strict=True):
        own = answer.evidence.digest
        if stated.get("digest") != own:
            raise IntegrityError(
                f"the evidence of {answer.evidence.check!r} is not what the report cites",
                why="its digest differs from the one beside it; one of them was changed",
                hint=HINT,
            )
