"""Show: one version with what changed in it, or one file of it with its tensors."""

from dataclasses import dataclass
from pathlib import Path

from weigh.core.errors import NotFoundError, UsageError
from weigh.jobs.desk import Desk
from weigh.jobs.log import Line, names_at
from weigh.store.packs.manifest import FileManifest
from weigh.store.packs.restoring import manifest_of
from weigh.versions.history import History, Logged
from weigh.versions.kept import Kept, kept_of
from weigh.versions.partly_here import require_held
from weigh.versions.remotes import read_partial
from weigh.versions.take_out import file_parts
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import open_history, open_named

MOST_TEXT = 64 * 1024
"""Bytes of a text file that are shown."""


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version.

    Attributes:
        history: its name.
        line: the commit with the names that stand at it.
        files: of the version.
        added: files that its first parent did not have.
        changed: files that are other than there, (before, now).
        removed: files that are gone since.
    """

    history: str
    line: Line
    files: tuple[TreeFile, ...]
    added: tuple[TreeFile, ...]
    changed: tuple[tuple[TreeFile, TreeFile], ...]
    removed: tuple[TreeFile, ...]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a version.

    Attributes:
        commit: id of the version.
        file: of its tree.
        manifest: what it consists of.
        kept: how it is kept.
        text: of a small text file, "" for others.
    """

    commit: str
    file: TreeFile
    manifest: FileManifest
    kept: Kept
    text: str


def show(desk: Desk, here: Path, what: str, *, history: str = "") -> ShownVersion | ShownFile:
    """Look at `REV` or `REV:PATH`.

    Args:
        desk: where to work.
        here: the working folder, or a folder below it.
        what: as typed.
        history: another history by its name, "" for the folder's own.

    Raises:
        NotFoundError: there is no such version or file.
    """
    opened = open_named(desk, history) if history else open_history(desk, here)
    revision, colon, path = what.partition(":")
    name = opened.find(revision or "HEAD")
    if not colon:
        return _version(opened, name)
    if not path:
        raise UsageError(f"nothing follows the colon of {what!r}", hint="weigh show HEAD:model.safetensors")
    return _file(opened, name, path)


def _version(history: History, name: str) -> ShownVersion:
    commit = history.commit(name)
    tree = history.tree(commit.tree)
    # Behind the end of a clone with --depth nothing is here to compare with, as in git.
    ends = read_partial(history.root).ends
    before = _first_parent(history, commit.parents if name not in ends else ())
    old = {file.path: file for file in before.files}
    new = {file.path: file for file in tree.files}
    added = tuple(file for path, file in sorted(new.items()) if path not in old)
    removed = tuple(file for path, file in sorted(old.items()) if path not in new)
    changed = tuple((old[p], new[p]) for p in sorted(new) if p in old and old[p] != new[p])
    line = Line(Logged(name, commit), names_at(history).get(name, ()))
    return ShownVersion(history.name, line, tree.files, added, changed, removed)


def _first_parent(history: History, parents: tuple[str, ...]) -> Tree:
    return history.tree(history.commit(parents[0]).tree) if parents else Tree()


def _file(history: History, name: str, path: str) -> ShownFile:
    tree = history.tree(history.commit(name).tree)
    file = tree.file(path)
    if file is None:
        near = [f.path for f in tree.files if f.path.rpartition("/")[2] == path.rpartition("/")[2]]
        listed = ", ".join(near or [f.path for f in tree.files[:6]])
        raise NotFoundError(f"{name[:12]} has no file {path!r}", why=f"it has: {listed}")
    require_held(history, (file,))
    manifest = manifest_of(history.objects, bytes.fromhex(file.id))
    kept = kept_of(history.objects, (bytes.fromhex(file.id),))
    text = "" if manifest.tensors() or file.size > MOST_TEXT else _text(history, file)
    return ShownFile(name, file, manifest, kept, text)


def _text(history: History, file: TreeFile) -> str:
    data = b"".join(bytes(part) for part in file_parts(history.objects, file))
    try:
        return data.decode("utf-8") if b"\0" not in data else ""
    except UnicodeDecodeError:
        return ""
