"""`pypi:` refs: files of package distributions. Nothing is installed, imported or built.

Without a lock the whole distribution file is fetched and verified, and its members are read from the
stored copy. A member whose sha256 is locked is read out of a remote wheel by HTTP Range: its digest,
not the archive around it, is what makes it trusted. Not for use by several threads at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from weigh.core.errors import NotFoundError, OfflineError, UnknownAnswerError
from weigh.core.events import EventSink, Warned
from weigh.core.ref import ArtifactRef
from weigh.sources.index import PackageIndexes, local_file
from weigh.sources.members import copy_member, selected
from weigh.sources.pages import Distribution
from weigh.sources.papers import papers_of
from weigh.sources.ranges import RangeUnusableError
from weigh.sources.releases import choose
from weigh.sources.remote_wheels import SUFFIXES, RemoteWheels
from weigh.sources.source import Entry, FetchCost, Fetched, FetchMethod, Locked, Origin, StoredFiles
from weigh.sources.whole import WholeFiles, existing
from weigh.system.archives import Member, nested_members
from weigh.system.http import Http
from weigh.system.index_default import default_index_url
from weigh.system.pip_configuration import PipConfiguration


def refuse(question: str) -> bool:  # noqa: ARG001 - the shape of `confirm`
    """The answer to every question when nobody is there to ask: no."""
    return False


class PypiSource:
    """Answers for `pypi:` refs.

    Args:
        http: the client.
        configuration: pip's.
        events: told about progress.
        sink: keeps whole distribution files, so that listing and fetching read them once.
        confirm: asked, with the cost in MB, before a whole file is fetched where parts were wanted.
        default: gives the address of pip's own default index.
    """

    def __init__(
        self,
        *,
        http: Http,
        configuration: PipConfiguration,
        events: EventSink,
        sink: StoredFiles,
        confirm: Callable[[str], bool] = refuse,
        default: Callable[[], str] = default_index_url,
    ) -> None:
        self._events = events
        self._sink = sink
        self._confirm = confirm
        self._indexes = PackageIndexes(http, configuration, default)
        self._whole = WholeFiles(http, events)
        self._wheels = RemoteWheels(http, events)
        self._warned: set[str] = set()

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The distribution file itself, or the files at or below the ref's path inside it."""
        file = self._choose(ref, None)
        exact = replace(ref, file=file.filename)
        if not ref.members:
            return (Entry(file.filename, exact, file.size, file.sha256),)
        outer = ref.members[:-1]
        found = self._members(file, outer)
        return selected(found, ref.members[-1], lambda path: exact.member(*outer, path))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The metadata and licence files of the wheel or sdist, where `ref` names something inside it."""
        if not ref.members:
            return ()
        file = self._choose(ref, None)
        return papers_of(self._members(file, ()), replace(ref, file=file.filename, members=()))

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the distribution file or the one member that `entry_ref` names into `sink`."""
        if locked is not None:
            stored = _from_store(entry_ref, sink, locked)
            if stored is not None:
                return stored
        file = self._choose(entry_ref, locked)
        if not entry_ref.members:
            return self._whole.fetch(file, sink)
        if locked is not None and not self._whole.stored(file, sink):
            place = local_file(file)
            if place is not None:
                sha256, size = copy_member(existing(place), entry_ref.members, sink, entry_ref, locked)
                return Fetched(sha256, size, 0, "local", file.filename, locked.file_sha256)
            if file.filename.endswith(SUFFIXES):
                try:
                    return self._wheels.fetch(file, entry_ref, sink, locked)
                except RangeUnusableError as error:
                    self._ask_for_whole(file, locked, error)
        return self._from_whole(file, entry_ref, sink, locked)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """What fetching `ref` would cost. Asks the index and, for a wheel, reads its directory."""
        lines = {r: promise for r, promise in locked_refs.items() if _within(r, ref)}
        missing = {r: promise for r, promise in lines.items() if not self._sink.has(promise.sha256)}
        if lines and not missing:
            return FetchCost(0, 0, "present")
        file = self._choose(ref, next(iter(lines.values()), None))
        stored = self._whole.stored(file, self._sink)
        if stored:
            return FetchCost(0, self._sink.path(stored).stat().st_size, "present")
        if local_file(file) is not None:
            return FetchCost(0, self._whole.size(file), "local")
        if not (file.filename.endswith(SUFFIXES) and ref.members and lines):
            size = self._whole.size(file)
            return FetchCost(size, size, "whole")
        try:
            needed, whole = self._wheels.cost(file, frozenset(r.members[0] for r in missing if r.members))
        except RangeUnusableError as error:
            return FetchCost(error.total, error.total, "whole")
        return FetchCost(needed, whole, "range")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref with its distribution file named. A version of a package is published once.

        A simple index does not say who publishes a project, so `owner` is empty.
        """
        file = self._choose(ref, None)
        return Origin(replace(ref, file=file.filename), moving=False, declared_version=ref.revision)

    def _choose(self, ref: ArtifactRef, locked: Locked | None) -> Distribution:
        listing = self._indexes.listing(ref.name)
        try:
            file = choose(ref, listing.distributions, locked)
        except NotFoundError as error:
            if not listing.skipped:
                raise
            raise OfflineError(
                f"{ref} is not on this machine",
                why=f"{error.what}, and --offline forbids asking the network",
                hint="run once without --offline",
            ) from error
        if file.yanked and file.filename not in self._warned:
            self._warned.add(file.filename)
            self._events.emit(Warned(f"{file.filename} was withdrawn (yanked) by its publisher"))
        return file

    def _members(self, file: Distribution, outer: tuple[str, ...]) -> tuple[Member, ...]:
        place = local_file(file)
        if place is not None:
            return nested_members(existing(place), outer)
        if not outer and file.filename.endswith(SUFFIXES) and not self._whole.stored(file, self._sink):
            try:
                return self._wheels.members(file)
            except RangeUnusableError as error:
                # Nothing is locked yet, so the whole file is what would be fetched in any case.
                self._events.emit(Warned(str(error)))
        return nested_members(self._whole.fetch_to_list(file, self._sink), outer)

    def _from_whole(
        self, file: Distribution, ref: ArtifactRef, sink: StoredFiles, locked: Locked | None
    ) -> Fetched:
        whole = self._whole.fetch(file, sink)
        sha256, size = copy_member(sink.path(whole.file_sha256), ref.members, sink, ref, locked)
        method: FetchMethod = "local" if whole.method == "present" else whole.method
        return replace(whole, sha256=sha256, size=size, method=method)

    def _ask_for_whole(self, file: Distribution, locked: Locked, error: RangeUnusableError) -> None:
        size = error.total if error.total >= 0 else file.size
        cost = f"{size / 1e6:,.1f} MB" if size >= 0 else "of unknown size"
        question = (
            f"{error.why}: fetch the whole of {file.filename} ({cost}) "
            f"for a member of {locked.size / 1e6:,.1f} MB?"
        )
        if not self._confirm(question):
            raise UnknownAnswerError(
                f"cannot read a part of {file.filename}",
                why=f"{error.why}; the whole file ({cost}) was not agreed to",
                hint="allow the whole download, or put a copy of the file where pip's find-links points",
            ) from error
        self._events.emit(Warned(f"fetching the whole of {file.filename} ({cost}): {error.why}"))


def _from_store(ref: ArtifactRef, sink: StoredFiles, locked: Locked) -> Fetched | None:
    """The answer that needs no index: the file, or the distribution file around it, is there."""
    name = locked.file or ref.file
    if sink.has(locked.sha256):
        around = locked.file_sha256 if ref.members else locked.sha256
        return Fetched(locked.sha256, locked.size, 0, "present", name, around)
    if not ref.members or not locked.file_sha256 or not sink.has(locked.file_sha256):
        return None
    sha256, size = copy_member(sink.path(locked.file_sha256), ref.members, sink, ref, locked)
    return Fetched(sha256, size, 0, "local", name, locked.file_sha256)


def _within(file: ArtifactRef, ref: ArtifactRef) -> bool:
    """Whether `file` is one of the files that `ref` names."""
    if canonicalize_name(file.name) != canonicalize_name(ref.name) or file.revision != ref.revision:
        return False
    if ref.file and file.file and file.file != ref.file:
        return False
    if not ref.members:
        return not file.members
    if len(file.members) != len(ref.members) or file.members[:-1] != ref.members[:-1]:
        return False
    wanted = ref.members[-1].rstrip("/")
    return file.members[-1] == wanted or file.members[-1].startswith(wanted + "/")
