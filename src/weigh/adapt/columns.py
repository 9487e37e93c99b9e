"""Feature columns as matrices: what is learned about them on training rows, applied to any rows by name."""

from dataclasses import dataclass

import numpy as np

from weigh.adapt.arm import Fitted, FloatArray, IntArray
from weigh.core.errors import UsageError
from weigh.datasets.packing import pack_texts as pack, unpack_texts as unpack
from weigh.datasets.table import FeatureColumns

# Categories beyond the commonest of a column are treated as never seen: 254 fit a byte, as histogram
# boosting needs (scikit-learn: at most 255 bins), and bound the width of one-hot columns.
MOST_CATEGORIES = 254


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of the training rows.

    Attributes:
        numeric: names of numeric columns.
        categorical: names of categorical columns.
        categories: for each categorical column its known values, commonest first.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]

    @staticmethod
    def learn(features: FeatureColumns) -> "Layout":
        """Read names and categories off training rows; ties of equally common values in text order."""
        known: list[tuple[str, ...]] = []
        for column, names in enumerate(features.categories):
            codes = features.categorical[:, column]
            counts = np.bincount(codes[codes >= 0], minlength=len(names))
            order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], names[code]))
            known.append(tuple(names[code] for code in order[:MOST_CATEGORIES]))
        return Layout(tuple(features.numeric_names), tuple(features.categorical_names), tuple(known))

    def numbers(self, features: FeatureColumns) -> FloatArray:
        """The numeric columns in this layout's order, float64 [n, numeric], NaN where missing.

        Raises:
            UsageError: when a column is missing or not numeric in these rows.
        """
        places = _places(self.numeric, tuple(features.numeric_names), what="numeric")
        return np.asarray(features.numeric, dtype=np.float64)[:, places]

    def codes(self, features: FeatureColumns) -> IntArray:
        """The categorical columns as codes of this layout, int64 [n, categorical], -1 where unknown.

        Raises:
            UsageError: when a column is missing or not categorical in these rows.
        """
        places = _places(self.categorical, tuple(features.categorical_names), what="categorical")
        result = np.full((features.categorical.shape[0], len(places)), -1, dtype=np.int64)
        for column, place in enumerate(places):
            mine = {name: code for code, name in enumerate(self.categories[column])}
            # One more entry at the end, so that the code -1 (missing) finds "unknown" there.
            names = features.categories[place]
            translate = np.array([mine.get(name, -1) for name in names] + [-1], dtype=np.int64)
            result[:, column] = translate[features.categorical[:, place]]
        return result

    def into(self, fitted: Fitted) -> None:
        """Add this layout to what is kept of a fit."""
        sizes = [len(names) for names in self.categories]
        flat = [name for names in self.categories for name in names]
        for key, strings in (
            ("numeric_names", list(self.numeric)),
            ("categorical_names", list(self.categorical)),
            ("categories", flat),
        ):
            fitted.arrays[key], fitted.arrays[f"{key}_offsets"] = pack(strings)
        fitted.arrays["category_counts"] = np.array(sizes, dtype=np.int64)

    @staticmethod
    def of(fitted: Fitted) -> "Layout":
        """The layout kept in a fit."""
        arrays = fitted.arrays
        numeric, categorical, flat = (
            unpack(arrays[key], arrays[f"{key}_offsets"])
            for key in ("numeric_names", "categorical_names", "categories")
        )
        ends = np.cumsum(arrays["category_counts"])
        parts = [
            tuple(flat[end - size : end])
            for end, size in zip(ends.tolist(), arrays["category_counts"].tolist(), strict=True)
        ]
        return Layout(tuple(numeric), tuple(categorical), tuple(parts))


def _places(wanted: tuple[str, ...], present: tuple[str, ...], *, what: str) -> list[int]:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise UsageError(
            f'feature "{missing[0]}" is not there as a {what} column',
            why=f"it was when training; here the {what} columns are: {', '.join(present) or 'none'}",
            hint="give both files the same columns, with values of the same type",
        )
    return [present.index(name) for name in wanted]
