"""A policy's lines in plain words: what each looks at, when it passes, and what answers it.

Pure: a policy in, sentences out. The layout is left to whoever shows them. Texts of a policy file are
the user's own and may hold anything; they are escaped where they are drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from weigh.core.requirement import Comparison, Policy, Requirement, RequirementKind, Waiver
from weigh.core.sign_off import ASKED, SignOffQuestion


@dataclass(frozen=True, slots=True)
class LineInWords:
    """One line of a policy.

    Attributes:
        id: name of the line.
        required: an unknown or a fail of it decides.
        looks_at: what it looks at.
        passes_when: when it passes.
        otherwise: what it is when it does not pass.
        check: id of the check whose evidence it reads, "" for the decision.
        question: that check's question in its own words, or the one a person signs; "" when this version
            has no such check.
        why: the sentence the policy gives for it, "" when it gives none.
    """

    id: str
    required: bool
    looks_at: str
    passes_when: str
    otherwise: str
    check: str
    question: str
    why: str


@dataclass(frozen=True, slots=True)
class WaiverInWords:
    """One waiver and how long it still holds.

    Attributes:
        requirement: the line it annotates.
        subject: digest it holds for.
        reason: why; approver: who; expires: ISO date of its last day.
        days_left: days after today on which it holds; 0 on its last day, negative once it has ended.
    """

    requirement: str
    subject: str
    reason: str
    approver: str
    expires: str
    days_left: int

    @property
    def live(self) -> bool:
        """Whether it holds today."""
        return self.days_left >= 0


def lines_in_words(
    policy: Policy, questions: dict[str, str], *, is_stated: Callable[[str], bool] = lambda _: True
) -> tuple[LineInWords, ...]:
    """Every line, in the order of the policy.

    Args:
        policy: the policy.
        questions: check id → its question, for the checks of this version.
        is_stated: whether a check of this version can state a measure of a name.
    """
    return tuple(_line(line, questions, is_stated) for line in policy.requirements)


def waivers_in_words(policy: Policy, *, today: date) -> tuple[WaiverInWords, ...]:
    """Every waiver, the one that ends first at the top."""
    told = (_waiver(waiver, today) for waiver in policy.waivers)
    return tuple(sorted(told, key=lambda w: (w.days_left, w.requirement, w.subject)))


def _line(line: Requirement, questions: dict[str, str], is_stated: Callable[[str], bool]) -> LineInWords:
    looks_at, passes_when, otherwise = _words(line)
    if line.kind is RequirementKind.MEASURE and not is_stated(line.measure):
        otherwise = f"always unknown: no check of this version states a measure called {line.measure!r}"
    return LineInWords(
        line.id,
        line.required,
        looks_at,
        passes_when,
        otherwise,
        line.check,
        ASKED[SignOffQuestion(line.sign_off)].text if line.sign_off else questions.get(line.check, ""),
        line.why,
    )


def _words(line: Requirement) -> tuple[str, str, str]:
    match line.kind:
        case RequirementKind.MEASURE:
            return _measure(line)
        case RequirementKind.FINDING:
            return (
                f"the findings of {line.check}",
                f"{line.check} was answered and found nothing worse than {line.max_severity}",
                "fails on a worse finding; unknown when it was not answered",
            )
        case RequirementKind.OUTCOME:
            return (
                f"whether {line.check} got its answer",
                f"{line.check} was answered",
                "unknown when it was not answered; it never fails",
            )
        case RequirementKind.DECISION:
            return (
                "the decision of the measurements",
                "it is " + " or ".join(a.replace("_", " ") for a in line.allowed),
                "fails on another decision; unknown when the measurements did not decide",
            )
        case RequirementKind.SIGN_OFF:
            return (
                f"a person's signature under {line.sign_off!r}",
                f"a named person has signed {line.sign_off!r} for exactly these bytes, and it has not ended",
                "unknown until somebody signs; it never fails",
            )
        case _:
            assert_never(line.kind)


def _measure(line: Requirement) -> tuple[str, str, str]:
    having = "".join(f", {key} = {value}" for key, value in line.labels)
    least = line.comparison is Comparison.AT_LEAST
    limit = f"{'at least' if least else 'at most'} {line.limit:.6g}"
    what = f"every {line.measure} that {line.check} states" + (f" ({having[2:]})" if having else "")
    if not line.use_interval:
        return what, f"its value is {limit}", "fails otherwise; unknown when there is none"
    side = "below" if least else "above"
    return (
        what,
        f"its whole interval is {limit}",
        f"fails when the whole interval is {side}; unknown when the limit lies inside it, or there is none",
    )


def _waiver(waiver: Waiver, today: date) -> WaiverInWords:
    left = (date.fromisoformat(waiver.expires) - today).days
    return WaiverInWords(
        waiver.requirement, waiver.subject, waiver.reason, waiver.approver, waiver.expires, left
    )
