"""Table: rows that were read, with what they are labelled, grouped and sliced by."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from weigh.core.canonical import dumps
from weigh.core.errors import UsageError
from weigh.datasets.wording import listed

IntArray: TypeAlias = NDArray[np.int64]
StrArray: TypeAlias = NDArray[np.str_]
DigestArray: TypeAlias = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureColumns:
    """Feature columns by type.

    Attributes:
        numeric: float64 [n, numeric], NaN where missing.
        numeric_names: names of its columns.
        categorical: int64 [n, categorical] codes into `categories`, -1 where missing.
        categorical_names: names of its columns.
        categories: for each categorical column its values, sorted.
    """

    numeric: NDArray[np.float64]
    numeric_names: tuple[str, ...]
    categorical: IntArray
    categorical_names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Numeric names, then categorical ones."""
        return self.numeric_names + self.categorical_names

    def take(self, indices: IntArray) -> "FeatureColumns":
        """These rows, in this order; types and categories stay."""
        return FeatureColumns(
            self.numeric[indices],
            self.numeric_names,
            self.categorical[indices],
            self.categorical_names,
            self.categories,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Labelled rows.

    Attributes:
        ids: where each row came from, `path:line`.
        classes: every label of the data set, sorted.
        labels: int64 [n], place in `classes`.
        texts: one a row as it stands in the file, "" where missing; None for tabular data.
        features: feature columns; None for text data.
        columns: str [n] for each column that slices, shifts or splits; "" where missing.
        groups: int64 [n]; rows of one group never stand on both sides of a split.
        grouped: whether the data set states a group key; else each row is its own group.
        row_digests: bytes32 [n], sha256 of label, content and group key. Slice columns are left out, so
            that asking about one more slice leaves every split as it was.
        contents: bytes32 [n], sha256 of what a model is given: text with white space folded, or features.
        group_digests: bytes32 [n], sha256 that names the group in any table.
        rows_read: rows in the files, before the filter.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    labels: IntArray
    texts: list[str] | None
    features: FeatureColumns | None
    columns: Mapping[str, StrArray]
    groups: IntArray
    grouped: bool
    row_digests: DigestArray
    contents: DigestArray
    group_digests: DigestArray
    rows_read: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of everything that counts: ids, labels, contents, groups and columns, in order."""
        names = sorted(self.columns)
        feature_names = self.features.names if self.features else ()
        total = hashlib.sha256(dumps([self.classes, names, feature_names, self.grouped]))
        total.update(dumps(self.ids))
        total.update(self.row_digests.tobytes())
        for name in names:
            total.update(dumps(self.columns[name].tolist()))
        return "sha256:" + total.hexdigest()

    def class_counts(self) -> IntArray:
        """Rows of each class, int64 [classes]."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def take(self, indices: IntArray) -> "Table":
        """These rows, in this order. Classes and group numbers stay as they are."""
        places = indices.tolist()
        return Table(
            ids=tuple(self.ids[i] for i in places),
            classes=self.classes,
            labels=self.labels[indices],
            texts=None if self.texts is None else [self.texts[i] for i in places],
            features=None if self.features is None else self.features.take(indices),
            columns={name: values[indices] for name, values in self.columns.items()},
            groups=self.groups[indices],
            grouped=self.grouped,
            row_digests=self.row_digests[indices],
            contents=self.contents[indices],
            group_digests=self.group_digests[indices],
            rows_read=self.rows_read,
        )


def number_groups(digests: DigestArray) -> IntArray:
    """Group numbers 0, 1, … in the order of the digests, whatever the order of the rows."""
    _, numbers = np.unique(digests, return_inverse=True)
    return numbers.astype(np.int64)


def join(first: Table, second: Table) -> Table:
    """The rows of both, first those of `first`. Ids that both use get `test/` before them in `second`.

    Raises:
        UsageError: the tables do not have the same kind of content or columns.
    """
    classes = tuple(sorted({*first.classes, *second.classes}))
    if sorted(first.columns) != sorted(second.columns):
        raise UsageError("the test data has other columns than the training data")
    digests = np.concatenate([first.group_digests, second.group_digests])
    grouped = first.grouped or second.grouped
    clash = not set(first.ids).isdisjoint(second.ids)
    return Table(
        ids=first.ids + tuple(f"test/{i}" if clash else i for i in second.ids),
        classes=classes,
        labels=np.concatenate([_recode(first, classes), _recode(second, classes)]),
        texts=_joined_texts(first, second),
        features=_joined_features(first.features, second.features),
        columns={n: np.concatenate([first.columns[n], second.columns[n]]) for n in first.columns},
        # Without a group key equal rows of two tables are two observations, not one group.
        groups=number_groups(digests) if grouped else np.arange(len(digests), dtype=np.int64),
        grouped=grouped,
        row_digests=np.concatenate([first.row_digests, second.row_digests]),
        contents=np.concatenate([first.contents, second.contents]),
        group_digests=digests,
        rows_read=first.rows_read + second.rows_read,
    )


def _recode(table: Table, classes: tuple[str, ...]) -> IntArray:
    places = {name: i for i, name in enumerate(classes)}
    return np.array([places[name] for name in table.classes], dtype=np.int64)[table.labels]


def _joined_texts(first: Table, second: Table) -> list[str] | None:
    if (first.texts is None) != (second.texts is None):
        raise UsageError(
            "the test data is of another kind", why="one of the two has text, the other features"
        )
    return None if first.texts is None or second.texts is None else first.texts + second.texts


def _joined_features(first: FeatureColumns | None, second: FeatureColumns | None) -> FeatureColumns | None:
    if first is None or second is None:
        return None
    if (first.numeric_names, first.categorical_names) != (second.numeric_names, second.categorical_names):
        differing = sorted(set(first.numeric_names) ^ set(second.numeric_names))
        raise UsageError(
            "the test data has other feature types than the training data",
            why=f"numbers in one, not in the other: {listed(differing)}",
            hint="read the test data like the training data",
        )
    merged = [tuple(sorted({*a, *b})) for a, b in zip(first.categories, second.categories, strict=True)]
    return FeatureColumns(
        np.concatenate([first.numeric, second.numeric]),
        first.numeric_names,
        np.concatenate([_translated(first, merged), _translated(second, merged)]),
        first.categorical_names,
        tuple(merged),
    )


def _translated(features: FeatureColumns, merged: list[tuple[str, ...]]) -> IntArray:
    result = np.full(features.categorical.shape, -1, dtype=np.int64)
    for column, names in enumerate(merged):
        places = {name: i for i, name in enumerate(names)}
        # One more entry at the end, so that the code -1 (missing) stays -1.
        codes = np.array([places[name] for name in features.categories[column]] + [-1], dtype=np.int64)
        result[:, column] = codes[features.categorical[:, column]]
    return result
