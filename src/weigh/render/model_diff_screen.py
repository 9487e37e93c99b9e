"""The screen of `weigh diff` for models: what happened as a whole, then by layer, then every other file."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from weigh.core.model_diff import (
    AnswerChange,
    Distance,
    Form,
    ListChange,
    ModelDiff,
    Share,
    Spread,
    TensorDiff,
    Turn,
)
from weigh.render import numbers
from weigh.render.diff_screen import MARK, code_lines, counts, file_line, terminal_line, turned, value_line
from weigh.render.escape import cells, clip, visible
from weigh.render.model_layers import Layer, by_layer

MOST_LAYERS = 8
MOST_TENSORS = 4
MOST = 12
MOST_STEPS = 1 << 24
"""Steps between two values that are told in one line; more are a change of sign, and say nothing."""
_MOST_NAME = 400
_WIDE = 110
"""Cells from which the table takes its wide form."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Room:
    """Cells of the columns: `name` of a tensor, `bar` of its change."""

    width: int
    name: int
    bar: int

    @classmethod
    def of(cls, width: int) -> "_Room":
        return cls(width, 44, 8) if width >= _WIDE else cls(max(width, 40), 26, 4)


def model_diff_screen(diff: ModelDiff, *, width: int = 100, whole: bool = False) -> str:
    """The text of a comparison, a line feed at the end of each line.

    Args:
        diff: what differs.
        width: cells of a line.
        whole: show every line of every kind.
    """
    lines = [*_heading(diff, width), ""]
    if not diff.differs:
        lines.append("  nothing differs")
    else:
        lines += _tensors(diff, _Room.of(width), whole=whole)
        for title, body in _others(diff, whole=whole):
            if body:
                lines += ["", f"  {title}", *(f"    {line}" for line in body)]
    if diff.answers is not None:
        lines += ["", *(f"  {line}" for line in answer_lines(diff.answers))]
    lines += [f"  ? {visible(line)}" for line in (["", *diff.unknown] if diff.unknown else []) if line]
    return "".join(f"{terminal_line(line, width)}\n" for line in lines)


def _heading(diff: ModelDiff, width: int) -> list[str]:
    """What is compared, in one line if it fits; of long paths the ends tell more than the beginnings."""
    old, new = visible(diff.old, limit=_MOST_NAME), visible(diff.new, limit=_MOST_NAME)
    if cells(f"  {old} → {new}") <= width:
        return [f"  {old} → {new}"]
    return [f"  {_ending(old, width - 2)}", f"  → {_ending(new, width - 4)}"]


def _ending(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    while text and cells(text) >= room:
        text = text[1:]
    return f"…{text}"


def _tensors(diff: ModelDiff, room: _Room, *, whole: bool) -> Iterator[str]:
    weights = [t for t in diff.tensors if not t.training]
    if not (weights or diff.same_tensors or diff.tensors):
        return
    if diff.reading:
        yield from _wrapped("  ", visible(diff.reading, limit=400), room)
    yield f"  tensors  {turns(weights, diff.same_tensors)}"
    yield f"  values   {_size(diff)}"
    if diff.overall is not None:
        yield from _wrapped("  moved    ", distance_line(diff.overall), room)
    training = [t for t in diff.tensors if t.training]
    if training or diff.same_training:
        yield f"  training {turns(training, diff.same_training)} (optimiser and schedule; not shown)"
    yield from _layers(by_layer(weights), room, whole=whole)


def _wrapped(head: str, text: str, room: _Room) -> list[str]:
    return textwrap.wrap(text, room.width, initial_indent=head, subsequent_indent=" " * len(head))


def _size(diff: ModelDiff) -> str:
    old, new = numbers.count(diff.old_values), numbers.count(diff.new_values)
    text = old if diff.old_values == diff.new_values else f"{old} → {new}"
    return f"{text} · {numbers.count(diff.same_values)} of them in tensors that are the same"


def turns(tensors: Sequence[TensorDiff], same: int) -> str:
    """`12 changed · 1 added · 92 the same`."""
    found = Counter(t.turn for t in tensors)
    parts = [f"{found[turn]} {TURNS[turn]}" for turn in Turn if found[turn]]
    return " · ".join([*parts, f"{same} the same"])


TURNS = {
    Turn.ADDED: "added",
    Turn.REMOVED: "removed",
    Turn.RENAMED: "renamed",
    Turn.RESHAPED: "reshaped",
    Turn.RETYPED: "of another type",
    Turn.CHANGED: "changed",
    Turn.UNKNOWN: "not compared",
}


def distance_line(far: Distance) -> str:
    """`relative L2 0.0396 · cosine 0.99922 · 100 % of the values · …`."""
    parts = [
        f"relative L2 {small(far.relative_l2)}",
        f"cosine {cosine(far.cosine)}",
        f"{share(far.changed)} of the values",
        f"mean |d| {small(far.mean_absolute)}",
        f"largest {small(far.largest_absolute)}",
    ]
    if far.largest_steps is not None and far.largest_steps < MOST_STEPS:
        parts.append(f"{numbers.compact(far.largest_steps)} steps at most")
    return " · ".join([*parts, *not_finite(far)])


def not_finite(far: Distance) -> list[str]:
    """What is to be said of NaN and infinities."""
    pairs = (("NaN", far.nan_old, far.nan_new), ("infinite", far.infinite_old, far.infinite_new))
    return [f"{word} {old} → {new}" for word, old, new in pairs if old or new]


def small(value: float | None) -> str:
    """A magnitude in three digits; `?` where there is none."""
    return "?" if value is None else f"{value:.3g}"


def cosine(value: float | None) -> str:
    """A cosine with as many nines as it has."""
    if value is None:
        return "?"
    apart = 1.0 - value
    places = 4 if apart > 0.01 else 6 if apart > 1e-5 else 9
    return numbers.number(value, decimals=places)


def share(value: float) -> str:
    """A share as a percentage; never 100 % or 0 % unless it is all or nothing."""
    if value in {0.0, 1.0}:
        return f"{value:.0%}".replace("%", " %")
    digits = 100 * value
    text = f"{digits:.1f}" if 0.1 <= digits < 99.95 else f"{digits:.3g}"
    return f"{'>99.9' if text in {'100', '100.0'} else text} %"


def _layers(layers: Sequence[Layer], room: _Room, *, whole: bool) -> Iterator[str]:
    if not layers:
        return
    top = max(layer.moved for layer in layers)
    yield ""
    yield f"  {'':<{room.name}}  {'moved':<{room.bar + 9}} {'cosine':>11}  {'values':>7}  change"
    for layer in layers if whole else layers[:MOST_LAYERS]:
        yield f"  {visible(layer.name or '(no layer)', limit=80)}"
        shown = layer.tensors if whole else layer.tensors[:MOST_TENSORS]
        yield from (f"    {_tensor(rest, tensor, top, room)}" for rest, tensor in shown)
        if len(layer.tensors) > len(shown):
            yield f"    and {len(layer.tensors) - len(shown)} more"
    if not whole and len(layers) > MOST_LAYERS:
        rest = layers[MOST_LAYERS:]
        count = sum(len(layer.tensors) for layer in rest)
        yield f"  and {len(rest)} more layers with {count} tensors (--all)"


def _tensor(rest: str, tensor: TensorDiff, top: float, room: _Room) -> str:
    name = clip(rest, room.name - 2)
    name += " " * (room.name - 2 - cells(name))
    far = tensor.distance
    if far is None:
        return f"{name}  {change_words(tensor)}"
    bar = "█" * round(room.bar * (far.relative_l2 or 0.0) / top) if top > 0 else ""
    moved = f"{bar:<{room.bar}} {small(far.relative_l2):<8}"
    return f"{name}  {moved} {cosine(far.cosine):>11}  {share(far.changed):>7}  {change_words(tensor)}"


def change_words(tensor: TensorDiff) -> str:
    """What happened to a tensor beside its numbers: `of another type, rank 8, F32 [4] → BF16 [4]`."""
    parts = []
    old, new = (form(f) for f in (tensor.old, tensor.new))
    if tensor.turn is not Turn.CHANGED:
        parts.append(TURNS[tensor.turn])
    if (rank := rank_words(tensor)) and tensor.turn is not Turn.RENAMED:
        parts.append(rank)
    parts.append(old if not new else new if not old or old == new else f"{old} → {new}")
    if tensor.old_name and tensor.old_name != tensor.name:
        parts.append(f"was {visible(tensor.old_name, limit=100)}")
    if tensor.distance is not None:
        if tensor.distance.as_rounded is not None:
            parts.append(f"{share(tensor.distance.as_rounded)} as rounding gives")
        parts += not_finite(tensor.distance)
    return ", ".join([*parts, *([visible(tensor.note, limit=160)] if tensor.note else [])])


def rank_words(tensor: TensorDiff) -> str:
    """`rank 8`, `full rank`, …; "" where nothing is told."""
    rank = tensor.rank
    if rank is None or rank.spread is Spread.UNTOLD:
        return ""
    return {
        Spread.LOW: f"rank {rank.rank}",
        Spread.FULL: "full rank",
        Spread.ROWS: "few rows",
        Spread.ROUNDING: "rank hidden by rounding",
    }[rank.spread]


def form(tensor: Form | None) -> str:
    """`F32 [384, 384]`, with the layout of its payload where that is not plain."""
    if tensor is None:
        return ""
    shape = f"{tensor.dtype} [{', '.join(map(str, tensor.shape))}]"
    return visible(f"{shape} ({tensor.encoding})" if tensor.encoding else shape, limit=120)


def _others(diff: ModelDiff, *, whole: bool) -> Iterator[tuple[str, list[str]]]:
    yield "stated", list(_some(diff.statements, turned, whole=whole))
    yield f"files    {counts(diff.files)}", list(_some(diff.files, file_line, whole=whole))
    yield "lists", [line for change in diff.lists for line in list_lines(change)]
    yield "values", list(_some(diff.values, value_line, whole=whole))
    for code in diff.code:
        title = f"code     {MARK[code.kind]} {visible(code.path, limit=80)}"
        yield title, list(code_lines(code, whole=whole))


def list_lines(change: ListChange) -> Iterator[str]:
    """`vocabulary of vocab.txt: 30,522 → 30,524 · 2 added`, and a few entries below it."""
    size = f"{numbers.count(change.old_count)} → {numbers.count(change.new_count)}"
    counted = (("added", change.added), ("removed", change.removed), ("moved", change.moved))
    told = " · ".join(f"{numbers.count(n)} {word}" for word, n in counted if n)
    yield f"{change.what} of {visible(change.file, limit=80)}: {size} · {told}"
    yield f"  {', '.join(visible(text, limit=40) for text in change.examples)}"


def answer_lines(answers: AnswerChange) -> Iterator[str]:
    """How the answers differ, one line each."""
    data, how = visible(answers.data, limit=80), visible(answers.how, limit=120)
    yield f"answers  {numbers.count(answers.n)} rows of {data}, {how}"
    yield f"  flipped            {percent_line(answers.flipped)}"
    if answers.positive is not None and answers.negative is not None:
        yield f"  wrong, right now   {percent_line(answers.positive)}"
        yield f"  right, wrong now   {percent_line(answers.negative)}"
    if answers.old_accuracy is not None and answers.new_accuracy is not None:
        old, new = (share(a.value) for a in (answers.old_accuracy, answers.new_accuracy))
        yield f"  accuracy           {old} → {new}"
    if answers.difference is not None:
        p = "" if answers.p_value is None else f", McNemar p {numbers.p_value(answers.p_value)}"
        yield f"  difference         {_points(answers.difference)}{p}"
    yield from (f"  {visible(note)}" for note in answers.notes)


def percent_line(rows: Share) -> str:
    """`12 rows, 1.7 % [0.9, 3.0]`."""
    low, high = (f"{100 * end:.1f}" for end in (rows.low, rows.high))
    return f"{numbers.count(rows.count)} rows, {100 * rows.value:.1f} % [{low}, {high}]"


def _points(difference: Share) -> str:
    value, low, high = (
        numbers.number(100 * end, decimals=1, signed=True)
        for end in (difference.value, difference.low, difference.high)
    )
    return f"{value} points [{low}, {high}]"


def _some(things: Sequence[T], line: Callable[[T], str], *, whole: bool) -> Iterator[str]:
    shown = things if whole else things[:MOST]
    yield from (line(thing) for thing in shown)
    if len(things) > len(shown):
        yield f"and {len(things) - len(shown)} more (--all)"
