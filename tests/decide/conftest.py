import numpy as np
import pytest

from weigh.core.cost import Cost
from weigh.core.recommendation import ArmKind
from weigh.decide.trials import ArmTrials, Inputs, TestSet

KINDS = {
    "majority": (ArmKind.CONSTANT, 0, 10),
    "tfidf_linear": (ArmKind.SCRATCH, 1, 1_000),
    "boosted": (ArmKind.SCRATCH, 1, 5_000),
    "as_is": (ArmKind.MODEL, 2, 1_000_000),
    "probe": (ArmKind.MODEL, 3, 2_000_000),
}
SIZE = 400


def proba_of(predicted, classes, confidence=0.8):
    proba = np.full((predicted.size, classes), (1 - confidence) / (classes - 1))
    proba[np.arange(predicted.size), predicted] = confidence
    return proba


def answers(rng, labels, accuracy, classes=2):
    """Predictions that are right on a random share of the rows."""
    wrong = rng.random(labels.size) >= accuracy
    return np.where(wrong, (labels + rng.integers(1, classes, labels.size)) % classes, labels)


def trials(arm, predictions, *, not_run="", work=None):
    kind, risk, default = KINDS[arm]
    if not_run:
        return ArmTrials(arm, arm, kind, risk, not_run)
    sizes = tuple(sorted(predictions))
    cost = Cost(
        labels=sizes[-1], work=work or default, fit_seconds=1.0, predict_ms=1.0, peak_bytes=0, disk_bytes=1
    )
    return ArmTrials(arm, arm, kind, risk, "", sizes, predictions, cost, f"p-{arm}", f"e-{arm}")


@pytest.fixture
def make():
    """Build inputs: accuracy of each arm on each test; `same` makes an arm answer exactly as another."""

    def build(
        accuracies, *, n=600, seed=0, classes=2, same=(), sizes=(SIZE,), groups=None, missing=(), work=()
    ):
        rng = np.random.default_rng(seed)
        names = list(next(iter(accuracies.values())))
        labels = {name: rng.integers(0, classes, n) for name in names}
        predicted = {
            arm: {t: answers(rng, labels[t], a[t], classes) for t in names} for arm, a in accuracies.items()
        }
        for arm, other in dict(same).items():
            predicted[arm] = predicted[other]
        predicted["majority"] = {t: np.zeros(n, dtype=np.int64) for t in names}
        arms = [
            trials(
                arm,
                {size: {t: proba_of(p, classes) for t, p in by_test.items()} for size in sizes},
                work=dict(work).get(arm),
            )
            for arm, by_test in sorted(predicted.items(), key=lambda item: list(KINDS).index(item[0]))
        ]
        arms += [trials(arm, {}, not_run=reason) for arm, reason in dict(missing).items()]
        tests = tuple(TestSet(name, labels[name], groups) for name in names)
        return Inputs(tests, tuple(arms), classes)

    return build
