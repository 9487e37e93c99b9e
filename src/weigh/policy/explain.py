"""A verdict as rows and a summary, for whoever lays it out. No text for people is formed here."""

from collections.abc import Iterator
from dataclasses import dataclass

from weigh.core.verdict import Reason, Verdict, VerdictKind

_WEIGHT = {VerdictKind.FAIL: 0, VerdictKind.UNKNOWN: 1, VerdictKind.PASS: 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One reason, with its place in the tree.

    Attributes:
        depth: 0 for a policy line, 1 for what it was made of, …
        decides: this line by itself gives the verdict its kind.
        reason: the reason.
    """

    depth: int
    decides: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Summary:
    """The verdict in counts, over policy lines.

    Attributes:
        failed: required lines that fail.
        unknown: required lines that are unknown.
        advisory_failed: advisory lines that fail; they change nothing.
        advisory_unknown: advisory lines that are unknown; they change nothing.
        passed: lines that pass, of both sorts.
        waived: fails that carry a waiver; they stay fails.
    """

    failed: int
    unknown: int
    advisory_failed: int
    advisory_unknown: int
    passed: int
    waived: int


def rows(verdict: Verdict) -> tuple[Row, ...]:
    """The tree of reasons, flat: what decides first, then worst first, each with its children."""
    ordered = sorted(verdict.reasons, key=lambda r: (not r.required, _WEIGHT[r.kind]))
    return tuple(row for reason in ordered for row in _rows(reason, 0, verdict))


def _rows(reason: Reason, depth: int, verdict: Verdict) -> Iterator[Row]:
    decides = depth == 0 and reason.required and reason.kind is verdict.kind
    yield Row(depth, decides, reason)
    for child in sorted(reason.children, key=lambda r: _WEIGHT[r.kind]):
        yield from _rows(child, depth + 1, verdict)


def summary(verdict: Verdict) -> Summary:
    """The verdict in counts."""

    def count(kind: VerdictKind, *, required: bool) -> int:
        return sum(1 for r in verdict.reasons if r.kind is kind and r.required is required)

    return Summary(
        failed=count(VerdictKind.FAIL, required=True),
        unknown=count(VerdictKind.UNKNOWN, required=True),
        advisory_failed=count(VerdictKind.FAIL, required=False),
        advisory_unknown=count(VerdictKind.UNKNOWN, required=False),
        passed=sum(1 for r in verdict.reasons if r.kind is VerdictKind.PASS),
        waived=verdict.waived,
    )
