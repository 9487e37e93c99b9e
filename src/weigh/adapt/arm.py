"""Arm: one way of using a model, or of doing without it; what it is given and what it leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import UsageError
from weigh.core.recommendation import ArmKind
from weigh.datasets.table import FeatureColumns

FloatArray: TypeAlias = NDArray[np.float64]
Settings: TypeAlias = Mapping[str, Any]
"""What a fit has chosen, as JSON values."""

IntArray: TypeAlias = NDArray[np.int64]

TEXT = "text"
FEATURES = "features"
EMBEDDINGS = "embeddings"
SCORES = "scores"


@dataclass(frozen=True, slots=True)
class Rows:
    """What an arm sees of some rows; labels are handed over apart, and only to fit.

    Attributes:
        n: number of rows.
        texts: one string a row; None for tabular data.
        features: feature columns; None for text data.
        embeddings: float32 [n, d] features of the frozen base model.
        scores: float64 [n, labels of the base model] probabilities of the base model's own classes.
    """

    n: int
    texts: list[str] | None = None
    features: FeatureColumns | None = None
    embeddings: NDArray[np.float32] | None = None
    scores: FloatArray | None = None

    def take(self, index: IntArray) -> "Rows":
        """The rows at these positions, in this order."""
        return Rows(
            n=len(index),
            texts=[self.texts[i] for i in index.tolist()] if self.texts is not None else None,
            features=self.features.take(index) if self.features is not None else None,
            embeddings=self.embeddings[index] if self.embeddings is not None else None,
            scores=self.scores[index] if self.scores is not None else None,
        )

    def require_texts(self) -> list[str]:
        """The texts.

        Raises:
            UsageError: when there are none.
        """
        if self.texts is None:
            raise UsageError("this arm needs text", why="the rows have none", hint="name a --text column")
        return self.texts

    def require_features(self) -> FeatureColumns:
        """The feature columns.

        Raises:
            UsageError: when there are none.
        """
        if self.features is None:
            raise UsageError(
                "this arm needs feature columns", why="the rows have none", hint="name --features columns"
            )
        return self.features

    def require_embeddings(self) -> NDArray[np.float32]:
        """The base model's features of the rows.

        Raises:
            UsageError: when there are none, or they hold NaN or infinity.
        """
        if self.embeddings is None:
            raise UsageError("this arm needs the model's embeddings", why="the rows have none")
        return _finite(self.embeddings, name="embeddings", rows=self.n)

    def require_scores(self) -> FloatArray:
        """The base model's own class probabilities.

        Raises:
            UsageError: when there are none, or they hold NaN or infinity.
        """
        if self.scores is None:
            raise UsageError("this arm needs the model's own answers", why="the rows have none")
        return _finite(self.scores, name="scores", rows=self.n)


@dataclass(frozen=True, slots=True)
class Fitted:
    """All that is kept of a fit: named arrays and JSON settings. Nothing in it is code.

    Attributes:
        arrays: by name; numbers and bytes only.
        settings: JSON values.
    """

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self.arrays.values())


class Arm(Protocol):
    """One way of answering the task.

    `fit` and `predict` are functions of their arguments: the same rows, labels and seed give the same
    arrays, byte for byte, on one machine with one set of library versions.
    """

    @property
    def id(self) -> str:
        """Stable name; also the name of its file, test and docs page."""
        ...

    @property
    def title(self) -> str:
        """What it does, in plain words."""
        ...

    @property
    def kind(self) -> ArmKind:
        """What it rests on."""
        ...

    @property
    def needs(self) -> frozenset[str]:
        """Of `text`, `features`, `embeddings`, `scores`."""
        ...

    @property
    def risk(self) -> int:
        """How much one depends on somebody else, 0 (nothing) to 9; breaks ties after work."""
        ...

    @property
    def module(self) -> str:
        """Dotted name of the module it lives in; its transitive source is the arm's code."""
        ...

    def hyper(self) -> dict[str, Any]:
        """Hyper-parameters as JSON values; a part of the predictor's digest."""
        ...

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
        """Fit on labelled rows.

        Args:
            rows: what is seen of them.
            labels: [n] class codes.
            classes: number of classes of the task, seen here or not.
            groups: [n] codes of rows that belong together; None when each stands alone.
            seed: of all randomness.
            weights: [n] how much each row counts, mean 1; None for equally.
            chosen: settings of an earlier fit, whose hyper-parameters are used again; None to choose them
                inside these rows.
        """
        ...

    def predict(self, fitted: Fitted, rows: Rows) -> FloatArray:
        """Probabilities, float64 [n, classes]; each row adds up to 1."""
        ...

    def work(self, fitted: Fitted, n_fit: int, n_predict: int) -> int:
        """Multiply-adds to fit on `n_fit` rows and answer `n_predict`; the same on every machine."""
        ...


def require_labels(labels: IntArray, classes: int, *, rows: int) -> IntArray:
    """Return the labels as int64 after checking that they fit the rows and the classes.

    Raises:
        UsageError: when they do not, or there are no rows.
    """
    codes = np.asarray(labels)
    if codes.shape != (rows,) or codes.dtype.kind not in "iu":
        raise UsageError(
            "labels must be one integer a row", why=f"{codes.shape} {codes.dtype} for {rows} rows"
        )
    if rows == 0:
        raise UsageError("an arm cannot be fitted on no rows", hint="give labelled rows")
    if int(codes.min()) < 0 or int(codes.max()) >= classes:
        raise UsageError("a label is outside the classes", why=f"codes must lie in 0 .. {classes - 1}")
    return codes.astype(np.int64)


def _finite(values: NDArray[Any], *, name: str, rows: int) -> NDArray[Any]:
    if values.ndim != 2 or values.shape[0] != rows:
        raise UsageError(f"{name} must be [rows, columns]", why=f"{values.shape} for {rows} rows")
    if not np.isfinite(values).all():
        bad = int(np.argmax(~np.isfinite(values).all(axis=1)))
        raise UsageError(
            f"the model's {name} are not all finite",
            why=f"row {bad} of {rows} holds NaN or infinity",
            hint="look at that row, or at the model's numeric precision",
        )
    return values
