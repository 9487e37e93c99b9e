"""Which stored tensor a new one is probably near to: the one of its name, in the versions it follows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from weigh.core.errors import NotFoundError, UntrustedError
from weigh.store.packs.adding import Advice
from weigh.store.packs.manifest import Piece
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import manifest_of
from weigh.store.packs.spans import Span
from weigh.versions.tree import Tree


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that may hold what is near.

    Attributes:
        name: how it is called, for people.
        tree: its files.
    """

    name: str
    tree: Tree


class Nearest:
    """Advice out of earlier versions: same tensor, type and size; in the file of the same path first.

    Args:
        objects: the store.
        earlier: versions, the likeliest first.
        path: of the file that is being kept.
    """

    def __init__(self, objects: Objects, earlier: Iterable[Earlier], path: str) -> None:
        self._objects = objects
        self._waiting = [
            (version.name, file.path, bytes.fromhex(file.id))
            for version in earlier
            for file in sorted(version.tree.files, key=lambda f: (f.path != path, f.path))
        ]
        self._known: dict[tuple[str, str, int], tuple[bytes, str]] = {}
        self.used: dict[str, int] = {}

    def __call__(self, span: Span, _read: Callable[[int, int], bytes]) -> Advice:
        """The payload of the same name, type and size."""
        wanted = (span.name, span.dtype, span.end - span.begin)
        while wanted not in self._known and self._waiting:
            self._learn(*self._waiting.pop(0))
        found = self._known.get(wanted)
        if found is None:
            return Advice()
        payload, label = found
        self.used[label] = self.used.get(label, 0) + wanted[2]
        return Advice(base=payload)

    def _learn(self, version: str, path: str, name: bytes) -> None:
        for piece in tensors_of(self._objects, name):
            span = piece.span
            key = (span.name, span.dtype, span.end - span.begin)
            self._known.setdefault(key, (piece.id, f"{path} of {version}"))


def tensors_of(objects: Objects, name: bytes) -> tuple[Piece, ...]:
    """The tensors of a stored file; none where it cannot be read, since advice is only advice."""
    try:
        manifest = manifest_of(objects, name)
    except (NotFoundError, UntrustedError):
        return ()
    return tuple(piece for piece in manifest.pieces if piece.span.dtype)
