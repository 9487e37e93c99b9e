"""What a stored payload is made of: the proof that it follows from others, bit for bit."""

from dataclasses import dataclass

import msgspec

from weigh.store.codecs.codec import Codec
from weigh.store.packs.objects import Objects
from weigh.store.recipes.table import Rule, load_params


@dataclass(frozen=True, slots=True)
class Description:
    """How a payload follows from others.

    Attributes:
        op: the operation: cast, linear, ties, dare, low-rank, gather, permute, q8_0 or int8.
        sources: ids of the payloads it is made of, in the operation's order.
        parameters: of the operation, by name.
        size: bytes of the payload.
        exact: bytes in chunks that the operation gives without any rest.
        rest: bytes kept beside the operation, to correct what it misses.
    """

    op: str
    sources: tuple[bytes, ...]
    parameters: dict[str, object]
    size: int
    exact: int
    rest: int

    @property
    def is_exact(self) -> bool:
        """Whether the operation gives every bit."""
        return self.exact == self.size

    @property
    def share_of_rest(self) -> float:
        """Bytes of the rest for a byte of the payload."""
        return self.rest / self.size if self.size else 0.0


def recipe_of(objects: Objects, payload: bytes) -> Description | None:
    """How a stored payload follows from others, None when it is kept otherwise.

    A payload of several chunks counts when every chunk follows by one operation from the same sources. That
    the bytes come out is checked whenever the payload is read; here only what is recorded is told.

    Args:
        objects: the store.
        payload: id of the payload.

    Raises:
        NotFoundError: it is not in the store.
        MalformedError: a record of it is damaged.
    """
    said: tuple[Rule, tuple[bytes, ...]] | None = None
    size = exact = rest = 0
    for chunk, length in objects.chunks_of(payload):
        record = objects.record(chunk)
        if record.codec != Codec.RECIPE:
            return None
        rule, _ = load_params(record.params)
        if said is not None and said != (rule, record.refs):
            return None
        said = rule, record.refs
        size += length
        rest += len(record.body)
        exact += 0 if record.body else length
    if said is None:
        return None
    rule, refs = said
    op = type(rule).__struct_config__.tag
    return Description(str(op), refs, msgspec.structs.asdict(rule), size, exact, rest)
