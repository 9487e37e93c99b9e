"""The judge: policy and evidence in, verdict out. A pure function, three-valued.

A line passes only when evidence shows that it holds. Missing evidence, a question that was not run,
broke, or was inconclusive, and an interval that straddles its limit are all *unknown*.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from weigh.core.digest import of_value
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding, Severity
from weigh.core.measure import Measure
from weigh.core.recommendation import Decision
from weigh.core.requirement import Comparison, Policy, Requirement, RequirementKind
from weigh.core.verdict import DOES_NOT_APPLY, MODEL, Reason, Verdict, VerdictKind, worst
from weigh.policy.sign_offs import signed
from weigh.policy.waivers import WaiverDesk


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of evidence with its digest, which is dear to compute."""

    of: Evidence
    digest: str


_WEIGHT = {VerdictKind.FAIL: 0, VerdictKind.UNKNOWN: 1, VerdictKind.PASS: 2}

DEGENERATE = "degenerate"
"""Method of an interval without width because nothing was seen to vary: it bounds nothing."""

NOTHING_REQUIRED = "(nothing required)"
"""Name of the reason that stands when no required line spoke to the job; no line can be called so."""


def judge(
    policy: Policy,
    evidence: tuple[Evidence, ...],
    decision: Decision | None,
    *,
    today: date,
    not_asked: Mapping[str, str] | None = None,
    not_put: Mapping[str, str] | None = None,
) -> Verdict:
    """What the policy says of the evidence.

    The verdict is the worst of the required lines: fail beats unknown beats pass. Advisory lines
    (`required = false`) are answered and listed, and count for nothing. Where no required line speaks
    to the job, the verdict is unknown. A line over a check speaks of every piece of its evidence: all
    must hold. The order of evidence and of lines changes nothing but the order of the reasons, which
    follows the lines.

    Args:
        policy: the lines and waivers.
        evidence: what was found out; several pieces may come from one check.
        decision: outcome of the shoot-out, None when there was none.
        today: the day waivers and sign-offs are held against.
        not_asked: check id → why the check does not apply to this job at all (no model was asked
            about; the key `model` then stands for every line about one). Its lines are listed as such
            and do not count. Never use it for a check that should have run and did not: that is unknown.
        not_put: check id → why its question was not put to this job although it might have been (no
            column of groups was named). Its lines are unknown, and say why.
    """
    absent, untold = not_asked or {}, not_put or {}
    pieces = tuple(sorted((_Piece(e, e.digest) for e in evidence), key=lambda p: (p.of.request, p.digest)))
    desk = WaiverDesk(policy.waivers, {p.digest: p.of.subject.digest for p in pieces}, today)
    reasons = tuple(
        _not_asked(line, absent.get(line.check) or absent[MODEL])
        if (line.check and line.check in absent) or (line.about == MODEL and MODEL in absent)
        else desk.annotate(_line(line, pieces, decision, untold, today))
        for line in policy.requirements
    )
    if not any(reason.required for reason in reasons):
        reasons = (*reasons, _nothing_required(policy))
    return Verdict(
        kind=worst(r.kind for r in reasons if r.required),
        policy=policy.name,
        policy_digest=policy_digest(policy),
        reasons=reasons,
    )


def _nothing_required(policy: Policy) -> Reason:
    """Lines that hold nothing up cannot let anything through either."""
    asks = any(line.required for line in policy.requirements)
    why = "none of its required lines applies to this job" if asks else "all its lines are advisory"
    return Reason(NOTHING_REQUIRED, VerdictKind.UNKNOWN, f"the policy passes nothing: {why}")


def policy_digest(policy: Policy) -> str:
    """`sha256:<hex>` of the lines and waivers, whatever their order in the file."""
    return of_value({"name": policy.name, "require": set(policy.requirements), "waive": set(policy.waivers)})


def _not_asked(line: Requirement, why: str) -> Reason:
    # Advisory and unknown: it holds nothing up, and what nobody looked at is no pass either.
    return Reason(line.id, VerdictKind.UNKNOWN, f"{DOES_NOT_APPLY}: {why}", required=False)


def _line(
    line: Requirement,
    pieces: tuple[_Piece, ...],
    decision: Decision | None,
    not_put: Mapping[str, str],
    today: date,
) -> Reason:
    if line.kind is RequirementKind.DECISION:
        return _decided(line, decision)
    if line.kind is RequirementKind.SIGN_OFF:
        return signed(line, tuple((p.of, p.digest) for p in pieces), today=today)
    children = tuple(
        child for piece in pieces if piece.of.check == line.check for child in _about(line, piece)
    )
    if not children:
        text = f"no evidence of the check {line.check!r}"
        if line.check in not_put:
            text = f"{line.check} was not asked: {not_put[line.check]}"
        return Reason(line.id, VerdictKind.UNKNOWN, text, required=line.required)
    decisive = min(children, key=lambda r: _WEIGHT[r.kind])
    more = len(children) - 1
    text = decisive.text + (f" (and {more} more)" if more else "")
    digests = tuple(sorted({d for child in children for d in child.evidence}))
    kept = children if more else ()
    return Reason(line.id, decisive.kind, text, required=line.required, evidence=digests, children=kept)


def _about(line: Requirement, item: _Piece) -> tuple[Reason, ...]:
    """What one piece of evidence says to a line: one reason, or one for each measure it holds."""
    match line.kind:
        case RequirementKind.MEASURE:
            return _measured(line, item)
        case RequirementKind.FINDING:
            return (_found(line, item),)
        case RequirementKind.OUTCOME:
            text = f"{item.of.check} was answered"
            return (_reason(line, item, VerdictKind.PASS, text) if item.of.answered else _open(line, item),)
        case RequirementKind.DECISION | RequirementKind.SIGN_OFF:  # pragma: no cover - answered before
            return ()
        case _:
            assert_never(line.kind)


def _reason(line: Requirement, item: _Piece, kind: VerdictKind, text: str) -> Reason:
    return Reason(line.id, kind, text, required=line.required, evidence=(item.digest,))


def _open(line: Requirement, item: _Piece) -> Reason:
    outcome = item.of.outcome
    text = f"{item.of.check}: {outcome.kind.value.replace('_', ' ')}"
    if outcome.reason:
        text += f", {outcome.reason}"
    if outcome.needs_n is not None:
        text += f" (needs n={outcome.needs_n})"
    return _reason(line, item, VerdictKind.UNKNOWN, text)


def _found(line: Requirement, item: _Piece) -> Reason:
    """What was seen stands, even when the check could not finish; a pass needs it finished."""
    ceiling = Severity(line.max_severity).rank
    worse = sorted((f for f in item.of.findings if f.severity.rank > ceiling), key=_gravity)
    if worse:
        first = worse[0]
        more = f" (and {len(worse) - 1} more)" if len(worse) > 1 else ""
        text = f"{first.severity.value} finding {first.rule} in {first.where}: {first.message}{more}"
        return _reason(line, item, VerdictKind.FAIL, text)
    if not item.of.answered:
        return _open(line, item)
    tolerated = len(item.of.findings)
    text = f"{item.of.check}: nothing worse than {line.max_severity}"
    text += f", {tolerated} tolerated" if tolerated else ""
    return _reason(line, item, VerdictKind.PASS, text)


def _gravity(finding: Finding) -> tuple[int, str, str]:
    return (-finding.severity.rank, finding.rule, finding.where)


def _measured(line: Requirement, item: _Piece) -> tuple[Reason, ...]:
    if not item.of.answered:
        return (_open(line, item),)
    wanted = dict(line.labels)
    measures = [
        m for m in item.of.measures if m.name == line.measure and wanted.items() <= dict(m.labels).items()
    ]
    if not measures:
        having = "".join(f" {k}={v}" for k, v in line.labels)
        text = f"{item.of.check} states no {line.measure}{having}"
        return (_reason(line, item, VerdictKind.UNKNOWN, text),)
    ordered = sorted(measures, key=lambda m: m.labels)
    return tuple(_reason(line, item, *_held(line, measure)) for measure in ordered)


def _held(line: Requirement, measure: Measure) -> tuple[VerdictKind, str]:
    kind = _compared(line, measure)
    relation = {
        (VerdictKind.PASS, Comparison.AT_LEAST): "is at least",
        (VerdictKind.PASS, Comparison.AT_MOST): "is at most",
        (VerdictKind.FAIL, Comparison.AT_LEAST): "is below",
        (VerdictKind.FAIL, Comparison.AT_MOST): "is above",
    }.get((kind, line.comparison), "does not settle")
    unbounded = line.use_interval and measure.method == DEGENERATE
    note = "; nothing was seen to vary, so its interval bounds nothing" if unbounded else ""
    return kind, f"{_phrase(measure)} {relation} {line.limit:.6g}{note}"


def _compared(line: Requirement, measure: Measure) -> VerdictKind:
    """Inside the limit passes, wholly outside fails, everything else is unknown."""
    if measure.n == 0 or (line.use_interval and measure.method == DEGENERATE):
        return VerdictKind.UNKNOWN
    span = _span(measure) if line.use_interval else _point(measure)
    if span is None:
        return VerdictKind.UNKNOWN
    low, high = span
    if line.comparison is Comparison.AT_MOST:
        low, high = -high, -low
    limit = line.limit if line.comparison is Comparison.AT_LEAST else -line.limit
    if low >= limit:
        return VerdictKind.PASS
    return VerdictKind.FAIL if high < limit else VerdictKind.UNKNOWN


def _point(measure: Measure) -> tuple[float, float] | None:
    value = measure.value
    return None if value is None or not math.isfinite(value) else (value, value)


def _span(measure: Measure) -> tuple[float, float] | None:
    """The interval, an open end at infinity; the value where there is no interval; None if neither."""
    if measure.low is None and measure.high is None:
        return _point(measure)
    low = -math.inf if measure.low is None else measure.low
    high = math.inf if measure.high is None else measure.high
    # NaN compares false with everything, so it ends here too.
    return (low, high) if measure.value is not None and low <= high else None


def _phrase(measure: Measure) -> str:
    labels = "".join(f" {k}={v}" for k, v in measure.labels)
    value = "?" if measure.value is None else f"{measure.value:.4g}"
    ends = ["?" if end is None else f"{end:.4g}" for end in (measure.low, measure.high)]
    interval = "" if ends == ["?", "?"] else f" [{ends[0]}, {ends[1]}]"
    return f"{measure.name}{labels} {value}{interval} n={measure.n}"


def _decided(line: Requirement, decision: Decision | None) -> Reason:
    allowed = " or ".join(a.replace("_", " ") for a in line.allowed)
    if decision is None or decision is Decision.UNDECIDED:
        text = "nothing was decided" if decision is None else "the measurements did not decide"
        return Reason(line.id, VerdictKind.UNKNOWN, text, required=line.required)
    named = decision.value.replace("_", " ")
    if decision.value in line.allowed:
        return Reason(line.id, VerdictKind.PASS, f"the decision is {named}", required=line.required)
    text = f"the decision is {named}; allowed: {allowed}"
    return Reason(line.id, VerdictKind.FAIL, text, required=line.required)
