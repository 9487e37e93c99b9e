"""JUnit XML: every policy line as a test case, for whatever draws the tests of a build.

A line that passes is a passed case, a required fail a failure, a required unknown an error of the type
`unknown`. An advisory line that does not pass is skipped: it stops nothing, and it is no pass either. So is
every question that got no answer. One more case carries the answer of the whole job, so that the file is
never green when the exit code is not 0.
Source: the schema of Apache Ant's junitreport, as Jenkins, GitLab and others read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.errors import ExitCode
from weigh.core.outcome import OutcomeKind
from weigh.core.report import Report
from weigh.core.verdict import Reason, VerdictKind
from weigh.render.escape import page

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case.

    Attributes:
        name: of the case.
        group: its class name.
        mark: `failure`, `error`, `skipped`, or "" for a pass.
        kind: type of the mark.
        message: one line.
        detail: further lines.
    """

    name: str
    group: str
    mark: str = ""
    kind: str = ""
    message: str = ""
    detail: tuple[str, ...] = ()


def to_junit(report: Report) -> bytes:
    """The report as JUnit XML, UTF-8; the same bytes for the same report."""
    judged = (_line(report, reason) for reason in report.verdict.reasons)
    cases = [_answer(report), *judged, *_unknown(report)]
    marks = {mark: sum(c.mark == mark for c in cases) for mark in ("failure", "error", "skipped")}
    counts = (
        f'tests="{len(cases)}" failures="{marks["failure"]}" errors="{marks["error"]}" '
        f'skipped="{marks["skipped"]}"'
    )
    suites = f'<testsuites name="weigh" tests="{len(cases)}" failures="{marks["failure"]}" '
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'{suites}errors="{marks["error"]}">',
        f' <testsuite name="{_said(report.title)}" {counts}>',
        *_properties(report),
        *(row for case in cases for row in _rows(case)),
        " </testsuite>",
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _answer(report: Report) -> _Case:
    """What the process ends with, as a case: only exit code 0 passes."""
    name = "the answer"
    if report.exit_code is ExitCode.FINE:
        return _Case(name, "weigh")
    unknown = report.exit_code is ExitCode.UNKNOWN
    mark, kind = ("error", UNKNOWN) if unknown else ("failure", "decision")
    against = tuple(s.text for s in (report.unknown if unknown else report.reasons_against))
    return _Case(name, "weigh", mark, kind, f"{report.headline} (exit {int(report.exit_code)})", against)


def _line(report: Report, reason: Reason) -> _Case:
    group = f"policy {report.verdict.policy}"
    if reason.kind is VerdictKind.PASS:
        return _Case(reason.requirement, group)
    detail = (*_waiver(reason), *_parts(reason), *(f"evidence {digest}" for digest in reason.evidence))
    if not reason.required:
        message = f"advisory, {reason.kind.value}: {reason.text}"
        return _Case(reason.requirement, group, "skipped", "", message, detail)
    mark, kind = ("failure", "policy") if reason.kind is VerdictKind.FAIL else ("error", UNKNOWN)
    return _Case(reason.requirement, group, mark, kind, reason.text, detail)


def _unknown(report: Report) -> Iterator[_Case]:
    """Every question without an answer, skipped: no build is red for it, and nobody takes it for a pass."""
    for statement in report.unknown:
        detail = tuple(f"evidence {digest}" for digest in statement.evidence)
        yield _Case(statement.text, UNKNOWN, "skipped", "", statement.text, detail)
    told = {digest for statement in report.unknown for digest in statement.evidence}
    for answer in report.answers:
        found = answer.evidence
        if found.outcome.kind is not OutcomeKind.ANSWERED and found.digest not in told:
            message = f"{found.outcome.kind.value.replace('_', ' ')}: {found.outcome.reason}"
            yield _Case(found.check, UNKNOWN, "skipped", "", message, (f"evidence {found.digest}",))


def _waiver(reason: Reason) -> Iterator[str]:
    if reason.waiver:
        yield f"waived by {reason.waiver}; a waiver does not turn a fail into a pass"


def _parts(reason: Reason) -> Iterator[str]:
    for child in reason.children:
        yield f"{child.kind.value}: {child.text}"


def _properties(report: Report) -> Iterator[str]:
    told = {
        "headline": report.headline,
        "verdict": report.verdict.kind.value,
        "policy": report.verdict.policy,
        "policy digest": report.verdict.policy_digest,
        "exit code": str(int(report.exit_code)),
        "weigh": report.tool,
    }
    if report.model is not None:
        told |= {"model": report.model.name, "model digest": report.model.digest}
    yield "  <properties>"
    for name, value in told.items():
        yield f'   <property name="{_said(name)}" value="{_said(value)}"/>'
    yield "  </properties>"


def _rows(case: _Case) -> Iterator[str]:
    opened = f'  <testcase classname="{_said(case.group)}" name="{_said(case.name)}"'
    if not case.mark:
        yield f"{opened}/>"
        return
    kind = f' type="{_said(case.kind)}"' if case.kind else ""
    detail = "\n".join(_said(line) for line in case.detail)
    yield f"{opened}>"
    yield f'   <{case.mark}{kind} message="{_said(case.message)}">{detail}</{case.mark}>'
    yield "  </testcase>"


def _said(text: str) -> str:
    """Hostile text inside an element or attribute: what XML 1.0 cannot carry is written out as escapes."""
    return page(text)
