"""`tfhub:` refs: SavedModels behind handles of TF Hub, members of the archive that the handle gives out.

Source: tensorflow_hub 0.16 (`compressed_module_resolver.py`): a handle is an address, and the same address
with `?tf-hub-format=compressed` answers with a tar.gz. tfhub.dev redirects to Kaggle, which redirects to a
content network; all of it is https, and no login is sent. A handle without a version can mean another model
tomorrow, so it is refused with the fix named.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef
from weigh.sources.members import copy_member, selected
from weigh.sources.remote_files import RemoteFile, RemoteFiles
from weigh.sources.source import Entry, FetchCost, Fetched, FetchMethod, Locked, Origin, StoredFiles
from weigh.system.archives import MemberKind, members
from weigh.system.http import Http
from weigh.system.urls import split, without_credentials

_VERSION = re.compile(r"[0-9]{1,9}")
_FORMAT = ("tf-hub-format", "compressed")


class TfHubSource:
    """Answers for `tfhub:` refs.

    Args:
        http: the client.
        events: told about progress.
        sink: keeps the archive, so that listing and fetching read it once.
    """

    def __init__(self, *, http: Http, events: EventSink, sink: StoredFiles) -> None:
        self._files = RemoteFiles(http, events)
        self._sink = sink
        self._stored: dict[str, Fetched] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The files of the SavedModel, or those at or below the ref's path in it.

        Raises:
            UsageError: the handle is no address, or names no version.
        """
        _check(ref)
        path = self._sink.path(self._archive(ref, self._sink).sha256)
        listed = members(path)
        whole = replace(ref, members=())
        if ref.members:
            return selected(listed, ref.members[-1], whole.member)
        files = [m for m in listed if m.kind is MemberKind.FILE]
        if not files:
            raise NotFoundError(f"the archive of {ref} is empty")
        return tuple(Entry(m.path, whole.member(m.path), m.size) for m in files)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: the terms stand on the handle's page, not in its archive."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file that `entry_ref` names into `sink`."""
        _check(entry_ref)
        if len(entry_ref.members) != 1:
            raise UsageError(f"{entry_ref} is a model, not a file of it", hint="name a file of it behind #")
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        archive = self._archive(entry_ref, sink)
        path = sink.path(archive.sha256)
        sha256, size = copy_member(path, entry_ref.members, sink, entry_ref, locked)
        method: FetchMethod = "whole" if archive.transferred else "local"
        # The archive is packed when it is asked for; the member's own digest is what is locked.
        promised = locked is not None
        return Fetched(sha256, size, archive.transferred, method, archive.file, archive.sha256, promised)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The archive as a whole, unless all its files are in the store; its size only when that is said."""
        lines = [promise for r, promise in locked_refs.items() if (r.kind, r.name) == (ref.kind, ref.name)]
        if lines and all(self._sink.has(line.sha256) for line in lines):
            return FetchCost(0, sum(line.size for line in lines), "present")
        size = self._files.describe(RemoteFile(_address(ref))).size
        return FetchCost(size, size, "whole")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The handle with its version, and its publisher: the first part of its path."""
        version = _check(ref)
        publisher = urlsplit(ref.name).path.strip("/").partition("/")[0]
        return Origin(replace(ref, members=()), moving=False, owner=publisher, declared_version=version)

    def _archive(self, ref: ArtifactRef, sink: StoredFiles) -> Fetched:
        url = _address(ref)
        earlier = self._stored.get(url)
        if earlier is not None and sink.has(earlier.sha256):
            self._stored[url] = replace(earlier, transferred=0)
            return earlier
        fetched = self._files.fetch(RemoteFile(url), sink)
        self._stored[url] = fetched
        return fetched


def _check(ref: ArtifactRef) -> str:
    """The version at the end of a handle.

    Raises:
        UsageError: it is no https address, carries a login, or ends in no version.
    """
    parts = split(ref.name)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise UsageError(
            f"cannot read the handle {without_credentials(ref.name)!r}",
            why="a handle of TF Hub is an https address without user and password",
            hint="tfhub:https://tfhub.dev/google/universal-sentence-encoder/4",
        )
    version = parts.path.rstrip("/").rpartition("/")[2]
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"the handle {ref.name} names no version",
            why="without one it can mean another model tomorrow",
            hint=f"write its version behind it: tfhub:{ref.name.rstrip('/')}/1",
        )
    return version


def _address(ref: ArtifactRef) -> str:
    """Where the archive of a handle lies, as tensorflow_hub asks for it."""
    parts = split(ref.name)
    query = [*(pair for pair in parse_qsl(parts.query) if pair[0] != _FORMAT[0]), _FORMAT]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
