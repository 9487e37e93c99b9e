"""Will it run here, and how fast?

Static part: operator set and IR version against what the installed runtime accepts. Measured part:
the model is opened in the sandboxed worker and timed on texts of the user's own data; every timing
is a reading of this machine, flagged `observed`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from weigh.checks.compatibility.opsets import supported
from weigh.core.check import Check, Context
from weigh.core.errors import WeighError, WorkerLimitError
from weigh.core.evidence import Evidence
from weigh.core.facts import FileFacts
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.ports import ModelViewPort

STANDARD_DOMAINS = frozenset({"", "ai.onnx"})


@dataclass(frozen=True, slots=True)
class CompatibilitySubject:
    """The model and a way to time it.

    Attributes:
        view: the model's facts.
        runtime_version: version of the installed ONNX Runtime, "" when it is not installed.
        unplanned: why no runtime of this version can open the model, "" when one can.
        extra: the extra that would bring a runtime.
        bench: opens and times the model in the worker; raises WeighError when it does not run.
    """

    view: ModelViewPort
    runtime_version: str
    unplanned: str
    extra: str
    bench: Callable[[], tuple[Measure, ...]]


def run(subject: CompatibilitySubject, context: Context) -> Evidence:
    """Hold the graph's demands against the installed runtime, then try."""
    findings, measures = _demands(subject)
    if subject.unplanned:
        return context.not_run(subject.unplanned, extra=subject.extra)
    try:
        readings = subject.bench()
    except WorkerLimitError as error:
        # A limit of ours, or a busy machine: the question stays open.
        return context.failed(str(error), findings=findings)
    except WeighError as error:
        # Does not run here: that is an answer to the question, and a severe one.
        failure = Finding(
            "WGH-R001",
            Severity.HIGH,
            Confidence.HIGH,
            "model",
            f"the model does not run here: {error.what}",
            error.why or "the runtime refused it",
            error.hint or "try another export of the model or another version of the runtime",
        )
        return context.failed(str(error), findings=(*findings, failure))
    return context.answered(findings=findings, measures=(*measures, *readings))


def _demands(subject: CompatibilitySubject) -> tuple[tuple[Finding, ...], tuple[Measure, ...]]:
    findings: list[Finding] = []
    measures: list[Measure] = []
    ceiling = supported(subject.runtime_version) if subject.runtime_version else None
    for facts in subject.view.all_facts():
        if facts.format != "onnx":
            continue
        opset, ir = _versions(facts)
        for name, value in (("onnx_opset", opset), ("onnx_ir_version", ir)):
            if value is not None:
                measures.append(_count(name, value, facts.path))
        findings += _beyond(facts.path, (opset, ir), ceiling, subject.runtime_version)
    return tuple(findings), tuple(measures)


def _versions(facts: FileFacts) -> tuple[int | None, int | None]:
    opset = next((s.version for s in facts.operator_sets if s.domain in STANDARD_DOMAINS), None)
    fact = facts.fact("onnx.ir_version")
    return opset, fact.value if fact is not None and isinstance(fact.value, int) else None


def _beyond(
    path: str, asked: tuple[int | None, int | None], ceiling: tuple[int, int] | None, version: str
) -> list[Finding]:
    if ceiling is None:
        return []
    names = ("operator set", "IR version")
    return [
        Finding(
            "WGH-R002",
            Severity.LOW,
            Confidence.MEDIUM,
            path,
            f"it asks for {name} {value}; ONNX Runtime {version} is documented up to {limit}",
            "a runtime may refuse, or fall back for, operators newer than it knows",
            "trust the measured load below, or upgrade onnxruntime",
        )
        for name, value, limit in zip(names, asked, ceiling, strict=True)
        if value is not None and value > limit
    ]


def _count(name: str, value: int, path: str) -> Measure:
    return Measure(name, value, "count", 1, direction=Direction.NEUTRAL, labels=labelled(file=path))


CHECK: Check[CompatibilitySubject] = Check(
    id="compatibility",
    question="Will it run here, and how fast?",
    module=__name__,
    run=run,
)
