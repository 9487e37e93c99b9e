"""Tables, texts and answers drawn from known laws, and the question put to them."""

from dataclasses import dataclass, replace

import numpy as np

from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.profile import Answering
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.table import FeatureColumns
from weigh.watch.build import Reference, build_profile
from weigh.watch.check import CHECK, WatchSubject
from weigh.watch.compare import Batch

DATA = "sha256:" + "a" * 64
CLASSES = ("no", "yes")
TOWNS = ("Aix", "Bonn", "Cork", "Delft", "Évora")
SCREENED = 3
"""Dimensions of a tiny embedding."""


class NoClock:
    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


@dataclass(frozen=True)
class Drawn:
    """Rows with all that a model could make of them."""

    features: FeatureColumns
    embeddings: np.ndarray
    proba: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)


def draw(n, seed, *, age=40.0, income=1.0, town=None, missing=0.1, cloud=0.0, flipped=0.0):
    """People whose answer follows from age and income; every argument moves one thing."""
    rng = np.random.default_rng(seed)
    ages = np.round(rng.normal(age, 10, size=n))
    incomes = income * rng.lognormal(0, 1, size=n)
    codes = rng.choice(len(TOWNS), size=n, p=town or (0.4, 0.3, 0.2, 0.08, 0.02))
    incomes[rng.random(n) < missing] = np.nan
    signal = (ages - 40) / 10 + np.nan_to_num(np.log(incomes))
    chance = 1 / (1 + np.exp(-1.5 * signal))
    labels = (rng.random(n) < chance).astype(np.int64)
    labels = np.where(rng.random(n) < flipped, 1 - labels, labels)
    embeddings = rng.normal(cloud, 1, size=(n, SCREENED)) + np.abs(rng.normal(size=(n, 1)))
    features = FeatureColumns(
        np.column_stack([ages, incomes]),
        ("age", "income"),
        codes[:, None].astype(np.int64),
        ("town",),
        (TOWNS,),
    )
    return Drawn(features, embeddings.astype(np.float32), np.column_stack([1 - chance, chance]), labels)


def reference(drawn, *, fitted=0.6, **more):
    """Training rows first, held-out ones after."""
    cut = int(fitted * len(drawn))
    return Reference(
        data=DATA,
        classes=CLASSES,
        labels=drawn.labels,
        train=np.arange(cut),
        held_out=np.arange(cut, len(drawn)),
        features=drawn.features,
        embeddings=drawn.embeddings,
        proba=drawn.proba[cut:],
        answering=Answering("m", "sha256:" + "b" * 64, "probe", "sha256:" + "c" * 64, "d" * 64, 10),
        label="answer",
        **more,
    )


def profile(drawn, **more):
    return build_profile(reference(drawn, **more))


def batch(drawn, *, labelled=False, **changed):
    made = Batch(
        n=len(drawn),
        features=drawn.features,
        embeddings=drawn.embeddings,
        proba=drawn.proba,
        labels=drawn.labels if labelled else None,
    )
    return replace(made, **changed)


def ask(held, rows, *, seed=0, **parameters):
    subject = Subject(SubjectKind.DATASET, "sha256:" + "e" * 64, "new")
    request = Request("watch", "code", subject, parameters, seed=seed)
    return CHECK.run(WatchSubject(held, rows), Context(request, NoClock(), Silent()))


def rules(evidence):
    return {finding.rule for finding in evidence.findings}
