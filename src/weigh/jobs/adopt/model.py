"""The model in use: looked at, cleared, opened in its sandbox when needed, and shown every row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from weigh.adapt.arm import Rows
from weigh.adapt.table import ModelOffers
from weigh.adapt.trial import BaseCost
from weigh.checks.compatibility.compatibility import CHECK as COMPATIBILITY, CompatibilitySubject
from weigh.core.clearance import Clearance
from weigh.core.errors import RefusedError, StorageError, WorkerError
from weigh.core.evidence import Evidence
from weigh.core.facts import Fact
from weigh.core.gate import Word
from weigh.core.measure import Measure
from weigh.core.report import ModelSummary
from weigh.datasets.prepare import Prepared
from weigh.jobs.adopt.bring import Brought
from weigh.jobs.adopt.examine import Examined, examine, pass_gate, refuse_malicious
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.workbench import Workbench
from weigh.project.manifest import Approval
from weigh.render import numbers
from weigh.runtimes.features import CHECK as FEATURES, GAP, FeaturesSubject
from weigh.runtimes.open import TextModel, WorkerLimits, libraries_of, missing_packages, open_text_model
from weigh.runtimes.spec import TORCH, TextModelSpec, Unplanned, plan
from weigh.store.keeper import BlobKeeper
from weigh.system.machine import installed_version, machine_class

Say = Callable[[str, str], None]

THREADS = 2
"""Texts or batches side by side; changes no answer, only how long it takes."""

BENCH_TEXTS = 200
"""Texts timed one by one; p95 of 200 has ten texts above it."""


@dataclass(slots=True)
class ModelInUse:
    """What the rest of the job needs of the model.

    Attributes:
        summary: the model in a few words.
        digest: of its files.
        offers: what it can give to arms.
        embeddings: float32 [rows, d], None when it gives none.
        scores: float64 [rows, labels], None when it has no classes.
        inputs: digest of what it made of the rows, for the questions that rest on it.
        cost: what it takes for one row.
        limits: sandbox limits not enforced, and what was accepted by flag.
        examined: what was seen without running it.
        represent: shows it texts that are in no data set; None when it cannot be run here.
        shown: how many texts it was shown that way.
    """

    summary: ModelSummary
    digest: str
    offers: ModelOffers
    examined: Examined
    represent: Callable[[Sequence[str]], Rows] | None = None
    shown: Callable[[], int] = int
    embeddings: Any = None
    scores: Any = None
    inputs: tuple[tuple[str, str], ...] = ()
    cost: BaseCost | None = None
    limits: tuple[str, ...] = ()


class _Session:
    """Opens the model on first use and keeps it open until the job ends."""

    shown = 0
    """Texts that checks made up and the model was shown."""

    def __init__(self, bench: Workbench, spec: TextModelSpec, clearance: Clearance) -> None:
        self._bench, self._spec, self._clearance = bench, spec, clearance
        self._open: TextModel | None = None

    def __call__(self) -> TextModel:
        if self._open is None:
            self._open = open_text_model(
                self._spec,
                self._bench.blobs.path,
                self._clearance,
                limits=WorkerLimits(),
                events=self._bench.events,
                threads=THREADS,
            )
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()


@contextmanager
def put_to_use(
    bench: Workbench,
    model: Brought,
    prepared: Prepared,
    options: AdoptOptions,
    say: Say,
    *,
    approvals: tuple[Approval, ...] = (),
) -> Iterator[ModelInUse]:
    """Examine the model, pass the gate, and show it the rows. The sandbox closes with the block.

    A model that dies, hangs or is refused by its runtime is no error of the job: that it does not run
    here is the answer of the compatibility check.

    Raises:
        RefusedError: the gate stays closed.
    """
    examined = examine(bench, model)
    spec = _planned(examined)
    summary = _summary(model, examined)
    say("inspect", " · ".join([summary.sentence, *_runs_no_code(examined), examined.word.value]))
    refuse_malicious(examined)
    if isinstance(spec, Unplanned):
        _cannot_run(bench, examined, spec)
        yield ModelInUse(summary, examined.subject.digest, ModelOffers(why_not=spec.reason), examined)
        return
    if prepared.table.texts is None:
        reason = "the model reads text, the data is a table"
        yield ModelInUse(summary, examined.subject.digest, ModelOffers(why_not=reason), examined)
        return
    needed = frozenset({spec.model_sha256, spec.tokenizer_sha256, *(sha for _, sha in spec.external)})
    clearance = pass_gate(
        examined,
        needed,
        accept_review=options.accept_review,
        accept_gaps=options.accept_sandbox_gaps,
        approvals=approvals,
    )
    session = _Session(bench, spec, clearance)
    try:
        yield _in_use(bench, examined, spec, summary, session, prepared, clearance, say)
    finally:
        session.close()


def _in_use(
    bench: Workbench,
    examined: Examined,
    spec: TextModelSpec,
    summary: ModelSummary,
    session: _Session,
    prepared: Prepared,
    clearance: Clearance,
    say: Say,
) -> ModelInUse:
    texts = prepared.table.texts or []
    keep = BlobKeeper(bench.blobs)
    runtimes = tuple((name, installed_version(name)) for name in libraries_of(spec))
    try:
        features = bench.ask(
            FEATURES,
            examined.subject,
            lambda: FeaturesSubject(session, spec, texts, keep, bench.derived),
            inputs=(("texts", prepared.texts_digest),),
            runtimes=runtimes,
        )
    except WorkerError as error:
        return _broke(bench, examined, spec, summary, clearance, error)
    _refuse_gaps(features, clearance)
    timed = _compatibility(bench, examined, spec, session, texts)
    kind = "scores" if spec.task == "classification" else "embeddings"
    artifact = features.artifact(kind)
    if artifact is None:
        raise StorageError("what the model made of the rows is gone", hint="repeat with --refresh")
    array = keep.load_arrays(artifact)[0][kind]
    _say_ran(say, spec, features, timed, fresh=bench.is_fresh(features))
    gaps = tuple(f.message for f in features.findings)
    return ModelInUse(
        summary=summary,
        digest=examined.subject.digest,
        offers=ModelOffers(labels=spec.labels if kind == "scores" else (), embeddings=kind == "embeddings"),
        examined=examined,
        represent=_representing(session, kind),
        shown=lambda: session.shown,
        embeddings=array if kind == "embeddings" else None,
        scores=array if kind == "scores" else None,
        inputs=((kind, artifact.sha256),),
        cost=_base_cost(examined, spec, prepared, features, timed),
        limits=(*gaps, *clearance.accepted),
    )


def _representing(session: "_Session", kind: str) -> Callable[[Sequence[str]], Rows]:
    """Texts a check made up, with what the model makes of them."""

    def represent(texts: Sequence[str]) -> Rows:
        listed = list(texts)
        session.shown += len(listed)
        if kind == "scores":
            return Rows(len(listed), texts=listed, scores=session().classify(listed).astype("float64"))
        return Rows(len(listed), texts=listed, embeddings=session().embed(listed))

    return represent


def _broke(
    bench: Workbench,
    examined: Examined,
    spec: TextModelSpec,
    summary: ModelSummary,
    clearance: Clearance,
    error: WorkerError,
) -> ModelInUse:
    """Put on record that the model does not run here; the arms that need it are not run."""

    def fail() -> NoReturn:
        raise error

    version = installed_version("onnxruntime")
    bench.ask(
        COMPATIBILITY,
        examined.subject,
        lambda: CompatibilitySubject(examined.view, version, "", "", fail),
        parameters={"threads": THREADS},
        runtimes=_what_runs(spec),
        machine=machine_class(),
    )
    offers = ModelOffers(why_not="the model does not run here")
    return ModelInUse(summary, examined.subject.digest, offers, examined, limits=clearance.accepted)


def _refuse_gaps(features: Evidence, clearance: Clearance) -> None:
    """An answer that an incomplete sandbox gave earlier needs the same flag as giving it now.

    Raises:
        RefusedError: the evidence lists a limit that was not enforced, and nobody accepted that.
    """
    gaps = [f.message for f in features.findings if f.rule == GAP]
    if gaps and not clearance.sandbox_gaps_accepted:
        raise RefusedError(
            "the model's answers came from an incomplete sandbox",
            why=gaps[0],
            hint="repeat with --accept-sandbox-gaps, or with --refresh on a machine that enforces it",
        )


def _compatibility(
    bench: Workbench, examined: Examined, spec: TextModelSpec, session: _Session, texts: list[str]
) -> Evidence:
    version = installed_version("onnxruntime")
    sample = texts[:: max(1, len(texts) // BENCH_TEXTS)][:BENCH_TEXTS]
    return bench.ask(
        COMPATIBILITY,
        examined.subject,
        lambda: CompatibilitySubject(examined.view, version, "", "", lambda: session().measure(sample)),
        parameters={"threads": THREADS, "texts": len(sample)},
        runtimes=_what_runs(spec),
        machine=machine_class(),
    )


def _planned(examined: Examined) -> TextModelSpec | Unplanned:
    """How the model is to be run here; without the torch runtime the rest of the job goes on without it."""
    spec = plan(examined.view)
    if isinstance(spec, TextModelSpec) and spec.runtime == TORCH and (absent := missing_packages(spec)):
        why = f"its weights are safetensors: it needs the torch runtime, and there is no {', '.join(absent)}"
        return Unplanned(why, TORCH)
    return spec


def _what_runs(spec: TextModelSpec) -> tuple[tuple[str, str], ...]:
    """The libraries that take part in whether, and how fast, it runs."""
    names = (name for name in libraries_of(spec) if name != "numpy")
    return tuple((name, installed_version(name)) for name in names)


def _cannot_run(bench: Workbench, examined: Examined, spec: Unplanned) -> None:
    version = installed_version("onnxruntime")
    bench.ask(
        COMPATIBILITY,
        examined.subject,
        lambda: CompatibilitySubject(examined.view, version, spec.reason, spec.extra, tuple),
        runtimes=(("onnxruntime", version),),
        machine=machine_class(),
    )


def _say_ran(say: Say, spec: TextModelSpec, features: Evidence, timed: Evidence, *, fresh: bool) -> None:
    seconds, rate = features.measure("features_seconds"), features.measure("features_rate")
    asked, shown = (round(_value(features.measure(name))) for name in ("texts", "texts_shown"))
    p95 = timed.measure("latency_p95")
    parts = [f"{spec.runtime}, sandboxed"]
    if seconds is not None and rate is not None and seconds.value and rate.value:
        parts.append(f"{numbers.count(shown)} texts in {numbers.seconds(seconds.value)}")
        parts.append(f"{numbers.count(rate.value)} texts/s")
    if shown < asked:
        parts.append(f"{numbers.count(asked - shown)} texts remembered")
    if p95 is not None and p95.value is not None:
        parts.append(f"p95 {numbers.milliseconds(p95.value)} a text")
    if not fresh:
        parts.append("measured earlier")
    say("run", " · ".join(parts))


def _base_cost(
    examined: Examined, spec: TextModelSpec, prepared: Prepared, features: Evidence, timed: Evidence
) -> BaseCost:
    """Work is parameters times tokens, taken as four characters each: exact enough for a tie-break."""
    texts = prepared.table.texts or [""]
    parameters = _number(examined.view.fact("parameters"))
    tokens = max(1, sum(map(len, texts)) // (4 * len(texts)))
    files = {spec.model_sha256, spec.tokenizer_sha256, *(sha for _, sha in spec.external)}
    # Where every text was remembered, the rate of the sample that was timed stands in.
    rate = _value(features.measure("features_rate")) or _value(timed.measure("throughput"))
    return BaseCost(
        work_per_row=parameters * tokens,
        predict_ms=1000.0 / rate if rate else 0.0,
        peak_bytes=int(_value(timed.measure("peak_memory"))),
        disk_bytes=sum(f.size for f in examined.view.snapshot.files if f.sha256 in files),
    )


def _value(measure: Measure | None) -> float:
    return 0.0 if measure is None or measure.value is None else measure.value


def _number(fact: Fact | None) -> int:
    return fact.value if fact is not None and isinstance(fact.value, int) else 0


SUMMARY_FACTS = (
    "architecture", "model_type", "task", "parameters", "weights.dtype", "weights.files", "hidden_size",
    "layers", "vocab_size", "max_length", "lowercase", "pooling.mode", "normalise", "labels", "library",
    "licence.declared", "base_model", "datasets", "languages", "remote_code", "layout.missing",
)  # fmt: skip
"""Facts shown in the report, in this order; one that nobody states is shown as unknown."""


def _summary(model: Brought, examined: Examined) -> ModelSummary:
    view = examined.view
    found = [view.fact(name) for name in SUMMARY_FACTS]
    return ModelSummary(
        name=model.name,
        refs=model.refs,
        digest=model.snapshot.digest,
        files=len(model.snapshot.files),
        size=model.snapshot.size,
        sentence=_sentence(
            view.fact("model_type"), view.fact("parameters"), view.fact("weights.dtype"), examined
        ),
        facts=tuple(f for f in found if f is not None),
    )


def _runs_no_code(examined: Examined) -> tuple[str, ...]:
    """Said only of a model of which everything was read and nothing was found."""
    return ("loading runs no code",) if examined.word is Word.CLEAN else ()


def _sentence(kind: Fact | None, parameters: Fact | None, dtype: Fact | None, examined: Examined) -> str:
    formats = sorted({f.format for f in examined.view.all_facts() if f.tensors})
    parts = [str(kind.value).upper() if kind is not None else "unknown architecture"]
    if _number(parameters):
        parts.append(f"{numbers.compact(_number(parameters))} parameters")
    parts.append(
        " ".join([*([str(dtype.value)] if dtype is not None else []), *formats]) or "no weights read"
    )
    return " · ".join(parts)
