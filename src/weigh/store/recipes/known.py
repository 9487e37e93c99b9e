"""The tensors a new one may follow from: those of the files that were named, by name, size and shape."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from weigh.core.tensor import DTYPE_BITS
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import manifest_of
from weigh.store.packs.spans import Span

_WRAPPED = re.compile(
    r"^(?:module\.|model\.|base_model\.model\.|_orig_mod\.|0\.auto_model\.|auto_model\.|bert\.|roberta\.|transformer\.)+"
)
"""What frameworks put before the names of the same tensors."""
MOST_FILES = 64
"""Files whose tensors are kept in mind; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that is in the store.

    Attributes:
        name: without what wrappers add.
        dtype: of its values.
        shape: of the tensor.
        encoding: "" when plain.
        payload: its id.
        size: bytes.
        file: id of the file it was seen in.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    encoding: str
    payload: bytes
    size: int
    file: bytes

    @property
    def count(self) -> int:
        """Number of values; 0 when they have no fixed width."""
        return self.size * 8 // bits if (bits := DTYPE_BITS.get(self.dtype, 0)) else 0


def plain_name(name: str) -> str:
    """A tensor's name without what wrappers put before it."""
    return _WRAPPED.sub("", name)


def count_of(span: Span) -> int:
    """Values of a span, 0 when its shape is open."""
    return 0 if any(d < 0 for d in span.shape) else math.prod(span.shape)


@dataclass(slots=True)
class Known:
    """The tensors of some files of one store.

    Attributes:
        objects: the store.
        files: ids, the most probable relatives first.
    """

    objects: Objects
    files: list[bytes] = field(default_factory=list)
    _tensors: dict[bytes, dict[str, Tensor]] = field(default_factory=dict)

    def add(self, file: bytes, *, first: bool = False) -> None:
        """Take in the tensors of a file.

        Raises:
            NotFoundError: it is not in the store.
            MalformedError: it is damaged.
        """
        if file in self._tensors:
            return
        made: dict[str, Tensor] = {}
        for piece in manifest_of(self.objects, file).pieces:
            span = piece.span
            if span.dtype:
                name = plain_name(span.name)
                size = span.end - span.begin
                made.setdefault(
                    name, Tensor(name, span.dtype, span.shape, span.encoding, piece.id, size, file)
                )
        self._tensors[file] = made
        self.files.insert(0 if first else len(self.files), file)
        while len(self.files) > MOST_FILES:
            del self._tensors[self.files.pop()]

    def of(self, file: bytes) -> dict[str, Tensor]:
        """The tensors of one file by name, none of them when the file is not known."""
        return self._tensors.get(file, {})

    def named(self, name: str) -> Iterator[Tensor]:
        """Tensors of this name, the most probable relative first; no payload twice."""
        seen: set[bytes] = set()
        wanted = plain_name(name)
        for file in self.files:
            found = self._tensors[file].get(wanted)
            if found is not None and found.payload not in seen:
                seen.add(found.payload)
                yield found

    def all(self) -> Iterator[Tensor]:
        """Every tensor, the most probable relatives first; no payload twice."""
        seen: set[bytes] = set()
        for file in self.files:
            for tensor in self._tensors[file].values():
                if tensor.payload not in seen:
                    seen.add(tensor.payload)
                    yield tensor
