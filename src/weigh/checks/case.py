"""Case: everything a job lays before the checks, and how a check says what it wants to ask of it.

A check never looks for its own material. It is shown the case, and answers with an `Asking` (about
what, with which inputs) or with `NotAsked` (why the question does not arise here).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from weigh.core.check import Check
from weigh.core.data import DataSpec, Roles
from weigh.core.ports import Keeper, ModelViewPort, RangeReader
from weigh.core.recommendation import ArmKind
from weigh.core.subject import Subject
from weigh.datasets.predictions import Predictions
from weigh.datasets.table import FeatureColumns, Table

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the user said beside naming model and data.

    Attributes:
        uses: intended uses, `--use`, e.g. `commercial`, `medical`; sorted.
        protected: columns whose values are groups of people, `--group`.
        positive: the class of interest, "" when none was named.
        show_examples: whether (masked) text of rows may appear in evidence.
        seed: of all randomness.
    """

    uses: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    positive: str = ""
    show_examples: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ModelCase:
    """The model, looked at and not run.

    Attributes:
        subject: the model by digest.
        view: its files and facts.
        read: opens one of its files by path, for a check that reads text the facts do not hold.
        elsewhere: every answer that a check (by id) has given, about this model and others, oldest first,
            from the ledger: what a check has seen before, and what people signed (`sign-off`).
        keep: where artifacts go.
    """

    subject: Subject
    view: ModelViewPort
    read: Callable[[str], RangeReader]
    elsewhere: Callable[[str], Sequence["Earlier"]]
    keep: Keeper


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer a check gave before.

    Attributes:
        subject: what it was about.
        digest: of the evidence.
        load: reads one of its artifacts by name; None when it has no such artifact.
    """

    subject: Subject
    digest: str
    load: Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Reference:
    """Data that the model is said to have been trained on, and that is at hand.

    Attributes:
        name: as the user calls it (hostile text).
        digest: of its files.
        texts: reads it, one text a row.
    """

    name: str
    digest: str
    texts: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class DataCase:
    """The user's rows and what they are used for.

    Attributes:
        subject: the data set by digest.
        spec: how its files are read.
        roles: what its columns are for.
        table: the used rows; every position below points into it.
        train: int64 positions of the training rows.
        tests: (name, int64 positions) of each test set, the first in-domain.
        digest: of the used rows and their split, without the columns beside them.
        columns_digest: of these columns: an input of every question that looks at `table.columns` or at
            `Predictions.columns`.
        open_path: where a file of the data set lies on this machine.
        references: data that the model is said to have been trained on.
        fitted_on: for each test set the int64 positions of the rows that may be fitted on for it, None for
            all training rows; empty means None for every one. Where a value of the --shift column is left
            out, its rows are training rows of the other tests.
    """

    subject: Subject
    spec: DataSpec
    roles: Roles
    table: Table
    train: IntArray
    tests: tuple[tuple[str, IntArray], ...]
    digest: str
    open_path: Callable[[str], Any]
    columns_digest: str = ""
    references: tuple[Reference, ...] = ()
    fitted_on: tuple[IntArray | None, ...] = ()

    def train_for(self, test: int) -> IntArray:
        """Positions of the rows that the predictor asked about test set number `test` was fitted on."""
        allowed = self.fitted_on[test] if self.fitted_on else None
        return self.train if allowed is None else self.train[np.isin(self.train, allowed)]


class Answerer(Protocol):
    """Puts rows nobody has seen before to a fitted predictor. A text costs a run of the model: be frugal."""

    def texts(self, texts: Sequence[str]) -> FloatArray:
        """Probabilities of texts, float64 [n, classes]."""
        ...

    def features(self, features: FeatureColumns) -> FloatArray:
        """Probabilities of feature rows, float64 [n, classes]."""
        ...


class Refitter(Protocol):
    """Fits the same arm again on other rows or labels, with the hyper-parameters it has.

    What the model made of the rows is reused.
    """

    def __call__(
        self,
        *,
        train: IntArray,
        labels: IntArray,
        ask: IntArray,
        weights: FloatArray | None = None,
        seed: int = 0,
    ) -> FloatArray:
        """Fit and answer.

        Args:
            train: [m] positions of the rows to fit on.
            labels: [m] their class codes; may be permuted.
            ask: [n] positions of the rows to answer.
            weights: [m] sample weights with mean 1; None for equal ones.
            seed: of the fit.

        Returns:
            Probabilities, float64 [n, classes].
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PredictorCase:
    """One fitted way of answering.

    Attributes:
        subject: the predictor by digest; its name is the arm's id.
        arm: the arm's id.
        kind: what it rests on.
        fits: whether it learns from the labels.
        tests: its answers on each test set, in the order of `DataCase.tests`.
        answer: asks it about new rows.
        refit: fits its arm again; None for an arm that does not learn.
        inputs: digests of what its answers rest on.
        runtimes: (library, version) that take part in its answers.
    """

    subject: Subject
    arm: str
    kind: ArmKind
    fits: bool
    tests: tuple[Predictions, ...]
    answer: Answerer
    refit: Refitter | None
    inputs: tuple[tuple[str, str], ...]
    runtimes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What the job has; a part it does not have is None.

    Attributes:
        declared: what the user said.
        model: the model, None when none was asked about.
        data: the user's rows, None when no data was given.
        predictor: the finalist: the recommended arm, else the runner-up; None when nothing was fitted.
        arms: every arm that was fitted, the finalist among them.
    """

    declared: Declared
    model: ModelCase | None = None
    data: DataCase | None = None
    predictor: PredictorCase | None = None
    arms: tuple[PredictorCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking(Generic[T]):
    """A question, ready to be put.

    Attributes:
        subject: what it is about.
        payload: makes the value the check runs on; called only when the ledger has no answer, so
            everything dear belongs here.
        parameters: JSON values that change the answer.
        inputs: (name, digest) of everything read beside the subject.
        runtimes: (library, version) that take part.
        seeded: whether the answer uses randomness; the job's seed is then part of the question.
    """

    subject: Subject
    payload: Callable[[], T]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    runtimes: tuple[tuple[str, str], ...] = ()
    seeded: bool = True


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Why the question is not put.

    Attributes:
        reason: e.g. `no --group column was named`.
        applies: the question could be put if the user gave more; policy then waits for it. False where it
            makes no sense here, such as swapping words in a table of numbers.
    """

    reason: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A check with the way it is put; one line of the table.

    Attributes:
        check: the check.
        put: what it wants to ask of a case.
    """

    check: Check[T]
    put: Callable[[Case], Asking[T] | NotAsked]
