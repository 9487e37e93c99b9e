"""How a stored file is kept: how many bytes it takes, by the way its chunks are encoded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from weigh.store.codecs.codec import Codec
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import HEAD, Kind
from weigh.store.packs.restoring import manifest_of
from weigh.system.atomic import storing


@dataclass(frozen=True, slots=True)
class Way:
    """The chunks that are kept in one way.

    Attributes:
        chunks: how many.
        raw: bytes they hold.
        stored: bytes they take.
    """

    chunks: int = 0
    raw: int = 0
    stored: int = 0

    def and_one(self, raw: int, stored: int) -> "Way":
        """With one chunk more."""
        return Way(self.chunks + 1, self.raw + raw, self.stored + stored)


@dataclass(frozen=True, slots=True)
class Kept:
    """What some files take in the store.

    Attributes:
        ways: by codec, `present` for chunks that were there before.
    """

    ways: Mapping[str, Way] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Bytes of what is not `present`."""
        return sum(way.stored for name, way in self.ways.items() if name != PRESENT)


PRESENT = "present"
_NAMES = {
    Codec.RAW: "as they are",
    Codec.CONSTANT: "constant",
    Codec.ZSTD: "compressed",
    Codec.PLANES: "compressed",
    Codec.DELTA: "delta",
    Codec.GROUPED: "delta",
    Codec.RECIPE: "recipe",
}


def kept_of(objects: Objects, files: Iterable[bytes], *, before: frozenset[str] | None = None) -> Kept:
    """How files are kept. Reads the beginnings of their chunks' records, not the chunks.

    Args:
        objects: the store.
        files: their ids; what several share counts once.
        before: packs that were there earlier; what lies in them counts as present.

    Raises:
        NotFoundError: a part of them is not in the store.
        UntrustedError: a part of them is damaged.
    """
    ways: dict[str, Way] = {}
    seen: set[bytes] = set()
    for name in files:
        for piece in manifest_of(objects, name).pieces:
            for chunk, size in objects.chunks_of(piece.id):
                if chunk in seen:
                    continue
                seen.add(chunk)
                how, stored = _way(objects, chunk, before)
                ways[how] = ways.get(how, Way()).and_one(size, stored)
    return Kept(ways)


def _way(objects: Objects, chunk: bytes, before: frozenset[str] | None) -> tuple[str, int]:
    found = objects.index.find(chunk)
    if found is None or found.kind is not Kind.CHUNK:
        return PRESENT, 0
    if before is not None and found.pack in before:
        return PRESENT, 0
    path = objects.folder / found.pack
    with storing(path), path.open("rb") as pack:
        pack.seek(found.spot.offset)
        codec = HEAD.unpack(pack.read(HEAD.size))[2]
    return _NAMES.get(codec, "otherwise"), found.spot.length
