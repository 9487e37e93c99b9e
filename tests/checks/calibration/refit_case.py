"""A case over texts and one number each, as the job lays it before checks that fit again."""

import numpy as np

from weigh.checks.case import Case, DataCase, Declared, PredictorCase
from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.recommendation import ArmKind
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import Table

CLASSES = ("bad", "good")


def linear_refit(matrix):
    def refit(*, train, labels, ask, weights=None, seed=0):
        weight = np.linalg.lstsq(matrix[train], labels * 2.0 - 1.0, rcond=None)[0]
        sure = 1 / (1 + np.exp(-3 * matrix[ask] @ weight))
        return np.stack([1 - sure, sure], axis=1)

    return refit


def arm_of(name, kind, refit, labels, train, test):
    proba = np.tile([0.5, 0.5], (test.size, 1))
    if refit is not None:
        proba = refit(train=train, labels=labels[train], ask=test)
    answers = Predictions(tuple(map(str, test)), labels[test], proba, CLASSES, {}, test, "in-domain")
    return PredictorCase(
        subject=Subject(SubjectKind.PREDICTOR, f"sha256:{name}", name),
        arm=name,
        kind=kind,
        fits=refit is not None,
        tests=(answers,),
        answer=None,
        refit=refit,
        inputs=(("probabilities", name),),
        runtimes=(("numpy", "2"),),
    )


def case_of(finalist="probe", n=600, *, split_column=False):
    """`probe` learns, `as_is` does not, `majority` is the constant answer."""
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(size=(n, 2)), np.ones(n)])
    labels = (matrix[:, 0] + rng.normal(size=n) > 0).astype(np.int64)
    rows = np.arange(n)
    train, test = rows[: n // 2], rows[n // 2 :]
    digests = np.array([f"{i:032d}" for i in rows], dtype="S32")
    texts = [f"{CLASSES[label]} film {rng.integers(50)}" for label in labels]
    columns = {"part": np.where(rows < n // 2, "train", "test")} if split_column else {}
    table = Table(
        tuple(map(str, rows)), CLASSES, labels, texts, None, columns, rows, False, *[digests] * 3, n
    )
    data = DataCase(
        subject=Subject(SubjectKind.DATASET, "sha256:d"),
        spec=DataSpec((DataFile("d.csv"),)),
        roles=Roles("label", text="text", split="part" if split_column else ""),
        table=table,
        train=train,
        tests=(("in-domain", test),),
        digest="sha256:rows",
        open_path=None,
    )
    refit = linear_refit(matrix)
    arms = (
        arm_of("probe", ArmKind.MODEL, refit, labels, train, test),
        arm_of("as_is", ArmKind.MODEL, None, labels, train, test),
        arm_of("majority", ArmKind.CONSTANT, refit, labels, train, test),
    )
    return Case(Declared(), data=data, predictor=next(a for a in arms if a.arm == finalist), arms=arms)
