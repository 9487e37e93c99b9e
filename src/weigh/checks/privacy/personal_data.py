"""Check `personal-data`: which kinds of personal data stand in the user's columns and in the model's files?

Kinds, places and counts; never a value, not even masked.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from weigh.checks.case import Asking, Case, DataCase, NotAsked, Question
from weigh.checks.privacy.model_texts import ModelText, model_texts
from weigh.checks.privacy.personal_columns import ColumnKind
from weigh.checks.privacy.personal_kinds import Group
from weigh.checks.privacy.personal_places import Hit, Scanned, in_columns, in_files
from weigh.core.check import Check, Context
from weigh.core.digest import of_value
from weigh.core.evidence import Evidence
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.all_columns import ColumnBatch, all_columns

MOST_ROWS = 200_000
"""Rows that are looked at; of several files the same number at most of each, from the top."""

OFTEN = 0.01
"""Share of rows from which contact data is what the column is made of, and not a slip in its text."""

MOST_FINDINGS = 100
"""Findings of one rule; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class PersonalSubject:
    """What is looked through.

    Attributes:
        columns: reads the user's files, batch by batch; None without data.
        texts: reads the model's files; None without a model.
        used: columns that the task reads.
        named: columns that the user named in the description of the data.
    """

    columns: Callable[[], Iterable[ColumnBatch]] | None
    texts: Callable[[], Iterable[ModelText]] | None
    used: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def run(subject: PersonalSubject, context: Context) -> Evidence:
    """Look through every column and every file."""
    data = Scanned()
    if subject.columns is not None:
        data = in_columns(subject.columns(), frozenset(subject.used), frozenset(subject.named))
    model = in_files(subject.texts()) if subject.texts is not None else Scanned()
    findings = tuple(_findings(data, model))
    measures = tuple(_measures(data, model))
    if not data.rows and not model.places:
        return context.inconclusive("nothing could be read", findings=findings, measures=measures)
    return context.answered(findings=findings, measures=measures)


def _findings(data: Scanned, model: Scanned) -> Iterator[Finding]:
    yield from _some([_in_column(hit) for hit in data.hits])
    yield from _some([_together(file) for file in _naming(data.hits)])
    yield from _some([_in_model(hit) for hit in model.hits])
    yield from _some([_not_read(where, what) for where, what in (*data.notes, *model.notes)])


def _some(findings: list[Finding]) -> Iterator[Finding]:
    """A bound on findings: a file of thousands of columns makes its point with the gravest."""
    ordered = sorted(findings, key=lambda f: -f.severity.rank)
    yield from ordered[:MOST_FINDINGS]
    if len(ordered) > MOST_FINDINGS:
        yield _not_read(
            "", f"{len(ordered) - MOST_FINDINGS:,} more findings like the ones above are left out"
        )


def _in_column(hit: Hit) -> Finding:
    share = f"{hit.rows:,} of {hit.n:,} rows hold {hit.title}"
    message = share + ("; the task reads this column" if hit.used else "")
    if hit.group is Group.IDENTITY:
        return Finding(
            "WGH-N001",
            Severity.HIGH,
            hit.confidence,
            hit.place,
            message,
            "a number that stands for one person opens accounts in their name and cannot be changed easily",
            "take the column out of the file, or replace the numbers by keyed hashes",
        )
    if hit.group is Group.CONTACT:
        return Finding(
            "WGH-N002",
            Severity.MEDIUM if hit.rows >= OFTEN * hit.n else Severity.LOW,
            hit.confidence,
            hit.place,
            message,
            "who holds the file can reach these people, and a model can learn their addresses by heart",
            "take them out before anything is trained on the rows, or state the ground for keeping them",
        )
    if hit.group is Group.PERSON:
        return Finding(
            "WGH-N003",
            Severity.MEDIUM,
            Confidence.HIGH if hit.sure else Confidence.LOW,
            hit.place,
            message,
            "rows about people who can be named are personal data in law, whatever the task is",
            "take the column out of the file; a task rarely needs it",
        )
    return Finding(
        "WGH-N005",
        Severity.LOW,
        hit.confidence,
        hit.place,
        message,
        "traces such as addresses of devices, handles and places lead back to people when they are joined",
        "take them out, or make them coarser",
    )


def _naming(hits: Iterable[Hit]) -> list[str]:
    """Files with both a column of names and one of birth dates, in order."""
    kinds: dict[str, set[str]] = {}
    for hit in hits:
        kinds.setdefault(hit.file, set()).add(hit.kind)
    both = {ColumnKind.NAME.value, ColumnKind.BIRTH_DATE.value}
    return [file for file, found in kinds.items() if both <= found]


def _together(file: str) -> Finding:
    return Finding(
        "WGH-N004",
        Severity.HIGH,
        Confidence.HIGH,
        file,
        "names of people and their dates of birth stand in one file",
        "a name with a birth date identifies a person; every other column then says something about them",
        "take both out, or keep the file where personal data is kept",
    )


def _in_model(hit: Hit) -> Finding:
    message = f"{hit.rows:,} of {hit.n:,} lines hold {hit.title}"
    if hit.group is Group.IDENTITY:
        return Finding(
            "WGH-N006",
            Severity.HIGH,
            hit.confidence,
            hit.place,
            message,
            "a model file that names people by number has most likely kept part of what it was trained on",
            "do not share the file; ask its makers where the numbers come from",
        )
    return Finding(
        "WGH-N007",
        Severity.LOW,
        hit.confidence,
        hit.place,
        message,
        "a card may name whom to ask; a vocabulary or configuration should name nobody",
        "look at the file: authors' addresses are meant to be there, others are not",
    )


def _not_read(where: str, what: str) -> Finding:
    return Finding(
        "WGH-N008",
        Severity.INFO,
        Confidence.HIGH,
        where,
        what,
        "what was not looked at may hold personal data",
        "look at it yourself, or cut the file to the part you use",
    )


def _measures(data: Scanned, model: Scanned) -> Iterator[Measure]:
    yield Measure("columns_scanned", data.places, "count", data.places)
    with_any = len({hit.place for hit in data.hits})
    yield _count("columns_with_personal_data", with_any, data.places)
    if data.rows:
        yield _share("rows_with_a_form", data.marked, data.rows)
    for hit in data.hits:
        yield _share("share_of_rows", hit.rows, hit.n, place=f"{hit.place} · {hit.kind}", kind=hit.kind)
    yield Measure("model_files_scanned", model.places, "count", model.places)
    numbered = {hit.file for hit in model.hits if hit.group is Group.IDENTITY}
    yield _count("model_files_with_identity_numbers", len(numbered), model.places)
    for hit in model.hits:
        labels = labelled(file=hit.file, kind=hit.kind)
        yield Measure("lines", hit.rows, "count", hit.n, direction=Direction.LOWER, labels=labels)


def _count(name: str, value: int, n: int) -> Measure:
    return Measure(name, value, "count", n, direction=Direction.LOWER)


def _share(name: str, rows: int, n: int, **labels: str) -> Measure:
    from weigh.statistics.proportions import proportion

    found = proportion(rows, n)
    return Measure(
        name,
        found.value,
        "fraction",
        n,
        found.low,
        found.high,
        found.level,
        found.method,
        Direction.LOWER,
        labels=labelled(**labels),
    )


def put(case: Case) -> Asking[PersonalSubject] | NotAsked:
    """Look through the user's files and the model's, whichever there are."""
    data, model = case.data, case.model
    if data is None and model is None:
        return NotAsked("there is neither data nor a model to look through")
    used = () if data is None else tuple(sorted({data.roles.text, *data.roles.features} - {""}))
    named = () if data is None else _named(data)

    def payload() -> PersonalSubject:
        return PersonalSubject(
            columns=None
            if data is None
            else lambda: all_columns(data.spec, data.open_path, most_rows=MOST_ROWS),
            texts=None if model is None else lambda: model_texts(model.view, model.read),
            used=used,
            named=named,
        )

    spec = () if data is None else (("spec", of_value(data.spec)),)
    parameters = {"rows": MOST_ROWS, "used": list(used), "named": list(named)}
    return Asking(_subject(case), payload, parameters, spec, seeded=False)


def _named(data: DataCase) -> tuple[str, ...]:
    """Columns that the user named: the names themselves are no secret."""
    roles, spec = data.roles, data.spec
    constants = (name for file in spec.files for name, _ in file.constants)
    names = {roles.label, roles.text, *roles.features, *roles.sides, *spec.columns, *constants}
    return tuple(sorted(names - {""}))


def _subject(case: Case) -> Subject:
    parts = [part.subject for part in (case.model, case.data) if part is not None]
    if len(parts) == 1:
        return parts[0]
    name = " and ".join(part.name for part in parts)
    return Subject(SubjectKind.PAIR, of_value([part.digest for part in parts]), name)


CHECK: Check[PersonalSubject] = Check(
    id="personal-data",
    question="Which kinds of personal data are in your columns and in the model's files?",
    module=__name__,
    run=run,
    pictures=(
        Picture(
            PictureKind.BARS,
            "share_of_rows",
            "Share of rows that hold personal data, by column and kind",
            row="place",
        ),
    ),
)

QUESTION = Question(CHECK, put)
