"""A kept fit, asked about new rows, and fitted again: what checks are given to ask with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from weigh.adapt.arm import EMBEDDINGS, SCORES, Arm, Fitted, FloatArray, IntArray, Rows
from weigh.core.errors import UnknownAnswerError, WorkerError
from weigh.datasets.table import FeatureColumns

Represent = Callable[[Sequence[str]], Rows]
"""Shows texts to the model; the rows carry what it made of them."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedAnswers:
    """A kept fit that answers new rows.

    Attributes:
        arm: the way of answering.
        classes: number of classes of the task.
        load: reads what was kept of the fit.
        represent: shows texts to the base model; None when it does not run here.
    """

    arm: Arm
    classes: int
    load: Callable[[], Fitted]
    represent: Represent | None

    def texts(self, texts: Sequence[str]) -> FloatArray:
        """Probabilities of texts, float64 [n, classes].

        Raises:
            WorkerError: the arm rests on a model that does not run here.
            UnknownAnswerError: an answer is not finite.
        """
        plain = not self.arm.needs & {EMBEDDINGS, SCORES}
        if plain or not texts:
            return self._answer(Rows(len(texts), texts=list(texts)))
        if self.represent is None:
            raise WorkerError("the model does not run here, so it cannot be shown new texts")
        return self._answer(self.represent(texts))

    def features(self, features: FeatureColumns) -> FloatArray:
        """Probabilities of feature rows, float64 [n, classes].

        Raises:
            UnknownAnswerError: an answer is not finite.
        """
        return self._answer(Rows(len(features.numeric), features=features))

    def _answer(self, rows: Rows) -> FloatArray:
        if rows.n == 0:
            return np.zeros((0, self.classes))
        return _sound(self.arm, self.arm.predict(self.load(), rows), (rows.n, self.classes))


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Fits an arm again with the hyper-parameters it has; what the model made of the rows is reused.

    Attributes:
        arm: the way of answering.
        classes: number of classes of the task.
        load: reads what was kept of the fit.
        rows: the used rows; positions point into them.
        groups: int64 [n] rows that belong together.
    """

    arm: Arm
    classes: int
    load: Callable[[], Fitted]
    rows: Rows
    groups: IntArray

    def __call__(
        self,
        *,
        train: IntArray,
        labels: IntArray,
        ask: IntArray,
        weights: FloatArray | None = None,
        seed: int = 0,
    ) -> FloatArray:
        """Fit on some of the used rows and answer others of them, float64 [len(ask), classes].

        Raises:
            UnknownAnswerError: an answer is not finite.
        """
        fitted = self.arm.fit(
            self.rows.take(train),
            labels,
            self.classes,
            groups=self.groups[train],
            seed=seed,
            weights=weights,
            chosen=self.load().settings,
        )
        return _sound(self.arm, self.arm.predict(fitted, self.rows.take(ask)), (len(ask), self.classes))


def _sound(arm: Arm, proba: FloatArray, shape: tuple[int, int]) -> FloatArray:
    if proba.shape != shape or not np.isfinite(proba).all():
        raise UnknownAnswerError(f"the answers of arm {arm.id} are not probabilities")
    return proba
