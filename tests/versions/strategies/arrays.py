"""Arrays in memory as the sources of an operation, and what the operation makes of them."""

import numpy as np

from weigh.store.recipes.cast import doubles, singles, stored
from weigh.versions.strategies.settings import Settings, Strategy
from weigh.versions.strategies.table import rule_of


class ArraySources:
    def __init__(self, arrays, dtypes):
        flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
        self._data = [bytes(stored(a, t)) for a, t in zip(flat, dtypes, strict=True)]

    def __len__(self):
        return len(self._data)

    def size(self, place):
        return len(self._data[place])

    def read(self, place, begin, end):
        assert 0 <= begin <= end <= len(self._data[place])
        return memoryview(self._data[place])[begin:end]


def merged(strategy, arrays, *, dtypes=None, target="F32", name="a.weight", pieces=1, **settings):
    """(values, rule) of a merge of `base, ours, theirs`, made in some pieces."""
    strategy = Strategy(strategy)
    used = list(arrays) if strategy.needs_base else list(arrays)[1:]
    dtypes = tuple(dtypes or ["F32"] * 3)[-len(used) :]
    sources = ArraySources(used, dtypes)
    asked = Settings(strategy, **settings).check()
    rule = rule_of(strategy, asked, name, sources, (dtypes, target))
    width = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}[target]
    total = used[0].size * width
    rule.check(sources, total)
    step = max(width, -(-total // pieces) // width * width)
    made = b"".join(bytes(rule.range(sources, at, min(total, at + step))) for at in range(0, total, step))
    values = doubles(memoryview(made), target) if target == "F64" else singles(memoryview(made), target)
    return values, rule
