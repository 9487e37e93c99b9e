"""The case the job lays before the checks: the model, the rows, the finalist, and ways to ask them more."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from weigh.adapt import answering
from weigh.adapt.answering import FittedAnswers, Refit, Represent
from weigh.adapt.arm import Fitted
from weigh.adapt.fitted import from_arrays
from weigh.adapt.trial import fits
from weigh.checks.case import Case, DataCase, Declared, Earlier, ModelCase, PredictorCase
from weigh.code.closure import code_digest
from weigh.core.errors import StorageError
from weigh.core.evidence import Evidence
from weigh.core.recommendation import ArmKind, Recommendation
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.predictions import Predictions
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.data import PreparedData
from weigh.jobs.adopt.examine import Examined
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.adopt.shootout import LIBRARIES, Ground, Trials, answers_of
from weigh.jobs.workbench import Workbench
from weigh.store.keeper import BlobKeeper
from weigh.system.machine import installed_version

MODEL_LIBRARIES = ("onnxruntime", "tokenizers", "torch", "transformers")


def declared_of(options: AdoptOptions) -> Declared:
    """What the user said beside naming model and data."""
    return Declared(
        uses=options.uses,
        protected=options.roles.protected,
        positive=options.roles.positive,
        show_examples=options.show_examples,
        seed=options.seed,
    )


def model_case(bench: Workbench, examined: Examined) -> ModelCase:
    """The model, looked at and not run."""

    def read(path: str) -> FileReader:
        return FileReader(bench.blobs.path(examined.view.snapshot.file(path).sha256))

    def elsewhere(check: str) -> tuple[Earlier, ...]:
        return tuple(_earlier(bench, check))

    return ModelCase(examined.subject, examined.view, read, elsewhere, BlobKeeper(bench.blobs))


def _earlier(bench: Workbench, check: str) -> Iterator[Earlier]:
    for recorded in bench.ledger.of_check(check):
        evidence = recorded.evidence
        yield Earlier(evidence.subject, evidence.digest, _loader(bench, evidence))


def _loader(bench: Workbench, evidence: Evidence) -> Callable[[str], bytes | None]:
    def load(name: str) -> bytes | None:
        artifact = evidence.artifact(name)
        return None if artifact is None else BlobKeeper(bench.blobs).load_bytes(artifact)

    return load


def data_case(bench: Workbench, data: PreparedData) -> DataCase:
    """The user's rows and what they are used for."""
    prepared = data.prepared

    def open_path(path: str) -> Path:
        return bench.blobs.path(data.brought.snapshot.file(path).sha256)

    assert data.brought.spec is not None  # data always has one
    return DataCase(
        subject=Subject(SubjectKind.DATASET, data.brought.snapshot.digest, data.brought.name),
        spec=data.brought.spec,
        roles=data.roles,
        table=prepared.table,
        train=prepared.ladder[-1],
        tests=tuple((test.name, test.rows) for test in prepared.tests),
        digest=prepared.content_digest,
        columns_digest=prepared.columns_digest,
        open_path=open_path,
        references=data.references,
        fitted_on=tuple(test.train for test in prepared.tests),
    )


def make_case(
    ground: Ground,
    data: PreparedData,
    model: ModelCase | None,
    represent: Represent | None,
    trials: Trials,
    found: Recommendation,
    options: AdoptOptions,
) -> Case:
    """Everything that can be asked about; the finalist is the recommended arm, else the runner-up."""
    arms = tuple(_fitted(ground, trials, represent))
    chosen = found.arm or found.runner_up
    return Case(
        declared=declared_of(options),
        model=model,
        data=data_case(ground.bench, data),
        predictor=next((arm for arm in arms if arm.arm == chosen), None),
        arms=arms,
    )


def _fitted(ground: Ground, trials: Trials, represent: Represent | None) -> Iterator[PredictorCase]:
    table = ground.prepared.table
    classes = len(table.classes)
    for one in trials.arms:
        if one.not_run or not one.sizes or one.sizes[-1] != len(ground.prepared.ladder[-1]):
            continue
        arm = trials.offered[one.arm]
        evidence = trials.evidence[(one.arm, one.full)]
        probabilities, load = evidence.artifact("probabilities"), partial(_kept, ground, evidence)
        rests = arm.kind is ArmKind.MODEL
        made = ground.inputs if rests else ground.inputs[:1]
        # New texts go through the model again: what runs it takes part in the answer.
        libraries = (*LIBRARIES, *MODEL_LIBRARIES) if rests else LIBRARIES
        yield PredictorCase(
            subject=Subject(SubjectKind.PREDICTOR, one.predictor, one.arm),
            arm=one.arm,
            kind=one.kind,
            fits=fits(arm),
            tests=_predictions(ground, answers_of(ground, evidence)),
            answer=FittedAnswers(arm, classes, load, represent),
            refit=Refit(arm, classes, load, ground.rows, table.groups) if fits(arm) else None,
            inputs=(
                *made,
                ("probabilities", probabilities.sha256 if probabilities is not None else ""),
                ("answering", code_digest(answering.__name__)),
            ),
            runtimes=tuple((name, installed_version(name)) for name in libraries),
        )


def _predictions(ground: Ground, proba: dict[str, Any]) -> tuple[Predictions, ...]:
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


def _kept(ground: Ground, evidence: Evidence) -> Fitted:
    artifact = evidence.artifact("predictor")
    if artifact is None:
        raise StorageError("a kept trial has no predictor", hint="repeat the command with --refresh")
    return from_arrays(ground.keep.load_arrays(artifact)[0])
