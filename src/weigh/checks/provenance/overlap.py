"""Check `overlap`: does the evaluation data stand among training data that is at hand?

A row counts as overlapping when enough of its words lie in runs of eight words that a training text has
too. What is not at hand is unknown, and said to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weigh.checks.case import Asking, Case, DataCase, ModelCase, NotAsked, Question
from weigh.checks.provenance.word_runs import RUN, Asked, Common, ask
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
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

NAMED = 10
"""Row ids, or data sets, that a message names."""

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
    def rows(self) -> slice:
        return slice(self.start, self.start + len(self.ids))


def run(subject: OverlapSubject, context: Context) -> Evidence:
    """Hold every test set against every reference."""
    drawn, texts = _draw(subject.tests, context.seed)
    findings = [*_sampled(drawn), *_not_at_hand(subject)]
    if not texts:
        return context.inconclusive(
            "there are no test rows with text", needs_n=FEWEST_ROWS, findings=tuple(findings)
        )
    asked = ask(texts)
    measures = [m for one in drawn for m in _kinds_of_rows(one, asked)]
    for reference in subject.references:
        common = asked.common_with(reference.texts)
        if not common.compared:
            continue
        for one in drawn:
            if reference.tests is not None and one.test.name not in reference.tests:
                continue
            measures += _measures(one, asked, common, reference)
            findings += _findings(one, asked, common, reference)
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

    count, n = int(hits.sum()), int(hits.size)
    codes = np.unique(groups, return_inverse=True)[1] if groups is not None else np.arange(n)
    units = int(codes.max()) + 1
    if units == n:
        return clopper_pearson(count, n)
    if units < 2:
        return Interval(count / n, 0.0, 1.0, 0.95, n, "degenerate")
    # Linearised: a group contributes the sum of its rows' distances from the share.
    sums = np.bincount(codes, weights=hits - count / n)
    spread = float(np.sqrt(units / (units - 1) * np.square(sums).sum()) / n)
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


def _findings(one: _Drawn, asked: Asked, common: Common, reference: TrainingTexts) -> list[Finding]:
    import numpy as np

    rows = np.flatnonzero(overlapping(asked, common)[one.rows]).tolist()
    long = int((asked.lengths[one.rows] >= RUN).sum())
    whole = np.flatnonzero(common.same[one.rows]).tolist()
    found = []
    if rows:
        found.append(_overlap(one, rows, long, reference))
    if whole:
        found.append(_short(one, whole, int(asked.short[one.rows].sum()), reference))
    return found


def _named_rows(one: _Drawn, rows: list[int]) -> str:
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    return ", ".join(one.ids[i] for i in rows[:NAMED]) + more


def _overlap(one: _Drawn, rows: list[int], long: int, reference: TrainingTexts) -> Finding:
    said = f"{len(rows):,} of {long:,} rows stand wholly or in large part among: {reference.name}"
    if reference.own:
        return Finding(
            rule="WGH-K001",
            severity=Severity.HIGH if len(rows) > 0.01 * long else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            where=one.test.name,
            message=f"{said} (rows {_named_rows(one, rows)})",
            why="a row that was trained on is graded from memory, so every score of this test is too good",
            action="name a group key that keeps such rows on one side of the split, or drop the rows",
        )
    return Finding(
        rule="WGH-K002",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        where=one.test.name,
        message=f"{said} (rows {_named_rows(one, rows)})",
        why="the model may have seen these rows in training, so its score here is no forecast",
        action="test on rows that are newer than the model, or leave these out",
    )


def _short(one: _Drawn, rows: list[int], short: int, reference: TrainingTexts) -> Finding:
    return Finding(
        rule="WGH-K003",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        where=one.test.name,
        message=(
            f"{len(rows):,} of {short:,} rows shorter than {RUN} words stand word for word among: "
            f"{reference.name} (rows {_named_rows(one, rows)})"
        ),
        why="short texts are the same by chance too; if they are copies, they are graded from memory",
        action="look at the rows",
    )


def _not_at_hand(subject: OverlapSubject) -> list[Finding]:
    """What the model was trained on and nobody can look into here: unknown, never fine."""
    if not subject.has_model:
        return []
    if subject.declared:
        names = ", ".join(subject.declared[:NAMED])
        more = f" and {len(subject.declared) - NAMED:,} more" if len(subject.declared) > NAMED else ""
        return [
            Finding(
                rule="WGH-K004",
                severity=Severity.LOW,
                confidence=Confidence.HIGH,
                where="model card",
                message=f"trained on {len(subject.declared):,} data sets that are not at hand: {names}{more}",
                why="whether your rows are among them is unknown, and a model that saw them looks too good",
                action="hold your rows against them (--trained-on), or test on rows newer than the model",
            )
        ]
    if any(not reference.own for reference in subject.references):
        return []
    return [
        Finding(
            rule="WGH-K005",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            where="model card",
            message="nothing says what the model was trained on",
            why="whether your rows are among it is unknown, and a model that saw them looks too good",
            action="ask the publisher, or test on rows newer than the model",
        )
    ]


def _sampled(drawn: list[_Drawn]) -> list[Finding]:
    return [
        Finding(
            rule="WGH-K006",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            where=one.test.name,
            message=f"{len(one.ids):,} of {len(one.test.ids):,} rows were looked at, drawn with the seed",
            why="the share is an estimate, and rows that were not drawn may overlap too",
            action="nothing; look at all rows of a part by naming it as test data",
        )
        for one in drawn
        if len(one.ids) < len(one.test.ids)
    ]


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
