"""The report as a person would tell it: what speaks for, what against, what is not known.

Chooses which facts are worth one of the few lines of the first screen; every sentence carries the
evidence it rests on.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import metadata

from weigh.core.errors import ExitCode
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding, Severity
from weigh.core.measure import Direction, Measure
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import ArmKind, ArmResult, Comparison, Decision, Recommendation, Statement
from weigh.core.report import NextCommand
from weigh.core.verdict import Verdict, VerdictKind
from weigh.jobs.adopt.options import DEFAULT_OUT, AdoptOptions
from weigh.render import numbers
from weigh.render.words import quoted

MOST = 3
"""Reasons shown each way; the report page has all of them."""

UNDECLARED = "WGH-V001"
"""The rule of an item that neither card nor package states."""

WEIGHTY = (
    "security", "compatibility", "licence", "misuse", "fairness", "counterfactual", "slices", "overlap",
    "membership", "personal-data", "robustness", "calibration",
)  # fmt: skip
"""Of findings that are equally bad, those come first that change whether one may depend on the model."""

HEADLINES = {
    Decision.ADOPT_AS_IS: "ADOPT AS IT IS",
    Decision.ADOPT_WITH_PROBE: "ADOPT WITH A PROBE",
    Decision.TRAIN_FROM_SCRATCH: "TRAIN FROM SCRATCH",
    Decision.KEEP_BASELINE: "KEEP THE BASELINE",
    Decision.DO_NOT_ADOPT: "DO NOT ADOPT",
    Decision.UNDECIDED: "UNDECIDED",
}


def headline(decision: Decision, verdict: Verdict, *, model: bool) -> str:
    """The verdict in capitals; a policy that does not pass is said there, not in a footnote."""
    said = HEADLINES[decision]
    if decision is Decision.DO_NOT_ADOPT and not model:
        said = "NOTHING BEATS THE COMMONEST CLASS"
    if verdict.kind is VerdictKind.FAIL:
        return "NO: POLICY FAILS" if decision.adopts else f"{said} · POLICY FAILS"
    if verdict.kind is VerdictKind.UNKNOWN and decision.adopts:
        return f"{said}, ONCE POLICY'S UNKNOWNS ARE SETTLED"
    return said


def exit_code(decision: Decision, verdict: Verdict) -> ExitCode:
    """0 fine, 1 no, 3 could not find out; 1 wins over 3."""
    if verdict.kind is VerdictKind.FAIL or decision in {Decision.DO_NOT_ADOPT, Decision.KEEP_BASELINE}:
        return ExitCode.NO
    if verdict.kind is VerdictKind.UNKNOWN or decision is Decision.UNDECIDED:
        return ExitCode.UNKNOWN
    return ExitCode.FINE


def speaks_for(found: Recommendation, evidence: Sequence[Evidence]) -> tuple[Statement, ...]:
    """At most three reasons for the recommended arm."""
    chosen = found.result(found.arm)
    if chosen is None:
        return ()
    return tuple(_for(found, chosen, evidence))[:MOST]


def _for(found: Recommendation, chosen: ArmResult, evidence: Sequence[Evidence]) -> Iterator[Statement]:
    rivals = [a.arm for a in found.arms if a.score is not None and a.arm != chosen.arm and _weaker(a, chosen)]
    wins = [
        c for c in _oriented(found, chosen.arm) if c.other in rivals and c.p_value < 0.05 and _gain(c) > 0
    ]
    whole = [c for c in wins if c.test == "objective"]
    if whole:
        closest = min(whole, key=_gain)
        yield Statement(
            f"beats {closest.other} by {_difference(closest)} over all test sets, "
            f"Holm {numbers.p_value(closest.p_value)}",
            (chosen.evidence,),
        )
    single = [c for c in wins if c.test != "objective" and whole and c.other == closest.other]
    if single:
        widest = max(single, key=_gain)
        yield Statement(f"{_scores(found, chosen.arm, widest)}", (chosen.evidence,))
    if chosen.kind is ArmKind.MODEL:
        yield from _allowed(evidence)
    yield from _runs_here(evidence, chosen)
    if chosen.kind is not ArmKind.MODEL:
        yield Statement("depends on nobody else's weights", (chosen.evidence,))
    if not found.detectable and found.runner_up:
        yield Statement(f"cheaper than {found.runner_up}, with no detectable difference", (chosen.evidence,))


def _allowed(evidence: Sequence[Evidence]) -> Iterator[Statement]:
    """That the terms allow every declared use; said only where uses were declared."""
    for item in evidence:
        found = {m.label("permission"): m for m in item.measures if m.name == "licence_uses"}
        allowed = found.get("allowed")
        if allowed is not None and allowed.n and allowed.value == allowed.n:
            yield Statement("the licences that were read allow every use you declared", (item.digest,))


def _weaker(arm: ArmResult, chosen: ArmResult) -> bool:
    order = list(ArmKind)
    return order.index(arm.kind) < order.index(chosen.kind) or chosen.kind is not ArmKind.MODEL


def _runs_here(evidence: Sequence[Evidence], chosen: ArmResult) -> Iterator[Statement]:
    for item in evidence:
        if item.check != "compatibility" or not item.answered or chosen.kind is not ArmKind.MODEL:
            continue
        memory, p95 = item.measure("peak_memory"), item.measure("latency_p95")
        parts = [numbers.size(memory.value)] if memory is not None and memory.value is not None else []
        if p95 is not None and p95.value is not None:
            parts.append(f"p95 {numbers.milliseconds(p95.value)} a text")
        if parts:
            yield Statement(f"runs on this machine: {', '.join(parts)}, no GPU", (item.digest,))


def speaks_against(found: Recommendation, evidence: Sequence[Evidence]) -> tuple[Statement, ...]:
    """At most three reasons against the recommended arm, or against the model when it is not recommended."""
    return tuple(_against(found, evidence))[:MOST]


def _against(found: Recommendation, asked: Sequence[Evidence]) -> Iterator[Statement]:
    evidence = sorted(asked, key=lambda e: WEIGHTY.index(e.check) if e.check in WEIGHTY else len(WEIGHTY))
    for item in evidence:
        for finding in item.findings:
            if finding.severity.rank >= Severity.HIGH.rank:
                yield Statement(_said(finding), (item.digest,))
    chosen = found.result(found.arm)
    if chosen is not None:
        lost = [c for c in _oriented(found, chosen.arm) if c.test != "objective" and _undecided(found, c)]
        for one in sorted(lost, key=_gain)[:1]:
            said = (
                f"on {one.test} no detectable gain over {one.other}: {_difference(one)}, "
                f"{numbers.p_value(one.p_value)}"
            )
            yield Statement(said, (chosen.evidence,))
        worst = _worst_test(chosen)
        if worst is not None:
            yield Statement(f"weakest on {worst.label('test')}: {numbers.measure(worst)}", (chosen.evidence,))
    for item in evidence:
        for finding in item.findings:
            if finding.severity is Severity.MEDIUM:
                yield Statement(_said(finding), (item.digest,))


def _said(finding: Finding) -> str:
    """The finding in one line, its place first unless its message begins with it."""
    place = "" if finding.message.startswith(finding.where) else f"{finding.where}: "
    return f"{place}{finding.message} ({finding.rule})"


def _undecided(found: Recommendation, item: Comparison) -> bool:
    """A rival that the whole decision was made against, and that is as good on this test set."""
    rival = found.result(item.other)
    return rival is not None and rival.kind is ArmKind.SCRATCH and (item.p_value >= 0.05 or _gain(item) < 0)


def _worst_test(chosen: ArmResult) -> Measure | None:
    scored = [t for t in chosen.tests if t.value is not None]
    if len(scored) < 2:
        return None
    sign = -1 if scored[0].direction is Direction.LOWER else 1
    return min(scored, key=lambda t: sign * (t.value or 0.0))


def not_known(
    found: Recommendation | None,
    evidence: Sequence[Evidence],
    verdict: Verdict,
    absent: Mapping[str, str],
) -> tuple[Statement, ...]:
    """Every question without an answer: first what policy waits for, last what the user may still ask."""
    waited_for = [r for r in verdict.reasons if r.kind is VerdictKind.UNKNOWN and r.required]
    open_ones = [e for e in evidence if e.outcome.kind is not OutcomeKind.ANSWERED and e.check != "decision"]
    # A check that has no answer says so itself, below; a limit inside an interval only the line can tell.
    told_below = {e.digest for e in open_ones}
    said = [
        Statement(f"policy {r.requirement}: {r.text}", r.evidence)
        for r in waited_for
        if not told_below.intersection(r.evidence)
    ]
    if found is not None and found.decision is Decision.UNDECIDED:
        said += [Statement(text) for text in found.would_change[:1]]
    said += [Statement(_open(e), (e.digest,)) for e in open_ones]
    arms = found.arms if found is not None else ()
    said += _undeclared(evidence)
    told = {check for check in absent for r in waited_for if r.text.startswith(f"{check} was not asked")}
    left = {check: reason for check, reason in absent.items() if check not in told}
    reasons = dict.fromkeys(left.values())
    said += [Statement(f"{', '.join(c for c in left if left[c] == r)}: {r}") for r in reasons]
    said += [Statement(f"{a.arm}: not run, {a.not_run}") for a in arms if a.not_run]
    return tuple(said)


def _undeclared(evidence: Sequence[Evidence]) -> Iterator[Statement]:
    """What nobody says about the model, in one line."""
    for item in evidence:
        missing = [f.where for f in item.findings if f.rule == UNDECLARED]
        if missing:
            more = f" and {len(missing) - MOST} more" if len(missing) > MOST else ""
            yield Statement(f"not declared anywhere: {', '.join(missing[:MOST])}{more}", (item.digest,))


def _open(item: Evidence) -> str:
    outcome = item.outcome
    needs = f"; needs about {numbers.count(outcome.needs_n)} rows" if outcome.needs_n else ""
    return f"{item.check}: {outcome.reason}{needs}{_extra(outcome.extra)}"


def _extra(name: str) -> str:
    """How to get what is missing; nobody is sent to install what does not exist yet."""
    if not name:
        return ""
    if name in (metadata("weigh").get_all("Provides-Extra") or ()):
        return f"; pip install 'weigh[{name}]'"
    return f"; this version has no extra [{name}] yet"


def _oriented(found: Recommendation, arm: str) -> Iterator[Comparison]:
    """The comparisons in which `arm` is the one whose advantage is stated."""
    yield from (c for c in found.comparisons if c.arm == arm)


def _gain(item: Comparison) -> float:
    value = item.difference.value or 0.0
    return -value if item.difference.direction is Direction.LOWER else value


def _difference(item: Comparison) -> str:
    d = item.difference
    return numbers.with_interval(d.value, d.low, d.high, d.n, signed=True)


def _scores(found: Recommendation, arm: str, item: Comparison) -> str:
    def score(name: str) -> str:
        result = found.result(name)
        tests = result.tests if result is not None else ()
        test = next((t for t in tests if t.label("test") == item.test), None)
        return "?" if test is None else numbers.number(test.value, decimals=3)

    return f"on {item.test} {score(arm)} against {score(item.other)}, a gain of {_difference(item)}"


def offers(options: AdoptOptions, *, lockable: bool) -> tuple[NextCommand, ...]:
    """At most three commands that exist, offered and never run."""
    again = options.spoken or f"weigh adopt {options.model} …"
    shown = (
        "weigh report --open" if options.out == DEFAULT_OUT else f"weigh report {quoted(options.out)} --open"
    )
    offered = [NextCommand(shown, "the whole story: pages to decide on and to examine")]
    if lockable:
        offered.append(NextCommand("weigh lock", "freeze exactly these bytes, for everyone and for later"))
    if not options.roles.slices:
        offered.append(NextCommand(f"{again} --slice COLUMN", "does it work on every part of the data?"))
    offered.append(NextCommand(f"{again} --seed {options.seed + 1}", "does it hold on another draw of rows?"))
    return tuple(offered[:MOST])
