"""Arm `as_is`: the model's own answers, where it already has the user's labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from weigh.adapt.arm import SCORES, Fitted, FloatArray, IntArray, Rows, Settings, require_labels
from weigh.core.errors import UsageError
from weigh.core.recommendation import ArmKind

# Short forms that published sentiment models use for exactly these words, and nothing looser: a label that
# is guessed wrongly would be measured as a bad model.
SAME_LABEL = {"pos": "positive", "neg": "negative", "neu": "neutral"}


@dataclass(frozen=True, slots=True)
class AsIs:
    """Nothing is fitted: the columns of the model's answer are put in the order of the user's classes.

    Attributes:
        columns: for each class of the task, the column of the model's answer.
    """

    columns: tuple[int, ...] = ()
    id: str = "as_is"
    title: str = "the model as it is"
    kind: ArmKind = ArmKind.MODEL
    needs: frozenset[str] = frozenset({SCORES})
    risk: int = 2
    module: str = __name__

    def hyper(self) -> dict[str, Any]:
        """Which column is which class."""
        return {"columns": list(self.columns)}

    def fit(
        self,
        rows: Rows,
        labels: IntArray,
        classes: int,
        *,
        groups: IntArray | None,
        seed: int,
        weights: FloatArray | None = None,
        chosen: Settings | None = None,
    ) -> Fitted:
        """Write the order down; no label is looked at.

        Raises:
            UsageError: when the arm was made for another number of classes.
        """
        del groups, seed, weights, chosen
        if rows.n:
            require_labels(labels, classes, rows=rows.n)
        if len(self.columns) != classes:
            raise UsageError(
                "the model's labels were matched to another task",
                why=f"{len(self.columns)} labels for {classes} classes",
            )
        return Fitted({"columns": np.array(self.columns, dtype=np.int64)})

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """The model's probabilities in the order of the user's classes.

        Raises:
            UsageError: when the rows carry no answers of the model, or not one a label.
        """
        columns = np.asarray(fitted.arrays["columns"], dtype=np.int64)
        scores = np.asarray(rows.require_scores(), dtype=np.float64)
        if scores.shape[1] != columns.size or sorted(columns.tolist()) != list(range(columns.size)):
            raise UsageError(
                "the model's answers do not fit its labels",
                why=f"{scores.shape[1]} columns, labels in {columns.tolist()}",
            )
        totals = scores.sum(axis=1, keepdims=True)
        if (scores < 0).any() or not (totals > 0).all():
            raise UsageError(
                "the model's answers are not probabilities", why="one is negative, or a row adds up to 0"
            )
        result: FloatArray = scores[:, columns] / totals
        return result

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Only the reordering; the base model's own work is added by the trial."""
        del n_fit
        return n_predict * int(fitted.arrays["columns"].size)


def match_labels(model_labels: tuple[str, ...], classes: tuple[str, ...]) -> AsIs | str:
    """Return the arm when the model's labels are the user's classes, else why they are not.

    Labels match when they are equal ignoring case and surrounding space, or one of them is the usual short
    form of the other (`POS` for `positive`). Every label needs its class and every class its label: a model
    with a third answer would need a rule for it, and that rule is the user's to make.
    """
    own = [_normal(label) for label in model_labels]
    wanted = [_normal(label) for label in classes]
    if len(set(own)) < len(own) or len(set(wanted)) < len(wanted):
        return "two labels differ in nothing but case, so they cannot be matched by name"
    if set(own) != set(wanted):
        return f"the model answers {_listed(model_labels)}; the data has {_listed(classes)}"
    return AsIs(tuple(own.index(label) for label in wanted))


def _normal(label: str) -> str:
    folded = label.strip().casefold()
    return SAME_LABEL.get(folded, folded)


def _listed(labels: tuple[str, ...], most: int = 6) -> str:
    shown = ", ".join(labels[:most])
    return f"{shown}, … ({len(labels)} in all)" if len(labels) > most else shown or "nothing"
