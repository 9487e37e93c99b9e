"""SARIF 2.1.0: findings and policy lines for code hosts and editors.

One run. Every finding is a result; so is every required policy line that does not pass, because a reader
of results must not mistake an unknown for nothing. Texts come from strangers: they are shown in visible
form, and what SARIF itself would read in a message (placeholders, links) is taken out of force.
Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never
from urllib.parse import quote

from weigh.core.errors import ExitCode
from weigh.core.finding import Finding, Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Answer, Report
from weigh.core.snapshot import is_safe_path
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.escape import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""Results of one run that a code host accepts (GitHub, "SARIF support for code scanning"); policy lines
and the gravest findings come first, and what is left out is said."""

MOST_TEXT = 1_000
"""Characters of one hostile text."""

ANCHOR = "models.toml"
"""Where a result is shown that is about no file of its own: the place that declares the dependency."""

PAGE = "docs/reference/checks.md"
FINGERPRINT = "weigh/v1"

_AT_BYTE = re.compile(r"^(?P<path>.+) at byte (?P<byte>[0-9]{1,15})$")
_AT_LINE = re.compile(r"^(?P<path>.+):(?P<line>[1-9][0-9]{0,8})$")
_FILE_NAME = re.compile(
    r"[^/=<>|:*?\"]*[^/=<>|:*?\" ]\.[A-Za-z][A-Za-z0-9_]{0,11}"
    r"|LICEN[CS]E|COPYING|NOTICE|METADATA|PKG-INFO|README"
)

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_GRAVITY = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class _Result:
    """One result before it has its place in the run.

    Attributes:
        rule: id of the rule.
        level: SARIF level.
        message: what a person reads; hostile.
        where: place in weigh's own words; hostile.
        check: check or policy that says so.
        more: further properties.
    """

    rule: str
    level: str
    message: str
    where: str
    check: str
    more: tuple[tuple[str, str], ...] = ()


def to_sarif(report: Report, *, anchor: str = ANCHOR) -> bytes:
    """The report as SARIF 2.1.0, UTF-8, the same bytes for the same report.

    Args:
        report: what to show.
        anchor: file of the repository at which results without a file of their own are shown.
    """
    decisive = [*_answer_results(report), *_policy_results(report)]
    # A stable sort: what decides first, then the gravest, each in the order of the report.
    ordered = decisive + sorted(_finding_results(report), key=lambda r: _GRAVITY[r.level])
    shown = ordered[:MOST_RESULTS]
    rules = _rules(report, shown)
    run = {
        "tool": {"driver": {"name": "weigh", "version": _plain(report.tool), "rules": rules}},
        "originalUriBaseIds": {
            "MODEL": {"description": {"text": "The folder of the model that was looked at."}},
            "PROJECT": {"description": {"text": "The repository that wants to use the model."}},
        },
        "invocations": [_invocation(report, left_out=len(ordered) - len(shown))],
        "columnKind": "unicodeCodePoints",
        "results": _placed(shown, [rule["id"] for rule in rules], anchor),
        "properties": _summary(report),
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True, sort_keys=True, indent=1).encode("ascii") + b"\n"


def _answer_results(report: Report) -> Iterator[_Result]:
    """The answer of the job where it is not `fine`: a run without results must mean just that."""
    if report.exit_code is not ExitCode.FINE:
        no = report.exit_code is ExitCode.NO
        rule, level = ("answer/no", "error") if no else ("answer/unknown", "warning")
        yield _Result(rule, level, f"{report.title} {report.headline}", "", "answer")


def _policy_results(report: Report) -> Iterator[_Result]:
    for reason in report.verdict.reasons:
        match reason.kind:
            case VerdictKind.PASS:
                continue
            case VerdictKind.FAIL:
                level = "error" if reason.required else "note"
            case VerdictKind.UNKNOWN:
                level = "warning" if reason.required else ""
            case _:
                assert_never(reason.kind)
        if level:
            yield _of_line(report, reason, level)


def _of_line(report: Report, reason: Reason, level: str) -> _Result:
    standing = "required" if reason.required else "advisory"
    message = f"policy {report.verdict.policy}: {reason.requirement} ({standing}): {reason.text}"
    if reason.waiver:
        message += f" · waived by {reason.waiver}"
    more = (("verdict", reason.kind.value), ("required", standing))
    return _Result(f"policy/{reason.kind.value}", level, message, reason.requirement, "policy", more)


def _finding_results(report: Report) -> Iterator[_Result]:
    for answer in report.answers:
        for finding in answer.evidence.findings:
            yield _of_finding(answer, finding)


def _of_finding(answer: Answer, finding: Finding) -> _Result:
    evidence = answer.evidence
    message = f"{finding.message.rstrip('.')}. {finding.action}".strip()
    more = (
        ("severity", finding.severity.value),
        ("confidence", finding.confidence.value),
        ("subject", evidence.subject.digest),
        ("evidence", evidence.digest),
    )
    return _Result(finding.rule, _LEVELS[finding.severity], message, finding.where, evidence.check, more)


def _rules(report: Report, shown: list[_Result]) -> list[dict[str, Any]]:
    """One rule for each id among the results, explained by its first finding."""
    by_rule: dict[str, Finding] = {}
    for answer in report.answers:
        for finding in answer.evidence.findings:
            by_rule.setdefault(finding.rule, finding)
    levels: dict[str, str] = {}
    for result in shown:
        known = levels.setdefault(result.rule, result.level)
        levels[result.rule] = min(known, result.level, key=_GRAVITY.__getitem__)
    return [_rule(name, level, by_rule.get(name)) for name, level in sorted(levels.items())]


def _rule(name: str, level: str, finding: Finding | None) -> dict[str, Any]:
    why = finding.why if finding is not None else _LINE_RULES.get(name, name)
    page = f"{PAGE}#rules" if finding is not None else "docs/reference/policy.md"
    rule: dict[str, Any] = {
        "id": _plain(name),
        "shortDescription": {"text": _text(why)},
        "help": {"text": _text(f"{why}. {finding.action if finding else ''}".strip() + f" See {page}.")},
        "defaultConfiguration": {"level": level},
        "properties": {"page": page},
    }
    if finding is not None and finding.references:
        rule["properties"]["tags"] = sorted({_plain(r, 80) for r in finding.references[:10]})
    return rule


_LINE_RULES = {
    "answer/no": "The model is not to be adopted, or the policy fails",
    "answer/unknown": "It could not be found out whether the model may be adopted",
    "policy/fail": "A line of the policy does not hold",
    "policy/unknown": "A required line of the policy could not be found out, which is never a pass",
}


def _placed(shown: list[_Result], rules: list[str], anchor: str) -> list[dict[str, Any]]:
    index = {name: i for i, name in enumerate(rules)}
    seen: Counter[tuple[str, str, str]] = Counter()
    placed = []
    for result in shown:
        key = (result.check, result.rule, _without_bytes(result.where))
        rule = _plain(result.rule)
        placed.append(
            {
                "ruleId": rule,
                "ruleIndex": index[rule],
                "level": result.level,
                "message": {"text": _text(result.message)},
                "locations": [_location(result.where, anchor)],
                "partialFingerprints": {FINGERPRINT: _fingerprint(*key, str(seen[key]))},
                "properties": {"check": _plain(result.check), **{k: _plain(v) for k, v in result.more}},
            }
        )
        seen[key] += 1
    return placed


def _fingerprint(*parts: str) -> str:
    """The same for the same complaint in the next version of a file: neither offset nor value is in it."""
    text = "\0".join(parts).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()


def _without_bytes(where: str) -> str:
    found = _AT_BYTE.match(where)
    return found["path"] if found else where


def _location(where: str, anchor: str) -> dict[str, Any]:
    """A place in a file of the model where there is one; else the anchor. The words stay either way."""
    path, region = _file(where)
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(path or anchor), "uriBaseId": "MODEL" if path else "PROJECT"}
    }
    if region:
        physical["region"] = region
    named = visible(where, limit=MOST_TEXT)
    place: dict[str, Any] = {"physicalLocation": physical}
    if named:
        place["logicalLocations"] = [{"fullyQualifiedName": named}]
    return place


def _file(where: str) -> tuple[str, dict[str, int]]:
    """The file a place names, "" when it names none, and the region in it."""
    for pattern in (_AT_BYTE, _AT_LINE):
        found = pattern.match(where)
        if found and _is_file(found["path"]):
            parts = found.groupdict()
            if "byte" in parts:
                return parts["path"], {"byteOffset": int(parts["byte"]), "byteLength": 0}
            return parts["path"], {"startLine": int(parts["line"])}
    return (where, {}) if _is_file(where) else ("", {})


def _is_file(text: str) -> bool:
    """A plain relative path whose last part looks like a file's name; `country=IN` and `0.5` do not."""
    named = _FILE_NAME.fullmatch(text.rsplit("/", 1)[-1])
    return len(text) <= MOST_TEXT and named is not None and is_safe_path(text)


def _uri(path: str) -> str:
    """A relative reference (RFC 3986): everything but plain letters is percent-encoded."""
    encoded = quote(path.encode("utf-8", "backslashreplace"), safe="/-._~")
    # A colon cannot be here (it is encoded), so no path can pass for an address with a scheme.
    return encoded.lstrip("/") or ANCHOR


def _invocation(report: Report, *, left_out: int) -> dict[str, Any]:
    broken = [a for a in report.answers if a.evidence.outcome.kind is OutcomeKind.ERROR]
    notes = [("note", limit) for limit in report.limits]
    notes += [("warning", statement.text) for statement in report.unknown]
    notes += [("error", f"{a.evidence.check}: {a.evidence.outcome.reason}") for a in broken]
    if left_out:
        notes.insert(0, ("warning", f"{left_out} results are left out; report.json has all of them"))
    return {
        "executionSuccessful": not broken,
        "exitCode": int(report.exit_code),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _text(text)}} for level, text in notes[:1000]
        ],
    }


def _summary(report: Report) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "title": _plain(report.title),
        "headline": _plain(report.headline),
        "verdict": report.verdict.kind.value,
        "policy": _plain(report.verdict.policy),
        "policyDigest": _plain(report.verdict.policy_digest),
        "meaning": _MEANING[report.exit_code],
    }
    if report.model is not None:
        summary |= {"model": _plain(report.model.name), "modelDigest": _plain(report.model.digest)}
    return summary


_MEANING = {
    ExitCode.FINE: "fine",
    ExitCode.NO: "no",
    ExitCode.USAGE: "wrong usage",
    ExitCode.UNKNOWN: "could not find out",
    ExitCode.BUG: "a defect of weigh",
    ExitCode.INTERRUPTED: "interrupted",
}


def _plain(text: str, limit: int = MOST_TEXT) -> str:
    return visible(text, limit=limit)


def _text(text: str) -> str:
    """A message string: braces are doubled (SARIF 3.11.5), and no link can be read into it (3.11.6)."""
    return _plain(text).replace("{", "{{").replace("}", "}}").replace("](", "] (") or "(no text)"
