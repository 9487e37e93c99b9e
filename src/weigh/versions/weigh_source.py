"""`weigh:` refs: versions of this user's own histories, `weigh:name[@revision][#path]`."""

from collections.abc import Mapping
from dataclasses import replace

from weigh.core.errors import IntegrityError, NotFoundError, UsageError
from weigh.core.ref import ArtifactRef
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.store.packs.restoring import file_bytes
from weigh.versions.history import History
from weigh.versions.refs import TAGS, is_name
from weigh.versions.tree import Tree, TreeFile
from weigh.versions.working_folder import HasPlaces, open_named

_NAMED = "HEAD"


class WeighSource:
    """Answers for `weigh:` refs. Satisfies `weigh.sources.source.Source`.

    Args:
        bench: whose places are looked in.
    """

    def __init__(self, bench: HasPlaces) -> None:
        self._bench = bench
        self._open: dict[str, History] = {}

    def _history(self, ref: ArtifactRef) -> History:
        if ref.name not in self._open:
            self._open[ref.name] = open_named(self._bench, ref.name)
        return self._open[ref.name]

    def _tree(self, ref: ArtifactRef) -> Tree:
        return self._history(ref).tree_of(ref.revision or _NAMED)

    def _file(self, ref: ArtifactRef) -> TreeFile:
        if len(ref.members) != 1:
            raise UsageError(f"{ref} names no single file", why="files inside archives are not looked for")
        found = self._tree(ref).file(ref.members[0])
        if found is None:
            raise NotFoundError(f"{ref} does not exist", why="the version has no file of that name")
        return found

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The files of a version; those below a folder when the ref names one, or the one file it names.

        Raises:
            NotFoundError: there is no such history, version or file.
        """
        tree = self._tree(ref)
        if not ref.members:
            return tuple(_entry(ref, file, file.path) for file in tree.files)
        path = ref.members[0]
        one = tree.file(path)
        if one is not None:
            return (_entry(ref, self._file(ref), path.rpartition("/")[2]),)
        below = [file for file in tree.files if file.path.startswith(f"{path}/")]
        if not below or len(ref.members) > 1:
            raise NotFoundError(f"{ref} does not exist", why="the version has no file or folder of that name")
        return tuple(_entry(ref, file, file.path.removeprefix(f"{path}/")) for file in below)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - a version brings its own licence files
        """None: a version is no package."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Restore one file into `sink`.

        Raises:
            IntegrityError: the version has other bytes there than were locked, or what is stored is damaged.
        """
        file = self._file(entry_ref)
        name = file.path.rpartition("/")[2]
        if locked is not None and (locked.sha256, locked.size) != (file.sha256, file.size):
            raise IntegrityError(
                f"{entry_ref} is not what was locked",
                why=f"its sha256 is {file.sha256}, locked is {locked.sha256}",
                hint="lock an exact version: weigh:name@<id>",
            )
        if sink.has(file.sha256):
            return Fetched(file.sha256, file.size, 0, "present", name, file.sha256)
        with sink.writer(sha256=file.sha256, size=file.size) as writer:
            for part in file_bytes(self._history(entry_ref).objects, bytes.fromhex(file.id)):
                writer.write(bytes(part))
        return Fetched(file.sha256, file.size, 0, "local", name, file.sha256)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:  # noqa: ARG002 - nothing crosses the network
        """No byte crosses the network; `bytes_whole` is what will be restored."""
        return FetchCost(0, sum(max(0, entry.size) for entry in self.entries(ref)), "local")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The version that `ref` means now.

        Raises:
            NotFoundError: there is no such history or version.
        """
        history = self._history(ref)
        revision = ref.revision or _NAMED
        name = history.find(revision)
        tag = is_name(revision) and bool(history.refs.get(TAGS + revision))
        exact = replace(ref, revision=name)
        return Origin(exact, moving=revision != name, declared_version=revision if tag else "", tag=tag)


def _entry(ref: ArtifactRef, file: TreeFile, path: str) -> Entry:
    return Entry(path, ref.member(file.path), file.size, file.sha256)
