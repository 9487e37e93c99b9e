"""The operations that a recipe may ask for, how one is written into a record, and how one is followed.

The parameters of a record are MessagePack: version, first byte of the chunk in its payload, operation. They
come from a file that anybody may have written, so whatever they say is held against the sizes of the sources
before anything is read, and a chunk is never larger than `CHUNK`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from weigh.core.errors import MalformedError
from weigh.store.codecs.codec import CHUNK, Codec, Encoded
from weigh.store.codecs.ladder import decode
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Record
from weigh.store.recipes.cast import Cast
from weigh.store.recipes.composed import Then
from weigh.store.recipes.dare import Dare
from weigh.store.recipes.layout import Gather, Permute
from weigh.store.recipes.linear import Linear
from weigh.store.recipes.lora import LowRank
from weigh.store.recipes.quantise import Blocks8, Bytes8
from weigh.store.recipes.sources import StoredSources, depth_of
from weigh.store.recipes.ties import Ties

Rule = Cast | Linear | LowRank | Gather | Permute | Blocks8 | Bytes8 | Then | Ties | Dare
"""What a recipe does with its sources; every one has `check` and `range`."""

VERSION = 1
MOST_PARAMS = 64 * 1024
"""Bytes of a record's parameters."""


class _Params(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    begin: int
    rule: Rule


def dump_params(rule: Rule, begin: int) -> bytes:
    """An operation as a record keeps it, for the chunk that begins at this byte of the payload."""
    return msgspec.msgpack.encode(_Params(VERSION, begin, rule))


def load_params(data: bytes) -> tuple[Rule, int]:
    """The inverse: the operation, and where in its result the chunk begins.

    Raises:
        MalformedError: it is damaged, or of a newer version.
    """
    if len(data) > MOST_PARAMS:
        raise MalformedError("a stored recipe is damaged", why=f"its parameters take {len(data)} bytes")
    try:
        params = msgspec.msgpack.decode(data, type=_Params)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(
            "a stored recipe is not understood", why=str(error), hint="a newer weigh may have written it"
        ) from error
    if params.version != VERSION or params.begin < 0:
        raise MalformedError(
            "a stored recipe is not understood",
            why=f"version {params.version}, byte {params.begin}",
            hint="a newer weigh may have written it",
        )
    return params.rule, params.begin


def predict(objects: Objects, record: Record) -> memoryview:
    """The content of a chunk that is kept as a recipe; whoever asked compares its hash.

    Args:
        objects: where the sources are.
        record: of a chunk whose codec is RECIPE.

    Raises:
        MalformedError: the recipe is damaged or does not fit its sources.
        NotFoundError: a source is not in the store.
        IntegrityError: a source is damaged.
    """
    rule, begin = load_params(record.params)
    if not 0 < record.size <= CHUNK or record.id in record.refs:
        raise MalformedError("a stored recipe is damaged", why=f"it makes {record.size} bytes")
    sources = StoredSources(objects, record.refs)
    rule.check(sources, begin + record.size)
    made = rule.range(sources, begin, begin + record.size)
    if not record.body:
        return made
    rest = Encoded(Codec.DELTA, record.width, record.signed, record.body)
    return memoryview(decode(rest, record.size, made))


@dataclass(slots=True)
class Recipe:
    """A recipe for one tensor, as `packs.adding` takes it.

    Attributes:
        rule: the operation.
        sources: what it reads, in the store.
        refs: ids of the sources.
        depth: chunks that must be decoded before, at most.
    """

    rule: Rule
    sources: StoredSources
    refs: tuple[bytes, ...]
    depth: int

    def params(self, begin: int) -> bytes:
        """What the record of the chunk that begins at this byte says of it."""
        return dump_params(self.rule, begin)

    def range(self, begin: int, end: int) -> memoryview:
        """The bytes it predicts."""
        return self.rule.range(self.sources, begin, end)


def recipe(objects: Objects, rule: Rule, refs: Sequence[bytes], size: int) -> Recipe:
    """A recipe for a payload of `size` bytes.

    Raises:
        MalformedError: the sources are too small for it, or too many.
        NotFoundError: a source is not in the store.
    """
    sources = StoredSources(objects, refs)
    rule.check(sources, size)
    return Recipe(rule, sources, tuple(refs), max(depth_of(objects, name) for name in refs))
