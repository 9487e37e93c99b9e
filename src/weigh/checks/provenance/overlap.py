"""Check `overlap`: does the evaluation data stand among training data that is at hand?

A row counts as overlapping when enough of its words lie in runs of eight words that a training text has
too. What is not at hand is unknown, and said to be.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weigh.checks.case import Asking, Case, DataCase, ModelCase, NotAsked, Question
from weigh.checks.provenance.overlap_findings import (
    copies,
    never_said,
    not_at_hand,
    nothing_to_compare,
    sampled,
    short_copies,
)
from weigh.checks.provenance.word_runs import RUN, Asked, Common, ask
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Finding
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind

if TYPE_CHECKING:
    from weigh.statistics.interval import Interval

LONG = 50
"""Words from which a text is long: `SHARE_OF_LONG` holds, below it `SHARE`."""

SHARE_OF_LONG = 0.2
"""Measured (docs/checks/overlap.md): finds 99 % of long texts in which a tenth of the words were replaced."""

SHARE = 0.5
"""One stock phrase of eight words must not make a short review a copy."""

MOST_ROWS = 20_000
"""Rows of a test set that are looked at, drawn with the seed."""

FEWEST_ROWS = 30
"""Rows of a test set below which the share of copies is anybody's guess."""

TRAINING_ROWS = "training rows"


@dataclass(frozen=True, slots=True, eq=False)
class RowSet:
    """One test set.

    Attributes:
        name: of the test set.
        ids: of its rows.
        texts: of its rows.
        groups: int64 [n] codes of rows that are not independent; None for none.
    """

    name: str
    ids: Sequence[str]
    texts: Sequence[str]
    groups: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class TrainingTexts:
    """Texts that were trained on.

    Attributes:
        name: as shown (hostile text).
        texts: streamed once.
        own: the user's training rows; else data that the model is said to be trained on.
        tests: names of the test sets it was training data for; None for all.
    """

    name: str
    texts: Iterable[str]
    own: bool = False
    tests: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OverlapSubject:
    """What is looked for, and where.

    Attributes:
        tests: the test sets.
        references: training texts at hand.
        declared: data sets that the model's card names and that are not at hand (hostile text).
        has_model: a model is asked about; without one nothing was pre-trained.
    """

    tests: tuple[RowSet, ...]
    references: tuple[TrainingTexts, ...]
    declared: tuple[str, ...] = ()
    has_model: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    test: RowSet
    ids: list[str]
    groups: Any
    start: int

    @property
    def is_sample(self) -> bool:
        return len(self.ids) < len(self.test.ids)

    @property
    def rows(self) -> slice:
        return slice(self.start, self.start + len(self.ids))


def run(subject: OverlapSubject, context: Context) -> Evidence:
    """Hold every test set against every reference."""
    drawn, texts = _draw(subject.tests, context.seed)
    findings = [sampled(one.test.name, len(one.ids), len(one.test.ids)) for one in drawn if one.is_sample]
    if not texts:
        findings += _unknown(subject, {r.name for r in subject.references if not r.own})
        return context.inconclusive(
            "there are no test rows with text", needs_n=FEWEST_ROWS, findings=tuple(findings)
        )
    asked = ask(texts)
    measures = [m for one in drawn for m in _kinds_of_rows(one, asked)]
    held: set[str] = set()
    for reference in subject.references:
        common = asked.common_with(reference.texts)
        if not common.compared:
            # Without training rows nothing was trained here; data that was named is another matter.
            if common.given or not reference.own:
                findings.append(nothing_to_compare(reference.name, common.given))
            continue
        if not reference.own:
            held.add(reference.name)
        for one in drawn:
            if reference.tests is not None and one.test.name not in reference.tests:
                continue
            measures += _measures(one, asked, common, reference)
            findings += _findings(one, asked, common, reference)
    findings += _unknown(subject, held)
    first = drawn[0]
    comparable = int((asked.lengths[first.rows] > 0).sum())
    if comparable < FEWEST_ROWS:
        return context.inconclusive(
            f"{comparable} rows of {first.test.name} have text: at least {FEWEST_ROWS} are needed",
            needs_n=FEWEST_ROWS,
            findings=tuple(findings),
            measures=tuple(measures),
        )
    return context.answered(findings=tuple(findings), measures=tuple(measures))


def _unknown(subject: OverlapSubject, held: Collection[str]) -> Iterator[Finding]:
    """What the model was trained on and nobody could look into here: unknown, never fine.

    Args:
        subject: what was asked.
        held: names of the references, beside the user's own rows, whose texts were compared.
    """
    named = [r.name for r in subject.references if not r.own and r.name not in held]
    missing = (*subject.declared, *named)
    if subject.has_model and missing:
        yield not_at_hand(missing)
    elif subject.has_model and not held:
        yield never_said()


def _draw(tests: tuple[RowSet, ...], seed: int) -> tuple[list[_Drawn], list[str]]:
    """The rows looked at, and their texts one test set after the other."""
    import numpy as np

    drawn: list[_Drawn] = []
    texts: list[str] = []
    for test in tests:
        rows = np.arange(len(test.ids))
        if rows.size > MOST_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows.size, MOST_ROWS, replace=False))
        groups = None if test.groups is None else np.asarray(test.groups)[rows]
        drawn.append(_Drawn(test, [test.ids[i] for i in rows.tolist()], groups, len(texts)))
        texts += [test.texts[i] for i in rows.tolist()]
    return drawn, texts


def overlapping(asked: Asked, common: Common) -> Any:
    """Which texts count as standing in the reference, bool [n]; short ones never do."""
    import numpy as np

    return common.covered >= np.where(asked.lengths >= LONG, SHARE_OF_LONG, SHARE)


def _measures(one: _Drawn, asked: Asked, common: Common, reference: TrainingTexts) -> list[Measure]:
    lengths = asked.lengths[one.rows]
    short = asked.short[one.rows]
    labels = {"test": one.test.name, "reference": reference.name}
    found = []
    for rows, hits, name in (
        (lengths >= RUN, overlapping(asked, common)[one.rows], "overlap_rate"),
        (short, common.same[one.rows], "short_text_rate"),
    ):
        if rows.any():
            groups = None if one.groups is None else one.groups[rows]
            interval = _share(hits[rows], groups)
            found.append(_as_measure(name, interval, **labels))
    return found


def _share(hits: Any, groups: Any) -> "Interval":
    """Clopper and Pearson's interval; Korn and Graubard's where rows come in groups."""
    import numpy as np

    from weigh.statistics.interval import Interval
    from weigh.statistics.proportions import clopper_pearson, korn_graubard
    from weigh.statistics.studentised import unit_sums

    count, n = int(hits.sum()), int(hits.size)
    codes = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(n)
    units = int(codes.max()) + 1
    if units == n:
        return clopper_pearson(count, n)
    if units < 2:
        return Interval(count / n, 0.0, 1.0, 0.95, n, "degenerate")
    spread = unit_sums(hits.astype(np.float64), codes).standard_error
    return korn_graubard(count, n, standard_error=spread, groups_n=units)


def _as_measure(name: str, found: "Interval", **labels: str) -> Measure:
    return Measure(
        name,
        found.value,
        "fraction",
        found.n,
        found.low,
        found.high,
        found.level,
        found.method,
        Direction.LOWER,
        labels=labelled(**labels),
    )


def _kinds_of_rows(one: _Drawn, asked: Asked) -> list[Measure]:
    """How many rows could be compared, and how."""
    lengths = asked.lengths[one.rows]
    counts = {
        "word runs": int((lengths >= RUN).sum()),
        "whole": int(((lengths > 0) & (lengths < RUN)).sum()),
        "no words": int((lengths == 0).sum()),
    }
    return [
        Measure("rows_compared", float(n), "count", len(one.ids), labels=labelled(test=one.test.name, by=by))
        for by, n in counts.items()
    ]


def _findings(one: _Drawn, asked: Asked, common: Common, reference: TrainingTexts) -> Iterator[Finding]:
    import numpy as np

    rows = np.flatnonzero(overlapping(asked, common)[one.rows]).tolist()
    whole = np.flatnonzero(common.same[one.rows]).tolist()
    if rows:
        of = int((asked.lengths[one.rows] >= RUN).sum())
        yield copies(one.test.name, [one.ids[i] for i in rows], of, reference.name, own=reference.own)
    if whole:
        short = int(asked.short[one.rows].sum())
        yield short_copies(one.test.name, [one.ids[i] for i in whole], short, reference.name)


CHECK: Check[OverlapSubject] = Check(
    id="overlap",
    question="Does your evaluation data stand among training data at hand?",
    module=__name__,
    run=run,
    rule_data=("formats/model_card.py", "formats/layout_card.py"),
    pictures=(
        Picture(
            PictureKind.DOTS,
            measure="overlap_rate",
            title="Share of test rows that stand among training texts",
            row="test",
            facet="reference",
        ),
    ),
)


def put(case: Case) -> Asking[OverlapSubject] | NotAsked:
    """Ask about the test sets, with the user's training rows and the data named by --trained-on."""
    if case.data is None:
        return NotAsked("no data was given")
    if case.data.table.texts is None:
        return NotAsked("the rows have no text to compare", applies=False)
    data, model = case.data, case.model
    return Asking(
        data.subject,
        lambda: _subject(data, model),
        parameters={"references": [reference.name for reference in data.references]},
        inputs=(
            ("rows", data.digest),
            *((("model", model.subject.digest),) if model is not None else ()),
            *((f"reference {i}", reference.digest) for i, reference in enumerate(data.references)),
        ),
    )


def _subject(data: DataCase, model: ModelCase | None) -> OverlapSubject:
    table = data.table
    texts = table.texts or []
    tests = tuple(
        RowSet(
            name,
            [table.ids[i] for i in rows.tolist()],
            [texts[i] for i in rows.tolist()],
            table.groups[rows] if table.grouped else None,
        )
        for name, rows in data.tests
    )
    own = _own(data, texts)
    named = tuple(TrainingTexts(reference.name, reference.texts()) for reference in data.references)
    missing = _missing(model, {reference.name for reference in data.references})
    return OverlapSubject(tests, (*own, *named), missing, has_model=model is not None)


def _own(data: DataCase, texts: Sequence[str]) -> tuple[TrainingTexts, ...]:
    """The user's training rows; for a test that leaves some of them out, the others only."""

    def given(rows: Any, tests: Iterable[str]) -> TrainingTexts:
        return TrainingTexts(TRAINING_ROWS, (texts[i] for i in rows.tolist()), True, frozenset(tests))

    names = [name for name, _ in data.tests]
    partly = [i for i, allowed in enumerate(data.fitted_on) if allowed is not None]
    whole = given(data.train, (name for i, name in enumerate(names) if i not in partly))
    return (whole, *(given(data.train_for(i), (names[i],)) for i in partly))


def _missing(model: ModelCase | None, here: set[str]) -> tuple[str, ...]:
    """Data sets the card names that are not among those at hand, by the last part of their names."""
    stated = model.view.fact("datasets") if model is not None else None
    declared = stated.value if stated is not None and isinstance(stated.value, list) else []
    found = {_last(name) for name in here}
    return tuple(name[:200] for name in declared if isinstance(name, str) and _last(name) not in found)


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].casefold()


QUESTION = Question(CHECK, put)
