"""What an object needs: the way from a commit down to the chunks and their bases."""

from collections.abc import Container, Iterable

from weigh.core.errors import NotFoundError
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind, Record
from weigh.store.packs.restoring import manifest_of


def needs(objects: Objects, record: Record) -> tuple[bytes, ...]:
    """The ids that one object names: parents, trees, files, payloads, chunks, bases.

    Raises:
        MalformedError: it is a manifest, and damaged.
    """
    if record.kind is Kind.FILE:
        return tuple(piece.id for piece in manifest_of(objects, record.id).pieces)
    return record.refs


def reached(
    objects: Objects, roots: Iterable[bytes], absent: Container[bytes] | None = frozenset()
) -> frozenset[bytes]:
    """Every object that is needed for some, themselves included.

    Chunks that stand alone are not read, only looked up.

    Args:
        objects: the store.
        roots: ids to begin with.
        absent: ids that need not be there, because a history left them out on purpose; None for any.

    Raises:
        NotFoundError: one of them is not in the store.
        MalformedError: one of them is damaged.
    """
    found: set[bytes] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        place = objects.index.find(name)
        if place is None and (absent is None or name in absent):
            continue
        if place is None:
            raise NotFoundError(f"the object {name.hex()[:16]} is not in the store", hint="weigh fsck")
        found.add(name)
        if place.kind is not Kind.CHUNK or place.depth:
            waiting.extend(i for i in needs(objects, objects.record(name)) if i not in found)
    return frozenset(found)
