"""A store in a temporary folder, and files made of named arrays, for tests of recipes."""

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from weigh.core.tensor import TensorInfo
from weigh.store.packs.adding import add_file
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import restore
from weigh.store.recipes.search import Adviser, Hints
from weigh.store.recipes.table import predict
from weigh.store.sketches.sketch_index import Sketches


class Bytes:
    """A file in memory."""

    def __init__(self, data):
        self.data, self.size = data, len(data)

    def read(self, offset, length):
        return self.data[offset : offset + length]


def brain(values):
    """Single precision rounded to bfloat16, as 16-bit integers; a second way, by way of Python's integers."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    low, high = bits & 0xFFFF, bits >> 16
    up = (low > 0x8000) | ((low == 0x8000) & (high % 2 == 1))
    return (high + up).astype(np.uint16)


def parts(tensors):
    """A file of the bytes of arrays one after the other, and where they lie."""
    data, infos = b"head" * 4, []
    for name, given in tensors.items():
        dtype, array, *encoding = given
        raw = np.ascontiguousarray(array).tobytes()
        shape = encoding[1] if len(encoding) > 1 else array.shape
        infos.append(
            TensorInfo(name, dtype, tuple(shape), "f", len(data), len(raw), encoding[0] if encoding else "")
        )
        data += raw
    return data + b"tail", infos


@dataclass
class Store:
    """Objects with an adviser."""

    root: Path
    objects: Objects = None
    files: dict = field(default_factory=dict)
    given: dict = field(default_factory=dict)

    def __post_init__(self):
        self.objects = Objects(self.root, predict=predict)
        self.sketches = Sketches(self.root)

    def add(self, name, tensors, *, hints=None):
        """Add a file; returns the bytes that its packs take."""
        data, infos = parts(tensors)
        before = self.size()
        hints = hints or Hints(parents=tuple(reversed(self.files.values())))
        with self.objects.writing() as writer:
            adviser = Adviser(self.objects, hints=hints, writer=writer, sketches=self.sketches)
            adviser.scout(Bytes(data), "f", infos)
            added = add_file(self.objects, writer, Bytes(data), path="f", tensors=infos, advise=adviser)
            adviser.learn(added.id)
        self.files[name] = added.id
        self.given[name] = dict(adviser.given)
        self.check(added.id, data)
        return self.size() - before

    def check(self, name, data):
        """Nothing but the very bytes comes back, out of a store that was opened anew."""
        out = io.BytesIO()
        with Objects(self.root, predict=predict) as again:
            restore(again, name, out.write)
        assert out.getvalue() == data

    def size(self):
        return sum(p.stat().st_size for p in self.root.rglob("*.pack"))

    def close(self):
        self.objects.close()
        self.sketches.close()
