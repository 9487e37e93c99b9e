"""Whether a matrix is another one with an adapter merged into it (names as PEFT's files have them)."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from weigh.core.errors import MalformedError
from weigh.store.packs.objects import Objects
from weigh.store.packs.spans import Span
from weigh.store.recipes.cast import FLOAT_BYTES, FUSED, doubles
from weigh.store.recipes.known import Known, Tensor, plain_name
from weigh.store.recipes.lora import MOST_RANK, LowRank
from weigh.store.recipes.samples import Read, cost
from weigh.store.recipes.sources import StoredSources
from weigh.store.recipes.table import Recipe, recipe

_FACTOR = re.compile(r"^(?P<path>.+)\.lora_(?P<kind>embedding_)?(?P<side>[AB])(?:\.\w+)?(?:\.weight)?$")
PIECE = 8192
"""Values that are computed to see whether an adapter fits."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter whose file is in the store.

    Attributes:
        file: id of the file.
        alpha: `lora_alpha` of its configuration; 0 when not known, the scale is then found.
        rank_stabilised: the scale is alpha over the root of the rank (`use_rslora`).
        alphas: `alpha_pattern`: other values for modules whose name ends so.
    """

    file: bytes
    alpha: float = 0.0
    rank_stabilised: bool = False
    alphas: dict[str, float] = field(default_factory=dict)

    def scale(self, path: str, rank: int) -> float:
        """What the product is multiplied with; 0 when it is not known."""
        named = (v for k, v in self.alphas.items() if path == k or path.endswith(f".{k}"))
        return next(named, self.alpha) / (math.sqrt(rank) if self.rank_stabilised else rank)


@dataclass(frozen=True, slots=True)
class Pair:
    """The two factors of one module.

    Attributes:
        adapter: they belong to.
        path: of the module.
        left: B, or A where they belong to an embedding.
        right: A, or B where they belong to an embedding.
        embedding: the product is turned over.
    """

    adapter: Adapter
    path: str
    left: Tensor
    right: Tensor
    embedding: bool


def pairs(known: Known, adapter: Adapter) -> dict[str, Pair]:
    """The factors in an adapter's file, by the name of the tensor they change."""
    sides: dict[tuple[str, bool], dict[str, Tensor]] = {}
    for name, tensor in known.of(adapter.file).items():
        found = _FACTOR.match(name)
        if found is not None and tensor.dtype in FLOAT_BYTES and len(tensor.shape) == 2:
            sides.setdefault((found["path"], bool(found["kind"])), {})[found["side"]] = tensor
    made = {}
    for (path, embedding), both in sides.items():
        if len(both) == 2:
            left, right = (both["A"], both["B"]) if embedding else (both["B"], both["A"])
            made[plain_name(f"{path}.weight")] = Pair(adapter, path, left, right, embedding)
    return made


def rules(span: Span, base: Tensor, pair: Pair) -> Iterator[LowRank]:
    """The ways in which a pair may have been merged, for shapes that fit."""
    rows, columns = span.shape[0], math.prod(span.shape[1:])
    # (of the left factor: rank and rows; of the right one: rank and columns), and whether both are turned.
    left, right = pair.left.shape, pair.right.shape
    ways = [(left[1], left[0], right[0], right[1], False), (right[0], right[1], left[1], left[0], True)]
    if pair.embedding:
        ways = [(left[0], left[1], right[1], right[0], True)]
    types = (base.dtype, pair.left.dtype, pair.right.dtype)
    steps = (FUSED, "F32", "F64") if span.dtype in {"F32", "F64"} else (FUSED, "F32", span.dtype)
    for rank, high, other, wide, turned in ways:
        if (high, wide) != (rows, columns) or rank != other or not 1 <= rank <= MOST_RANK:
            continue
        scale = pair.adapter.scale(pair.path, rank)
        kinds = (types[0], types[2], types[1]) if turned and not pair.embedding else types
        for working in steps:
            yield LowRank(rows, columns, rank, scale, kinds, span.dtype, working, turned, turned)


def refs_of(base: Tensor, pair: Pair, rule: LowRank) -> tuple[bytes, bytes, bytes]:
    """Ids of the sources in the order of the rule."""
    swapped = rule.left_turned and not pair.embedding
    left, right = (pair.right, pair.left) if swapped else (pair.left, pair.right)
    return base.payload, left.payload, right.payload


def merged(objects: Objects, span: Span, read: Read, base: Tensor, pair: Pair) -> tuple[Recipe, float] | None:
    """The recipe that says how the pair was merged, and what a byte of the rest costs; None if it was not."""
    width = FLOAT_BYTES[span.dtype]
    size = span.end - span.begin
    begin = size // width // 2 * width
    end = min(size, begin + PIECE * width)
    data = memoryview(read(begin, end))
    best: tuple[Recipe, float] | None = None
    for rule in rules(span, base, pair):
        refs = refs_of(base, pair, rule)
        for scaled in _scaled(objects, rule, refs, data, begin):
            try:
                made = recipe(objects, scaled, refs, size)
            except MalformedError:
                continue
            spent = cost(data, made.range(begin, end), span.dtype)
            if best is None or spent < best[1]:
                best = made, spent
            if spent == 0:
                return best
    return best


def _scaled(
    objects: Objects, rule: LowRank, refs: tuple[bytes, bytes, bytes], data: memoryview, begin: int
) -> Iterator[LowRank]:
    """The rule with the scale that the configuration says, or with the one that the values show."""
    if rule.scale:
        yield rule
        return
    width = FLOAT_BYTES[rule.target]
    sources = StoredSources(objects, refs)
    one = LowRank(
        rule.rows,
        rule.columns,
        rule.rank,
        1.0,
        rule.dtypes,
        "F64",
        "F64",
        rule.left_turned,
        rule.right_turned,
    )
    wanted = doubles(data, rule.target)
    low, high = begin // width, begin // width + len(wanted)
    narrow = FLOAT_BYTES[rule.dtypes[0]]
    base = doubles(sources.read(0, low * narrow, high * narrow), rule.dtypes[0])
    product = doubles(one.range(sources, low * 8, high * 8), "F64") - base
    power = float((product * product).sum())
    if not power > 0:
        return
    found = float(((wanted - base) * product).sum()) / power
    for digits in (0, 1, 2, 3, 4):
        if (near := round(found, digits)) and abs(near - found) <= 1e-3 * abs(found):
            yield LowRank(
                rule.rows, rule.columns, rule.rank, near, rule.dtypes, rule.target, rule.working,
                rule.left_turned, rule.right_turned,
            )  # fmt: skip
            return
