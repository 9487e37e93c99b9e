"""Watch: hold new rows against the profile that an adoption left behind."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weigh.adapt.arm import EMBEDDINGS, SCORES, Arm, Rows
from weigh.adapt.fitted import from_arrays
from weigh.adapt.table import arm_named
from weigh.core.data import Roles
from weigh.core.errors import (
    ExitCode,
    MalformedError,
    NotFoundError,
    RefusedError,
    StorageError,
    UnknownAnswerError,
    UsageError,
    WorkerError,
)
from weigh.core.events import Event, EventSink, StepDone
from weigh.core.evidence import Artifact, Evidence
from weigh.core.profile import MAX_BYTES, Answering, Profile
from weigh.core.report import Answer
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets.prepare import Prepared
from weigh.datasets.read import STEP as READ
from weigh.datasets.table import Table
from weigh.jobs.adopt.bring import Brought, Project, bring, open_project
from weigh.jobs.adopt.model import put_to_use
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.adopt.write import PROFILE
from weigh.jobs.workbench import Workbench, open_workbench
from weigh.render import numbers
from weigh.store.keeper import BlobKeeper
from weigh.system.machine import installed_version
from weigh.watch.alarm import ALPHA, Family
from weigh.watch.check import CHECK, WatchSubject
from weigh.watch.compare import Batch, families_due
from weigh.watch.encoding import from_bytes
from weigh.watch.findings import is_alarm
from weigh.watch.rows import NewRows, read_new_rows

MOST_TEXTS = 5_000
"""Texts a model is shown; a sample of more is drawn with the seed, and said."""

LIBRARIES = ("numpy", "scipy")

COMMAND = "weigh watch check PROFILE"
"""How a hint names this command; one about an option says `…` for the rest."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The question, in full.

    Attributes:
        profile: file that `weigh adopt` wrote, or the folder it lies in.
        data: declared name, path or ref of the new rows.
        text: the text column, "" for the one of the profile.
        label: column or expression of the label, "" when the rows have none.
        alpha: chance of an alarm when nothing has changed, above 0 and below 1.
        columns_only: compare columns; ask neither model nor predictor.
        model: declared name, path or ref; "" for the name in the profile.
        seed: of samples, permutations and resamples.
        project: folder of models.toml, None to search upwards.
        offline: touch no network.
        accept_review: open files of the model that are not clean.
        accept_sandbox_gaps: run the model although a limit cannot be enforced.
        refresh: ask everything again.
    """

    profile: Path
    data: str
    text: str = ""
    label: str = ""
    alpha: float = ALPHA
    columns_only: bool = False
    model: str = ""
    seed: int = 0
    project: Path | None = None
    offline: bool = False
    accept_review: bool = False
    accept_sandbox_gaps: bool = False
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Watching:
    """What came out.

    Attributes:
        profile: the reference.
        evidence: the answer.
        answers: every question that was put on the way, this one last.
        data: how the user called the new rows.
        rows: rows compared.
        exit_code: 0 quiet, 1 alarm, 3 could not find out.
    """

    profile: Profile
    evidence: Evidence
    answers: tuple[Answer, ...]
    data: str
    rows: int
    exit_code: ExitCode


@dataclass(slots=True)
class _Asked:
    """What model and predictor made of the new rows, and why something is missing."""

    embeddings: Any = None
    proba: Any = None
    inputs: tuple[tuple[str, str], ...] = ()
    not_looked: dict[Family, str] = field(default_factory=dict)


def watch(options: WatchOptions, events: EventSink) -> Watching:
    """Compare new rows with a profile.

    Raises:
        UsageError: the profile or the data cannot be read as asked.
        WeighError: something is missing.
    """
    _check(options)
    profile = read_profile(options.profile)
    with ExitStack() as stack:
        bench = stack.enter_context(
            closing(open_workbench(events, offline=options.offline, refresh=options.refresh))
        )
        project = open_project(options.project)
        data = bring(bench, project, options.data, data=True)
        rows, sampled = _read(bench, data, profile, options)
        table = rows.table
        asked = _ask_model(bench, project, profile, table, options)
        evidence = bench.ask(
            CHECK,
            Subject(SubjectKind.DATASET, data.snapshot.digest, data.name),
            lambda: WatchSubject(profile, _batch(profile, rows, asked, labelled=bool(options.label))),
            parameters={
                "alpha": options.alpha,
                "label": options.label,
                "sampled": sampled,
                "copies": [rows.copies, rows.commonest],
                "not_looked": [[family.value, why] for family, why in sorted(asked.not_looked.items())],
            },
            inputs=(("profile", profile.digest), ("rows", table.digest), *asked.inputs),
            seed=options.seed,
            runtimes=tuple((name, installed_version(name)) for name in LIBRARIES),
        )
        code = exit_code(profile, evidence, columns_only=options.columns_only)
        return Watching(profile, evidence, tuple(bench.answers), data.name, len(table), code)


def _check(options: WatchOptions) -> None:
    if options.columns_only and options.label:
        raise UsageError(
            "--label has no use with --columns-only",
            why="accuracy is measured on the answers of the predictor, which is then not asked",
            hint=f"leave one of the two out: {COMMAND} --data {options.data} --label {options.label}",
        )


def read_profile(path: Path) -> Profile:
    """Read a profile.

    Args:
        path: the file, or the folder that `weigh adopt` wrote it into.

    Raises:
        UsageError: there is none, or it is no profile. Exit code 1 is kept for alarms.
    """
    if path.is_dir():
        path /= PROFILE
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read the profile {path}",
            why=error.strerror or str(error),
            hint=f"name the {PROFILE} that weigh adopt wrote, or its folder: {COMMAND} --data NAME|PATH|REF",
        ) from error
    try:
        return from_bytes(data)
    except MalformedError as error:
        raise UsageError(f"cannot use the profile {path}", why=error.why, hint=error.hint) from error


def exit_code(profile: Profile, evidence: Evidence, *, columns_only: bool) -> ExitCode:
    """1 on an alarm; 3 when a quiet answer is not the whole one; else 0.

    Args:
        profile: the reference; what it can compare should have been compared.
        evidence: the answer.
        columns_only: the user did without embeddings and scores.
    """
    if is_alarm(evidence):
        return ExitCode.NO
    looked = {m.label("family") for m in evidence.measures if m.name == "drift"}
    due = {f.value for f in families_due(profile) if not columns_only or f is Family.COLUMNS}
    return ExitCode.FINE if evidence.answered and due <= looked else ExitCode.UNKNOWN


def _read(bench: Workbench, data: Brought, profile: Profile, options: WatchOptions) -> tuple[NewRows, int]:
    """The new rows, and from how many they are a sample (0: all of them)."""
    assert data.spec is not None  # data always has one
    is_text = profile.words is not None

    def open_path(path: str) -> Path:
        return bench.blobs.path(data.snapshot.file(path).sha256)

    try:
        rows = read_new_rows(
            data.spec,
            open_path,
            text=(options.text or profile.text) if is_text else "",
            numeric=[column.name for column in profile.numeric],
            categorical=[column.name for column in profile.categorical],
            label=options.label,
            events=bench.events if options.label else _Unlabelled(bench.events),
        )
    except UsageError as error:
        raise UsageError(error.what, why=error.why, hint=_own_words(error.hint)) from error
    table = rows.table
    if not options.label:
        kept = f"{numbers.count(len(table))} of {numbers.count(table.rows_read)} rows"
        bench.events.emit(StepDone(READ, f"{kept} · no labels given"))
    if not is_text or len(table) <= MOST_TEXTS:
        return rows, 0
    from weigh.statistics.resampling import generator

    drawn = generator(options.seed).permutation(len(table))[:MOST_TEXTS]
    drawn.sort()
    bench.events.emit(
        StepDone("sample", f"{MOST_TEXTS:,} of {numbers.count(len(table))} texts, seed {options.seed}")
    )
    return replace(rows, table=table.take(drawn)), len(table)


@dataclass(frozen=True, slots=True)
class _Unlabelled:
    """Passes on what reading tells, but not how many classes it found: there are no labels to count."""

    events: EventSink

    def emit(self, event: Event, /) -> None:
        if not (isinstance(event, StepDone) and event.step == READ):
            self.events.emit(event)


def _own_words(hint: str) -> str:
    """A hint for this command: reading says how to repeat an adoption, which chooses its own columns."""
    if "--features" in hint:
        return "give the new data the columns that the profile was made with, under the same names"
    return hint.replace("weigh adopt …", f"{COMMAND} …")


def _batch(profile: Profile, rows: NewRows, asked: _Asked, *, labelled: bool) -> Batch:
    table = rows.table
    return Batch(
        n=len(table),
        texts=table.texts,
        features=table.features,
        embeddings=asked.embeddings,
        proba=asked.proba,
        labels=_recoded(profile, table) if labelled else None,
        not_looked=tuple(asked.not_looked.items()),
        came=rows.came,
        copies=rows.copies,
        commonest=rows.commonest,
    )


def _recoded(profile: Profile, table: Table) -> Any:
    """Class codes of the profile; -1 for a class it does not know."""
    import numpy as np

    places = {name: i for i, name in enumerate(profile.classes)}
    return np.array([places.get(name, -1) for name in table.classes], dtype=np.int64)[table.labels]


def _ask_model(
    bench: Workbench, project: Project, profile: Profile, table: Table, options: WatchOptions
) -> _Asked:
    """Embeddings and answers of the new rows, where model and predictor are here."""
    asked = _Asked()
    answering = profile.answering
    if options.columns_only or answering is None:
        why = "--columns-only" if options.columns_only else "the profile names no predictor"
        asked.not_looked = {Family.EMBEDDINGS: why, Family.SCORES: why}
        return asked
    arm = arm_named(answering.arm)
    rows = Rows(len(table), texts=table.texts, features=table.features)
    if profile.embeddings is not None or (arm is not None and arm.needs & {EMBEDDINGS, SCORES}):
        rows = _shown(bench, project, answering, table, options, asked) or rows
    asked.embeddings = rows.embeddings
    if Family.SCORES not in asked.not_looked:
        _answer(bench, answering, arm, rows, asked)
    return asked


def _shown(
    bench: Workbench,
    project: Project,
    answering: Answering,
    table: Table,
    options: WatchOptions,
    asked: _Asked,
) -> Rows | None:
    """The rows with what the model makes of them; None, and the reason noted, when it cannot be asked."""
    try:
        model = bring(bench, project, options.model or answering.model, data=False)
        if model.snapshot.digest != answering.snapshot:
            raise UnknownAnswerError("the model here is not the one the profile was made with")  # noqa: TRY301 - one place turns every reason into a note
        with put_to_use(bench, model, _as_prepared(table), _as_options(options), _say(bench)) as used:
            if used.embeddings is None and used.scores is None:
                raise UnknownAnswerError(used.offers.why_not or "the model gives nothing of these rows")  # noqa: TRY301 - see above
            asked.inputs += used.inputs
            return Rows(
                len(table),
                texts=table.texts,
                features=table.features,
                embeddings=used.embeddings,
                scores=used.scores,
            )
    except (NotFoundError, UnknownAnswerError, WorkerError, RefusedError, StorageError) as error:
        asked.not_looked |= {Family.EMBEDDINGS: str(error), Family.SCORES: str(error)}
        return None


def _answer(bench: Workbench, answering: Answering, arm: Arm | None, rows: Rows, asked: _Asked) -> None:
    """Put the rows to the kept predictor; where that fails, note why."""
    if arm is None:
        asked.not_looked[Family.SCORES] = f"this version has no arm {answering.arm!r}"
        return
    if not bench.blobs.has(answering.arrays):
        asked.not_looked[Family.SCORES] = "the fitted predictor is not on this machine"
        return
    artifact = Artifact("predictor", answering.arrays, answering.size)
    try:
        fitted = from_arrays(BlobKeeper(bench.blobs).load_arrays(artifact)[0])
        asked.proba = arm.predict(fitted, rows)
    except (MalformedError, StorageError, UsageError) as error:
        asked.not_looked[Family.SCORES] = str(error)
        return
    except (KeyError, ValueError, IndexError) as error:
        # The profile says which stored arrays are the predictor, and a profile may say anything.
        asked.not_looked[Family.SCORES] = f"the stored arrays are no {answering.arm}: {type(error).__name__}"
        return
    asked.inputs += (("predictor", answering.arrays),)


def _as_prepared(table: Table) -> Prepared:
    return Prepared(table=table, ladder=(), tests=(), counts=(), notes=(), digest=table.digest)


def _as_options(options: WatchOptions) -> AdoptOptions:
    """What opening a model asks of the options of an adoption."""
    return AdoptOptions(
        model=options.model,
        data=options.data,
        roles=Roles(label=options.label),
        seed=options.seed,
        offline=options.offline,
        accept_review=options.accept_review,
        accept_sandbox_gaps=options.accept_sandbox_gaps,
        refresh=options.refresh,
    )


def _say(bench: Workbench) -> Callable[[str, str], None]:
    def say(step: str, text: str) -> None:
        bench.events.emit(StepDone(step, text))

    return say
