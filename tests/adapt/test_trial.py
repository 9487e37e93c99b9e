import numpy as np
import pytest

from weigh.adapt.arm import Rows
from weigh.adapt.as_is import AsIs
from weigh.adapt.majority import MAJORITY
from weigh.adapt.probe import PROBE
from weigh.adapt.trial import BaseCost, run_trial
from weigh.core.errors import UnknownAnswerError


class Ticking:
    """A clock that moves one second at every reading."""

    def __init__(self):
        self.at = 0.0

    def now(self):
        return self.monotonic()

    def monotonic(self):
        self.at += 1.0
        return self.at


class Broken(type(MAJORITY)):
    def predict(self, fitted, rows):
        return np.full((rows.n, 2), 0.7)


def trial(arm, rows, labels, tests, base=None):
    return run_trial(arm, rows, labels, tests, 2, groups=None, seed=1, clock=Ticking(), base=base)


def test_every_test_set_is_answered_and_the_cost_repeats_but_for_readings(embedding_rows):
    rows, labels = embedding_rows(60)
    tests = {"in-domain": embedding_rows(30, seed=1)[0], "domain=x": embedding_rows(20, seed=2)[0]}
    first, second = trial(PROBE, rows, labels, tests), trial(PROBE, rows, labels, tests)
    assert {name: p.shape for name, p in first.predictions.items()} == {
        "in-domain": (30, 2),
        "domain=x": (20, 2),
    }
    assert first.cost == second.cost
    assert (first.cost.labels, first.cost.fit_seconds) == (60, 1.0)
    assert first.cost.predict_ms == pytest.approx(1000 / 50)
    assert first.cost.disk_bytes > 0


def test_the_base_models_cost_is_added_for_every_row_it_sees(embedding_rows):
    rows, labels = embedding_rows(60)
    tests = {"in-domain": embedding_rows(30)[0]}
    base = BaseCost(work_per_row=1000, fit_seconds=5.0, predict_ms=2.0, peak_bytes=77, disk_bytes=100)
    alone, whole = trial(PROBE, rows, labels, tests), trial(PROBE, rows, labels, tests, base)
    assert whole.cost.work - alone.cost.work == 1000 * 90
    assert whole.cost.fit_seconds == alone.cost.fit_seconds + 5.0
    assert whole.cost.peak_bytes == 77
    assert whole.cost.disk_bytes == alone.cost.disk_bytes + 100


def test_an_arm_that_fits_nothing_uses_no_label_and_pays_for_test_rows_only():
    scores = np.array([[0.4, 0.6]] * 4)
    rows = Rows(4, scores=scores)
    result = trial(
        AsIs((0, 1)), rows, np.array([0, 1, 0, 1]), {"t": rows}, BaseCost(work_per_row=10, fit_seconds=9.0)
    )
    assert result.cost.labels == 0
    assert result.cost.work == 4 * 2 + 4 * 10
    assert result.cost.fit_seconds < 9.0


def test_answers_that_are_not_probabilities_stop_the_trial():
    with pytest.raises(UnknownAnswerError, match="not probabilities"):
        trial(Broken(), Rows(2), np.array([0, 1]), {"t": Rows(3)})
