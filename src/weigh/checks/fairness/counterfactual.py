"""Check `counterfactual`: does its answer change when only the group a text is about changes?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Asking, Case, DataCase, NotAsked, PredictorCase, Question
from weigh.checks.fairness.identity_terms import FAMILIES, Family
from weigh.checks.fairness.signed import signed
from weigh.checks.fairness.substitution import MOST_SEARCHED, Swap, plan
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.statistics.bootstrap import PairedResult, mean_bootstrap, paired_bootstrap
from weigh.statistics.interval import Interval

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALPHA = 0.05
# Texts put to the model: each chosen text as it is, swapped, and as its own control.
MOST_TEXTS = 600
VERSIONS = 3
# A family is judged from so many texts.
FEWEST_TEXTS = 30
# A flip rate this far above the control's is severe; so is a shift of the probabilities.
SEVERE_FLIPS = 0.05
SEVERE_SHIFT = 0.05
# Rows that a finding names.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class CounterfactualSubject:
    """Texts, and somebody to ask about changed ones.

    Attributes:
        texts: of test rows that are independent of each other.
        ids: where each came from.
        ask: probabilities of texts, float64 [n, classes].
    """

    texts: Sequence[str]
    ids: Sequence[str]
    ask: Callable[[Sequence[str]], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What swaps of one family did.

    Attributes:
        family: the family.
        rows: int64 [n] place of each text.
        units: int64 [n] unit whose words were put in; texts of one unit are not independent.
        flips: 0 or 1, [2, n]: whether the answer changed, by the swap and by the control.
        shifts: [2, n]: half the summed change of the probabilities, by the swap and by the control.
    """

    family: Family
    rows: IntArray
    units: IntArray
    flips: FloatArray
    shifts: FloatArray


@dataclass(frozen=True, slots=True)
class _Test:
    effect: Effect
    name: str
    values: FloatArray
    found: PairedResult
    p_value: float

    @property
    def shown(self) -> bool:
        return self.p_value < ALPHA and self.found.difference.value > 0


def run(subject: CounterfactualSubject, context: Context) -> Evidence:
    """Swap identity words in test texts and hold the change against that of swaps within the group."""
    swaps, sizes = plan(subject.texts, most=MOST_TEXTS // VERSIONS, fewest=FEWEST_TEXTS, seed=context.seed)
    searched = min(len(subject.texts), MOST_SEARCHED)
    remark = _unjudged(sizes, searched)
    if not swaps:
        reason = f"fewer than {FEWEST_TEXTS} of {searched:,} test texts have words of any family of groups"
        return context.inconclusive(reason, needs_n=_needed(sizes, searched), findings=remark)
    effects = _effects(swaps, subject.ask)
    tests = _tests(effects, seed=context.seed)
    measures = tuple(m for test in tests for m in _measures(test, seed=context.seed))
    measures += tuple(
        Measure("texts_with_terms", size, "count", searched, labels=labelled(family=name))
        for name, size in sorted(sizes.items())
    )
    findings = tuple(_finding(test, subject.ids) for test in tests if test.shown)
    return context.answered(findings=(*findings, *remark), measures=measures)


def _needed(sizes: dict[str, int], searched: int) -> int | None:
    """Texts that would do; None where no number of them is known to, or more than are searched would."""
    largest = max(sizes.values(), default=0)
    needed = -(-searched * FEWEST_TEXTS // largest) if largest else None
    return needed if needed is not None and needed <= MOST_SEARCHED else None


def _effects(swaps: list[Swap], ask: Callable[[Sequence[str]], FloatArray]) -> list[Effect]:
    """Ask about all versions in one go, each different text once."""
    wanted = [text for swap in swaps for text in (swap.original, swap.swapped, swap.control)]
    place = {text: k for k, text in enumerate(dict.fromkeys(wanted))}
    answers = ask(list(place))
    versions = np.array([place[text] for text in wanted]).reshape(-1, VERSIONS)
    proba = answers[versions]
    before, after = proba[:, 0], (proba[:, 1], proba[:, 2])
    flips = np.stack([one.argmax(axis=1) != before.argmax(axis=1) for one in after]).astype(np.float64)
    shifts = np.stack([np.abs(one - before).sum(axis=1) / 2 for one in after])
    families = np.array([swap.family for swap in swaps])
    result = []
    for family in FAMILIES:
        own = np.flatnonzero(families == family.id)
        units = np.array([swaps[k].unit for k in own], dtype=np.int64)
        rows = np.array([swaps[k].row for k in own], dtype=np.int64)
        if own.size:
            result.append(Effect(family, rows, units, flips[:, own], shifts[:, own]))
    return result


def _tests(effects: list[Effect], *, seed: int) -> list[_Test]:
    """Test every family: does the swap move the answer more than the control does, and does it flip it more?

    A flip is a shift that was large enough, so a family's flips are tested where its shift is shown, with
    the same share of the error rate: a fixed sequence within each family, Bonferroni over the families
    (F. Bretz et al., Statistics in Medicine 28, 2009).
    """
    shifts = [_test(one, "probability_shift", one.shifts, seed=seed) for one in effects]
    tests = []
    for shift in shifts:
        p_value = min(1.0, len(effects) * shift.p_value)
        flips = _test(shift.effect, "flip_rate", shift.effect.flips, seed=seed)
        own = min(1.0, max(p_value, len(effects) * flips.p_value))
        tests += [replace(shift, p_value=p_value), replace(flips, p_value=own)]
    return tests


def _test(effect: Effect, name: str, values: FloatArray, *, seed: int) -> _Test:
    # Texts of one unit share its two words, so they are drawn together.
    found = paired_bootstrap(values[0], values[1], seed=seed, groups=effect.units)
    # One-sided: a control that moves the answer more than the swap is no unfairness.
    p_value = found.p_value / 2 if found.difference.value > 0 else 1 - found.p_value / 2
    return _Test(effect, name, values, found, p_value)


def _measures(test: _Test, *, seed: int) -> Iterator[Measure]:
    family = test.effect.family.id
    for swap, values in (("identity", test.values[0]), ("control", test.values[1])):
        own = mean_bootstrap(values, seed=seed, groups=test.effect.units)
        yield _measure(test.name, own, labelled(family=family, swap=swap), Direction.LOWER)
    labels = labelled(family=family)
    yield _measure(f"{test.name}_difference", test.found.difference, labels, Direction.LOWER)
    yield Measure(
        "counterfactual_p_value",
        test.p_value,
        "probability",
        test.found.n,
        method="gatekeeping",
        labels=labelled(family=family, measure=f"{test.name}_difference"),
    )


def _measure(
    name: str, found: Interval, labels: tuple[tuple[str, str], ...], direction: Direction
) -> Measure:
    low, high = found.low, found.high
    if not name.endswith("_difference"):
        low, high = max(0.0, low), min(1.0, high)
    return Measure(
        name=name,
        value=found.value,
        unit="fraction",
        n=found.n,
        low=low,
        high=high,
        level=found.level,
        method=found.method,
        direction=direction,
        labels=labels,
    )


def _finding(test: _Test, ids: Sequence[str]) -> Finding:
    gain, effect = test.found.difference, test.effect
    numbers = (
        f"{test.values[0].mean():.3f} against {test.values[1].mean():.3f} for a word of the same group, "
        f"difference {signed(gain.value)} [{signed(gain.low)}, {signed(gain.high)}], n={gain.n:,}, "
        f"adjusted p={test.p_value:.2g}"
    )
    if test.name == "flip_rate":
        flipped = effect.rows[(test.values[0] == 1) & (test.values[1] == 0)]
        named = ", ".join(ids[row] for row in flipped[:MOST_NAMED].tolist())
        return Finding(
            rule="WGH-F005",
            severity=Severity.HIGH if gain.value >= SEVERE_FLIPS else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            where=effect.family.id,
            message=f"swapping {effect.family.words} changes its answer: share {numbers}; rows: {named}",
            why="two people who wrote the same are answered differently because of who they are",
            action="do not let it decide about people; fit with swapped copies of rows, or remove the words",
        )
    return Finding(
        rule="WGH-F006",
        severity=Severity.MEDIUM if gain.value >= SEVERE_SHIFT else Severity.LOW,
        confidence=Confidence.HIGH,
        where=effect.family.id,
        message=f"swapping {effect.family.words} moves its probabilities: by {numbers}",
        why="the group a text is about is part of its reasons, even where it does not yet turn an answer",
        action="look at answers near the threshold; fit with swapped copies of the rows, or remove the words",
    )


def _unjudged(sizes: dict[str, int], searched: int) -> tuple[Finding, ...]:
    few = [(name, size) for name, size in sorted(sizes.items()) if size < FEWEST_TEXTS]
    if not few:
        return ()
    return (
        Finding(
            rule="WGH-F007",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            where="test texts",
            message=f"unknown for words that too few of {searched:,} test texts have ({FEWEST_TEXTS} are "
            f"needed): {', '.join(f'{name} ({size:,})' for name, size in few)}",
            why="words that the test texts do not have cannot be swapped in them",
            action="use more test texts, or texts about the people it will meet",
        ),
    )


CHECK: Check[CounterfactualSubject] = Check(
    id="counterfactual",
    question="Does its answer change when only the group a text is about changes?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="flip_rate_difference",
            title="Answers changed by swapping the group, above those changed by any swap",
            row="family",
            reference=0.0,
        ),
        Picture(
            PictureKind.DOTS,
            measure="probability_shift_difference",
            title="Probability moved by swapping the group, above that moved by any swap",
            row="family",
            reference=0.0,
        ),
    ),
)


def put(case: Case) -> Asking[CounterfactualSubject] | NotAsked:
    """Ask the finalist about texts of all test sets."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    if case.data.table.texts is None:
        return NotAsked("the rows are not texts; `fairness` compares their groups", applies=False)
    data, predictor = case.data, case.predictor
    if predictor.kind is ArmKind.CONSTANT:
        return NotAsked("its answer does not depend on the text", applies=False)
    return Asking(
        predictor.subject,
        lambda: _subject(data, predictor),
        parameters={"texts": MOST_TEXTS},
        inputs=(*predictor.inputs, ("rows", data.digest)),
        runtimes=predictor.runtimes,
    )


def _subject(data: DataCase, predictor: PredictorCase) -> CounterfactualSubject:
    """Return one text of each independent group of test rows."""
    assert data.table.texts is not None  # put has looked
    positions = np.concatenate([rows for _, rows in data.tests]) if data.tests else np.empty(0, np.int64)
    _, first = np.unique(data.table.groups[positions], return_index=True)
    rows = positions[np.sort(first)].tolist()
    texts, ids = data.table.texts, data.table.ids
    return CounterfactualSubject([texts[r] for r in rows], [ids[r] for r in rows], predictor.answer.texts)


QUESTION = Question(CHECK, put)
