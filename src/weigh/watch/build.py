"""Profile: made once, from the rows a predictor was fitted and judged on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weigh.checks.case import Case
from weigh.core.canonical import dumps
from weigh.core.digest import of_value
from weigh.core.errors import UsageError
from weigh.core.evidence import Artifact
from weigh.core.profile import FEWEST_ROWS, MAX_BYTES, SCHEMA, Answering, Profile
from weigh.core.recommendation import ArmKind
from weigh.datasets.table import FeatureColumns
from weigh.watch import bins, categories, cloud, scores, words

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ROOM = MAX_BYTES - 1
"""The file ends in a newline."""

COARSER = ((0.004, 100), (0.01, 50), (0.02, 20), (0.05, 10))
"""Fullest bin (share of rows) and values told apart; the first that fits is taken."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows that stand for what the model was judged on.

    Attributes:
        data: digest of the rows and their split.
        classes: names of the classes.
        labels: int64 [n].
        train: int64 positions of the rows that were fitted on.
        held_out: int64 positions of in-domain rows that were not.
        texts: one a row; None for a table.
        features: columns; None for text.
        embeddings: float32 [n, d]; None where the model gives none.
        proba: float64 [held_out, classes] answers on the held-out rows; None where nothing was fitted.
        answering: who gave them.
        text: name of the text column.
        label: column or expression of the label.
        seed: of the kernel and the blocks.
    """

    data: str
    classes: tuple[str, ...]
    labels: IntArray
    train: IntArray
    held_out: IntArray
    texts: Sequence[str] | None = None
    features: FeatureColumns | None = None
    embeddings: NDArray[np.float32] | None = None
    proba: FloatArray | None = None
    answering: Answering | None = None
    text: str = ""
    label: str = ""
    seed: int = 0


def build_profile(reference: Reference) -> Profile:
    """Make the profile: columns from all reference rows, scores from the held-out ones.

    When there are too many columns for 256 KB, bins get fuller first; then columns at the end are left out,
    and counted.

    Raises:
        UsageError: there are no rows, or the answers do not belong to the held-out rows.
    """
    _check(reference)
    whole = _fixed(reference)
    rows = np.concatenate([reference.train, reference.held_out])
    for fullest, most in COARSER:
        if (fullest, most) != COARSER[-1] and _far_too_large(reference, rows.size, fullest, most):
            continue
        found = _with_columns(whole, reference, rows, fullest=fullest, most=most)
        if len(dumps(found)) <= ROOM:
            return found
    return _shortened(found)


def profile_of(
    case: Case,
    *,
    embeddings: NDArray[np.float32] | None = None,
    predictor: Artifact | None = None,
) -> Profile:
    """The profile of a case's finalist.

    Args:
        case: data, model and finalist; its data must not be None.
        embeddings: [rows of the table, d] of the model, None where it gives none; left out when the
            finalist does not use the model.
        predictor: artifact `predictor` of the finalist's trial, None where none was kept.

    Raises:
        UsageError: the case has no data.
    """
    data, finalist = case.data, case.predictor
    rests_on_model = finalist is not None and finalist.kind is ArmKind.MODEL and case.model is not None
    if data is None:
        raise UsageError("a profile needs data", why="the case has none")
    answering = None
    if finalist is not None and predictor is not None:
        answering = Answering(
            model=case.model.subject.name if case.model is not None and rests_on_model else "",
            snapshot=case.model.subject.digest if case.model is not None and rests_on_model else "",
            arm=finalist.arm,
            predictor=finalist.subject.digest,
            arrays=predictor.sha256,
            size=predictor.size,
        )
    held_out = data.tests[0][1] if data.tests else np.empty(0, dtype=np.int64)
    return build_profile(
        Reference(
            data=data.digest,
            classes=data.table.classes,
            labels=data.table.labels,
            train=data.train,
            held_out=held_out,
            texts=data.table.texts,
            features=data.table.features,
            embeddings=embeddings if rests_on_model else None,
            proba=finalist.tests[0].proba if finalist is not None and held_out.size else None,
            answering=answering,
            text=data.roles.text,
            label=data.roles.label,
            seed=case.declared.seed,
        )
    )


def _check(reference: Reference) -> None:
    if reference.train.size + reference.held_out.size == 0:
        raise UsageError("a profile needs rows", hint="give labelled rows")
    wanted = (reference.held_out.size, len(reference.classes))
    if reference.proba is not None and reference.proba.shape != wanted:
        raise UsageError(
            "the answers do not belong to the rows", why=f"{reference.proba.shape}, not {wanted}"
        )


def _fixed(reference: Reference) -> Profile:
    """What does not depend on how many columns there are."""
    rows = np.concatenate([reference.train, reference.held_out])
    counts = np.bincount(reference.labels[rows], minlength=len(reference.classes))
    kept = None
    if reference.embeddings is not None:
        kept = cloud.summarise(reference.embeddings[rows], seed=reference.seed)
    return Profile(
        schema=SCHEMA,
        data=reference.data,
        task="text-classification" if reference.texts is not None else "tabular-classification",
        text=reference.text,
        label=reference.label,
        classes=reference.classes,
        labels=tuple(counts.tolist()),
        salt=of_value(["weigh profile", reference.data]).removeprefix("sha256:")[:32],
        answering=reference.answering,
        embeddings=kept,
    )


def _far_too_large(reference: Reference, rows: int, fullest: float, most: int) -> bool:
    """Whether columns at this resolution would need twice the room, at ten bytes a bin."""
    if reference.features is None:
        return False
    bins_each = min(1 / fullest, rows / FEWEST_ROWS)
    numbers, names = len(reference.features.numeric_names), len(reference.features.categorical_names)
    return 10 * (numbers * bins_each + 2 * names * min(most, rows / FEWEST_ROWS)) > 2 * ROOM


def _with_columns(
    whole: Profile, reference: Reference, rows: IntArray, *, fullest: float, most: int
) -> Profile:
    answered = None
    if reference.proba is not None:
        truth = reference.labels[reference.held_out]
        answered = scores.summarise(reference.proba, truth, reference.classes, fullest=fullest)
    found = replace(whole, scores=answered)
    if reference.texts is not None:
        texts = reference.texts
        learned, shown, every = (
            [texts[i] for i in part.tolist()] for part in (reference.train, reference.held_out, rows)
        )
        return replace(found, words=words.summarise(learned, shown, every, salt=whole.salt, fullest=fullest))
    if reference.features is None:
        return found
    table = reference.features.take(rows)
    return replace(
        found,
        numeric=tuple(
            bins.summarise(name, table.numeric[:, i], fullest=fullest)
            for i, name in enumerate(table.numeric_names)
        ),
        categorical=tuple(
            categories.summarise(
                name, table.categorical[:, i], table.categories[i], salt=whole.salt, most=most
            )
            for i, name in enumerate(table.categorical_names)
        ),
    )


def _shortened(profile: Profile) -> Profile:
    """Leave out columns from the end until the rest fits.

    Raises:
        UsageError: it does not fit without any column.
    """
    while len(dumps(profile)) > ROOM:
        numeric, categorical = profile.numeric, profile.categorical
        if not numeric and not categorical:
            raise UsageError(
                "the profile is too large to be kept",
                why=f"{len(profile.classes):,} classes and the model's part alone exceed {MAX_BYTES:,} bytes",
            )
        drop = max(1, (len(numeric) + len(categorical)) // 10)
        keep = len(numeric) + len(categorical) - drop
        profile = replace(
            profile,
            numeric=numeric[:keep],
            categorical=categorical[: max(0, keep - len(numeric))],
            left_out=profile.left_out + drop,
        )
    return profile
