"""The screen of `weigh diff`: one block a model, what changed first, at most a few lines of each kind."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from weigh.core.change import (
    ChangeKind,
    CodeChange,
    FileChange,
    LockChange,
    ModelChange,
    TensorChange,
    TensorChangeKind,
    Turned,
    ValueChange,
)
from weigh.render import numbers
from weigh.render.escape import terminal, visible

MOST = 12
"""Lines of one kind that are shown; `--all` and `--json` have the rest."""

_LONG = 72
"""Characters of a statement that fit on a screen of 80 behind its indent."""

MARK = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "−", ChangeKind.CHANGED: "~"}
_SHADES = {"+": "32", "−": "31", "~": "33"}
Paint = Callable[[str, str], str]
T = TypeVar("T")


def diff_screen(change: LockChange, *, width: int = 100, colour: bool = False, whole: bool = False) -> str:
    """The text of a comparison, a line feed at the end of each line.

    Args:
        change: what differs.
        width: cells of a line.
        colour: whether marks are coloured.
        whole: show every line of every kind.
    """
    paint = _coloured if colour else _plain
    lines = [f"  {visible(change.old, limit=60)} → {visible(change.new, limit=60)}"]
    for model in change.models:
        lines += ["", *_model(model, paint, whole=whole)]
    if change.calls:
        lines += ["", "  calls that could not be resolved"]
        lines += [f"    {line}" for line in _some(change.calls, turned, whole=whole)]
    lines += ["", f"  {summary(change)}"]
    return "".join(f"{terminal_line(line, width)}\n" for line in lines)


def terminal_line(line: str, width: int) -> str:
    """A line cut to the screen; one that holds colours is left as it is."""
    return line if "\x1b[" in line else terminal(line, width=width)


def summary(change: LockChange) -> str:
    """`2 models differ · 3 the same`."""
    if not change.differs:
        return f"nothing differs · {_count(change.same, 'section')}"
    parts = [f"{_count(len(change.models), 'section')} other", f"{change.same} the same"]
    if change.calls:
        parts.append(f"{_count(len(change.calls), 'unresolved call')} other")
    return " · ".join(parts)


def _model(model: ModelChange, paint: Paint, *, whole: bool) -> Iterator[str]:
    yield f"  {_marked(model.kind, paint)} {visible(model.section, limit=80)}  {model.kind.value}"
    groups: tuple[tuple[str, Iterator[str]], ...] = (
        ("stated", _some(model.statements, _stated, whole=whole)),
        (f"files    {counts(model.files)}", _some(model.files, file_line, whole=whole)),
        (tensor_counts(model), _some(model.tensors, tensor_line, whole=whole)),
        ("values", _some(model.values, value_line, whole=whole)),
    )
    for title, body in groups:
        lines = [line for text in body for line in text.split("\n")]
        if lines or (title.startswith("tensors") and model.same_tensors):
            yield f"    {title}"
            yield from (f"      {line}" for line in lines)
    for code in model.code:
        yield f"    code     {visible(code.path, limit=80)}  {code.kind.value}"
        yield from (f"      {_coded(line, paint)}" for line in code_lines(code, whole=whole))
    if model.unknown:
        yield "    unknown"
        yield from (f"      ? {visible(line)}" for line in model.unknown)


def counts(files: Sequence[FileChange]) -> str:
    """`1 added · 2 changed · 90.9 MB → 91.0 MB`."""
    found = Counter(file.kind for file in files)
    parts = [f"{found[kind]} {kind.value}" for kind in ChangeKind if found[kind]]
    old = sum(max(file.old_size, 0) for file in files)
    new = sum(max(file.new_size, 0) for file in files)
    return " · ".join([*parts, f"{numbers.size(old)} → {numbers.size(new)}"])


def tensor_counts(model: ModelChange) -> str:
    """`tensors  96 values · 1 added · 8 the same`; only what lies in files that differ is counted."""
    found = Counter(tensor.kind for tensor in model.tensors)
    parts = [f"{found[kind]} {_TENSORS[kind]}" for kind in TensorChangeKind if found[kind]]
    return f"tensors  {' · '.join([*parts, f'{model.same_tensors} the same'])}"


_TENSORS = {
    TensorChangeKind.ADDED: "added",
    TensorChangeKind.REMOVED: "removed",
    TensorChangeKind.RESHAPED: "reshaped",
    TensorChangeKind.RETYPED: "of another type",
    TensorChangeKind.VALUES: "with other values",
    TensorChangeKind.UNKNOWN: "not compared",
}


def _stated(change: Turned) -> str:
    """As `turned`, in two lines where one would be cut before what is new."""
    line = turned(change)
    if len(line) <= _LONG or not change.new:
        return line
    old, new = (visible(text, limit=200) or "(none)" for text in (change.old, change.new))
    return f"{visible(change.what, limit=120)}: {old}\n  → {new}"


def turned(change: Turned) -> str:
    """`licence: apache-2.0 → (none)`."""
    old, new = (visible(text, limit=200) or "(none)" for text in (change.old, change.new))
    return f"{visible(change.what, limit=120)}: {old} → {new}"


def file_line(file: FileChange) -> str:
    """`~ model.safetensors  90.9 MB → 91.0 MB`."""
    sizes = [numbers.size(size) for size in (file.old_size, file.new_size) if size >= 0]
    return f"{MARK[file.kind]} {visible(file.path, limit=120)}  {' → '.join(sizes)}"


def tensor_line(tensor: TensorChange) -> str:
    """`encoder.weight  reshaped  F32 [2, 3] → F32 [2, 4]`."""
    forms = [visible(form, limit=60) for form in dict.fromkeys((tensor.old, tensor.new)) if form]
    return f"{visible(tensor.name, limit=120)}  {_TENSORS[tensor.kind]}  {' → '.join(forms)}"


def value_line(value: ValueChange) -> str:
    """`~ config.json: num_labels  2 → 3`."""
    texts = [visible(text, limit=80) for text in (value.old, value.new) if text]
    place = f"{visible(value.file, limit=80)}: {visible(value.key, limit=80)}"
    return f"{MARK[value.kind]} {place}  {' → '.join(texts)}"


def code_lines(code: CodeChange, *, whole: bool, most: int = 4 * MOST) -> Iterator[str]:
    """The lines of a code diff, each shown with its invisible characters as escapes."""
    shown = code.lines if whole else code.lines[:most]
    yield from (visible(line.replace("\t", "    ")) for line in shown)
    if len(code.lines) > len(shown):
        yield f"and {len(code.lines) - len(shown)} more lines"


def _some(things: Sequence[T], line: Callable[[T], str], *, whole: bool) -> Iterator[str]:
    shown = things if whole else things[:MOST]
    yield from (line(thing) for thing in shown)
    if len(things) > len(shown):
        yield f"and {len(things) - len(shown)} more"


def _marked(kind: ChangeKind, paint: Paint) -> str:
    mark = MARK[kind]
    return paint(mark, _SHADES[mark])


def _coded(line: str, paint: Paint) -> str:
    shade = {"+": "32", "-": "31", "@": "36"}.get(line[:1], "")
    return paint(line, shade) if shade else line


def _coloured(text: str, shade: str) -> str:
    return f"\x1b[{shade}m{text}\x1b[0m"


def _plain(text: str, shade: str) -> str:
    del shade
    return text


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
