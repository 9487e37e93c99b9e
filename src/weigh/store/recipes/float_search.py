"""How one floating-point tensor follows from others: every way that may explain it, the cheapest first.

The ways are tried on samples. What a sample shows is only a guess about the rest; that a guess is bad costs
space and never bytes.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, permutations

from weigh.core.errors import MalformedError, NotFoundError, UntrustedError
from weigh.store.packs.objects import MOST_DEPTH
from weigh.store.packs.spans import Span
from weigh.store.recipes import find_layout, low_rank
from weigh.store.recipes.cast import FLOAT_BYTES, Cast
from weigh.store.recipes.find_linear import Fitted, fit
from weigh.store.recipes.find_lora import Pair, merged
from weigh.store.recipes.known import Tensor, count_of, plain_name
from weigh.store.recipes.linear import Linear
from weigh.store.recipes.memory import WORTH, Idea, Memory, Merge
from weigh.store.recipes.samples import (
    Places,
    Read,
    as_type,
    cost,
    cost_alone,
    places_of,
    predicted,
    taken,
    taken_stored,
)
from weigh.store.recipes.table import recipe
from weigh.store.sketches.sketch import LEAST_BYTES, Sketch, sketch_of

THOROUGH = 4
"""Tensors of a file for which every relative is looked at; later only the one that was nearest."""
MOST_RELATIVES = 8
_MOST_BASES = 4
_WORTH_ASKING = 0.95
_MOST_REST = 0.45
"""Bytes a byte that a recipe may leave: with more, a plain difference is no larger and is sooner undone."""
_LEAST_COUNT = 64
"""Values below which a tensor is too small for a sum to show."""


class FloatSearch:
    """The work on one floating-point tensor.

    Args:
        memory: of the adviser.
        span: the tensor.
        read: reads it.
    """

    def __init__(self, memory: Memory, span: Span, read: Read) -> None:
        self._a, self._span, self._read = memory, span, read
        self._count, self._width = count_of(span), FLOAT_BYTES[span.dtype]
        self._objects = memory.objects
        self._places: Places = places_of(self._count, denser=1 if self._width > 2 else 4)
        self._data = taken(self._places, read, self._width)
        self._samples: dict[bytes, memoryview] = {}
        self._sketch: Sketch | None = None
        self._sketched = False
        self._delta: Idea | None = None

    def best(self) -> Idea | None:
        """The cheapest explanation, None when the tensor is best kept by itself."""
        idea = self._by_values()
        if idea is None or idea.recipe is None or idea.cost > 0:
            self._remember()
        return idea

    def scout(self) -> None:
        """Only see whether the tensor is a sum, and remember which."""
        named = [t for t in self._a.known.named(self._span.name) if self._is_usable(t)]
        near = self._nearest(named)
        if near is not None and near.cost > 0 and all(not i for i in self._declared(named)):
            self._sum(named)

    def _by_values(self) -> Idea | None:
        named = [t for t in self._a.known.named(self._span.name) if self._is_usable(t)]
        ideas = [i for i in self._declared(named) if i is not None]
        if any(i.cost == 0 for i in ideas):
            return min(ideas, key=lambda i: i.cost)
        near = self._nearest(named)
        if near is not None:
            ideas.append(near)
        if any(i.cost == 0 for i in ideas):
            return min(ideas, key=lambda i: i.cost)
        alone = cost_alone(self._data, self._span.dtype)
        if near is not None and len(self._data) >= _LEAST_COUNT * self._width:
            ideas.extend(i for i in (self._sum(named), self._thin(near, named)) if i is not None)
        if not ideas or min(i.cost for i in ideas) > WORTH * alone:
            ideas.extend(i for i in (self._moved(), self._like()) if i is not None)
        if not ideas:
            return None
        chosen = min(ideas, key=lambda i: i.cost)
        if chosen.recipe is not None and self._delta is not None:
            chosen = Idea(chosen.cost, chosen.kind, self._delta.base, chosen.recipe)
        # A delta is held against the tensor by itself once more, on a larger sample, before it is taken.
        worth = _WORTH_ASKING if chosen.kind == "delta" else WORTH
        return chosen if chosen.cost <= worth * alone else None

    def _is_usable(self, tensor: Tensor) -> bool:
        return not tensor.encoding and tensor.dtype in FLOAT_BYTES and tensor.count == self._count

    def _of(self, payload: bytes, dtype: str) -> memoryview | None:
        """The sample of a stored tensor; None when it cannot be read."""
        if payload not in self._samples:
            try:
                made = taken_stored(self._places, self._objects, payload, FLOAT_BYTES[dtype])
            except (UntrustedError, NotFoundError):
                # A damaged relative is no relative; fsck names it.
                return None
            self._samples[payload] = made
        return self._samples[payload]

    def _judged(self, payload: bytes, dtype: str) -> Idea | None:
        """What a relative is worth as it is, or cast."""
        sample = self._of(payload, dtype)
        guess = as_type(sample, dtype, self._span.dtype) if sample is not None else None
        if guess is None:
            return None
        spent = cost(self._data, guess, self._span.dtype)
        if dtype == self._span.dtype:
            idea = Idea(spent, "delta", base=payload)
            if self._delta is None or spent < self._delta.cost:
                self._delta = idea
            return idea
        return self._made(Cast(dtype, self._span.dtype), (payload,), spent, "cast")

    def _made(self, rule: Linear | Cast, refs: tuple[bytes, ...], spent: float, kind: str) -> Idea | None:
        if spent > _MOST_REST:
            return None
        try:
            made = recipe(self._objects, rule, refs, self._span.end - self._span.begin)
        except (MalformedError, NotFoundError):
            return None
        return Idea(spent, kind, recipe=made) if made.depth < MOST_DEPTH else None

    def _nearest(self, named: list[Tensor]) -> Idea | None:
        """The nearest tensor of the same name.

        Every file is looked at for a few tensors, and where the one that used to be hit exactly is not;
        otherwise only the file that was nearest most often.
        """
        a = self._a
        order = sorted(named, key=lambda t: -a.wins[t.file])[:MOST_RELATIVES]
        thorough = a.looked < THOROUGH or a.exact
        a.looked += 1
        best: tuple[Idea, Tensor] | None = None
        for tensor in order:
            idea = self._judged(tensor.payload, tensor.dtype)
            if idea is not None and (best is None or idea.cost < best[0].cost):
                best = idea, tensor
            if best is not None and (best[0].cost == 0 or not thorough):
                break
        if best is None:
            return None
        a.wins[best[1].file] += 1
        a.exact = best[0].cost == 0
        return best[0]

    def _declared(self, named: list[Tensor]) -> Iterator[Idea | None]:
        """Sums and adapters that were declared, or that explained other tensors of the file."""
        for merge in self._a.sums:
            idea = self._as_merge(merge)
            if idea is not None:
                yield idea
                if idea.cost == 0:
                    return
        for pair in self._a.pairs.get(named[0].name, ()) if named else ():
            if len(self._span.shape) >= 2:
                yield self._adapted(named, pair)

    def _as_merge(self, merge: Merge) -> Idea | None:
        terms = [self._a.known.of(f).get(plain_name(self._span.name)) for f in merge.files]
        found = [t for t in terms if t is not None and self._is_usable(t)]
        if len(found) != len(merge.files):
            return None
        rule = merge.rule
        types = tuple(t.dtype for t in found)
        rule = Linear(rule.form, rule.working, rule.factors, types, self._span.dtype, rule.divisor)
        return self._summed(rule, found)

    def _summed(self, rule: Linear, terms: Iterable[Tensor]) -> Idea | None:
        terms = tuple(terms)
        samples = [self._of(t.payload, t.dtype) for t in terms]
        if any(s is None for s in samples):
            return None
        guess = predicted(rule, [s for s in samples if s is not None], len(self._data))
        spent = cost(self._data, guess, self._span.dtype)
        if spent > 0.1:
            return None
        return self._made(rule, tuple(t.payload for t in terms), spent, "linear")

    def _adapted(self, named: list[Tensor], pair: Pair) -> Idea | None:
        best: Idea | None = None
        order = sorted(named, key=lambda t: -self._a.adapted[t.file])
        for base in order[:MOST_RELATIVES]:
            found = merged(self._objects, self._span, self._read, base, pair)
            if found is not None and found[0].depth < MOST_DEPTH and (best is None or found[1] < best.cost):
                best = Idea(found[1], "adapter", recipe=found[0])
                if found[1] == 0:
                    self._a.adapted[base.file] += 1
                    break
        return best

    def _sum(self, named: list[Tensor]) -> Idea | None:
        """Two or three tensors of this name whose sum it is."""
        a = self._a
        if a.is_left("linear") or len(named) < 2:
            return None
        terms = self._terms(named)
        told = False
        for size in (2, 3):
            for chosen in combinations(terms, size):
                found, order = self._fitted(chosen)
                told = told or found.told
                if found.rule is not None:
                    a.note("linear", success=True)
                    a.sums.insert(0, Merge(found.rule, tuple(t.file for t in order)))
                    del a.sums[len(a.hints.merges) + 4 :]
                    return self._summed(found.rule, order)
        if told:
            a.note("linear", success=False)
        return None

    def _terms(self, named: list[Tensor]) -> list[Tensor]:
        """What a sum may be made of: of this type or wider ones, since nobody adds what is rounded more."""
        wide = [t for t in named if FLOAT_BYTES[t.dtype] > self._width]
        same = [t for t in named if t.dtype == self._span.dtype]
        return [*same, *wide][:MOST_RELATIVES] if self._width > 2 else [*wide, *same][:MOST_RELATIVES]

    def _fitted(self, terms: tuple[Tensor, ...]) -> tuple[Fitted, tuple[Tensor, ...]]:
        best = Fitted(None, 1.1, told=False, close=True), terms
        for order in permutations(terms):
            samples = [(s, t.dtype) for t in order if (s := self._of(t.payload, t.dtype)) is not None]
            if len(samples) < len(order):
                break
            found = fit(self._data, self._span.dtype, samples)
            if found.missed < best[0].missed or not found.close:
                best = found, order
            # Another order changes the last bits; where not even those are in question, none will fit.
            if found.missed == 0 or not found.close:
                break
        return best

    def _thin(self, near: Idea, named: list[Tensor]) -> Idea | None:
        """Low-rank structure in what changed since the nearest relative."""
        a = self._a
        if a.writer is None or near.cost < 0.01 or a.is_left("low-rank"):
            return None
        if min(self._span.shape, default=0) < low_rank.LEAST_SIDE:
            return None
        nearest = near.base if near.base is not None else near.recipe.refs[0] if near.recipe else None
        # A thin change may be large: what it was made to need not be what is nearest now.
        order = sorted(named, key=lambda t: (-a.adapted[t.file], t.payload != nearest))
        for base in order[:_MOST_BASES]:
            made = low_rank.found(
                self._objects, a.writer, self._span, self._read, base, worth=WORTH * near.cost
            )
            if made is not None and made.depth < MOST_DEPTH:
                a.adapted[base.file] += 1
                a.note("low-rank", success=True)
                return Idea(WORTH * near.cost, "low-rank", recipe=made)
        a.note("low-rank", success=False)
        return None

    def _own_sketch(self) -> Sketch | None:
        if not self._sketched:
            self._sketched = True
            self._sketch = sketch_of(self._read, self._count, self._span.dtype)
        return self._sketch

    def _like(self) -> Idea | None:
        """The nearest of all tensors of the same number of values, whatever their names."""
        a, mine = self._a, self._own_sketch()
        if a.sketches is None or mine is None or a.is_left("like"):
            return None
        ideas = (self._judged(r.payload, r.dtype) for r in a.sketches.nearest(mine) if r.dtype in FLOAT_BYTES)
        best = min((i for i in ideas if i is not None), key=lambda i: i.cost, default=None)
        a.note("like", success=best is not None)
        return best

    def _moved(self) -> Idea | None:
        """The values of other tensors in another order."""
        a = self._a
        if a.is_left("layout"):
            return None
        made = find_layout.found(
            self._objects, a.known, a.sketches, self._span, self._read, self._own_sketch()
        )
        if self._count * self._width >= LEAST_BYTES:
            a.note("layout", success=made is not None)
        return Idea(0.0, "layout", recipe=made) if made is not None and made.depth < MOST_DEPTH else None

    def _remember(self) -> None:
        if self._a.sketches is not None:
            sketch = self._own_sketch()
            if sketch is not None:
                self._a.fresh[(self._span.begin, self._span.name)] = sketch
