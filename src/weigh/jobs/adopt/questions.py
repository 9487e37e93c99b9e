"""Put every question of the table to the case: what the decision leans on is examined."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from weigh.checks.case import Asking, Case, NotAsked, Question
from weigh.core.check import Check, Context
from weigh.core.errors import MissingExtraError, StorageError, WeighError
from weigh.core.events import Progress
from weigh.core.evidence import Evidence
from weigh.core.ports import Clock
from weigh.jobs.workbench import Workbench

STEP = "question"


def put_questions(
    bench: Workbench, case: Case, questions: Iterable[Question[Any]], *, ends: float
) -> dict[str, NotAsked]:
    """Ask what can be asked; everything else with its reason.

    Args:
        bench: where questions are asked.
        case: what there is to ask about.
        questions: in the order of the report.
        ends: monotonic time after which nothing new is worked out; answers already in the ledger are read.

    Returns:
        Check id → why its question was not put.
    """
    asked = tuple(questions)
    absent: dict[str, NotAsked] = {}
    for number, question in enumerate(asked):
        bench.events.emit(Progress(STEP, number, len(asked), "questions"))
        put = question.put(case)
        if isinstance(put, NotAsked):
            absent[question.check.id] = put
        else:
            _put(bench, question.check, put, seed=case.declared.seed, ends=ends)
    bench.events.emit(Progress(STEP, len(asked), len(asked), "questions"))
    return absent


def _put(bench: Workbench, check: Check[Any], put: Asking[Any], *, seed: int, ends: float) -> None:
    bench.ask(
        replace(check, run=_guarded(check, bench.clock, ends)),
        put.subject,
        lambda: put.payload,
        parameters=put.parameters,
        inputs=put.inputs,
        seed=seed if put.seeded else 0,
        runtimes=put.runtimes,
    )


def _guarded(check: Check[Any], clock: Clock, ends: float) -> Callable[[Any, Context], Evidence]:
    """The check's run; a model that dies, hangs or answers nonsense under it breaks it, not the job."""

    def run(payload: Callable[[], Any], context: Context) -> Evidence:
        if clock.monotonic() >= ends:
            return context.not_run("the time budget was used up", permission="a longer --budget")
        try:
            return check.run(payload(), context)
        except MissingExtraError as error:
            return context.not_run(str(error), extra=error.extra)
        except StorageError:
            raise
        except WeighError as error:
            return context.failed(str(error))

    return run
