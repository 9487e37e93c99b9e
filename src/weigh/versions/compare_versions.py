"""Versions of a history as sides of a comparison: what lies in the packs is compared where it lies.

The manifest of a stored file names the payload of every tensor, so equal tensors are known to be equal
without a byte of them being read.
"""

from pathlib import Path
from threading import Lock

from weigh.core.errors import NotFoundError
from weigh.core.ports import RangeReader
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.core.tensor import TensorInfo
from weigh.formats.reader import FileReader
from weigh.store.compare.side import Side, StoredFile
from weigh.store.packs.manifest import FileManifest
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import manifest_of
from weigh.store.view import ModelView
from weigh.system.atomic import storing
from weigh.system.hashing import sha256_file
from weigh.versions.history import History
from weigh.versions.partly_here import held
from weigh.versions.tree import Tree


def version_side(history: History, revision: str, *, below: str = "") -> Side:
    """A version of a history.

    Args:
        history: where it is.
        revision: however a person names it.
        below: only this file, or the files below this folder.

    Raises:
        NotFoundError: there is no such version, or nothing at `below` in it.
    """
    tree = history.tree_of(revision)
    if below:
        tree = Tree(tuple(f for f in tree.files if f.path == below or f.path.startswith(f"{below}/")))
        if not tree.files:
            raise NotFoundError(f"{revision} has no {below!r}")
    return tree_side(history.objects, held(history, tree), f"{revision}:{below}" if below else revision)


def tree_side(objects: Objects, tree: Tree, name: str) -> Side:
    """The files of a tree.

    Args:
        objects: where their payloads are.
        tree: which files.
        name: what to call it.
    """
    stored = _Stored(objects, tree)
    view = ModelView(tree.snapshot, lambda file: stored.open(file.path))
    return Side(name, view, stored.open, {f.path: f.sha256 for f in tree.files}, stored.payload_id)


class _Stored:
    """Files of one tree; their manifests are read once."""

    def __init__(self, objects: Objects, tree: Tree) -> None:
        self._objects = objects
        self._ids = {file.path: bytes.fromhex(file.id) for file in tree.files}
        self._lock = Lock()
        self._manifests: dict[str, FileManifest] = {}
        self._payloads: dict[str, dict[tuple[int, int], bytes]] = {}

    def open(self, path: str) -> RangeReader:
        """A reader of one of the files."""
        return StoredFile(self._objects, self._manifest(path), self._lock)

    def _manifest(self, path: str) -> FileManifest:
        with self._lock:
            if path not in self._manifests:
                self._manifests[path] = manifest_of(self._objects, self._ids[path])
            return self._manifests[path]

    def payload_id(self, tensor: TensorInfo) -> bytes | None:
        """The id of a tensor's payload; None where it shares its bytes with others."""
        if tensor.file not in self._ids:
            return None
        if tensor.file not in self._payloads:
            pieces = self._manifest(tensor.file).pieces
            self._payloads[tensor.file] = {(p.span.begin, p.span.end): p.id for p in pieces if p.span.dtype}
        return self._payloads[tensor.file].get((tensor.offset, tensor.offset + tensor.nbytes))


def folder_side(folder: Path, against: Tree) -> Side:
    """The files of a working folder that a version tracks, as they are now.

    Args:
        folder: the working folder.
        against: the version; files that it does not have are left out.

    Raises:
        StorageError: a file cannot be read.
    """
    here = {f.path: folder / f.path for f in against.files if (folder / f.path).is_file()}
    files = []
    for path, place in here.items():
        with storing(place):
            sha256, size = sha256_file(place)
        files.append(SnapshotFile(path, size, sha256))
    view = ModelView(Snapshot.of(files), lambda file: FileReader(here[file.path]))
    digests = {file.path: file.sha256 for file in files}
    return Side("the working folder", view, lambda path: FileReader(here[path]), digests)
