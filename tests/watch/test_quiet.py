"""Quiet is an answer only where a large difference in any part would have been an alarm."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.watch.batches import ask, batch, draw, profile, rules

from weigh.core.errors import ExitCode, UsageError
from weigh.core.events import Silent
from weigh.core.outcome import OutcomeKind
from weigh.jobs.watch import WatchOptions, exit_code, watch
from weigh.statistics.interval import Interval
from weigh.watch.alarm import Family, Part
from weigh.watch.check import alarmed
from weigh.watch.power import detectable, rows_needed


@pytest.fixture(scope="module")
def held():
    return profile(draw(4000, 0))


def emptied(rows, share, *, seed=0):
    """The rows, most of them without an age."""
    numbers = rows.features.numeric.copy()
    numbers[np.random.default_rng(seed).random(len(rows)) < share, 0] = np.nan
    return replace(rows, features=replace(rows.features, numeric=numbers))


def part(statistic, n, m, **more):
    return Part(Family.COLUMNS, "x", statistic, Interval(0, 0, 1, 0.95, m, "x"), 1.0, 0.1, (n, m), **more)


def test_a_column_with_too_few_values_on_both_sides_leaves_the_quiet_open():
    held = profile(emptied(draw(4000, 0), 0.995))
    evidence = ask(held, batch(emptied(draw(1000, 1), 0.995)))
    assert not alarmed(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "too few values to compare age" in evidence.outcome.reason
    assert exit_code(held, evidence, columns_only=False) is ExitCode.UNKNOWN


def test_a_column_that_is_empty_on_both_sides_has_nothing_to_compare():
    held = profile(emptied(draw(4000, 0), 2))
    evidence = ask(held, batch(emptied(draw(1000, 1), 2)))
    assert evidence.answered
    assert "WGH-W007" not in rules(evidence)


def test_columns_left_out_of_the_profile_leave_the_quiet_open_and_not_the_alarm(held):
    short = replace(held, left_out=3)
    quiet = ask(short, batch(draw(1000, 3)))
    assert quiet.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "3 columns had no room" in quiet.outcome.reason
    assert ask(short, batch(draw(1000, 3, age=60))).answered


def test_what_could_go_unseen_is_told_for_the_emptiest_column_and_not_for_the_batch():
    # Both are emptied alike, so the share of missing values is no alarm.
    held = profile(emptied(draw(4000, 0), 0.93))
    evidence = ask(held, batch(emptied(draw(1000, 1), 0.93)))
    told = evidence.measure("smallest_drift_found", family="columns")
    assert told.label("part") == "age"
    assert told.n == pytest.approx(70, abs=20)
    assert told.value > 0.25
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    needed = evidence.outcome.needs_n
    assert needed > 1000
    more = ask(held, batch(emptied(draw(math.ceil(1.3 * needed), 2), 0.93)))
    assert more.measure("smallest_drift_found", family="columns").value <= 0.25


def test_every_family_that_was_compared_tells_what_it_would_have_seen(held):
    evidence = ask(held, batch(draw(1000, 1)))
    told = {m.label("family"): m for m in evidence.measures if m.name == "smallest_drift_found"}
    assert set(told) == {"columns", "embeddings", "scores"}
    assert told["embeddings"].unit == "sd"


def test_an_embedding_alarm_that_cannot_come_is_said_and_not_quiet(held):
    # Of 5,000 divisions at least one is as far apart as the one that happened: p is 0.0002 at least.
    evidence = ask(held, batch(draw(1000, 1)), alpha=0.0003)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "no difference in the embeddings" in evidence.outcome.reason
    assert alarmed(ask(held, batch(draw(1000, 1, cloud=0.6)), alpha=0.001))


def test_labels_must_exclude_an_unacceptable_loss(held):
    few = draw(220, 12)
    wrong = few.labels.copy()
    places = np.flatnonzero(few.proba.argmax(axis=1) == few.labels)[:12]
    wrong[places] = 1 - wrong[places]
    evidence = ask(held, batch(few, labels=wrong))
    drop = evidence.measure("drift", statistic="drop")
    assert drop.high >= 0.1
    assert not alarmed(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "do not exclude a loss of accuracy" in evidence.outcome.reason


def test_a_gain_of_accuracy_has_an_interval_from_zero_to_the_loss_that_is_left(held):
    rows = draw(400, 3)
    evidence = ask(held, batch(rows, labels=rows.proba.argmax(axis=1)))
    drop = evidence.measure("drift", statistic="drop")
    assert (drop.low, drop.value, drop.high) == (0.0, 0.0, 0.0)


def test_labels_that_could_not_be_used_are_told(held):
    evidence = ask(held, batch(draw(1000, 3), proba=None, labelled=True))
    told = {f.where for f in evidence.findings if f.rule == "WGH-W006"}
    assert "accuracy" in told
    assert "WGH-W009" in rules(evidence)
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_labels_beside_columns_only_are_refused(tmp_path):
    asked = WatchOptions(tmp_path, "x.csv", label="stars", columns_only=True)
    with pytest.raises(UsageError, match="--label has no use with --columns-only"):
        watch(asked, Silent())


def test_a_batch_that_is_mostly_one_row_is_not_quiet(held):
    rows = batch(draw(1000, 3), came=8000, copies=7000, commonest=7001)
    evidence = ask(held, rows)
    [told] = [f for f in evidence.findings if f.rule == "WGH-W011"]
    assert "7,000 of 8,000 rows" in told.message
    assert "7,001 times" in told.message
    assert evidence.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "copies of one row" in evidence.outcome.reason
    assert ask(held, batch(draw(1000, 3), came=1010, copies=10, commonest=3)).answered


@pytest.mark.parametrize(
    "one",
    [part("ks", 4000, 300), part("total_variation", 4000, 300, cells=9), part("missing", 4000, 300, cells=2)],
)
def test_more_rows_see_less_and_as_many_as_needed_see_enough(one):
    found = detectable(one, alpha=0.001)
    assert detectable(replace(one, rows=(4000, 600)), alpha=0.001) < found
    assert detectable(one, alpha=0.01) < found
    needed = rows_needed(one, rows=300, largest=0.1, alpha=0.001)
    assert detectable(replace(one, rows=(4000, needed)), alpha=0.001) <= 0.1
    assert rows_needed(one, rows=300, largest=0.001, alpha=0.001) is None


def test_shares_that_are_said_to_be_found_are_found_in_four_of_five_batches():
    from weigh.statistics.drift import homogeneity

    rng = np.random.default_rng(0)
    for cells in (2, 5, 20):
        gap = detectable(part("total_variation", 2000, 400, cells=cells), alpha=0.01)
        before = np.full(cells, 1 / cells)
        # The hardest shift: every share moves by as much, half of them up.
        after = before + np.where(np.arange(cells) < cells // 2, 1.0, -1.0) * gap / (cells // 2)
        if cells % 2:
            after[-1], after[:2] = before[-1], before[:2] + gap / 2
            after[2:4] = before[2:4] - gap / 2
        found = [
            homogeneity(rng.multinomial(2000, before), rng.multinomial(400, after)) <= 0.01
            for _ in range(200)
        ]
        assert np.mean(found) > 0.72
