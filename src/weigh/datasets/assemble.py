"""Gathered rows → Table: classes, types and digests, now that all rows are known."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.core.events import EventSink, Warned
from weigh.datasets import features
from weigh.datasets.features import as_number
from weigh.datasets.gathered import Gathered
from weigh.datasets.table import DigestArray, Table, number_groups
from weigh.datasets.wording import count, listed, shown

MOST_NUMERIC_CLASSES = 20
"""Different numbers in a label beyond which it is a quantity, not a class."""

MOST_CLASSES = 1_000
"""Different labels beyond which the column is text or an identifier, not a class."""


def assemble(
    gathered: Gathered, roles: Roles, *, rows_read: int, events: EventSink, like: Table | None
) -> Table:
    """Make the table.

    Args:
        gathered: rows, each with a label.
        roles: what the columns are for.
        rows_read: rows before the filter.
        events: is told of what a person should know.
        like: the training data, when this is a test set.

    Raises:
        UsageError: labels that are no classes, one class, a slice without a value, or bad features.
    """
    labels = [label for label in gathered.labels if label is not None]
    classes = _classes(labels, roles, single=like is not None)
    places = {name: i for i, name in enumerate(classes)}
    for name, values in gathered.columns.items():
        _require_values(name, values)
    columns = None
    if gathered.texts is None:
        columns = features.build(
            gathered.features, gathered.ids, events=events, like=like.features if like is not None else None
        )
    else:
        _warn_of_empty(gathered.texts, events)
    parts = list(_content_parts(gathered))
    contents = _digests(parts)
    rows = _row_digests(gathered, labels)
    groups = _group_digests(gathered, rows)
    return Table(
        ids=tuple(gathered.ids),
        classes=classes,
        labels=np.array([places[label] for label in labels], dtype=np.int64),
        texts=gathered.texts,
        features=columns,
        columns={name: np.array(values, dtype=np.str_) for name, values in gathered.columns.items()},
        groups=number_groups(groups),
        grouped=gathered.grouped,
        row_digests=rows,
        contents=contents,
        group_digests=groups,
        rows_read=rows_read,
    )


def _classes(labels: Sequence[str], roles: Roles, *, single: bool) -> tuple[str, ...]:
    counts = Counter(labels)
    classes = tuple(sorted(counts))
    if len(classes) > MOST_NUMERIC_CLASSES and all(as_number(name) is not None for name in classes):
        raise _quantity(classes, roles.label)
    if len(classes) > MOST_CLASSES:
        raise UsageError(
            f"the label has {len(classes):,} different values",
            why=f"at most {MOST_CLASSES:,} can be classes; the first are: {listed(classes)}",
            hint="name another column, or an expression such as before(…, '/')",
        )
    if len(classes) == 1 and not single:
        raise UsageError(
            f"there is only one class: {shown(classes[0])}",
            why=f"all {count(len(labels), 'row')} have it; there is nothing to tell apart",
            hint="check --label and the filter `where`",
        )
    if roles.positive and roles.positive not in classes and not single:
        raise UsageError(
            f"the positive class {shown(roles.positive)!r} does not occur",
            why=f"the classes are: {listed(classes)}",
            hint=f"--positive {shown(classes[-1])}",
        )
    return classes


def _quantity(classes: Sequence[str], label: str) -> UsageError:
    """A label that is a number: say how to make classes of it."""
    numbers = sorted(n for n in (as_number(c) for c in classes) if n is not None and not math.isnan(n))
    crosses_zero = numbers[0] < 0 < numbers[-1]
    middle = 0.0 if crosses_zero else numbers[len(numbers) // 2]
    names = ("positive", "negative") if crosses_zero else ("high", "low")
    # The label may be an expression already; in brackets it keeps its meaning.
    value = label if label.isidentifier() else f"({label})"
    return UsageError(
        f"the label {shown(label)!r} is a number with {len(classes):,} different values",
        why=f"classes are asked for; more than {MOST_NUMERIC_CLASSES} numbers are a quantity",
        hint=f"--label \"if({shown(value)} > {middle:g}, '{names[0]}', '{names[1]}')\"",
    )


def _require_values(name: str, values: Sequence[str]) -> None:
    if not any(values):
        raise UsageError(
            f"column {shown(name)!r} cannot slice, shift or split the data",
            why=f"it is empty in all {count(len(values), 'row')}",
            hint="name another column",
        )


def _warn_of_empty(texts: Sequence[str], events: EventSink) -> None:
    empty = sum(1 for text in texts if not text.strip())
    if empty:
        events.emit(Warned(f"{count(empty, 'row')} of {len(texts):,} have no text"))


def _content_parts(gathered: Gathered) -> Iterable[tuple[str | None, ...]]:
    if gathered.texts is not None:
        return ((" ".join(text.split()),) for text in gathered.texts)
    return zip(*gathered.features.values(), strict=True)


def _row_digests(gathered: Gathered, labels: Sequence[str]) -> DigestArray:
    values = (gathered.texts,) if gathered.texts is not None else tuple(gathered.features.values())
    return _digests(zip(labels, gathered.groups, *values, strict=True))


def _group_digests(gathered: Gathered, rows: DigestArray) -> DigestArray:
    """Rows with a key share its digest; the others are told apart, equal ones by counting them."""
    seen: Counter[bytes] = Counter()
    parts: list[tuple[str | None, ...]] = []
    for key, row in zip(gathered.groups, rows.tolist(), strict=True):
        if key is None:
            seen[row] += 1
            parts.append(("row", row.hex(), str(seen[row])))
        else:
            parts.append(("group", key))
    return _digests(parts)


def _digests(rows: Iterable[Sequence[str | None]]) -> DigestArray:
    """sha256 of each row of values; lengths go in, so no two rows look alike, and missing differs from ""."""
    return np.array([_digest(values) for values in rows], dtype="S32")


def _digest(values: Sequence[str | None]) -> bytes:
    encoded = [None if value is None else value.encode() for value in values]
    sizes = ",".join("-" if value is None else str(len(value)) for value in encoded)
    return hashlib.sha256(b"|".join([sizes.encode(), *(value or b"" for value in encoded)])).digest()
