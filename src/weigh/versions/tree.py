"""A tree: the files of one version, by path."""

import json
from dataclasses import dataclass

import msgspec

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError
from weigh.core.snapshot import Snapshot, SnapshotFile


@dataclass(frozen=True, slots=True, order=True)
class TreeFile:
    """One file of a version.

    Attributes:
        path: relative POSIX path that never leaves the folder.
        id: BLAKE3 of its content, 64 hexadecimal digits; the name of the object in the packs.
        sha256: of its content.
        size: bytes.
        executable: its owner may run it.
    """

    path: str
    id: str
    sha256: str
    size: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a version, in path order."""

    files: tuple[TreeFile, ...] = ()

    def file(self, path: str) -> TreeFile | None:
        """The file at a path, None when there is none."""
        return next((f for f in self.files if f.path == path), None)

    @property
    def snapshot(self) -> Snapshot:
        """The same files as sources and runtimes know them."""
        return Snapshot.of(SnapshotFile(f.path, f.size, f.sha256) for f in self.files)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    id: str
    sha256: str
    size: int
    executable: bool = False


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    files: tuple[_Line, ...]


SCHEMA = "weigh.tree/1"


def dump_tree(tree: Tree) -> bytes:
    """The tree as it is stored: canonical JSON, so that equal trees have one id."""
    lines = [
        {"path": f.path, "id": f.id, "sha256": f.sha256, "size": f.size}
        | ({"executable": True} if f.executable else {})
        for f in sorted(tree.files)
    ]
    return dumps({"schema": SCHEMA, "files": lines})


def load_tree(data: "bytes | memoryview") -> Tree:
    """The inverse.

    Raises:
        MalformedError: it is no tree, names a file twice, or leaves its folder.
    """
    try:
        document = msgspec.convert(json.loads(bytes(data)), _Document)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise MalformedError("a stored tree is damaged", why=str(error)) from error
    files = tuple(TreeFile(f.path, f.id, f.sha256, f.size, f.executable) for f in document.files)
    if document.schema != SCHEMA or len({f.path for f in files}) != len(files):
        raise MalformedError("a stored tree is damaged", why="it is of another kind or names a file twice")
    for file in files:
        # Refuses paths that leave the folder and digests that are none.
        SnapshotFile(file.path, file.size, file.sha256)
        if len(file.id) != 64 or not set(file.id) <= set("0123456789abcdef"):
            raise MalformedError("a stored tree is damaged", why=f"{file.path!r} has no id")
    return Tree(files)
