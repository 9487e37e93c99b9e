"""The profile of a case, as a job lays it before `profile_of`."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.watch.batches import CLASSES, draw

from weigh.checks.case import Case, DataCase, Declared, PredictorCase
from weigh.core.data import DataSpec, Roles
from weigh.core.errors import UsageError
from weigh.core.evidence import Artifact
from weigh.core.recommendation import ArmKind
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import Table
from weigh.watch.build import profile_of

FITTED = Artifact("predictor", "e" * 64, 123)


def table(drawn):
    n = len(drawn)
    digests = np.array([i.to_bytes(32, "big") for i in range(n)], dtype="S32")
    return Table(
        ids=tuple(map(str, range(n))),
        classes=CLASSES,
        labels=drawn.labels,
        texts=None,
        features=drawn.features,
        columns={},
        groups=np.arange(n),
        grouped=False,
        row_digests=digests,
        contents=digests,
        group_digests=digests,
        rows_read=n,
    )


def case(drawn, *, kind=ArmKind.MODEL, fitted=True):
    rows = table(drawn)
    train, held_out, elsewhere = np.split(np.arange(len(drawn)), [600, 900])
    data = DataCase(
        subject=Subject(SubjectKind.DATASET, "sha256:" + "a" * 64, "rows"),
        spec=DataSpec(()),
        roles=Roles(label="answer", features=("age", "income", "town")),
        table=rows,
        train=train,
        tests=(("in-domain", held_out), ("domain=x", elsewhere)),
        digest="sha256:" + "1" * 64,
        open_path=lambda path: path,
    )
    answers = tuple(
        Predictions(rows.ids, rows.labels[part], drawn.proba[part], CLASSES, {}, part, name)
        for name, part in data.tests
    )
    subject = Subject(SubjectKind.PREDICTOR, "sha256:" + "2" * 64, "probe")
    predictor = PredictorCase(subject, "probe", kind, True, answers, None, None, (), ())
    model = SimpleNamespace(subject=Subject(SubjectKind.MODEL, "sha256:" + "3" * 64, "encoder"))
    return Case(Declared(seed=4), model, data, predictor if fitted else None)


def test_the_reference_is_the_training_rows_and_the_in_domain_test():
    drawn = draw(1100, 0)
    made = profile_of(case(drawn), embeddings=drawn.embeddings, predictor=FITTED)
    assert sum(made.labels) == 900
    assert made.numeric[0].rows == 900
    assert made.embeddings.rows == 900
    assert made.embeddings.kernel_seed == 4
    assert made.scores.rows == 300
    assert made.answering.arrays == FITTED.sha256
    assert made.answering.snapshot == "sha256:" + "3" * 64
    assert made.label == "answer"


def test_a_finalist_that_does_not_use_the_model_leaves_it_out():
    drawn = draw(1100, 0)
    made = profile_of(case(drawn, kind=ArmKind.SCRATCH), embeddings=drawn.embeddings, predictor=FITTED)
    assert made.embeddings is None
    assert made.answering.model == made.answering.snapshot == ""
    assert made.scores is not None


def test_without_a_finalist_columns_are_left():
    made = profile_of(case(draw(1100, 0), fitted=False))
    assert made.scores is None
    assert made.answering is None
    assert len(made.numeric) == 2


def test_a_case_without_data_has_no_profile():
    with pytest.raises(UsageError, match="needs data"):
        profile_of(Case(Declared()))
