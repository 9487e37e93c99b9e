"""Waivers: a named person accepts a fail for a while. The fail stays a fail, and says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from weigh.core.requirement import Waiver
from weigh.core.verdict import Reason, VerdictKind


@dataclass(frozen=True, slots=True)
class WaiverDesk:
    """Finds the waiver that speaks to a reason.

    Attributes:
        waivers: all waivers of the policy.
        subjects: evidence digest → digest of what that evidence is about.
        today: a waiver holds up to and including the day it names.
    """

    waivers: tuple[Waiver, ...]
    subjects: Mapping[str, str]
    today: date

    def annotate(self, reason: Reason) -> Reason:
        """The reason, its fails carrying their waivers. No kind ever changes.

        A line made of several reasons carries a waiver only when each of its fails does: accepting
        one file or one test set does not accept the others.
        """
        if reason.kind is not VerdictKind.FAIL:
            return reason
        if not reason.children:
            return self._leaf(reason)
        children = tuple(self.annotate(child) for child in reason.children)
        failed = [child.waiver for child in children if child.kind is VerdictKind.FAIL]
        waiver = "; ".join(dict.fromkeys(failed)) if all(failed) else ""
        return replace(reason, children=children, waiver=waiver)

    def _leaf(self, reason: Reason) -> Reason:
        # A line about the decision rests on no single piece of evidence: any subject of the job will do.
        about = {self.subjects[d] for d in reason.evidence} or set(self.subjects.values())
        own = [w for w in self.waivers if w.requirement == reason.requirement and w.subject in about]
        if not own:
            return reason
        latest = max(own, key=lambda w: (w.expires, w.approver, w.reason))
        if date.fromisoformat(latest.expires) < self.today:
            ended = f"{reason.text} · the waiver of {latest.approver} ended on {latest.expires}"
            return replace(reason, text=ended)
        return replace(reason, waiver=f"{latest.approver}, until {latest.expires}: {latest.reason}")
