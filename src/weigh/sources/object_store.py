"""`s3:`, `gs:` and `az:` refs: objects below a prefix of a bucket, through `obstore`.

A bucket promises no sha256, so the one measured here goes into the lock; where the store keeps versions,
each file's ref names its own, so that a lock outlives an overwrite. The store's address comes from the user's
environment alone. Not for use by several threads.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from weigh.core.errors import (
    IntegrityError,
    MissingExtraError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.events import EventSink, Progress
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import is_safe_path
from weigh.sources.members import naming
from weigh.sources.object_settings import opened_store, read_store_settings
from weigh.sources.source import STEP, Entry, FetchCost, Fetched, Locked, Origin, StoredFiles

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MAX_FILES = 200_000
"""A prefix with more objects is surely not a model."""
_BUCKET = re.compile(r"[a-z0-9$][a-z0-9._-]{1,221}")
_VERSIONED = re.compile(r"(.*?)/?\?version=([\w.:%~+/=-]{1,1024})", re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class _Place:
    """A ref taken apart: bucket, key or prefix without slashes at its ends, version ("" for the newest)."""

    bucket: str
    key: str
    version: str


@dataclass(frozen=True, slots=True)
class _Object:
    key: str
    size: int
    tag: str
    version: str


class ObjectStoreSource:
    """Answers for refs of one kind of object store.

    Args:
        kind: S3, GS or AZ.
        environ: the user's variables.
        events: told about progress in bytes.
        sink: what is in it is not counted as a cost.
        offline: refuse every request.
    """

    def __init__(
        self,
        kind: RefKind,
        *,
        environ: Mapping[str, str],
        events: EventSink,
        sink: StoredFiles,
        offline: bool = False,
    ) -> None:
        self._kind = kind
        self._environ = environ
        self._events = events
        self._sink = sink
        self._offline = offline
        self._stores: dict[str, ObjectStore] = {}
        self._versions: dict[str, bool] = {}

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The object of that key, or every object below it as a folder."""
        place = _place(ref)
        with self._telling(ref):
            single = self._head(place) if place.key else None
            if single is not None:
                return (self._entry(ref, place, single, place.key.rpartition("/")[2]),)
            if place.version:
                raise NotFoundError(f"there is no {ref}")
            listed = self._list(place)
        if not listed:
            raise NotFoundError(f"nothing lies at {ref}", hint="check the bucket and the key")
        cut = len(place.key) + 1 if place.key else 0
        return tuple(self._entry(ref, place, found, found.key[cut:]) for found in listed)

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: what a model says of itself lies among its objects."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one object that `entry_ref` names into `sink`."""
        if locked is not None and sink.has(locked.sha256):
            return Fetched(locked.sha256, locked.size, 0, "present", locked.file, locked.file_sha256)
        place = _place(entry_ref)
        with self._telling(entry_ref), naming(entry_ref):
            stated = self._head(place)
            if stated is None:
                raise NotFoundError(f"there is no {entry_ref}")
            if locked is not None and stated.size != locked.size:
                raise IntegrityError(
                    "it has another size than was locked",
                    why=f"locked are {locked.size:,} bytes, the store has {stated.size:,}",
                )
            promised = locked.sha256 if locked else ""
            key = f"object/{promised}" if promised else ""
            with sink.writer(sha256=promised, size=stated.size, resume_key=key) as writer:
                received = 0
                for chunk in self._chunks(place, stated, writer.size):
                    writer.write(chunk)
                    received += len(chunk)
                    self._events.emit(Progress(STEP, writer.size, stated.size, "bytes"))
        return Fetched(
            sink.last_sha256(), stated.size, received, "whole", "", "", promised=locked is not None
        )

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the objects that are not in the store."""
        name = str(replace(ref, members=()))
        lines = [p for r, p in locked_refs.items() if str(r).startswith(name)]
        sizes = [(p.sha256, p.size) for p in lines] or [(e.sha256, e.size) for e in self.entries(ref)]
        needed = sum(size for sha256, size in sizes if not (sha256 and self._sink.has(sha256)))
        return FetchCost(needed, sum(size for _, size in sizes), "whole" if needed else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref at its version, where it names one object of a bucket that keeps versions."""
        place = _place(ref)
        with self._telling(ref):
            found = self._head(place) if place.key else None
        if found is None:
            self.entries(ref)
            return Origin(ref, moving=True)
        moving = not place.version
        exact = _at(ref, place, place.key, found.version)
        return Origin(exact, moving, declared_version=found.version)

    def _entry(self, ref: ArtifactRef, place: _Place, found: _Object, path: str) -> Entry:
        if not is_safe_path(path) or "#" in found.key or "?" in found.key:
            raise RefusedError(f"will not read {ref}", why=f"an object of it is called {found.key[:200]!r}")
        return Entry(path, _at(ref, place, found.key, found.version), found.size)

    def _list(self, place: _Place) -> list[_Object]:
        import obstore

        found: list[_Object] = []
        for batch in obstore.list(self._store(place.bucket), prefix=place.key or None):
            found += [_object(dict(item)) for item in batch]
            if len(found) > MAX_FILES:
                raise RefusedError(f"will not read {place.bucket}", why=f"more than {MAX_FILES:,} objects")
        # A key that ends in a slash is how consoles draw an empty folder.
        found = [x for x in found if x.size or not x.key.endswith("/")]
        below = place.key + "/" if place.key else ""
        wrong = next((x.key for x in found if not x.key.startswith(below)), "")
        if wrong:
            raise IntegrityError(
                f"the store lists {wrong[:200]!r}", why=f"asked was only for what lies below {place.key!r}"
            )
        return sorted((self._versioned(place, x) for x in found), key=lambda x: x.key)

    def _versioned(self, place: _Place, listed: _Object) -> _Object:
        """The object with its version, which lists leave out; the first one tells whether there are any."""
        if listed.version or not self._versions.get(place.bucket, True):
            return listed
        found = self._head(_Place(place.bucket, listed.key, "")) or listed
        self._versions[place.bucket] = bool(found.version)
        return found

    def _head(self, place: _Place) -> _Object | None:
        import obstore

        try:
            if not place.version:
                return _object(dict(obstore.head(self._store(place.bucket), place.key)))
            options: Any = {"version": place.version, "head": True}
            return _object(dict(obstore.get(self._store(place.bucket), place.key, options=options).meta))
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return None

    def _chunks(self, place: _Place, stated: _Object, begin: int) -> Iterator[bytes]:
        """The bytes from `begin` on, of exactly the object that `stated` is."""
        import obstore

        if begin >= stated.size:
            return
        options: dict[str, Any] = {}
        if begin:
            options["range"] = {"offset": begin}
        if stated.tag:
            options["if_match"] = stated.tag
        version = place.version or stated.version
        if version:
            options["version"] = version
        answer = obstore.get(self._store(place.bucket), place.key, options=options)  # type: ignore[arg-type]
        if answer.range[0] != begin or answer.meta["size"] != stated.size:
            raise IntegrityError(
                "the store sends another part than was asked for",
                why=f"asked for all from byte {begin:,}, it sends from {answer.range[0]:,}",
            )
        for chunk in answer.stream(min_chunk_size=1024 * 1024):
            yield bytes(chunk)

    def _store(self, bucket: str) -> "ObjectStore":
        if self._offline:
            raise OfflineError(
                f"{self._kind.value}:{bucket} is not on this machine",
                why="asking it needs the network, which --offline forbids",
                hint="run once without --offline",
            )
        if bucket not in self._stores:
            self._stores[bucket] = opened_store(
                self._kind, bucket, read_store_settings(self._kind, self._environ)
            )
        return self._stores[bucket]

    @contextmanager
    def _telling(self, ref: ArtifactRef) -> Iterator[None]:
        """Turn what `obstore` raises into errors that say what to do; its own texts hold addresses only."""
        try:
            import obstore.exceptions as theirs
        except ImportError as error:
            raise MissingExtraError(f"cannot read {self._kind.value}: refs", extra="objects") from error
        try:
            yield
        except (theirs.PermissionDeniedError, theirs.UnauthenticatedError, PermissionError) as error:
            raise UnknownAnswerError(
                f"the store does not let you read {ref}",
                why="it wants a login, or yours may not",
                hint=_HINTS[self._kind],
            ) from error
        except (FileNotFoundError, theirs.NotFoundError) as error:
            raise NotFoundError(f"there is no {ref}", hint="check the bucket and the key") from error
        except theirs.PreconditionError as error:
            raise IntegrityError(f"{ref} changed while it was being read", hint="run again") from error
        except theirs.BaseError as error:
            if "404 Not Found" in _short(error):
                raise NotFoundError(f"there is no {ref}", hint="check the bucket") from error
            raise OfflineError(
                f"cannot read {ref}", why=_short(error), hint="check the network and the address of the store"
            ) from error


_HINTS = {
    RefKind.S3: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    RefKind.GS: "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    RefKind.AZ: "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}


def _object(meta: Mapping[str, Any]) -> _Object:
    return _Object(meta["path"], int(meta["size"]), meta.get("e_tag") or "", meta.get("version") or "")


def _place(ref: ArtifactRef) -> _Place:
    text = ref.name.removeprefix("//") + (("/" + ref.file) if ref.file else "")
    version = ""
    if match := _VERSIONED.fullmatch(text):
        text, version = match[1], unquote(match[2])
    bucket, _, key = text.partition("/")
    if ref.members:
        key = "/".join((key.rstrip("/"), *ref.members)).strip("/")
    key = key.strip("/")
    if not _BUCKET.fullmatch(bucket) or (key and not is_safe_path(key)) or "?" in key or len(ref.members) > 1:
        raise UsageError(
            f"cannot read {str(ref)!r}",
            why=f"an object ref is {ref.kind.value}:BUCKET/KEY, or a prefix in place of the key",
            hint=f"{ref.kind.value}:my-bucket/models/tiny/",
        )
    return _Place(bucket, key, version)


def _at(ref: ArtifactRef, place: _Place, key: str, version: str) -> ArtifactRef:
    """The ref of one object, its slashes as they were written."""
    slashes = "//" if ref.name.startswith("//") else ""
    suffix = f"?version={quote(version, safe='')}" if version else ""
    return parse_ref(f"{ref.kind.value}:{slashes}{place.bucket}/{key}{suffix}")


def _short(error: Exception) -> str:
    # Only the first line: the rest is the library's own trace.
    return str(error).strip().split("\n")[0][:300]
