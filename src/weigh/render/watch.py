"""The screen of a watch: the answer first, then what differs most, then what could not be seen."""

from collections.abc import Iterator

from weigh.core.errors import ExitCode
from weigh.core.evidence import Evidence
from weigh.core.finding import Severity
from weigh.core.measure import Measure
from weigh.core.profile import Profile
from weigh.render import numbers
from weigh.render.escape import cells, clip, visible
from weigh.render.layout import INDENT, wrap

MOST_PARTS = 8
"""Lines of differences; the rest is in the JSON."""

MOST_FINDINGS = 6
_NAME_CELLS = 24

_ACCURACY_CELLS = 18
"""Less than a name has: figures of accuracy are longer, and some carry a mark."""

_MEASURED_FELL = "WGH-W004"
"""The one alarm that comes from the labels and not from the rows."""

_HEADLINES = {
    ExitCode.FINE: "QUIET: these rows look like those it was judged on",
    ExitCode.NO: "ALARM: these rows are not like those it was judged on",
    ExitCode.UNKNOWN: "UNKNOWN: this batch does not tell",
}

_SAID = {"ks": "values", "total_variation": "shares", "missing": "missing", "mmd": "cloud", "drop": "drop"}


def screen(
    profile: Profile, evidence: Evidence, *, data: str, rows: int, exit_code: ExitCode, width: int
) -> str:
    """The answer as one screen, ending with the exit code and a newline. Every name is escaped.

    Args:
        profile: the reference.
        evidence: the answer of the check `watch`.
        data: how the user called the new rows.
        rows: rows compared.
        exit_code: how the command will end.
        width: cells in a line.
    """
    room = max(width, 40)
    against = f"{visible(data)} · {numbers.count(rows)} rows against {numbers.count(sum(profile.labels))}"
    if profile.answering is not None:
        against += f" · {visible(profile.answering.arm)}"
    lines = [
        _line("watch", against, room),
        "",
        *_headline(evidence, exit_code, room),
        *_wrapped(_reason(evidence), room),
        "",
        *_parts(evidence, room),
        *_accuracy(evidence, room),
        *_told(evidence, room),
        "",
        f"{'':<{INDENT}}exit {int(exit_code)}",
    ]
    return "\n".join(lines) + "\n"


def _headline(evidence: Evidence, exit_code: ExitCode, room: int) -> Iterator[str]:
    """The answer; an alarm says whether it comes from the rows, from their labels, or from both."""
    now, before = evidence.measure("accuracy_measured"), evidence.measure("accuracy_reference")
    if exit_code is not ExitCode.NO or not _measured_fell(evidence) or now is None or before is None:
        yield _line("Verdict", _HEADLINES[exit_code], room)
        return
    told = f"is {_figures(now)}, held out it was {_figures(before)}"
    if _rows_differ(evidence):
        yield _line("Verdict", _HEADLINES[exit_code], room)
        yield from _wrapped(f"and accuracy measured on them {told}", room)
    else:
        yield from _wrapped(f"ALARM: accuracy measured on these rows {told}", room, name="Verdict")


def _measured_fell(evidence: Evidence) -> bool:
    return any(f.rule == _MEASURED_FELL for f in evidence.findings)


def _rows_differ(evidence: Evidence) -> bool:
    return any(f.severity is Severity.HIGH and f.rule != _MEASURED_FELL for f in evidence.findings)


def _reason(evidence: Evidence) -> str:
    outcome = evidence.outcome
    needs = f"; {numbers.count(outcome.needs_n)} rows would tell" if outcome.needs_n is not None else ""
    if outcome.reason:
        return visible(outcome.reason) + needs
    unseen = [m.value for m in evidence.measures if m.name == "smallest_drift_found" and m.value is not None]
    if not unseen:
        return ""
    unseen_below = f"a difference below {max(unseen):.2f} could go unseen in one part or another"
    if _measured_fell(evidence) and not _rows_differ(evidence):
        return f"the rows themselves raise no alarm; {unseen_below}"
    return unseen_below


def _parts(evidence: Evidence, room: int) -> Iterator[str]:
    """The parts in the order of the evidence: alarms first, then by how much of an alarm each is."""
    found = [m for m in evidence.measures if m.name == "drift" and m.label("statistic") != "drop"]
    shown, hidden = found[:MOST_PARTS], found[MOST_PARTS:]
    for place, measure in enumerate(shown):
        yield _line("Drift" if place == 0 else "", _part(evidence, measure), room)
    if hidden:
        alarms = sum(measure.label("alarm") == "yes" for measure in hidden)
        among = f", {numbers.count(alarms)} of them alarms," if alarms else ""
        yield _line("", f"{numbers.count(len(hidden))} more{among} are in the JSON", room)


def _part(evidence: Evidence, measure: Measure) -> str:
    labels = {key: measure.label(key) for key in ("family", "part", "statistic")}
    p_value = evidence.measure("drift_p", **labels)
    name = clip(measure.label("part"), _NAME_CELLS)
    padded = name + " " * (_NAME_CELLS - cells(name))
    said = _SAID.get(measure.label("statistic"), "")
    unit = " sd" if measure.unit == "sd" else ""
    value = numbers.estimate(measure.value, measure.low, measure.high)
    mark = " · alarm" if measure.label("alarm") == "yes" else ""
    return f"{padded} {said:<8} {value}{unit} · {numbers.p_value(p_value.value if p_value else None)}{mark}"


_ACCURACY: tuple[tuple[str, dict[str, str], str], ...] = (
    ("accuracy_reference", {}, "held out"),
    ("accuracy_measured", {}, "measured"),
    ("accuracy_estimated", {"estimate": "cbpe"}, "estimated (CBPE)"),
    ("accuracy_estimated", {"estimate": "atc"}, "estimated (ATC)"),
)


def _accuracy(evidence: Evidence, room: int) -> Iterator[str]:
    found = [(evidence.measure(name, **labels), said) for name, labels, said in _ACCURACY]
    shown = [(measure, said) for measure, said in found if measure is not None]
    for place, (measure, said) in enumerate(shown):
        text = f"{said:<{_ACCURACY_CELLS}} {_figures(measure)}{_mark(evidence, measure)}"
        yield _line("Accuracy" if place == 0 else "", text, room)
    if any(_doubted(measure) for measure, _ in shown):
        yield from _wrapped("does not hold: these rows are unlike those it was calibrated on", room)


def _doubted(measure: Measure) -> bool:
    return measure.label("holds") == "no"


def _mark(evidence: Evidence, measure: Measure) -> str:
    """What must not be overlooked beside a figure."""
    if _doubted(measure):
        return " · does not hold"
    return " · alarm" if measure.name == "accuracy_measured" and _measured_fell(evidence) else ""


def _figures(measure: Measure) -> str:
    return numbers.with_interval(measure.value, measure.low, measure.high, measure.n)


def _told(evidence: Evidence, room: int) -> Iterator[str]:
    """Findings that are no difference already shown, the gravest first."""
    others = [f for f in evidence.findings if f.severity is not Severity.HIGH]
    others.sort(key=lambda f: -f.severity.rank)
    for place, finding in enumerate(others[:MOST_FINDINGS]):
        text = f"{finding.rule} {visible(finding.message)}"
        for line, part in enumerate(wrap(text, room - INDENT, lines=3)):
            yield _line("Know" if place == line == 0 else "", part, room)


def _wrapped(text: str, room: int, *, name: str = "") -> list[str]:
    """Text in at most four lines, the first one behind its name."""
    told = wrap(text, room - INDENT, lines=4) if text else []
    return [_line(name if place == 0 else "", part, room) for place, part in enumerate(told)]


def _line(name: str, text: str, room: int) -> str:
    return f"{name:<{INDENT}}{clip(text, room - INDENT)}".rstrip()
