"""The user's data, brought here and prepared once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from weigh.checks.case import Reference
from weigh.code.closure import code_digest
from weigh.core.canonical import plain
from weigh.core.data import Roles
from weigh.core.digest import of_value
from weigh.core.errors import UsageError
from weigh.core.report import DataSummary
from weigh.core.subject import Subject, SubjectKind
from weigh.datasets import text_column
from weigh.datasets.prepare import CHECK as DATA, Caps, DataSubject, Prepared, load_prepared
from weigh.datasets.text_column import read_text_column, require_text_column
from weigh.jobs.adopt.bring import Brought, Project, bring
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.workbench import Workbench
from weigh.render import numbers
from weigh.store.keeper import BlobKeeper
from weigh.system.machine import installed_version

TEXT_CAPS = Caps(train=3000, test=1000, shift=700)
"""Rows a model is shown: with four domains 6,100, a third of the 20,000 a demo may embed, so that
later questions (perturbed copies of the test rows) fit the same budget."""

TABLE_CAPS = Caps(train=20_000, test=10_000, shift=5_000)
"""Rows of tables cost little; beyond these, intervals are narrower than any difference worth acting on."""


@dataclass(frozen=True, slots=True)
class PreparedData:
    """The data and how it is told.

    Attributes:
        prepared: rows and split.
        summary: for the report.
        brought: the data set as it came.
        roles: what its columns are for.
        references: data the model is said to have been trained on.
    """

    prepared: Prepared
    summary: DataSummary
    brought: Brought
    roles: Roles
    references: tuple[Reference, ...] = ()


def prepare_data(
    bench: Workbench, project: Project, options: AdoptOptions, say: Callable[[str, str], None]
) -> PreparedData:
    """Bring the data, ask for its preparation, and read the kept rows.

    Raises:
        UsageError: the data cannot be read as asked; the message names file, line or column.
    """
    data = bring(bench, project, options.data, data=True)
    test = bring(bench, project, options.test, data=True) if options.test else None
    caps = TEXT_CAPS if options.roles.text else TABLE_CAPS
    keep = BlobKeeper(bench.blobs)
    assert data.spec is not None
    spec, test_spec = data.spec, test.spec if test is not None else None

    def payload() -> DataSubject:
        return DataSubject(
            spec, options.roles, caps, _opener(bench, data), test_spec, _opener(bench, test or data), keep
        )

    found = bench.ask(
        DATA,
        Subject(SubjectKind.DATASET, data.snapshot.digest, data.name),
        payload,
        parameters=plain({"spec": spec, "roles": options.roles, "caps": caps, "test": test_spec}),
        inputs=(("test", test.snapshot.digest),) if test is not None else (),
        seed=options.seed,
        runtimes=tuple((name, installed_version(name)) for name in ("duckdb", "numpy")),
    )
    prepared = load_prepared(found, keep)
    counts = dict(prepared.counts)
    used = len(prepared.ladder[-1]), sum(len(test.rows) for test in prepared.tests)
    say(
        "data",
        f"{data.name} · {numbers.count(counts.get('read', 0))} rows read · "
        f"{numbers.count(used[0])} to train on · {numbers.count(used[1])} to test on, "
        f"{len(prepared.tests)} test set{'' if len(prepared.tests) == 1 else 's'}",
    )
    summary = DataSummary(data.name, prepared.digest, prepared.table.classes, prepared.counts, prepared.notes)
    trained_on = references(bench, project, options)
    return PreparedData(prepared, summary, data, options.roles, trained_on)


def references(bench: Workbench, project: Project, options: AdoptOptions) -> tuple[Reference, ...]:
    """The data named by --trained-on, fetched but not yet read.

    Raises:
        UsageError: it cannot be found; or the rows to compare it with are no text.
    """
    if options.trained_on and not options.roles.text:
        raise UsageError(
            "--trained-on compares texts", why="the data is a table", hint="leave --trained-on out"
        )
    return tuple(
        _reference(bench, bring(bench, project, name, data=True), options) for name in options.trained_on
    )


def _reference(bench: Workbench, data: Brought, options: AdoptOptions) -> Reference:
    def texts() -> list[str]:
        assert data.spec is not None  # data always has one
        return read_text_column(data.spec, options.roles.text, _opener(bench, data), events=bench.events)

    assert data.spec is not None  # data always has one
    require_text_column(data.spec, options.roles.text, _opener(bench, data))
    # What is compared depends on how the files are read, too.
    read = [data.snapshot.digest, plain(data.spec), options.roles.text, code_digest(text_column.__name__)]
    return Reference(data.name, of_value(read), texts)


def _opener(bench: Workbench, data: Brought) -> Callable[[str], Path]:
    def open_path(path: str) -> Path:
        return bench.blobs.path(data.snapshot.file(path).sha256)

    return open_path
