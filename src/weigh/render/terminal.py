"""The one screen that answers, and the three lines of an error. Values in, text out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weigh.core.errors import ExitCode, MalformedError, UntrustedError, WeighError
from weigh.core.outcome import OutcomeKind
from weigh.core.recommendation import LabelsWorth, Recommendation, Statement
from weigh.core.report import Report, StepLine
from weigh.core.verdict import Reason, Verdict, VerdictKind
from weigh.render import numbers
from weigh.render.escape import cells, clip, visible
from weigh.render.layout import INDENT, SEPARATOR, STEP_WIDTH, parts, wrap
from weigh.render.standing import Standing, standings
from weigh.render.words import continued

MAX_LINES = 40
"""The screen is one screen: a terminal of 40 lines shows all of it."""

MIN_WIDTH = 40
MAX_STEPS = 10
MAX_REASONS = 3
MAX_UNKNOWN = 4
MAX_LIMITS = 2
MAX_POLICY_LINES = 3
MAX_NEXT = 3
MAX_COMMAND_LINES = 3

_BOLD, _GREEN, _YELLOW, _RED, _DIM = "1", "32", "33", "31", "2"


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or leaves it as it is. Only ever given text that is already escaped."""

    on: bool

    def __call__(self, text: str, *codes: str) -> str:
        """`text` in the given SGR codes (ECMA-48, 8.3.117)."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.on and codes else text


def screen(report: Report, *, width: int, colour: bool) -> str:
    """The report as one screen of at most 40 lines, ending with the exit code and a newline.

    Args:
        report: what to show.
        width: cells in a line; fewer than 40 count as 40.
        colour: whether the terminal takes colours.
    """
    usable = max(width, MIN_WIDTH)
    paint = Paint(colour)
    lines = _compose(report, usable, paint, lines_each=2)
    if len(lines) > MAX_LINES:
        lines = _compose(report, usable, paint, lines_each=1)
    if len(lines) > MAX_LINES:
        # What was done gives way to what came out of it.
        most = max(2, min(len(report.steps), MAX_STEPS) - (len(lines) - MAX_LINES))
        lines = _compose(report, usable, paint, lines_each=1, steps=most)
    return "\n".join(lines) + "\n"


def error_screen(error: WeighError) -> str:
    """An error in at most three lines, what, why and what to try, without a final newline."""
    lines = [f"weigh: {visible(error.what)}"]
    why = [visible(error.why)] if error.why else []
    if isinstance(error, MalformedError):
        why += [f"rule {visible(error.rule)}"] if error.rule else []
        why += [f"at byte {numbers.count(error.offset)}"] if error.offset is not None else []
    if isinstance(error, UntrustedError):
        why.append("nothing of it was executed")
    if why:
        lines.append(f"  why   {SEPARATOR.join(why)}")
    if error.hint:
        lines.append(f"  try   {visible(error.hint)}")
    return "\n".join(lines)


def _compose(
    report: Report, width: int, paint: Paint, *, lines_each: int, steps: int = MAX_STEPS
) -> list[str]:
    blocks = [
        _steps(report.steps, width, most=steps),
        _verdict(report, width, paint),
        _reasons(report, width, paint, lines_each=lines_each),
        [*_next(report, width), " " * INDENT + f"exit {int(report.exit_code)}"],
    ]
    out: list[str] = []
    for block in blocks:
        if block:
            out += [*([""] if out else []), *block]
    return out


def _steps(steps: Sequence[StepLine], width: int, *, most: int) -> list[str]:
    shown = steps if len(steps) <= most else steps[-(most - 1) :]
    hidden = len(steps) - len(shown)
    earlier = f"  {'…':<{STEP_WIDTH}} {hidden} earlier steps are in the report"
    lines = [clip(earlier, width)] if hidden else []
    for step in shown:
        name = clip(step.step, STEP_WIDTH)
        lines.append(clip(f"  {_pad(name, STEP_WIDTH)} {visible(step.text)}", width))
    return lines


def _verdict(report: Report, width: int, paint: Paint) -> list[str]:
    headline = clip(report.headline, width - INDENT)
    policy = policy_line(report.verdict)
    gap = " " * 6
    first = _pad("Verdict", INDENT) + paint(headline, _BOLD, _shade(report.exit_code))
    room = width - INDENT
    if cells(headline) + len(gap) + cells(policy) <= room:
        lines = [f"{first}{gap}{policy}"]
    else:
        lines = [first, *_indented(wrap(policy, room, lines=2))]
    lines += _indented(_policy_reasons(report.verdict, room, paint))
    if report.recommendation is not None:
        lines += _indented(_scores(report.recommendation, room))
        lines += _indented(_price(report.recommendation, room))
    return lines


def nothing_listed(report: Report) -> str:
    """What stands under `Unknown` when nothing is listed there: only a report without gaps says so."""
    lines = sum(r.kind is VerdictKind.UNKNOWN and r.applies for r in report.verdict.reasons)
    checks = sum(a.evidence.outcome.kind is not OutcomeKind.ANSWERED for a in report.answers)
    open_ones = [
        f"{numbers.count(n)} {what}{'' if n == 1 else 's'}"
        for n, what in ((lines, "policy line"), (checks, "question"))
        if n
    ]
    if not open_ones:
        return "Everything that was asked got its answer."
    return f"Without an answer: {' and '.join(open_ones)}; they stand below."


def policy_line(verdict: Verdict) -> str:
    """`policy team: pass · no waivers · 2 unknown, neither required`."""
    waivers = "no waivers" if not verdict.waived else _plural(verdict.waived, "waiver")
    said = [f"policy {visible(verdict.policy, limit=80)}: {verdict.kind.value}", waivers]
    unknown = [r for r in verdict.reasons if r.kind is VerdictKind.UNKNOWN and r.applies]
    if unknown:
        required = sum(r.required for r in unknown)
        said.append(f"{len(unknown)} unknown, {_how_many(required, len(unknown))}")
    return SEPARATOR.join(said)


def _how_many(required: int, total: int) -> str:
    if required == 0:
        return {1: "not required", 2: "neither required"}.get(total, "none required")
    return ("required" if total == 1 else "all required") if required == total else f"{required} required"


def _policy_reasons(verdict: Verdict, room: int, paint: Paint) -> list[str]:
    """What made the verdict less than a pass; nothing to say when it is one."""
    order = {VerdictKind.FAIL: 0, VerdictKind.UNKNOWN: 1, VerdictKind.PASS: 2}
    open_ones = sorted(
        (r for r in verdict.reasons if r.required and r.kind is not VerdictKind.PASS),
        key=lambda r: order[r.kind],
    )
    lines = [_policy_reason(r, room, paint) for r in open_ones[:MAX_POLICY_LINES]]
    if len(open_ones) > MAX_POLICY_LINES:
        lines.append(f"and {len(open_ones) - MAX_POLICY_LINES} more lines of the policy")
    return lines


def _policy_reason(reason: Reason, room: int, paint: Paint) -> str:
    waiver = f" (waived by {reason.waiver})" if reason.waiver else ""
    text = clip(f"{visible(reason.requirement)}: {visible(reason.text + waiver)}", room - 9)
    word = _pad(reason.kind.value, 8)
    return f"{paint(word, _RED if reason.kind is VerdictKind.FAIL else _YELLOW)} {text}"


def _scores(recommendation: Recommendation, room: int) -> list[str]:
    """The recommended way's score first, then the best of each other kind."""
    ranked = standings(recommendation)
    if not ranked:
        return []
    pieces = [_score(s, ranked[0]) for s in ranked]
    return parts([f"{visible(recommendation.metric, limit=40)} {pieces[0]}", *pieces[1:]], room, lines=3)


def _score(standing: Standing, first: Standing) -> str:
    score = standing.score
    # The n is said once when it is the same for all, which it is for paired comparisons.
    n = score.n if standing is first or score.n != first.score.n else 0
    value = numbers.with_interval(score.value, score.low, score.high, n)
    return value if standing.recommended else f"{standing.label} {value}"


def _price(recommendation: Recommendation, room: int) -> list[str]:
    worth = recommendation.worth
    pieces = [worth_phrase(worth)] if worth else []
    chosen = recommendation.result(recommendation.arm)
    if chosen is not None:
        cost = chosen.cost
        fitted = cost is not None and cost.labels > 0 and cost.fit_seconds > 0
        trained = f", {numbers.seconds(cost.fit_seconds)} to train" if cost and fitted else ""
        pieces.append(f"{visible(chosen.title, limit=80)}{trained}")
    lines = parts(pieces, room, lines=2) if pieces else []
    if not recommendation.decision.adopts:
        lines += wrap(visible(recommendation.because), room, lines=2)
    return lines


def worth_phrase(worth: LabelsWorth) -> str:
    """`worth about 4,600 labels [3,900, 5,700] of training from scratch; it used 2,000`."""
    used = f" of training from scratch; it used {numbers.count(worth.used)}"
    if worth.value is None:
        return f"worth more than {numbers.count(worth.more_than)} labels{used}"
    low = "?" if worth.low is None else numbers.count(worth.low)
    high = "beyond reach" if worth.high is None else numbers.count(worth.high)
    return f"worth about {numbers.count(worth.value)} labels [{low}, {high}]{used}"


def _reasons(report: Report, width: int, paint: Paint, *, lines_each: int) -> list[str]:
    unknown, against, favour = report.unknown, report.reasons_against, report.reasons_for
    limits = tuple(Statement(text) for text in report.limits)
    return [
        *_bullets("For", "+", favour, width, paint, (_GREEN, MAX_REASONS, lines_each)),
        *_bullets("Against", numbers.MINUS, against, width, paint, (_RED, MAX_REASONS, lines_each)),
        *_bullets("Unknown", "?", unknown, width, paint, (_YELLOW, MAX_UNKNOWN, lines_each)),
        *_bullets("Limits", "!", limits, width, paint, (_YELLOW, MAX_LIMITS, lines_each)),
    ]


def _bullets(
    label: str,
    mark: str,
    statements: Sequence[Statement],
    width: int,
    paint: Paint,
    style: tuple[str, int, int],
) -> list[str]:
    shade, most, lines_each = style
    lines: list[str] = []
    for statement in statements[:most]:
        first, *rest = wrap(visible(statement.text), width - INDENT - 2, lines=lines_each)
        lines += [f"{paint(mark, shade)} {first}", *(f"  {line}" for line in rest)]
    if len(statements) > most:
        lines.append(f"  and {len(statements) - most} more in the report")
    return [_pad(label if i == 0 else "", INDENT) + line for i, line in enumerate(lines)]


def _next(report: Report, width: int) -> list[str]:
    """Commands whole, so that they can be copied; a long one goes on in the next line as a shell reads it."""
    shown = report.next_commands[:MAX_NEXT]
    room = width - INDENT
    commands = [visible(n.command) for n in shown]
    column = max((cells(c) for c in commands if cells(c) <= room // 2), default=0)
    lines: list[str] = []
    for command, n in zip(commands, shown, strict=True):
        if cells(command) <= room // 2:
            lines.append(clip(f"{_pad(command, column)}   {visible(n.text)}".rstrip(), room))
        else:
            lines += [*_whole(command, room), clip(f"  {visible(n.text)}", room)]
    return [_pad("Next" if i == 0 else "", INDENT) + line for i, line in enumerate(lines)]


def _whole(command: str, room: int) -> list[str]:
    """The command on as many lines as it takes, or its beginning where that is too much for a screen."""
    lines = continued(command, room)
    fits = len(lines) <= MAX_COMMAND_LINES and all(cells(line) <= room for line in lines)
    return lines if fits else [clip(command, room)]


def _indented(lines: Iterable[str]) -> list[str]:
    return [" " * INDENT + line for line in lines]


def _pad(text: str, width: int) -> str:
    """Padded to `width` cells, with one space at least after a label that fills it."""
    return text + " " * max(width - cells(text), 0)


def _shade(code: ExitCode) -> str:
    return {ExitCode.FINE: _GREEN, ExitCode.UNKNOWN: _YELLOW}.get(code, _RED)


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
