"""An inspection as text for a person."""

from collections.abc import Iterator

from weigh.core.facts import Coverage
from weigh.core.gate import Word
from weigh.core.inspection import InspectedFile, Inspection, values_by_dtype
from weigh.core.tensor import TensorInfo
from weigh.render import numbers
from weigh.render.escape import clip, visible
from weigh.render.layout import wrap

MOST_FILES = 20
MOST_TENSORS = 12
MOST_FACTS = 16
MOST_CALLABLES = 12
_LABEL = 10


def inspect_screen(found: Inspection, *, width: int, all_tensors: bool = False) -> str:
    """The inspection as lines of at most `width` cells, ending with a newline.

    Args:
        found: what was seen.
        width: cells in a line.
        all_tensors: list every tensor.
    """
    lines = [*_head(found, width), *_files(found, width), *_facts(found, width)]
    lines += [*_weights(found), *_tensors(found, width, everything=all_tensors), *_loading(found, width)]
    return "\n".join(lines) + "\n"


def _labelled(label: str, text: str, width: int, *, lines: int = 2) -> Iterator[str]:
    head, *rest = wrap(text, width - _LABEL, lines=lines)
    yield f"{label:<{_LABEL}}{head}"
    yield from (f"{'':<{_LABEL}}{line}" for line in rest)


def _head(found: Inspection, width: int) -> Iterator[str]:
    name = visible(found.name) + (f" at {visible(found.revision)}" if found.revision else "")
    yield from _labelled("model", name, width)
    verb = "fetched" if found.remote else "read"
    share = f"{numbers.size(found.read)} of {numbers.size(found.size)} {verb}"
    basis = "; not verified against a lock" if found.remote else ""
    files = len(found.files)
    yield from _labelled(
        "", f"{files:,} file{'' if files == 1 else 's'} · {share}{basis} · nothing was run", width
    )


def _files(found: Inspection, width: int) -> Iterator[str]:
    ordered = sorted(found.files, key=lambda file: (-file.size, file.facts.path))
    for place, file in enumerate(ordered[:MOST_FILES]):
        text = f"{numbers.size(file.size):>9}  {visible(file.facts.format)}{_unread(file)}"
        name = clip(file.facts.path, max(16, width - _LABEL - 34))
        yield f"{'files' if place == 0 else '':<{_LABEL}}{name:<{max(16, width - _LABEL - 34)}} {text}"
    if len(ordered) > MOST_FILES:
        yield f"{'':<{_LABEL}}and {len(ordered) - MOST_FILES:,} more files"


def _unread(file: InspectedFile) -> str:
    parts = [part.coverage for part in file.facts.walk()]
    if all(coverage is Coverage.COMPLETE for coverage in parts):
        return ""
    own = file.facts.coverage
    return f", {own.value if own is not Coverage.COMPLETE else Coverage.PARTIAL.value}"


def _facts(found: Inspection, width: int) -> Iterator[str]:
    shown = [fact for fact in found.facts if isinstance(fact.value, str | int | float | bool)]
    if not shown:
        own = [fact for file in found.files for part in file.facts.walk() for fact in part.metadata]
        shown = [fact for fact in own if isinstance(fact.value, str | int | float | bool)]
    for place, fact in enumerate(shown[:MOST_FACTS]):
        yield from _labelled(
            "facts" if place == 0 else "", visible(f"{fact.name}: {fact.value} ({fact.basis.value})"), width
        )
    if len(shown) > MOST_FACTS:
        yield f"{'':<{_LABEL}}and {len(shown) - MOST_FACTS} more: --json has all"


def _weights(found: Inspection) -> Iterator[str]:
    tensors = found.tensors()
    embedded = sum(part.embedded_values for file in found.files for part in file.facts.walk())
    by_type = values_by_dtype(tensors)
    total = sum(values for _, values, _ in by_type)
    if total:
        types = " · ".join(
            f"{dtype} {values:,} ({numbers.size(size)})" for dtype, values, size in by_type[:5]
        )
        yield f"{'weights':<{_LABEL}}{total:,} values in {len(tensors):,} tensors: {types}"
    if embedded:
        yield f"{'' if total else 'weights':<{_LABEL}}{embedded:,} values outside named tensors"


def _tensors(found: Inspection, width: int, *, everything: bool) -> Iterator[str]:
    tensors = found.tensors()
    shown = tensors if everything else tensors[:MOST_TENSORS]
    for place, tensor in enumerate(shown):
        yield f"{'tensors' if place == 0 else '':<{_LABEL}}{clip(_tensor(tensor), width - _LABEL)}"
    if len(tensors) > len(shown):
        yield f"{'':<{_LABEL}}and {len(tensors) - len(shown):,} more: --tensors lists all"


def _tensor(tensor: TensorInfo) -> str:
    shape = "×".join("?" if size < 0 else str(size) for size in tensor.shape) or "scalar"
    how = f" · {tensor.encoding}" if tensor.encoding else ""
    strides = f" · strides {list(tensor.strides)}" if tensor.strides else ""
    return f"{tensor.name}  {tensor.dtype} {shape}{how}{strides}"


def _loading(found: Inspection, width: int) -> Iterator[str]:
    uses: dict[str, int] = {}
    for file in found.files:
        for part in file.facts.walk():
            for use in part.callables:
                key = f"{use.how.value} {use.module}.{use.name}"
                uses[key] = uses.get(key, 0) + use.count
    for place, (text, count) in enumerate(list(uses.items())[:MOST_CALLABLES]):
        times = f" ({count:,} times)" if count > 1 else ""
        yield from _labelled("loading" if place == 0 else "", f"would {visible(text)}{times}", width)
    if len(uses) > MOST_CALLABLES:
        yield f"{'':<{_LABEL}}and {len(uses) - MOST_CALLABLES} more: --json has all"
    counts = [f"{sum(f.word is word for f in found.files)} {word.value}" for word in Word]
    kept = " · ".join(text for text in counts if not text.startswith("0 "))
    yield f"{'safety':<{_LABEL}}{kept}" + ("" if found.word is Word.CLEAN else "; weigh scan says why")
