"""`--dry-run`: what would be fetched and run, and about how long, without doing either."""

from contextlib import closing

from weigh.core.errors import WeighError
from weigh.core.events import EventSink
from weigh.core.ref import parse_ref
from weigh.jobs.adopt.bring import Project, declared, open_project
from weigh.jobs.adopt.data import TABLE_CAPS, TEXT_CAPS
from weigh.jobs.adopt.options import NO_MODEL, AdoptOptions
from weigh.jobs.workbench import Workbench, open_workbench
from weigh.project.lock import LockedFile
from weigh.project.manifest import Declaration
from weigh.project.resolve import anchored
from weigh.render import numbers
from weigh.sources.source import Locked

TEXTS_A_SECOND = 300.0
"""A small encoder (20 M parameters, int8) on two cores; the real rate is measured when it runs."""


def forecast(options: AdoptOptions, events: EventSink) -> tuple[tuple[str, str], ...]:
    """Lines of (step, text)."""
    with closing(open_workbench(events, offline=options.offline)) as bench:
        return _lines(bench, open_project(options.project), options)


def _lines(bench: Workbench, project: Project, options: AdoptOptions) -> tuple[tuple[str, str], ...]:
    lines = [("fetch", _fetch(bench, project, options.data, data=True))]
    if options.model != NO_MODEL:
        lines.append(("fetch", _fetch(bench, project, options.model, data=False)))
    caps = TEXT_CAPS if options.roles.text else TABLE_CAPS
    most = [numbers.count(n) for n in (caps.train, caps.test, caps.shift)]
    lines.append(("data", f"at most {most[0]} rows to train on, {most[1]} to test on, {most[2]} a domain"))
    if options.model != NO_MODEL and options.roles.text:
        rows = caps.train + caps.test + (3 * caps.shift if options.roles.shift else 0)
        about = numbers.seconds(rows / TEXTS_A_SECOND)
        lines.append(("run", f"up to {numbers.count(rows)} texts, about {about} on two cores"))
    budget = numbers.seconds(options.budget_seconds)
    lines.append(("decide", f"every arm on five nested subsets, at most {budget} in all"))
    return tuple(lines)


def _fetch(bench: Workbench, project: Project, name: str, *, data: bool) -> str:
    declaration = declared(project, name, data=data)
    locked = project.lock.section(declaration.section)
    if not locked:
        return _unlocked(bench, declaration, name)
    missing = [f for f in locked if not bench.blobs.has(f.sha256)]
    if not missing:
        return f"{name}: all {len(locked)} locked files are here"
    wire, whole = _cost(bench, declaration, missing)
    total = numbers.size(sum(f.size for f in missing))
    return (
        f"{name}: {len(missing)} of {len(locked)} locked files, {total}; over the network {_size(wire)}, "
        f"{_size(whole)} if the server cannot serve parts"
    )


def _unlocked(bench: Workbench, declaration: Declaration, name: str) -> str:
    try:
        costs = [bench.source_of(p.ref.kind).cost(p.ref, {}) for p in declaration.parts]
    except WeighError as error:
        return f"{name}: not locked; {error.what}"
    return f"{name}: not locked; {_size(sum(c.bytes_whole for c in costs))} in whole files"


def _cost(bench: Workbench, declaration: Declaration, missing: list[LockedFile]) -> tuple[int, int]:
    wire = whole = 0
    seen: set[str] = set()
    for file in missing:
        ref = anchored(parse_ref(file.ref), declaration.folder)
        promise = Locked(file.distribution, file.distribution_sha256, file.size, file.sha256)
        cost = bench.source_of(ref.kind).cost(ref, {ref: promise})
        wire += max(cost.bytes_needed, 0)
        if file.distribution not in seen:
            seen.add(file.distribution)
            whole += max(cost.bytes_whole, 0)
    return wire, whole


def _size(value: int) -> str:
    return numbers.size(value) if value >= 0 else "an unknown size"
