"""Worlds in which it is known who is treated how."""

import numpy as np
import pytest

from weigh.checks.case import Case, DataCase, Declared, PredictorCase
from weigh.core.data import DataSpec, Roles
from weigh.core.recommendation import ArmKind
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import Table


def draw(rng, n, shares, base, tpr, fpr):
    """Groups, true classes and answers (0 or 1) of n people with these rates by group."""
    group = rng.choice(len(shares), n, p=shares)
    truth = (rng.random(n) < np.array(base)[group]).astype(np.int64)
    chance = np.where(truth == 1, np.array(tpr)[group], np.array(fpr)[group])
    return group.astype(np.int64), truth, (rng.random(n) < chance).astype(np.int64)


def as_predictions(columns, truth, answers, *, groups=None, classes=("no", "yes"), test="in-domain"):
    n = truth.size
    proba = np.full((n, len(classes)), 0.2 / (len(classes) - 1))
    proba[np.arange(n), answers] = 0.8
    rows = np.arange(n) if groups is None else groups
    return Predictions(tuple(f"d.csv:{i}" for i in range(n)), truth, proba, classes, columns, rows, test)


@pytest.fixture(scope="session")
def drawn():
    return draw


@pytest.fixture(scope="session")
def predictions_of():
    return as_predictions


def make_case(*, texts=None, protected=(), refit=None, n=200, kind=ArmKind.SCRATCH):
    """A case of n rows, the first half for training, asked by a predictor that answers at random."""
    rng = np.random.default_rng(0)
    labels, halves = rng.integers(0, 2, n), np.arange(n) // 2 * 2
    table = Table(
        ids=tuple(f"d.csv:{i}" for i in range(n)),
        classes=("no", "yes"),
        labels=labels,
        texts=texts,
        features=None,
        columns={"sex": np.array(["m", "w"])[np.arange(n) % 2], "else": np.array(["x"] * n)},
        groups=halves,
        grouped=True,
        row_digests=np.array([b""] * n),
        contents=np.array([b""] * n),
        group_digests=np.array([b""] * n),
        rows_read=n,
    )
    train, test = np.arange(n // 2), np.arange(n // 2, n)
    subject = Subject(SubjectKind.PREDICTOR, "sha256:1", "arm")
    data = DataCase(
        Subject(SubjectKind.DATASET, "sha256:2"), DataSpec(()), Roles("label"), table, train,
        (("in-domain", test),), "sha256:3", lambda path: None,
    )  # fmt: skip
    columns = {name: values[test] for name, values in table.columns.items()}
    answers = as_predictions(columns, labels[test], rng.integers(0, 2, test.size), groups=halves[test])

    class Answers:
        def texts(self, texts):
            return np.full((len(texts), 2), 0.5)

        def features(self, features):
            raise AssertionError

    predictor = PredictorCase(subject, "arm", kind, True, (answers,), Answers(), refit, (), ())
    return Case(Declared(protected=protected, seed=7), data=data, predictor=predictor)


@pytest.fixture(scope="session")
def case_of():
    return make_case
