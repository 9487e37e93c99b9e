"""What the readers saw of one file, as findings: broken rules, callables, parts that were not read."""

from collections.abc import Iterator

from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.finding import Finding

UNREAD = "WGH-U001"
MAX_FINDINGS_A_FILE = 50
"""Past this a file has made its point; the count of the rest is stated."""


def findings_of(facts: FileFacts) -> Iterator[Finding]:
    """The findings of one file and of everything inside it."""
    for part in facts.walk():
        yield from _of_one(part)


def _of_one(facts: FileFacts) -> Iterator[Finding]:
    """The first of every rule, then more of them up to a bound."""
    by_rule = {a.rule: a for a in reversed(facts.anomalies)}
    first = tuple(by_rule.values())
    rest = [a for a in facts.anomalies if by_rule[a.rule] is not a]
    shown = [*first, *rest[: max(0, MAX_FINDINGS_A_FILE - len(first))]]
    for anomaly in shown:
        yield _finding(facts.path, anomaly)
    if len(facts.anomalies) > len(shown):
        more = len(facts.anomalies) - len(shown)
        yield _finding(facts.path, Anomaly(facts.anomalies[-1].rule, f"and {more} more of this file"))
    if facts.callables:
        from weigh.checks.security.callables import findings_of_callables

        yield from findings_of_callables(facts)
    if facts.coverage in {Coverage.UNREAD, Coverage.PARTIAL}:
        yield _finding(facts.path, Anomaly(UNREAD, f"not read completely ({facts.format}): {facts.reason}"))


def _finding(path: str, anomaly: Anomaly) -> Finding:
    # Most files break no rule, and thirty tables are not imported for them.
    from weigh.checks.security.rule_table import RULES, UNLISTED

    rule = RULES.get(anomaly.rule, UNLISTED)
    where = path if anomaly.offset < 0 else f"{path} at byte {anomaly.offset}"
    return Finding(
        anomaly.rule,
        rule.severity,
        rule.confidence,
        where,
        anomaly.detail,
        rule.why,
        rule.action,
        rule.references,
    )
