"""The behavioural checks, put to the recommended arm: what the decision leans on is examined."""

import numpy as np

from weigh.checks.accuracy.accuracy import CHECK as ACCURACY, PredictionSet
from weigh.checks.slices.slices import CHECK as SLICES, SliceSubject
from weigh.core.evidence import Evidence
from weigh.core.recommendation import Recommendation
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.adopt.shootout import LIBRARIES, Ground, Trials, answers_of
from weigh.system.machine import installed_version


def question_finalist(
    ground: Ground, found: Recommendation, trials: Trials, options: AdoptOptions
) -> tuple[Evidence, ...]:
    """Ask for accuracy and slices of the recommended arm, or of the runner-up when none is recommended."""
    finalist = found.arm or found.runner_up
    arm = next((a for a in trials.arms if a.arm == finalist and not a.not_run), None)
    if arm is None:
        return ()
    evidence = trials.evidence[(arm.arm, arm.full)]
    artifact = evidence.artifact("probabilities")
    inputs = (*ground.inputs[:1], ("probabilities", artifact.sha256 if artifact is not None else ""))
    subject = Subject(SubjectKind.PREDICTOR, arm.predictor, arm.arm)
    runtimes = tuple((name, installed_version(name)) for name in LIBRARIES)
    answers = _predictions(ground, answers_of(ground, evidence))
    accuracy = ground.bench.ask(
        ACCURACY,
        subject,
        lambda: PredictionSet(answers, _constant(ground, arm.full), options.roles.positive),
        parameters={"rows": arm.full, "positive": options.roles.positive},
        inputs=inputs,
        seed=ground.seed,
        runtimes=runtimes,
    )
    slices = options.roles.slices
    if not slices:
        return (accuracy,)
    named = ground.bench.ask(
        SLICES,
        subject,
        lambda: SliceSubject(answers[0], named=slices, searched=slices),
        parameters={"columns": list(slices)},
        inputs=inputs,
        seed=ground.seed,
        runtimes=runtimes,
    )
    return (accuracy, named)


def _predictions(ground: Ground, proba: dict[str, np.ndarray]) -> tuple[Predictions, ...]:
    table = ground.prepared.table
    return tuple(
        Predictions(
            ids=tuple(table.ids[i] for i in test.rows.tolist()),
            labels=table.labels[test.rows],
            proba=proba[test.name],
            classes=table.classes,
            columns={key: values[test.rows] for key, values in table.columns.items()},
            groups=table.groups[test.rows],
            test=test.name,
        )
        for test in ground.prepared.tests
    )


def _constant(ground: Ground, rows: int) -> tuple[float, ...]:
    """Class frequencies of the training rows."""
    table = ground.prepared.table
    index = next(i for i in ground.prepared.ladder if len(i) == rows)
    counts = np.bincount(table.labels[index], minlength=len(table.classes))
    return tuple((counts / counts.sum()).tolist())
