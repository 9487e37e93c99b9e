"""Verdict: what policy says. Unknown is never a pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class VerdictKind(StrEnum):
    """Three-valued; ordered by `worst`."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNKNOWN = "unknown"
    FAIL = "fail"


_ORDER = {VerdictKind.PASS: 0, VerdictKind.UNKNOWN: 1, VerdictKind.FAIL: 2}


def worst(kinds: Iterable[VerdictKind]) -> VerdictKind:
    """Fail beats unknown, unknown beats pass; of nothing at all nothing is known."""
    return max(kinds, key=_ORDER.__getitem__, default=VerdictKind.UNKNOWN)


MODEL = "model"
"""What a line of policy may be about; without a model there is nothing for it to look at."""

DOES_NOT_APPLY = "does not apply"
"""How the text of a line begins that has nothing to look at in a job, such as a model where none is named."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the reasoning, with what it rests on.

    Attributes:
        requirement: id of the policy line.
        kind: what this line says by itself.
        text: the sentence a person reads.
        required: whether an unknown here makes the whole verdict unknown.
        evidence: digests of the evidence it rests on.
        waiver: the waiver that annotates a fail, "" when none. It does not turn it into a pass.
        children: finer reasons.
        sign_off: the question a line about a signature asks for, "" for every other line.
    """

    requirement: str
    kind: VerdictKind
    text: str
    required: bool = True
    evidence: tuple[str, ...] = ()
    waiver: str = ""
    children: tuple["Reason", ...] = ()
    sign_off: str = ""

    @property
    def applies(self) -> bool:
        """Whether the line speaks to this job at all."""
        return not self.text.startswith(DOES_NOT_APPLY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The policy's answer with its tree of reasons.

    Attributes:
        kind: pass, fail or unknown.
        policy: name of the policy.
        policy_digest: digest of its canonical form.
        reasons: one for each line; one more when no required line spoke to the job at all.
    """

    kind: VerdictKind
    policy: str
    policy_digest: str
    reasons: tuple[Reason, ...]

    @property
    def waived(self) -> int:
        """Number of fails that carry a waiver."""
        return sum(1 for r in self.reasons if r.waiver)
