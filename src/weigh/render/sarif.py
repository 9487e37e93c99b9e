"""SARIF 2.1.0: findings and policy lines for code hosts and editors.

One run. Every finding is a result; so is every required policy line that does not pass, because a reader
of results must not mistake an unknown for nothing. Texts come from strangers: they are shown in visible
form, and what SARIF itself would read in a message (placeholders, links) is taken out of force.
Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from collections.abc import Iterator
from typing import Any, assert_never

from weigh.core.errors import ExitCode
from weigh.core.finding import Finding
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Answer, Report
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.sarif_results import GRAVITY, LEVELS, MOST_RESULTS, Result, document, placed, plain, text_of

ANCHOR = "models.toml"
"""Where a result is shown that is about no file of its own: the place that declares the dependency."""

PAGE = "docs/reference/checks.md"


def to_sarif(report: Report, *, anchor: str = ANCHOR) -> bytes:
    """The report as SARIF 2.1.0, UTF-8, the same bytes for the same report.

    Args:
        report: what to show.
        anchor: file of the repository at which results without a file of their own are shown.
    """
    decisive = [*_answer_results(report), *_policy_results(report)]
    # A stable sort: what decides first, then the gravest, each in the order of the report.
    ordered = decisive + sorted(_finding_results(report), key=lambda r: GRAVITY[r.level])
    shown = ordered[:MOST_RESULTS]
    rules = _rules(report, shown)
    run = {
        "tool": {"driver": {"name": "weigh", "version": plain(report.tool), "rules": rules}},
        "originalUriBaseIds": {
            "MODEL": {"description": {"text": "The folder of the model that was looked at."}},
            "PROJECT": {"description": {"text": "The repository that wants to use the model."}},
        },
        "invocations": [_invocation(report, left_out=len(ordered) - len(shown))],
        "columnKind": "unicodeCodePoints",
        "results": placed(shown, [rule["id"] for rule in rules], anchor),
        "properties": _summary(report),
    }
    return document(run)


def _answer_results(report: Report) -> Iterator[Result]:
    """The answer of the job where it is not `fine`: a run without results must mean just that."""
    if report.exit_code is not ExitCode.FINE:
        no = report.exit_code is ExitCode.NO
        rule, level = ("answer/no", "error") if no else ("answer/unknown", "warning")
        yield Result(rule, level, f"{report.title} {report.headline}", "", "answer")


def _policy_results(report: Report) -> Iterator[Result]:
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


def _of_line(report: Report, reason: Reason, level: str) -> Result:
    standing = "required" if reason.required else "advisory"
    message = f"policy {report.verdict.policy}: {reason.requirement} ({standing}): {reason.text}"
    if reason.waiver:
        message += f" · waived by {reason.waiver}"
    more = (("verdict", reason.kind.value), ("required", standing))
    return Result(f"policy/{reason.kind.value}", level, message, reason.requirement, "policy", more)


def _finding_results(report: Report) -> Iterator[Result]:
    for answer in report.answers:
        for finding in answer.evidence.findings:
            yield _of_finding(answer, finding)


def _of_finding(answer: Answer, finding: Finding) -> Result:
    evidence = answer.evidence
    message = f"{finding.message.rstrip('.')}. {finding.action}".strip()
    more = (
        ("severity", finding.severity.value),
        ("confidence", finding.confidence.value),
        ("subject", evidence.subject.digest),
        ("evidence", evidence.digest),
    )
    return Result(finding.rule, LEVELS[finding.severity], message, finding.where, evidence.check, more)


def _rules(report: Report, shown: list[Result]) -> list[dict[str, Any]]:
    """One rule for each id among the results, explained by its first finding."""
    by_rule: dict[str, Finding] = {}
    for answer in report.answers:
        for finding in answer.evidence.findings:
            by_rule.setdefault(finding.rule, finding)
    levels: dict[str, str] = {}
    for result in shown:
        known = levels.setdefault(result.rule, result.level)
        levels[result.rule] = min(known, result.level, key=GRAVITY.__getitem__)
    return [_rule(name, level, by_rule.get(name)) for name, level in sorted(levels.items())]


def _rule(name: str, level: str, finding: Finding | None) -> dict[str, Any]:
    why = finding.why if finding is not None else _LINE_RULES.get(name, name)
    page = f"{PAGE}#rules" if finding is not None else "docs/reference/policy.md"
    rule: dict[str, Any] = {
        "id": plain(name),
        "shortDescription": {"text": text_of(why)},
        "help": {"text": text_of(f"{why}. {finding.action if finding else ''}".strip() + f" See {page}.")},
        "defaultConfiguration": {"level": level},
        "properties": {"page": page},
    }
    if finding is not None and finding.references:
        rule["properties"]["tags"] = sorted({plain(r, 80) for r in finding.references[:10]})
    return rule


_LINE_RULES = {
    "answer/no": "The model is not to be adopted, or the policy fails",
    "answer/unknown": "It could not be found out whether the model may be adopted",
    "policy/fail": "A line of the policy does not hold",
    "policy/unknown": "A required line of the policy could not be found out, which is never a pass",
}


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
            {"level": level, "message": {"text": text_of(text)}} for level, text in notes[:1000]
        ],
    }


def _summary(report: Report) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "title": plain(report.title),
        "headline": plain(report.headline),
        "verdict": report.verdict.kind.value,
        "policy": plain(report.verdict.policy),
        "policyDigest": plain(report.verdict.policy_digest),
        "meaning": _MEANING[report.exit_code],
    }
    if report.model is not None:
        summary |= {"model": plain(report.model.name), "modelDigest": plain(report.model.digest)}
    return summary


_MEANING = {
    ExitCode.FINE: "fine",
    ExitCode.NO: "no",
    ExitCode.USAGE: "wrong usage",
    ExitCode.UNKNOWN: "could not find out",
    ExitCode.BUG: "a defect of weigh",
    ExitCode.INTERRUPTED: "interrupted",
}
