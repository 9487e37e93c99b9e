"""Stale siblings: files of one package that hold the same model, of which one holds other weights.

Files are siblings when at least 80 % of their tensors have the same shapes and types, whatever their names.
They stand in one folder, or one stands in a folder below the other's (`onnx/model.onnx`); moments of a
training (`checkpoint-500`, `best`, `ema`) hold other weights on purpose and are left out.
Siblings whose payloads agree form a camp; a file whose weights agree with none, beside a camp of two or more,
is stale. Also two siblings alone, when their names say that they are one model (the same stem).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from weigh.checks.security.repository import ReadRange, finding
from weigh.core.facts import FileFacts
from weigh.core.finding import Finding
from weigh.core.tensor import TensorInfo

SAME_SHAPES = 0.8
AGREEING = 0.9
"""Share of payloads that agree in one camp: exports fold or drop a tensor now and then."""
APART = 0.5
"""Share below which a file holds other weights."""
LEAST_TENSORS = 4
LEAST_BYTES = 256
"""Tensors smaller than this (scalars, counters) are alike by chance."""
MOST_HASHED = 1024**2
"""Bytes of each tensor that are compared: its first, enough to tell two trainings apart."""

_MOMENT = re.compile(
    r"(?:^|[/._-])(?:checkpoint|ckpt|epoch|step|iter|iteration|fold|seed|ema|swa|best|last|final|latest|init|run|trial)"
    r"(?:[-_=]?\d+)*(?=$|[/._-])",
    re.IGNORECASE,
)
"""How paths are written of one moment, part or repetition of a training."""


def stale_findings(files: Sequence[FileFacts], read: ReadRange) -> Iterator[Finding]:
    """The findings about files whose weights differ from those of their siblings.

    Args:
        files: facts of a snapshot's files.
        read: gives bytes of its files.
    """
    held = {f.path: _payloads(f) for f in files}
    able = [p for p, tensors in held.items() if len(tensors) >= LEAST_TENSORS and not _MOMENT.search(p)]
    forms = {path: Counter(_form(t) for t in held[path]) for path in able}
    hashes = {}
    for path in able:
        if any(_alike(forms[path], forms[other]) >= SAME_SHAPES for other in able if _near(path, other)):
            hashes[path] = Counter(_digest(t, read) for t in held[path])
    for path, mine in hashes.items():
        siblings = [p for p in hashes if _near(path, p) and _alike(forms[path], forms[p]) >= SAME_SHAPES]
        shares = {p: _alike(mine, hashes[p]) for p in siblings}
        if not siblings or max(shares.values()) >= APART:
            continue
        camp = [
            p for p in siblings if any(q != p and _alike(hashes[p], hashes[q]) >= AGREEING for q in siblings)
        ]
        if len(camp) >= 2:
            differ = f"{min(shares[p] for p in camp):.0%} of its payloads stand in {camp[0]!a}"
            yield finding("WGH-RP003", path, f"{len(camp)} siblings of the same shapes agree; {differ}")
        elif _same_stem(path, siblings):
            other = _same_stem(path, siblings)
            yield finding("WGH-RP003", path, f"{shares[other]:.0%} of its payloads stand in {other!a}")


def _near(one: str, two: str) -> bool:
    """Whether two files differ and stand in one folder, or one in a folder below the other's."""
    here, there = (f"/{p.rpartition('/')[0]}/".replace("//", "/") for p in (one, two))
    return one != two and (here.startswith(there) or there.startswith(here))


def _payloads(facts: FileFacts) -> list[TensorInfo]:
    """Tensors whose bytes can be compared: plain, in a file of the snapshot, of some size."""
    return [
        t
        for t in facts.all_tensors()
        if t.offset >= 0 and t.nbytes >= LEAST_BYTES and not t.encoding and "!/" not in t.file
    ]


def _form(tensor: TensorInfo) -> str:
    return f"{tensor.dtype} {tensor.nbytes}"


def _alike(one: Counter[str], two: Counter[str]) -> float:
    """The share of the larger of two bags that stands in both."""
    both = sum((one & two).values())
    return both / max(one.total(), two.total(), 1)


def _digest(tensor: TensorInfo, read: ReadRange) -> str:
    data = read(tensor.file, tensor.offset, min(tensor.nbytes, MOST_HASHED))
    return hashlib.sha256(data).hexdigest()


def _same_stem(path: str, siblings: Sequence[str]) -> str:
    """A sibling of the same name with another ending, "" for none."""
    stem = path.rpartition(".")[0]
    return next((p for p in siblings if p.rpartition(".")[0] == stem), "")
