from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest
from tests.watch.batches import TOWNS, ask, batch, draw, profile, rules

from weigh.core.errors import UsageError
from weigh.core.outcome import OutcomeKind
from weigh.datasets.table import FeatureColumns
from weigh.watch.alarm import Family
from weigh.watch.check import FEWEST, alarmed
from weigh.watch.findings import BLIND

ALPHA = 0.01


@pytest.fixture(scope="module")
def held():
    return profile(draw(4000, 0))


@pytest.mark.parametrize(
    ("change", "rule", "part"),
    [
        ({"age": 45.0}, "WGH-W001", "age"),
        ({"income": 2.0}, "WGH-W001", "income"),
        ({"missing": 0.3}, "WGH-W001", "income"),
        ({"town": (0.1, 0.3, 0.2, 0.2, 0.2)}, "WGH-W001", "town"),
        ({"cloud": 0.5}, "WGH-W002", "embeddings"),
        ({"age": 50.0}, "WGH-W003", "p(yes)"),
    ],
)
def test_what_was_moved_is_named(held, change, rule, part):
    evidence = ask(held, batch(draw(1000, 1, **change)))
    assert alarmed(evidence)
    assert evidence.answered
    assert (rule, part) in {(f.rule, f.where) for f in evidence.findings}


def false_alarms(times, *, kept, new, alpha):
    """Alarms by chance alone, and alarms with the smallest effect that matters; everything drawn anew."""
    chance = usual = 0
    for i in range(times):
        held, rows = profile(draw(kept, 2 * i)), batch(draw(new, 2 * i + 1))
        raised = alarmed(ask(held, rows, seed=i, alpha=alpha, smallest=0.0))
        chance += raised
        # Asking for an effect as well can only take alarms away.
        usual += raised and alarmed(ask(held, rows, seed=i, alpha=alpha))
    return chance, usual


def test_a_fresh_sample_alarms_no_more_often_than_alpha():
    for alarms in false_alarms(60, kept=600, new=300, alpha=0.05):
        assert binomtest(alarms, 60).proportion_ci(0.99).low <= 0.05


@pytest.mark.slow
def test_in_400_fresh_samples_the_rate_is_not_above_alpha():
    for alarms in false_alarms(400, kept=3000, new=800, alpha=ALPHA):
        assert binomtest(alarms, 400).proportion_ci(0.99).low <= ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"age": 44.0}, {"town": (0.25, 0.3, 0.2, 0.15, 0.1)}, {"cloud": 0.3}])
def test_in_200_batches_a_planted_change_is_missed_at_most_ten_times(change):
    found = 0
    for i in range(200):
        held, rows = profile(draw(3000, 2 * i)), batch(draw(800, 2 * i + 1, **change))
        found += alarmed(ask(held, rows, seed=i, alpha=ALPHA))
    assert found >= 190


def test_with_every_row_different_nothing_changes_but_the_answer_is_quiet(held):
    evidence = ask(held, batch(draw(2000, 77)))
    assert evidence.answered
    assert not alarmed(evidence)
    assert rules(evidence) == {"WGH-W009"}


def test_concept_shift_without_labels_is_not_seen_and_the_answer_says_so(held):
    rows = draw(3000, 5, flipped=0.3)
    blind = ask(held, batch(rows))
    assert not alarmed(blind)
    [told] = [f for f in blind.findings if f.rule == "WGH-W009"]
    assert told.message == BLIND
    estimated = blind.measure("accuracy_estimated", estimate="cbpe")
    labelled = ask(held, batch(rows, labelled=True))
    measured = labelled.measure("accuracy_measured")
    assert "WGH-W004" in rules(labelled)
    assert "WGH-W009" not in rules(labelled)
    assert measured.high < estimated.low


def test_labels_that_agree_with_the_reference_are_no_alarm(held):
    evidence = ask(held, batch(draw(2000, 6), labelled=True))
    assert not alarmed(evidence)
    assert evidence.measure("accuracy_measured").value == pytest.approx(
        evidence.measure("accuracy_estimated", estimate="cbpe").value, abs=0.05
    )


def test_rows_the_predictor_is_unsure_of_lower_the_estimate(held):
    easy = draw(3000, 8)
    unsure = 0.5 + 0.25 * (easy.proba - 0.5)
    evidence = ask(held, batch(easy, proba=unsure))
    assert {"WGH-W003", "WGH-W005"} <= rules(evidence)


@pytest.mark.parametrize("change", [{"age": 45.0}, {"cloud": 0.5}, {"missing": 0.3}])
def test_an_alarm_of_the_rows_takes_the_estimates_their_ground(held, change):
    evidence = ask(held, batch(draw(1000, 1, **change)))
    told = [m for m in evidence.measures if m.name == "accuracy_estimated"]
    assert [m.label("estimate") for m in told] == ["cbpe", "atc"]
    assert {m.label("holds") for m in told} == {"no"}


@pytest.mark.parametrize("change", [{}, {"flipped": 0.3}])
def test_without_such_an_alarm_nothing_is_said_of_the_estimates(held, change):
    evidence = ask(held, batch(draw(1000, 1, **change), labelled=True))
    assert {m.label("holds") for m in evidence.measures} == {""}


def test_only_an_estimate_that_does_not_hold_says_so_in_its_finding(held):
    easy = draw(3000, 8)
    evidence = ask(held, batch(easy, proba=0.5 + 0.25 * (easy.proba - 0.5)))
    [told] = [f for f in evidence.findings if f.rule == "WGH-W005"]
    assert "does not hold" in told.message


def test_few_rows_are_never_an_answer(held):
    evidence = ask(held, batch(draw(FEWEST - 1, 1, age=90.0)))
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert evidence.outcome.needs_n == FEWEST


def test_quiet_with_a_profile_of_few_rows_is_inconclusive_and_an_alarm_is_not():
    small = profile(draw(150, 0))
    quiet = ask(small, batch(draw(300, 1)))
    assert quiet.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "profile itself rests on too few rows" in quiet.outcome.reason
    assert ask(small, batch(draw(300, 1, age=80.0))).answered


def test_quiet_in_a_small_batch_says_how_many_rows_would_tell():
    # Half of the rows are held out: 150 reference scores, against 200 new ones.
    evidence = ask(profile(draw(300, 0), fitted=0.5), batch(draw(200, 1)))
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    needed = evidence.outcome.needs_n
    assert needed > 200
    assert ask(profile(draw(300, 0), fitted=0.5), batch(draw(needed, 1))).answered


def test_what_was_not_compared_is_said(held):
    rows = draw(1000, 3)
    evidence = ask(
        held, batch(rows, embeddings=None, proba=None, not_looked=((Family.SCORES, "no predictor"),))
    )
    told = {f.where: f.message for f in evidence.findings if f.rule == "WGH-W006"}
    assert "no predictor" in told["scores"]
    assert "embeddings" in told
    assert evidence.measure("accuracy_estimated") is None


def test_a_profile_with_which_nothing_can_be_compared_is_inconclusive(held):
    evidence = ask(held, batch(draw(1000, 3), embeddings=None, proba=None, features=None))
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_a_column_without_values_is_named_and_not_compared(held):
    rows = draw(1000, 3)
    numbers = rows.features.numeric.copy()
    numbers[:, 0] = np.nan
    evidence = ask(held, batch(rows, features=replace(rows.features, numeric=numbers)))
    assert "WGH-W007" in rules(evidence)
    assert ("WGH-W001", "age") in {(f.rule, f.where) for f in evidence.findings}


def test_a_missing_column_is_wrong_usage(held):
    rows = draw(1000, 3)
    without = FeatureColumns(
        rows.features.numeric[:, :1], ("age",), rows.features.categorical, ("town",), (TOWNS,)
    )
    with pytest.raises(UsageError, match="income"):
        ask(held, batch(rows, features=without))


def test_labels_nobody_knows_count_as_wrong_and_are_told(held):
    rows = draw(1000, 3)
    labels = rows.labels.copy()
    labels[:400] = -1
    evidence = ask(held, batch(rows, labels=labels))
    assert {"WGH-W008", "WGH-W004"} <= rules(evidence)


def test_every_measure_has_its_n_and_an_interval_or_is_exact(held):
    evidence = ask(held, batch(draw(1000, 3), labelled=True))
    for measure in evidence.measures:
        assert measure.n > 0
        exact = measure.name in {"rows", "drift_p", "smallest_drift_found"}
        assert exact or (measure.low <= measure.value <= measure.high and measure.method)


def test_the_same_question_has_the_same_answer(held):
    rows = batch(draw(1000, 3))
    assert ask(held, rows, seed=4).digest == ask(held, rows, seed=4).digest


def test_hundreds_of_drifted_columns_do_not_flood_the_findings():
    rng = np.random.default_rng(0)
    names = tuple(f"c{i}" for i in range(120))
    nothing = np.empty((1000, 0), dtype=np.int64)
    first, second = draw(1000, 0), draw(1000, 1)
    made = [FeatureColumns(rng.normal(by, 1, size=(1000, 120)), names, nothing, (), ()) for by in (0.0, 1.0)]
    evidence = ask(profile(replace(first, features=made[0])), batch(replace(second, features=made[1])))
    told = [f for f in evidence.findings if f.rule == "WGH-W001"]
    assert len(told) == 50
    assert "70 more columns" in told[0].message
