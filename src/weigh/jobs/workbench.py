"""The workbench: store, ledger, sources and clock of one run, and the one way to ask a question."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weigh import __version__
from weigh.code.closure import code_digest
from weigh.core.check import Check, Context
from weigh.core.events import EventSink
from weigh.core.evidence import Evidence
from weigh.core.ports import Clock
from weigh.core.ref import RefKind
from weigh.core.report import Answer
from weigh.core.request import Request
from weigh.core.subject import Subject
from weigh.ledger.ledger import Ledger
from weigh.sources.source import Source
from weigh.sources.table import Sources, open_sources
from weigh.store.blobs import Blobs
from weigh.store.derived import Derived
from weigh.system.atomic import storing
from weigh.system.clock import SystemClock
from weigh.system.machine import machine_class
from weigh.system.places import Places, places as find_places


@dataclass(slots=True)
class Workbench:
    """Everything a job works with. One a run.

    Attributes:
        places: folders of this user.
        blobs: verified files.
        derived: values computed before; None when everything is asked again.
        ledger: requests and their evidence.
        events: whoever is watching.
        clock: time.
        source_of: the source for a kind of ref.
        answers: every answer given in this run, in order.
    """

    places: Places
    blobs: Blobs
    derived: Derived | None
    ledger: Ledger
    events: EventSink
    clock: Clock
    source_of: Sources
    answers: list[Answer] = field(default_factory=list)

    def is_fresh(self, evidence: Evidence) -> bool:
        """Whether this evidence was made in this run, and not read from the ledger."""
        return any(a.evidence.digest == evidence.digest and a.envelope.fresh for a in self.answers)

    def close(self) -> None:
        """End the connections of the sources."""
        self.source_of.close()

    def ask(
        self,
        check: Check[Any],
        subject: Subject,
        payload: Callable[[], Any],
        *,
        parameters: Mapping[str, Any] | None = None,
        inputs: tuple[tuple[str, str], ...] = (),
        seed: int = 0,
        runtimes: tuple[tuple[str, str], ...] = (),
        machine: str = "",
    ) -> Evidence:
        """Put a question to the ledger; it is answered here only if it was not answered before.

        Args:
            check: the question.
            subject: what it is about.
            payload: makes the value the check runs on; called only on a miss.
            parameters: JSON values that change the answer.
            inputs: (name, digest) of everything else that is read.
            seed: seed of the answer's randomness.
            runtimes: (library, version) that take part.
            machine: class of the machine, for timings.
        """
        request = Request(
            check.id,
            code_digest(check.module, data_files=check.rule_data),
            subject,
            parameters or {},
            inputs,
            seed,
            runtimes,
            machine,
        )
        context = Context(request, self.clock, self.events)
        recorded = self.ledger.answer(request, lambda: check.run(payload(), context))
        self.answers.append(Answer(check.question, recorded.evidence, recorded.envelope, check.pictures))
        return recorded.evidence


@dataclass(frozen=True, slots=True)
class _Home:
    places: Places


def _versions(places: Places) -> Source:
    from weigh.versions.extra import require_extra

    require_extra()
    from weigh.versions.weigh_source import WeighSource

    return WeighSource(_Home(places))


def open_workbench(
    events: EventSink, *, offline: bool = False, refresh: bool = False, full_fetch: bool = False
) -> Workbench:
    """The workbench of this user on this machine.

    Args:
        events: whoever is watching.
        offline: touch no network.
        refresh: ask everything again.
        full_fetch: a whole fetch may replace a partial one.
    """
    places = find_places(os.environ)
    # What is kept came from the user's own files, too: nobody else on the machine may read it.
    with storing(places.home):
        places.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    blobs = Blobs(places.store)
    sources = open_sources(
        os.environ,
        sink=blobs,
        events=events,
        confirm=lambda _: full_fetch,
        offline=offline,
        user_agent=f"weigh/{__version__}",
    )
    sources.register(RefKind.WEIGH, lambda: _versions(places))
    ledger = Ledger(
        places.ledger,
        blobs,
        clock=clock,
        tool=__version__,
        host=machine_class(),
        events=events,
        refresh=refresh,
    )
    derived = None if refresh else Derived(places.store, blobs, events=events)
    return Workbench(places, blobs, derived, ledger, events, clock, sources)
