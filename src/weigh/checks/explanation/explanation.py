"""Check `explanation`: on which words or features do the answers rest?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weigh.checks.case import Answerer, Asking, Case, DataCase, NotAsked, PredictorCase, Question
from weigh.checks.explanation import permutation
from weigh.checks.explanation.occlusion import choose, measures_of
from weigh.checks.explanation.randomisation import (
    FEWEST_TRAITS,
    MOST_ROWS,
    Relearning,
    Traits,
    associations,
    correlation,
    feature_traits,
    word_traits,
)
from weigh.checks.explanation.words import ANY_WORD, FEWEST_ROWS, FloatArray, importances, questions
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.recommendation import ArmKind
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns, IntArray
from weigh.datasets.wording import shown
from weigh.statistics.interval import Interval
from weigh.statistics.resampling import generator

FEWEST_UNITS = 30
# An explanation that correlates with that of a predictor fitted on permuted labels by surely more than this
# tells little of what was learned.
ALIKE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Explainable:
    """A predictor's answers to the in-domain test rows, the rows, and ways to ask about others.

    Attributes:
        predictions: what was answered.
        texts: [n] the rows, where they are texts.
        features: [n] the rows, where they are features.
        answer: asks about changed rows.
        learning: how to fit the arm again; None for one that does not learn.
        show_examples: whether words of single rows may appear, masked.
    """

    predictions: Predictions
    texts: tuple[str, ...] | None
    features: FeatureColumns | None
    answer: Answerer
    learning: Relearning | None
    show_examples: bool = False


def run(subject: Explainable, context: Context) -> Evidence:
    """Explain single decisions and all of them, then hold the explanation against one of nothing learned."""
    predictions = subject.predictions
    units = int(np.unique(predictions.groups).size)
    if units < FEWEST_UNITS:
        return context.inconclusive(
            f"{units} independent test rows are too few to say what answers rest on",
            needs_n=-(-FEWEST_UNITS * max(1, len(predictions)) // max(1, units)),
        )
    if subject.texts is not None:
        return _explain_texts(subject, subject.texts, context)
    assert subject.features is not None  # `put` sees to it that there is one of the two
    return _explain_features(subject, subject.features, context)


def _explain_texts(subject: Explainable, texts: Sequence[str], context: Context) -> Evidence:
    predictions, seed = subject.predictions, context.seed
    decisions = choose(texts, predictions, seed=seed)
    asked = questions(texts, predictions.groups, seed=seed)
    rows = np.unique(np.concatenate([one.rows for one in asked]))
    # One call for everything, so that all of it is answered under the same circumstances.
    whole, *rest = _answers(
        subject.answer,
        [
            [texts[row] for row in rows.tolist()],
            *(one.texts for one in asked),
            *(one.texts for one in decisions),
        ],
        classes=len(predictions.classes),
    )
    again = np.full((len(texts), len(predictions.classes)), np.nan)
    again[rows] = whole
    found = dict(importances(asked, again, rest[: len(asked)], predictions, seed=seed))
    measures = [_measure("word_importance", one, "probability", word=word) for word, one in found.items()]
    for one, proba in zip(decisions, rest[len(asked) :], strict=True):
        measures += measures_of(one, proba, predictions, show=subject.show_examples)
    words = [word for word in found if word != ANY_WORD]
    if not words:
        reason = f"no word occurs in {FEWEST_ROWS} independent rows of the sample, so none can be weighed"
        return context.inconclusive(reason, measures=tuple(measures))
    some = _sample(len(texts), seed=seed)
    traits = word_traits([texts[row] for row in some.tolist()], words)
    checked, findings = _sanity(subject, traits, some, seed=seed)
    return context.answered(findings=findings, measures=(*measures, *checked))


def _explain_features(subject: Explainable, features: FeatureColumns, context: Context) -> Evidence:
    predictions, seed = subject.predictions, context.seed
    some = _sample(len(predictions), seed=seed)
    traits = feature_traits(features.take(some))
    columns = _columns(features, traits, predictions.proba[some])
    measures = [
        _measure("permutation_importance", one.fall, "fraction", feature=shown(one.name))
        for one in permutation.importances(features, predictions, subject.answer, columns=columns, seed=seed)
    ]
    checked, findings = _sanity(subject, traits, some, seed=seed)
    if len(columns) < len(features.names):
        findings += (_left_out(len(features.names) - len(columns), len(features.names)),)
    return context.answered(findings=findings, measures=(*measures, *checked))


def _answers(answer: Answerer, batches: Sequence[Sequence[str]], *, classes: int) -> list[FloatArray]:
    """Probabilities of each batch of texts, asked for in one call."""
    texts = [text for batch in batches for text in batch]
    proba = answer.texts(texts) if texts else np.empty((0, classes))
    return list(np.split(proba, np.cumsum([len(batch) for batch in batches])[:-1]))


def _sample(rows: int, *, seed: int) -> IntArray:
    drawn: IntArray = generator(seed).permutation(rows)[:MOST_ROWS].astype(np.int64)
    return drawn


def _columns(features: FeatureColumns, traits: Traits, proba: FloatArray) -> list[int]:
    """The columns to shuffle: all, or those whose traits go most with the answers where there are many."""
    count = len(features.names)
    if count <= permutation.MOST_FEATURES:
        return list(range(count))
    strength = np.zeros(count)
    np.maximum.at(strength, traits.columns, np.abs(associations(traits, proba)).max(axis=1))
    order = np.argsort(-strength, kind="stable")[: permutation.MOST_FEATURES]
    return sorted(order.tolist())


def _sanity(
    subject: Explainable, traits: Traits, rows: IntArray, *, seed: int
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    if subject.learning is None:
        return (), (_unchecked("it does not learn from labels, so it cannot be fitted on permuted ones"),)
    found = correlation(traits, subject.predictions.proba[rows], subject.learning, rows, seed=seed)
    if found is None:
        return (), (_unchecked(f"fewer than {FEWEST_TRAITS} traits of rows, or none goes with the answers"),)
    measure = _measure("randomised_correlation", found, "correlation", direction=Direction.LOWER)
    return (measure,), (_alike(found),) if found.low > ALIKE else ()


def _measure(
    name: str, found: Interval, unit: str, direction: Direction = Direction.NEUTRAL, **labels: str
) -> Measure:
    return Measure(
        name=name,
        value=found.value,
        unit=unit,
        n=found.n,
        low=found.low,
        high=found.high,
        level=found.level,
        method=found.method,
        direction=direction,
        labels=labelled(**labels),
    )


def _alike(found: Interval) -> Finding:
    return Finding(
        rule="WGH-E001",
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        where="explanation",
        message=(
            f"fitted on permuted labels it is explained nearly the same way: rank correlation "
            f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}] over {found.n} fits"
        ),
        why="the explanation does not depend on what was learned, so it does not say why it answers so",
        action="do not show the importances as reasons; see whether fitting uses the labels at all",
        references=("arXiv:1810.03292",),
    )


def _unchecked(reason: str) -> Finding:
    return Finding(
        rule="WGH-E002",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where="explanation",
        message=f"the explanation was not held against one of nothing learned: {reason}",
        why="an explanation that would look the same for any predictor explains nothing",
        action="read the importances as a description of the answers, not as tested reasons",
    )


def _left_out(count: int, total: int) -> Finding:
    return Finding(
        rule="WGH-E003",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        where="explanation",
        message=(
            f"{count:,} of {total:,} features were not shuffled: their values go least with the answers"
        ),
        why="a feature that acts only together with others can be among them",
        action="use fewer features, where each should be weighed",
    )


CHECK: Check[Explainable] = Check(
    id="explanation",
    question="On which words or features do the answers rest?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.BARS,
            measure="word_importance",
            title="Fall of the answer's probability when a word is left out",
            row="word",
        ),
        Picture(
            PictureKind.BARS,
            measure="permutation_importance",
            title="Fall of accuracy when a feature is shuffled over the rows",
            row="feature",
        ),
        Picture(
            PictureKind.BARS,
            measure="occlusion_change",
            title="Single decisions: fall of the answer's probability without the words at a place",
            row="position",
            facet="row",
        ),
    ),
)


def put(case: Case) -> Asking[Explainable] | NotAsked:
    """Ask about the finalist and the in-domain test rows."""
    if case.data is None or case.predictor is None:
        return NotAsked("no way of answering was fitted")
    data, predictor, show = case.data, case.predictor, case.declared.show_examples
    if not predictor.tests:
        return NotAsked("there are no test rows")
    if predictor.kind is ArmKind.CONSTANT:
        return NotAsked("the answer does not depend on the row, so it rests on no part of it", applies=False)
    return Asking(
        predictor.subject,
        lambda: _explainable(data, predictor, show=show),
        parameters={"show_examples": show},
        inputs=(*predictor.inputs, ("rows", data.digest)),
        runtimes=predictor.runtimes,
    )


def _explainable(data: DataCase, predictor: PredictorCase, *, show: bool) -> Explainable:
    table, rows = data.table, data.tests[0][1]
    learning = None
    if predictor.fits and predictor.refit is not None:
        learning = Relearning(predictor.refit, data.train, table.labels[data.train], rows)
    return Explainable(
        predictor.tests[0],
        None if table.texts is None else tuple(table.texts[row] for row in rows.tolist()),
        None if table.features is None else table.features.take(rows),
        predictor.answer,
        learning,
        show,
    )


QUESTION = Question(CHECK, put)
