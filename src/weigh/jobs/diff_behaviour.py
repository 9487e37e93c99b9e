"""How the answers of two versions differ on the user's own rows: flips for the better and for the worse.

Both versions pass the gate and run in the sandbox, as `adopt` runs them. A model with the user's classes
answers as it is; of one that gives embeddings, the same linear layer is fitted on the same training rows and
seed for each, so that only the model differs.
"""

from typing import TYPE_CHECKING, Any

from weigh.adapt.arm import Arm, Rows
from weigh.adapt.table import applicable
from weigh.core.errors import UnknownAnswerError, UsageError
from weigh.core.model_diff import AnswerChange, Share
from weigh.core.recommendation import ArmKind
from weigh.datasets.prepare import Prepared
from weigh.jobs.adopt.bring import Project, bring
from weigh.jobs.adopt.data import prepare_data
from weigh.jobs.adopt.model import ModelInUse, put_to_use
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.workbench import Workbench

if TYPE_CHECKING:
    from weigh.statistics.interval import Interval

_FEW = 30
"""Rows below which the intervals are said to be wide."""


def diff_behaviour(
    bench: Workbench, project: Project, models: tuple[str, str], options: AdoptOptions
) -> AnswerChange:
    """Ask both versions about the test rows of the user's data and compare their answers.

    Args:
        bench: where to work.
        project: the declarations in force.
        models: declared names, paths or refs of the old and the new version.
        options: data, roles of its columns, seed and what is accepted; its `model` is not looked at.

    Raises:
        UsageError: the data cannot be read as asked, or both versions cannot answer in the same way.
        RefusedError: the gate stays closed.
        UnknownAnswerError: one of the versions cannot be run here.
    """
    data = prepare_data(bench, project, options, lambda _step, _text: None)
    answers, arms = [], []
    for name in models:
        brought = bring(bench, project, name, data=False)
        with put_to_use(bench, brought, data.prepared, options, lambda _step, _text: None) as model:
            arm = _arm(name, model, data.prepared)
            answers.append(_answers(arm, model, data.prepared, options.seed))
            arms.append(arm)
    if arms[0].id != arms[1].id:
        raise UsageError(
            "the two versions answer in different ways",
            why=f"one with {arms[0].title}, the other with {arms[1].title}",
        )
    test = data.prepared.tests[0]
    table = data.prepared.table
    groups = table.groups[test.rows] if table.grouped else None
    return answer_change(
        f"{data.brought.name} ({test.name})",
        arms[0].title,
        table.labels[test.rows],
        answers[0],
        answers[1],
        groups=groups,
        seed=options.seed,
    )


def _arm(name: str, model: ModelInUse, prepared: Prepared) -> Arm:
    kind = "text" if prepared.table.texts is not None else "features"
    offers = [
        (arm, why)
        for arm, why in applicable(kind, classes=prepared.table.classes, model=model.offers)
        if arm.kind is ArmKind.MODEL
    ]
    for arm, why in offers:
        if not why:
            return arm
    raise UnknownAnswerError(
        f"{name} cannot answer about these rows", why="; ".join(why for _, why in offers)
    )


def _answers(arm: Arm, model: ModelInUse, prepared: Prepared, seed: int) -> Any:
    """Place of the class that the version answers for each test row."""
    table = prepared.table
    rows = Rows(
        n=len(table.labels),
        texts=table.texts,
        features=table.features,
        embeddings=model.embeddings,
        scores=model.scores,
    )
    test = prepared.tests[0]
    train = test.train if test.train is not None else prepared.ladder[-1]
    groups = table.groups[train] if table.grouped else None
    fitted = arm.fit(rows.take(train), table.labels[train], len(table.classes), groups=groups, seed=seed)
    return arm.predict(fitted, rows.take(test.rows)).argmax(axis=1)


def answer_change(
    data: str, how: str, truth: Any, old: Any, new: Any, *, groups: Any = None, seed: int = 0
) -> AnswerChange:
    """What two versions' answers to the same rows say: flips, accuracies, and their paired difference.

    Args:
        data: what the rows are from.
        how: how the answers were made.
        truth: int [n] true classes; None when they are not known.
        old: int [n] answers before.
        new: int [n] answers now.
        groups: int [n], rows of one group depend on each other; None when none do.
        seed: of the resampling.

    Raises:
        UsageError: not the same rows.
        UnknownAnswerError: there are no rows.
    """
    import numpy as np

    from weigh.statistics.bootstrap import paired_bootstrap
    from weigh.statistics.exact import mcnemar

    before, after = np.asarray(old), np.asarray(new)
    if before.shape != after.shape:
        raise UsageError("the two versions were asked about different rows")
    n = len(before)
    flipped = _share(int(np.count_nonzero(before != after)), n)
    notes = [f"only {n} rows: the intervals are wide"] if n < _FEW else []
    if truth is None:
        return AnswerChange(
            data, how, n, flipped, notes=(*notes, "no true labels: better or worse is not told")
        )
    was, now = before == np.asarray(truth), after == np.asarray(truth)
    positive, negative = int(np.count_nonzero(now & ~was)), int(np.count_nonzero(was & ~now))
    paired = paired_bootstrap(now.astype(float), was.astype(float), seed=seed, groups=groups).difference
    if groups is not None:
        notes.append(
            "rows of one group are drawn together for the difference; the shares take each row by itself"
        )
    return AnswerChange(
        data,
        how,
        n,
        flipped,
        _share(positive, n),
        _share(negative, n),
        _share(int(was.sum()), n),
        _share(int(now.sum()), n),
        _as_share(paired, n),
        mcnemar(positive, negative),
        tuple(notes),
    )


def _share(count: int, n: int) -> Share:
    from weigh.statistics.proportions import proportion

    return _as_share(proportion(count, n), count)


def _as_share(found: "Interval", count: int) -> Share:
    return Share(count, found.value, found.low, found.high)
