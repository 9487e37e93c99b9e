"""Rows as they are gathered while reading, column by column."""

from collections.abc import Mapping, Sequence

from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.datasets.wording import shown

LONGEST_SIDE_VALUE = 200
"""Characters of a value that slices, shifts or splits; longer ones are text, not names of parts."""

MOST_SHOWN_ROWS = 3
"""Row ids that a message repeats."""


class Gathered:
    """Growing columns.

    Attributes:
        ids: `path:line` of each row.
        labels: class of each row, None where missing.
        groups: group key of each row, None where missing or not stated.
        grouped: whether a group key is stated.
        texts: text of each row, None for tabular data.
        features: values of each feature, None where missing.
        columns: values of each column that slices, shifts or splits, "" where missing.
    """

    def __init__(self, roles: Roles) -> None:
        self.ids: list[str] = []
        self.labels: list[str | None] = []
        self.groups: list[str | None] = []
        self.grouped = False
        self.texts: list[str] | None = [] if roles.text else None
        self.features: dict[str, list[str | None]] = {name: [] for name in roles.features}
        self.columns: dict[str, list[str]] = {name: [] for name in roles.sides}

    def add(
        self,
        ids: Sequence[str],
        labels: Sequence[str | None],
        groups: Sequence[str | None],
        values: Mapping[str, Sequence[str | None]],
        texts: Sequence[str | None] | None,
    ) -> None:
        """Append rows.

        Args:
            ids: where they came from.
            labels: their classes.
            groups: their group keys.
            values: every column, without surrounding white space.
            texts: the text column as it stands in the file.

        Raises:
            UsageError: a value too long for a column that slices, shifts or splits.
        """
        self.ids += ids
        self.labels += labels
        self.groups += groups
        if self.texts is not None and texts is not None:
            self.texts += [text or "" for text in texts]
        for name in self.features:
            self.features[name].extend(values[name])
        for name in self.columns:
            self.columns[name].extend(value or "" for value in values[name])
            self._require_short(name, len(ids))

    def _require_short(self, name: str, rows: int) -> None:
        start = len(self.columns[name]) - rows
        for place, value in enumerate(self.columns[name][start:], start=len(self.ids) - rows):
            if len(value) > LONGEST_SIDE_VALUE:
                raise UsageError(
                    f"column {shown(name)!r} cannot slice, shift or split the data",
                    why=f"{shown(self.ids[place])} has {len(value):,} characters in it,"
                    f" at most {LONGEST_SIDE_VALUE} name a part",
                    hint="name a column with few different values",
                )
