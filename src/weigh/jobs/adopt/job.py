"""The main job: may we depend on this model, and how?

resolve → fetch → view → static checks → gate → fit predictors → behavioural checks on the finalist →
decide → policy → report. Every step is put to the ledger, so a repeated job reads its answers.
"""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from weigh import __version__
from weigh.adapt.arm import Rows
from weigh.adapt.table import applicable
from weigh.checks.case import NotAsked
from weigh.checks.table import QUESTIONS
from weigh.core.events import EventSink, StepDone
from weigh.core.recommendation import Recommendation
from weigh.core.report import SCHEMA, Answer, Report, StepLine
from weigh.core.requirement import Policy
from weigh.core.sign_off import CHECK as SIGN_OFF
from weigh.core.verdict import MODEL
from weigh.decide.budget import Budget
from weigh.jobs.adopt import story
from weigh.jobs.adopt.bring import Brought, bring, open_project
from weigh.jobs.adopt.case import make_case, model_case
from weigh.jobs.adopt.data import PreparedData, prepare_data
from weigh.jobs.adopt.model import ModelInUse, put_to_use
from weigh.jobs.adopt.options import NO_MODEL, AdoptOptions
from weigh.jobs.adopt.profile import ask_profile
from weigh.jobs.adopt.questions import put_questions
from weigh.jobs.adopt.shootout import Ground, Trials, decide, run_arms
from weigh.jobs.policy import open_policy
from weigh.jobs.sign_off import sign_offs_for
from weigh.jobs.workbench import Workbench, open_workbench
from weigh.policy.judge import judge
from weigh.render import numbers
from weigh.store.keeper import BlobKeeper


@dataclass(slots=True)
class Log:
    """What was done, in order, for the first lines of the screen."""

    events: EventSink
    lines: list[StepLine] = field(default_factory=list)

    def done(self, step: str, text: str) -> None:
        """Note a finished step."""
        self.lines.append(StepLine(step, text))
        self.events.emit(StepDone(step, text))


def adopt(options: AdoptOptions, events: EventSink) -> Report:
    """Answer the question and return the report.

    Raises:
        WeighError: the question cannot be understood, something is missing, or the gate stays closed.
    """
    policy = open_policy(options.policy)
    log = Log(events)
    with ExitStack() as stack:
        opened = open_workbench(
            events, offline=options.offline, refresh=options.refresh, full_fetch=options.full_fetch
        )
        bench = stack.enter_context(closing(opened))
        ends = bench.clock.monotonic() + options.budget_seconds
        project = open_project(options.project)
        brought = bring(bench, project, options.model, data=False) if options.model != NO_MODEL else None
        if brought is not None:
            log.done("resolve", _brought_line(brought))
        data = prepare_data(bench, project, options, log.done)
        model = None
        if brought is not None:
            approvals = project.manifest.approvals
            used = put_to_use(bench, brought, data.prepared, options, log.done, approvals=approvals)
            model = stack.enter_context(used)
        ground = _ground(bench, data, model, options.seed)
        offers = applicable(
            "text" if options.roles.text else "features",
            classes=data.prepared.table.classes,
            model=model.offers if model is not None else None,
        )
        trials = run_arms(ground, offers, Budget(bench.clock, max(ends - bench.clock.monotonic(), 0.0)))
        found = decide(ground, trials, options)
        log.done("decide", _decide_line(found, trials))
        absent = _question(ground, data, model, trials, found, options, ends)
        log.done("question", _question_line(absent, model.shown() if model is not None else 0))
        lockable = bool(project.manifest.models or project.manifest.data) and not project.lock.files
        return _report(
            Outcome(bench, options, policy, log, data, model, found, trials.notes, absent, lockable)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything the report is made from."""

    bench: Workbench
    options: AdoptOptions
    policy: Policy
    log: Log
    data: PreparedData
    model: ModelInUse | None
    found: Recommendation
    notes: tuple[str, ...]
    absent: dict[str, NotAsked]
    lockable: bool


def _question(
    ground: Ground,
    data: PreparedData,
    model: ModelInUse | None,
    trials: Trials,
    found: Recommendation,
    options: AdoptOptions,
    ends: float,
) -> dict[str, NotAsked]:
    looked_at = model_case(ground.bench, model.examined) if model is not None else None
    represent = model.represent if model is not None else None
    case = make_case(ground, data, looked_at, represent, trials, found, options)
    absent = put_questions(ground.bench, case, QUESTIONS, ends=ends)
    ask_profile(ground, case, trials, options)
    if model is not None:
        _sign_offs(ground.bench, model.digest)
    return absent


def _question_line(absent: dict[str, NotAsked], shown: int) -> str:
    line = f"{len(QUESTIONS) - len(absent)} of {len(QUESTIONS)} questions put"
    return line + (f" · {numbers.count(shown)} texts made for them" if shown else "")


def _sign_offs(bench: Workbench, model: str) -> None:
    """Put what people signed about this model beside what was measured."""
    for signed in sign_offs_for(bench, model):
        kept = bench.ledger.find(signed.evidence.request)
        if kept is not None:
            bench.answers.append(
                Answer(SIGN_OFF.question, kept.evidence, replace(kept.envelope, fresh=False))
            )


def _ground(bench: Workbench, data: PreparedData, model: ModelInUse | None, seed: int) -> Ground:
    table = data.prepared.table
    rows = Rows(
        n=len(table.labels),
        texts=table.texts,
        features=table.features,
        embeddings=model.embeddings if model is not None else None,
        scores=model.scores if model is not None else None,
    )
    return Ground(
        bench=bench,
        keep=BlobKeeper(bench.blobs),
        prepared=data.prepared,
        inputs=(("rows", data.prepared.content_digest), *(model.inputs if model is not None else ())),
        rows=rows,
        base=model.digest if model is not None else "",
        base_cost=model.cost if model is not None else None,
        seed=seed,
    )


def _brought_line(brought: Brought) -> str:
    files = brought.resolved.files
    came = (
        f"{numbers.size(brought.resolved.transferred)} fetched"
        if brought.resolved.transferred
        else "all here"
    )
    state = "locked" if brought.resolved.locked else "not locked"
    return f"{brought.name} · {len(files)} files · {numbers.size(brought.snapshot.size)} · {came} · {state}"


def _decide_line(found: Recommendation, trials: Trials) -> str:
    ran = sum(1 for a in found.arms if not a.not_run)
    line = f"{ran} of {len(found.arms)} arms · {len(trials.evidence)} trials on nested subsets"
    return line + (f" · {'; '.join(trials.notes)}" if trials.notes else "")


def _report(outcome: Outcome) -> Report:
    options, found = outcome.options, outcome.found
    evidence = tuple(a.evidence for a in outcome.bench.answers)
    absent = outcome.absent
    beside = {check: one.reason for check, one in absent.items() if not one.applies}
    if outcome.model is None:
        beside |= dict.fromkeys(MODEL_CHECKS, "no model was asked about")
    not_put = {check: one.reason for check, one in absent.items() if one.applies}
    today = datetime.fromtimestamp(outcome.bench.clock.now(), tz=UTC).date()
    verdict = judge(outcome.policy, evidence, found.decision, today=today, not_asked=beside, not_put=not_put)
    return Report(
        schema=SCHEMA,
        tool=__version__,
        title=_title(options),
        model=outcome.model.summary if outcome.model is not None else None,
        data=outcome.data.summary,
        steps=tuple(outcome.log.lines),
        headline=story.headline(found.decision, verdict, model=outcome.model is not None),
        verdict=verdict,
        recommendation=found,
        reasons_for=story.speaks_for(found, evidence),
        reasons_against=story.speaks_against(found, evidence),
        unknown=story.not_known(found, evidence, verdict, not_put),
        limits=(*(outcome.model.limits if outcome.model is not None else ()), *outcome.notes),
        answers=tuple(outcome.bench.answers),
        next_commands=story.offers(options, lockable=outcome.lockable),
        seed=options.seed,
        exit_code=story.exit_code(found.decision, verdict),
    )


MODEL_CHECKS = (MODEL, "security", "compatibility", "features")


def _title(options: AdoptOptions) -> str:
    if options.model == NO_MODEL:
        return f"What can be had for {options.data} without a model?"
    return f"Adopt {options.model} for {options.data}?"
